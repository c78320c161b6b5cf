"""Search all films of a folder: cues by their words, films by what made them.

Words are found in every spelling: with and without accents and nuktas, Devanagari also as people
type it in Latin letters. Each cue is printed with the address of the film's page at that second.
The answer comes from the catalogue of `lineage index`; exit status 3 says that films changed since.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lineage import catalogue, terminal
from lineage.problem import Problem
from lineage.record import clock

_PAGE = "11_audit/film.html"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("text", nargs="?", help="words of a cue")
    which.add_argument("--model", metavar="SHA256", help="the sum of a model's file, or its name")
    which.add_argument("--code", metavar="COMMIT", help="stages that ran under this commit")
    which.add_argument("--package", metavar="NAME==VERSION", help="or under this version")
    which.add_argument("--degraded", action="store_true", help="stages that did less than asked")
    which.add_argument("--unreviewed", action="store_true", help="tracks that nobody approved")
    parser.add_argument("--lang", help="tracks in this language only, as hi or hi-Latn")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="cues; default: 20")
    parser.add_argument("--in", dest="folder", type=Path, default=Path("out"), metavar="FOLDER",
                        help="the folder of all jobs; default: out")  # fmt: skip


def main(args: argparse.Namespace) -> int:
    """Run the command. Exit status 1 where nothing fits."""
    if args.lang and not (args.text or args.unreviewed):
        raise Problem("--lang goes with words or --unreviewed")
    if args.limit < 1:
        raise Problem(f"--limit {args.limit}: give the number of cues to show, from 1")
    rows = answers(args)
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        print(terminal.lines(line for row in rows for line in _lines(row)), end="")
    changed = catalogue.changed_since(args.folder)
    if changed:
        text = f"{changed} films changed since: run lineage index {args.folder}"
        print(terminal.line(text), file=sys.stderr)
    return 3 if changed else 0 if rows else 1


def answers(args: argparse.Namespace) -> Sequence[dict[str, Any]]:
    """What fits, a row each."""
    if args.text is not None:
        hits = catalogue.search(args.folder, args.text, args.lang, args.limit)
        return [asdict(hit) | {"page": page(args.folder, hit)} for hit in hits]
    with catalogue.opened(args.folder) as base:
        if args.unreviewed:
            return [asdict(row) for row in catalogue.unreviewed(base, args.lang)]
        given = {"model": args.model, "code": args.code, "package": args.package}
        kinds = [kind for kind, value in given.items() if value is not None] or ["degraded"]
        rows = catalogue.used(base, kinds[0], given.get(kinds[0], ""))
        return [asdict(row) for row in rows]


def page(folder: Path, hit: catalogue.Hit) -> str | None:
    """The address of a cue on its film's page; None where there is no page."""
    path = folder / hit.job / _PAGE
    if not path.is_file():
        return None
    return f"{path.absolute().as_uri()}#cue={hit.language}/{hit.number}"


def _lines(row: dict[str, Any]) -> list[str]:
    if "text" in row:
        place = f"{row['job']}  {row['language']} {row['number']}  {clock(row['start_ms'])}"
        stale = "" if row["is_current"] else "  (changed since)"
        shown = [f"{place}{stale}  {' / '.join(row['text'].splitlines())}"]
        return [*shown, f"    {row['page']}"] if row["page"] else shown
    if "what" in row:
        return [f"{row['job']}  {row['stage']}  {row['what']}"]
    hands = f"{row['corrected']} corrected, {row['approved_cues']} approved"
    return [f"{row['job']}  {row['language']}  {row['cues']} cues, {hands}"]
