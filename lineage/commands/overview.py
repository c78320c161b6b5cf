"""Write the page of all films, a row each, the worst first.

The page, `overview.html`, can be written at any time, also during a run; each run writes it at its
end.
"""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("folder", type=Path, nargs="?", default=Path("out"), help="of all jobs")


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    from subtitling.page import overview

    layout = Path(__file__).resolve().parents[2] / "report"
    if args.json:
        table = overview.films(args.folder, datetime.now(UTC))
        answer = [
            {"job": r.job, "state": r.state, "text": r.text, "summary": r.summary} for r in table
        ]
        print(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        print(overview.write(args.folder, layout))
    return 0
