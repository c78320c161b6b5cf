"""What is done with each sentence of a film that speaks several languages."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from subtitling.documents import Segment, Transcript
from subtitling.text.languages import english_name, same_words
from subtitling.text.sentences import Sentence
from subtitling.translation import batches


@dataclass(frozen=True)
class Share:
    """The sentences that one engine translates with one model, by their language. `model` is its
    name in the store, None where it has none there; `row` is the engine's row in the rule's
    parameter `beside`, None for the film's own engine."""

    engine: str
    model: str | None
    sentences: Mapping[str, Sequence[Sentence]]
    row: Mapping[str, Any] | None


def untouched(
    sentences: Sequence[Sentence], source: str, target: str, served: Sequence[str]
) -> batches.Outcome:
    """The sentences that no engine is asked for: those that are in the target's language already,
    word for word, and those that nothing translates, with the reason. `source` is the film's
    language, `served` are the others that engines translate from."""
    outcome = batches.Outcome()
    for sentence in sentences:
        language = sentence.language or source
        if same_words(language, target):
            outcome.texts[sentence.id] = sentence.text
        elif sentence.language and language not in served:
            outcome.failed[sentence.id] = unserved(language, target)
    return outcome


def unserved(language: str, target: str) -> str:
    """Why what is said in a language is shown as spoken, and what would translate it."""
    return (
        f"it is in {english_name(language)}, and no engine and model were planned for that: "
        f"a row {language}-{target} in translation.engines and {language} in "
        "asr.other_languages would translate it"
    )


def shares(
    sentences: Sequence[Sentence],
    source: str,
    own: tuple[str, str | None],
    beside: Sequence[Mapping[str, Any]],
) -> list[Share]:
    """The sentences by engine and model, the film's `own` ones first; `beside` are those for other
    languages than the film's. Every sentence is in a language that is served."""
    by_language: dict[str, list[Sentence]] = {}
    for sentence in sentences:
        by_language.setdefault(sentence.language or source, []).append(sentence)
    mine = {source: by_language.pop(source)} if source in by_language else {}
    made = [Share(*own, mine, None)]
    for row in beside:
        some = {code: by_language[code] for code in row["languages"] if code in by_language}
        model = row["model"]["name"] if row["model"] else None
        if (row["engine"], model) == own:
            made[0] = replace(made[0], sentences={**mine, **some})
        else:
            made.append(Share(row["engine"], model, some, row))
    return [share for share in made if share.sentences]


def passed_on(english: Transcript, spoken: Transcript, target: str) -> dict[str, str]:
    """By the ids of the segments of an English translation, the spoken words of those that are
    spoken in the target's language, and need no second step."""
    languages = spoken.word_languages
    texts = {word.id: word.text for word in spoken.words}
    return {
        segment.id: " ".join(texts[i] for i in segment.source_words)
        for segment in english.segments
        if segment.source_words
        and all(same_words(languages.get(i, spoken.language), target) for i in segment.source_words)
    }


def labelled(
    segments: Sequence[Segment], sentences: Sequence[Sentence], own: Collection[str]
) -> tuple[Segment, ...]:
    """The segments of a translation: what is shown as spoken names its language, and the words of
    those that passed through, the `own` ones, have the times at which they are said."""
    spoken = {sentence.id: sentence for sentence in sentences}
    made = []
    for segment in segments:
        sentence, words = spoken[segment.id], segment.words
        if segment.id in own and [w.text for w in words] == [w.text for w in sentence.words]:
            words = tuple(
                replace(said, id=word.id) for word, said in zip(words, sentence.words, strict=True)
            )
        language = sentence.language if segment.untranslated is not None else None
        made.append(replace(segment, language=language, words=words))
    return tuple(made)
