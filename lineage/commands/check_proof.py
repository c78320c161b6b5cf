"""Check the proof of one cue that `lineage prove` wrote; nothing else of the job is needed.

Exit status 0: the cue belongs to the head, which is signed by a key in --signed-by; 3: it belongs
to the head, but who signed that was not checked; 1: the proof is wrong.
"""

import argparse
import base64
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lineage import attestation, cue_tree, ledger, merkle, sshsig, terminal, untrusted
from lineage.commands.prove import SCHEMA
from lineage.problem import Problem
from lineage.record import clock

_MOST_BYTES = 64 << 20


class BadProof(ValueError):
    """A proof that does not hold; the text says where."""


@dataclass(frozen=True)
class Proven:
    """What a proof shows: the cue, its track, the head it belongs to, and who signed that head."""

    language: str
    number: int
    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    head: str
    key: str | None
    signer: str | None


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("proof", type=Path, help="the file of lineage prove")
    parser.add_argument(
        "--signed-by", type=Path, metavar="ALLOWED_SIGNERS", help="who may have signed the head"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    signers = sshsig.allowed_signers(args.signed_by) if args.signed_by else []
    try:
        proven = check(untrusted.content(args.proof, _MOST_BYTES), signers)
        if args.signed_by and not proven.signer:
            raise BadProof("no allowed signer signed the head")
    except OSError as error:
        raise Problem(f"{args.proof}: {error}") from error
    except (BadProof, untrusted.Refused) as error:
        print(terminal.line(f"{args.proof}: WRONG: {error}"))
        return 1
    print(json.dumps(asdict(proven), ensure_ascii=False) if args.json else as_text(proven))
    return 0 if proven.signer else 3


def check(content: bytes, signers: list[sshsig.Signer]) -> Proven:
    """What a proof's bytes show. Raises BadProof, or Refused."""
    proof = untrusted.json_value(content)
    try:
        if proof["schema"] != SCHEMA or proof.keys() - _KEYS:
            raise BadProof(f"no {SCHEMA}")
        leaf, cue = proof["leaf"], proof["leaf"]["cue"]
        lines = [line.encode() for line in proof["ledger"]]
        siblings = [bytes.fromhex(node) for node in proof["path"]]
        book = ledger.chained(lines, "the proof's ledger")
        _under(book, proof["track"], leaf, siblings)
        key, signer = _signed(proof, book, signers)
        shown = (str(leaf["language"]), int(leaf["number"]), int(cue["start_ms"]),
                 int(cue["end_ms"]), tuple(map(str, cue["lines"])))  # fmt: skip
    except (BadProof, untrusted.Refused):
        raise
    except (*untrusted.FAILURES, ledger.BrokenLedger, sshsig.BadSignature) as error:
        raise BadProof(str(error)) from error
    return Proven(*shown, book.head, key, signer)


_KEYS = {"schema", "track", "leaf", "path", "ledger", "envelope", "key"}


def _under(book: ledger.Ledger, track: str, leaf: dict[str, Any], siblings: list[bytes]) -> None:
    """Check that a leaf is under the root on the first of a proof's ledger lines."""
    first = book.entries[0]
    if first.folder != track or first.cues is None or first.cues.language != leaf["language"]:
        raise BadProof("its first line of the ledger is not that of the cue's track")
    if any(later.folder == track for later in book.entries[1:]):
        raise BadProof("the track was made again later")
    if any(len(node) != 32 for node in siblings):
        raise BadProof("its path holds what is no checksum")
    hashed = merkle.leaf_hash(cue_tree.encoded(leaf))
    root = merkle.root_of_path(hashed, leaf["number"] - 1, first.cues.count, siblings)
    if root is None or root.hex() != first.cues.root:
        raise BadProof("the cue is not under the root on the ledger")


def _signed(
    proof: dict[str, Any], book: ledger.Ledger, signers: list[sshsig.Signer]
) -> tuple[str | None, str | None]:
    """The fingerprint of the key that signed a head of the proof's ledger, and whose it is."""
    if "envelope" not in proof:
        return None, None
    key = base64.b64decode(proof["key"], validate=True)
    signed = attestation.parsed(attestation.opened(proof["envelope"], key), key)
    if signed.head not in book.sums:
        raise BadProof("the signed head is none of its ledger")
    now = datetime.now(UTC)
    known = [s.principals for s in signers if s.key == key and s.may_sign(now) is None]
    return sshsig.fingerprint(key), known[0] if known else None


def as_text(proven: Proven) -> str:
    """What was proven, as text."""
    times = f"{clock(proven.start_ms)} to {clock(proven.end_ms)}"
    rows = [f"{proven.language} cue {proven.number}, {times}", *(f"    {x}" for x in proven.lines)]
    rows.append(f"belongs to the record with the head {proven.head}")
    if proven.signer:
        rows.append(f"signed by {proven.signer} ({proven.key})")
    elif proven.key:
        rows.append(f"signed by {proven.key}; whose key that is was NOT CHECKED (--signed-by)")
    else:
        rows.append("NOT SIGNED")
    return terminal.lines(rows).rstrip("\n")
