"""Which engine translates which pair of languages, at once or through English."""

from collections.abc import Mapping
from dataclasses import dataclass

from lineage.problem import Problem
from subtitling.text.languages import english_name
from subtitling.translation import indictrans2, nllb, translator

ENGLISH = "en"


@dataclass(frozen=True)
class Route:
    """The `engine` of the last step, and the language that it translates from: English where what
    is spoken is first translated into that, since no engine is configured for the pair."""

    engine: str
    source: str
    through: bool


def of(
    table: Mapping[str, str], firefox_models: Mapping[str, str], source: str, target: str
) -> Route:
    """The way from a language, or `auto`, into another. `table` is `translation.engines`.

    The engine that is named for the pair comes first. Only where there is none, or where it does
    not know the pair, is it done through English. Problem where neither can be done.
    """
    why = ""
    try:
        engine = translator.engine_for(table, source, target)
        why = unable(engine, firefox_models, source, target)
        # One for a single pair can't be relied on where it is not known what is spoken.
        sure = source != "auto" or f"*-{target}" in table or f"*-{ENGLISH}" not in table
        if not why and (sure or target == ENGLISH):
            return Route(engine, source, through=False)
    except Problem as problem:
        why = str(problem)
    if ENGLISH not in (source, target):
        try:
            first = translator.engine_for(table, source, ENGLISH)
            second = translator.engine_for(table, ENGLISH, target)
        except Problem:
            raise Problem(f"{why}{could(source, target)}") from None
        lack = unable(first, firefox_models, source, ENGLISH)
        lack = lack or unable(second, firefox_models, ENGLISH, target)
        if not lack:
            return Route(second, ENGLISH, through=True)
    raise Problem(f"{why}{could(source, target)}")


def unable(engine: str, firefox_models: Mapping[str, str], source: str, target: str) -> str:
    """Why an engine does not translate a pair; nothing where it does, or may."""
    if engine == "whisper" and target != ENGLISH:
        return f"Whisper translates into English only, not into {target}"
    if engine == "firefox" and source != "auto" and f"{source}-{target}" not in firefox_models:
        return (
            f"firefox.models has no model for {source}-{target}, it has "
            f"{', '.join(firefox_models) or 'nothing'}"
        )
    if engine == "nllb":
        unknown = [code for code in (source, target) if code != "auto" and not nllb.knows(code)]
        return f"NLLB does not know {', '.join(unknown)}" if unknown else ""
    if engine == "indictrans2" and source != "auto":
        try:
            indictrans2.direction(source, target)
        except Problem as problem:
            return str(problem)
    return ""


def could(source: str, target: str) -> str:
    """What could translate a pair, and what each needs."""
    known = [code for code in (source, target) if code != "auto"]
    ways = ["endpoint (a server of your own or a service)"]
    if all(map(nllb.knows, known)):
        ways.append("nllb (its model comes from a hub)")
    if source != "auto" and not unable("indictrans2", {}, source, target):
        ways.append("indictrans2 (`make envs`, and its models)")
    if ENGLISH in known:
        ways.append("firefox (if Mozilla has the pair)")
    names = " to ".join(english_name(code) for code in known)
    return (
        f". Into translation.engines goes a row as {source if source != 'auto' else '*'}-{target}: "
        f"ENGINE; what could do {names}: {', '.join(ways)}; see docs/translation.md"
    )
