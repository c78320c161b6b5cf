"""Time stamps of an authority (RFC 3161) on a signature: it existed at that time."""

import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lineage import untrusted
from lineage.problem import Problem

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from rfc3161_client import TimeStampResponse

_MOST_BYTES = 1 << 20
_WAIT_S = 30


class BadTimeStamp(ValueError):
    """A time stamp that is not one, not of this text, or not by this authority."""


def request(url: str, message: bytes) -> bytes:
    """Ask the authority at `url` to stamp a message; only a checksum is sent. Raises Problem."""
    from rfc3161_client import TimestampRequestBuilder

    if not url.startswith(("http://", "https://")):
        raise Problem(f"time stamp {url}: give an address that begins with http:// or https://")
    asked = TimestampRequestBuilder().data(message).build().as_bytes()
    headers = {"Content-Type": "application/timestamp-query"}
    try:
        sent = urllib.request.Request(url, asked, headers)
        with urllib.request.urlopen(sent, timeout=_WAIT_S) as answer:
            content = _within(answer, time.monotonic() + _WAIT_S)
    except (OSError, urllib.error.URLError) as error:
        raise Problem(f"time stamp {url}: {error}; name another server, or none") from error
    try:
        when(content)
    except BadTimeStamp as error:
        raise Problem(f"time stamp {url}: the answer is none: {error}") from error
    return content


def _within(answer: "HTTPResponse", until_s: float) -> bytes:
    """The answer, as far as it is no longer than a time stamp and comes in time. OSError for one
    that does not: a socket's limit is for each piece, and a slow server sends many."""
    content = b""
    while piece := answer.read1(_MOST_BYTES):
        content += piece
        if len(content) > _MOST_BYTES or time.monotonic() > until_s:
            raise OSError(f"no answer of a time stamp's length within {_WAIT_S} s")
    return content


def when(content: bytes) -> datetime:
    """The time that a stamp gives, in UTC. It does not say whether the stamp is genuine."""
    try:
        return _response(content).tst_info.gen_time.astimezone(UTC)
    except ValueError as error:
        raise BadTimeStamp(f"no time stamp: {error}") from error


def check(content: bytes, message: bytes, authority: Path) -> datetime:
    """The time of a stamp on `message` whose certificates lead to one in the PEM file `authority`.
    Raises BadTimeStamp, or Problem for the file."""
    from cryptography import x509
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        roots = x509.load_pem_x509_certificates(untrusted.content(authority))
    except (OSError, ValueError) as error:
        raise Problem(f"{authority}: no certificates in PEM form: {error}") from error
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    response = _response(content)
    try:
        builder.build().verify_message(response, message)
    except (VerificationError, ValueError) as error:
        raise BadTimeStamp(f"not by this authority, or not of this signature: {error}") from error
    return when(content)


def _response(content: bytes) -> "TimeStampResponse":
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(content)
    except ValueError as error:
        raise BadTimeStamp(f"no time stamp: {error}") from error
