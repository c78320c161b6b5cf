"""What `quality` chooses, by level, device, memory, language and store."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from house import ROOT, raw_configured

from lineage.problem import Problem
from subtitling import documents
from subtitling.models import catalogue, licences
from subtitling.recognition import indic_conformer
from subtitling.runtime import devices
from subtitling.translation import routes
from subtitling.workflow import levels, sizing
from subtitling.workflow.levels import AUTO, ENGINES, Film, Host, Pick

INDIC = {f"indictrans2-{family}" for family in ("indic-en", "en-indic", "indic-indic")}
SHIPPED = catalogue.load(ROOT / "config" / "models.yaml")
RAW = catalogue.raw(ROOT / "config" / "models.yaml")
TRANSLATORS: dict[str, Any] = {name: {"files": {}, "size_bytes": 9} for name in INDIC}
LISTED = {**RAW, **TRANSLATORS}
CONFORMER = {
    "files": dict.fromkeys(indic_conformer.SPEC.files, ""), "size_bytes": 2_500_000_000,
    "licence": "MIT",
}  # fmt: skip
HEARING = {**LISTED, "conformer": CONFORMER}
HINDI = Film("hi", ("en",))
SPANISH = Film("es", ("en",))


def config(level: str = "standard", device: str = "cpu", **sections: Any) -> dict[str, Any]:
    """The configuration of a level, with some keys of sections."""
    made = raw_configured() | {"quality": level, "device": device}
    return made | {name: made[name] | keys for name, keys in sections.items()}


def host(memory_mb: int | None, *store: str, device: str = "cpu", built: bool = True) -> Host:
    return Host(device, memory_mb, frozenset(store), frozenset(["indictrans2"] if built else []))


def recogniser(level: str, at: Host, film: Film = SPANISH) -> Pick:
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
    old = Film("es", ("en",), made_with=frozenset(["whisper-medium"]))
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


CAN_HEAR = host(64_000, "conformer", "whisper-small")
ABSENT = host(64_000, "whisper-small")
SMALL, LOCAL = ("whisper", "whisper-small"), ("indicconformer", "conformer")


@pytest.mark.parametrize(
    ("level", "at", "film", "asr", "chosen"),
    [
        ("standard", CAN_HEAR, HINDI, {}, LOCAL),
        ("best", CAN_HEAR, HINDI, {}, LOCAL),
        ("draft", CAN_HEAR, HINDI, {}, ("whisper", "whisper-base")),
        ("standard", CAN_HEAR, Film("ta-IN", ("en",)), {}, LOCAL),
        ("standard", CAN_HEAR, Film("en", ("hi",)), {}, SMALL),
        ("standard", CAN_HEAR, Film("auto", ("hi",)), {}, SMALL),
        # Nobody hears a film that begins from a text with times.
        ("standard", CAN_HEAR, Film("hi", ("en",), is_heard=False), {}, SMALL),
        ("standard", ABSENT, HINDI, {}, SMALL),
        # It stays with a film when it is removed.
        ("standard", ABSENT, Film("hi", ("en",), made_with=frozenset(["conformer"])), {}, LOCAL),
        # Three times the weights, and what a stage takes itself.
        ("standard", host(8_051, "conformer", "whisper-small"), HINDI, {}, LOCAL),
        ("standard", host(8_049, "conformer", "whisper-small"), HINDI, {}, SMALL),
        ("standard", host(None, "conformer", device="cuda"), HINDI, {}, LOCAL),
        # Whisper does not know Maithili, so it is brought, at every level.
        ("draft", ABSENT, Film("mai", ("hi",)), {}, LOCAL),
        # What is written goes before the level.
        ("standard", CAN_HEAR, HINDI, {"engine": "whisper"}, SMALL),
        ("standard", CAN_HEAR, HINDI, {"model": "whisper-tiny"}, ("whisper", "whisper-tiny")),
        ("draft", ABSENT, HINDI, {"engine": "indicconformer"}, LOCAL),
        ("draft", ABSENT, HINDI, {"model": "conformer"}, LOCAL),
        # What it can't do is not asked of it.
        ("best", ABSENT, HINDI, {"other_languages": []}, SMALL),
        ("standard", CAN_HEAR, HINDI, {"other_languages": []}, LOCAL),
        ("standard", CAN_HEAR, HINDI, {"other_languages": ["en"]}, SMALL),
        ("standard", CAN_HEAR, HINDI, {"compute_type": "int8"}, SMALL),
        ("standard", CAN_HEAR, HINDI, {"compute_type": "float32"}, LOCAL),
        ("standard", CAN_HEAR, HINDI, {"second_ear": "conformer"}, SMALL),
        ("standard", CAN_HEAR, HINDI, {"second_ear": True}, LOCAL),
    ],
)
def test_who_hears_a_film(
    level: str, at: Host, film: Film, asr: dict[str, Any], chosen: tuple[str, str]
) -> None:
    choice = levels.choose(config(level, at.device, asr=asr), at, film, HEARING)
    assert (choice.engine, choice.recogniser) == chosen
    made = levels.settings(config(level, at.device, asr=asr), choice)["asr"]
    assert (made["engine"], made["model"]) == chosen
    assert made["other_languages"] == ([] if chosen == LOCAL else asr.get("other_languages", AUTO))


@pytest.mark.parametrize(
    ("section", "keys", "why"),
    [
        ("alignment", {"aligner": "attention"}, "alignment.aligner is attention, and it has none"),
        (
            "subtitles",
            {"forced": ["en"]},
            "subtitles.forced asks for what is said in other languages, and it tells none",
        ),
    ],
)
def test_what_other_keys_ask_for_may_need_whisper(
    section: str, keys: dict[str, Any], why: str
) -> None:
    choice = levels.choose(config(**{section: keys}), CAN_HEAR, HINDI, HEARING)
    assert (choice.engine, choice.recogniser) == SMALL
    assert choice.picks["recogniser"].limits == (f"indicconformer would be better, but {why}",)


@pytest.mark.parametrize(
    ("at", "film", "more", "whisper", "named"),
    [
        # The recogniser translates, as ever.
        (CAN_HEAR, SPANISH, {}, "whisper-small", False),
        (CAN_HEAR, HINDI, {}, "whisper-small", True),
        (host(64_000, "conformer"), Film("hi", ("pt",)), {}, "whisper-base", True),
        (CAN_HEAR, HINDI, {"whisper": {"model": "whisper-medium"}}, "whisper-medium", False),
        # Nothing is translated, or as text.
        (CAN_HEAR, Film("hi", ("hi",)), {}, "whisper-small", False),
        (host(64_000, "conformer", *INDIC), HINDI, {}, "whisper-base", False),
        (CAN_HEAR, HINDI, {"translation": {"engines": {"*-en": "nllb"}}}, "whisper-small", False),
    ],
)
def test_the_whisper_that_translates_what_another_hears(
    at: Host, film: Film, more: dict[str, Any], whisper: str, named: bool
) -> None:
    choice = levels.choose(config(**more), at, film, HEARING)
    assert choice.whisper == levels.settings(config(**more), choice)["whisper"]["model"] == whisper
    assert (levels.BY_SOUND in choice.picks) is named


def test_what_indicconformer_hears_is_sure_enough_to_be_translated_as_text() -> None:
    at = host(64_000, "conformer", *INDIC)
    choice = levels.choose(config(), at, HINDI, HEARING)
    assert dict(choice.engines)["hi-en"] == "indictrans2"
    maithili = levels.settings(config(), levels.choose(config(), at, Film("mai", ("en",)), HEARING))
    assert routes.of(maithili, "mai", "en").engine == "indictrans2"
    without = levels.choose(config(), CAN_HEAR, Film("mai", ("en",)), HEARING)
    with pytest.raises(Problem, match="Whisper does not know Maithili"):
        routes.of(levels.settings(config(), without), "mai", "en")


def test_why_whisper_hears_a_film_that_indicconformer_would() -> None:
    def why(at: Host, listed: dict[str, Any], level: str = "standard") -> str:
        return levels.choose(config(level), at, HINDI, listed).picks["recogniser"].why

    assert why(CAN_HEAR, HEARING) == "the best of level standard"
    assert why(CAN_HEAR, HEARING, "draft") == "the best of level draft"
    assert why(ABSENT, HEARING) == (
        "conformer would be better and is not in the store: `sutradhar models get standard` on a "
        "machine with a network"
    )
    assert why(ABSENT, LISTED) == (
        "indicconformer would be better, but no model of indicconformer is listed: `sutradhar "
        "models add hub:ai4bharat/indic-conformer-600m-multilingual` adds one"
    )
    assert why(CAN_HEAR, {**LISTED, "conformer": CONFORMER | {"licence": "CC-BY-NC-4.0"}}) == (
        "indicconformer would be better, but the licence of conformer forbids commercial use"
    )
    assert why(host(8_000, "conformer", "whisper-small"), HEARING) == (
        "conformer needs 8.05 GB of memory, this host has 8 GB"
    )
    gpu = replace(host(16_000, "conformer", "whisper-large-v3", device="cuda"),
                  off_device={"indicconformer": "this ONNX Runtime knows no CUDA"})  # fmt: skip
    on_gpu = levels.choose(config(device="cuda"), gpu, HINDI, HEARING)
    assert on_gpu.recogniser == "whisper-large-v3"
    assert on_gpu.picks["recogniser"].why == (
        "indicconformer would be better, but it would run on the CPU: this ONNX Runtime knows no "
        "CUDA"
    )
    # Better on the CPU than not at all, or where it is asked for.
    odia = levels.choose(config(device="cuda"), gpu, Film("or", ("en",)), HEARING)
    asked = config(device="cuda", asr={"engine": "indicconformer"})
    assert odia.recogniser == levels.choose(asked, gpu, HINDI, HEARING).recogniser == "conformer"
    wanted = levels.wanted(config(), host(64_000), [HINDI], HEARING)
    assert wanted == ["conformer", "spleeter-2stems", "indictrans2-indic-en"]


def test_an_engine_without_a_model_says_what_adds_one() -> None:
    asked = config(asr={"engine": "indicconformer"})
    with pytest.raises(
        Problem, match="no model of indicconformer is listed: `sutradhar models add"
    ):
        levels.choose(asked, CAN_HEAR, HINDI, LISTED)


def test_the_jobs_of_a_run_decide_as_the_run_did() -> None:
    at = Host("cuda", 8000, frozenset(["a", "b"]), frozenset(["x"]), {"tale": ["b"]}, {"y": "no"})
    assert Host.parsed(at.dumped()) == at
    assert Host.parsed(Host("cpu", None).dumped()) == Host("cpu", None)


def test_films_are_told_together_where_they_have_the_same() -> None:
    at = host(64_000, "whisper-base")
    same = levels.choose(config(), at, SPANISH, {})
    own = levels.choose(config(asr={"model": "whisper-tiny"}), at, SPANISH, {})
    lines = [*levels.lines("standard", {"a": same, "b": same, "c": own})]
    assert lines[0].startswith(
        "quality standard: a, b: recogniser whisper-base, separation spleeter-2stems; "
        "whisper-small would be better and is not in the store: `sutradhar models get standard`"
    )
    assert lines[1].startswith("quality standard: c: separation spleeter-2stems")
    assert len(lines) == 2


def test_what_a_level_would_have_with_everything_in_the_store() -> None:
    got = levels.wanted(config("best"), host(64_000), [HINDI, Film("en", ("pt",))], LISTED)
    assert got == [
        "whisper-large-v3", "htdemucs-ft", "indictrans2-indic-en", "firefox-en-pt",
    ]  # fmt: skip
    at = host(4_000, device="cuda")
    assert levels.wanted(config("standard", "cuda"), at, [HINDI], LISTED) == [
        "whisper-medium", "spleeter-2stems", "indictrans2-indic-en",
    ]  # fmt: skip


def write(folder: Path, stage: str, status: str, name: object) -> None:
    path = folder / stage / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"status": status, "params": {"model": {"name": name}}}), "utf-8")


def test_the_models_that_a_film_was_made_with_are_on_record(tmp_path: Path) -> None:
    write(tmp_path, "06_asr/1-of-2", "success", "whisper-small")
    write(tmp_path, "04_source_separation", "skipped", "htdemucs")
    write(tmp_path, "04_source_separation/2-of-2", "success", "htdemucs-ft")
    write(tmp_path, "06_asr", "failed", "whisper-large-v3")
    write(tmp_path, "08_translation/en", "success", ["no name"])
    write(tmp_path, "08_translation/pt", "success", "whisper-base")
    (tmp_path / "08_translation" / "pt" / "manifest.json").write_text("{", "utf-8")
    assert levels.made_with(tmp_path) == {"whisper-small", "htdemucs", "htdemucs-ft"}
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
    lines = [*levels.untranslated(config(), at, films, LISTED)]
    assert [line.partition(":")[0] for line in lines] == ["without hi-fr"]


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
