"""Signing the records of a run's films at its end, where the configuration has a key."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lineage import attestation, ledger, sshsig, terminal
from lineage.commands import sign
from lineage.problem import Problem


def fault(record: Mapping[str, str]) -> str | None:
    """Why the films of a run could not be signed at its end; None where they can be, or none are
    to be. `record` is that section of the configuration."""
    if not record["sign_key"]:
        return "record.time_stamp needs a record.sign_key" if record["time_stamp"] else None
    try:
        sshsig.private_key(Path(record["sign_key"]), os.environ.get("SUTRADHAR_KEY_PASSPHRASE"))
    except Problem as problem:
        return f"record.sign_key: {problem}"
    return None


def signed(out: Path, jobs: Sequence[str], record: Mapping[str, str]) -> Iterator[tuple[bool, str]]:
    """Sign the films `jobs` in `out` whose present head is not signed yet: for each, whether it is
    signed, and a line about it. A film that can't be signed does not keep the others from it."""
    for job in jobs if record["sign_key"] else ():
        folder = out / job
        if _is_signed(folder):
            continue
        try:
            head, key = sign.sign(folder, Path(record["sign_key"]), record["time_stamp"] or None)
            yield True, f"{job}: signed by {key}, head {head[:16]}"
        except Problem as problem:
            yield False, terminal.line(f"{job}: NOT SIGNED: {problem}")


def _is_signed(folder: Path) -> bool:
    try:
        return attestation.read(folder).head == ledger.read(folder / ledger.NAME).head
    except (OSError, sshsig.BadSignature, ledger.BrokenLedger):
        return False
