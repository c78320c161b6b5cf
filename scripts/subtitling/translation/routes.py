"""The engine of each pair of languages, directly or through English."""

from collections.abc import Mapping
from dataclasses import dataclass

from lineage.problem import Problem
from subtitling.text.languages import broader, english_name, primary
from subtitling.translation import registry
from subtitling.translation.engine import Config

ENGLISH = "en"


@dataclass(frozen=True)
class Route:
    """The `engine` of the last step, and the language that it translates from: English where what
    is spoken is first translated into that, since no engine is configured for the pair."""

    engine: str
    source: str
    through: bool


def of(config: Config, source: str, target: str) -> Route:
    """The route from a language, or `auto`, into another, by the whole configuration.

    The engine that is named for the pair takes precedence. Only where there is none, or where it
    does not know the pair, the route is through English. Raises Problem where there is neither.
    """
    table: Mapping[str, str] = config["translation"]["engines"]
    why = ""
    try:
        engine = engine_for(table, source, target)
        why = registry.spec(engine).unable(config, source, target)
        # One for a single pair can't be relied on where it is not known what is spoken.
        every = [f"*-{tag}" in table for tag in broader(target)]
        sure = source != "auto" or any(every) or f"*-{ENGLISH}" not in table
        if not why and (sure or primary(target) == ENGLISH):
            return Route(engine, source, through=False)
    except Problem as problem:
        why = str(problem)
    if ENGLISH not in map(primary, (source, target)) and primary(source) != primary(target):
        try:
            first = engine_for(table, source, ENGLISH)
            second = engine_for(table, ENGLISH, target)
        except Problem:
            raise Problem(f"{why}{could(source, target)}") from None
        lack = registry.spec(first).unable(config, source, ENGLISH)
        lack = lack or registry.spec(second).unable(config, ENGLISH, target)
        if not lack:
            return Route(second, ENGLISH, through=True)
    raise Problem(f"{why}{could(source, target)}")


def by_words(config: Config) -> Config:
    """The configuration without the engines that hear the sound, for words that nobody says in
    it."""
    engines = {
        pair: name
        for pair, name in config["translation"]["engines"].items()
        if not registry.spec(name).by_sound
    }
    return {**config, "translation": {**config["translation"], "engines": engines}}


def engine_for(table: Mapping[str, str], source: str, target: str) -> str:
    """The engine for a pair of languages: an exact row, then `*-target`; of a tag without a row
    those of broader ones, as pt for pt-BR.

    For `auto`, whose language is not known yet, any row with that target. Raises Problem where none
    fits.
    """
    for tag in broader(target):
        for pair in (*(f"{spoken}-{tag}" for spoken in broader(source)), f"*-{tag}"):
            if pair in table:
                return table[pair]
        if source == "auto":
            engines = {engine for pair, engine in table.items() if pair.endswith(f"-{tag}")}
            if len(engines) == 1:
                return engines.pop()
    raise Problem(
        f"no engine translates {source} to {target}; translation.engines has {', '.join(table)}"
    )


def could(source: str, target: str) -> str:
    """The end of a message: the engines that could translate a pair, and what each needs."""
    known = [code for code in (source, target) if code != "auto"]
    ways = [spec.needs for spec in registry.SPECS.values() if spec.serves(source, target)]
    names = " to ".join(english_name(code) for code in known)
    return (
        f". Into translation.engines goes a row as {source if source != 'auto' else '*'}-{target}: "
        f"ENGINE; what could do {names}: {', '.join(ways)}; see docs/translation.md"
    )
