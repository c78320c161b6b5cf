"""Read a text that is at hand, once and strictly, into `documents.Text`."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from lineage import untrusted
from lineage.problem import Problem
from subtitling.documents import Text, TextLine
from subtitling.known_text import screenplay, ttml
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.track_file import Shown
from subtitling.text import languages, spelling

_LARGEST_BYTES = 16 << 20  # a thousand times a screenplay
_OTHER_FILES = {
    b"%PDF": "a PDF: export its text, as with pdftotext -layout, and name that",
    b"PK\x03\x04": "a zipped file, as of Word: unpack it, or save it as plain text, UTF-8",
    b"\x1f\x8b": "compressed: unpack it",
    b"Rar!": "compressed: unpack it",
    b"7z\xbc\xaf": "compressed: unpack it",
    b"\xd0\xcf\x11\xe0": "an old Word document: save it as plain text, UTF-8",
    b"{\\rtf": "rich text: save it as plain text, UTF-8",
}
_WEB = re.compile(r"</?(p|div|span|br|td|tr|li|a|body)\b[^<>]*>", re.IGNORECASE)
_LEAST_WEB = 3  # such tags, which no script has
_TIMES = re.compile(r"^\s*(\d+:)?\d+:\d+[.,]\d+\s*-->|^Dialogue:\s*\d+,\d", re.MULTILINE)
_DASHES = ("-", "–", "—", "‐")
_LEAST_FOREIGN = 20  # letters in another script than the language's that say something


def script(path: Path) -> tuple[tuple[TextLine, ...], int]:
    """The speeches of a script without times, and the number of lines that nobody says."""
    text = _text(path)
    if len(list(islice(_WEB.finditer(text), _LEAST_WEB))) == _LEAST_WEB:
        raise Problem(f"{path}: a web page: save its text alone, as UTF-8")
    if timed := _TIMES.search(text):
        line = text.count("\n", 0, timed.end()) + 1
        raise Problem(
            f"{path}, line {line}: it has times as subtitles have: name it .srt, .vtt or .ass, as "
            "it is one, with its language, as sholay.hi.srt"
        )
    read = screenplay.read(text, fountain=path.suffix.lower() == ".fountain")
    return read.lines, read.directions


def subtitles(path: Path) -> tuple[tuple[TextLine, ...], int]:
    """The cues of a subtitle file that a person edits: SubRip, WebVTT, ASS."""
    _text(path)  # refuses what is another kind of file
    track = subtitle_files.read(path)
    return lines_of(track.cues), 0


def timed_text(path: Path) -> tuple[tuple[TextLine, ...], int]:
    """The cues of a TTML file."""
    _text(path)
    return lines_of(ttml.cues(_content(path), str(path))), 0


Reader = Callable[[Path], tuple[tuple[TextLine, ...], int]]
READERS: Mapping[str, Reader] = {
    ".txt": script,
    ".fountain": script,
    **dict.fromkeys((".srt", ".vtt", ".ass"), subtitles),
    **dict.fromkeys((".ttml", ".dfxp", ".xml"), timed_text),
}
WITHOUT_TIMES = frozenset({".txt", ".fountain"})


def read(path: Path, language: str) -> Text:
    """A text in a language. Raises Problem, which names the file and what to do, for a file of
    another kind, in another encoding or script, and for one without words."""
    ending = path.suffix.lower()
    if ending not in READERS:
        raise Problem(f"{path}: no text that we read; its name must end in {', '.join(READERS)}")
    lines, directions = READERS[ending](path)
    whole = hashlib.sha256(_content(path)).hexdigest()
    text = Text(str(path), whole, language, ending not in WITHOUT_TIMES, lines, directions)
    return checked(text)


def checked(text: Text) -> Text:
    """The text. Raises Problem where it has no words, or is in another script than its language."""
    words = " ".join(line.text for line in text.lines)
    if not any(map(str.isalnum, words)):
        raise Problem(
            f"{text.source}: no words that somebody says"
            + (f" ({text.directions} lines of directions)" if text.directions else "")
            + "; correct it, or take it away"
        )
    letters = sum(map(str.isalpha, words))
    if (
        text.language != "auto"
        and letters >= _LEAST_FOREIGN
        and spelling.foreign(words, text.language)
    ):
        raise Problem(
            f"{text.source}: written in {languages.script(words)} letters, which "
            f"{languages.english_name(text.language)} is not; name the language that it is in "
            "(docs/films.md, text_language), or give the text in the language's own script"
        )
    return text


def lines_of(cues: Sequence[Shown], *, numbered: bool = False) -> tuple[TextLine, ...]:
    """The lines of cues that say something, by the lines of their file, or `numbered` from 1;
    directions in brackets are left out, and names in capitals, as `JAI: Come.` has one."""
    made = []
    for number, cue in enumerate(cues, 1):
        named = [screenplay.shouted(line) for line in cue.lines]
        speakers = {name for name, _ in named if name}
        rows = tuple(row for _, line in named if (row := screenplay.spoken(line)))
        alone = not any(row.startswith(_DASHES) for row in rows[1:])
        if said := _without_dashes(rows):
            made.append(
                TextLine(
                    number if numbered else cue.line,
                    said,
                    rows,
                    cue.start_ms,
                    cue.end_ms,
                    speakers.pop() if len(speakers) == 1 and alone else None,
                    cue.italic,
                    cue.place,
                )
            )
    return tuple(made)


def _without_dashes(rows: Sequence[str]) -> str:
    """The text of a cue; the dashes in front of two speakers' rows are no words."""
    return " ".join(row.lstrip("-–—‐ ") if len(rows) > 1 else row for row in rows).strip()


def _content(path: Path) -> bytes:
    try:
        return untrusted.content(path, _LARGEST_BYTES)
    except untrusted.Refused as error:
        raise Problem(f"{error}, so no text of a film") from error
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}; correct its name") from error


def _text(path: Path) -> str:
    """The text of a file with one kind of line break. Raises Problem for another kind of file."""
    content = _content(path)
    for start, advice in _OTHER_FILES.items():
        if content.lstrip(b"\xef\xbb\xbf \r\n").startswith(start):
            raise Problem(f"{path}: {advice}")
    head = content[:2000].lower()
    if b"<html" in head or b"<!doctype html" in head:
        raise Problem(f"{path}: a web page: save its text alone, as UTF-8")
    coding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(coding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Problem(f"{path}, line {line}: not UTF-8; save it as UTF-8") from None
    if "\x00" in text:
        raise Problem(f"{path}: not text, or UTF-16 without its mark; save it as UTF-8")
    if garbled := _garbled(text):
        raise Problem(
            f"{path}, line {garbled}: UTF-8 that was read as Windows-1252 and saved so; take the "
            "original, or save it anew as UTF-8"
        )
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")


def _garbled(text: str) -> int | None:
    """The first line that is UTF-8 twice over; None where there is none."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.isascii():
            continue
        try:
            again = line.encode("cp1252").decode("utf-8")
        except UnicodeError:
            continue
        if again != line:
            return number
    return None
