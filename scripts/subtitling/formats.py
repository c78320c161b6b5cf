"""Subtitle files through pysubs2, with every text escaped for its format.

Text comes from models and from strangers. It may hold what a format takes for markup; the screen
must show it as text. Where a format has no escape, a word joiner (U+2060, no width) after the sign
keeps players from reading a tag.
"""

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from lineage import Problem
from subtitling.languages import right_to_left, script
from subtitling.model import Cue, Stream, save_text
from subtitling.text import clean

KINDS = ("srt", "vtt", "ass")
_JOINER = "\u2060"
_OVERRIDE = re.compile(rf"\{{\\(?!{_JOINER})[^}}]*\}}")
_EMBED, _POP = "\u202b", "\u202c"  # right-to-left embedding and its end
# The bottom of the picture, centred, at most nine tenths of its width. A player that does not know
# a setting leaves it out and shows the cue at the bottom all the same.
_CUE_SETTINGS = "line:92%,end position:50% size:90% align:center"
_FONTS = {
    "Arabic": "Noto Naskh Arabic",
    "Bengali": "Noto Sans Bengali",
    "Cjk": "Noto Sans CJK SC",
    "Devanagari": "Noto Sans Devanagari",
    "Ethiopic": "Noto Sans Ethiopic",
    "Gujarati": "Noto Sans Gujarati",
    "Gurmukhi": "Noto Sans Gurmukhi",
    "Hangul": "Noto Sans CJK KR",
    "Hebrew": "Noto Sans Hebrew",
    "Hiragana": "Noto Sans CJK JP",
    "Kannada": "Noto Sans Kannada",
    "Katakana": "Noto Sans CJK JP",
    "Khmer": "Noto Sans Khmer",
    "Lao": "Noto Sans Lao",
    "Malayalam": "Noto Sans Malayalam",
    "Myanmar": "Noto Sans Myanmar",
    "Oriya": "Noto Sans Oriya",
    "Sinhala": "Noto Sans Sinhala",
    "Tamil": "Noto Sans Tamil",
    "Telugu": "Noto Sans Telugu",
    "Thai": "Noto Sans Thai",
}  # fmt: skip


# Each line on its own, since some players end a tag with its line.
_ITALICS = {"srt": ("<i>", "</i>"), "vtt": ("<i>", "</i>"), "ass": (r"{\i1}", r"{\i0}")}

# Renderers take a size for the height of a line, of which this font's letters fill less.
_LARGER = {"Noto Naskh Arabic": 1.4}


@dataclass(frozen=True)
class Screen:
    """The picture that ASS lays its letters on, in pixels."""

    width: int
    height: int


SOUND_ONLY = Screen(1280, 720)


def screen(streams: Sequence[Stream]) -> Screen:
    """The film's first picture as it is shown."""
    for stream in streams:
        width, height = stream.shown_width or stream.width, stream.shown_height or stream.height
        if stream.kind == "video" and width and height:
            return Screen(width, height)
    return SOUND_ONLY


def _no_number(line: str) -> str:
    """A line of digits is taken for the next cue's number by some readers."""
    return f"{line}{_JOINER}" if line.isdigit() else line


def escape_srt(text: str) -> str:
    """SubRip: no `-->`, no `<tag>`, no `{\\override}` and no `\\N` that players would obey."""
    text = _no_number(text.replace("-->", f"--{_JOINER}>"))
    return re.sub(r"([<{\\])", rf"\1{_JOINER}", text)


