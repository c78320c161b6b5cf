"""Numbers in texts, as values: in digits of any script, in words of Hindi and English, with the
units of either way of counting, so that `पाँच लाख`, `5 lakh` and `500,000` are one amount."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from subtitling.spelling import plain

# 500.000,5 where others write 500,000.5
_DECIMAL_COMMAS = """
az be bg bs ca cs da de el es et eu fi fr gl hr hu id is it ka kk lt lv mk nb nl nn no pl pt ro ru
sk sl sq sr sv tr uk uz vi
"""
_DECIMAL_COMMA = frozenset(_DECIMAL_COMMAS.split())
_INDIANS = "as bn brx doi gu hi kn kok ks mai ml mni mr ne or pa sa sat sd ta te ur"
_INDIAN = frozenset(_INDIANS.split())
_HUNDRED = Decimal(100)
_UNITS = {
    1000: "thousand thousands हज़ार हजार ہزار হাজার હજાર ਹਜ਼ਾਰ mil",
    100_000: "lakh lakhs lac lacs लाख لاکھ লাখ লক্ষ લાખ ਲੱਖ லட்சம் లక్ష లక్షల ಲಕ್ಷ ലക്ഷം ଲକ୍ଷ",
    1_000_000: "million millions milhão milhões millón millones मिलियन",
    10_000_000: "crore crores करोड़ कोटी کروڑ কোটি કરોડ ਕਰੋੜ கோடி కోటి కోట్ల ಕೋಟಿ കോടി କୋଟି",
    1_000_000_000: "billion billions अरब ارب",
}
_PLURAL = "hundreds thousands lakhs lacs millions milhões millones crores billions"
_PLURALS = frozenset(_PLURAL.split())
_HINDI = """
शून्य एक दो तीन चार पाँच छह सात आठ नौ दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस बीस इक्कीस
बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस
अड़तीस उनतालीस चालीस इकतालीस बयालीस तैंतालीस चौवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास पचास
इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ
अड़सठ उनहत्तर सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी अस्सी इक्यासी
बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे
छियानवे सत्तानवे अट्ठानवे निन्यानवे
"""
_VARIANTS = {
    "छः": 6, "छे": 6, "छै": 6, "पन्द्रह": 15, "अट्ठारह": 18, "बाइस": 22, "तेइस": 23, "सत्ताइस": 27,
    "अट्ठाइस": 28, "इकत्तीस": 31, "चवालीस": 44, "इक्यानबे": 91, "बानबे": 92, "पंचानवे": 95,
}  # fmt: skip
_ENGLISH = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
sixteen seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_HALVES = {"डेढ़": Decimal("1.5"), "ढाई": Decimal("2.5")}
_AND_A_HALF = "साढ़े"
# Alone, `one` and `एक` are articles and pronouns, and दो is `give` too.
_SMALLEST_WORD = 3
WORDED = frozenset({"en", "hi"})


@dataclass(frozen=True)
class Amount:
    """A number in a text, at `text[start:end]`."""

    start: int
    end: int
    value: Decimal


def amounts(text: str, language: str) -> list[Amount]:
    """The numbers of a text in order. Words are known of Hindi and English; small ones that are
    often no numbers (`one`, दो) count only before a unit."""
    found = []
    run = _Run()
    for start, end, word in _words(text):
        read = _read(word, language)
        if not run.takes(read):
            found += run.amount()
            run = _Run()
            if not run.takes(read):
                continue
        run.add(read, start, end)
    return [*found, *run.amount()]


def written(value: Decimal, source: str, target: str) -> str:
    """A number as the target language writes it: in lakhs and crores in Indian languages, and in
    English where the source is one."""
    if target in _INDIAN or (target == "en" and source in _INDIAN):
        for unit in (10_000_000, 100_000):
            if value >= unit and value % (unit // 100) == 0:
                word = _unit_word(unit, target)
                if word:
                    return f"{(value / unit).normalize():f} {word}"
    whole, _, part = f"{value.normalize():f}".partition(".")
    comma, point = (".", ",") if target in _DECIMAL_COMMA else (",", ".")
    grouped = f"{int(whole):,}".replace(",", comma)
    return f"{grouped}{point}{part}" if part else grouped


def _unit_word(unit: int, language: str) -> str | None:
    from subtitling.languages import script_of
    from subtitling.spelling import script

    wanted = script_of(language)
    return next((word for word in _UNITS[unit].split() if script(word) == wanted), None)


class _Run:
    """Words that may make up one number: what stands before the next unit, and the sum so far."""

    def __init__(self) -> None:
        self.start = self.end = -1
        self.total = Decimal(0)
        self.current: Decimal | None = None
        self.last_unit: Decimal | None = None
        self.half = Decimal(0)
        self.certain = self.worded = False
        self.unit_end = -1

    def takes(self, read: "tuple[str, Decimal] | None") -> bool:
        if read is None:
            return False
        kind, value = read
        if kind in ("digits", "half", "and a half"):
            return self.current is None and (self.last_unit is None or kind == "digits")
        if kind == "small":
            tens = self.current is not None and self.current % 100 >= 20 and value < 10
            return self.current is None or (self.current % 100 == 0 and self.current > 0) or (
                tens and self.current % 10 == 0
            )  # fmt: skip
        if kind == "plural":
            return self.current is not None
        below = self.last_unit is None or value < self.last_unit
        return below and (self.current is not None or self.start < 0)

    def add(self, read: "tuple[str, Decimal] | None", start: int, end: int) -> None:
        assert read
        kind, value = read
        self.start = start if self.start < 0 else self.start
        self.end = end
        self.worded = kind == "small"
        self.certain |= kind in ("digits", "half", "unit", "plural")
        if kind in ("digits", "half"):
            self.current = value
        elif kind == "and a half":
            self.half = value
        elif kind == "small":
            self.current = (self.current or 0) + value
        elif value == _HUNDRED:
            self.current = (Decimal(1) if self.current is None else self.current) * value
        else:
            count = Decimal(1) if self.current is None else self.current
            self.total += (count + self.half) * value
            self.current, self.half, self.last_unit = None, Decimal(0), value
            self.unit_end = end

    def amount(self) -> list[Amount]:
        if self.unit_end > 0 and self.worded and (self.current or 3) < _SMALLEST_WORD:
            self.current, self.end = None, self.unit_end  # पाँच लाख दो: give five lakhs
        value = self.total + (self.current or 0) + self.half
        if self.start < 0 or (not self.certain and value < _SMALLEST_WORD):
            return []
        return [Amount(self.start, self.end, value)]


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    import regex

    for found in regex.finditer(r"\d[\d.,]*(?<=\d)|[\p{L}\p{M}\u200c\u200d]+", text):
        yield found.start(), found.end(), found[0]


def _read(word: str, language: str) -> "tuple[str, Decimal] | None":
    if word[0].isdecimal():
        value = _digits(word, language)
        return None if value is None else ("digits", value)
    return _vocabulary().get(plain(word)) if word != "mil" or language in ("pt", "es") else None


def _digits(word: str, language: str) -> Decimal | None:
    """The value of digits of any script. Groups of two and three between separators are thousands
    or lakhs; None for what is no number, as 1.2.3."""
    ascii_only = "".join(str(unicodedata.digit(c)) if c.isdecimal() else c for c in word)
    comma, point = (".", ",") if language in _DECIMAL_COMMA else (",", ".")
    whole, _, part = ascii_only.partition(point)
    groups = whole.split(comma)
    if point in part or comma in part:
        return None
    if len(groups) > 1 and not (
        len(groups[-1]) == 3 and all(len(g) in (2, 3) for g in groups[1:]) and len(groups[0]) <= 3
    ):
        return None
    return Decimal("".join(groups) + (f".{part}" if part else ""))


@cache
def _vocabulary() -> dict[str, tuple[str, Decimal]]:
    known: dict[str, tuple[str, Decimal]] = {}
    for words in (_HINDI.split(), _ENGLISH.split()):
        known |= {plain(word): ("small", Decimal(n)) for n, word in enumerate(words)}
    known |= {plain(word): ("small", Decimal(n)) for word, n in _VARIANTS.items()}
    known |= {word: ("small", Decimal(10 * n)) for n, word in enumerate(_TENS.split(), 2)}
    known |= {plain(word): ("half", value) for word, value in _HALVES.items()}
    known[plain(_AND_A_HALF)] = ("and a half", Decimal("0.5"))
    for word in ("hundred", "सौ", "hundreds"):
        known[plain(word)] = ("plural" if word in _PLURALS else "unit", _HUNDRED)
    for unit, words_of_it in _UNITS.items():
        for word in words_of_it.split():
            known[plain(word)] = ("plural" if word in _PLURALS else "unit", Decimal(unit))
    return known
