"""Who says what in a script without times: dialogue lists, Fountain, the usual screenplay text.

Fountain is read by its syntax, https://fountain.io/syntax. What is no dialogue (scene headings,
action, transitions, stage directions in brackets) is left out and counted.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from subtitling.documents import TextLine
from subtitling.text.cleaning import clean

_HEADING = re.compile(r"^(\.(?!\.)|(INT|EXT|EST|INT\.?/EXT|I/E)[. ])", re.IGNORECASE)
_TRANSITION = re.compile(r"^(>(?!.*<$)|(FADE|CUT|DISSOLVE|SMASH|MATCH)\b.*(:|\.|OUT|IN)$|.*\bTO:$)")
_PAGE = re.compile(r"^(\d{1,4}\.?|\(?CONTINUED:?\)?|\(MORE\)|={3,}|-{3,})$", re.IGNORECASE)
_NO_WORDS = re.compile(r"^(#|=(?!=)|!)")
_NOTES = (("[[", "]]"), ("/*", "*/"))
_TITLE_PAGE = re.compile(r"^(title|credit|author|authors|source|draft date|contact|copyright)\s*:")
_DIRECTIONS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）|【[^【】]*】")
_NAME = re.compile(r"^(?P<name>[^\s:：*(\[][^:：\n]{0,39}?)\s*[:：](?![:/0-9])\s*(?P<words>.*)$")
# The time that programs for interviews put in front of a speech, as [00:01:02] or 01:02.5 -
_STAMP = re.compile(r"^[\[(]?(\d{1,2}:){1,2}\d{2}([.,]\d{1,3})?[\])]?\s*[-–—]?\s+(?=\S)")
_AFTER_NAME = re.compile(r"\s*[(\[（][^)\]）]*[)\]）]\s*\^?$")  # (V.O.), (CONT'D)
_EMPHASIS = re.compile(r"(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)")
_MOST_NAME_WORDS = 4
_DEEPEST = 4  # brackets within brackets
_SHARE_NAMED = 0.5  # of lines that begin with a name, or a time: then each such beginning is one
_LEAST_CUES = 3  # character cues that make a text a screenplay
_LONGEST_DIRECTION = 12  # lines


@dataclass(frozen=True)
class Script:
    """The speeches of a script in order, and the number of its lines that nobody says."""

    lines: tuple[TextLine, ...]
    directions: int


def read(text: str, *, fountain: bool) -> Script:
    """The speeches of a script: by Fountain's syntax, which screenplays in plain text follow, or
    one a line with the name of the speaker in front, where there is one."""
    rows = _without_notes(text).split("\n")
    if fountain or _is_screenplay(rows):
        return _screenplay(rows)
    return _dialogue_list(rows)


def _without_notes(text: str) -> str:
    """The text without Fountain's notes and what is commented out; lines keep their numbers."""
    for opening, closing in _NOTES:
        kept, at = [], 0
        while (start := text.find(opening, at)) >= 0 and (end := text.find(closing, start)) >= 0:
            kept += [text[at:start], "\n" * text.count("\n", start, end)]
            at = end + len(closing)
        text = "".join(kept) + text[at:]
    return text


def _is_screenplay(rows: Sequence[str]) -> bool:
    headings = any(_HEADING.match(row.strip()) and row.strip().isupper() for row in rows)
    # Of a list in capitals alone nobody can say which lines are names.
    cues = sum(1 for n in range(len(rows)) if _character(rows, n) and not rows[n + 1].isupper())
    return cues >= (1 if headings else _LEAST_CUES)


def _character(rows: Sequence[str], n: int) -> str | None:
    """The name in a character cue: a line in capitals after an empty one and before a full one."""
    row = rows[n].strip()
    if not row or (n and rows[n - 1].strip()) or not (n + 1 < len(rows) and rows[n + 1].strip()):
        return None
    if row.startswith("@"):
        return clean(_AFTER_NAME.sub("", row[1:].rstrip("^ ")))
    name = _AFTER_NAME.sub("", row.rstrip("^ ")).strip()
    others = (_HEADING, _TRANSITION, _PAGE, _NO_WORDS)
    if len(name) > 40 or any(other.match(row) for other in others):
        return None
    shouted = name.upper() == name and name.lower() != name and not name.endswith((".", "!", "?"))
    return clean(name) if shouted and ":" not in name else None


