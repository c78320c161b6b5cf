"""The recognisers by name."""

from lineage.problem import Problem
from subtitling.recognition import whisper
from subtitling.recognition.recogniser import RecogniserSpec
from subtitling.text.languages import english_name, parts
from subtitling.text.suggestions import meant

SPECS = {spec.name: spec for spec in (whisper.SPEC,)}


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
    if language == "auto" or recogniser.code_of(language) in recogniser.languages:
        return None
    return (
        f"{language}: {name}, which recognises the words, does not know {english_name(language)}; "
        f"it knows {' '.join(sorted(recogniser.languages))}, or take auto"
    )
