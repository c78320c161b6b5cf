"""Signatures by SSH keys, in OpenSSH's format: `ssh-keygen -Y verify` accepts them.

The format is in OpenSSH's PROTOCOL.sshsig, the file of allowed signers in ssh-keygen(1).
"""

import base64
import binascii
import hashlib
import re
import shlex
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage import untrusted
from lineage.problem import Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

NAMESPACE = "sutradhar-record"
_MAGIC = b"SSHSIG"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_MOST_BYTES = 64 << 10
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}


class BadSignature(ValueError):
    """A signature that is not one, or not of this message. The text says which."""


@dataclass(frozen=True)
class Signer:
    """A line of a file of allowed signers: who, with which key, in `ssh` form (type and base64),
    from when to when, in UTC, and in which namespaces, None for all."""

    principals: str
    key: bytes
    namespaces: str | None = None
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def may_sign(self, at: datetime) -> str | None:
        """Why the key does not count for a signature made `at`; None where it does."""
        if self.namespaces is not None and not _among(NAMESPACE, self.namespaces):
            return f"its key is not for the namespace {NAMESPACE}"
        if self.valid_after and at < self.valid_after:
            return f"its key is valid only after {self.valid_after:%Y-%m-%d %H:%M:%SZ}"
        if self.valid_before and at >= self.valid_before:
            return f"its key was valid only before {self.valid_before:%Y-%m-%d %H:%M:%SZ}"
        return None


def private_key(path: Path, passphrase: str | None) -> Any:
    """Read a private key in OpenSSH's or PEM form. Raises Problem that names the file, never its
    content."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        content = untrusted.content(path, _MOST_BYTES)
    except (OSError, untrusted.Refused) as error:
        raise Problem(f"key {path}: {error}; give a private SSH key") from error
    if content.startswith((b"ssh-", b"ecdsa-", b"sk-")):
        raise Problem(f"key {path} is a public key; give the private one, which has no .pub")
    secret = passphrase.encode() if passphrase else None
    for load in (serialization.load_ssh_private_key, serialization.load_pem_private_key):
        try:
            return load(content, secret)
        except TypeError:
            raise Problem(
                f"key {path}: it needs a passphrase, and one without needs none; the environment's "
                "SUTRADHAR_KEY_PASSPHRASE is used"
            ) from None
        except (ValueError, UnsupportedAlgorithm):
            continue
    raise Problem(
        f"key {path}: no private key in OpenSSH's or PEM form, or the passphrase in "
        "SUTRADHAR_KEY_PASSPHRASE is wrong; a key in hardware can't be used"
    )


def public_blob(key: Any) -> bytes:
    """A public key as SSH encodes it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    except (ValueError, TypeError) as error:
        raise Problem(f"SSH has no keys of this kind: {error}") from error
    return base64.b64decode(line.split()[1])


def fingerprint(blob: bytes) -> str:
    """A key's name, as `ssh-keygen -l` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def key_of(blob: bytes) -> "PublicKeyTypes":
    """The public key of its SSH encoding. Raises BadSignature for another kind."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        (kind, _rest) = _strings(blob, 1)
        return load_ssh_public_key(kind + b" " + base64.b64encode(blob))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadSignature(f"no key that can be checked here: {error}") from error


def sign(key: Any, message: bytes) -> str:
    """The detached signature of a message, armoured."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

    signed = _signed(b"sha512", message)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        kind, raw = b"ssh-ed25519", key.sign(signed)
    elif isinstance(key, rsa.RSAPrivateKey):
        kind, raw = b"rsa-sha2-512", key.sign(signed, padding.PKCS1v15(), hashes.SHA512())
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        size, digest = curve(key)
        kind = f"ecdsa-sha2-nistp{size}".encode()
        r, s = utils.decode_dss_signature(key.sign(signed, ec.ECDSA(digest)))
        raw = _mpint(r) + _mpint(s)
    else:
        raise Problem(f"a key of the kind {type(key).__name__} can't sign; use ssh-ed25519")
    blob = _MAGIC + struct.pack(">I", 1) + b"".join(
        map(_string, (public_blob(key.public_key()), NAMESPACE.encode(), b"", b"sha512",
                      _string(kind) + _string(raw)))
    )  # fmt: skip
    text = base64.b64encode(blob).decode()
    rows = [text[n : n + 70] for n in range(0, len(text), 70)]
    return "\n".join([_BEGIN, *rows, _END, ""])


def verify(armoured: bytes, message: bytes) -> bytes:
    """The key, in SSH's encoding, that made this signature of this message. Raises BadSignature.

    It does not say whose key that is.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

    blob = _dearmoured(armoured)
    if blob[:10] != _MAGIC + struct.pack(">I", 1):
        raise BadSignature("no SSH signature of version 1")
    public, namespace, reserved, digest, signature, rest = _strings(blob[10:], 5)
    if rest or reserved or namespace != NAMESPACE.encode() or digest not in _HASHES:
        raise BadSignature(f"no signature in the namespace {NAMESPACE}")
    kind, raw, rest = _strings(signature, 2)
    signed = _signed(digest, message)
    key = key_of(public)
    try:
        if isinstance(key, ed25519.Ed25519PublicKey) and kind == b"ssh-ed25519" and not rest:
            key.verify(raw, signed)
        elif isinstance(key, rsa.RSAPublicKey) and kind in _RSA and not rest:
            key.verify(raw, signed, padding.PKCS1v15(), getattr(hashes, _RSA[kind])())
        elif isinstance(key, ec.EllipticCurvePublicKey) and not rest:
            r, s, rest = _strings(raw, 2)
            pair = utils.encode_dss_signature(int.from_bytes(r), int.from_bytes(s))
            size, hashed = curve(key)
            if rest or kind != f"ecdsa-sha2-nistp{size}".encode():
                raise BadSignature("the signature is of another kind than its key")
            key.verify(pair, signed, ec.ECDSA(hashed))
        else:
            raise BadSignature("the signature is of another kind than its key")
    except (InvalidSignature, ValueError) as error:
        reason = str(error) or "it was not made of this text by this key"
        raise BadSignature(reason) from error
    return public


