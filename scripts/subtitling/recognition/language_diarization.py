"""Language diarization: which language is spoken when, settled over neighbouring speech regions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from statistics import fmean

from subtitling.documents import Region, Transcript
from subtitling.text.languages import english_name

AUTO = "auto"
# Languages that recognisers take for one another, region by region: a film in one of them is not
# heard in another of its group unless that is asked for.
_ALIKE = tuple(
    frozenset(group.split())
    for group in (
        "hi ur", "hi mr ne sa", "pa hi ur", "bs hr sr", "cs pl sk", "da nb nn no", "id jv jw ms su",
        "bg mk", "be ru uk", "zh yue", "gl pt", "ca es", "es gl", "af nl", "de lb yi", "as bn",
    )
)  # fmt: skip
# What recognisers say of noise and of speech that they do not know; heard where they are asked for.
_SELDOM = frozenset(["haw", "jw", "la", "mi", "nn", "sa"])
_FLOOR = 0.01  # of a probability: no region says more than that another language is this unlikely
_FULL_MS = 4000  # of speech, which counts once
_NEARLY_HALF = 0.4  # of the time of a film's segments
_CHANGE = 2.0  # in log probability: what a change of language must gain, at either of its ends


@dataclass(frozen=True)
class Heard:
    """A speech region with the recogniser's probabilities, 0 to 1, of the languages spoken in it;
    those that are not named are next to 0."""

    region: Region
    probabilities: Mapping[str, float]

    @property
    def speech_ms(self) -> int:
        """How long somebody speaks."""
        return self.region.end_ms - self.region.start_ms


def alike(language: str) -> frozenset[str]:
    """The languages that recognisers take for a language, itself among them."""
    return frozenset([language]).union(*(group for group in _ALIKE if language in group))


def settled(
    chunks: Sequence[Sequence[Heard]], language: str, others: str | Collection[str]
) -> list[list[str]]:
    """The language of each region of each chunk, in a film in `language`.

    `others` are the languages that may be heard beside it: `auto` for any but those that are taken
    for it. A change of language must gain more than noise does: a name or an exclamation is none.
    Each chunk is decided together with the chunks beside it, so that every shard of a film decides
    as all of it would (Viterbi's algorithm over the three).
    """
    decided = []
    for n, chunk in enumerate(chunks):
        before = list(chunks[n - 1]) if n else []
        after = list(chunks[n + 1]) if n + 1 < len(chunks) else []
        path = _path([*before, *chunk, *after], language, others)
        decided.append(path[len(before) : len(before) + len(chunk)])
    return decided


def mean(heard: Sequence[Heard], language: str) -> float | None:
    """The mean probability of a language over regions, by how long each is; None for no regions."""
    total_ms = sum(each.speech_ms for each in heard)
    if not total_ms:
        return None
    weighed = (each.probabilities.get(language, 0.0) * each.speech_ms for each in heard)
    return round(sum(weighed) / total_ms, 4)


def in_most_spoken(transcript: Transcript) -> Transcript:
    """The transcript under the language that is spoken longest in it, if that is another one than
    was expected; the segments' own languages stay what they are."""
    most = next(iter(transcript.languages), transcript.language)
    if most == transcript.language:
        return transcript
    segments = tuple(
        replace(s, language=None if (code := s.language or transcript.language) == most else code)
        for s in transcript.segments
    )
    scores = [s.language_score or 0.0 for s in segments if s.language is None]
    return replace(
        transcript, language=most, language_score=round(fmean(scores), 4), segments=segments
    )


def nearly_half(transcript: Transcript) -> str | None:
    """What to say of a film of which nearly half is spoken in another language; None of others."""
    shares = list(transcript.languages.items())
    if len(shares) < 2 or shares[1][1] < _NEARLY_HALF:
        return None
    said = " and ".join(f"{100 * part:.0f} % {english_name(code)}" for code, part in shares[:2])
    return f"the film is nearly half and half: {said}"


def _path(heard: Sequence[Heard], language: str, others: str | Collection[str]) -> list[str]:
    """The most probable languages of regions in a row."""
    own = alike(language) - frozenset(() if others == AUTO else others)
    known = {code for each in heard for code, p in each.probabilities.items() if p >= _FLOOR}
    asked = known - own - _SELDOM if others == AUTO else known.intersection(others) - {language}
    codes = [language, *sorted(asked)]
    gains = {code: 0.0 if code == language else -_CHANGE for code in codes}
    steps: list[dict[str, str]] = []  # for each region, the best language before it, by its own
    for each in heard:
        best = max(codes, key=lambda code: gains[code])
        from_best = gains[best] - _CHANGE
        steps.append({code: code if gains[code] >= from_best else best for code in codes})
        gains = {
            code: max(gains[code], from_best) + _evidence(each, code, own, others == AUTO)
            for code in codes
        }
    last = max(codes, key=lambda code: gains[code] - (0.0 if code == language else _CHANGE))
    path = []
    for step in reversed(steps):
        path.append(last)
        last = step[last]
    return path[::-1]


def _evidence(heard: Heard, code: str, own: frozenset[str], pooled: bool) -> float:
    """The log probability that a region is in a language, in proportion to its length. What sounds
    like the film's language counts as that; half of what sounds like another one counts as it."""
    if code in own:
        probability = sum(heard.probabilities.get(each, 0.0) for each in own)
    else:
        probability = heard.probabilities.get(code, 0.0)
        kin = alike(code) - own - {code} if pooled else frozenset[str]()
        probability += sum(heard.probabilities.get(each, 0.0) for each in kin) / 2
    return heard.speech_ms / _FULL_MS * log(min(1.0, max(_FLOOR, probability)))


def chunk_language(
    probabilities: Mapping[str, float], language: str, others: str | Sequence[str], least: float
) -> str:
    """The language of a chunk in a film in `language`: one of the `others` that are allowed only
    where its probability, 0 to 1, is at `least` that."""
    if others == AUTO:
        others = sorted(frozenset(probabilities) - alike(language))
    other = max(others, key=lambda code: probabilities.get(code, 0), default="")
    return other if probabilities.get(other, 0) >= least else language
