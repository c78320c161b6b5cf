"""Detection of invented text: recognisers invent some over music and silence, and run in loops.

No text is taken for invented on one weak sign, and one of a word or two ("No", "जी") never for
being improbable: short answers are improbable.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from subtitling import spans
from subtitling.documents import Removed
from subtitling.recognition.chunking import Chunk, Recognition
from subtitling.text.languages import width
from subtitling.text.spelling import plain, tokens

_SHORT = 2  # words
_LONG_MS = 3000  # of speech, in which somebody says something
_SLOW, _IMPROBABLE = "slow", "improbable"
_MUCH_MORE = 1.25  # times the letters, for which a text that was not in grave doubt is replaced
_MOSTLY = 0.5
# What Whisper learnt from the ends of films on the net, as `plain` spells it.
_ARTEFACTS = frozenset(
    " ".join(plain(token.text) for token in tokens(phrase))
    for phrase in (
        "you", "bye", "bye bye", "thank you", "thank you very much", "thanks for watching",
        "thank you for watching", "thank you so much for watching", "please subscribe",
        "like and subscribe", "subscribe to my channel", "see you next time",
        "see you in the next video", "subtitles by the amara.org community", "music", "applause",
        "धन्यवाद", "देखने के लिए धन्यवाद", "सब्सक्राइब करें", "चैनल को सब्सक्राइब करें", "شکریہ",
        "obrigado", "legendas pela comunidade amara.org", "gracias", "merci", "vielen dank",
        "untertitel der amara.org community", "untertitel im auftrag des zdf",
        "sous titres réalisés par la communauté d'amara.org", "ご視聴ありがとうございました",
        "продолжение следует", "字幕由 amara.org 社区提供", "நன்றி", "ధన్యవాదాలు", "ধন্যবাদ",
    )
)  # fmt: skip


@dataclass(frozen=True)
class HallucinationOptions:
    """See `hallucinations` in the configuration. The first three are Whisper's own thresholds
    (OpenAI's `transcribe.py`), but that two of them must agree."""

    min_score: float
    max_no_speech: float
    max_compression: float
    max_repeats: int
    max_repeats_sung: int
    max_letters_per_s: float
    min_letters_per_s: float


def doubts(
    heard: Recognition,
    speech_ms: int,
    sung: bool,
    options: HallucinationOptions,
    misfit: float | None = None,
) -> tuple[str, ...]:
    """The reasons to doubt a text recognised in `speech_ms` of speech; empty where there are none.

    `misfit` is how well an aligner fits its words to the sound, where that is hardly at all. Slow
    speech is a reason to recognise the sound again, but none to take the text out.
    """
    words = [plain(token.text) for token in tokens(heard.text)]
    rate = width("".join(words)) * 1000 / max(1, speech_ms)
    slow = speech_ms >= _LONG_MS and rate < options.min_letters_per_s
    if not words:
        return ("no letters",) if heard.text else (f"{_SLOW}: no words",) if slow else ()
    weak = signs(heard, options, misfit)
    seen = ", ".join(weak)
    reasons = []
    repeats = most_repeats(words)
    if repeats > (options.max_repeats_sung if sung else options.max_repeats):
        reasons.append(f"loop: {repeats} times the same")
    if len(weak) >= 2 and len(set(words)) > _SHORT:
        reasons.append(f"{_IMPROBABLE}: {seen}")
    if seen and " ".join(words) in _ARTEFACTS:
        reasons.append(f"artefact: {seen}")
    if slow:
        reasons.append(f"{_SLOW}: {rate:.1f} letters a second")
    if len(set(words)) > _SHORT and rate > options.max_letters_per_s:
        reasons.append(f"too fast: {rate:.0f} letters a second")
    return tuple(reasons)


def signs(
    heard: Recognition, options: HallucinationOptions, misfit: float | None = None
) -> list[str]:
    """The weak signs against a text: none of them is enough by itself."""
    weak = {
        f"score {heard.score:g}": heard.score < options.min_score,
        f"no speech {heard.no_speech:g}": heard.no_speech > options.max_no_speech,
        f"compression {heard.compression:g}": heard.compression > options.max_compression,
        f"alignment {misfit or 0:g}": misfit is not None,
    }
    return [sign for sign, there in weak.items() if there]


def most_repeats(words: Sequence[str]) -> int:
    """The longest run of repeats of the same words: 3 for `a b a b a b`."""
    most = 1 if words else 0
    for length in range(1, len(words) // 2 + 1):
        run = length  # words that are as `length` before, and the first ones
        for n in range(length, len(words)):
            run = run + 1 if words[n] == words[n - length] else length
            most = max(most, run // length)
    return most


def variety(text: str) -> float:
    """The share of distinct words in a text, 0 to 1; 1 for no words."""
    words = [plain(token.text) for token in tokens(text)]
    return len(set(words)) / len(words) if words else 1.0


def repeating(texts: Sequence[str], most: int) -> list[bool]:
    """For each text, whether it is in a run of more than `most` equal ones, and not the first."""
    keys = [" ".join(plain(token.text) for token in tokens(text)) for text in texts]
    repeated = [False] * len(keys)
    start = 0
    for n in range(1, len(keys) + 1):
        if n == len(keys) or keys[n] != keys[start]:
            if n - start > most and len(keys[start].split()) > _SHORT:
                repeated[start + 1 : n] = [True] * (n - start - 1)
            start = n
    return repeated


Pairs = list[tuple[Chunk, Recognition]]
# Recognises chunks, each perhaps in parts: the parts of each; none where it has nothing to add.
RecognitionPass = Callable[[Sequence[Chunk]], list[Pairs]]


@dataclass(frozen=True)
class Accepted:
    """The accepted texts, in order; `ways` holds for each the number of its pass, from 0.
    `removed` are the texts that no pass made credible."""

    pairs: Pairs
    ways: list[int]
    removed: list[Removed]


def accepted(
    chunks: Sequence[Chunk],
    ways: Sequence[RecognitionPass],
    songs: Sequence[spans.Span],
    options: HallucinationOptions,
) -> Accepted:
    """The credible texts of the chunks; `songs` are where somebody sings.

    The first pass of `ways` recognises all chunks, each of the next those still in doubt; the last
    one only those in grave doubt. Texts still in grave doubt after it are taken out.
    """
    pairs = [pair for parts in ways[0](chunks) for pair in parts]
    by = [0] * len(pairs)
    lost = [False] * len(pairs)
    for number, way in enumerate(ways[1:], 1):
        last = number == len(ways) - 1
        reasons = _reasons(pairs, songs, options)
        asked = [n for n, why in enumerate(reasons) if grave(why) or (why and not last)]
        answers = way([pairs[n][0] for n in asked]) if asked else []
        again = dict(zip(asked, answers, strict=True))
        taken: Pairs = []
        taken_by: list[int] = []
        lost = []
        for n, (pair, before) in enumerate(zip(pairs, by, strict=True)):
            heard = again.get(n, [])
            better = heard and (
                grave(reasons[n]) or _letters(heard) > _MUCH_MORE * _letters([pair])
            )
            taken += heard if better else [pair]
            taken_by += [number] * len(heard) if better else [before]
            lost += [last and n in again] * (len(heard) if better else 1)
        pairs, by = taken, taken_by
    removed: list[Removed] = []
    for n, why in enumerate(_reasons(pairs, songs, options)):
        chunk, heard_last = pairs[n]
        # Only texts tried in every pass are taken out: a neighbour's new text is no evidence.
        if grave(why) and lost[n]:
            regions = tuple(region.id for region in chunk.regions)
            removed.append(Removed(*chunk.span, heard_last.text, why, regions))
            pairs[n] = (chunk, replace(heard_last, text=""))
    return Accepted(pairs, by, removed)


def grave(reasons: Sequence[str]) -> bool:
    """Whether any of the reasons is one to take a text out, and not only to recognise it again."""
    return any(not reason.startswith(_SLOW) for reason in reasons)


def invented(reasons: Sequence[str]) -> bool:
    """Whether any of the reasons is another than that a text is improbable or slow."""
    return any(not reason.startswith((_SLOW, _IMPROBABLE)) for reason in reasons)


def _letters(pairs: Pairs) -> int:
    return sum(width(token.text) for _, heard in pairs for token in tokens(heard.text))


def _reasons(
    pairs: Pairs, songs: Sequence[spans.Span], options: HallucinationOptions
) -> list[tuple[str, ...]]:
    alike = repeating([heard.text for _, heard in pairs], options.max_repeats)
    reasons = []
    for (chunk, heard), same in zip(pairs, alike, strict=True):
        singing = spans.share(chunk.span, songs) >= _MOSTLY
        why = doubts(heard, chunk.speech_ms, singing, options)
        # A call that is really repeated is no loop: there must be a weak sign as well.
        if same and not singing and (weak := signs(heard, options)):
            why = (*why, f"loop: the same as the texts before it, {', '.join(weak)}")
        reasons.append(why)
    return reasons
