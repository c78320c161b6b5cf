"""The recognisers by name."""

import fnmatch
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from lineage.problem import Problem
from subtitling.recognition import indic_conformer, whisper
from subtitling.recognition.recogniser import RecogniserSpec
from subtitling.text.languages import english_name, parts
from subtitling.text.suggestions import meant

SPECS = {spec.name: spec for spec in (whisper.SPEC, indic_conformer.SPEC)}


def spec(name: str) -> RecogniserSpec:
    """The recogniser of this name. Raises Problem where there is none."""
    if name not in SPECS:
        raise Problem(f"asr.engine is {name}; known are {', '.join(SPECS)}{meant(name, SPECS)}")
    return SPECS[name]


def with_model(name: str, model: str) -> RecogniserSpec:
    """The recogniser as it is with a model, whose training may have left it one language."""
    recogniser = spec(name)
    if recogniser is whisper.SPEC and whisper.english_alone(model):
        return replace(recogniser, languages=frozenset(["en"]), tells_languages=False)
    return recogniser


def called(name: str, model: str) -> str:
    """What messages call a recogniser: its model where that is what limits it."""
    return name if with_model(name, model) == spec(name) else model


def unknown(name: str, language: str, model: str = "auto") -> str | None:
    """Why a recogniser does not serve a film in a language with a model, and what to do; None where
    it does. A model that is not named yet (`auto`) knows what the recogniser does."""
    recogniser, heard_by = with_model(name, model), called(name, model)
    more = "" if heard_by == name else ", or set asr.model to one of more languages, or to auto"
    spoken, script, _ = parts(language)
    if script:
        return (
            f"{language}: speech has no script; write {spoken}, and into asr.script the one for "
            "its words"
        )
    if language == "auto":
        if recogniser.tells_languages:
            return None
        return (
            f"auto: {heard_by}, which recognises the words, does not tell which language is "
            f"spoken; name one of {' '.join(sorted(recogniser.languages))}"
            f"{more or _instead(_telling())}"
        )
    if recogniser.code_of(language) in recogniser.languages:
        return None
    auto = ", or take auto" if recogniser.tells_languages else ""
    others = [each.name for each in SPECS.values() if each.code_of(language) in each.languages]
    return (
        f"{language}: {heard_by}, which recognises the words, does not know "
        f"{english_name(language)}; it knows {' '.join(sorted(recogniser.languages))}{auto}"
        f"{more or _instead(others)}"
    )


def knows(name: str, model: str, language: str) -> bool:
    """Whether a recogniser knows a language with a model; one that is not named yet it may."""
    recogniser = with_model(name, model)
    return language == "auto" or recogniser.code_of(language) in recogniser.languages


def misfit(name: str, model: str, files: Collection[str]) -> str | None:
    """Why a model with these files is none of a recogniser's; None where it may be."""
    lacking = _lacking(spec(name), files)
    if not lacking:
        return None
    serving = [each.name for each in SPECS.values() if each.files and not _lacking(each, files)]
    instead = f"; set asr.engine to {serving[0]}" if serving else ""
    return f"{model} is no model of {name}: it has no {lacking[0]}{instead}"


def readers(models: Mapping[str, Any]) -> dict[str, str]:
    """The recognisers' models of a catalogue, each with the recogniser that may read it: of several
    the one that asks for more files."""
    return {
        name: spec.name
        for spec in sorted(SPECS.values(), key=lambda spec: len(spec.files))
        for name, entry in models.items()
        if spec.files and not _lacking(spec, entry["files"])
    }


def none_listed(name: str) -> str:
    """That a recogniser has no model in the catalogue, and what adds one."""
    return f"no model of {name} is listed: `{spec(name).adding or 'sutradhar models add'}` adds one"


def second_ear(
    wanted: bool | str, engine: str, model: str, models: Mapping[str, Any], whisper_beside: str = ""
) -> tuple[str, str] | None:
    """The engine and the model of the second ear, beside those of the first: `wanted` is
    `asr.second_ear`, `models` the catalogue, `whisper_beside` the Whisper to prefer beside another
    engine; None for no second ear. Problem where there is no such model."""
    wanted = {"true": True, "false": False}.get(str(wanted).lower(), wanted)  # as --config has it
    if wanted is False:
        return None
    readable = readers(models)
    if wanted is True and whisper_beside and engine != whisper.SPEC.name:
        wanted = whisper_beside
    if wanted is True:
        others = [
            name for name, reader in readable.items()
            if reader != engine and reader in name.replace("-", "")
        ]  # fmt: skip
        if not others:
            raise Problem(
                "asr.second_ear: no model of another engine is in config/models.yaml; name a model "
                "of the same engine, such as whisper-small, or add one, as by "
                f"`{indic_conformer.SPEC.adding}`"
            )
        wanted = others[0]
    if wanted not in models:
        raise Problem(f"asr.second_ear: no model {wanted}{meant(wanted, models)}")
    if wanted == model:
        raise Problem(f"asr.second_ear: {wanted} hears already, as asr.model; name another model")
    if wanted not in readable:
        raise Problem(f"asr.second_ear: {wanted} is no recogniser's model")
    return readable[wanted], wanted


def _lacking(recogniser: RecogniserSpec, files: Collection[str]) -> list[str]:
    return sorted(each for each in recogniser.files if not fnmatch.filter(files, each))


def _telling() -> list[str]:
    return [each.name for each in SPECS.values() if each.tells_languages]


def _instead(names: Collection[str]) -> str:
    return f", or set asr.engine to {' or '.join(names)}" if names else ""
