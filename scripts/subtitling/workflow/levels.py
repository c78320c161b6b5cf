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
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Any, Self

from lineage import untrusted
from lineage.problem import Problem
from subtitling import paths
from subtitling.models import catalogue, licences, store
from subtitling.models.offers import known
from subtitling.recognition import registry as recognisers
from subtitling.recognition import whisper
from subtitling.runtime import devices, environments
from subtitling.text import languages
from subtitling.translation import registry, routes
from subtitling.translation.engine import WORKFLOW_ENVIRONMENT
from subtitling.workflow import sizing

AUTO = "auto"
LEVELS = ("draft", "standard", "best")
# The environment's variable by which the jobs of a run decide as the run did.
VARIABLE = "SUTRADHAR_HOST"
GET = "sutradhar models get {}"
BY_SOUND = "translation by sound"


@dataclass(frozen=True)
class Row:
    """A model that fits from so many megabytes of the device's memory on (10^6 bytes: the GPU's, or
    the host's where models run on the CPU)."""

    model: str
    memory_mb: int = 0


# Memory: on a GPU `devices.room_needed` in float16 and as much again for batches, on a CPU three
# times the weights (`sizing`), both rounded up to sizes that are sold. Turbo and Distil's are on no
# list: they can't translate, and what is said in other languages would stay as it is.
WHISPER = whisper.SPEC.name  # the engine that reads them
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

