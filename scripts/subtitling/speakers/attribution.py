"""Assign words to speakers, from turns identified by voice."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import accumulate, islice, pairwise

from lineage.problem import Problem
from subtitling.documents import Segment, Speakers, Transcript, Turn, Voice, Word
from subtitling.text.sentences import ends_clause, ends_sentence

_NEAR_MS = 500  # a word outside all turns belongs to the nearest one within this distance
# A turn's edge is accurate to some tenths of a second, so a word next to it may be the other
# speaker's.
_EDGE_WORDS = 2
_PAUSE_MS = 250


def of_words(words: Sequence[Word], speakers: Speakers) -> dict[str, Voice]:
    """The speaker of each word, by the word's id; those near no turn have none.

    A word belongs to the turn that covers most of it. Speakers usually change between sentences or
    at pauses, not inside a phrase: a change moves to such a place up to two words away, and a
    single word within a phrase is not a turn.
    """
    ends = list(accumulate((turn.end_ms for turn in speakers.turns), max))
    voices = [
        _voice(word, islice(speakers.turns, bisect_left(ends, word.start_ms - _NEAR_MS), None))
        for word in words
    ]
    known = [n for n, voice in enumerate(voices) if voice]
    whose = _settled([words[n] for n in known], [voices[n] for n in known])  # type: ignore[misc]
    return {words[n].id: voice for n, voice in zip(known, whose, strict=True)}


def _voice(word: Word, turns: Iterable[Turn]) -> Voice | None:
    """The speaker of a word. The confidence is the turn's, less where it covers only part of it."""
    length = max(1, word.end_ms - word.start_ms)
    best: tuple[float, float, Turn] | None = None
    for turn in turns:
        if turn.start_ms > word.end_ms + _NEAR_MS:
            break
        shared = min(word.end_ms, turn.end_ms) - max(word.start_ms, turn.start_ms)
        if shared > -_NEAR_MS and (best is None or (shared, turn.confidence) > best[:2]):
            best = (shared, turn.confidence, turn)
    if best is None:
        return None
    turn = best[2]
    covered = max(0.0, min(1.0, best[0] / length))
    return Voice(turn.speaker, round(turn.confidence * (0.5 + covered / 2), 4))


def _settled(words: Sequence[Word], voices: Sequence[Voice]) -> list[Voice]:
    whose = list(voices)
    ends = [_parts(a, b) for a, b in pairwise(words)]  # whether a phrase ends after the word
    # A lone word inside a phrase belongs to its phrase.
    for n in range(1, len(whose) - 1):
        alone = whose[n - 1].speaker == whose[n + 1].speaker != whose[n].speaker
        if alone and not ends[n - 1] and not ends[n]:
            whose[n] = Voice(whose[n - 1].speaker, min(whose[n - 1].confidence, 0.5))
    at = 0
    while at < len(whose) - 1:
        if whose[at].speaker != whose[at + 1].speaker and not ends[at]:
            at = max(at, _moved(whose, ends, at))
        at += 1
    return whose


def _moved(whose: list[Voice], ends: Sequence[bool], at: int) -> int:
    """Move the change after word `at` to the nearest end of a phrase in reach; returns its new
    place."""
    before, after = whose[at].speaker, whose[at + 1].speaker
    for reach in range(1, _EDGE_WORDS + 1):
        for to in (at - reach, at + reach):
            if not 0 <= to < len(ends) or not ends[to]:
                continue
            moved = range(to + 1, at + 1) if to < at else range(at + 1, to + 1)
            giver, taker = (before, after) if to < at else (after, before)
            # All moved words must be of one speaker, who keeps some words.
            kept = to if to < at else to + 1
            if {whose[n].speaker for n in (*moved, kept)} != {giver}:
                continue
            for n in moved:
                whose[n] = Voice(taker, min(whose[n].confidence, 0.5))
            return to
    return at


def _parts(word: Word, following: Word) -> bool:
    return (
        ends_sentence(word.text, following.text)
        or ends_clause(word.text)
        or following.start_ms - word.end_ms >= _PAUSE_MS
    )


def changes(words: Sequence[Word], whose: Mapping[str, Voice]) -> set[str]:
    """The ids of the words at which the speaker changes."""
    first_words, last = set(), None
    for word in words:
        voice = whose.get(word.id)
        if voice and last and voice.speaker != last:
            first_words.add(word.id)
        last = voice.speaker if voice else last
    return first_words


def translated(transcript: Transcript, whose: Mapping[str, Voice]) -> dict[str, Voice]:
    """The speaker of each word of a translation, whose segments name the words they translate;
    `whose` is by those. Each sentence has one speaker, since sentences end where speakers
    change."""
    voices = {}
    for segment in transcript.segments:
        if voice := _of_segment(segment, whose):
            voices.update(dict.fromkeys((word.id for word in segment.words), voice))
    return voices


def _of_segment(segment: Segment, whose: Mapping[str, Voice]) -> Voice | None:
    voices = [whose[word] for word in segment.source_words if word in whose]
    if not voices:
        return None
    names = [voice.speaker for voice in voices]
    most = max(dict.fromkeys(names), key=names.count)
    sure = [voice.confidence for voice in voices if voice.speaker == most]
    return Voice(most, round(sum(sure) / len(names), 4))


def labels(names: Mapping[str, str], form: str, known: Collection[str]) -> dict[str, str]:
    """Speaker labels on the screen, by speaker id. `form` has {name}, or {NAME} for capitals.

    Problem where a name is for a speaker who is not `known` in the film.
    """
    if strange := sorted(set(names) - set(known)):
        raise Problem(
            f"speakers.names has {', '.join(strange)}, but the film's speakers are "
            f"{', '.join(known) or 'none'}: see speakers.json, or the film's page"
        )
    return {
        speaker: form.replace("{name}", name).replace("{NAME}", name.upper())
        for speaker, name in names.items()
    }
