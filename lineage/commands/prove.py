"""Write a proof of one cue, which `lineage check-proof` verifies without the film or other cues.

The proof has the cue, its way to the Merkle root on the ledger, the ledger's lines from there to
its head, and the signed statement on that head where there is one.
"""

import argparse
import base64
import json
from pathlib import Path
from typing import Any

from lineage import attestation, cue_tree, ledger, merkle, sshsig, terminal, untrusted
from lineage.commands.trace import SUBTITLES
from lineage.files import replace_text
from lineage.problem import Problem

SCHEMA = "sutradhar/proof/1"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("job", type=Path, help="the job's folder, e.g. out/tale")
    parser.add_argument("--lang", required=True, help="the track's language")
    parser.add_argument("--cue", type=int, required=True, metavar="N", help="its number, from 1")
    parser.add_argument("-o", "--output", type=Path, required=True, help="a new file")


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    if args.output.exists():
        raise Problem(f"{args.output} exists already; give a new name")
    proof = made(args.job, args.lang, args.cue)
    replace_text(args.output, json.dumps(proof, ensure_ascii=False, indent=1) + "\n")
    signed = "signed" if "envelope" in proof else "NOT SIGNED (lineage sign)"
    if args.json:
        print(json.dumps({"proof": str(args.output), "signed": "envelope" in proof}))
    else:
        print(terminal.line(f"{args.output}: cue {args.cue} of {args.lang}, head {signed}"))
    return 0


def made(folder: Path, language: str, number: int) -> dict[str, Any]:
    """The proof of a cue. Raises Problem where the track, or its root on the ledger, is not there,
    or the cues are not those that were sealed."""
    key = f"{SUBTITLES}/{language}"
    path = folder / key / cue_tree.NAME
    try:
        book = ledger.read(folder / ledger.NAME)
        leaves = cue_tree.leaves(untrusted.content(path))
    except (OSError, untrusted.Refused, ledger.BrokenLedger) as error:
        raise Problem(f"{path}: {error}; see lineage verify {folder}") from error
    place = book.last_of(key)
    if place is None or book.entries[place].cues is None:
        raise Problem(
            f"{folder}: the ledger has no root over the cues of {language}: an earlier version "
            "made them; run the subtitle stage again"
        )
    if book.entries[place].cues != leaves.sealed:
        raise Problem(f"{path} is not what was sealed; see lineage verify {folder}")
    if not 1 <= number <= len(leaves.contents):
        raise Problem(f"there is no cue {number}; the track has {len(leaves.contents)}")
    proof = {
        "schema": SCHEMA,
        "track": key,
        "leaf": leaves.contents[number - 1],
        "path": [node.hex() for node in merkle.path(leaves.hashes, number - 1)],
        "ledger": [line.decode() for line in book.lines[place:]],
    }
    return proof | _signed(folder, book)


def _signed(folder: Path, book: ledger.Ledger) -> dict[str, Any]:
    """The envelope and the key, where the present head, or one before the page, is signed."""
    try:
        signed = attestation.read(folder)
        envelope = untrusted.json_value(
            untrusted.content(folder / attestation.FOLDER / attestation.ENVELOPE)
        )
    except FileNotFoundError:
        return {}
    except sshsig.BadSignature as error:
        raise Problem(f"{folder}: {error}; see lineage verify {folder}") from error
    if signed.head not in book.sums:
        raise Problem(f"{folder}: another head was signed; see lineage verify {folder}")
    return {"envelope": envelope, "key": base64.b64encode(signed.key).decode()}