_RSA = {b"rsa-sha2-512": "SHA512", b"rsa-sha2-256": "SHA256"}


def allowed_signers(path: Path) -> list[Signer]:
    """Read a file of allowed signers. Raises Problem with the line that can't be read."""
    try:
        lines = untrusted.content(path).decode("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise Problem(
            f"{path}: {error}; give a file of allowed signers, see ssh-keygen(1)"
        ) from error
    rows = [(n, line.strip()) for n, line in enumerate(lines, 1)]
    return [_signer(line, f"{path}, line {n}") for n, line in rows if line and line[0] != "#"]


def _signer(line: str, where: str) -> Signer:
    try:
        principals, *rest = shlex.split(line)
        options = "" if rest[0].startswith(("ssh-", "ecdsa-", "sk-")) else rest.pop(0)
        key = base64.b64decode(rest[1], validate=True)
        if not key.startswith(_string(rest[0].encode())):
            raise ValueError("its type is not that of its key")
        given = dict(
            part.partition("=")[::2] for part in re.split(r",(?=[a-z-]+(?:=|,|$))", options)
        )
        unknown = given.keys() - {"", "namespaces", "valid-after", "valid-before"}
        if unknown:
            raise ValueError(f"the option {', '.join(sorted(unknown))} is not supported")
        return Signer(
            principals, key, given.get("namespaces"),
            _moment(given.get("valid-after")), _moment(given.get("valid-before")),
        )  # fmt: skip
    except (ValueError, IndexError, binascii.Error) as error:
        raise Problem(
            f"{where}: no allowed signer ({error}); write: NAME ssh-ed25519 AAAA… (ssh-keygen(1))"
        ) from error


def _moment(text: str | None) -> datetime | None:
    """A time of ssh-keygen's: YYYYMMDD[HHMM[SS]], here always taken as UTC."""
    if text is None:
        return None
    digits = text.removesuffix("Z")
    form = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(len(digits))
    if form is None:
        raise ValueError(f"{text} is no time like 20260101")
    return datetime.strptime(digits, form).replace(tzinfo=UTC)


def _among(name: str, patterns: str) -> bool:
    """Whether a name fits a list of patterns with commas; one with ! excludes it."""
    parts = patterns.split(",")
    if any(part[:1] == "!" and fnmatchcase(name, part[1:]) for part in parts):
        return False
    return any(fnmatchcase(name, part) for part in parts)


def _signed(digest: bytes, message: bytes) -> bytes:
    hashed = _HASHES[digest](message).digest()
    return _MAGIC + b"".join(map(_string, (NAMESPACE.encode(), b"", digest, hashed)))


def _dearmoured(text: bytes) -> bytes:
    try:
        lines = text.decode("ascii").split()
        joined = " ".join(lines)
        if not (joined.startswith(_BEGIN) and joined.endswith(_END)):
            raise ValueError("it has no armour")
        body = joined[len(_BEGIN) : -len(_END)].replace(" ", "")
        blob = base64.b64decode(body, validate=True)
        if base64.b64encode(blob).decode() != body:
            raise ValueError("its last bits are not zero")
        return blob
    except ValueError as error:
        raise BadSignature(f"no SSH signature: {error}") from error


def _string(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _mpint(number: int) -> bytes:
    return _string(number.to_bytes(number.bit_length() // 8 + 1))


def _strings(blob: bytes, count: int) -> list[bytes]:
    """The first `count` strings of SSH's encoding, and what follows them."""
    parts, at = [], 0
    for _ in range(count):
        if len(blob) - at < 4:
            raise BadSignature("the signature is cut short")
        (length,) = struct.unpack_from(">I", blob, at)
        if length > len(blob) - at - 4:
            raise BadSignature("the signature is cut short")
        parts.append(blob[at + 4 : at + 4 + length])
        at += 4 + length
    return [*parts, blob[at:]]


def curve(key: Any) -> tuple[int, Any]:
    """The size of an elliptic curve, and the hash that SSH uses with it."""
    from cryptography.hazmat.primitives import hashes

    size = key.curve.key_size
    return size, {256: hashes.SHA256, 384: hashes.SHA384}.get(size, hashes.SHA512)()
