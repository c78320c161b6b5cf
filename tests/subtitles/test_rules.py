"""The table of reading rules."""

import json
from dataclasses import fields

import pytest

from lineage.problem import Problem
from subtitling.subtitles import rules
from subtitling.subtitles.rules import TABLE, Rules


def test_a_language_has_its_own_values_and_the_rest_of_all():
    table = rules.table("netflix", {})
    hindi = rules.of(table, "hi")
    assert (hindi.max_chars_per_second, hindi.max_chars_per_line, hindi.max_lines) == (22, 42, 2)
    assert rules.of(table, "xx") == Rules(**table["*"])


def test_changes_of_the_user_go_before_the_set():
    table = rules.table("bbc", {"*": {"max_lines": 1}, "hi": {"max_chars_per_line": 30}})
    assert rules.of(table, "hi").max_chars_per_line == 30
    assert rules.of(table, "en").max_chars_per_line == 37
    assert rules.of(table, "hi").max_lines == 1


def test_a_language_that_only_the_user_names_still_has_every_rule():
    assert rules.of(rules.table("bbc", {"sw": {"max_lines": 1}}), "sw").max_chars_per_line == 37


def test_an_unknown_set_names_those_there_are():
    with pytest.raises(Problem, match="no set 'nflx'; it has netflix, bbc"):
        rules.table("nflx", {})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hi": {"max_cpl": 30}}, "'max_cpl' was unexpected"),
        ({"hi": {"max_lines": 0}}, "hi.max_lines: 0 is less than"),
        ({"Hindi": {"max_lines": 1}}, "'Hindi': write hi for Hindi"),
    ],
)
def test_a_wrong_change_is_told(changes: dict, message: str):
    with pytest.raises(Problem, match=message):
        rules.table("netflix", changes)


def test_the_schema_describes_every_rule_and_no_other():
    schema = json.loads(TABLE.with_suffix(".schema.json").read_text("utf-8"))
    described = schema["$defs"]["some"]["properties"]
    assert set(described) == {field.name for field in fields(Rules)}
    assert set(schema["$defs"]["all"]["required"]) == set(described)


def test_whether_a_language_has_a_word_for_music_of_its_own_is_known():
    table = rules.table("netflix", {"sw": {"music_label": "[muziki]"}})
    assert [rules.of(table, code).music_label for code in ("hi", "sw", "xx")] == [
        "[संगीत]", "[muziki]", "[music]"
    ]  # fmt: skip
    assert [rules.has_own(table, c, "music_label") for c in ("hi", "sw", "xx", "en")] == [
        True, True, False, True
    ]  # fmt: skip


def test_a_track_is_given_the_rules_of_its_languages_only() -> None:
    table = rules.table("netflix", {"ta": {"max_lines": 1}})
    some = rules.rows(table, ["hi-Latn", "xx"])
    assert set(some) == {"*", "hi-Latn"}
    assert rules.of(some, "hi-Latn") == rules.of(table, "hi-Latn")
    assert rules.of(some, "xx") == rules.of(table, "xx")


def test_the_rules_of_a_tag_are_its_own_then_those_of_its_language_in_the_same_script() -> None:
    own = {"pt": {"max_lines": 1}, "pt-BR": {"max_chars_per_line": 40}, "zh": {"max_lines": 1}}
    table = rules.table("netflix", own)
    brazilian = rules.of(rules.rows(table, ["pt-BR"]), "pt-BR")
    assert (brazilian.max_lines, brazilian.max_chars_per_line) == (1, 40)
    assert brazilian.music_label == rules.of(table, "pt").music_label == "[música]"
    assert rules.of(table, "pt-PT").max_chars_per_line == 42
    # What holds for simplified letters does not hold for traditional ones.
    assert rules.of(table, "zh-Hans").max_lines == 1
    assert rules.of(table, "zh-TW") == rules.of(table, "zh-Hant")
    assert rules.of(table, "zh-Hant").max_lines == 2
    assert rules.of(table, "sr-Latn") == Rules(**table["*"])
