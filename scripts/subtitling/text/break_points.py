"""Break points of a text: how well it may be broken after each of its words.

The order of preference is that of the Netflix Timed Text Style Guide (General Requirements, line
treatment): after punctuation, before conjunctions and prepositions; never between article and noun,
first and last name, verb and auxiliary, subject pronoun or negation.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import accumulate
from typing import Any

from subtitling.text.languages import primary, script_of, unspaced
from subtitling.text.sentences import (
    End,
    ends_clause,
    ends_of,
    ends_sentence,
    shortened,
)


class BreakPoint(IntEnum):
    """The kind of boundary between a word and the next, from the best break to the worst."""

    SENTENCE = 0
    CLAUSE = 1
    PHRASE = 2
    PLAIN = 3
    BOUND = 4


@dataclass(frozen=True)
class Small:
    """Function words of a language, folded.

    `forward` bind to the next word, `back` to the one before; a phrase begins with one of `begin`.
    `either` bind forward unless a phrase begins after them (`it`, subject or object).
    """

    forward: frozenset[str]
    back: frozenset[str]
    begin: frozenset[str]
    either: frozenset[str] = frozenset()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _small(determiners: str, leads: str, verbs: str, back: str = "", either: str = "") -> Small:
    """Function words; `leads` (conjunctions, prepositions) begin a phrase and bind forward."""
    return Small(
        _words(f"{determiners} {leads} {verbs}"), _words(back), _words(leads), _words(either)
    )


_ENGLISH = _small(
    "a an the this these those my your his its our their no some any every each another both all",
    "and but or nor because although though unless until while when where whether if that which"
    " who whom whose since than as of in on at to for with by from into onto over under through"
    " between among against about after before during without within upon toward towards",
    "i he she we they am is are was were be been being has have had having do does did will would"
    " shall should can could may might must cannot not never",
    "hundred thousand million billion percent o'clock",
    "it you her",
)
# Hindi and Urdu share one grammar in two scripts, which recognisers mix up.
_HINDUSTANI = _small(
    "यह वह ये वे इस उस इन उन एक हर कोई कुछ मेरा मेरी मेरे तेरा तेरी तेरे हमारा हमारी हमारे आपका आपकी"
    " आपके तुम्हारा तुम्हारी तुम्हारे अपना अपनी अपने सभी प्रत्येक بہت یہ وہ اس ان ایک ہر کوئی کچھ میرا"
    " میری میرے ہمارا ہماری ہمارے تمہارا تمہاری تمہارے اپنا اپنی اپنے",
    "और कि लेकिन मगर क्योंकि इसलिए ताकि जब जो जिस जिसे जिसमें जिससे जहाँ जहां अगर यदि या बल्कि चूंकि चूँकि"
    " तथा एवं किन्तु परन्तु किंतु परंतु اور کہ لیکن مگر کیونکہ تاکہ جب جو جس جہاں اگر یا بلکہ",
    "नहीं न मत मैं हम तू तुम نہیں مت میں ہم تم",
    "ने को का की के में से पर तक पे लिए द्वारा साथ वाला वाली वाले भी ही जी साहब सौ हज़ार हजार लाख"
    " करोड़ है हैं था थे थी थीं हूँ हूं हो गा गे गी रहा रहे रही गया गए गये गई गयी चुका चुके चुकी"
    " सकता सकते सकती जाता जाते जाती जाए दिया दी दिए लिया ली होगा होगी होंगे चाहिए"
    " نے کو کا کی کے سے پر تک لیے لئے ساتھ والا والی والے بھی ہی جی صاحب سو ہزار لاکھ کروڑ ہے ہیں"
    " تھا تھے تھی تھیں ہوں ہو گا گے گی رہا رہے رہی گیا گئے گئی چکا چکے چکی سکتا سکتے سکتی جاتا"
    " جاتے جاتی دیا دی دیے لیا لی ہوگا ہوگی چاہیے",
)
_SMALL = {
    "en": _ENGLISH,
    "hi": _HINDUSTANI,
    "ur": _HINDUSTANI,
    "pt": _small(
        "o a os as um uma uns umas este esta estes estas esse essa aquele aquela meu minha seu sua"
        " seus suas nosso nossa cada todo toda",
        "e mas ou nem porque embora se quando enquanto onde que de do da dos das em no na nos nas"
        " por pelo pela para com sem sobre entre até desde como ao à aos às",
        "eu tu ele ela nós eles elas é são era eram foi foram será está estão estava tem têm tinha"
        " havia vai vou não nunca me te lhe",
        "mil milhões cento",
    ),
    "es": _small(
        "el la los las un una unos unas este esta estos estas ese esa aquel aquella mi tu su sus"
        " nuestro nuestra cada todo toda",
        "y e pero o u ni porque aunque si cuando mientras donde que de del en a al por para con sin"
        " sobre entre hasta desde como",
        "yo él ella nosotros ellos ellas es son era eran fue fueron será está están estaba ha han"
        " había va voy no nunca me te se le les",
        "mil millones cien",
    ),
    "fr": _small(
        "le la les un une des ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos"
        " leur leurs chaque tout toute",
        "et mais ou ni car parce si quand lorsque où que qui dont de du en à au aux par pour avec"
        " sans sur sous entre chez dans depuis comme",
        "je tu il elle on nous vous ils elles est sont était étaient fut sera a ont avait va vais"
        " ne pas jamais me te se lui",
        "mille millions cent pas",
    ),
    "it": _small(
        "il lo la i gli le un uno una questo questa questi queste quel quella mio mia suo sua"
        " nostro nostra ogni tutto tutta",
        "e ed ma o né perché anche se quando mentre dove che di del della dei delle in nel nella a"
        " al alla da dal dalla per con su sul sulla senza tra fra fino come",
        "io tu egli lui lei noi loro è sono era erano fu sarà sta ha hanno aveva va non mai mi ti"
        " si ci",
        "mila milioni cento",
    ),
    "de": _small(
        "der die das den dem des ein eine einen einem einer eines dieser diese dieses mein meine"
        " sein seine ihr ihre unser unsere jeder jede jedes kein keine",
        "und aber oder denn weil obwohl wenn als während wo dass ob wer von in im an am auf zu zum"
        " zur für mit ohne bei aus nach über unter zwischen bis seit durch gegen wie",
        "ich du er es wir sie nicht nie",
        "tausend millionen hundert",
    ),
    "pa": _small("ਇਹ ਉਹ ਇੱਕ", "ਅਤੇ ਤੇ ਪਰ ਕਿ ਜੇ ਜਦੋਂ", "ਨਹੀਂ", "ਨੇ ਨੂੰ ਦਾ ਦੀ ਦੇ ਵਿੱਚ ਤੋਂ ਨਾਲ ਹੈ ਹਨ ਸੀ ਸਨ"),
    "mr": _small("हा ही हे तो ती ते एक", "आणि पण की जर जेव्हा", "नाही", "आहे आहेत होता होती साठी मध्ये"),
    "gu": _small("આ તે એક", "અને પણ કે જો જ્યારે", "નથી", "છે હતો હતી હતું હતા માટે"),
}  # fmt: skip
_NONE = Small(frozenset(), frozenset(), frozenset())
_CONTRACTED = ("n't", "'ll", "'re", "'ve", "'m")  # don't, we'll: their verb comes next
# Nouns are written with capitals, so that two capitals in a row make no name.
_CAPITAL_NOUNS = frozenset({"de"})
# A space ends a clause in these, which write none between words.
_SPACE_ENDS_CLAUSE = frozenset({"th", "lo", "km"})


def joints(texts: Sequence[str], language: str) -> list[BreakPoint]:
    """The break point after each text; after the last one it is SENTENCE."""
    if not texts:
        return []
    find = _unspaced if unspaced(language) else _spaced
    return [*find(texts, language), BreakPoint.SENTENCE]


def _spaced(texts: Sequence[str], language: str) -> list[BreakPoint]:
    language = primary(language)
    small = _SMALL.get(language, _NONE)
    bare = [_bare(text) for text in texts]
    ends = ends_of(texts, language)
    break_points = []
    for n in range(len(texts) - 1):
        if ends[n] is End.CERTAIN:
            break_points.append(BreakPoint.SENTENCE)
        elif _pauses(texts[n], language):
            break_points.append(BreakPoint.CLAUSE)
        elif _binds(texts[n], texts[n + 1], bare[n], bare[n + 1], small, language):
            break_points.append(BreakPoint.BOUND)
        else:
            break_points.append(
                BreakPoint.PHRASE if bare[n + 1] in small.begin else BreakPoint.PLAIN
            )
    return break_points


def _pauses(text: str, language: str) -> bool:
    """Whether a clause ends with a word, or a quoted or unfinished sentence."""
    return ends_clause(text) or (ends_sentence(text) and not shortened(text, language))


def _binds(text: str, after: str, bare: str, then: str, small: Small, language: str) -> bool:
    if bare in small.forward or then in small.back:
        return True
    if bare in small.either and then not in small.begin:
        return True
    if language == "en" and bare.endswith(_CONTRACTED):
        return True
    number = bare[-1:].isdecimal()
    name = (
        language not in _CAPITAL_NOUNS
        and text[:1].isupper()
        and after[:1].isupper()
        and min(len(bare), len(then)) > 1
        and not then.startswith("i'")
    )
    return shortened(text, language) or number or name


def _bare(text: str) -> str:
    """A word folded, without the punctuation around it; `re` would also strip vowel signs."""
    kept = [n for n, c in enumerate(text) if unicodedata.category(c)[0] in "LMN"]
    inner = text[kept[0] : kept[-1] + 1] if kept else ""
    return inner.replace("’", "'").casefold()


def _unspaced(texts: Sequence[str], language: str) -> list[BreakPoint]:
    """Break points at BudouX's phrase ends, for the languages that it has a model of."""
    ends = set(accumulate(map(len, _phrases("".join(texts), language))))
    at = list(accumulate(map(len, texts)))
    break_points = []
    ended = ends_of([text.rstrip() for text in texts], language)
    for n, text in enumerate(texts[:-1]):
        if ended[n] is End.CERTAIN:
            break_points.append(BreakPoint.SENTENCE)
        elif ends_clause(text.rstrip()) or (
            text.endswith(" ") and primary(language) in _SPACE_ENDS_CLAUSE
        ):
            break_points.append(BreakPoint.CLAUSE)
        elif not ends:
            break_points.append(BreakPoint.PLAIN)
        else:
            break_points.append(BreakPoint.PHRASE if at[n] in ends else BreakPoint.BOUND)
    return break_points


def _phrases(text: str, language: str) -> list[str]:
    parser = _parser(language)
    return parser.parse(text) if parser else []


@cache
def _parser(language: str) -> Any:
    """BudouX's parser; None for a language without a model (Lao, Khmer, Burmese, Tibetan)."""
    import budoux

    traditional = primary(language) == "zh" and script_of(language) == "Hant"
    load = {
        "ja": budoux.load_default_japanese_parser,
        "zh": budoux.load_default_simplified_chinese_parser,
        "yue": budoux.load_default_traditional_chinese_parser,
        "th": budoux.load_default_thai_parser,
    }.get("yue" if traditional else primary(language))
    return load() if load else None
