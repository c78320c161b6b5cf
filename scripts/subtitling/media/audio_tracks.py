"""Choose the audio track to recognise: the one with the original dialogue."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from lineage.problem import Problem
from subtitling.documents import Stream
from subtitling.media.audio_file import NoSound
from subtitling.text.languages import primary

# Tracks other than plain dialogue, by ffmpeg's dispositions, by private tags (BBC's qad, nar; zxx
# is ISO 639's own for no language), and by words of a title in the languages that discs are titled
# in.
_COMMENTARY = "commentary"
DESCRIPTION = "audio description"
_SPEECHLESS = "no dialogue"
_MARKS = {
    "comment": _COMMENTARY,
    "visual_impaired": DESCRIPTION,
    "descriptions": DESCRIPTION,
    "karaoke": _SPEECHLESS,
    "clean_effects": _SPEECHLESS,
}
_TAGS = {"qad": DESCRIPTION, "nar": DESCRIPTION, "zxx": _SPEECHLESS}
_TITLES = {
    _COMMENTARY: re.compile(
        r"comment(ary|aries|aire)|comentari[oa]|comentário|commento\b|kommentar|коммент|"
        r"टिप्पणी|評論|解説|director(?!['’]?s cut)|filmmaker|cast (and|&) crew",
        re.I,
    ),
    DESCRIPTION: re.compile(
        r"descri(ption|ptive|bed)|audio-?de(s[ck]ri|scri)|audiodescri|hörfilm|visually impaired|"
        r"\bdvs\b|\bAD\b|тифло|विवरण",
        re.I,
    ),
    _SPEECHLESS: re.compile(
        r"karaoke|instrumental|isolated|music only|score only|music (and|&) effects|m ?& ?e\b", re.I
    ),
}
_DUB_TITLE = re.compile(r"\bdub(bed)?\b|dublado|doublage|synchron|डब", re.I)
_ORIGINAL_TITLE = re.compile(r"\boriginal\b(?!.*(score|soundtrack|music))|\b(VO|OV)\b", re.I)
_ORIGINAL_TAG = "qaa"  # DVB's private use: the original language, whichever it is

# Only names of these languages are looked for in titles; others could be words like Mono.
_NAMED = """
    af ar as bg bn bs ca cs da de el en es et eu fa fi fr gl gu he hi hr hu hy id is it ja ka kk
    kn ko lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru sa sd si sk sl sq sr sv sw ta te th
    tl tr uk ur uz vi yue zh
