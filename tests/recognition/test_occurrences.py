"""Whether a word that is also a name is one in its sentence."""

import pytest

from subtitling.recognition.occurrences import certain


def at(text: str, name: str, language: str) -> bool:
    start = text.index(name)
    return certain(text, start, start + len(name), language)


@pytest.mark.parametrize(
    ("text", "name", "language"),
    [
        ("Will you come?", "Will", "en"),
        ("Go on. Will you come?", "Will", "en"),
        ("He said, “Grace is needed.”", "Grace", "en"),
        ("- Faith moves mountains.", "Faith", "en"),
        ("We met in May.", "May", "en"),
        ("Oh my love Will you come", "Will", "en"),
        ("She flew to Jordan again.", "Jordan", "en"),
        ("They speak French at home.", "French", "en"),
        ("It is the Grace of God.", "Grace", "en"),
        ("the great Hope Diamond", "Hope", "en"),
        ("ALL WE NEED IS FAITH", "FAITH", "en"),
        ("What A Joy To See You", "Joy", "en"),
        ("Wir haben die Hoffnung verloren.", "Hoffnung", "de"),
        ("मेरी आशा टूट गई।", "आशा", "hi"),
        ("सूरज की किरण", "किरण", "hi"),
        ("मेरी बात सुनो", "मेरी", "hi"),
        ("राजकुमार आया", "राजकुमार", "hi"),
        ("आशा आली", "आशा", "mr"),
    ],
)
def test_a_word_in_doubt_is_a_word(text: str, name: str, language: str) -> None:
    assert not at(text, name, language)


@pytest.mark.parametrize(
    ("text", "name", "language"),
    [
        ("I saw Hope at the station.", "Hope", "en"),
        ("Is Grace here?", "Grace", "en"),
        ("Listen, Faith, I know.", "Faith", "en"),
        ("Ontem a Vitória chegou.", "Vitória", "pt"),
        ("Delfador came.", "Delfador", "en"),
        ("Will Turner is here.", "Will Turner", "en"),
        ("सांभा आया", "सांभा", "hi"),
        ("राज कुमार आया", "राज कुमार", "hi"),
    ],
)
def test_a_name_is_one_that_is_rare_or_has_a_capital_inside_a_sentence(
    text: str, name: str, language: str
) -> None:
    assert at(text, name, language)
