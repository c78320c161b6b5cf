"""What all rules share: the films, the models, small helpers. Input functions are in inputs.smk;
logic lives in scripts/subtitling."""

import os
import re
from contextlib import redirect_stderr
from dataclasses import replace
from datetime import datetime, timezone
from functools import cache
from io import StringIO

from snakemake.cli import parse_args
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from lineage import sources, terminal
from lineage.problem import raise_all
from subtitling import paths, shards
from subtitling.film import sidecars, glossary
from subtitling.known_text import sources as texts
from subtitling.media import identity, preview
from subtitling.models import catalogue
from subtitling.models.offers import known as known_models
from subtitling.muxing import burn_in
from subtitling.options import selected
from subtitling.recognition import recogniser, registry as recognisers
from subtitling.runtime import earlier
from subtitling.sound import events, separation, vad
from subtitling.speakers import clustering, pyannote_pipeline
from subtitling.subtitles import edits
from subtitling.subtitles.formats import deliveries
from subtitling.text import languages, romanization, suggestions
from subtitling.translation import endpoint, registry, routes
from subtitling.translation.engine import TranslationOptions
from subtitling.workflow import films, levels, signing, sizing
from subtitling.workflow import preflight as checks
from subtitling.subtitles.rules import audience_of, rows, table

# Stages of one call share it; jobs on other hosts inherit it through the environment.
os.environ.setdefault(
    "SUTRADHAR_RUN", datetime.now(timezone.utc).isoformat(timespec="seconds")[:19] + "Z"
)

try:
    endpoint.check_url(
        config["endpoint"]["url"]
    )  # before anything could be put on record
    MODELS = catalogue.listed()
    ALL_FILMS = films.find(
        Path(config["films"]),
        Path(config["inbox"]),
        config["source_language"],
        tuple(config["target_languages"]),
    )
    FILMS = ALL_FILMS.by_job
    # The texts that films begin from. Those with times take the recogniser's place.
    TEXTS = {
        job: text
        for job, row in FILMS.items()
        if (text := texts.of(row, config["text"]["beside"]))
    }
    SCRIPTS = [job for job, text in TEXTS.items() if text.kind == texts.SCRIPT]
    TIMED = [job for job in TEXTS if job not in SCRIPTS]
    WHISPER = recognisers.spec(levels.WHISPER)
    # From here on Whisper's own codes, as its transcripts have them: tl for fil. No other recogniser
    # tells languages, or has other codes for those that it knows.
    if config["asr"]["other_languages"] != "auto":
        for tag in config["asr"]["other_languages"]:
            if wrong := recognisers.unknown(levels.WHISPER, tag):
                raise lineage.Problem(f"asr.other_languages: {wrong}")
        config["asr"]["other_languages"] = [
            WHISPER.code_of(tag) for tag in config["asr"]["other_languages"]
        ]
    config["alignment"]["models"] = {
        WHISPER.code_of(tag): name
        for tag, name in config["alignment"]["models"].items()
    }
    # Tracks for the deaf label sounds.
    SDH = config["subtitles"]["sdh"] or config["subtitles"]["audience"] == "sdh"
    RULES = table(
        config["subtitles"]["rules"],
        config["subtitles"]["overrides"],
        audience_of(config["subtitles"]["audience"], SDH),
    )
    configuration.check_models(
        config, MODELS, [Path(path) for path in workflow.configfiles]
    )
    configuration.check_recogniser(
        config, MODELS, [Path(path) for path in workflow.configfiles]
    )
    configuration.check_formats(config, [Path(path) for path in workflow.configfiles])
    configuration.check_files(
        {
            "glossary.files": config["glossary"]["files"],
            "mux.fonts": config["mux"]["fonts"],
        }
    )
except lineage.Problem as problem:
    sys.exit(terminal.message(str(problem)))


def tell_left_out():
    """Log which films are left out, and why."""
    for job, reason in ALL_FILMS.left_out.items():
        logger.warning(terminal.line(f"left out: {job}: {reason}"))


# Not by each job's own process.
if workflow.is_main_process:
    tell_left_out()


wildcard_constraints:
    job="[^/]+",
    lang=languages.TRACK,
    model="[a-z0-9.-]+",
    shard=r"\d+-of-\d+",


def film(job):
    """The film of a job. The error for an unknown job lists the known ones."""
    if job in ALL_FILMS.left_out:
        raise WorkflowError(terminal.line(f"job {job}: {ALL_FILMS.left_out[job]}"))
    if job not in FILMS:
        known = ", ".join(FILMS) or "none"
        raise WorkflowError(
            f"no film for job {job}: put it into {config['inbox']}/ or add a row to "
            f"{config['films']}. Jobs: {known}"
        )
    return FILMS[job]


