"""Subtitle files, written through pysubs2 with every text escaped for its format.

Text comes from models and from strangers. It may hold what a format takes for markup; the screen
must show it as text. Where a format has no escape, a word joiner (U+2060, no width) after the sign
keeps players from reading a tag.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from subtitling.documents import Cue, Stream, save_text
from subtitling.subtitles import readers
from subtitling.text.cleaning import clean
from subtitling.text.languages import right_to_left, script

_JOINER = readers.JOINER
KINDS = readers.KINDS
_EMBED, _POP = "\u202b", "\u202c"  # right-to-left embedding and its end
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
        places = iter(made)
        text = re.sub(
            r"^(\S+ --> \S+)$",
            lambda times: f"{times[1]} {_settings(next(places).place)}",
            text,
            flags=re.MULTILINE,
        )
    save_text(text, target)


def _is_rtl(made: Sequence[Cue]) -> bool:
    return right_to_left("".join(line for cue in made for line in cue.lines))


def _event(cue: Cue, kind: str, style: str, rtl: bool) -> Any:
    import pysubs2

    escaped = [ESCAPES[kind](clean(line)) for line in cue.lines]
    if cue.marked:
        escaped = [_marked(line, kind) for line in cue.marked]
    elif cue.italic:
        begin, end = _ITALICS[kind]
        escaped = [f"{begin}{line}{end}" for line in escaped]
    if rtl:
        # Each line of its own, since an embedding ends with its paragraph. Marks alone would do
        # only for renderers that find a line's direction by themselves, and libass does not in
        # SubRip and WebVTT.
        escaped = [f"{_EMBED}{line}{_POP}" for line in escaped]
    if cue.place != readers.BOTTOM and kind != "vtt":
        escaped[0] = f"{{\\an{cue.place}}}{escaped[0]}"
    # ASS counts in hundredths; rounded down, a time stays within its frame.
    step = 10 if kind == "ass" else 1
    return pysubs2.SSAEvent(
        start=cue.start_ms // step * step,
        end=cue.end_ms // step * step,
        text="\\N".join(escaped),
        style=style,
    )


def _marked(line: str, kind: str) -> str:
    """A line of `Cue.marked` in the tags of a format, the text between them escaped."""
    parts = re.split(r"(</?[biu]>)", line)
    for n in range(0, len(parts), 2):
        parts[n] = ESCAPES[kind](unescape(parts[n]))
    for n in range(1, len(parts), 2):
        letter, on = parts[n][-2], "0" if parts[n][1] == "/" else "1"
        parts[n] = f"{{\\{letter}{on}}}" if kind == "ass" else parts[n]
    return "".join(parts)


def _settings(place: int) -> str:
    """WebVTT's settings for a place on the keypad of numbers, at most nine tenths of the width. A
    player that does not know one leaves it out and shows the cue at the bottom all the same."""
    row, column = divmod(place - 1, 3)
    line = ("92%,end", "50%,center", "8%,start")[row]
    align = ("start", "center", "end")[column]
    position = ("5%,line-left", "50%", "95%,line-right")[column]
    return f"line:{line} position:{position} size:90% align:{align}"


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
    """The cues of a subtitle file, in order of time; no word ids. See `readers`."""
    return cues(readers.read(path))


def cues(track: readers.Track) -> list[Cue]:
    """The cues of a file that was read; not those of another language above, as we write them."""
    shown = [cue for cue in track.cues if cue.lines and readers.style_of(cue) != "Above"]
    return [
        Cue(
            f"c{number:05d}", cue.start_ms, max(cue.start_ms + 1, cue.end_ms), cue.lines, (),
            italic=cue.italic, place=cue.place, marked=cue.marked,
        )
        for number, cue in enumerate(shown, 1)
    ]  # fmt: skip
