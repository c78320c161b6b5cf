"""The commands of `lineage`, a module each.

To add one: 1. a module with `arguments(parser)` and `main(args)`, whose docstring is its help;
2. a row in `lineage.cli.COMMANDS`.
"""
