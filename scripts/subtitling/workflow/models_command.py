"""`sutradhar models`: which models there are, how to add one, and how to remove one.

To add a command, write a module with `arguments` and `main` and put it into `ACTIONS`.
"""

import argparse

from subtitling.workflow import models_get, models_list

ACTIONS = {
    "list": models_list,
    "get": models_get,
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands of `sutradhar models`, each with its arguments."""
    actions = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in ACTIONS.items():
        text = str(module.main.__doc__)
        action = actions.add_parser(
            name, help=text.partition(". ")[0].rstrip("."), description=text
        )
        module.arguments(action)
        action.set_defaults(action=module.main)


def main(given: argparse.Namespace) -> int:
    """List, add and remove models."""
    return int(given.action(given))
