"""What a translation must keep of its source: the glossary's terms, names, and numbers.

An engine translates a sentence as it is first, which it does best. Where the answer lacks
something, the sentence is translated again with a placeholder in that place, which is then put
back; what is still missing is on record.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from subtitling.amounts import WORDED, amounts, written
from subtitling.glossary import NAMES, Finder
from subtitling.languages import script_of
from subtitling.model import Glossary, Term
from subtitling.spelling import plain, script, tokens

# Of these the tone decides, or the sentence around them.
_FREE = frozenset({"exclamation", "greeting", "address", "honorific", "kin"})
_ENDING = 3  # letters that a translation may add to a term
_SMALL = 100  # whole numbers up to here may come back as words of a language we know none of


@dataclass(frozen=True)
class Kept:
    """Something at `text[start:end]` of a source sentence that its translation must hold.

    `wanted` are the ways to write it there, the best first. `value` is a number's, `term` the id of
    a term in the glossary.
    """

    start: int
    end: int
    wanted: tuple[str, ...]
    term: str | None = None
    value: Decimal | None = None


class Keeper:
    """Finds what sentences of one language must keep in another."""

    def __init__(self, glossary: Glossary, source: str, target: str):
        self._finder = Finder(glossary, source)
        self._terms = {term.id: term for term in glossary.terms}
        self._source, self.target = source, target
        self._told = told(glossary, target)

    def expected(self, text: str) -> list[Kept]:
        """In order; where a number stands in a term, the term."""
        found = []
        for match in self._finder.find(text):
            term = self._terms[match.term]
            wanted = renderings(term, text[match.start : match.end], self.target)
            if wanted:
                found.append(Kept(match.start, match.end, wanted, term=term.id))
        for amount in amounts(text, self._source):
            if not any(k.start < amount.end and amount.start < k.end for k in found):
                told = (written(amount.value, self._source, self.target),)
                found.append(Kept(amount.start, amount.end, told, value=amount.value))
        return sorted(found, key=lambda k: k.start)

    def told(self, text: str) -> dict[str, str]:
        """The glossary on the terms in a text, by how they stand there: for one that can read."""
        found = {text[m.start : m.end]: self._told.get(m.term) for m in self._finder.find(text)}
        return {said: wanted for said, wanted in found.items() if wanted}

    def missing(self, kept: Sequence[Kept], answer: str) -> list[Kept]:
        """What of it the answer lacks. An ending that the language adds to a term is no lack."""
        words = [plain(token.text) for token in tokens(answer)]
        values = [amount.value for amount in amounts(answer, self.target)]
        lacking = []
        for one in kept:
            if one.value is None:
                here = any(_holds(words, wanted) for wanted in one.wanted)
            elif one.value in values:
                here = True
                values.remove(one.value)
            else:
                worded = one.value <= _SMALL and one.value % 1 == 0
                here = worded and self.target not in WORDED
            if not here:
                lacking.append(one)
        return lacking


def renderings(term: Term, found: str, target: str) -> tuple[str, ...]:
    """How a term must be written in the target language; empty where that is the translator's to
    decide: exclamations and forms of address, and what the glossary has several renderings of."""
    wanted = script_of(target)
    if term.action == "keep":
        forms = [
            form.text
            for form in (*term.renderings, *term.forms)
            if form.script == wanted and form.language in (None, target)
        ]
        if not forms and term.kind in NAMES:
            forms = [form.text for form in term.forms if form.script == wanted]
        return tuple(dict.fromkeys([*forms, *([found] if script(found) == wanted else [])]))
    known = [f for f in term.renderings if f.language == target and f.script == wanted]
    free = term.kind in _FREE or any(form.context for form in known) or len(known) != 1
    return () if free else (known[0].text,)


def told(glossary: Glossary, target: str) -> dict[str, str]:
    """What the glossary has of its terms in the target language, with contexts, by their ids."""
    wanted = script_of(target)
    found = {}
    for term in glossary.terms:
        known = [f for f in term.renderings if f.language == target and f.script == wanted]
        own = [f for f in term.forms if f.script == wanted and f.language in (None, target)]
        if chosen := (own or known) if term.action == "keep" else known:
            found[term.id] = " | ".join(
                f"{f.text} ({f.context})" if f.context else f.text for f in chosen
            )
    return found


def masked(text: str, kept: Sequence[Kept], form: str) -> tuple[str, dict[int, str]]:
    """The text with a placeholder in each place, and what is to stand there by its number.

    `form` is the engine's, with {} for the number.
    """
    parts, end = [], 0
    back: dict[int, str] = {}
    for number, one in enumerate(kept, 1):
        parts += [text[end : one.start], form.format(number)]
        back[number] = one.wanted[0]
        end = one.end
    return "".join([*parts, text[end:]]), back


def restored(answer: str, back: Mapping[int, str], form: str) -> str | None:
    """The answer with each placeholder replaced; None unless each of them came back just once.

    Spaces that an engine puts into a placeholder, and other letter cases, are forgiven.
    """
    head, tail = (re.escape(part) for part in form.split("{}"))
    spaced = r"\s?".join(re.escape(c) for c in form.split("{}")[0])
    pattern = re.compile(rf"(?:{head}|{spaced})\s?(\d+)(?!\d){tail}", re.IGNORECASE)
    found = [int(m[1]) for m in pattern.finditer(answer)]
    if sorted(found) != sorted(back):
        return None
    return pattern.sub(lambda m: back[int(m[1])], answer)


def _holds(words: Sequence[str], wanted: str) -> bool:
    """Whether a term stands among the words, its last one perhaps with an ending."""
    parts = [plain(token.text) for token in tokens(wanted)]
    for at in range(len(words) - len(parts) + 1):
        *before, last = words[at : at + len(parts)]
        added = len(last) - len(parts[-1])
        if before == parts[:-1] and last.startswith(parts[-1]) and added <= _ENDING:
            return True
    return "".join(parts) in words
