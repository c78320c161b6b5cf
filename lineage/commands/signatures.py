"""Check the signature of a job's head: whose it is, when it was made, and what it is of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lineage import attestation, ledger, sshsig, time_stamps
from lineage.attestation import Signed
from lineage.record import Job

_PAGE = "11_audit"


@dataclass
class Signature:
    """What was seen: one line for people, and the faults, each with its path."""

    text: str | None = None
    faults: list[tuple[Path, str]] = field(default_factory=list)


def of(job: Job, signed_by: Path | None, stamped_by: Path | None) -> Signature:
    """Check a job's signature. With `signed_by` it must be of the present head and by a key in that
    file, with `stamped_by` have a time stamp by that authority. Raises Problem for these files."""
    folder = job.folder / attestation.FOLDER
    signers = sshsig.allowed_signers(signed_by) if signed_by else None
    if (folder / attestation.BUNDLE).exists() and not (folder / attestation.ENVELOPE).exists():
        text = "signed with Sigstore, which this command does not check; see docs/record.md"
        asked = signers is not None or stamped_by is not None
        return Signature(text, [(folder, "there is no signature by an SSH key")] if asked else [])
    try:
        signed = attestation.read(job.folder)
        book = ledger.read(job.folder / ledger.NAME)
    except sshsig.BadSignature as error:
        return Signature(None, [(folder, str(error))])
    except (OSError, ledger.BrokenLedger) as error:
        return Signature(None, [(folder, f"the head is not signed: {error}")])
    seen = Signature()
    at = _stamped(folder, signed, stamped_by, seen)
    who = "a key that nobody was asked to vouch for"
    if signers is not None:
        who = _known(folder, signed.key, signers, at or datetime.now(UTC), seen)
    _of_this_record(job, signed, book, signers is not None, seen)
    name = sshsig.fingerprint(signed.key)
    since = len(book.sums) - book.sums.index(signed.head) - 1 if signed.head in book.sums else 0
    behind = f", {since} lines of the ledger ago" if since else ""
    stamp = f", time stamp {at:%Y-%m-%d %H:%M:%SZ}" if at else ""
    if signed.time_stamp and not stamped_by:
        stamp = f", time stamp {_claimed(signed.time_stamp)}, not checked (--stamped-by)"
    seen.text = f"signed by {who} ({name}){behind}{stamp}"
    return seen


def _stamped(
    folder: Path, signed: Signed, stamped_by: Path | None, seen: Signature
) -> datetime | None:
    """The time of a genuine time stamp."""
    path = folder / attestation.TIME_STAMP
    if stamped_by is None:
        return None
    if signed.time_stamp is None:
        seen.faults.append((path, "the signature has no time stamp"))
        return None
    try:
        message = (folder / attestation.SIGNATURE).read_bytes()
        return time_stamps.check(signed.time_stamp, message, stamped_by)
    except time_stamps.BadTimeStamp as error:
        seen.faults.append((path, str(error)))
        return None


def _claimed(content: bytes) -> str:
    try:
        return f"{time_stamps.when(content):%Y-%m-%d %H:%M:%SZ}"
    except time_stamps.BadTimeStamp as error:
        return str(error)


def _known(
    folder: Path, key: bytes, signers: Sequence[sshsig.Signer], at: datetime, seen: Signature
) -> str:
    """Who signed, by the allowed signers; the one that counts at that time comes first."""
    mine = [signer for signer in signers if signer.key == key]
    reasons = {signer.principals: signer.may_sign(at) for signer in mine}
    if not mine:
        text = f"signed by {sshsig.fingerprint(key)}, which is none of the allowed signers"
        seen.faults.append((folder, text))
        return "an unknown key"
    counted = [name for name, reason in reasons.items() if reason is None]
    if not counted:
        name, reason = next(iter(reasons.items()))
        seen.faults.append((folder, f"signed by {name}, but {reason}"))
        return name
    return counted[0]


def _of_this_record(
    job: Job, signed: Signed, book: ledger.Ledger, must_be_present: bool, seen: Signature
) -> None:
    """Compare a statement with the record. An earlier head that was signed is no fault unless the
    present one must be: a film may be made again after it was signed."""
    folder = job.folder / attestation.FOLDER
    if signed.head not in book.sums or signed.lines != book.sums.index(signed.head) + 1:
        text = f"the ledger never had the signed head {signed.head:.64}: this is another record"
        seen.faults.append((folder, text))
        return
    added = book.entries[signed.lines :]
    if any(entry.folder != _PAGE for entry in added):
        if must_be_present:
            text = f"{len(added)} lines of the ledger were added since it was signed; sign again"
            seen.faults.append((folder, text))
        return
    on_record = attestation.delivered(job)
    for path in sorted(on_record.keys() | signed.subjects.keys()):
        if on_record.get(path) != signed.subjects.get(path):
            text = "the signed statement has another checksum of it than the record"
            seen.faults.append((job.folder / path, text))
