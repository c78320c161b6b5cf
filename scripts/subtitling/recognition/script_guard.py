"""The script guard: restricts the recogniser to the script that a language is written in.

Whisper's small models write spoken Hindi in Urdu's script. Its tokens are bytes of UTF-8
("byte-level BPE"), so one may be only a part of a letter: it is forbidden where it can be part of
no letter of an allowed script.
"""

from collections.abc import Iterable, Sequence
from functools import cache

# Languages that Whisper is known to write in a neighbour's script; CLDR says which is their own.
_GUARDED = frozenset(
    ["as", "bn", "gu", "hi", "kn", "ml", "mr", "ne", "or", "pa", "sa", "sd", "si", "ta", "te", "ur"]
)
_ALSO = ("Zyyy",)  # digits and punctuation are common to all scripts


def scripts(language: str, chosen: str, latin: bool) -> tuple[str, ...]:
    """The scripts (ISO 15924) to restrict a language to; empty where it is not restricted.

    `chosen` is `auto`, `as-heard` or a script's code. `latin` allows Latin letters beside it.
    """
    import langcodes

    if chosen == "as-heard" or (chosen == "auto" and language not in _GUARDED):
        return ()
    own = langcodes.Language.get(language).maximize().script if chosen == "auto" else chosen
    return (str(own), "Latn") if latin else (str(own),)


def forbidden(tokens: Sequence[bytes], allowed: Iterable[str]) -> list[int]:
    """The numbers of the tokens that hold a letter, or the beginning of one, of no allowed script.

    A mark that several scripts share counts by Unicode's script extensions: Arabic's vowel signs
    are none of Devanagari's.
    """
    written = tuple(allowed)
    return [
        number
        for number, token in enumerate(tokens)
        if not all(_possible(first, last, written) for first, last in _ranges(token))
    ]


def token_bytes(tokens: Iterable[str]) -> list[bytes]:
    """The bytes of byte-level BPE's tokens: GPT-2 spells each byte as a printable character."""
    spelled = _bytes_of_characters()
    return [bytes(spelled[c] for c in token if c in spelled) for token in tokens]


def _ranges(token: bytes) -> list[tuple[int, int]]:
    """The possible code points of each character begun in `token`, as first and last."""
    ranges = []
    at = 0
    while at < len(token):
        lead = token[at]
        at += 1
        if 0x80 <= lead < 0xC0:  # the rest of a character begun before
            continue
        length = 1 if lead < 0x80 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        point = lead if length == 1 else lead & (0x7F >> length)
        missing = length - 1
        while missing and at < len(token) and 0x80 <= token[at] < 0xC0:
            point = point << 6 | token[at] & 0x3F
            at += 1
            missing -= 1
        first = point << 6 * missing
        ranges.append((first, min(first | (1 << 6 * missing) - 1, 0x10FFFF)))
    return ranges


@cache
def _possible(first: int, last: int, allowed: tuple[str, ...]) -> bool:
    import regex

    letters = regex.compile("|".join(rf"\p{{scx={script}}}" for script in (*allowed, *_ALSO)))
    return any(letters.match(chr(c)) for c in range(first, last + 1) if not 0xD800 <= c < 0xE000)


@cache
def _bytes_of_characters() -> dict[str, int]:
    """GPT-2's table: printable bytes stand for themselves, the others for U+0100 and up, in order
    (`bytes_to_unicode` in OpenAI's GPT-2 code)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(hidden)}
