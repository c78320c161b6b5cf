"""Questions to the person at the terminal, and the progress of a long wait."""

import sys

from lineage import terminal
from lineage.problem import Problem
from subtitling.runtime.progress import Progress


def agreed(question: str) -> bool:
    """Whether the person says yes. Raises Problem where nobody is there to answer."""
    print(f"{question} [y/N] ", end="", flush=True)
    answer = sys.stdin.readline()
    if not answer:
        print()
        raise Problem("no answer came; give --yes where nobody is there to answer")
    return answer.strip().casefold() in ("y", "yes")


def progress(what: str) -> Progress:
    """Show the bytes that are done on standard error, in one line, if that is a terminal."""

    def show(done: float, total: float) -> None:
        if sys.stderr.isatty():
            sizes = f"{terminal.size(int(done))} of {terminal.size(int(total))}"
            end = "\n" if done >= total else ""
            print(f"\r{what} {sizes}    ", end=end, file=sys.stderr, flush=True)

    return show
