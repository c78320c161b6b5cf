"""The signed head of a record: an in-toto statement in a DSSE envelope, beside the ledger.

The folder `signature` of a job has the statement, the envelope with the same statement and its
signature, the same key's signature in OpenSSH's form, and a time stamp where one was asked for.
Sources: in-toto Statement v1, SLSA Provenance v1, DSSE v1.0.2.
"""

import base64
import binascii
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lineage import sshsig, untrusted
from lineage.cue_tree import CueRoot
from lineage.ledger import Ledger
from lineage.problem import Problem
from lineage.record import Job

FOLDER = "signature"
STATEMENT, ENVELOPE = "statement.json", "statement.dsse.json"
SIGNATURE, TIME_STAMP, BUNDLE = (
    "statement.json.sig",
    "statement.json.tsr",
    "statement.sigstore.json",
)
FILES = (STATEMENT, ENVELOPE, SIGNATURE, TIME_STAMP, BUNDLE)
TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
_NAME = "urn:sutradhar"
_MEASURED = ("cues", "quality")  # outputs of the subtitle stage that are no subtitles


@dataclass(frozen=True)
class Signed:
    """What the folder `signature` holds: the bytes of the statement and its parts."""

    statement: bytes
    subjects: dict[str, str]
    head: str
    lines: int
    key: bytes
    time_stamp: bytes | None


def statement(job: Job, book: Ledger) -> dict[str, Any]:
    """The statement on a job: every delivered file by its checksum, and the run that made them."""
    stages = [m for key, m in job.stages.items() if key not in job.leftovers]
    last = max(stages, key=lambda manifest: manifest.started_at)
    made = {file.path for manifest in stages for file in manifest.outputs}
    given = {f.path: f for m in stages for f in m.inputs if f.path not in made}
    materials = [
        {"uri": f"{_NAME}:file:{path}", "digest": {"sha256": file.sha256}}
        for path, file in sorted(given.items())
    ]
    weights = {
        (model["name"], name): digest
        for m in stages for model in m.models for name, digest in model["files"].items()
    }  # fmt: skip
    materials += [
        {"uri": f"{_NAME}:model:{model}/{name}", "digest": {"sha256": digest}}
        for (model, name), digest in sorted(weights.items())
    ]
    if commit := last.code["commit"]:
        materials.append({"uri": f"{_NAME}:code", "digest": {"gitCommit": commit}})
    roots = {key: asdict(cues) for key, cues in _roots(job, book)}
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": path, "digest": {"sha256": digest}}
            for path, digest in sorted(delivered(job).items())
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": f"{_NAME}:run:1",
                "externalParameters": {"job": job.recorded},
                "internalParameters": {
                    "stages": {key: m.code["digest"] for key, m in sorted(job.stages.items())
                               if key not in job.leftovers}
                },
                "resolvedDependencies": materials,
            },
            "runDetails": {
                "builder": {
                    "id": f"{_NAME}:host:{last.hardware['host']}",
                    "version": {"python": last.software["python"]},
                },
                "metadata": {
                    "invocationId": last.run_id,
                    "startedOn": min(m.started_at for m in stages),
                    "finishedOn": max(m.ended_at or m.started_at for m in stages),
                },
            },
            "sutradhar_record": {
                "head": book.head,
                "lines": len(book.entries),
                "operator": last.config.get("record", {}).get("operator", ""),
                "cues": roots,
            },
        },
    }  # fmt: skip


def delivered(job: Job) -> dict[str, str]:
    """The checksums of the files that a job delivers, films and subtitles, by their paths in its
    folder."""
    files = {}
    for key, manifest in job.stages.items():
        if key in job.leftovers or not key.startswith(("09_", "10_")):
            continue
        for file in manifest.outputs:
            inside = job.inside(file.path)
            if inside and file.sha256 and file.name not in _MEASURED:
                files[inside] = file.sha256
    return files


def _roots(job: Job, book: Ledger) -> list[tuple[str, CueRoot]]:
    """The roots over the cues of the job's tracks, by their stages' last lines of the ledger."""
    places = {key: book.last_of(key) for key in job.stages if key not in job.leftovers}
    lines = [(key, book.entries[n]) for key, n in places.items() if n is not None]
    return [(key.rpartition("/")[2], line.cues) for key, line in lines if line.cues]


def encoded(document: dict[str, Any]) -> bytes:
    """The bytes of a statement, the same for the same record."""
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()


