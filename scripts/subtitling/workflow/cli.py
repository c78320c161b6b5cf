"""`sutradhar`: commands beside the workflow."""

import argparse
import signal
import sys
from collections.abc import Sequence

from lineage import terminal
from lineage.problem import Problem
from subtitling.subtitles import quality
from subtitling.workflow import (
    configuration_page,
    desk_command,
    doctor,
    edits_command,
    models_command,
    project,
    run_stage,
)

COMMANDS = {
    "init": project,
    "edits": edits_command,
    "desk": desk_command,
    "quality": quality,
    "models": models_command,
    "doctor": doctor,
    "configuration": configuration_page,
    "run-stage": run_stage,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status 0: done, or no fault; 1: a rule is broken; 2: not possible;
    130: interrupted."""
    parser = argparse.ArgumentParser("sutradhar", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        text = str(module.main.__doc__)
        command = commands.add_parser(
            name, help=text.partition(". ")[0].rstrip("."), description=text
        )
        module.arguments(command)
        command.set_defaults(main=module.main)
    given = parser.parse_args(argv)
    try:
        return int(given.main(given))
    except (Problem, OSError) as error:
        print(terminal.message(f"sutradhar: {error}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nsutradhar: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
