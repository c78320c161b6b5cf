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


def models_of(stage, chosen):
    """The models whose weights count towards a stage's memory and time, by the choice for a film."""
    aligners = sorted(alignment_models(), key=bytes_of)
    return {
        "source_separation": [chosen.separation],
        "pyannote_vad": EARS,
        "speakers": [config["speakers"]["model"]],
        "asr": [chosen.recogniser],
        "second_ear": [*(second_ear_beside(chosen) or ())][1:],
        # An aligner, of those for several languages the largest, and the recogniser, to hear again.
        "alignment": [chosen.recogniser, *aligners[-1:]],
    }.get(stage, [])


def bytes_of(name):
    """The bytes of a model; 0 where it is not listed."""
    return MODELS.get(name, {}).get("size_bytes", 0)


LOADING = (
    "source_separation",
    "pyannote_vad",
    "speakers",
    "asr",
    "second_ear",
    "alignment",
)


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


def weights_of(stage, wildcards):
    """The bytes of models that a stage loads."""
    if stage == "translation":
        names = {translator_of(wildcards), reverse_of(wildcards)}
    else:
        names = models_of(stage, choice(wildcards.job))
    return sum(map(bytes_of, names))


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


def models_by_track(jobs):
    """Which of the models to bring only translations need, and by film and track those of them that
    a track can't be made without."""
    translators, tracks = set(), {}
    for job in (job for job in jobs if job.rule.name == "model"):
        users = [*workflow.dag.depending[job]]
        if not {user.rule.name for user in users} <= {*TRANSLATION_RULES}:
            continue
        translators.add(job.wildcards.model)
        # Without the one that only translates back, a check is left out.
        model = job.output.inventory
        after = [
            user
            for user in users
            if user.input.get("reverse_model") != model
            or user.input.get("model") == model
        ]
        while after:
            each = after.pop()
            after += workflow.dag.depending[each]
            if each.rule.name in RULES_OF_TRACKS:
                film, track = each.wildcards.job, each.wildcards.lang
                of = tracks.setdefault(film, {name: set() for name in tracks_of(film)})
                of.setdefault(track, set()).add(job.wildcards.model)
    return translators, tracks


def preflight():
    """Stop before the first job where a requirement of the run is missing, and list all such."""
    jobs = {"mux": [], "model": [], "translation": []}
    wanted = [*workflow.dag.needrun_jobs()]
    for job in wanted:
        jobs.setdefault(job.rule.name, []).append(job.wildcards)
    translations = [*jobs["translation"], *jobs.get("translation_shard", [])]
    translators, tracks = models_by_track(wanted)
    lines = checks.problems(
        checks.Run(
            films={each.job: film_size(each) for each in jobs["mux"]},
            fetched=[
                catalogue.Model.from_dict(each.model, MODELS[each.model])
                for each in jobs["model"]
            ],
            needs=NEEDS,
            weights={
                stage: max((weights_of(stage, each) for each in jobs["mux"]), default=0)
                for stage in LOADING
            },
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
            translators=translators,
            tracks=tracks,
        ),
        lambda line: logger.warning(terminal.message(line)),
    )
    if unsigned := signing.fault(config["record"]):
        lines.append(unsigned)
    if lines:
        # Snakemake would put its own lines around an error of a hook.
        sys.exit("\n".join(["this run can't be done:", *map(terminal.message, lines)]))
