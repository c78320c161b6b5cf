"""The recognisers by name."""

from collections.abc import Collection

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


def unknown(name: str, language: str) -> str | None:
    """Why a recogniser does not serve a film in a language, and what to do; None where it does."""
    recogniser = spec(name)
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
            f"auto: {name}, which recognises the words, does not tell which language is spoken; "
            f"name one of {' '.join(sorted(recogniser.languages))}{_instead(_telling())}"
        )
    if recogniser.code_of(language) in recogniser.languages:
        return None
    auto = ", or take auto" if recogniser.tells_languages else ""
    others = [each.name for each in SPECS.values() if each.code_of(language) in each.languages]
    return (
        f"{language}: {name}, which recognises the words, does not know {english_name(language)}; "
        f"it knows {' '.join(sorted(recogniser.languages))}{auto}{_instead(others)}"
    )


def misfit(name: str, model: str, files: Collection[str]) -> str | None:
    """Why a model with these files is none of a recogniser's; None where it may be."""
    lacking = sorted(spec(name).files - set(files))
    if not lacking:
        return None
    serving = [each.name for each in SPECS.values() if each.files and each.files <= set(files)]
    instead = f"; set asr.engine to {serving[0]}" if serving else ""
    return f"{model} is no model of {name}: it has no {lacking[0]}{instead}"


def _telling() -> list[str]:
    return [each.name for each in SPECS.values() if each.tells_languages]


def _instead(names: Collection[str]) -> str:
    return f", or set asr.engine to {' or '.join(names)}" if names else ""
