"""How common words are: no language that is listed fails when a word is looked up."""

import pytest
import wordfreq

from subtitling.text import word_frequency


@pytest.mark.parametrize("language", sorted(wordfreq.available_languages()))
def test_every_language_answers_or_has_no_list(language: str) -> None:
    answer = word_frequency.zipf("radio", language)
    assert (answer is None) == (language not in word_frequency.listed())
    assert answer is None or 0 <= answer <= 9


def test_common_words_rank_above_rare_and_unknown_ones() -> None:
    the, cathedral, none = (word_frequency.zipf(w, "en") for w in ("the", "cathedral", "qzxv"))
    assert the and cathedral and the > 7 > cathedral > 3 > (none or 0) == 0
    assert word_frequency.zipf("the", "xx") is None