def pre_authentication(kind: str, payload: bytes) -> bytes:
    """What a DSSE signature is made of."""
    name = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def files(key: Any, content: bytes) -> dict[str, bytes]:
    """The files of a signature by a private key of a statement's bytes, by name."""
    blob = sshsig.public_blob(key.public_key())
    raw = _raw(key, pre_authentication(TYPE, content))
    envelope = {
        "payload": base64.b64encode(content).decode(),
        "payloadType": TYPE,
        "signatures": [{"keyid": sshsig.fingerprint(blob), "sig": base64.b64encode(raw).decode()}],
    }
    return {
        STATEMENT: content,
        ENVELOPE: (json.dumps(envelope, indent=1) + "\n").encode(),
        SIGNATURE: sshsig.sign(key, content).encode(),
    }


def put(job: Job, files: dict[str, bytes]) -> None:
    """Replace the folder `signature` of a job. A run that is killed meanwhile leaves the former
    signature or none."""
    target, partial = job.folder / FOLDER, job.folder.parent / f".{job.folder.name}.signature"
    if partial.exists():
        shutil.rmtree(partial)
    partial.mkdir()
    for name, content in files.items():
        (partial / name).write_bytes(content)
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)


def read(folder: Path) -> Signed:
    """Read and check a job's signature: it is of this statement, in both forms, by one key. Whose
    key that is, it does not say. Raises BadSignature, or OSError where there is none."""
    parts = folder / FOLDER
    try:
        content = untrusted.content(parts / STATEMENT)
        key = sshsig.verify(untrusted.content(parts / SIGNATURE), content)
        envelope = untrusted.json_value(untrusted.content(parts / ENVELOPE))
        if opened(envelope, key) != content:
            raise sshsig.BadSignature("the envelope holds another statement")
        stamp = parts / TIME_STAMP
        stamped = untrusted.content(stamp) if stamp.exists() else None
        return parsed(content, key, stamped)
    except untrusted.Refused as error:
        raise sshsig.BadSignature(str(error)) from error


def parsed(content: bytes, key: bytes, time_stamp: bytes | None = None) -> Signed:
    """The parts of a statement. Raises BadSignature for another kind of document."""
    try:
        data = untrusted.json_value(content)
        record = data["predicate"]["sutradhar_record"]
        subjects = {row["name"]: row["digest"]["sha256"] for row in data["subject"]}
        head, lines = record["head"], record["lines"]
        kinds = (data["_type"], data["predicateType"])
    except untrusted.FAILURES as error:
        raise sshsig.BadSignature(f"no statement on a record: {error}") from error
    if kinds != (STATEMENT_TYPE, PREDICATE_TYPE) or not isinstance(head, str):
        raise sshsig.BadSignature("no statement on a record")
    return Signed(content, subjects, head, lines, key, time_stamp)


def opened(envelope: Any, key: bytes) -> bytes:
    """The payload of a DSSE envelope, after its signature by `key`, in SSH's encoding, was checked.
    Raises BadSignature."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    try:
        payload = base64.b64decode(envelope["payload"], validate=True)
        (signature,) = envelope["signatures"]
        raw = base64.b64decode(signature["sig"], validate=True)
        kind, keyid = envelope["payloadType"], signature["keyid"]
    except (*untrusted.FAILURES, binascii.Error) as error:
        raise sshsig.BadSignature(f"no DSSE envelope: {error}") from error
    if kind != TYPE or keyid != sshsig.fingerprint(key):
        raise sshsig.BadSignature("the envelope is of another kind, or names another key")
    signed, public = pre_authentication(kind, payload), sshsig.key_of(key)
    try:
        if isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(raw, signed)
        elif isinstance(public, rsa.RSAPublicKey):
            public.verify(raw, signed, _pss(padding.PSS.AUTO), hashes.SHA256())
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(raw, signed, ec.ECDSA(sshsig.curve(public)[1]))
        else:
            raise sshsig.BadSignature("no key that can be checked here")
    except InvalidSignature as error:
        raise sshsig.BadSignature("the envelope was not signed by its key") from error
    return payload


def _raw(key: Any, signed: bytes) -> bytes:
    """A signature in the form that DSSE's and in-toto's programs expect of a kind of key."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(signed)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, _pss(padding.PSS.DIGEST_LENGTH), hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(signed, ec.ECDSA(sshsig.curve(key)[1]))
    raise Problem(f"a key of the kind {type(key).__name__} can't sign; use ssh-ed25519")


def _pss(salt: Any) -> Any:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    return padding.PSS(padding.MGF1(hashes.SHA256()), salt)
