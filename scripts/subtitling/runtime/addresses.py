"""Checks whether a secret may be sent to an address."""

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def keeps_secrets(url: str) -> bool:
    """Whether what is sent to the address is encrypted, or stays on this host."""
    address = urlsplit(url)
    return address.scheme == "https" or address.hostname in _LOOPBACK
