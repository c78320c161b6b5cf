"""Numbers as values: digits of any script, words of Hindi and English, lakh and crore."""

from decimal import Decimal

import pytest

from subtitling.amounts import amounts, written


@pytest.mark.parametrize(
    ("text", "language", "values"),
    [
        ("It cost 5 lakh.", "en", ["500000"]),
        ("five lakh rupees", "en", ["500000"]),
        ("पाँच लाख रुपये", "hi", ["500000"]),
        ("पांच लाख रुपए", "hi", ["500000"]),
        ("५ लाख", "hi", ["500000"]),
        ("5,00,000", "hi", ["500000"]),
        ("500,000", "en", ["500000"]),
        ("500.000", "pt", ["500000"]),
        ("2,5 milhões", "pt", ["2500000"]),
        ("2.5 crore", "en", ["25000000"]),
        ("डेढ़ लाख", "hi", ["150000"]),
        ("ढाई सौ", "hi", ["250"]),
        ("साढ़े तीन करोड़", "hi", ["35000000"]),
        ("दो करोड़ तीन लाख पच्चीस हज़ार", "hi", ["20325000"]),
        ("twenty five thousand two hundred", "en", ["25200"]),
        ("सौ रुपये", "hi", ["100"]),
        ("in 1975 and 2024", "en", ["1975", "2024"]),
        ("10, 20 or 30", "en", ["10", "20", "30"]),
        ("हजार", "hi", ["1000"]),
        ("দশ 5 লাখ", "bn", ["500000"]),
    ],
)
def test_numbers_are_read_as_values(text: str, language: str, values: list[str]) -> None:
    assert [a.value for a in amounts(text, language)] == [Decimal(v) for v in values]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("One of them told one story.", "en"),
        ("एक दिन मुझे दो", "hi"),
        ("thousands of people", "en"),
        ("version 1.2.3", "en"),
        ("", "en"),
        ("mil", "en"),
    ],
)
def test_what_is_often_no_number_is_none(text: str, language: str) -> None:
    assert amounts(text, language) == []


def test_a_number_knows_its_place() -> None:
    (found,) = amounts("उसने पाँच लाख दिए", "hi")
    assert "उसने पाँच लाख दिए"[found.start : found.end] == "पाँच लाख"


@pytest.mark.parametrize(
    ("value", "source", "target", "text"),
    [
        ("500000", "hi", "en", "5 lakh"),
        ("25000000", "hi", "en", "2.5 crore"),
        ("500000", "pt", "en", "500,000"),
        ("500000", "hi", "pt", "500.000"),
        ("2500000", "en", "hi", "25 लाख"),
        ("150000", "hi", "en", "1.5 lakh"),
        ("1234567", "hi", "en", "1,234,567"),
        ("2.5", "en", "pt", "2,5"),
        ("300", "hi", "en", "300"),
    ],
)
def test_a_number_is_written_as_its_readers_do(
    value: str, source: str, target: str, text: str
) -> None:
    assert written(Decimal(value), source, target) == text
