"""What style guides say of a track's characters: findings for a person to look at.

A finding has a `fix` only where the text stays the same but for its typography. Nothing here
changes a track. docs/subtitles.md has the table of checks.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from subtitling.documents import Cue
from subtitling.subtitles.rules import Rules
from subtitling.text.languages import primary, script_of

Lines = tuple[str, ...]
_SHOWN = 20  # findings of a check that are written out; all are counted


@dataclass(frozen=True)
class Finding:
    """What a check objects to in a cue: the `part` of its text, and the lines as they should be
    where that is certain."""

    check: str
    cue: str
    part: str
    fix: Lines | None = None


@dataclass(frozen=True)
class _Text:
    """A cue's text: its lines as they are read, `body` as they stand in a file, `begins` whether a
    sentence begins with it."""

    cue: Cue
    lines: Lines
    body: Lines
    begins: bool
    language: str
    rules: Rules


# What a check objects to in a text: the part, and the lines corrected or None.
_Objections = Iterator[tuple[str, Lines | None]]
_SENTENCE_ENDS = re.compile(r"[.!?…。！？।॥؟۔♪#\])][\"'”’»」』]*$")
_TAGS = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069]")


def findings(
    cues: Sequence[Cue],
    language: str,
    rules: Rules,
    bodies: Mapping[str, Lines] | None = None,
) -> list[Finding]:
    """All findings of a track, in order of the cues. `bodies` are the lines of a file by cue, with
    its markup and white space; those of a track that is not written yet are its own."""
    made = []
    begins = True
    for cue in cues:
        body = (bodies or {}).get(cue.id, cue.lines)
        text = _Text(cue, cue.lines, body, begins, language, rules)
        begins = bool(cue.lines) and bool(_SENTENCE_ENDS.search(cue.lines[-1]))
        made += [
            Finding(name, cue.id, part, fix)
            for name, check in CHECKS.items()
            for part, fix in check(text)
        ]
    return made


def figures(made: Sequence[Finding]) -> dict[str, Any]:
    """The number of cues by check, and the first findings of each, for `quality.json`."""
    rows: dict[str, Any] = {}
    for name in CHECKS:
        own = [each for each in made if each.check == name]
        rows[name] = {
            "cues": len({each.cue for each in own}),
            "findings": [
                {"cue": each.cue, "part": each.part, "fix": each.fix and list(each.fix)}
                for each in own[:_SHOWN]
            ],
        }
    return rows


def _ellipsis(text: _Text) -> _Objections:
    """Three dots as the rules write them; a fix for three, since four may be a stop besides."""
    wanted = text.rules.ellipsis
    other = r"\.{3,}" if wanted == "…" else "…"
    for line in text.lines:
        for match in re.finditer(other, line):
            certain = match[0] in ("...", "…")
            fix = tuple(each.replace(match[0], wanted) for each in text.lines)
            yield match[0], fix if certain else None


_DASH = re.compile(r"(?:[-‐‑–—]|[−](?!\d))(?![-‐‑–—])(?!\d)[ \u00a0]*")


def _speaker_dash(text: _Text) -> _Objections:
    """The dashes of two speakers. Where the first line has none, it may be no second speaker."""
    if len(text.lines) != 2 or text.cue.sung:
        return
    marks = [_DASH.match(line) for line in text.lines]
    if not marks[1] or not text.lines[1][marks[1].end() :]:
        return
    asked = text.rules.dashes
    given = tuple(mark[0] if mark else "" for mark in marks)
    if given == asked:
        return
    bare = [line[len(dash) :] for line, dash in zip(text.lines, given, strict=True)]
    fix = tuple(dash + line for dash, line in zip(asked, bare, strict=True))
    yield " / ".join(given), fix if given[0] or not asked[0] else None


_NUMBERED = r"\b[Nn][or]\. "  # No. 5
_UNITS = r"(?:[kcm]?[mg]|[mc]?l|km/h|mph|h|min|sec|s|[ap]\.?m\b|[AP]M|°|%|[\p{Sc}])"


@cache
def _numbers_pattern() -> Any:
    import regex

    return regex.compile(
        rf"(?<![\p{{L}}\p{{M}}\d\p{{Sc}}#№%°+/:.,’'−–-])(?<!\d )(?<!{_NUMBERED})\d{{1,2}}"
        rf"(?![\p{{L}}\p{{M}}\d%°/:’'–-]|[.,]\d|,? \d|\. ?\p{{Ll}}|[ \u00a0]?{_UNITS}(?!\p{{L}}))"
    )


def _numbers(text: _Text) -> _Objections:
    """Small numbers in digits that no time, sum, measure or sequence shows to be right. No fix: it
    may be a room's number."""
    for line in text.lines:
        for match in _numbers_pattern().finditer(line):
            if 1 <= int(match[0]) <= text.rules.numbers_spelled_to:
                yield match[0], None


