"""The levels of `quality`: what is used where the configuration says `auto`.

A level has a list of models for each stage, the best first. Chosen is the first that fits the
device's memory and is in the store; where none is, the last, which the package index has. So a
choice depends on the configuration, the film's languages, this host and its store, never on a
network. A film that was made with a model of the list keeps it when the model is removed, until a
better one is in the store.

docs/quality.md has the table; to change it, edit the rows below.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from lineage import untrusted
from lineage.problem import Problem
from subtitling import paths
from subtitling.models import catalogue, store
from subtitling.models.offers import known
from subtitling.runtime import devices, environments
from subtitling.text import languages
from subtitling.translation import registry, routes
from subtitling.translation.engine import WORKFLOW_ENVIRONMENT

AUTO = "auto"
LEVELS = ("draft", "standard", "best")
# The environment's variable by which the jobs of a run decide as the run did.
VARIABLE = "SUTRADHAR_HOST"
GET = "sutradhar models get {}"


@dataclass(frozen=True)
class Row:
    """A model that fits from so many megabytes of the device's memory on (10^6 bytes: the GPU's, or
    the host's where models run on the CPU)."""

    model: str
    memory_mb: int = 0


# Memory: on a GPU `devices.room_needed` in float16 and as much again for batches, on a CPU three
# times the weights (`sizing`), both rounded up to sizes that are sold. Turbo and Distil's are on no
# list: they can't translate, and what is said in other languages would stay as it is.
RECOGNISER = "whisper"  # the engine that reads them
_BASE = Row("whisper-base")
RECOGNISERS: Mapping[tuple[str, str], tuple[Row, ...]] = {
    ("draft", "cpu"): (_BASE,),
    ("draft", "cuda"): (_BASE,),
    ("standard", "cpu"): (Row("whisper-small", 4_000), _BASE),
    ("standard", "cuda"): (
        Row("whisper-large-v3", 8_000),
        Row("whisper-medium", 4_000),
        Row("whisper-small", 2_000),
        _BASE,
    ),
    ("best", "cpu"): (
        Row("whisper-large-v3", 16_000),
        Row("whisper-medium", 8_000),
        Row("whisper-small", 4_000),
        _BASE,
    ),
    ("best", "cuda"): (
        Row("whisper-large-v3", 6_000),
        Row("whisper-medium", 4_000),
        Row("whisper-small", 2_000),
        _BASE,
    ),
}

# dialogue_mix and min_music_db were chosen with Spleeter, so another one is for `best` alone.
_SPLEETER = Row("spleeter-2stems")
SEPARATORS: Mapping[str, tuple[Row, ...]] = {
    "draft": (_SPLEETER,),
    "standard": (_SPLEETER,),
    "best": (Row("htdemucs-ft", 4_000), Row("htdemucs", 4_000), _SPLEETER),
}

# The engines of every level, and those that go before them where their models are in the store.
ENGINES: Mapping[str, str] = {"*-en": "whisper", "en-pt": "firefox", "pt-en": "firefox"}
BEFORE: Mapping[str, tuple[str, ...]] = {
    "draft": (),
    "standard": ("indictrans2",),
    "best": ("indictrans2",),
}
# What these hear of Indian speech is not good enough to be translated as text; they translate the
# sound itself.
HARD_OF_HEARING = frozenset(["whisper-tiny", "whisper-base"])

BEAMS: Mapping[str, int] = {"draft": 1, "standard": 5, "best": 5}


