"""Keep a catalogue of all films, for `lineage find` and `lineage recall`.

It is made from the records, and never is the record: it can be deleted and made again at any time.
Only films that changed are read. A run that was killed is continued by the next one.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from lineage import catalogue, terminal

_EVERY_S = 10.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folder", type=Path, nargs="?", default=Path("out"), help="of all jobs")
    parser.add_argument("--rebuild", action="store_true", help="delete the catalogue first")


def main(args: argparse.Namespace) -> int:
    """Run the command. Exit status 1 where a film's record does not hold."""
    if args.rebuild:
        (args.folder / catalogue.FILE).unlink(missing_ok=True)
    done = catalogue.update(args.folder, _Progress())
    if args.json:
        print(json.dumps(asdict(done), ensure_ascii=False, indent=1))
    else:
        rows = [f"{args.folder / job}: NOT TAKEN IN: {why}" for job, why in done.problems.items()]
        rows.append(
            f"{args.folder / catalogue.FILE}: {done.read} films read, {done.unchanged} unchanged, "
            f"{done.gone} gone"
        )
        print(terminal.lines(rows), end="")
    return 1 if done.problems else 0


class _Progress:
    """Prints how far it is, now and then."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, every: int) -> None:
        if time.monotonic() - self._last > _EVERY_S:
            self._last = time.monotonic()
            print(f"{done} of {every} films", file=sys.stderr, flush=True)
