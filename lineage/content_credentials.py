"""Content Credentials (C2PA) for delivered files, by the user's certificate.

WebVTT and MP4 hold theirs inside; files of other formats get a `.c2pa` beside them. The libraries
are c2pa-python (of the C2PA's own c2pa-rs) and c2pa-vtt, which alone knows where a WebVTT file has
its manifest. Source: C2PA specification 2.4: actions, hard bindings, structured text.
"""

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage.problem import Problem

EMBEDDED = (".vtt", ".mp4")
_TYPES = {
    ".mp4": "video/mp4", ".mkv": "video/x-matroska", ".webm": "video/webm", ".vtt": "text/vtt",
}  # fmt: skip
_OTHER_TYPE = "application/octet-stream"
_ROUNDS = 6  # the size of a WebVTT manifest is part of it; it settles at once but for a digit
_PLACE = ".venv-c2pa"  # as `make c2pa` sets it up


@dataclass(frozen=True)
class Claim:
    """What is said of a file: its title, IPTC's digital source type, and the record's own words."""

    title: str
    source_type: str
    record: Mapping[str, Any]


def libraries() -> tuple[Any, Any]:
    """The modules c2pa and c2pa_vtt. Raises Problem where they are not installed."""
    place = str(Path(__file__).resolve().parents[1] / _PLACE)
    if place not in sys.path:
        sys.path.append(place)
    try:
        import c2pa
        import c2pa_vtt
    except ImportError as error:
        raise Problem(
            f"Content Credentials need the packages c2pa-python and c2pa-vtt ({error}): make c2pa"
        ) from error
    return c2pa, c2pa_vtt


def media_type(path: Path) -> str:
    """The type that a file is signed as."""
    return _TYPES.get(path.suffix, _OTHER_TYPE)


def signer(certificates: Path, key: Path, passphrase: str | None, time_stamp: str | None) -> Any:
    """A signer by a chain of certificates in PEM, the signer's own first, and its private key.
    `time_stamp` is the address of an RFC 3161 server. Raises Problem."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    from lineage import sshsig

    c2pa, _ = libraries()
    private = sshsig.private_key(key, passphrase)
    _refuse_another(certificates, private)
    plain = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        chain = certificates.read_bytes()
        stamp = time_stamp.encode() if time_stamp else None
        info = c2pa.C2paSignerInfo(_algorithm(private), chain, plain, stamp)
        return c2pa.Signer.from_info(info)
    except (OSError, c2pa.C2paError) as error:
        raise Problem(f"certificate {certificates} with key {key}: {error}") from error


def _refuse_another(certificates: Path, key: Any) -> None:
    """Raise Problem where the first certificate of a chain is not that of the key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_pem_x509_certificates

    try:
        first = load_pem_x509_certificates(certificates.read_bytes())[0].public_key()
    except (OSError, ValueError) as error:
        raise Problem(f"certificate {certificates}: {error}; give a chain in PEM") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if first.public_bytes(*form) != key.public_key().public_bytes(*form):
        raise Problem(f"certificate {certificates}: its first one is not that of the key")


def _algorithm(key: Any) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return b"ps256"
    names = {256: b"es256", 384: b"es384", 521: b"es512"}
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size in names:
        return names[key.curve.key_size]
    raise Problem(f"a key of the kind {type(key).__name__} can't sign Content Credentials")


def write(source: Path, target: Path, by: Any, claim: Claim) -> Path:
    """Write the credentials of `source` with `target`: into it where the format holds them, which
    then is a copy, else into a `.c2pa` beside it. Returns the file that has them. Raises
    Problem."""
    c2pa, _ = libraries()
    try:
        if source.suffix == ".mp4":
            builder = c2pa.Builder(_manifest(claim))
            with source.open("rb") as read, target.open("w+b") as made:
                builder.sign(by, media_type(source), read, made)
            return target
        if source.suffix == ".vtt":
            target.write_bytes(_in_vtt(source.read_bytes(), by, claim))
            return target
        beside = target.with_name(f"{target.name}.c2pa")
        beside.write_bytes(_beside(source, by, claim))
        return beside
    except c2pa.C2paError as error:
        raise Problem(f"{source}: no Content Credentials: {error}") from error


def _manifest(claim: Claim, *more: Mapping[str, Any]) -> dict[str, Any]:
    created = {"action": "c2pa.created", "digitalSourceType": claim.source_type}
    return {
        "claim_generator_info": [{"name": "Sutradhar"}],
        "title": claim.title,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": "org.sutradhar.record", "data": dict(claim.record)},
            *more,
        ],
    }


def _in_vtt(content: bytes, by: Any, claim: Claim) -> bytes:
    """A WebVTT file with its manifest in a comment. The hash in the manifest leaves out that
    comment's place, whose length the manifest itself names."""
    _, c2pa_vtt = libraries()
    text = content.decode("utf-8")
    length = 0
    for _ in range(_ROUNDS):
        probe = c2pa_vtt.embed_manifest(text, b"")
        start, _length = c2pa_vtt.data_hash_exclusion(probe)
        digest = c2pa_vtt.compute_data_hash(probe)
        bound = {
            "exclusions": [{"start": start, "length": length}],
            "name": "c2pa manifest", "alg": "sha256", "hash": list(digest), "pad": [],
        }  # fmt: skip
        manifest = _manifest(claim, {"label": "c2pa.hash.data", "data": bound})
        made: str = c2pa_vtt.embed_manifest(text, _signed(content, "text/vtt", manifest, by))
        _start, settled = c2pa_vtt.data_hash_exclusion(made)
        if settled == length:
            return made.encode()
        length = settled
    raise Problem(f"{claim.title}: the size of its Content Credentials does not settle")


def _beside(source: Path, by: Any, claim: Claim) -> bytes:
    with source.open("rb") as read:
        return _signed_stream(read, media_type(source), _manifest(claim), by)


def _signed(content: bytes, kind: str, manifest: Mapping[str, Any], by: Any) -> bytes:
    return _signed_stream(io.BytesIO(content), kind, manifest, by)


def _signed_stream(read: Any, kind: str, manifest: Mapping[str, Any], by: Any) -> bytes:
    """A manifest that is not put into the file."""
    c2pa, _ = libraries()
    builder = c2pa.Builder(manifest)
    builder.set_no_embed()
    return bytes(builder.sign(by, kind, read, _Sink()))


class _Sink:
    """Takes the copy of a file that the library makes and nobody needs, without keeping it."""

    def __init__(self) -> None:
        self._at = self._end = 0

    def read(self, _count: int = -1) -> bytes:
        """Nothing."""
        return b""

    def write(self, data: bytes) -> int:
        """Count what is written."""
        self._at += len(data)
        self._end = max(self._end, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the place, as a file does."""
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def flush(self) -> None:
        """Nothing is held back."""