@dataclass(frozen=True)
class Host:
    """What a choice depends on besides configuration and film: the memory of `device` (None where
    it can't be seen, as from the host that submits to a cluster: then every row fits), the models
    in the store, the engines' own environments that are built, and, by film, models that it was
    made with and that are not in the store any more."""

    device: str
    memory_mb: int | None
    store: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    kept: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def dumped(self) -> str:
        """As a text, for the environment of a run's jobs."""
        return json.dumps(
            [self.device, self.memory_mb, sorted(self.store), sorted(self.environments),
             {job: sorted(names) for job, names in self.kept.items()}]
        )  # fmt: skip

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Of such a text."""
        device, memory_mb, store, built, kept = json.loads(text)
        return cls(device, memory_mb, frozenset(store), frozenset(built), kept)


@dataclass(frozen=True)
class Film:
    """A film as a choice sees it: the tag of its words or `auto`, the tags of its tracks, whether
    its words are heard (not so where it begins from a text with times), and the models that it has
    been made with."""

    words: str
    targets: tuple[str, ...]
    is_heard: bool = True
    made_with: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pick:
    """What a key that says `auto` stands for at a level, no name for what every level has; the
    better models that would fit and are not in the store, and other reasons against better ones."""

    name: str
    level: str
    lacks: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Why it is this one and no better one."""
        return "; ".join(reasons([self])) or f"the best of level {self.level}"


@dataclass(frozen=True)
class Choice:
    """What a film is made with. Films of the same choice share their settings; the reasons may
    differ."""

    recogniser: str
    separation: str
    engines: tuple[tuple[str, str], ...]
    beam_size: int
    picks: Mapping[str, Pick] = field(compare=False, default_factory=dict)


def choose(config: Mapping[str, Any], host: Host, film: Film, listed: Collection[str]) -> Choice:
    """The choice for a film by the whole configuration; `listed` are the models of the catalogue. A
    key that does not say `auto` goes before the level."""
    level = config["quality"]
    picks = {}
    asr, separation = config["asr"]["model"], config["separation"]["model"]
    if asr == AUTO:
        picks["recogniser"] = picked(RECOGNISERS[level, host.device], level, host, film)
        asr = picks["recogniser"].name
    if separation == AUTO:
        picks["separation"] = picked(SEPARATORS[level], level, host, film)
        separation = picks["separation"].name
    engines = config["translation"]["engines"]
    if engines == AUTO:
        chosen = dict(_before(config, host, film, asr, listed))
        engines = {**ENGINES, **{pair: pick.name for pair, pick in chosen.items() if pick.name}}
        picks |= {f"translation {pair}": pick for pair, pick in chosen.items()}
    return Choice(asr, separation, tuple(engines.items()), beam_size(config), picks)


def beam_size(config: Mapping[str, Any]) -> int:
    """The hypotheses that engines of texts keep."""
    given = config["translation"]["beam_size"]
    return BEAMS[config["quality"]] if given == AUTO else int(given)


def settings(config: Mapping[str, Any], choice: Choice) -> dict[str, Any]:
    """The configuration with the choice in the place of every `auto` that it concerns."""
    translation = {"engines": dict(choice.engines), "beam_size": choice.beam_size}
    return {
        **config,
        "asr": {**config["asr"], "model": choice.recogniser},
        "separation": {**config["separation"], "model": choice.separation},
        "translation": {**config["translation"], **translation},
    }


def picked(rows: Sequence[Row], level: str, host: Host, film: Film) -> Pick:
    """The first of the rows that fits and is in the store, or the last."""
    at_hand = host.store | film.made_with
    fitting = [row for row in rows if fits(row, host)]
    chosen = next((row for row in fitting if row.model in at_hand), rows[-1])
    better = rows[: rows.index(chosen)]
    memory = "GPU memory" if host.device == "cuda" else "memory"
    limits = [
        f"{row.model} needs {_gb(row.memory_mb)} of {memory}, this host has {_gb(host.memory_mb)}"
        for row in better
        if host.memory_mb is not None and row not in fitting
    ]
    lacks = [row.model for row in better if row in fitting]
    return Pick(chosen.model, level, tuple(lacks), tuple(limits[-1:]))


def fits(row: Row, host: Host) -> bool:
    """Whether a model fits the device's memory, as far as that is known."""
    return host.memory_mb is None or row.memory_mb <= host.memory_mb


