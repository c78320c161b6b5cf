"""The formats of language tags in the schemas: `tag` (pt-BR), `pair` of them (*-pt-BR), `track`
(pt-BR-songs), each with the words that may stand in its place, as in `tag|auto`."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from subtitling.text import languages

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


def fault(text: str, form: str) -> str | None:
    """Why a text is not of a format, and the correction; None where it is."""
    kind, *words = form.split("|")
    return None if text in words else _KINDS[kind](text)


def _pair(text: str) -> str | None:
    parts = text.split("-")
    halves = [("-".join(parts[:n]), "-".join(parts[n:])) for n in range(1, len(parts))]
    meant = [
        f"{source}-{target}"
        for first, second in halves
        if (source := first if first == "*" else languages.meant(first))
        and (target := languages.meant(second))
    ]
    if text in meant:
        return None
    if meant:
        return f"{text!r}: write {meant[0]}"
    return f"{text!r} is no pair of languages; write two tags, as en-pt-BR, or *-en for any to en"


_KINDS: dict[str, Callable[[str], str | None]] = {
    "tag": languages.fault,
    "pair": _pair,
    "track": lambda text: languages.fault(languages.written(text)),
}


def validator(schema: Any) -> "Validator":
    """A validator of a schema that knows these formats."""
    import jsonschema

    return jsonschema.Draft202012Validator(schema, format_checker=_checker())


@cache
def _checker() -> Any:
    import jsonschema
    from jsonschema.exceptions import FormatError

    class Checker(jsonschema.FormatChecker):
        def check(self, instance: object, format: str) -> None:
            if isinstance(instance, str) and (wrong := fault(instance, format)):
                raise FormatError(wrong)

    return Checker(formats=())
