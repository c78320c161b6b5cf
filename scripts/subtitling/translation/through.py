"""Translation through English: first into English, and from there into another language."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from subtitling.documents import Segment, Transcript
from subtitling.text.languages import same_words
from subtitling.text.sentences import Sentence
from subtitling.translation import by_language


def translated(source: Transcript) -> bool:
    """Whether a transcript is a translation, and not the words of a film spoken in English."""
    return any(segment.source_words for segment in source.segments)


def sentences(english: Transcript, spoken: Transcript, target: str) -> list[Sentence]:
    """The sentences of a translation, without those that show their source untranslated. What is
    spoken in the target's language stands there in its own words, and passes through."""
    own = by_language.passed_on(english, spoken, target)
    return [
        Sentence(segment.id, segment.words, own.get(segment.id, segment.text),
                 target if segment.id in own else None)
        for segment in english.segments
        if segment.untranslated is None
    ]  # fmt: skip


def composed(made: Sequence[Segment], english: Transcript, target: str) -> tuple[Segment, ...]:
    """The segments `made` from the English, each as a translation of the spoken words, together
    with the segments that have no English: they still show their source, which is what is wanted
    where it is in the target's language. What the English lacks, they lack. Words are
    renumbered."""
    home = {word.id: segment for segment in english.segments for word in segment.words}
    segments = []
    for segment in made:
        first = list(dict.fromkeys(home[word].id for word in segment.source_words))
        of = [each for each in english.segments if each.id in set(first)]
        said = tuple(chain.from_iterable(each.source_words for each in of))
        text = " ".join(each.text for each in of)
        lacks = segment.incomplete or next((e.incomplete for e in of if e.incomplete), None)
        segments.append(replace(segment, source_words=said, through=text, incomplete=lacks))
    for segment in english.segments:
        if segment.untranslated is None:
            continue
        if segment.language and same_words(segment.language, target):
            segment = replace(segment, untranslated=None, language=None)
        segments.append(segment)
    segments.sort(key=lambda segment: (segment.start_ms, segment.id))
    count = 0
    for n, segment in enumerate(segments):
        words = tuple(
            replace(word, id=f"w{count + k:05d}") for k, word in enumerate(segment.words, 1)
        )
        count += len(words)
        segments[n] = replace(segment, words=words)
    return tuple(segments)
