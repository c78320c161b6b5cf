"""Reading of untrusted input: files beside a film, answers of servers, a record from elsewhere.

Its size, form and content cannot be relied on. This module catches all errors of such input and
raises `Refused` for them, and quotes parts of it in messages.
"""

import json
import math
import os
import reprlib
import stat
from pathlib import Path
from typing import Any, NoReturn

# The exceptions of parsing a value of unknown form: `1e999` as an integer overflows, and a hundred
# thousand brackets exceed the interpreter's recursion limit.
FAILURES = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError,
            RecursionError)  # fmt: skip
LARGEST_BYTES = 256 << 20
_MOST_DIGITS = 19  # and a sign, in 64 bits


class Refused(ValueError):
    """Invalid input; the text gives the reason and quotes at most a part of the input."""


def json_value(text: bytes | str, *, any_number: bool = False) -> Any:
    """The value of a JSON text. Raises Refused for anything else: bytes that are not UTF-8, nesting
    that is too deep, numbers that are not finite or too large (`NaN`, `1e999`); with `any_number`
    those are infinite, for callers that need the rest."""
    try:
        if any_number:
            return json.loads(text, parse_constant=_endless, parse_int=_endless_whole)
        return json.loads(text, parse_constant=_no_number, parse_int=_whole, parse_float=_finite)
    except RecursionError:
        raise Refused("not readable JSON: nested too deeply") from None
    except ValueError as error:  # a UnicodeDecodeError holds all the bytes
        reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
        raise Refused(f"no JSON: {reason:.200}") from None


def content(path: Path, most_bytes: int = LARGEST_BYTES) -> bytes:
    """The bytes of a file. Raises Refused for a pipe or a device, which could block forever, for a
    folder, and for a file larger than `most_bytes`; OSError where there is none."""
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{path} is not a regular file")
        if status.st_size > most_bytes:
            raise Refused(f"{path} has {status.st_size} bytes, over {most_bytes}")
        with os.fdopen(file, "rb", closefd=False) as opened:
            return opened.read()
    finally:
        os.close(file)


def quoted(value: Any) -> str:
    """The beginning of a value of any size and depth, for an error message."""
    return _SHORT.repr(value)


def _short() -> reprlib.Repr:
    short = reprlib.Repr()
    short.maxlevel, short.maxlist, short.maxdict, short.maxtuple, short.maxset = 2, 3, 3, 3, 3
    short.maxstring = short.maxother = short.maxlong = 60
    return short


_SHORT = _short()


def _whole(text: str) -> int:
    return int(text) if len(text.lstrip("-")) <= _MOST_DIGITS else _no_number(text)


def _endless_whole(text: str) -> float:
    return int(text) if len(text.lstrip("-")) <= _MOST_DIGITS else _endless(text)


def _endless(_text: str) -> float:
    return math.inf


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise Refused(f"{text[:20]} is not a number")
