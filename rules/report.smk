"""Reports of a run: its plan, for `lineage status --watch`, and the labels of results in
`snakemake --report`: present figures, and whether results are current, which Snakemake itself does
not show there."""

import json
import time
from logging import FileHandler, StreamHandler
from re import fullmatch

from lineage import logs, watch
from lineage.record import Job
from lineage.commands.verify import evidence
from subtitling.page import overview, page_html
from subtitling.workflow import console_filter, run_screen


report: "../report/workflow.rst"


STARTED_S = time.time()


def lacking(job):
    """Why a film can't be in the report; None where it can."""
    folder = Path(f"out/{job}")
    shown = [
        f"09_subtitle_gen/{lang}/{lang}.{deliveries.ending(kind)}"
        for lang in tracks_of(job)
        for kind in formats_of(lang)
    ]
    shown += ["11_audit/film.html"] if config["audit"]["enabled"] else []
    if all((folder / path).is_file() for path in shown):
        return None
    if not folder.is_dir():
        return "not begun"
    row = overview.of(folder, datetime.now(timezone.utc))
    return row.text or "not finished"


# Snakemake's report fails at the first missing file: unfinished films are named in its text
# instead. Only the command line says that a report is being made.
REPORTING = any(word.split("=")[0] == "--report" for word in sys.argv)
LEFT_OUT = {job: why for job in FILMS if REPORTING and (why := lacking(job))}
REPORTED = [job for job in FILMS if job not in LEFT_OUT]
if LEFT_OUT:
    config["left_out"] = LEFT_OUT


def planned_films():
    """The jobs of the films that this run worked on, in order."""
    names = [job.wildcards_dict.get("job") for job in workflow.dag.jobs]
    return [job for job in FILMS if job in set(names)]


def planned():
    """The folders of the stages that this run will execute, and those that each waits for."""
    dag = workflow.dag
    folders = {
        job: str(Path(job.log.manifest).parent)
        for job in dag.needrun_jobs()
        if "manifest" in job.log.keys()
    }
    return {
        folder: sorted(folders[d] for d in dag.job_dependencies(job) if d in folders)
        for job, folder in sorted(folders.items(), key=lambda pair: pair[1])
    }


def leave_plan():
    """Write the plan; a full disk stops the run here with a message."""
    try:
        watch.plan(Path("out"), planned())
    except OSError as error:
        sys.exit(
            f"no file can be written to out/ ({error.strerror}): make room and run again"
        )


# The rules of stages that fail alone, and those of them whose earlier result is kept.
KEPT = ("translation", "translation_whole", *RULES_OF_TRACKS)
TRANSLATION_RULES = (
    "translation",
    "translation_whole",
    "translation_shard",
    "translation_shared",
)
ALONE_RULES = (*TRANSLATION_RULES, *RULES_OF_TRACKS)
# Those that take over what their last run finished, by its record.
RESUMING = (*ALONE_RULES, "asr", "asr_shard")


def failing_alone(rules=ALONE_RULES):
    """The folders of the stages of this plan that fail alone, with their jobs."""
    return [
        (Path(job.log.manifest).parent, job)
        for job in workflow.dag.jobs
        if job.rule.name in rules
    ]


def keep_earlier():
    """Keep earlier translations and tracks that are to be made again, in case this fails, and the
    records of what was finished."""
    for folder, job in failing_alone(RESUMING):
        if workflow.dag.needrun(job):
            earlier.keep(folder)


def failed_alone():
    """Whether a stage has failed alone, so that a film lacks a track or has an earlier one, or a
    model could not be brought."""
    tracks = any(earlier.why_failed(folder) for folder, _ in failing_alone())
    return tracks or bool(failed_models())


def failed_models():
    """The folders of the models of this plan that could not be brought, with the reasons."""
    folders = {
        Path(job.log.manifest).parent
        for job in workflow.dag.jobs
        if job.rule.name == "model"
    }
    return {
        folder: why for folder in sorted(folders) if (why := earlier.why_failed(folder))
    }


def tell_end():
    """Print the last message of a run: where each film is, or why it is missing."""
    for folder, _ in failing_alone(RESUMING):
        earlier.tidy(folder)
    tell_left_out()
    stopped = {job.wildcards_dict.get("job") for job in workflow.dag.needrun_jobs()}
    text = overview.after_run(
        Path("out"),
        ROOT / "report",
        planned_films(),
        stopped,
        failed_models(),
        took_ms=1000 * (time.time() - STARTED_S),
    )
    say(text)