def reasons(picks: Iterable[Pick]) -> list[str]:
    """Why some picks are no better ones: the models to bring, by one command, and the rest."""
    picks = list(picks)
    lacks = list(dict.fromkeys(pick.lacks[0] for pick in picks if pick.lacks))
    several = "are" if len(lacks) > 1 else "is"
    bring = [
        f"{' and '.join(lacks)} would be better and {several} not in the store: "
        f"`{GET.format(picks[0].level)}` on a machine with a network"
    ] * bool(lacks)
    return [*bring, *dict.fromkeys(limit for pick in picks for limit in pick.limits)]


def _gb(megabytes: float) -> str:
    return f"{megabytes / 1000:.3g} GB"


def _before(
    config: Mapping[str, Any], host: Host, film: Film, recogniser: str, listed: Collection[str]
) -> Iterator[tuple[str, Pick]]:
    """The pairs of a film that a better engine than those of every level could translate: the
    engine, or an empty name and what it lacks."""
    for name in BEFORE[config["quality"]]:
        spec = registry.spec(name)
        for source, target in pairs(film):
            if spec.unable(config, source, target) or not spec.serves(source, target):
                continue
            model = spec.model(config, source, target)
            heard = film.is_heard and source == film.words
            at_hand = host.store | film.made_with
            lacks = [str(model)] if model in listed and model not in at_hand else []
            limits = []
            if model not in listed:
                adding = known.command(str(model)) or "sutradhar models add"
                limits.append(f"its model {model} is not listed: `{adding}` adds it")
            elif spec.environment not in host.environments | {WORKFLOW_ENVIRONMENT}:
                limits.append(f"its environment is not built: `{paths.make('envs')}`")
            elif heard and _is_english(target) and recogniser in HARD_OF_HEARING:
                limits.append(f"what {recogniser} hears is too unsure to be translated as text")
            texts = tuple(f"{name} would be better, but {limit}" for limit in limits)
            taken = "" if lacks or limits else name
            yield f"{source}-{target}", Pick(taken, config["quality"], tuple(lacks), texts)


def _is_english(tag: str) -> bool:
    return languages.primary(tag) == routes.ENGLISH


def pairs(film: Film) -> list[tuple[str, str]]:
    """The pairs of languages that a film's tracks may need: from what is spoken, where that is
    known, and through English."""
    english = routes.ENGLISH
    targets = [languages.written(tag) for tag in film.targets]
    some = [(english, target) for target in targets]
    if film.words != AUTO:
        some += [(film.words, target) for target in (*targets, english)]
    return [pair for pair in dict.fromkeys(some) if not languages.same_words(*pair)]


def of_host(
    config: Mapping[str, Any],
    *,
    submits: bool = False,
    makes_environments: bool = False,
    folder: Path = paths.STORE,
) -> Host:
    """This host, with the models of the store in `folder`. With `submits`, jobs run elsewhere, on
    hosts whose memory can't be seen; with `makes_environments` Snakemake makes the environments of
    engines."""
    device = config["device"]
    memory = devices.memory_mb(device)
    built = {spec.environment for spec in map(registry.spec, BEFORE["best"])} - {
        WORKFLOW_ENVIRONMENT
    }
    brought = [path for path in folder.glob("*/model.json") if not store.failure(path)]
    stored = {path.parent.name for path in brought}
    # What was added, or put there by hand, as where it could not be brought, has its inventory from
    # the first run that uses it.
    stored |= {
        name
        for name, entry in catalogue.listed().items()
        if all((folder / name / file).is_file() for file in entry["files"])
    }
    return Host(
        device,
        None if submits else memory,
        frozenset(stored),
        frozenset(each for each in built if makes_environments or _is_built(each, config)),
    )


def _is_built(environment: str, config: Mapping[str, Any]) -> bool:
    try:
        environments.interpreter(environment, Path(config[environment]["python"]))
    except Problem:
        return False
    return True


