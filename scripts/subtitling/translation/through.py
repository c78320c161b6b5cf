"""Translation through English: first into English, and from there into another language."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from subtitling.documents import Segment, Transcript
from subtitling.text.sentences import Sentence


def translated(source: Transcript) -> bool:
    """Whether a transcript is a translation, and not the words of a film spoken in English."""
    return any(segment.source_words for segment in source.segments)


def sentences(english: Transcript) -> list[Sentence]:
    """The sentences of a translation, without those that show their source untranslated."""
    return [
        Sentence(segment.id, segment.words, segment.text)
        for segment in english.segments
        if segment.untranslated is None
    ]


def composed(made: Sequence[Segment], english: Transcript) -> tuple[Segment, ...]:
    """The segments `made` from the English, each as a translation of the spoken words, together
    with the segments that have no English: they still show their source. What the English lacks,
    they lack. Words are renumbered."""
    home = {word.id: segment for segment in english.segments for word in segment.words}
    segments = []
    for segment in made:
        first = list(dict.fromkeys(home[word].id for word in segment.source_words))
        of = [each for each in english.segments if each.id in set(first)]
        said = tuple(chain.from_iterable(each.source_words for each in of))
        text = " ".join(each.text for each in of)
        lacks = segment.incomplete or next((e.incomplete for e in of if e.incomplete), None)
        segments.append(replace(segment, source_words=said, through=text, incomplete=lacks))
    segments += [segment for segment in english.segments if segment.untranslated is not None]
    segments.sort(key=lambda segment: (segment.start_ms, segment.id))
    count = 0
    for n, segment in enumerate(segments):
        words = tuple(
            replace(word, id=f"w{count + k:05d}") for k, word in enumerate(segment.words, 1)
        )
        count += len(words)
        segments[n] = replace(segment, words=words)
    return tuple(segments)
