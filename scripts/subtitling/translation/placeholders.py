"""Terms that a translation must keep of its source: the glossary's terms and names, where they
certainly occur, and numbers in digits.

An engine first translates a sentence as it is, which it does best. Only what is certainly wrong
there is corrected; what may be no term at all is counted as undecided and left alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from subtitling.documents import Form, Glossary, Term
from subtitling.film.glossary import NAMES, Finder
from subtitling.recognition import occurrences
from subtitling.text import numbers
from subtitling.text.languages import parts, script_of
from subtitling.text.spelling import foreign, plain, script, tokens

# Of these the tone decides, or the sentence around them.
_FREE = frozenset({"exclamation", "greeting", "address", "honorific", "kin"})
_ENDING = 3  # letters that a translation may add to a term


@dataclass(frozen=True)
class RequiredTerm:
    """A term or number at `text[start:end]` of a source sentence that its translation must hold.

    `wanted` are its accepted renderings, the best first. `term` is the id of a term in the
    glossary, None for a number. `certain` is whether it must be the term rather than a word
    spelled like it; if not, nothing is demanded.
    """

    start: int
    end: int
    wanted: tuple[str, ...]
    term: str | None = None
    certain: bool = True


@dataclass(frozen=True)
class Verdict:
    """The required terms of a translation: those it `held`, those it certainly lacks (`missing`),
    and those it does not hold and perhaps need not (`undecided`)."""

    held: tuple[RequiredTerm, ...] = ()
    missing: tuple[RequiredTerm, ...] = ()
    undecided: tuple[RequiredTerm, ...] = ()

    @property
    def demanded(self) -> tuple[RequiredTerm, ...]:
        """The terms that were held or are missing, in order."""
        return tuple(sorted(self.held + self.missing, key=lambda k: k.start))


class TermChecker:
    """Finds the terms and numbers that a translation must keep, for one pair of languages."""

    def __init__(self, glossary: Glossary, source: str, target: str):
        self._finder = Finder(glossary, source)
        self._terms = {term.id: term for term in glossary.terms}
        self.source, self.target = source, target
        self._glossary = glossary

    @cached_property
    def _renderings(self) -> dict[str, str]:
        return renderings_by_term(self._glossary, self.target)

    def expected(self, text: str) -> list[RequiredTerm]:
        """The terms that a translation of the text certainly must hold, in order."""
        return [one for one in self.terms(text) if one.certain]

    def terms(self, text: str) -> list[RequiredTerm]:
        """All places that are written like a term of the glossary, in order."""
        required = []
        for match in self._finder.find(text):
            term = self._terms[match.term]
            wanted = renderings(term, text[match.start : match.end], self.target)
            if wanted:
                sure = self._certain(term, text, match.start, match.end)
                required.append(RequiredTerm(match.start, match.end, wanted, term.id, sure))
        return required

    def _certain(self, term: Term, text: str, start: int, end: int) -> bool:
        """Whether the place is certainly the term: a word that is translated may be another one
        that is spelled alike, and a well-known place has its own name in many languages."""
        if term.kind in NAMES and term.kind != "place":
            return occurrences.certain(text, start, end, self.source)
        return occurrences.rare(text[start:end], self.source)

    def is_word(self, one: RequiredTerm) -> bool:
        """Whether the term is a word, not a name, so that an engine's rendering of it alone shows
        in which sense it took it."""
        return one.term is not None and self._terms[one.term].kind not in NAMES

    def glossary_hints(self, text: str) -> dict[str, str]:
        """The glossary's renderings of the terms in a text, by their form in it: for an engine
        that reads the glossary."""
        wanted_by_form = {
            text[m.start : m.end]: self._renderings.get(m.term) for m in self._finder.find(text)
        }
        return {form: wanted for form, wanted in wanted_by_form.items() if wanted}

    def compared(self, text: str, answer: str) -> Verdict:
        """Which terms and numbers of a text its translation `answer` holds and lacks."""
        verdict = self.verdict(self.terms(text), answer)
        held, garbled = numbers.compared(text, answer)
        return Verdict(
            verdict.held + tuple(map(self._number, held)),
            verdict.missing + tuple(self._number(pair.source) for pair in garbled),
            verdict.undecided,
        )

    def digits(self, text: str, answer: str) -> str | None:
        """The answer with garbled digits corrected; None where there are none."""
        garbled = numbers.compared(text, answer)[1]
        return numbers.corrected(answer, garbled, self.source, self.target) if garbled else None

    def verdict(self, kept: Sequence[RequiredTerm], answer: str) -> Verdict:
        """Which of the terms an answer holds, lacks, or leaves undecided."""
        lacking = self.missing(kept, answer)
        return Verdict(
            tuple(one for one in kept if one not in lacking),
            tuple(one for one in lacking if one.certain),
            tuple(one for one in lacking if not one.certain),
        )

    def missing(self, kept: Sequence[RequiredTerm], answer: str) -> list[RequiredTerm]:
        """The terms that an answer lacks. A form with an ending that the language adds counts as
        held."""
        words = [plain(token.text) for token in tokens(answer)]
        return [one for one in kept if not any(holds(words, wanted) for wanted in one.wanted)]

    def _number(self, one: numbers.Number) -> RequiredTerm:
        return RequiredTerm(
            one.start, one.end, (numbers.written(one.text, self.source, self.target),)
        )


def renderings(term: Term, source_form: str, target: str) -> tuple[str, ...]:
    """How a term must be written in the target language; empty where that is the translator's to
    decide: exclamations and forms of address, and what the glossary has several renderings of."""
    wanted = script_of(target)
    if term.action == "keep":
        forms = [form.text for form in _in_language((*term.renderings, *term.forms), target)]
        if not forms and term.kind in NAMES:
            forms = [form.text for form in term.forms if form.script == wanted]
        return tuple(
            dict.fromkeys([*forms, *([source_form] if script(source_form) == wanted else [])])
        )
    known = _in_language(term.renderings, target)
    free = term.kind in _FREE or any(form.context for form in known) or len(known) != 1
    return () if free else (known[0].text,)


def renderings_by_term(glossary: Glossary, target: str) -> dict[str, str]:
    """The glossary's renderings in the target language, with contexts, by the ids of its terms."""
    by_term = {}
    for term in glossary.terms:
        known, own = _in_language(term.renderings, target), _in_language(term.forms, target)
        if chosen := (own or known) if term.action == "keep" else known:
            by_term[term.id] = " | ".join(
                f"{f.text} ({f.context})" if f.context else f.text for f in chosen
            )
    return by_term


