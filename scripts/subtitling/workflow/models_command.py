"""`sutradhar models`: which models there are, how to bring, add and remove them.

To add a command, write a module with `arguments` and `main` and put it into `ACTIONS`.
"""

import argparse

from subtitling.workflow import models_add, models_get, models_list, models_remove

ACTIONS = {
    "list": models_list,
    "get": models_get,
    "add": models_add,
    "remove": models_remove,
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
    """List, bring, add and remove models."""
    return int(given.action(given))