def _number_begins(text: _Text) -> _Objections:
    """A sentence that begins with digits."""
    import regex

    if not text.rules.numbers_spelled_to:
        return
    whole = " ".join(text.lines)
    # A dash right before a number may be a minus.
    begin = r"^(?:[-–—] )?[\"“«„¿¡]*" if text.begins else r"(?!)"
    pattern = rf"(?:{begin}|(?<=[.!?…।] )(?<!{_NUMBERED}))\d+(?:[.,]\d+)*(?= \p{{L}})"
    for match in regex.finditer(pattern, whole):
        yield match[0].strip(' -–—"“«„¿¡'), None


_SCRIPTS = {
    "Jpan": ("Hira", "Kana", "Hani"), "Kore": ("Hang", "Hani"), "Hans": ("Hani", "Bopo"),
    "Hant": ("Hani", "Bopo"),
}  # fmt: skip
_WIDE = ("Jpan", "Kore", "Hans", "Hant")  # scripts that are set with letters of full width
_SIGNS = "+=<>|~♪♫°©®™№×÷±−"
_HYPHENS = {"‐": "-", "‑": "-"}


@cache
def _stranger(language: str) -> Any:
    """A pattern of the characters that a language is not written with: those of other scripts than
    its own and Latin, symbols that fonts of subtitles lack, and letters encoded by their shape."""
    import regex

    script = script_of(language)
    scripts = "".join(rf"\p{{scx={each}}}" for each in (*_SCRIPTS.get(script, (script,)), "Zinh"))
    wide, narrow = (r"\uff01-\uff5e", "") if script in _WIDE else ("", r"\uff01-\uff5e")
    shapes = rf"\ufb00-\ufb06\ufb1d-\ufb4f\ufb50-\ufdfc\ufe70-\ufefc{narrow}‐‑"
    known = rf"\p{{scx=Latn}}{scripts}0-9\p{{P}}\p{{Sc}}\p{{No}}\p{{Zs}}\p{{Sk}}{_SIGNS}{wide}"
    return regex.compile(rf"[{shapes}--\ufd3e\ufd3f]|[^{known}\u200c\u200d]", regex.V1)


def in_plain_letters(text: str, language: str) -> str:
    """A text with the letters of words where they are encoded by their shape, as `ﬁ` or full-width
    letters in Latin script, and with hyphens as the keyboard has them: the same text, in characters
    that fonts have."""
    if text.isascii():
        return text
    return str(_stranger(language).sub(lambda match: _plain(match[0]), text))


def _plain(c: str) -> str:
    import unicodedata

    shape = "\ufb00" <= c <= "\ufdfc" or "\ufe70" <= c <= "\ufefc" or "\uff01" <= c <= "\uff5e"
    return unicodedata.normalize("NFKC", c) if shape else _HYPHENS.get(c, c)