def _screenplay(rows: Sequence[str]) -> Script:
    lines: list[TextLine] = []
    directions, n = 0, _after_title_page(rows)
    while n < len(rows):
        name = _character(rows, n)
        if name is None:
            row = rows[n].strip()
            if row.startswith("~"):
                lines += _speech([(n + 1, row[1:])], None)
            elif row:
                directions += 1
            n += 1
            continue
        block = []
        n += 1
        while n < len(rows) and rows[n].strip():
            if not _PAGE.match(rows[n].strip()):
                block.append((n + 1, rows[n].strip().removeprefix("~")))
            n += 1
        lines += _speech(block, name)
    return Script(tuple(lines), directions)


def _after_title_page(rows: Sequence[str]) -> int:
    first = next((n for n, row in enumerate(rows) if row.strip()), 0)
    if not (rows and _TITLE_PAGE.match(rows[first].strip().lower())):
        return 0
    return next((n for n in range(first, len(rows)) if not rows[n].strip()), len(rows))


def _speech(block: Sequence[tuple[int, str]], speaker: str | None) -> Iterator[TextLine]:
    """One speech of one or more lines, without the directions in it."""
    said = spoken(" ".join(row for _, row in block))
    if said:
        first = next((number for number, row in block if spoken(row)), block[0][0])
        yield TextLine(first, said, speaker=speaker)


def _dialogue_list(rows: Sequence[str]) -> Script:
    joined = _across_brackets(rows)
    stamped = sum(1 for _, row in joined if _STAMP.match(row)) >= _SHARE_NAMED * len(joined)
    if stamped:
        joined = [(number, _STAMP.sub("", row)) for number, row in joined]
    named = [(number, *_named(_plain(row))) for number, row in joined]
    counts = Counter(name for _, name, _, _ in named if name)
    often = sum(counts.values()) >= _SHARE_NAMED * max(1, len(named))
    lines: list[TextLine] = []
    directions = 0
    for number, name, words, row in named:
        is_name = name is not None and (often or counts[name] > 1 or _shouted(name))
        if (_HEADING.match(row) and row.isupper()) or _PAGE.match(row) or _NO_WORDS.match(row):
            directions += 1
            continue
        said = spoken(words if is_name else row)
        if said:
            lines.append(TextLine(number, said, speaker=name if is_name else None))
        else:
            directions += 1
    return Script(tuple(lines), directions)


def _across_brackets(rows: Sequence[str]) -> list[tuple[int, str]]:
    """The lines that are not empty, by number; a direction over several lines is one of them."""
    joined: list[tuple[int, str]] = []
    opened = 0
    for number, row in enumerate(rows, 1):
        row = row.strip()
        if not row:
            opened = 0
            continue
        if opened and number - opened < _LONGEST_DIRECTION:
            joined[-1] = (joined[-1][0], f"{joined[-1][1]} {row}")
        else:
            joined.append((number, row))
        rest = _DIRECTIONS.sub("", joined[-1][1])
        opened = joined[-1][0] if rest.lstrip().startswith(("(", "[")) else 0
    return joined


def _plain(row: str) -> str:
    """A line of a list without marks of emphasis; a name in a column of its own has a colon."""
    row = _EMPHASIS.sub("", row)
    name, tab, words = row.partition("\t")
    return f"{name.rstrip(': ')}: {words.lstrip()}" if tab and "\t" not in words else row


def _named(row: str) -> tuple[str | None, str, str]:
    """A name in front of a line, the rest, and the whole line."""
    match = _NAME.match(row)
    if match is None or not match["words"]:
        return None, row, row
    name = clean(_AFTER_NAME.sub("", match["name"]))
    words = name.split()
    lower = name[:1].islower()
    if lower or not words or len(words) > _MOST_NAME_WORDS or not any(map(str.isalpha, name)):
        return None, row, row
    return name, match["words"], row


def shouted(row: str) -> tuple[str | None, str]:
    """A name in capitals in front of a line of subtitles, and the rest with the dash before it."""
    dash = row[: len(row) - len(row.lstrip("-–—‐ "))]
    name, words, _ = _named(row[len(dash) :])
    return (name, dash + words) if name and _shouted(name) else (None, row)


def _shouted(name: str) -> bool:
    return name.upper() == name and name.lower() != name


def spoken(text: str) -> str:
    """The words of a speech: without directions in brackets, marks of emphasis and notes of
    songs."""
    for _ in range(_DEEPEST):
        text = _DIRECTIONS.sub(" ", text)
    said = clean(re.sub("[♩♪♫♬🎵🎶]", " ", _EMPHASIS.sub("", text)))
    return said if any(map(str.isalnum, said)) else ""