def code(script):
    """Digest of a stage script and of all modules of this project that it imports, so that an edit
    reruns the stage."""
    return sources.digest(ROOT / "scripts" / script)


def model_files(name):
    """What a stage depends on of a model: its name and checksums, not its source."""
    if name not in MODELS:
        hint = (
            known_models.remedy(name)
            or suggestions.meant(name, MODELS)
            or (
                f"; it has {', '.join(MODELS)}. `sutradhar models add` adds one: docs/models.md"
            )
        )
        raise WorkflowError(f"{paths.shown(paths.MODELS)} has no model {name}{hint}")
    return {"name": name, "files": MODELS[name]["files"]}


def inventory(name):
    """The file that stands for a verified model in the store."""
    return f"models/{name}/model.json"


def target_of(wildcards):
    """The language of a job; the first of one that translates into several."""
    if "lang" in wildcards.keys():
        return wildcards.lang
    return languages_sharing(wildcards)[0]


def jobs_pattern(jobs):
    """The pattern of the names of some jobs."""
    return "|".join(map(re.escape, jobs))


def words_in(job):
    """The tag of the language that a film's words are in, before any translation: the one spoken,
    or that of the text that the film begins from; or auto."""
    spoken = film(job).source_language
    if job in TIMED or (job in TEXTS and spoken == "auto"):
        return TEXTS[job].language
    return spoken


def commanded():
    """The command line as Snakemake reads it, which has it only after reading all rules; None in
    another program."""
    program = Path(sys.argv[0])
    own = workflow.modifier.is_main_snakefile()  # no module of another workflow
    if not own or "snakemake" not in (program.name, program.parent.name):
        return None
    with redirect_stderr(StringIO()):  # the profile in use was already reported
        return parse_args(sys.argv[1:])[1]


# Snakemake's executors that run jobs on this host, or none.
HERE = (None, "local", "dryrun", "touch")


def by_conda(asked):
    """Whether Snakemake makes the engines' environments."""
    return asked.use_conda or "conda" in map(str, asked.software_deployment_method)


def host():
    """What choices by `quality` depend on. The jobs of a run have it from the run, so that a model
    that is brought meanwhile changes nothing."""
    if not workflow.is_main_process and levels.VARIABLE in os.environ:
        return levels.Host.parsed(os.environ[levels.VARIABLE])
    asked = commanded()
    seen = levels.of_host(
        config,
        submits=asked is not None and asked.executor not in HERE,
        makes_environments=asked is not None and by_conda(asked),
    )
    kept = {job: levels.made_with(Path("out", job)) - seen.store for job in FILMS}
    seen = replace(seen, kept={job: names for job, names in kept.items() if names})
    os.environ[levels.VARIABLE] = seen.dumped()
    return seen


HOST = host()
config["translation"]["beam_size"] = levels.beam_size(config)


@cache
def choice_for(seen):
    """The choice for all films of the same languages and record: films are many, these are few."""
    return levels.choose(config, HOST, seen, MODELS)


@cache
def choice(job):
    """What a film is made with, by `quality`."""
    row = film(job)
    seen = levels.Film(
        words_in(job),
        tuple(row.target_languages),
        is_heard=job not in TIMED,
        made_with=frozenset(HOST.kept.get(job, ())),
    )
    return choice_for(seen)


def choice_of_next():
    """What the next film would be made with, where there is none yet."""
    targets = tuple(config["target_languages"])
    return choice_for(levels.Film(config["source_language"], targets))


@cache
def made_with(chosen):
    """The configuration with a choice in it: one for all films of that choice."""
    return levels.settings(config, chosen)


def settings(job):
    """The configuration of a film, in which no key is left to `quality`."""
    return made_with(choice(job))


def recogniser_of(wildcards):
    """The name of the model that recognises a film's words."""
    return choice(wildcards.job).recogniser


def engine_of_words(wildcards):
    """The name of the recogniser that reads it."""
    return choice(wildcards.job).engine


def asr_options(wildcards):
    """The recogniser's options for a film."""
    return selected(recogniser.RecognitionOptions, settings(wildcards.job)["asr"])


@cache
def second_ear_beside(chosen):
    """The engine and the model of the second ear beside the first one's, or None."""
    return recognisers.second_ear(
        config["asr"]["second_ear"],
        chosen.engine,
        config["asr"]["model"],
        MODELS,
        chosen.whisper,
    )


def second_ear_for(wildcards):
    """The same for a film."""
    return second_ear_beside(choice(wildcards.job))


