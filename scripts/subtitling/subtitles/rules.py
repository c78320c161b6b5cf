"""The reading rules that a track must keep: config/subtitle_rules.yaml for one language."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from itertools import chain
from operator import or_
from typing import Any, Literal

from lineage.problem import Problem
from subtitling import options, paths, tables
from subtitling.text import tag_formats
from subtitling.text.languages import broader

TABLE = paths.CONFIG / "subtitle_rules.yaml"
SOUND_ONLY_RATE = 25.0  # sound has no frames; its cues are laid on those of a film at this rate


@dataclass(frozen=True)
class Rules:
    """See config/subtitle_rules.schema.json, which describes every field."""

    max_lines: int
    max_chars_per_line: int
    max_chars_per_second: float
    min_duration_ms: int
    max_duration_ms: int
    min_gap_frames: int
    close_gap_ms: int
    max_in_time_frames: int
    ellipsis: str
    song_mark: str
    song_italics: bool
    speaker_dash: str
    speaker_dashes: Literal["both", "second"]
    speaker_label: str
    music_label: str
    applause_label: str
    happy_music_label: str
    sad_music_label: str
    tender_music_label: str
    exciting_music_label: str
    angry_music_label: str
    scary_music_label: str
    laughter_label: str
    crying_label: str
    scream_label: str
    gunshot_label: str
    explosion_label: str
    siren_label: str
    telephone_label: str
    knock_label: str
    dog_label: str
    thunder_label: str
    title_label: str
    language_label: str
    quotation_marks: str
    numbers_spelled_to: int
    interruption: str
    italics: bool

    @property
    def dashes(self) -> tuple[str, str]:
        """What stands before the lines of two speakers who share a cue."""
        return (self.speaker_dash if self.speaker_dashes == "both" else ""), self.speaker_dash


Table = dict[str, dict[str, Any]]
_NO_LANGUAGES = ("sources", "audiences")


def audience_of(audience: str, sdh: bool) -> str | None:
    """The rows of a set that hold for `subtitles.audience`, with `subtitles.sdh`; None for adults,
    whose rows are those of the set."""
    if audience == "children":
        return "children-sdh" if sdh else "children"
    return None if audience == "adult" else audience


def table(
    name: str, changes: Mapping[str, Mapping[str, Any]], audience: str | None = None
) -> Table:
    """The set `name` with its rows for an `audience` and the user's `changes` over it: fields of
    Rules by language and `*`.

    Raises Problem for a set or an audience that does not exist and for a field that is no rule.
    """
    sets = _sets()
    if name not in sets:
        raise Problem(
            f"subtitles.rules: {TABLE.name} has no set {name!r}; it has {', '.join(sets)}"
        )
    _check(changes, "changes", "subtitles.overrides in the configuration")
    base = {tag: row for tag, row in sets[name].items() if tag not in _NO_LANGUAGES}
    if audience and audience not in sets[name]["audiences"]:
        raise Problem(
            f"subtitles.audience: the set {name} has no values for {audience}; take adult, and set "
            "max_chars_per_second in subtitles.overrides"
        )
    own = sets[name]["audiences"][audience] if audience else {}
    return {
        tag: {**base.get(tag, {}), **own.get(tag, {}), **changes.get(tag, {})}
        for tag in sorted({*base, *own, *changes})
    }


def of(rules: Table, language: str) -> Rules:
    """The rules of one language: each by its own row, else by that of a broader tag, as pt for
    pt-BR, else by the row for all languages."""
    return Rules(**_row(rules, language))


def recorded(rules: Table, language: str, job: str) -> Rules:
    """The same from a job's record. Raises Problem for one of another version of the workflow."""
    return options.recorded(Rules, _row(rules, language), job)


def _row(rules: Table, language: str) -> dict[str, Any]:
    rows = [rules.get(tag, {}) for tag in reversed(broader(language))]
    return reduce(or_, rows, rules["*"])


def rows(rules: Table, languages: Iterable[str]) -> Table:
    """The rows that `of` reads for these languages, and no others."""
    wanted = {"*", *chain.from_iterable(map(broader, languages))}
    return {language: row for language, row in rules.items() if language in wanted}


def has_own(rules: Table, language: str, rule: str) -> bool:
    """Whether a rule is set for this language, and not only for all languages."""
    return any(rule in rules.get(tag, {}) for tag in broader(language))


@cache
def _sets() -> dict[str, Any]:
    sets: dict[str, Any] = tables.read(TABLE)
    _check(sets, None, str(TABLE))
    return sets


def _check(data: Any, part: str | None, where: str) -> None:
    import jsonschema

    schema = json.loads(TABLE.with_suffix(".schema.json").read_text("utf-8"))
    if part:
        schema = {"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]}
    error = jsonschema.exceptions.best_match(tag_formats.validator(schema).iter_errors(data))
    if error is not None:
        raise Problem(f"{where}, {'.'.join(map(str, error.path)) or 'top'}: {error.message}")
