"""Subtitle files through pysubs2, with every text escaped for its format.

Text comes from models and from strangers. It may hold what a format takes for markup; the screen
must show it as text. Where a format has no escape, a word joiner (U+2060, no width) after the sign
keeps players from reading a tag.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

from subtitling.model import Cue, save_text

_JOINER = "\u2060"


def clean(text: str) -> str:
    """`text` without control, bidirectional and line-breaking characters, spaces folded."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    kept = re.sub("[\u202a-\u202e\u2066-\u2069\ufeff]", "", kept)
    return " ".join(kept.split())


def escape_srt(text: str) -> str:
    """SubRip: no `-->`, no `<tag>`, no `{\\override}` and no `\\N` that players would obey."""
    text = text.replace("-->", f"--{_JOINER}>")
    return re.sub(r"([<{\\])", rf"\1{_JOINER}", text)


def escape_vtt(text: str) -> str:
    """WebVTT has character references for its signs."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\\", f"\\{_JOINER}")


def escape_ass(text: str) -> str:
    """Advanced SubStation: braces are written `\\{`, and no backslash starts an escape."""
    text = text.replace("\\", f"\\{_JOINER}")
    return text.replace("{", "\\{").replace("}", "\\}")


ESCAPES: dict[str, Callable[[str], str]] = {
    "srt": escape_srt,
    "vtt": escape_vtt,
    "ass": escape_ass,
}


def write(made: Sequence[Cue], path: Path | str, screen: tuple[int, int]) -> None:
    """Write a track in the format of the file's ending: srt, vtt or ass.

    `screen` is the film's width and height in pixels, which ASS sizes its letters by.
    """
    import pysubs2

    target = Path(path)
    kind = target.suffix.removeprefix(".")
    escape = ESCAPES[kind]
    track = pysubs2.SSAFile()
    width, height = screen
    track.info |= {"PlayResX": str(width), "PlayResY": str(height), "WrapStyle": "2"}
    track.styles["Default"] = pysubs2.SSAStyle(
        fontname="Noto Sans",
        fontsize=height / 16,
        outline=height / 360,
        shadow=0,
        marginv=height // 18,
    )
    for cue in made:
        text = "\\N".join(escape(clean(line)) for line in cue.lines)
        track.append(pysubs2.SSAEvent(start=cue.start_ms, end=cue.end_ms, text=text))
    # The texts are escaped already; pysubs2 must not take what looks like its own tags out of them.
    options = {} if kind == "ass" else {"keep_ssa_tags": True}
    save_text(track.to_string(kind, **options), target)