def escape_vtt(text: str) -> str:
    """WebVTT has character references for its signs."""
    text = _no_number(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\\", f"\\{_JOINER}")


def escape_ass(text: str) -> str:
    """Advanced SubStation has no escape for braces that all its readers know: they arrive as
    parentheses. No backslash starts an escape."""
    return text.translate({ord("{"): "(", ord("}"): ")"}).replace("\\", f"\\{_JOINER}")


ESCAPES: dict[str, Callable[[str], str]] = {
    "srt": escape_srt,
    "vtt": escape_vtt,
    "ass": escape_ass,
}


def write(
    made: Sequence[Cue],
    path: Path | str,
    screen: Screen,
    above: Sequence[Cue] = (),
) -> None:
    """Write a track in the format of the file's ending: srt, vtt or ass.

    `above` are the cues of another language, which only ASS shows, over those of `made`.
    """
    import pysubs2

    target = Path(path)
    kind = target.suffix.removeprefix(".")
    track = pysubs2.SSAFile()
    track.info |= {
        "PlayResX": str(screen.width),
        "PlayResY": str(screen.height),
        "WrapStyle": "2",
        "ScaledBorderAndShadow": "yes",
    }
    track.styles["Default"] = _style(made, screen)
    rtl = _is_rtl(made)
    for cue in made:
        track.append(_event(cue, kind, "Default", rtl))
    if above and kind == "ass":
        track.styles["Above"] = _style_above(track.styles["Default"], above, screen)
        rtl = _is_rtl(above)
        for cue in above:
            event = _event(cue, kind, "Above", rtl)
            event.layer = 1  # players move events of one layer out of each other's way
            track.append(event)
        track.sort()
    # The texts are escaped already; pysubs2 must not take what looks like its own tags out of them.
    options = {} if kind == "ass" else {"keep_ssa_tags": True}
    text = track.to_string(kind, **options)
    if kind == "vtt":
        text = re.sub(r"^(\S+ --> \S+)$", rf"\1 {_CUE_SETTINGS}", text, flags=re.MULTILINE)
    save_text(text, target)


def _is_rtl(made: Sequence[Cue]) -> bool:
    return right_to_left("".join(line for cue in made for line in cue.lines))


def _event(cue: Cue, kind: str, style: str, rtl: bool) -> Any:
    import pysubs2

    escaped = [ESCAPES[kind](clean(line)) for line in cue.lines]
    if cue.italic:
        begin, end = _ITALICS[kind]
        escaped = [f"{begin}{line}{end}" for line in escaped]
    if rtl:
        # Each line of its own, since an embedding ends with its paragraph. Marks alone would do
        # only for renderers that find a line's direction by themselves, and libass does not in
        # SubRip and WebVTT.
        escaped = [f"{_EMBED}{line}{_POP}" for line in escaped]
    # ASS counts in hundredths; rounded down, a time stays within its frame.
    step = 10 if kind == "ass" else 1
    return pysubs2.SSAEvent(
        start=cue.start_ms // step * step,
        end=cue.end_ms // step * step,
        text="\\N".join(escaped),
        style=style,
    )


def _style(made: Sequence[Cue], screen: Screen) -> Any:
    """Letters that 42 of fit the width and 16 lines the height, in a font of the track's script."""
    import pysubs2

    font = _FONTS.get(script("".join(line for cue in made for line in cue.lines)), "Noto Sans")
    size = min(screen.height / 16, screen.width / 18)
    return pysubs2.SSAStyle(
        fontname=font,
        fontsize=round(size * _LARGER.get(font, 1.0), 2),
        outline=round(size / 20, 2),
        shadow=0,
        marginl=round(screen.width / 20),
        marginr=round(screen.width / 20),
        marginv=round(screen.height / 18),
        encoding=-1 if _is_rtl(made) else 1,  # -1: the renderer finds each line's direction
    )


def _style_above(below: Any, above: Sequence[Cue], screen: Screen) -> Any:
    """Smaller and yellow, over two lines of the other track."""
    import pysubs2

    style = _style(above, screen)
    style.fontsize = round(style.fontsize * 0.75, 2)
    style.primarycolor = pysubs2.Color(255, 236, 160)
    style.marginv = below.marginv + round(2.2 * below.fontsize)
    return style


def read(path: Path | str) -> list[Cue]:
    """The cues of a subtitle file as text, without markup, in order of time; no word ids.

    Problem for what is no such file. Cues without text are left out.
    """
    import pysubs2

    source = Path(path)
    kind = source.suffix.removeprefix(".").lower()
    if kind not in KINDS:
        raise Problem(
            f"{path}: not a subtitle file that we read; its name must end in .{', .'.join(KINDS)}"
        )
    try:
        content = source.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from error
    try:
        with warnings.catch_warnings():
            # It warns of a field that it puts a default in the place of.
            warnings.simplefilter("error", RuntimeWarning)
            track = pysubs2.SSAFile.from_string(content, format_=kind)
    except (pysubs2.Pysubs2Error, RuntimeWarning, ValueError) as error:
        raise Problem(f"{path}: not a .{kind} file: {error}") from error
    track.sort()
    shown = [e for e in track if not e.is_comment and not e.is_drawing and e.style != "Above"]
    if content.strip() and not shown and content.strip() != "WEBVTT" and kind != "ass":
        raise Problem(f"{path}: no cue in it can be read as .{kind}")
    texts = [_lines(event, kind) for event in shown]
    kept = [(event, lines) for event, lines in zip(shown, texts, strict=True) if lines]
    return [
        Cue(f"c{number:05d}", max(0, event.start), max(0, event.start + 1, event.end), lines, ())
        for number, (event, lines) in enumerate(kept, 1)
    ]


def _lines(event: Any, kind: str) -> tuple[str, ...]:
    # Braces are markup in ASS; elsewhere they are text, but for the overrides that players obey.
    text = event.plaintext
    if kind != "ass":
        text = _OVERRIDE.sub("", event.text).replace(r"\N", "\n").replace(r"\h", " ")
    if kind == "vtt":
        text = unescape(text.replace("&rlm;", "").replace("&lrm;", ""))
    return tuple(line for line in map(clean, text.split("\n")) if line)