def _in_language(forms: Sequence[Form], target: str) -> list[Form]:
    """The forms of a language that are written in the target's script, and those of none: of pt-BR
    its own, or where it has none, those of pt."""
    wanted, (language, _, region) = script_of(target), parts(target)
    fitting = [form for form in forms if wanted in (form.script, _usual_script(form))]
    own = region and any(form.language == f"{language}-{region}" for form in fitting)
    tags = (None, f"{language}-{region}" if own else language)
    return [form for form in fitting if form.language in tags]


def _usual_script(form: Form) -> str | None:
    """The script of a form whose letters are of several: what is in Chinese is Hans, unless its
    column says Hant."""
    if form.language is None or form.script != script(form.text):
        return None
    return None if foreign(form.text, form.language) else script_of(form.language)


def masked(text: str, kept: Sequence[RequiredTerm], form: str) -> tuple[str, dict[int, str]]:
    """The text with a placeholder for each term, and the renderings by placeholder number.

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
    """The answer with its placeholders replaced; None unless each of them came back exactly once.

    Spaces that an engine puts into a placeholder, and other letter cases, are accepted.
    """
    head, tail = (re.escape(part) for part in form.split("{}"))
    spaced = r"\s?".join(re.escape(c) for c in form.split("{}")[0])
    pattern = re.compile(rf"(?:{head}|{spaced})\s?(\d+)(?!\d){tail}", re.IGNORECASE)
    returned = [int(m[1]) for m in pattern.finditer(answer)]
    if sorted(returned) != sorted(back):
        return None
    return pattern.sub(lambda m: back[int(m[1])], answer)


def holds(words: Sequence[str], wanted: str) -> bool:
    """Whether a term stands among the words, its last one perhaps with an ending."""
    parts = [plain(token.text) for token in tokens(wanted)]
    for at in range(len(words) - len(parts) + 1):
        *before, last = words[at : at + len(parts)]
        added = len(last) - len(parts[-1])
        if before == parts[:-1] and last.startswith(parts[-1]) and added <= _ENDING:
            return True
    return "".join(parts) in words
