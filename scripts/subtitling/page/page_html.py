"""The film page: one HTML file that needs no network.

Its data is untrusted: the template escapes it, the script's data is escaped for a script element,
and the page's content security policy allows no other script and no requests.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage import terminal
from lineage.record import clock
from subtitling.page import charts, film_figures, film_troubles
from subtitling.page.film_troubles import Trouble
from subtitling.page.gather import Film, Track
from subtitling.text import languages

if TYPE_CHECKING:
    from markupsafe import Markup

# Parts of the page that are also separate pages, for Snakemake's report.
PARTS = ("quality", "record", "logs")
# The scripts of the film's page, as one.
SCRIPTS = ("viewer.js", "film.js")
_WORST = 12
_NAMES = {
    "max_lines": "Lines in a cue",
    "max_chars_per_line": "Characters in a line",
    "max_chars_per_second": "Characters a second",
    "min_duration": "Shortest time on the screen",
    "max_duration": "Longest time on the screen",
    "min_gap": "Gap before the next cue",
    "close_gap": "Small gaps closed",
    "overlap": "No overlap with the next cue",
}
_TEXT_NAMES = {
    "ellipsis": "three dots",
    "speaker_dash": "dashes of speakers",
    "numbers": "numbers in digits",
    "number_begins": "a number begins a sentence",
    "characters": "characters of no use in the language",
    "quotation_marks": "quotation marks",
    "interruption": "an interruption",
    "brackets": "parentheses",
    "white_space": "spaces",
    "italics": "italics",
}


def embedded(value: Any) -> "Markup":
    """JSON for a script element of a page, escaped so that it can end neither element nor line."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def policy(script: str) -> str:
    """The page's content security policy: only this script, and only data held in the page."""
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:; media-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def layout_sum(folder: Path) -> str:
    """One checksum over the files that pages are written from, so that an edit regenerates them."""
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".j2", ".css", ".js"):
            total.update(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def pages(
    film: Film, data: dict[str, Any], sound: str, access: dict[str, Any], folder: Path
) -> dict[str, str]:
    """The page of `film`, and each of `PARTS` by itself.

    `data` is that of `gather.data`, `sound` describes the sound on the page, `access` is the
    sheet of `access.sheet`; `folder` holds the templates.
    """
    from markupsafe import Markup

    templates = environment(folder)
    script = "\n".join((folder / name).read_text("utf-8") for name in SCRIPTS)
    shown = {
        **_context(film),
        "style": Markup((folder / "film.css").read_text("utf-8")),
    }
    whole = templates.get_template("film.html.j2").render(
        **shown,
        part=None,
        sound=sound,
        access={**access, "shown": _access(access)},
        policy=policy(script),
        script=Markup(script),
        data=embedded(data),
    )
    paper = templates.get_template("paper.html.j2")
    return {"film": whole, **{part: paper.render(**shown, part=part) for part in PARTS}}


def _context(film: Film) -> dict[str, Any]:
    """The variables of the templates."""
    tracks = [
        {**figures, **_shown(track, figures["code"])}
        for figures, track in zip(film_figures.measures(film), film.tracks, strict=True)
    ]
    troubles = film_troubles.troubles(film)
    return {
        "film": film,
        "title": film.data.title or film.job,
        "verdict": verdict(film, troubles),
        "made": _made(film, tracks),
        "source": _source(film),
        "by": _by(film),
        "sure": _sure(tracks),
        "wrong": _wrong(troubles),
        "trust": _trust(film),
        "troubles": troubles,
        "tracks": tracks,
        "models": film_figures.models(film),
        "checked": film_figures.report_of(film),
        "code": _code(film),
        "unrepeatable": [
            (s.key, "; ".join(s.manifest.unrepeatable))
            for s in film.stages
            if s.manifest.unrepeatable
        ],
        "result": film.result.name if film.result else "",
        "confidence": _confidence(film),
        "gantt": _gantt(film),
    }


def _access(sheet: dict[str, Any]) -> list[tuple[str, Any]]:
    """The checks of the film and of each track, under their names."""
    tracks = [(languages.english_name(t["language"]), t["checks"]) for t in sheet["tracks"]]
    return [("The film", sheet["film"]), *tracks]


def environment(folder: Path) -> Any:
    """Jinja for the templates in `folder`: it escapes, and an unknown name is an error."""
    import jinja2

    jinja = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.filters |= {"percent": percent, "clock": clock, "length_of": _length}
    return jinja


def percent(share: float) -> str:
    """0.9873 as `98.7 %`; only 0 is shown as 0 % and only 1 as 100 %."""
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    return f"{min(99.9, max(0.1, round(100 * share, 1))):.1f} %"


def verdict_words(grade: int) -> tuple[str, str]:
    """The grade of a film, 0 to 2, as its mark and in words."""
    return [("good", "All is well"), ("look", "Worth a look"), ("bad", "Not to be relied on")][
        grade
    ]


def verdict(film: Film, troubles: Sequence[Trouble]) -> dict[str, str]:
    """The page in one sentence, and its grade: good, look or bad."""
    tracks = film_figures.measures(film)
    keeping = all(t["keeping"] == 1 for t in tracks)
    sure = max((t["sure"] for t in tracks), key=lambda each: each.grade, default=None)
    worst = max((t.weight for t in troubles), default=0)
    grade, word = verdict_words(max(worst, sure.grade if sure else 0, 0 if keeping else 1))
    names = _several([languages.english_name(t.language) for t in film.tracks])
    spoken = f" from {languages.english_name(film.spoken.language)} speech" if film.spoken else ""
    without = _several([languages.english_name(each) for each in film_troubles.missing(film)])
    serious = sum(t.weight == 2 for t in troubles)
    small = sum(t.weight == 1 for t in troubles)
    sentences = [
        f"Subtitles in {names}{spoken}, {_length(film.media.duration_ms)}."
        if film.tracks
        else "No subtitles were made.",
        f"Without {without}, which could not be made." if without else "",
        f"How sure: {sure.grade.word.lower()}{'; ' if sure.reasons else ''}"
        f"{'; '.join(sure.reasons[:2])}."
        if sure
        else "",
        "Every cue keeps every reading rule." if keeping and film.tracks else "",
        f"{_count(serious, 'problem')} and {_count(small, 'warning')} on record."
        if serious
        else f"{_count(small, 'warning')} on record."
        if small
        else "No stage warned.",
        "The files differ from the record: see below before you rely on anything here."
        if film.checked.findings
        else f"{_count(len(film.checked.unchecked), 'thing')} on record could not be checked."
        if film.checked.unchecked
        else "Every file matches the record.",
    ]
    return {"grade": grade, "word": word, "text": " ".join(filter(None, sentences))}


def _made(film: Film, tracks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    path = film.result
    size = f", {terminal.size(path.stat().st_size)}" if path else ""
    lines = [f"{t['name']}: {t['cues']} cues, as SRT, VTT and ASS" for t in tracks]
    muxed = [s.manifest.ended_at for s in film.stages if s.key == "10_mux"]
    if muxed and muxed[0]:
        lines.append(f"Finished {muxed[0][:16].replace('T', ' ')} UTC")
    edited = [t.language for t in film.tracks if t.edit]
    if edited:
        lines.append(f"Corrected by hand: {', '.join(edited)}")
    return {"lead": f"{path.name}{size}" if path else "No film was written", "lines": lines}


def _source(film: Film) -> dict[str, Any]:
    manifest = next(s.manifest for s in film.stages if s.key == "01_demux")
    origin = next((f for f in manifest.inputs if f.name == "film"), manifest.inputs[0])
    streams = [
        " ".join(
            filter(
                None,
                (
                    s.kind,
                    s.codec,
                    f"{s.width}×{s.height}" if s.width else "",
                    s.language or "",
                ),
            )
        )
        for s in film.media.streams
    ]
    known = film.data.source
    return {
        "lead": f"{Path(origin.path).name}, {_length(film.media.duration_ms)}",
        "sha256": origin.sha256,
        "lines": [
            f"{film.media.container}: {'; '.join(streams)}",
            f"Recognised: audio stream {film.media.audio.stream}, {film.media.audio.reason}",
            "No film data" if known == "nothing" else f"Film data: {known}",
        ],
    }


def _by(film: Film) -> dict[str, Any]:
    used = film_figures.models(film)
    machines = {s.manifest.hardware["host"]: s.manifest.hardware for s in film.stages}
    engines = [
        f"{s.key}: {s.manifest.notes['engine']}"
        for s in film.stages
        if "engine" in s.manifest.notes
    ]
    return {
        "lead": _several([m["name"] for m in used]) or "No model",
        "lines": [
            *(f"{m['name']} ({m['licence']}): {', '.join(m['stages'])}" for m in used),
            *engines,
            *film_figures.chosen(film),
            f"Code: {_code(film)}",
            *(
                f"On {host}: {', '.join([machine['cpu'], *map(str, machine['gpus'])])}"
                for host, machine in machines.items()
            ),
            *(f"Warning about the host: {text}" for text in film_troubles.of_host(film)),
        ],
    }


def _code(film: Film) -> str:
    commits = sorted({str(s.manifest.code["commit"] or "not in git")[:12] for s in film.stages})
    dirty = any(s.manifest.code["dirty"] for s in film.stages)
    return f"commit {', '.join(commits)}{', with uncommitted edits' if dirty else ''}"


def _sure(tracks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The verdict on each track; tracks with the same verdict are grouped."""
    names_of: dict[Any, list[str]] = {}
    for track in tracks:
        names_of.setdefault(track["sure"], []).append(track["name"])
    grades = ("good", "look", "bad")
    return [
        {
            "names": _several(names),
            "grade": grades[sure.grade],
            "word": sure.grade.word,
            "reasons": sure.reasons,
        }
        for sure, names in names_of.items()
    ]


def _wrong(troubles: Sequence[Trouble]) -> dict[str, str]:
    serious = sum(t.weight == 2 for t in troubles)
    small = sum(t.weight == 1 for t in troubles)
    if serious:
        return {"grade": "bad", "lead": f"{_count(serious, 'problem')}, {_count(small, 'warning')}"}
    if small:
        return {"grade": "look", "lead": _count(small, "warning")}
    return {"grade": "good", "lead": "No warnings"}


def _trust(film: Film) -> str:
    checked = film.checked
    if checked.findings:
        return f"{_count(len(checked.findings), 'thing')} on record do not match the files."
    if checked.unchecked:
        left = "; ".join(f"{row.path}: {row.text}" for row in checked.unchecked[:5])
        return (
            f"NOT CHECKED: {len(checked.unchecked)} on record ({left}). The {checked.hashed} files "
            "that could be hashed match the record."
        )
    return (
        f"All {checked.hashed} files on record were hashed again: not a byte differs, and each "
        "stage's input is the output of the stage that it names."
    )


def _shown(track: Track, code: str) -> dict[str, Any]:
    from markupsafe import Markup

    from subtitling.subtitles import quality

    held = track.limit.rules
    frame = 1000 / track.limit.frames.rate
    limits = {
        "max_lines": f"{held.max_lines}",
        "max_chars_per_line": f"{held.max_chars_per_line}",
        "max_chars_per_second": f"{held.max_chars_per_second:g}",
        "min_duration": f"{held.min_duration_ms / 1000:.2f} s",
        "max_duration": f"{held.max_duration_ms / 1000:g} s",
        "min_gap": f"{held.min_gap_frames} frames, {held.min_gap_frames * frame:.0f} ms",
        "close_gap": f"{held.close_gap_ms} ms",
        "overlap": "0 ms",
    }
    speeds = [quality.speed(cue, track.language) for cue in track.cues]
    lengths = [(cue.end_ms - cue.start_ms) / 1000 for cue in track.cues]
    drawn = [
        charts.histogram(
            speeds, [held.max_chars_per_second], "characters a second", f"speed-{code}", 1
        ),
        charts.histogram(
            lengths,
            [held.min_duration_ms / 1000, held.max_duration_ms / 1000],
            "seconds on the screen",
            f"length-{code}",
            0.5,
        ),
    ]
    return {
        "rows": [
            {"name": _NAMES.get(rule, rule), "limit": limits.get(rule, ""), **row}
            for rule, row in track.quality["rules"].items()
        ],
        "text": [
            f"{_TEXT_NAMES[check]}: {row['cues']}"
            for check, row in track.quality.get("text", {}).items()
            if row["cues"]
        ],
        "charts": Markup("".join(drawn)),
        "worst": film_figures.worst(track, _WORST),
    }


def _confidence(film: Film) -> "Markup | str":
    from markupsafe import Markup

    segments = film.spoken.segments if film.spoken else ()
    scored = [segment for segment in segments if segment.confidence is not None]
    if not scored:
        return ""
    times = [segment.start_ms / 1000 for segment in scored]
    scores = [segment.confidence or 0.0 for segment in scored]
    two = any(segment.agreement is not None for segment in scored)
    what = "agreement of the recognisers" if two else "score of the recogniser"
    drawn = charts.along(times, scores, what, "confidence")
    return Markup(drawn)


def _gantt(film: Film) -> "Markup":
    from markupsafe import Markup

    used = {s.key: s for s in film.stages}
    spans = [
        charts.Span(
            key,
            start,
            end,
            f"{end - start:.1f} s, "
            f"{used[key].manifest.resources['peak_memory_bytes'] / (1 << 20):.0f} MiB",
            used[key].state in ("success", "skipped"),
        )
        for key, start, end in film_figures.took(film)
    ]
    return Markup(charts.gantt(spans, "gantt"))


def _several(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _count(number: int, what: str) -> str:
    return f"{number or 'No'} {what}{'' if number == 1 else 's'}"


def _length(ms: int) -> str:
    minutes, seconds = divmod(round(ms / 1000), 60)
    if minutes < 2:
        return f"{60 * minutes + seconds} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
