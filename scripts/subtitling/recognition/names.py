"""Known names of a film: given to the recogniser as hotwords, and corrected in its texts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import combinations_with_replacement, groupby

from subtitling.documents import Correction, Glossary, Segment, Term
from subtitling.film.glossary import NAMES
from subtitling.text import word_frequency
from subtitling.text.spelling import Token, plain, script, sound, tokens

_SHORTEST = 4  # letters; shorter names are near too many words
_SOUNDING = 60  # least similarity of letters where the sounds are the same
_MARGIN = 3  # by which the best of the known names must beat the next
# Least similarity of sounds, 0 to 100, between the first text and a name in the second pass's text,
# for that name to be taken: higher where the first text has common words. Measured on sentences
# with 22 rare names and without.
_LIKE_RARE, _LIKE_COMMON = 55, 75


@dataclass(frozen=True)
class NameOptions:
    """See `names` in the configuration."""

    hotword_tokens: int
    correct: bool
    min_similarity: float
    max_frequency: float


def hotwords(
    glossary: Glossary, language: str, options: NameOptions, length: Callable[[str], int]
) -> list[str]:
    """The names to give the recogniser, by rank, in the script that the language is written in.

    `length` counts the tokens of a text; the list ends before it is longer than the configuration
    allows.
    """
    written = _script_of(language)
    chosen: list[str] = []
    for term in glossary.terms:
        forms = [f for f in term.forms if f.script == written and f.language in (None, language)]
        if not term.hot or not forms or forms[0].text in chosen:
            continue
        if length(", ".join([*chosen, forms[0].text])) > options.hotword_tokens:
            break
        chosen.append(forms[0].text)
    return chosen


def _script_of(language: str) -> str:
    import langcodes

    return langcodes.Language.get(language).maximize().script or "Zyyy"


class Corrector:
    """Corrects names that were recognised nearly right, in texts of one language.

    A word is taken for a known name only if it is in the name's script, is no known form itself, is
    rare in the language (wordfreq's Zipf scale), starts with a like sound and, where the script has
    capitals, a capital, and is far nearer to this name than to any other.
    """

    def __init__(self, glossary: Glossary, language: str, options: NameOptions):
        self._options, self._language = options, language
        self._known = {plain(t.text) for term in glossary.terms for f in term.forms
                       for t in tokens(f.text)}  # fmt: skip
        self._names = list(_single_names(glossary, language)) if options.correct else []
        self.possible = not self._names or language in word_frequency.listed()

    def correct_segments(
        self, segments: Sequence[Segment], second_texts: Sequence[str]
    ) -> tuple[list[Segment], list[Correction]]:
        """The segments with names corrected, and the corrections. `second_texts` holds the text of
        each from a second pass with hotwords; it is empty where there was none."""
        done, changes = [], []
        for number, segment in enumerate(segments):
            text = segment.text
            if second_texts:
                text, some = self.correct_from_second_pass(segment.id, text, second_texts[number])
                changes += some
            text, some = self.correct(segment.id, text)
            changes += some
            done.append(replace(segment, text=text))
        return done, changes

    def correct(self, segment: str, text: str) -> tuple[str, list[Correction]]:
        """The text with known names corrected, and the corrections in order."""
        changes: list[Correction] = []
        if not (self._names and self.possible):
            return text, changes
        parts, end = [], 0
        for word in tokens(text):
            if match := self._near(word.text):
                name, term, similarity, frequency = match
                parts += [text[end : word.start], name]
                end = word.end
                start = sum(map(len, parts)) - len(name)
                changes.append(
                    Correction(
                        segment, start, word.text, name, term.id, "near", similarity, frequency
                    )
                )
        return "".join([*parts, text[end:]]), changes

    def listens_again(self, texts: Iterable[str]) -> bool:
        """Whether a second pass with hotwords could correct these texts: they must be in the script
        of the names. Whisper may write Hindi in Urdu's."""
        scripts = {script(name) for name, _ in self._names}
        return self.possible and any(script(text) in scripts for text in texts)

    def correct_from_second_pass(
        self, segment: str, text: str, second_text: str
    ) -> tuple[str, list[Correction]]:
        """`text` with the names of `second_text`, which was recognised in the same sound with
        hotwords.

        With hotwords, a recogniser hears the names better and other words worse, or not at all. So
        only names are taken from the second text, where the two differ, each for the words of
        `text` that sound most like it, if any sound alike.
        """
        first_tokens, second_tokens = tokens(text), tokens(second_text)
        compared = SequenceMatcher(
            None,
            [plain(t.text) for t in first_tokens],
            [plain(t.text) for t in second_tokens],
            autojunk=False,
        )
        terms = {plain(name): term for name, term in self._names}
        parts, end = [], 0
        changes: list[Correction] = []
        for what, a, b, c, d in compared.get_opcodes():
            if what != "replace":
                continue
            for term, run in groupby(second_tokens[c:d], key=lambda t: terms.get(plain(t.text))):
                name = list(run)
                new = second_text[name[0].start : name[-1].end]
                stretch = self._sounding(text, first_tokens[a:b], new, len(name)) if term else None
                if term is None or stretch is None:
                    continue
                likeness, frequency, first, last = stretch
                old = text[first_tokens[a + first].start : first_tokens[a + last].end]
                parts += [text[end : first_tokens[a + first].start], new]
                end = first_tokens[a + last].end
                a += last + 1
                start = sum(map(len, parts)) - len(new)
                changes.append(
                    Correction(segment, start, old, new, term.id, "recognised", likeness, frequency)
                )
        return "".join([*parts, text[end:]]), changes

    def _sounding(
        self, text: str, words: Sequence[Token], name: str, length: int
    ) -> tuple[float, float, int, int] | None:
        """The run of words that sounds most like the name: likeness, frequency, first and last
        word."""
        from rapidfuzz import fuzz

        best = None
        for first, last in combinations_with_replacement(range(len(words)), 2):
            heard = text[words[first].start : words[last].end]
            if last - first > length + 1 or script(heard) != script(name):
                continue
            likeness = round(fuzz.ratio(sound(heard), sound(name)), 1)
            if best is None or likeness > best[0]:
                best = (likeness, first, last)
        if best is None:
            return None
        likeness, first, last = best
        frequency = min(_frequency(t.text, self._language) for t in words[first : last + 1])
        common = frequency >= self._options.max_frequency
        if likeness < (_LIKE_COMMON if common else _LIKE_RARE):
            return None
        return likeness, frequency, first, last

    def _near(self, word: str) -> tuple[str, Term, float, float] | None:
        bare = plain(word)
        if len(word) < _SHORTEST - 1 or word[0].islower() or bare in self._known:
            return None
        written, key = script(word), sound(word)
        near = []
        for name, term in self._names:
            other = sound(name)
            if script(name) != written or other[:1] != key[:1]:
                continue
            near.append((self._similarity(bare, plain(name), key, other), name, term))
        near.sort(key=lambda candidate: -candidate[0])
        if not near or near[0][0] < self._options.min_similarity:
            return None
        if len(near) > 1 and near[0][0] - near[1][0] < _MARGIN:
            return None
        frequency = _frequency(word, self._language)
        if frequency >= self._options.max_frequency:
            return None
        similarity, name, term = near[0]
        return name, term, round(similarity, 1), frequency

    def _similarity(self, one: str, other: str, key: str, known: str) -> float:
        """Similarity, 0 to 100: the mean over letters and sounds; equal sounds always reach the
        configured minimum."""
        from rapidfuzz import fuzz

        letters, sounds = fuzz.ratio(one, other), fuzz.ratio(key, known)
        mean = (letters + sounds) / 2
        if key == known and letters >= _SOUNDING:
            return float(max(mean, self._options.min_similarity))
        return float(mean)


def undone(text: str, corrections: Sequence[Correction]) -> str:
    """The text of a segment as it was recognised, before its corrections, all of them in order."""
    for change in reversed(corrections):
        end = change.start + len(change.known)
        text = text[: change.start] + change.heard + text[end:]
    return text


def _single_names(glossary: Glossary, language: str) -> Iterator[tuple[str, Term]]:
    """The words of the names that are known to occur in the film, with their terms."""
    seen = set()
    for term in glossary.terms:
        if not term.hot or term.kind not in NAMES:
            continue
        for form in term.forms:
            for word in tokens(form.text) if form.language in (None, language) else ():
                if len(word.text) >= _SHORTEST and word.text not in seen:
                    seen.add(word.text)
                    yield word.text, term


def _frequency(word: str, language: str) -> float:
    return word_frequency.zipf(word, language) or 0.0
