"""Merkle trees as in RFC 6962, section 2.1: a root that stands for a list, and proofs of one entry.

A leaf is hashed with 0x00 before it and an inner node with 0x01, so that no node can be passed off
as a leaf.
"""

import hashlib
from collections.abc import Sequence


def leaf_hash(content: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; that of an empty list is the hash of nothing."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = _half(len(leaves))
    return node_hash(root(leaves[:half]), root(leaves[half:]))


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of the leaf at `index`: the neighbours on its way to the root, nearest
    first."""
    if len(leaves) <= 1:
        return []
    half = _half(len(leaves))
    if index < half:
        return [*path(leaves[:half], index), root(leaves[half:])]
    return [*path(leaves[half:], index - half), root(leaves[:half])]


def root_of_path(leaf: bytes, index: int, count: int, siblings: Sequence[bytes]) -> bytes | None:
    """The root that an audit path of the leaf at `index` of `count` leads to; None for one that
    fits no such tree."""
    if not 0 <= index < count:
        return None
    if count == 1:
        return None if siblings else leaf
    if not siblings:
        return None
    half, last = _half(count), siblings[-1]
    if index < half:
        left = root_of_path(leaf, index, half, siblings[:-1])
        return left and node_hash(left, last)
    right = root_of_path(leaf, index - half, count - half, siblings[:-1])
    return right and node_hash(last, right)


def _half(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