# The recognisers that hear the languages they know before Whisper does, where a model of theirs is
# in the store.
EARS: Mapping[str, tuple[str, ...]] = {
    "draft": (),
    "standard": ("indicconformer",),
    "best": ("indicconformer",),
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
    in the store, the engines' own environments that are built, by film, models that it was made
    with and that are not in the store any more, and recognisers that would run on the CPU though
    `device` is another, each with the reason."""

    device: str
    memory_mb: int | None
    store: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    kept: Mapping[str, Sequence[str]] = field(default_factory=dict)
    off_device: Mapping[str, str] = field(default_factory=dict)

    def dumped(self) -> str:
        """As a text, for the environment of a run's jobs."""
        return json.dumps(
            [self.device, self.memory_mb, sorted(self.store), sorted(self.environments),
             {job: sorted(names) for job, names in self.kept.items()}, dict(self.off_device)]
        )  # fmt: skip

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Of such a text."""
        device, memory_mb, store, built, kept, off_device = json.loads(text)
        return cls(device, memory_mb, frozenset(store), frozenset(built), kept, off_device)


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
    differ. `engine` reads `recogniser`; `whisper` is the Whisper that translates sound."""

    engine: str
    recogniser: str
    whisper: str
    separation: str
    engines: tuple[tuple[str, str], ...]
    beam_size: int
    picks: Mapping[str, Pick] = field(compare=False, default_factory=dict)


def choose(config: Mapping[str, Any], host: Host, film: Film, listed: Mapping[str, Any]) -> Choice:
    """The choice for a film by the whole configuration; `listed` is the catalogue. A key that does
    not say `auto` goes before the level. Raises Problem where `asr.engine` has no model."""
    level = config["quality"]
    picks = {}
    engine, asr, separation = (*_asked(config, listed), config["separation"]["model"])
    if asr == AUTO:
        engine, picks["recogniser"] = _heard_by(config, host, film, listed)
        asr = picks["recogniser"].name
    if separation == AUTO:
        picks["separation"] = picked(SEPARATORS[level], level, host, film)
        separation = picks["separation"].name
    engines = config["translation"]["engines"]
    if engines == AUTO:
        chosen = dict(_before(config, host, film, asr, listed))
        engines = {**ENGINES, **{pair: pick.name for pair, pick in chosen.items() if pick.name}}
        picks |= {f"translation {pair}": pick for pair, pick in chosen.items()}
    speech = config["whisper"]["model"] or (asr if engine == WHISPER else "")
    if not speech:
        pick = picked(RECOGNISERS[level, host.device], level, host, film)
        speech = pick.name
        picks |= {BY_SOUND: pick} if _by_sound(engines, film) else {}
    return Choice(engine, asr, speech, separation, tuple(engines.items()), beam_size(config), picks)


def beam_size(config: Mapping[str, Any]) -> int:
    """The hypotheses that engines of texts keep."""
    given = config["translation"]["beam_size"]
    return BEAMS[config["quality"]] if given == AUTO else int(given)


def settings(config: Mapping[str, Any], choice: Choice) -> dict[str, Any]:
    """The configuration with the choice in the place of every `auto` that it concerns."""
    asr: dict[str, Any] = {"engine": choice.engine, "model": choice.recogniser}
    if not recognisers.with_model(choice.engine, choice.recogniser).tells_languages:
        asr["other_languages"] = []
    translation = {"engines": dict(choice.engines), "beam_size": choice.beam_size}
    return {
        **config,
        "asr": {**config["asr"], **asr},
        "whisper": {**config["whisper"], "model": choice.whisper},
        "separation": {**config["separation"], "model": choice.separation},
        "translation": {**config["translation"], **translation},
    }


def _asked(config: Mapping[str, Any], listed: Mapping[str, Any]) -> tuple[str, str]:
    """The recogniser and its model as the configuration asks for them, either `auto`; a model that
    is named says whose it is."""
    engine, model = config["asr"]["engine"], config["asr"]["model"]
    if engine == AUTO and model != AUTO:
        engine = recognisers.readers(listed).get(model, WHISPER)
    return engine, model


def _heard_by(
    config: Mapping[str, Any], host: Host, film: Film, listed: Mapping[str, Any]
) -> tuple[str, Pick]:
    """The recogniser of a film and its model, where no model is named."""
    level, engine = config["quality"], config["asr"]["engine"]
    if engine not in (AUTO, WHISPER):
        rows = _rows_of(engine, host, listed)
        if not rows:
            raise Problem(f"asr.engine: {recognisers.none_listed(engine)}")
        return engine, picked(rows, level, host, film)
    pick = picked(RECOGNISERS[level, host.device], level, host, film)
    if engine == AUTO and film.is_heard and film.words != AUTO:
        for name in _ears(level, film):
            better = _ear(config, name, host, film, listed)
            if better.name:
                return name, better
            pick = replace(
                pick, lacks=better.lacks + pick.lacks, limits=better.limits + pick.limits
            )
    return WHISPER, pick


def _ears(level: str, film: Film) -> list[str]:
    """The recognisers of a level that know a film's language; any, where Whisper does not."""
    alone = recognisers.unknown(WHISPER, film.words) is not None
    names = [name for name in recognisers.SPECS if name != WHISPER] if alone else EARS[level]
    return [name for name in names if recognisers.unknown(name, film.words) is None]


def _ear(
    config: Mapping[str, Any], name: str, host: Host, film: Film, listed: Mapping[str, Any]
) -> Pick:
    """A recogniser's model for a film: the first that fits and is in the store, where Whisper does
    not know the language also one that is not; no name where there is none, and why."""
    level, every = config["quality"], _rows_of(name, host, listed)
    rows = [row for row in every if licences.commercial(listed[row.model]["licence"]) != "no"]
    alone = recognisers.unknown(WHISPER, film.words) is not None
    why = _against(config, name, listed)
    if not why and not rows:
        bound = f"the licence of {every[0].model} forbids commercial use" if every else ""
        why = bound or recognisers.none_listed(name)
    if not (why or alone) and name in host.off_device:
        why = f"it would run on the CPU: {host.off_device[name]}"
    if why:
        return Pick("", level, limits=(f"{name} would be better, but {why}",))
    pick = picked(rows, level, host, film)
    at_hand = pick.name in host.store | film.made_with
    fitting = [row for row in rows if fits(row, host)]
    if alone or (at_hand and pick.name in [row.model for row in fitting]):
        return pick
    if fitting:
        return Pick("", level, lacks=(fitting[0].model,))
    return Pick("", level, limits=(_too_large(rows[0], host),))


def _against(config: Mapping[str, Any], name: str, listed: Mapping[str, Any]) -> str:
    """What a key asks for that a recogniser can't do, so that the level leaves it out; empty where
    there is nothing."""
    spec, asr = recognisers.spec(name), config["asr"]
    if asr["other_languages"] not in (AUTO, []) and not spec.tells_languages:
        return "asr.other_languages lists languages, and it tells none"
    if config["subtitles"]["forced"] and not spec.tells_languages:
        return "subtitles.forced asks for what is said in other languages, and it tells none"
    if spec.precision and asr["compute_type"] not in (AUTO, spec.precision):
        return f"asr.compute_type is {asr['compute_type']}, and it computes in {spec.precision}"
    if config["alignment"]["aligner"] == "attention" and not spec.has_attention:
        return "alignment.aligner is attention, and it has none"
    if recognisers.readers(listed).get(asr["second_ear"]) == name:
        return f"{asr['second_ear']} is the second ear"
    return ""


def _rows_of(name: str, host: Host, listed: Mapping[str, Any]) -> list[Row]:
    """A recogniser's models in the catalogue, with the memory that they need."""
    names = [model for model, reader in recognisers.readers(listed).items() if reader == name]
    return [Row(model, _memory_mb(listed[model]["size_bytes"], host.device)) for model in names]


def _memory_mb(size_bytes: int, device: str) -> int:
    """The memory that a model takes of a device which computes in the precision of its files."""
    if device == "cuda":
        return ceil(devices.room_needed(size_bytes, "float16") / 1e6)  # the precision of Whisper's
    return sizing.takes_mb(sizing.NEEDS["alignment"], sizing.Film(3.0, 0), size_bytes)


def _by_sound(engines: Mapping[str, str], film: Film) -> bool:
    """Whether Whisper translates the sound for a film's tracks, or for the English that these are
    made from."""
    others = [tag for tag in film.targets if not languages.same_words(film.words, tag)]
    through = [tag for tag in others if f"{film.words}-{tag}" not in engines]
    into_english = f"{film.words}-{routes.ENGLISH}"
    return (
        bool(through) and engines.get(into_english, engines.get(f"*-{routes.ENGLISH}")) == WHISPER
    )


def picked(rows: Sequence[Row], level: str, host: Host, film: Film) -> Pick:
    """The first of the rows that fits and is in the store, or the last."""
    at_hand = host.store | film.made_with
    fitting = [row for row in rows if fits(row, host)]
    chosen = next((row for row in fitting if row.model in at_hand), rows[-1])
    better = rows[: rows.index(chosen)]
    limits = [_too_large(row, host) for row in better if row not in fitting]
    lacks = [row.model for row in better if row in fitting]
    return Pick(chosen.model, level, tuple(lacks), tuple(limits[-1:]))


def fits(row: Row, host: Host) -> bool:
    """Whether a model fits the device's memory, as far as that is known."""
    return host.memory_mb is None or row.memory_mb <= host.memory_mb


def _too_large(row: Row, host: Host) -> str:
    memory = "GPU memory" if host.device == "cuda" else "memory"
    has = _gb(host.memory_mb or 0)  # where it is not known, every row fits
    return f"{row.model} needs {_gb(row.memory_mb)} of {memory}, this host has {has}"


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
        off_device={
            name: why
            for name, spec in recognisers.SPECS.items()
            if (why := spec.off_device(device))
        },
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
    alone = ("04_source_separation", "06_asr")
    for stage in (*alone, *(f"{each}/*" for each in alone), "08_translation/*"):
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
    heads = ["level", "device", "recogniser of India's languages, before the other"]
    heads += ["recogniser, all languages", "separation"]
    heads += ["translator of India's languages and English, before the others", "beam"]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for (level, device), rows in RECOGNISERS.items():
        cells = [f"`{level}`", "GPU" if device == "cuda" else "CPU", ", ".join(EARS[level]) or "-"]
        cells += [_cell(rows), _cell(SEPARATORS[level])]
        cells += [", ".join(BEFORE[level]) or "-", str(BEAMS[level])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(rows: Iterable[Row]) -> str:
    return ", ".join(
        f"{row.model} ({_gb(row.memory_mb)})" if row.memory_mb else row.model for row in rows
    )


def wanted(
    config: Mapping[str, Any], host: Host, films: Iterable[Film], listed: Mapping[str, Any]
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
    config: Mapping[str, Any], host: Host, films: Iterable[Film], listed: Mapping[str, Any]
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
    config: Mapping[str, Any], host: Host, film: Film, listed: Mapping[str, Any]
) -> tuple[Choice, dict[str, Any]]:
    """The choice for a film with every model in the store, and its configuration."""
    full = replace(host, store=frozenset(listed), environments=frozenset(BEFORE["best"]), kept={})
    choice = choose(config, full, film, listed)
    return choice, settings(config, choice)
