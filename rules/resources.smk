"""The resources that a stage's job requests, and the checks before the first one."""

import json


def film_size(wildcards):
    """The film's size, and its length: that from 01_demux, before that a guess from the size."""
    path = Path(film(wildcards.job).media)
    size = path.stat().st_size if path.is_file() else 0
    media = Path(f"out/{wildcards.job}/01_demux/media.json")
    try:
        hours = json.loads(media.read_bytes())["duration_ms"] / 3_600_000
    # Not made yet, or to be made again.
    except (FileNotFoundError, ValueError, KeyError):
        hours = sizing.guessed_hours(size)
    # Each of two channels takes as long as a film.
    times = 2 if config["demux"]["channels"] == "separate" else 1
    return sizing.Film(times * hours, size)


# The models whose weights count towards a stage's memory and time.
MODELS_OF = {
    "source_separation": [config["separation"]["model"]],
    "pyannote_vad": EARS,
    "speakers": [config["speakers"]["model"]],
    "asr": [config["asr"]["model"]],
    "second_ear": [SECOND_EAR[1]] if SECOND_EAR else [],
    # An aligner, of those for several languages the largest, and the recogniser, to hear again.
    "alignment": [
        config["asr"]["model"],
        *sorted(
            alignment_models(),
            key=lambda name: MODELS.get(name, {}).get("size_bytes", 0),
        )[-1:],
    ],
}


NEEDS = sizing.needs(pipeline=SPEAKERS and len(voice_models()) == 1)


def asking(stage, attempt):
    """The attempt to use for a job's memory and time. The last one of a job that fails alone only
    records that all before it died, so it requests no more than they did."""
    alone = stage in ("translation", "subtitle_gen")
    return min(attempt, earlier.DEATHS) if alone else attempt


def memory(stage):
    """The memory in MB that a job of a stage requests."""
    return lambda wildcards, attempt: sizing.memory_mb(
        NEEDS[stage],
        film_size(wildcards),
        weights_of(stage, wildcards),
        asking(stage, attempt),
    )


def work_of(wildcards):
    """The work of a job as a film: for a shard its share of the film, and for a job of several
    languages the film once for each."""
    whole = film_size(wildcards)
    times = 1
    if "shard" in wildcards.keys():
        times = 1 / shards.number(wildcards.shard)
    elif "model" in wildcards.keys():
        times = len(languages_sharing(wildcards))
    return sizing.Film(whole.hours * times, whole.size_bytes)


def runtime(stage):
    """The wall time in minutes that a job of a stage requests."""
    return lambda wildcards, attempt: sizing.minutes(
        NEEDS[stage],
        work_of(wildcards),
        weights_of(stage, wildcards),
        config["device"],
        asking(stage, attempt),
    )


def weights_of(stage, wildcards=None):
    """The bytes of models that a stage loads."""
    names = MODELS_OF.get(stage, [])
    if stage == "translation":
        names = {translator_of(wildcards), reverse_of(wildcards)}
    return sum(MODELS[name].get("size_bytes", 0) for name in names if name in MODELS)


def read_by_all(jobs):
    """The files that all films of these jobs read and none of the jobs makes. For files that only
    some films read, a time stamp in the future is logged here: it does not stop other films.
    """
    readers = {}
    for job in jobs:
        for file in job.input:
            readers.setdefault(str(file), set()).add(job.wildcards_dict.get("job"))
    for job in jobs:
        for file in job.output:
            readers.pop(str(file), None)
    every = {job.wildcards_dict.get("job") for job in jobs} - {None}
    common = {file for file, of in readers.items() if None in of or of >= every}
    for line in checks.dated_later(readers.keys() - common):
        logger.warning(line)
    return common


def preflight():
    """Stop before the first job where a requirement of the run is missing, and list all such."""
    jobs = {"mux": [], "model": [], "translation": []}
    wanted = [*workflow.dag.needrun_jobs()]
    for job in wanted:
        jobs.setdefault(job.rule.name, []).append(job.wildcards)
    translations = [*jobs["translation"], *jobs.get("translation_shard", [])]
    lines = checks.problems(
        checks.Run(
            films={each.job: film_size(each) for each in jobs["mux"]},
            fetched=[
                catalogue.Model.from_dict(each.model, MODELS[each.model])
                for each in jobs["model"]
            ],
            needs=NEEDS,
            weights={stage: weights_of(stage) for stage in MODELS_OF},
            fonts=config["mux"]["fonts"],
            out=Path("out"),
            store=Path("models"),
            device=config["device"],
            executor=workflow.executor_plugin.name,
            here=workflow.local_exec,
            stages=list(planned()),
            read=read_by_all(wanted),
            users={
                job.wildcards.model: [
                    each.message for each in workflow.dag.depending[job] if each.message
                ]
                for job in wanted
                if job.rule.name == "model"
            },
            endpoint=(
                config["endpoint"]["url"]
                if any(engine_spec(each).online for each in translations)
                else None
            ),
        )
    )
    if unsigned := signing.fault(config["record"]):
        lines.append(unsigned)
    if lines:
        # Snakemake would put its own lines around an error of a hook.
        sys.exit("\n".join(["this run can't be done:", *map(terminal.message, lines)]))
