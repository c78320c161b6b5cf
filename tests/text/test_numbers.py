"""Numbers in digits: those that a translation holds or garbles, and their correction."""

import pytest

from subtitling.text.numbers import compared, corrected, numbers, written


def right(source: str, target: str, languages: tuple[str, str] = ("en", "pt")) -> str:
    """The target with garbled digits corrected."""
    return corrected(target, compared(source, target)[1], *languages)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("in 1975, 2024.", ["1975", "2024"]),
        ("5,00,000 and 500.000,5", ["500000", "5000005"]),
        ("५,००० रुपये", ["5000"]),
        ("i18n, R2D2, 3 and 16th", ["3", "16"]),
        ("five lakh", []),
        ("4 374 ou 4’374, 1947 500", ["4374", "4374", "1947", "500"]),
    ],
)
def test_numbers_are_digits_of_any_script(text: str, digits: list[str]) -> None:
    assert [n.digits for n in numbers(text)] == digits


@pytest.mark.parametrize(
    ("source", "target", "better"),
    [
        ("Born in 1859.", "Nascido em 1895.", "Nascido em 1859."),
        ("Call 9876543210!", "Ligue 987654321!", "Ligue 9876543210!"),
        ("It costs 12,345.", "Custa 12.354.", "Custa 12.345."),
        ("Ticket 00742.", "Bilhete 00724.", "Bilhete 00742."),
        ("1947 में", "em 1974", "em 1947"),
        ("२०२४ में", "em 2042", "em 2024"),
        ("from 82.50.72.202", "de 82.50.7222", "de 82.50.72.202"),
    ],
)
def test_digits_that_another_number_stands_for_are_put_right_in_place(
    source: str, target: str, better: str
) -> None:
    assert compared(source, target)[0] == []
    assert right(source, target) == better


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("They asked for two and a half million.", "Pediram 2,5 milhões."),
        ("It is 1,500,000.", "É 1,5 milhão."),
        ("port 1723", "le port 1 723"),
        ("6 553 600 lignes", "6,553,600 lines"),
        ("32,000 keys", "32 mil chaves"),
        ("It costs $1,500.50.", "Custa $1.500.50."),
        ("The train leaves at 5 p.m.", "O trem parte às 17:00."),
        ("At 10.30 tonight.", "Às 22.30 desta noite."),
        ("In the 16th century.", "No século XVI."),
        ("He was born in 1859.", "Nasceu no ano de mil oitocentos e cinquenta e nove."),
        ("In nineteen forty-seven 5000 came.", "Em 1947 vieram cinco mil."),
        ("5,00,000 rupees", "500.000 rúpias"),
        ("5000 or 6000", "5000 ou 6000"),
        ("From 1939 to 1945", "De 1945 a 1939"),
        ("100 crore", "1 bilhão"),
        ("नौ दो ग्यारह", "9, 2 e 11"),
    ],
)
def test_what_is_right_or_not_certainly_wrong_stays(source: str, target: str) -> None:
    assert right(source, target) == target


@pytest.mark.parametrize(
    ("number", "source", "target", "text"),
    [
        ("1947", "en", "pt", "1947"),
        ("007", "en", "pt", "007"),
        ("9876543210", "hi", "pt", "9876543210"),
        ("12,34,567", "hi", "en", "12,34,567"),
        ("1,234,567.5", "en", "pt", "1.234.567,5"),
        ("1.234.567,5", "pt", "en", "1,234,567.5"),
        ("2.50", "en", "pt", "2,50"),
        ("82.50.72.202", "en", "pt", "82.50.72.202"),
        ("१९४७", "hi", "en", "1947"),
    ],
)
def test_digits_keep_their_form(number: str, source: str, target: str, text: str) -> None:
    assert written(number, source, target) == text
