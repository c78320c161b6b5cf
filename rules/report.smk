"""What a run tells of itself: its plan, for `lineage status --watch`, and what `snakemake --report`
says of results: figures as they are now, and whether they are current, which Snakemake itself does
not tell there."""

import json

from lineage import watch
from lineage.record import Job
from lineage.verify import evidence
from subtitling import overview, page_html


report: "../report/workflow.rst"


def lacking(job):
    """Why a film can't be in the report; None where it can."""
    folder = Path(f"out/{job}")
    shown = [f"09_subtitle_gen/{lang}/{lang}.srt" for lang in tracks_of(job)]
    shown += ["11_audit/film.html"] if config["audit"]["enabled"] else []
    if all((folder / path).is_file() for path in shown):
        return None
    if not folder.is_dir():
        return "not begun"
    row = overview.of(folder, datetime.now(timezone.utc))
    return row.text or "not finished"


# Snakemake's report ends at the first file that is not there: films that did not come so far are
# named in its text instead. Nothing but the command line tells that a report is made.
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
    """The folders of the stages that this run is going to work in, and those each waits for."""
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
    """Write the plan down; a disk that takes nothing more stops the run here, in words."""
    try:
        watch.plan(Path("out"), planned())
    except OSError as error:
        raise WorkflowError(
            f"out/ takes no files ({error.strerror}): make room and run again"
        )


def currency(wildcards):
    """Whether a plain run would leave a job's files as they are."""
    stale = {
        job.rule.name
        for job in workflow.dag.needrun_jobs(exclude_finished=False)
        if job.wildcards_dict.get("job") == wildcards.job
    }
    return f"NOT CURRENT: {', '.join(sorted(stale))} would run" if stale else "current"


def _summary(output):
    told = json.loads(Path(output.summary).read_text("utf-8"))
    if doubt := _doubt(output.summary):
        told |= {"verified": False, "verdict": doubt}
    return told


def _doubt(path):
    """How a result is not what its job has on record; None where it is."""
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


def _holds(told):
    return "holds" if told["verified"] else f"DOES NOT HOLD: {told['verdict']}"


def told_of_film(wildcards, output):
    """The row of a film's page."""
    told = _summary(output)
    return {
        "film": told["title"],
        "subtitles": ", ".join(told["tracks"]) or "none",
        "cues": sum(track["cues"] for track in told["tracks"].values()),
        "problems": told["problems"] or "none",
        "warnings": told["warnings"] or "none",
        "record": _holds(told),
        "results": currency(wildcards),
    }


def told_of_quality(wildcards, output):
    """The row of a film's measurements: the share of cues that keep every reading rule."""
    told = _summary(output)
    kept = {
        f"rules kept, {lang}": page_html.percent(track["keeping"])
        for lang, track in told["tracks"].items()
    }
    return {"film": told["title"], **kept, "results": currency(wildcards)}


def told_of_record(wildcards, output):
    """The row of a film's record and logs."""
    told = _summary(output)
    return {
        "film": told["title"],
        "record": _holds(told),
        "head": told["head"][:16],
        "checked": told["checked_at"],
        "results": currency(wildcards),
    }


def told_of_track(kind):
    """The row of a subtitle file in one format."""

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


def unused():
    """What lies where we look and is not used, and what is made otherwise than it was asked for, a
    line for each: it is said, not passed over."""
    yield from films.strays(Path(config["inbox"]), FILMS.values())
    yield from edits.strays(
        config["subtitles"]["edits"], {job: tracks_of(job) for job in FILMS}
    )
    for path in config["glossary"]["files"]:
        yield from glossary.strays(path, FILMS)
    for job in FILMS:
        for lang, why in impossible(job).items():
            yield f"WITHOUT {lang}: {why}"
        for lang in through_english(job):
            unless = (
                "" if film(job).source_language != "auto" else ", unless that is spoken"
            )
            yield f"{job}: {lang} is made in two steps, through English{unless}"
    if not FILMS:
        yield f"no films: put one into {config['inbox']}/ or add a row to {config['films']}"


if workflow.is_main_process:
    try:
        lines = [*map(terminal.line, unused())]
        if FILMS and not any(map(languages_of, FILMS)):
            sys.exit("\n".join(lines))  # nothing can be made
        for line in lines:
            logger.warning(line)
    except lineage.Problem as problem:
        sys.exit(terminal.message(str(problem)))
