"""Keeps secrets out of everything that is written: values from the environment and known shapes."""

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIAL|COOKIE", re.I
)
# Stricter for keys inside a record, where `tokenizer.json` and `max_tokens` are no secrets.
_SECRET_KEY = re.compile(
    r"(.*[_-])?(token|secret|password|passwd|passphrase|api_?key|access_key|private_key|cookie)",
    re.I,
)
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
    plain = {v for k, v in environ.items() if _SECRET_NAME.search(k) and len(v) >= _SHORTEST_SECRET}
    # The same as it stands in an address, and in a repr or JSON.
    written = {form(value) for value in plain for form in (quote, quote_plus, _escaped)}
    values = sorted(plain | written, key=len, reverse=True)

    def redact(text: str) -> str:
        for value in values:
            text = text.replace(value, "***")
        for shape, blank in _SHAPES:
            text = shape.sub(blank, text)
        return text

    return redact


def everywhere(value: Any, redact: Callable[[str], str]) -> Any:
    """`value` (dicts, lists, texts) with every text in it redacted, keys included, and whatever
    stands under a key that names a secret."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {
            redact(str(key)): "***"
            if isinstance(item, str) and item and _SECRET_KEY.fullmatch(str(key))
            else everywhere(item, redact)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [everywhere(item, redact) for item in value]
    return value


def _escaped(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