def sign_films():
    """Sign the records of the run's finished films, where a key is configured; returns whether none
    of them failed."""
    if not config["record"]["sign_key"]:
        return True
    now = datetime.now(timezone.utc)
    done = [
        job
        for job in planned_films()
        if Path(f"out/{job}").is_dir()
        and overview.of(Path(f"out/{job}"), now).state == "done"
    ]
    ends = [*signing.signed(Path("out"), done, config["record"])]
    for _, line in ends:
        say(line)
    return all(is_signed for is_signed, _ in ends)


def currency(wildcards):
    """Whether a plain run would leave a job's files as they are."""
    stale = {
        job.rule.name
        for job in workflow.dag.needrun_jobs(exclude_finished=False)
        if job.wildcards_dict.get("job") == wildcards.job
    }
    return f"NOT CURRENT: {', '.join(sorted(stale))} would run" if stale else "current"


def _summary(output):
    summary = json.loads(Path(output.summary).read_text("utf-8"))
    if doubt := _doubt(output.summary):
        summary |= {"verified": False, "verdict": doubt}
    return summary


def _doubt(path):
    """How a result differs from the record of its job; None where it does not."""
    folder = Path(*Path(path).parts[:2])
    try:
        record = Job.read(folder)
        problems = [finding.text for finding in evidence(record)]
        on_record = {
            f.path: f.sha256 for m in record.stages.values() for f in m.outputs
        }
        if on_record.get(str(path)) != lineage.sha256(path):
            problems.append("its content is not what is on record")
    except lineage.Problem as problem:
        problems = [str(problem)]
    return problems[0] if problems else None


def _holds(summary):
    return "holds" if summary["verified"] else f"DOES NOT HOLD: {summary['verdict']}"


def labels_of_film(wildcards, output):
    """The report's labels of a film's page."""
    summary = _summary(output)
    return {
        "film": summary["title"],
        "subtitles": ", ".join(summary["tracks"]) or "none",
        "cues": sum(track["cues"] for track in summary["tracks"].values()),
        "problems": summary["problems"] or "none",
        "warnings": summary["warnings"] or "none",
        "record": _holds(summary),
        "results": currency(wildcards),
    }


def labels_of_quality(wildcards, output):
    """The labels of a film's measurements: the share of cues that keep every reading rule."""
    summary = _summary(output)
    kept = {
        f"rules kept, {lang}": page_html.percent(track["keeping"])
        for lang, track in summary["tracks"].items()
    }
    return {"film": summary["title"], **kept, "results": currency(wildcards)}


def labels_of_record(wildcards, output):
    """The labels of a film's record and logs."""
    summary = _summary(output)
    return {
        "film": summary["title"],
        "record": _holds(summary),
        "head": summary["head"][:16],
        "checked": summary["checked_at"],
        "results": currency(wildcards),
    }


def labels_of_track(kind):
    """The labels of a subtitle file in one format."""

    def labels(wildcards, output):
        measured = json.loads(Path(output.quality).read_text("utf-8"))
        return {
            "film": wildcards.job,
            "language": wildcards.lang,
            "format": kind,
            "cues": measured["cues"],
            "results": _doubt(str(output.quality)) or currency(wildcards),
        }

    return labels


def targets():
    """The targets on the command line."""
    asked = commanded()
    return asked.targets if asked else []


def no_target(target):
    """Why a target can't be made; None where it can."""
    names = {rule.name for rule in workflow.rules if not rule.has_wildcards()}
    why = films.no_target(target, names, ALL_FILMS, MODELS, is_made)
    top, job, stage, track, *_ = (*Path(target).parts, *4 * [""])
    if why or top != "out" or stage not in ("08_translation", "09_subtitle_gen"):
        return why
    if not fullmatch(languages.TRACK, track):
        return None
    tag = languages.written(track)
    return languages.fault(tag) or no_track(job, track)


def is_made(file):
    """Whether a rule makes a file."""
    return any(rule.is_producer(file) for rule in workflow.rules)