def _characters(text: _Text) -> _Objections:
    """Characters that the language is not written with, and words of letters that look alike."""
    fixed = tuple(in_plain_letters(line, text.language) for line in text.lines)
    for line in text.lines:
        for match in _stranger(text.language).finditer(line):
            certain = _plain(match[0]) != match[0]
            yield f"U+{ord(match[0]):04X} {match[0]}", fixed if certain else None
        for match in _look_alikes().finditer(line):
            yield match[0], None


@cache
def _look_alikes() -> Any:
    """Words with letters of Latin and of Cyrillic or Greek, as `Раris` with a Cyrillic Р."""
    import regex

    others = r"\p{sc=Cyrl}\p{sc=Grek}"
    return regex.compile(rf"\b(?=\w*\p{{sc=Latn}})(?=\w*[{others}])[\p{{L}}\p{{M}}]+\b", regex.V1)


# An apostrophe is none.
_QUOTES = re.compile(r"[“”„‟«»‹›「」『』‚‛]|(?<!\w)‘")


def _quotation_marks(text: _Text) -> _Objections:
    """Marks that are neither straight nor the language's. No fix: a country may have others."""
    for line in text.lines if text.rules.quotation_marks else ():
        for match in _QUOTES.finditer(line):
            if match[0] not in text.rules.quotation_marks:
                yield match[0], None


def _interruption(text: _Text) -> _Objections:
    """A dash at the end of a line, where the rules say how an interruption is written."""
    wanted = text.rules.interruption
    for n, line in enumerate(text.lines):
        end = re.search(r"(?<=\w)([–—])(?=[\"”’)]*$)", line)
        if wanted and end:
            fixed = line[: end.start()] + wanted + line[end.end() :]
            yield end[1], (*text.lines[:n], fixed, *text.lines[n + 1 :])


def _brackets(text: _Text) -> _Objections:
    """A line in parentheses or braces, where sounds and speakers have square brackets. No fix: it
    may be an aside."""
    if not text.rules.music_label.startswith("[") or primary(text.language) == "ja":
        return
    for line in text.lines:
        bare = line[mark.end() :] if (mark := _DASH.match(line)) else line
        if re.fullmatch(r"\([^()]+\)|\{[^{}]+\}|（[^（）]+）", bare):
            yield bare, None


_SPACE_BEFORE = re.compile(r"(?<=\S)[ \u00a0]+(?=[,.!?…;:)،؟؛](?:[\s\"”’»)]|$))")
# French has a space before the marks of two parts.
_SPACE_BEFORE_FRENCH = re.compile(r"(?<=\S)[ \u00a0]+(?=[,.…)](?:[\s\"”’»)]|$))")


def _white_space(text: _Text) -> _Objections:
    """Spaces at a line's ends, more than one, and one before a mark that has none."""
    before = _SPACE_BEFORE_FRENCH if primary(text.language) == "fr" else _SPACE_BEFORE
    seen = [_INVISIBLE.sub("", _TAGS.sub("", line)) for line in text.body]
    for line in seen:
        if line != line.strip() or "  " in line or before.search(line):
            yield line, tuple(before.sub("", each) for each in text.lines)


def _italics(text: _Text) -> _Objections:
    """Italics where the language has none, and tags that do not belong together. The fix is the
    text without tags, and there is none where italics are right."""
    tags = [re.sub(r"\s", "", tag).lower() for line in text.body for tag in _TAGS.findall(line)]
    slanted = text.cue.italic or any("<i>" in line for line in text.cue.marked)
    if slanted and not text.rules.italics:
        yield "italics", text.lines
    elif tags.count("<i>") != tags.count("</i>"):
        yield " ".join(tag for tag in tags if tag in ("<i>", "</i>")), None


CHECKS: dict[str, Callable[[_Text], _Objections]] = {
    "ellipsis": _ellipsis,
    "speaker_dash": _speaker_dash,
    "numbers": _numbers,
    "number_begins": _number_begins,
    "characters": _characters,
    "quotation_marks": _quotation_marks,
    "interruption": _interruption,
    "brackets": _brackets,
    "white_space": _white_space,
    "italics": _italics,
}