"""
# Codes that a tag and a film's data may use for the same language.
_SAME = {"cmn": "zh", "yue": "zh", "nb": "no", "nn": "no", "fil": "tl"}


@dataclass(frozen=True)
class AudioTrackFacts:
    """Facts of a track from its tags, marks and title; `number` counts audio tracks from 0.

    `language` is None if not known; `kind` is empty for plain dialogue. `origin` is original, dub
    or empty. `doubts` are contradictions.
    """

    number: int
    stream: Stream
    language: str | None
    kind: str
    origin: str
    doubts: tuple[str, ...]

    def __str__(self) -> str:
        stream = self.stream
        title = f' "{stream.title}"' if stream.title else ""
        what = [f"{self.number}: {stream.language or 'no language'} {stream.codec}{title}"]
        what += [f"{stream.channels} channels"] if stream.channels else []
        what += ["it holds no packets"] if stream.packets == 0 else []
        return ", ".join([*what, *filter(None, [self.kind, self.origin])])


@dataclass(frozen=True)
class Choice:
    """The chosen track, the reason, the others from the next best on, and warnings."""

    track: Stream
    reason: str
    others: tuple[str, ...]
    warnings: tuple[str, ...]


def choose(
    streams: Sequence[Stream], wanted: str | int, spoken: str, original: str | None
) -> Choice:
    """Choose the audio track to recognise.

    `wanted` is a number among the audio tracks, a language, or `auto`. That takes, in this order of
    weight: one that holds any sound; dialogue rather than commentary or music; the language
    `spoken`, or where it is `auto` the film's `original` one, in the region that its tag names; a
    plain track rather than an audio description; one marked as the original rather than unmarked
    or a dub; the default one; the one with most channels; the first.
    Problem where there is no such track.
    """
    tracks = [s for s in streams if s.kind == "audio"]
    facts = [facts_of(number, stream) for number, stream in enumerate(tracks)]
    if not facts:
        raise Problem("the film has no audio track, so there is nothing to recognise")
    listed = "; ".join(map(str, facts))
    if isinstance(wanted, int):
        if wanted >= len(facts):
            raise Problem(
                f"demux.audio_track is {wanted}, but the film's audio tracks are {listed}"
            )
        return _choice(facts[wanted], facts, f"asked for by number, {wanted}", original)
    language = wanted if wanted != "auto" else spoken if spoken != "auto" else original
    ranked = sorted(facts, key=lambda track: _rank(track, language))
    best = ranked[0]
    if wanted != "auto":
        speaking = [track for track in ranked if _speaks(track, wanted)]
        if not speaking:
            raise Problem(
                f"demux.audio_track is {wanted}, but the film's audio tracks are {listed}"
            )
        best = speaking[0]
    ranked.remove(best)
    if len(facts) == 1:
        reason = "the only audio track"
    else:
        whose = (
            "asked for" if wanted != "auto"
            else "the language spoken" if spoken != "auto"
            else "the film's original language"
        )  # fmt: skip
        reason = ", ".join(_reasons(best, ranked, language, whose))
    return _choice(best, [best, *ranked], reason, original)


def choose_audible(
    streams: Sequence[Stream],
    wanted: str | int,
    spoken: str,
    original: str | None,
    extract: Callable[[Stream], tuple[int, bool]],
    film: str,
) -> tuple[Choice, int]:
    """Choose among the tracks that hold sound; the choice, and the length of its sound in ms.

    `extract` returns that of a track, in ms, and whether it is silence from beginning to end; where
    it is, and where NoSound is raised, the next best track is taken. If all are silent, or the
    track was requested by number, a silent one is used. Raises Problem as `choose` does.
    """
    lost: list[int] = []
    silent: list[int] = []
    while True:
        tracks = [replace(s, packets=0) if s.index in lost else s for s in streams]
        left = [s for s in tracks if s.kind == "audio" and s.packets != 0]
        if rest := [s for s in left if s.index not in silent]:
            left = rest
        among = [s if s in left else replace(s, packets=0) for s in tracks]
        try:
            choice = choose(among, wanted, spoken, original)
        except Problem as problem:
            raise Problem(f"{film}: {problem}") from None
        index, by_number = choice.track.index, isinstance(wanted, int)
        try:
            length, is_silent = extract(choice.track)
        except NoSound as none:
            if choice.track.packets == 0 or by_number:
                raise Problem(f"{film}: {none}") from None
            lost.append(index)
            continue
        if is_silent and index not in silent:
            silent.append(index)
            if not by_number and (len(left) > 1 or len(silent) > 1):
                continue
        nothing = [s for s in tracks if s.kind == "audio" and s.packets == 0]
        lines = [f"audio stream {s.index} is announced, but holds no packets" for s in nothing]
        lines += [f"audio stream {n} is silent from beginning to end" for n in silent]
        if is_silent and by_number and choice.others:
            lines[-1] += f"; demux.audio_track can name another: {'; '.join(choice.others)}"
        return replace(choice, warnings=(*choice.warnings, *lines)), length


def facts_of(number: int, stream: Stream) -> AudioTrackFacts:
    """Facts of a track from its tags, marks and title. Where they disagree, the title takes
    precedence: a person wrote it, while tags and marks are often a program's defaults."""
    title = stream.title or ""
    tag = _tagged(stream.language)
    named = _named(title)
    doubts = []
    if tag and named and not _same(tag, named):
        doubts.append(f'the tag says {tag}, the title "{title}" {named}')
    kinds = [kind for kind, words in _TITLES.items() if words.search(title)]
    kinds += [_MARKS[mark] for mark in stream.marks if mark in _MARKS]
    kinds += [kind for code, kind in _TAGS.items() if stream.language == code]
    dub = "dub" in stream.marks or bool(_DUB_TITLE.search(title))
    first = (
        "original" in stream.marks
        or stream.language == _ORIGINAL_TAG
        or bool(_ORIGINAL_TITLE.search(title))
    )
    if dub and first:
        doubts.append("it is called both the original and a dub")
    origin = "dub" if dub and not first else "original" if first and not dub else ""
    return AudioTrackFacts(
        number, stream, named or tag, kinds[0] if kinds else "", origin, tuple(doubts)
    )