def unheard(job):
    """Why the recogniser of a film does not serve its language; None where it does."""
    row, name, model = film(job), choice(job).engine, choice(job).recogniser
    spoken = row.source_language
    if spoken == "auto" and not recognisers.with_model(name, model).tells_languages:
        spoken = words_in(job)
    wrong = recognisers.unknown(name, spoken, model)
    named = config["asr"]["engine"] == "auto" and config["asr"]["model"] != "auto"
    if wrong and named and recognisers.called(name, model) == name:
        wrong += f"; asr.model is {model}: auto chooses for each film"
    return wrong and f"{row.where}, source_language: {wrong}"


try:
    raise_all([wrong for job in FILMS if job not in TIMED and (wrong := unheard(job))])
    for chosen in {choice(job) for job in FILMS} or {choice_of_next()}:
        second_ear_beside(chosen)
except lineage.Problem as problem:
    sys.exit(terminal.message(str(problem)))


def separation_of(wildcards):
    """The name of the model that separates a film's voices and music."""
    return settings(wildcards.job)["separation"]["model"]


def heard_in(job):
    """The recogniser's code of that language, or auto."""
    return recognisers.spec(choice(job).engine).code_of(words_in(job))


def route(wildcards):
    """How a film is translated into a language: directly, or through English. Into the film's own
    only what is said in others is translated, whichever these are."""
    target = target_of(wildcards)
    source = words_in(wildcards.job)
    other = wildcards.job in TIMED and TEXTS[wildcards.job].kind == texts.OTHER
    usable = settings(wildcards.job)
    usable = routes.by_words(usable) if other else usable
    try:
        if languages.same_words(heard_in(wildcards.job), target):
            source = "auto"
        return routes.of(usable, source, target)
    except lineage.Problem as problem:
        hint = "; not whisper, since its text is not what is said" if other else ""
        raise WorkflowError(f"job {wildcards.job}: {problem}{hint}") from None


def engine(wildcards):
    """The name of the engine that translates a film into a language."""
    return route(wildcards).engine


def engine_spec(wildcards):
    """The specification of that engine: its needs and its model."""
    return registry.spec(engine(wildcards))


def is_spoken(job, track):
    """Whether the film's words are known to be in a track's language, so that no translation is
    needed, as it is for what is said in other languages."""
    words = languages.same_words(heard_in(job), romanization.base(track))
    return words and not track.endswith(languages.FORCED)


def wanted_tracks(job):
    """The subtitle tracks that are wanted of a job, in order: its languages, each followed by the
    track in Latin letters, the track of songs only, and the track of what is said in other
    languages than the film's, where these are wanted."""
    beside = {
        "-Latn": config["subtitles"]["romanized"],
        languages.SONGS: config["subtitles"]["songs"],
        languages.FORCED: config["subtitles"]["forced"],
    }
    tracks = [
        lang + suffix
        for lang in film(job).target_languages
        for suffix in ["", *(kind for kind, wanted in beside.items() if lang in wanted)]
    ]
    return list(dict.fromkeys(tracks))  # hi-Latn may be a target, too


def tracks_of(job):
    """The tracks of a job that can be made, in order."""
    return [track for track in wanted_tracks(job) if track not in impossible(job)]


def formats_of(track):
    """The configured formats that can hold a track's script and letters."""
    return deliveries.held(config["subtitles"]["formats"], languages.written(track))


def rules_of_tracks():
    """The rules that make tracks, by name: each with its formats and the pattern of its tracks. The
    first makes those that every configured format can hold."""
    targets = {lang for row in FILMS.values() for lang in row.target_languages}
    endings = ("", languages.SONGS, languages.FORCED)
    tracks = {lang + ending for lang in targets for ending in endings}
    tracks |= {f"{lang}-Latn" for lang in targets if "-" not in lang}
    held = {}
    for track in sorted(tracks):
        held.setdefault(formats_of(track), []).append(track)
    formats = tuple(config["subtitles"]["formats"])
    held.pop(formats, None)
    others = "|".join(track for tracks in held.values() for track in tracks)
    made = {"subtitle_gen": (formats, f"(?!(?:{others or '-'})/){languages.TRACK}")}
    for number, (kinds, tracks) in enumerate(held.items(), 1):
        made[f"subtitle_gen_without_{number}"] = (kinds, "|".join(tracks))
    return made


RULES_OF_TRACKS = rules_of_tracks()


def rule_of_track(track):
    """The name of the rule that makes a track."""
    made = formats_of(track)
    return next(name for name, (kinds, _) in RULES_OF_TRACKS.items() if kinds == made)


def options(section, kind):
    """The options of an algorithm in a section of the configuration: the fields of its dataclass
    `kind`."""
    return selected(kind, config[section])
