"""What `quality` chooses, by level, device, memory, language and store."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from house import ROOT, raw_configured

from subtitling import documents
from subtitling.models import catalogue, licences
from subtitling.runtime import devices
from subtitling.translation import routes
from subtitling.workflow import levels, sizing
from subtitling.workflow.levels import ENGINES, Film, Host, Pick

INDIC = {f"indictrans2-{family}" for family in ("indic-en", "en-indic", "indic-indic")}
SHIPPED = catalogue.load(ROOT / "config" / "models.yaml")
LISTED = {"whisper-base", "whisper-small", "whisper-medium", "whisper-large-v3"} | INDIC
HINDI = Film("hi", ("en",))


def config(level: str = "standard", device: str = "cpu", **sections: Any) -> dict[str, Any]:
    """The configuration of a level, with some keys of sections."""
    made = raw_configured() | {"quality": level, "device": device}
    return made | {name: made[name] | keys for name, keys in sections.items()}


def host(memory_mb: int | None, *store: str, device: str = "cpu", built: bool = True) -> Host:
    return Host(device, memory_mb, frozenset(store), frozenset(["indictrans2"] if built else []))


def recogniser(level: str, at: Host, film: Film = HINDI) -> Pick:
    return levels.choose(config(level, at.device), at, film, LISTED).picks["recogniser"]


@pytest.mark.parametrize(
    ("level", "at", "chosen"),
    [
        ("draft", host(64_000, "whisper-large-v3"), "whisper-base"),
        ("standard", host(64_000), "whisper-base"),
        ("standard", host(64_000, "whisper-small"), "whisper-small"),
        ("standard", host(64_000, "whisper-large-v3"), "whisper-base"),  # too slow on a CPU
        ("best", host(64_000, "whisper-large-v3", "whisper-small"), "whisper-large-v3"),
        ("best", host(15_000, "whisper-large-v3", "whisper-small"), "whisper-small"),
        ("best", host(3_000, "whisper-large-v3", "whisper-small"), "whisper-base"),
        ("best", host(64_000, "my-own"), "whisper-base"),
        ("standard", host(8_300, "whisper-large-v3", device="cuda"), "whisper-large-v3"),
        ("standard", host(6_400, "whisper-large-v3", device="cuda"), "whisper-base"),
        ("best", host(6_400, "whisper-large-v3", device="cuda"), "whisper-large-v3"),
        (
            "best",
            host(4_200, "whisper-large-v3", "whisper-medium", device="cuda"),
            "whisper-medium",
        ),
        # A cluster's nodes can't be seen from where it is submitted.
        ("best", host(None, "whisper-large-v3", device="cuda"), "whisper-large-v3"),
    ],
)
def test_the_best_that_fits_and_is_in_the_store(level: str, at: Host, chosen: str) -> None:
    assert recogniser(level, at).name == chosen


def test_why_there_is_no_better_one() -> None:
    assert recogniser("best", host(64_000, "whisper-large-v3")).why == "the best of level best"
    assert recogniser("draft", host(64_000)).why == "the best of level draft"
    assert recogniser("best", host(8_300, "whisper-small")).why == (
        "whisper-medium would be better and is not in the store: `sutradhar models get best` on a "
        "machine with a network; whisper-large-v3 needs 16 GB of memory, this host has 8.3 GB"
    )
    small = recogniser("best", host(4_200, "whisper-medium", device="cuda"))
    assert small.why == "whisper-large-v3 needs 6 GB of GPU memory, this host has 4.2 GB"


def test_a_film_keeps_its_model_when_it_is_removed_and_gets_a_better_one_when_that_comes() -> None:
    old = Film("hi", ("en",), made_with=frozenset(["whisper-medium"]))
    assert recogniser("best", host(64_000, "whisper-small"), old).name == "whisper-medium"
    assert recogniser("best", host(64_000, "whisper-large-v3"), old).name == "whisper-large-v3"
    # Not where the level has changed, or the machine.
    assert recogniser("standard", host(64_000, "whisper-small"), old).name == "whisper-small"
    assert recogniser("best", host(7_000, "whisper-small"), old).name == "whisper-small"


def test_a_key_that_is_written_goes_before_the_level() -> None:
    own = config(
        "best",
        asr={"model": "whisper-tiny"},
        separation={"model": "htdemucs"},
        translation={"engines": {"*-en": "nllb"}, "beam_size": 3},
    )
    choice = levels.choose(own, host(64_000, "whisper-large-v3"), HINDI, LISTED)
    assert (choice.recogniser, choice.separation) == ("whisper-tiny", "htdemucs")
    assert (choice.engines, choice.beam_size) == ((("*-en", "nllb"),), 3)
    assert choice.picks == {}


@pytest.mark.parametrize(
    ("film", "at", "more"),
    [
        (HINDI, host(64_000, "whisper-small", *INDIC), {"hi-en": "indictrans2"}),
        # What the smallest Whisper hears is no text to translate; a film's own text is.
        (HINDI, host(64_000, *INDIC), {}),
        (Film("hi", ("en",), is_heard=False), host(64_000, *INDIC), {"hi-en": "indictrans2"}),
        (
            Film("ta", ("hi", "ta")),
            host(64_000, *INDIC),
            {"ta-hi": "indictrans2", "en-hi": "indictrans2", "en-ta": "indictrans2"},
        ),
        (Film("auto", ("hi",)), host(64_000, *INDIC), {"en-hi": "indictrans2"}),
        (Film("en", ("pt", "fr")), host(64_000, *INDIC), {}),
        (HINDI, host(64_000, "whisper-small"), {}),
        (HINDI, host(64_000, "whisper-small", *INDIC, built=False), {}),
    ],
)
def test_the_engines_of_a_film(film: Film, at: Host, more: dict[str, str]) -> None:
    choice = levels.choose(config(), at, film, LISTED)
    assert dict(choice.engines) == {**ENGINES, **more}
    draft = levels.choose(config("draft"), at, film, LISTED)
    assert dict(draft.engines) == ENGINES


def test_a_language_that_is_not_known_yet_goes_through_english() -> None:
    film, at = Film("auto", ("hi",)), host(64_000, *INDIC)
    made = levels.settings(config(), levels.choose(config(), at, film, LISTED))
    assert routes.of(made, "auto", "hi") == routes.Route("indictrans2", "en", through=True)


def test_the_jobs_of_a_run_decide_as_the_run_did() -> None:
    at = Host("cuda", 8000, frozenset(["a", "b"]), frozenset(["x"]), {"tale": ["b"]})
    assert Host.parsed(at.dumped()) == at
    assert Host.parsed(Host("cpu", None).dumped()) == Host("cpu", None)


def test_films_are_told_together_where_they_have_the_same() -> None:
    at = host(64_000, "whisper-base")
    same = levels.choose(config(), at, HINDI, ())
    own = levels.choose(config(asr={"model": "whisper-tiny"}), at, HINDI, ())
    told = [*levels.lines("standard", {"a": same, "b": same, "c": own})]
    assert told[0].startswith(
        "quality standard: a, b: recogniser whisper-base, separation spleeter-2stems; "
        "whisper-small would be better and is not in the store: `sutradhar models get standard`"
    )
    assert told[1].startswith("quality standard: c: separation spleeter-2stems")
    assert len(told) == 2


def test_what_a_level_would_have_with_everything_in_the_store() -> None:
    listed = {*SHIPPED, *INDIC}
    got = levels.wanted(config("best"), host(64_000), [HINDI, Film("en", ("pt",))], listed)
    assert got == [
        "whisper-large-v3", "htdemucs-ft", "indictrans2-indic-en", "firefox-en-pt",
    ]  # fmt: skip
    at = host(4_000, device="cuda")
    assert levels.wanted(config("standard", "cuda"), at, [HINDI], listed) == [
        "whisper-medium", "spleeter-2stems", "indictrans2-indic-en",
    ]  # fmt: skip


def write(folder: Path, stage: str, status: str, name: object) -> None:
    path = folder / stage / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"status": status, "params": {"model": {"name": name}}}), "utf-8")


def test_the_models_that_a_film_was_made_with_are_on_record(tmp_path: Path) -> None:
    write(tmp_path, "06_asr/1-of-2", "success", "whisper-small")
    write(tmp_path, "04_source_separation", "skipped", "htdemucs")
    write(tmp_path, "06_asr", "failed", "whisper-large-v3")
    write(tmp_path, "08_translation/en", "success", ["no name"])
    write(tmp_path, "08_translation/pt", "success", "whisper-base")
    (tmp_path / "08_translation" / "pt" / "manifest.json").write_text("{", "utf-8")
    assert levels.made_with(tmp_path) == {"whisper-small", "htdemucs"}
    assert levels.made_with(tmp_path / "nowhere") == frozenset()


def rows() -> list[tuple[str, levels.Row]]:
    """All rows of recognisers, each with its device."""
    return [(device, row) for (_, device), some in levels.RECOGNISERS.items() for row in some]


def test_every_model_of_a_level_is_listed_and_may_be_used_by_anybody() -> None:
    names = {row.model for _, row in rows()}
    names |= {row.model for some in levels.SEPARATORS.values() for row in some}
    assert {licences.commercial(SHIPPED[name].licence) for name in names} == {"yes"}
    # The last of each list needs no hub.
    last = {some[-1].model for some in [*levels.RECOGNISERS.values(), *levels.SEPARATORS.values()]}
    kinds = {name: {type(source).__name__ for source in SHIPPED[name].sources} for name in last}
    assert all(kinds[name] & {"Wheels", "Package"} for name in last), kinds


@pytest.mark.parametrize(("device", "row"), rows())
def test_the_memory_of_a_row_is_enough_for_its_model(device: str, row: levels.Row) -> None:
    size = SHIPPED[row.model].size_bytes
    if device == "cuda":
        needed = devices.room_needed(size, "float16") / 1e6
    else:
        needed = sizing.takes_mb(sizing.NEEDS["alignment"], sizing.Film(3.0, 0), size)
    assert row.memory_mb == 0 or row.memory_mb >= needed


def test_a_pair_that_no_level_translates_is_told() -> None:
    at, films = host(64_000), [HINDI, Film("hi", ("ta", "fr", "hi"))]
    told = [*levels.untranslated(config(), at, films, {*LISTED, "spleeter-2stems"})]
    assert [line.partition(":")[0] for line in told] == ["without hi-fr"]


def test_the_documentation_has_the_table() -> None:
    page = (ROOT / "docs" / "quality.md").read_text("utf-8")
    table = re.search(r"<!-- levels: .*?-->\n(.*?)\n<!-- /levels -->", page, re.DOTALL)
    assert table
    assert table[1] == levels.markdown()


def test_a_model_whose_files_were_added_is_in_the_store_before_a_run_has_used_it(
    tmp_path: Path,
) -> None:
    files = catalogue.listed()["pyannote-community-1"]["files"]
    for name in files:
        (tmp_path / "pyannote-community-1" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pyannote-community-1" / name).touch()
    assert levels.of_host(raw_configured(), folder=tmp_path).store == {"pyannote-community-1"}
    # Also where a run could not bring it, and said which files to put there.
    inventory = tmp_path / "pyannote-community-1" / "model.json"
    documents.save(documents.AbsentModel("pyannote-community-1", "no source"), inventory)
    assert levels.of_host(raw_configured(), folder=tmp_path).store == {"pyannote-community-1"}
    (tmp_path / "pyannote-community-1" / next(iter(files))).unlink()
    assert levels.of_host(raw_configured(), folder=tmp_path).store == frozenset()