def _rank(track: AudioTrackFacts, language: str | None) -> tuple[int, ...]:
    return (
        track.stream.packets == 0,
        track.kind in (_COMMENTARY, _SPEECHLESS),
        _distance(track, language),
        language is not None and "-" in language and track.stream.tag != language,
        track.kind == DESCRIPTION,
        ("original", "", "dub").index(track.origin),
        not track.stream.default,
        -(track.stream.channels or 0),
        track.number,
    )


def _distance(track: AudioTrackFacts, language: str | None) -> int:
    """0 for the language itself, 1 for one that may be the same, 2 for another."""
    if language is None or _speaks(track, language):
        return 0
    return 1 if track.language is None else 2


def _speaks(track: AudioTrackFacts, language: str) -> bool:
    return track.language is not None and _same(track.language, language)


def _same(one: str, other: str) -> bool:
    one, other = primary(one), primary(other)
    return _SAME.get(one, one) == _SAME.get(other, other)


def _reasons(
    best: AudioTrackFacts, others: Sequence[AudioTrackFacts], language: str | None, whose: str
) -> list[str]:
    """The reasons for the best track over the others, most important first."""
    reasons = []
    if language and _speaks(best, language):
        by = "titled" if _tagged(best.stream.language) != best.language else "tagged"
        reasons.append(f"{by} {language}, {whose}")
    elif language:
        reasons.append(f"no track of its kind is in {language}, {whose}")
    if best.kind:
        reasons.append(f"{best.kind}, as there is no better one")
    elif any(other.kind for other in others):
        reasons.append("plain dialogue")
    if best.origin == "original":
        reasons.append("marked as the original")
    if best.stream.default:
        reasons.append("marked as default")
    if all((best.stream.channels or 0) > (other.stream.channels or 0) for other in others):
        reasons.append("has most channels")
    return reasons or ["the first, nothing sets it apart"]


def _choice(
    best: AudioTrackFacts, ranked: Sequence[AudioTrackFacts], reason: str, original: str | None
) -> Choice:
    warnings = [f"audio track {best.number}: {doubt}" for doubt in best.doubts]
    foreign = original and best.language and not _same(best.language, original)
    if foreign or best.origin == "dub":
        made = f"the film was made in {original}" if foreign else "it is marked so"
        warnings.append(
            f"audio track {best.number} ({best.language or 'no language'}) is a dub: {made}. Its "
            "dialogue is a translation; demux.audio_track can name another track"
        )
    if best.kind:
        warnings.append(f"audio track {best.number} is {best.kind}, not plain dialogue")
    others = tuple(str(track) for track in ranked if track is not best)
    return Choice(best.stream, reason, others, tuple(warnings))


def _tagged(tag: str | None) -> str | None:
    """The language of a container's tag (`hin`, `hi-IN`, `ger`), None for und and the like."""
    import langcodes

    if not tag or not langcodes.tag_is_valid(tag):
        return None
    language = langcodes.Language.get(tag).language
    private = language and "qaa" <= language <= "qtz" and len(language) == 3
    return None if private or language in ("und", "mul", "mis", "zxx", "nar") else language


def _named(title: str) -> str | None:
    """The language that a title names (`Hindi 5.1`, हिन्दी, HIN), where it names exactly one."""
    words = re.findall(r"[^\W\d_][^\s\d_()\[\]/|,;:.-]*", title)
    names = _names()
    languages = {names.get(word.casefold()) or names.get(f"code {word}") for word in words} - {None}
    return languages.pop() if len(languages) == 1 else None


@cache
def _names() -> dict[str, str]:
    """Languages by English name and own name, in lower case, by three-letter code in capitals."""
    import langcodes

    names = {}
    for code in _NAMED.split():
        language = langcodes.Language.get(code)
        names[language.display_name("en").casefold()] = code
        names[language.autonym().casefold()] = code
        for variant in ("T", "B"):
            names[f"code {language.to_alpha3(variant=variant).upper()}"] = code
    return names
