"""Remove secrets from all text that is written: values of the environment, and the known forms of
keys.

Only free text is redacted: that of people, engines and servers. Paths, names and checksums are
needed to verify the record; a run whose paths hold a secret is refused (`held_by`).
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

# The words that gitleaks and detect-secrets search for in names of variables. The short ones count
# only as the last part of a name: PWD alone is the current folder, GIT_ASKPASS a program.
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL|COOKIE|WEBHOOK"
    r"|CONNECTION_?STRING|^(?:KEY|PASS|JWT|SSHPASS)$"
    r"|.[_-](?:KEY|PASS|PWD|PAT|PIN|AUTH|CREDS?|JWT|BEARER|DSN|SAS)\d*$"
    r"|^(?:DATABASE|REDIS|MONGO)_URL$",
    re.I,
)
# Stricter for keys inside a record, where `tokenizer.json` and `max_tokens` are not secrets.
_SECRET_KEY = re.compile(
    r"(.*[_-])?(token|secret|password|passwd|passphrase|(api|access|private|client|secret)_?key|pwd"
    r"|credentials?|cookie)",
    re.I,
)
# The forms of keys as their issuers publish them, and as gitleaks and GitHub's secret scanning look
# for them: a fixed prefix, then a string too long and mixed to be a word.
_ISSUED = (
    r"hf_[A-Za-z0-9_]{8,}",  # Hugging Face
    r"(?:sk|pk|rk)-(?:[a-z]+[0-9]*-)*[A-Za-z0-9_-]{16,}",  # OpenAI, Anthropic, OpenRouter
    r"(?:sk|pk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,}",  # Stripe
    r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{20,}",
    r"gl(?:pat|ptt|dt|cbt|rt|soat)-[A-Za-z0-9_-]{16,}",  # GitLab
    r"xox[abeoprs]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{16,}",  # Slack
    r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}",  # AWS
    r"AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}",  # Google
    r"(?:gsk|r8|nvapi|pplx|fw|xai|lsv2_[ps]t)[_-][A-Za-z0-9_-]{20,}",  # hosts of models
    r"npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{30,}|dckr_pat_[A-Za-z0-9_-]{20,}",
    r"do[opr]_v1_[a-f0-9]{32,}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|lin_api_[A-Za-z0-9]{30,}",
    r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|(?:AC|SK)[a-f0-9]{32}|key-[a-f0-9]{32}",
    r"ey[A-Za-z0-9_-]{10,}\.ey[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*",  # a JSON Web Token
    r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",  # Telegram
    r"AGE-SECRET-KEY-1[A-Z0-9]{40,}|PMAK-[a-f0-9]{24}-[a-f0-9]{34}|sbp_[a-f0-9]{40}",
    r"AQ\.[A-Za-z0-9_-]{30,}|[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",
    r"[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}:fx",  # DeepL
    r"(?:tgp_v1_|ntn_|figd_|pscale_(?:tkn|pw)_|hvs\.|ATATT3)[A-Za-z0-9_-]{30,}",
)
_WORD = r"(?:token|secret|password|passwd|passphrase|pwd)"
# A name of two words is unambiguous; a single word may be a title: `The Secret: Dare to Dream`.
_NAMED = (
    r"(?:(?:api|access|private|secret|client|auth|account|service)[_-]?(?:key|token|secret)"
    rf"|(?:[a-z]{{1,20}}[_-]){{1,4}}{_WORD})"
)
_VALUE = r"[^\s&'\",;]{4,}"
_SHAPES = [
    (re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY(?: BLOCK)?)-----.*?(?:-----END \1-----|\Z)", re.S),
     "***"),
    (re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(_ISSUED)})"), "***"),
    (re.compile(r"(?i)(authorization['\"]?\s*[=:]\s*['\"]?)(?:[a-z][a-z0-9-]*\s+)?"
                r"[^\s'\",;]{4,}"), r"\1***"),
    (re.compile(r"(?i)\b((?:set-)?cookie['\"]?:\s*['\"]?)[^\s'\"]*=[^\s'\"]+"), r"\1***"),
    (re.compile(r"(?i)(?<![\w-])((?:[a-z]+-)+(?:key|token|secret|auth|password)['\"]?:\s*['\"]?)"
                r"(?=[^\s'\",;]*[0-9])[^\s'\",;]{8,}"), r"\1***"),
    (re.compile(r"(?<=\s)(-u|--user)([ =])[^\s:/]+:[^\s/]{4,}"), r"\1\2***"),
    (re.compile(r"(?i)(?<![A-Za-z0-9])(key['\"]?=['\"]?)(?=[^\s&'\",;]*[0-9])[^\s&'\",;]{20,}"),
     r"\1***"),
    (re.compile(r"\b((?i:bearer|basic))\s+(?=\S*(?:[0-9._~+/=]|[a-z][A-Z]))[A-Za-z0-9._~+/=-]{8,}"),
     r"\1 ***"),
    (re.compile(rf"(?i)([?&](?:{_NAMED}|{_WORD}|key|sig|signature)=)[^\s&#'\"]+"), r"\1***"),
    (re.compile(rf"(?i)(?<![A-Za-z0-9])({_NAMED}['\"]?\s*[=:]\s*['\"]?){_VALUE}"), r"\1***"),
    (re.compile(rf"(?i)(?<![A-Za-z0-9])({_WORD}(?:['\"]?\s*=\s*|['\"]?:|['\"]:\s*)['\"]?)"
                rf"(?!\s){_VALUE}"), r"\1***"),
    (re.compile(rf"(?i)(?<![A-Za-z0-9])({_WORD}\s*:\s+['\"]?)(?=[^\s&'\",;]*[^\sA-Za-z&'\",;.!?-])"
                rf"{_VALUE}"), r"\1***"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^/\s@]+@"), r"\1***@"),
]  # fmt: skip
_SHORTEST_SECRET = 6
_ASSIGNED = re.compile(r"(?<![A-Za-z0-9_])([A-Z][A-Z0-9_]{2,60})=([^\s'\",;]{4,})")


def _blanked(match: re.Match[str]) -> str:
    """Blank the value of `GH_PAT=…`, an assignment whose variable names a secret."""
    return f"{match[1]}=***" if _SECRET_NAME.search(match[1]) else match[0]


def _secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The values that are secret by the name of their variable."""
    return {
        name: value
        for name, value in environ.items()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET
    }


def redactor(environ: Mapping[str, str] = os.environ) -> Callable[[str], str]:
    """A function that blanks the secrets of `environ` and anything shaped like a key in a text."""
    plain = set(_secrets(environ).values())
    # The same values as written in an address, and in a repr or JSON.
    written = {form(value) for value in plain for form in (quote, quote_plus, _escaped)}
    values = sorted(plain | written, key=len, reverse=True)

    def redact(text: str) -> str:
        for value in values:
            text = text.replace(value, "***")
        for shape, blank in _SHAPES:
            text = shape.sub(blank, text)
        return _ASSIGNED.sub(_blanked, text)

    return redact


def held_by(paths: Iterable[str], environ: Mapping[str, str] = os.environ) -> list[str]:
    """The variables of `environ` whose secret value is part of one of `paths`."""
    texts = list(paths)
    return sorted(
        name for name, value in _secrets(environ).items() if any(value in text for text in texts)
    )


def everywhere(value: Any, redact: Callable[[str], str]) -> Any:
    """`value` (dicts, lists, texts) with every text in it redacted, keys included, and texts under
    a key that names a secret blanked."""
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
