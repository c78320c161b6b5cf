"""Names in a track that is written in Latin letters from a script that has no capitals."""

from collections.abc import Callable, Iterator
from itertools import accumulate

from subtitling.documents import Glossary, Term, Transcript
from subtitling.film.glossary import NAMES, Finder, Match
from subtitling.recognition import occurrences
from subtitling.text import word_frequency
from subtitling.text.languages import join
from subtitling.text.spelling import sound, tokens

# Given names of India that are words of Hindi as well: only the sentence tells them apart, so that
# they keep small letters. Rarer ones are told by `occurrences`.
_WORDS = """
अमन अमर अमृत अर्चना आकाश आनंद आरती आशा उदय उषा कमल कमला करुणा कल्पना कविता कामना किरण कृपा
क्षमा खुशी गीत गीता गुलाब गौरव चंदन चंदा चमन चाँद छाया जगत जय जान जीवन जोश ज्ञान ज्योति
ज्वाला तारा तुलसी तेज दया दिल दीप दीपक दुर्गा देव देवी धर्म धीरज निशा नील नूर पवन पूजा पूनम
प्रकाश प्रतिभा प्रभात प्रिय प्रिया प्रीति प्रेम बादल बाला भक्ति भारत भारती भावना मंगल मधु मन
ममता माया मुक्ति मेघा मोती रंजन रचना रवि राजा राज रानी रूप रोशनी लक्ष्य लाल वंदना वर्षा
विकास विजय विद्या विनय विवेक विश्वास शक्ति शांति शान शाम शीतल शुभ श्रद्धा संगीत संतोष संध्या
सत्य सपना समय सागर साधना सिद्धि सुंदर सुधा सुमन सूरज सोना स्नेह हरि हीरा ठाकुर पंडित बाबा
गुरु
"""
_COMMONEST = 6.0  # on Zipf's scale, once in a thousand words: those are hardly ever names


def _is_name(text: str, start: int, end: int, language: str) -> bool:
    """Whether a word that the glossary has as a name is one here, and no word that is spelled
    alike. A wrong capital is a small harm, so that less is asked than of a translation."""
    name = text[start:end]
    if occurrences.certain(text, start, end, language):
        return True
    return name not in _WORDS.split() and (word_frequency.zipf(name, language) or 0) < _COMMONEST


def latin_names(
    transcript: Transcript, glossary: Glossary, write: Callable[[str], str]
) -> dict[str, tuple[str, str]]:
    """The names that the words hold, by the ids of the words: each as it stands in the
    word, and in Latin letters with a capital.

    The glossary's spelling is taken where it is known (सांभा is Sambha), if it sounds like the
    name; else that of `write`.
    """
    finder = Finder(glossary, transcript.language)
    terms = {term.id: term for term in glossary.terms if term.kind in NAMES}
    names = {}
    for segment in transcript.segments:
        texts = [word.text for word in segment.words]
        text = join(texts, transcript.language)
        space = len(join(["", ""], transcript.language))
        starts = [0, *accumulate(len(each) + space for each in texts)]
        for match in finder.find(text):
            term = terms.get(match.term)
            if not term or not _is_name(text, match.start, match.end, transcript.language):
                continue
            for start, name, latin in _parts(term, match, text, write):
                home = max(n for n in range(len(texts)) if starts[n] <= start)
                names[segment.words[home].id] = name, latin
    return names


def _parts(
    term: Term, match: Match, text: str, write: Callable[[str], str]
) -> Iterator[tuple[int, str, str]]:
    """The words of a name: where each begins in the text, as it stands there, and in Latin."""
    said = text[match.start : match.end]
    parts = tokens(said)
    known = next(
        (
            words
            for form in term.forms
            if form.script == "Latn" and match.how != "inflected"
            if len(words := form.text.split()) == len(parts)
            and sound(form.text.replace(" ", "")) == sound(said.replace(" ", ""))
        ),
        None,
    )
    for n, part in enumerate(parts):
        latin = known[n] if known else write(part.text)
        yield match.start + part.start, part.text, latin[:1].upper() + latin[1:]