def unused():
    """Warnings, a line each, on input files that are not used, and on results that are made
    otherwise than requested."""
    if not all(Path(each).parts[:1] == ("models",) for each in targets() or [""]):
        chosen = {job: choice(job) for job in FILMS}
        yield from levels.lines(config["quality"], chosen)
    yield from films.strays(Path(config["inbox"]), FILMS.values())
    yield from edits.strays(
        config["subtitles"]["edits"], {job: tracks_of(job) for job in FILMS}
    )
    for path in config["glossary"]["files"]:
        yield from glossary.strays(path, FILMS)
    for job, text in TEXTS.items():
        leave = (
            ", beside it; text: {beside: false} leaves it alone" if text.beside else ""
        )
        yield f"{job}: begins from the text {text.name}, {texts.use_of(text)}{leave}"
    for job, row in FILMS.items():
        if config["text"]["beside"] and row.text is None:
            yield from texts.unused(row.media, TEXTS.get(job))
        if why := one_ear(job):
            yield f"{job}: without the second ear: {why}"
        for lang, why in impossible(job).items():
            yield f"WITHOUT {lang}: {why}"
        for lang in tracks_of(job):
            edited(
                job, lang
            )  # which stops here, as Snakemake would not where the track exists
            for kind in config["subtitles"]["formats"]:
                if less := deliveries.lacks(kind, languages.written(lang)):
                    name = languages.english_name(lang)
                    yield f"{job}: no {kind} in {lang} ({name}): it can't hold {less}"
        for lang in through_english(job):
            unless = "" if words_in(job) != "auto" else ", unless that is spoken"
            yield f"{job}: {lang} is made in two steps, through English{unless}"
    inbox = config["inbox"]
    if not Path(inbox).is_dir() and (not FILMS or inbox != "in"):
        yield f"inbox: there is no folder {inbox}, as seen from {Path.cwd()}"
    folder = config["subtitles"]["edits"]
    if not Path(folder).is_dir() and folder not in ("edits", "none"):
        yield f"subtitles.edits: there is no folder {folder}, as seen from {Path.cwd()}"
    made = sorted({lang for job in FILMS for lang in tracks_of(job)})
    for key, langs in {
        "burn_in.language": [config["burn_in"]["language"]],
        "mux.default_track": [config["mux"]["default_track"]],
        "mux.forced_tracks": config["mux"]["forced_tracks"],
    }.items():
        for lang in set(langs) - {*made, "none", "first"}:
            yield f"{key}: {lang}: no film has such a track; tracks are {', '.join(made) or 'none'}"
    if not FILMS:
        left = len(ALL_FILMS.left_out)
        why = f"all {left} are left out, see above; " if left else ""
        yield f"no films: {why}put one into {inbox}/ or add a row to {config['films']}"


def quieten():
    """Drop Snakemake's screen messages that stages report better; its own log keeps all."""
    for handler in logger.handlers:
        if isinstance(handler, StreamHandler) and not isinstance(handler, FileHandler):
            handler.addFilter(console_filter.is_news)
    for handler in workflow.logger_manager.get_log_handlers():
        if hasattr(handler, "show"):  # Sutradhar's own logger plugin
            use_screen(handler)


def use_screen(handler):
    """Show the run on the plugin's screen, but for what Snakemake itself was asked to say."""
    if handler.wants_all:
        handler.addFilter(console_filter.is_news)
        return
    given = handler.common_settings
    quiet = {kind.name for kind in given.quiet or ()}
    if "ALL" in quiet:
        handler.addFilter(lambda record: hasattr(record, run_screen.END))
    usual = handler.usual
    handler.show(
        run_screen.Screen(
            usual.stream,
            usual.formatter,
            quiet=not quiet.isdisjoint({"ALL", "RULES"}),
            no_color=given.nocolor,
        )
    )
    SCREENS.append(handler)
    os.environ[logs.SCREEN] = logs.RUN


# The handlers that show the run, where the environment has Sutradhar's logger plugin.
SCREENS = []


def say(text):
    """Print the last lines of a run, after all that was said before."""
    if SCREENS:
        logger.info(text, extra={run_screen.END: True})
    else:
        print(text, flush=True)


def tell_beginning():
    """Log what is not used, and stop where a target can't be made."""
    try:
        lines = [*map(terminal.line, unused())]
    except lineage.Problem as problem:
        sys.exit(terminal.message(str(problem)))
    wrong = [
        terminal.message(why) for target in targets() if (why := no_target(target))
    ]
    # Nothing can be made of what was asked for.
    films_given = FILMS or ALL_FILMS.left_out
    if wrong or films_given and not any(map(languages_of, FILMS)):
        sys.exit("\n".join([*lines, *wrong]))
    for line in lines:
        logger.warning(line)
