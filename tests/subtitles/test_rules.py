"""The table of reading rules."""

import json
from dataclasses import fields
from datetime import date
from fnmatch import fnmatch

import pytest

from lineage.problem import Problem
from subtitling.subtitles import rules
from subtitling.subtitles.frames import Frames
from subtitling.subtitles.rules import TABLE, Rules, audience_of


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
        True, True, False, False
    ]  # fmt: skip
    assert rules.of(table, "en").music_label == "[music]"  # as for all


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
    assert rules.of(table, "hi-Arab") == Rules(**table["*"])


def test_every_rule_of_every_set_has_a_document_and_the_date_it_was_read() -> None:
    import yaml

    for name, own in yaml.safe_load(TABLE.read_text("utf-8")).items():
        named = [rule for source in own["sources"].values() for rule in source["rules"]]
        assert all(isinstance(source["read"], date) for source in own["sources"].values())
        assert [r.name for r in fields(Rules) if not any(fnmatch(r.name, n) for n in named)] == []
        strange = [n for n in named if "*" not in n and n not in {r.name for r in fields(Rules)}]
        assert strange == [], name


@pytest.mark.parametrize(
    ("audience", "sdh", "speeds"),
    [
        ("adult", False, {"en": 20, "hi": 22, "ar": 20, "ko": 12, "zh-Hant": 9, "ja": 4, "de": 17}),
        ("adult", True, {"en": 20, "hi": 22, "ar": 20, "ko": 12, "zh-Hant": 9, "ja": 4, "de": 17}),
        ("sdh", False, {"en": 20, "hi": 25, "ar": 23, "ko": 14, "zh-Hant": 11, "ja": 7, "de": 20}),
        ("children", False, {"en": 17, "hi": 18, "ar": 17, "ko": 9, "zh": 7, "ja": 4, "de": 13}),
        ("children", True, {"en": 17, "hi": 20, "ar": 20, "ko": 11, "zh": 9, "ja": 7, "de": 17}),
    ],
)
def test_each_audience_reads_at_its_own_speed(audience: str, sdh: bool, speeds: dict) -> None:
    table = rules.table("netflix", {}, audience_of(audience, sdh))
    assert {tag: rules.of(table, tag).max_chars_per_second for tag in speeds} == speeds
    assert rules.of(table, "pt").max_chars_per_line == 42


def test_a_language_with_a_speed_of_its_own_has_one_for_every_audience() -> None:
    import yaml

    own = yaml.safe_load(TABLE.read_text("utf-8"))["netflix"]
    apart = {tag for tag, row in own.items() if tag not in ("sources", "audiences")
             and "max_chars_per_second" in row}  # fmt: skip
    assert {name: apart - set(rows) for name, rows in own["audiences"].items()} == {
        "children": set(), "sdh": set(), "children-sdh": set()
    }  # fmt: skip


def test_what_a_user_sets_holds_for_every_audience() -> None:
    table = rules.table("netflix", {"hi": {"max_chars_per_second": 15}}, "sdh")
    assert rules.of(table, "hi").max_chars_per_second == 15


def test_an_audience_that_a_set_does_not_know_is_refused() -> None:
    assert rules.of(rules.table("bbc", {}, "sdh"), "en").max_chars_per_second == 17
    with pytest.raises(Problem, match="the set bbc has no values for children; take adult"):
        rules.table("bbc", {}, "children")


@pytest.mark.parametrize(
    ("dashes", "tags"),
    [
        (("-", "-"), "en hi hi-Latn ta ur de ja zh sv"),
        (("- ", "- "), "pt pt-BR ar fr it es ko pl ru id th vi cs hu ro sk ms"),
        (("", "-"), "nl fi he sr sr-Latn"),
        (("", "- "), "bg"),
    ],
)
def test_two_speakers_have_the_dashes_of_their_language(dashes: tuple, tags: str) -> None:
    table = rules.table("netflix", {})
    assert {tag for tag in tags.split() if rules.of(table, tag).dashes != dashes} == set()


@pytest.mark.parametrize(
    ("rate", "half", "hold"),
    [(23.976, 12, 8), (24, 12, 8), (25, 13, 9), (29.97, 15, 10), (30, 15, 10), (50, 25, 18),
     (59.94, 30, 22), (60, 30, 22)],
)  # fmt: skip
def test_distances_from_cuts_scale_with_the_frame_rate(rate: float, half: int, hold: int) -> None:
    assert (Frames(rate).half_second, Frames(rate).hold) == (half, hold)


def test_rules_on_record_of_another_version_say_what_to_do():
    table = rules.rows(rules.table("netflix", {}), ["pt"])
    assert rules.recorded(table, "pt", "sholay") == rules.of(table, "pt")
    older = {
        tag: {k: v for k, v in row.items() if k != "speaker_dashes"} for tag, row in table.items()
    }
    with pytest.raises(Problem, match=r"speaker_dashes differ.*run snakemake sholay"):
        rules.recorded(older, "pt", "sholay")