def made_with(folder: Path) -> frozenset[str]:
    """The models of a film's stages that have succeeded, by the record in its folder."""
    names = set()
    for stage in ("04_source_separation", "06_asr", "06_asr/*", "08_translation/*"):
        for path in folder.glob(f"{stage}/manifest.json"):
            try:
                manifest = untrusted.json_value(untrusted.content(path))
                if manifest["status"] in ("success", "skipped"):
                    names.add(manifest["params"]["model"]["name"])
            except (OSError, *untrusted.FAILURES):
                continue  # no record of that kind: nothing is known of it
    return frozenset(name for name in names if isinstance(name, str))


def lines(level: str, choices: Mapping[str, Choice]) -> Iterator[str]:
    """What was chosen for the films of a run, by job: a line for all that have the same, with what
    would be better."""
    jobs: dict[tuple[tuple[str, Pick], ...], list[str]] = {}
    for job, choice in choices.items():
        if choice.picks:
            jobs.setdefault(tuple(choice.picks.items()), []).append(job)
    for picks, of in jobs.items():
        films = f"{len(of)} films" if len(of) > 3 else ", ".join(of)
        names = ", ".join(f"{what} {pick.name}" for what, pick in picks if pick.name)
        begin = f"quality {level}: {films}: {names or 'as at every level'}"
        yield "; ".join([begin, *reasons(pick for _, pick in picks)])


def markdown() -> str:
    """The table of docs/quality.md."""
    heads = ["level", "device", "recogniser, all languages", "separation"]
    heads += ["translator of India's languages and English, before the others", "beam"]
    lines = [f"| {' | '.join(heads)} |", "|---|---|---|---|---|---|"]
    for (level, device), rows in RECOGNISERS.items():
        cells = [f"`{level}`", "GPU" if device == "cuda" else "CPU"]
        cells += [_cell(rows), _cell(SEPARATORS[level])]
        cells += [", ".join(BEFORE[level]) or "-", str(BEAMS[level])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(rows: Iterable[Row]) -> str:
    return ", ".join(
        f"{row.model} ({_gb(row.memory_mb)})" if row.memory_mb else row.model for row in rows
    )


def wanted(
    config: Mapping[str, Any], host: Host, films: Iterable[Film], listed: Collection[str]
) -> list[str]:
    """The models that a level would choose for films if all of them were in the store."""
    names: dict[str, None] = {}
    for film in films:
        choice, made = _with_all(config, host, film, listed)
        separation = [choice.separation] * (config["separation"]["when"] != "never")
        names |= dict.fromkeys([choice.recogniser, *separation])
        for source, target in pairs(film):
            try:
                way = routes.of(made, source, target)
                spec = registry.spec(way.engine)
                name = spec.model(made, way.source, target)
            except Problem:
                continue  # no level has an engine for it
            if name:
                names[name] = None
            if config["translation"]["round_trip_sentences"]:
                back = spec.model_back(made, way.source, target, name, listed)
                names |= {back: None} if back else {}
    return list(names)


def untranslated(
    config: Mapping[str, Any], host: Host, films: Iterable[Film], listed: Collection[str]
) -> Iterator[str]:
    """The tracks that could not be made even so, each with the reason."""
    for film in films:
        _, made = _with_all(config, host, film, listed)
        for target in film.targets:
            if film.words == AUTO or not languages.same_words(film.words, target):
                try:
                    routes.of(made, film.words, languages.written(target))
                except Problem as problem:
                    yield f"without {film.words}-{target}: {problem}"


def _with_all(
    config: Mapping[str, Any], host: Host, film: Film, listed: Collection[str]
) -> tuple[Choice, dict[str, Any]]:
    """The choice for a film with every model in the store, and its configuration."""
    full = Host(host.device, host.memory_mb, frozenset(listed), frozenset(BEFORE["best"]))
    choice = choose(config, full, film, listed)
    return choice, settings(config, choice)
