"""ASS's overrides, as `{\\i1}` and `{\\an8}`, which players also apply in SubRip."""

import re

from subtitling.subtitles.formats.track_file import BOTTOM, JOINER, PLAIN

_OVERRIDE = re.compile(r"\\(?:(?P<style>[ibu])(?P<on>\d*)(?=[\\}\s)])|(?P<reset>r)(?=[\\}]))")
_AT = re.compile(r"\\(?:an(?P<an>[1-9])|a(?P<a>\d+))(?!\d)")
_POS = re.compile(r"\\(?:pos|move)\(\s*[-\d.]+\s*,\s*(?P<y>-?\d+(?:\.\d+)?)")
_LEGACY = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}


def overridden(style: frozenset[str], block: str) -> frozenset[str]:
    for match in _OVERRIDE.finditer(block):
        if match["reset"]:
            style = PLAIN
        elif match["on"] in ("", "0"):
            style -= {match["style"]}
        else:
            style |= {match["style"]}
    return style


def place_of(text: str, otherwise: int = BOTTOM, height: float = 0) -> int:
    """The place that overrides give a cue; the first of them counts."""
    blocks = "".join(re.findall(rf"\{{\\(?!{JOINER})[^}}]*\}}", text))
    match = _AT.search(blocks)
    if match:
        otherwise = int(match["an"]) if match["an"] else _LEGACY.get(int(match["a"]), otherwise)
    if height and (at := _POS.search(blocks)):
        third = min(2, max(0, int(float(at["y"]) * 3 // height)))
        return (2 - third) * 3 + (otherwise - 1) % 3 + 1
    return otherwise
