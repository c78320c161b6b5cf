"""`lineage`: commands that check, trace, compare and export the record."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lineage import terminal
from lineage.commands import (
    check,
    check_proof,
    credential,
    diff,
    export,
    find,
    index,
    overview,
    prove,
    recall,
    removed,
    replay,
    sign,
    status,
    trace,
    verify,
)
from lineage.problem import Problem

COMMANDS = {
    "verify": verify,
    "sign": sign,
    "credential": credential,
    "prove": prove,
    "check-proof": check_proof,
    "trace": trace,
    "removed": removed,
    "replay": replay,
    "diff": diff,
    "status": status,
    "overview": overview,
    "export": export,
    "index": index,
    "find": find,
    "recall": recall,
    "check": check,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status 0: no fault; 1: a fault or a difference; 2: no answer is
    possible; 3: no fault, but not everything could be checked."""
    # Rules and scripts find `subtitling` beside this package; so do the commands that need it.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
    parser = argparse.ArgumentParser("lineage", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        text = str(module.__doc__)
        command = commands.add_parser(
            name,
            help=text.partition(".")[0].replace("\n", " "),
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.arguments(command)
        command.add_argument("--json", action="store_true", help="for programs")
        command.set_defaults(main=module.main)
    args = parser.parse_args(argv)
    try:
        return int(args.main(args))
    except Problem as problem:
        print(terminal.message(f"lineage: {problem}"), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
