"""Escape untrusted text for a terminal or a log, so that each line stays one line.

Titles and file names are untrusted. Characters that would move the cursor, ring, rename the window,
turn the writing direction or end the line are shown by their number (ECMA-48, Unicode's categories
Cc, Cs, Cf for directions, Zl, Zp); texts that are too long lose their middle.
"""

import re
from collections.abc import Iterable

LONGEST, _HEAD = 16_000, 12_000  # characters of one message, and those of its beginning
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_CONTROL_BUT_NEWLINE = re.compile(_CONTROL.pattern.replace("\x0a-", "\x0b-"))


def line(text: str) -> str:
    """`text` as one line."""
    return _CONTROL.sub(_number, cut(text))


def message(text: str) -> str:
    """`text` with all lines but the first indented, so that none can be taken for a message."""
    return _CONTROL_BUT_NEWLINE.sub(_number, cut(text)).replace("\n", "\n    ")


def lines(texts: Iterable[str]) -> str:
    """Each of `texts` as a line."""
    return "".join(f"{line(text)}\n" for text in texts)


def size(count: int) -> str:
    """Bytes in words: 2.4 GB, 20.0 MB, 12 kB."""
    if count < 1_000_000:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e9:.1f} GB" if count >= 1_000_000_000 else f"{count / 1e6:.1f} MB"


def cut(text: str) -> str:
    """`text` without its middle where it is too long, and the length of the part left out. The end
    is kept, because a traceback ends with what matters."""
    over = len(text) - LONGEST
    if over <= 0:
        return text
    return f"{text[:_HEAD]}… [{over} characters left out] …{text[_HEAD - LONGEST :]}"


def _number(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
