"""Record the screen of a real run as text: `python bench/screen.py > docs/screen.txt`.

The films of the demo (`make demo` makes them) and a file that is no film are subtitled on a screen
of 90 columns; the models must be in the store. What stands on it is written down every so many
seconds, and at the end. It needs the environment of `make setup`, which brings the logger plugin.
"""

import argparse
import fcntl
import os
import pty
import re
import shutil
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

from speed import ROOT, house

COLUMNS, ROWS = 90, 24
# What the screen of a run writes: the codes of ECMA-48 for up, erase, home and colours, or text.
_PIECE = re.compile(r"\x1b\[(\d*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


class Paper:
    """The lines of a terminal of endless height."""

    def __init__(self) -> None:
        self._lines, self._row = [""], 0

    def write(self, text: str) -> None:
        """Do what a piece of output says."""
        for count, code, end, plain in _PIECE.findall(text):
            if code == "A":
                self._row = max(0, self._row - int(count or 1))
            elif code == "J":
                self._lines[self._row :] = [""]
            elif end == "\n":
                self._row += 1
                if self._row == len(self._lines):
                    self._lines.append("")
            elif plain:
                self._lines[self._row] += plain

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in self._lines).rstrip()


def started(folder: Path) -> int:
    """A run of the films in a folder on a terminal of its own; the terminal's other end."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ["TERM"] = "xterm"
        os.execv(sys.executable, [sys.executable, "-m", "snakemake"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    return terminal


def main() -> None:
    """Run, look, write down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--every", type=float, default=15, help="seconds")
    args = parser.parse_args()
    paper, begun, shown = Paper(), time.monotonic(), ""
    with tempfile.TemporaryDirectory(prefix="sutradhar-screen-") as scratch:
        folder = house(Path(scratch) / "films")
        for name in ("tale", "hindi"):
            shutil.copy2(ROOT / "demo" / f"{name}.mkv", folder / "in")
        (folder / "in" / "notes.mkv").write_text("no film\n")
        terminal = started(folder)
        shown_s = begun
        while True:
            try:
                data = os.read(terminal, 65_536)
            except OSError:  # the other end is closed
                break
            paper.write(data.decode("utf-8", errors="replace"))
            now = time.monotonic()
            if now - shown_s >= args.every and str(paper) != shown:
                shown_s, shown = now, str(paper)
                print(f"--- after {now - begun:.0f} s\n{shown}\n", flush=True)
    print(f"--- the end, after {time.monotonic() - begun:.0f} s\n{paper}")


if __name__ == "__main__":
    main()
