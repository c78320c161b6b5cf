"""What a language's spelling leaves open is no difference; another word is one."""

import pytest

from subtitling.alignment import same_words


@pytest.mark.parametrize(
    ("first", "second", "language", "expected"),
    [
        # Signs that may be left out or written otherwise.
        ("ज़िंदगी", "जिंदगी", "hi", True),
        ("हिन्दी", "हिंदी", "hi", True),
        ("माँ", "मां", "hi", True),
        ("सम्बन्ध", "संबंध", "hi", True),
        ("సంబంధం", "సమ్బన్ధం", "te", True),
        ("અંત", "અન્ત", "gu", True),
        ("அது", "அது", "ta", True),
        ("അവൻ", "അവന്\u200d", "ml", True),
        ("উৎসব", "উত্সব", "bn", True),
        ("کتاب", "كتاب", "ur", True),
        # Two spellings of the language.
        ("गये", "गए", "hi", True),
        ("गयीं", "गईं", "hi", True),
        ("दुःख", "दुख", "hi", True),
        # Numbers.
        ("25", "पच्चीस", "hi", True),
        ("२५", "25", "hi", True),
        ("1,000", "एक हज़ार", "hi", True),
        ("twenty-five", "25", "en", True),
        # Another script.
        ("school", "स्कूल", "hi", True),
        ("London", "लंदन", "hi", True),
        ("doctor", "डॉक्टर", "hi", True),
        ("bus", "பஸ்", "ta", True),
        # Joined and parted, with the signs of a sentence.
        ("होगया", "हो गया", "hi", True),
        ("धीरे-धीरे", "धीरे धीरे", "hi", True),
        ("Hello,", "hello", "en", True),
        # Other words, of one letter's difference.
        ("ये", "ए", "hi", False),
        ("कल", "काल", "hi", False),
        ("मैं", "में", "hi", False),
        ("है", "हैं", "hi", False),
        ("दिन", "दीन", "hi", False),
        ("25", "छब्बीस", "hi", False),
        ("avó", "avô", "pt", False),
        ("য", "য়", "bn", False),
        ("cat", "डॉक्टर", "hi", False),
        ("—", "है", "hi", False),
    ],
)
def test_same(first: str, second: str, language: str, expected: bool) -> None:
    assert same_words.same(first, second, language) is expected
    assert same_words.same(second, first, language) is expected


def pairs(first: str, second: str, language: str) -> list[tuple[str, str, bool]]:
    one, other = first.split(), second.split()
    return [
        (" ".join(one[p.first : p.first_end]), " ".join(other[p.second : p.second_end]), p.same)
        for p in same_words.aligned(one, other, language)
    ]


def test_texts_are_paired_with_the_fewest_differences() -> None:
    assert pairs("वह घर होगया था 25 साल", "वो घर हो गया था पच्चीस साल पहले", "hi") == [
        ("वह", "वो", False),
        ("घर", "घर", True),
        ("होगया", "हो गया", True),
        ("था", "था", True),
        ("25", "पच्चीस", True),
        ("साल", "साल", True),
        ("", "पहले", False),
    ]
    assert pairs("", "one two", "en") == [("", "one", False), ("", "two", False)]
    assert pairs("", "", "en") == []


def test_differences_are_joined_between_words_that_are_the_same() -> None:
    pairings = same_words.differences(
        same_words.aligned(
            ["for", "good", "author", "evil"], ["for", "good", "or", "for", "evil"], "en"
        )
    )
    assert pairings == [same_words.Pairing(2, 3, 2, 4, False)]
    # What may be the same word is none at another time.
    assert [
        pair.same for pair in same_words.aligned(["no"], ["no"], "en", lambda _a, _b: False)
    ] == [False]


@pytest.mark.parametrize(
    ("said", "heard", "expected"),
    [
        ("हिन्दी में 25 लोग", "हिंदी में पच्चीस लोग", 0.0),
        ("हिन्दी में 25 लोग", "हिंदी मैं पच्चीस लोग", 1 / 4),
        ("वह आया", "वह", 1 / 2),
        ("वह", "वह आया और गया", 3.0),
        ("", "", 0.0),
    ],
)
def test_the_error_rate_leaves_spellings_out(said: str, heard: str, expected: float) -> None:
    assert same_words.error_rate([said], [heard], "hi") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("ମୁଁ ଭଲ ଅଛି", "or", 1.0),
        ("mun bhala achhi", "or", 0.0),
        ("ଭଲ ok", "or", 0.5),
        ("123 …", "or", 1.0),
        ("നല്ല दिन", "ml", 0.5),
    ],
)
def test_fidelity_is_the_share_of_letters_in_the_languages_script(
    text: str, language: str, expected: float
) -> None:
    assert same_words.fidelity(text, language) == pytest.approx(expected, abs=0.1)
