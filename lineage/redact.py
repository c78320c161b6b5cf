"""Keeps secrets out of everything that is written: values from the environment and known shapes."""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

_SECRET_NAME = re.compile(r"(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|CREDENTIAL)", re.I)
_SHAPES = [
    (re.compile(r"\bhf_[A-Za-z0-9]{8,}"), "hf_***"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), r"\1 ***"),
    (re.compile(r"(?i)\b(api[_-]?key|access_token|auth_token|token|password)(['\"]?\s*[=:]\s*['\"]?)[^\s&'\",;]{4,}"),
     r"\1\2***"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^/\s@]+@"), r"\1***@"),
]  # fmt: skip
_SHORTEST_SECRET = 6


def redactor(environ: Mapping[str, str] = os.environ) -> Callable[[str], str]:
    """A function that blanks the secrets of `environ` and anything shaped like a key in a text."""
    values = sorted(
        (v for k, v in environ.items() if _SECRET_NAME.search(k) and len(v) >= _SHORTEST_SECRET),
        key=len,
        reverse=True,
    )

    def redact(text: str) -> str:
        for value in values:
            text = text.replace(value, "***")
        for shape, blank in _SHAPES:
            text = shape.sub(blank, text)
        return text

    return redact


def everywhere(value: Any, redact: Callable[[str], str]) -> Any:
    """`value` (dicts, lists, texts) with every text in it redacted, keys included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(str(key)): everywhere(item, redact) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [everywhere(item, redact) for item in value]
    return value
