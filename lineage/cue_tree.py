"""The cues of a track as the leaves of a Merkle tree, whose root is on the ledger.

A leaf is the cue as `cues.json` has it, with its language and number, and a salt. Without the salt
whoever holds a proof of one cue could guess short neighbours, as "No.", from their hashes. It is
derived from the checksum of the whole file, which only those can know who have all cues.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage import merkle, untrusted

NAME = "cues.json"
SALT = "salt"


@dataclass(frozen=True)
class CueRoot:
    """What a line of the ledger says of a track: its language, the number of its cues and the
    Merkle root over them, in hexadecimal."""

    language: str
    count: int
    root: str


@dataclass(frozen=True)
class Leaves:
    """The leaves of a track: the language, and each cue's `contents`, in order."""

    language: str
    contents: tuple[dict[str, Any], ...]

    @property
    def hashes(self) -> list[bytes]:
        """The leaf hashes."""
        return [merkle.leaf_hash(encoded(content)) for content in self.contents]

    @property
    def sealed(self) -> CueRoot:
        """The line's part for the ledger."""
        return CueRoot(self.language, len(self.contents), merkle.root(self.hashes).hex())


def encoded(content: dict[str, Any]) -> bytes:
    """A leaf's bytes: JSON in UTF-8 with sorted keys and no spaces."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def leaves(document: bytes) -> Leaves:
    """The leaves of the bytes of a `cues.json`. Raises Refused for anything else."""
    data = untrusted.json_value(document)
    key = hashlib.sha256(document).digest()
    try:
        language = str(data["language"])
        contents = tuple(
            {"language": language, "number": n, "cue": dict(cue), SALT: _salt(key, n)}
            for n, cue in enumerate(data["cues"], 1)
        )
    except untrusted.FAILURES as error:
        raise untrusted.Refused(f"no cues: {error}") from error
    return Leaves(language, contents)


def of(folder: Path) -> CueRoot | None:
    """The root over the cues in a stage's folder; None where the stage has none."""
    try:
        return leaves(untrusted.content(folder / NAME)).sealed
    except (OSError, untrusted.Refused):
        return None


def _salt(key: bytes, number: int) -> str:
    return hmac.digest(key, str(number).encode(), "sha256").hex()
