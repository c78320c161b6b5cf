"""Films for the page's tests: a real small job, one whose every text is hostile, and a long one."""

from dataclasses import replace
from pathlib import Path

import recorded

from lineage.commands.verify import verify
from lineage.record import Job
from subtitling import documents
from subtitling.media import waveform
from subtitling.page import access, gather, page_data, page_html
from subtitling.page.gather import Film, Track
from subtitling.page.threads import Thread
from subtitling.subtitles import rules
from subtitling.subtitles.frames import frame_rules

REPORT = Path(__file__).parents[2] / "report"
AT = "2026-11-21T12:00:00+00:00"
HOSTILE = "</script><img src=x onerror=\"document.title='caught'\"><b>&amp;\u2028"


def small(workflow: Path) -> Film:
    """The job `clip` of `recorded`, run in `workflow`, as its page has it."""
    folder = recorded.default_job(workflow)
    return gather.read(Job.read(folder), verify(folder), AT, [])


def hostile(film: Film) -> Film:
    """The same film, where everything that is text from outside tries to run a script."""
    assert film.spoken
    words = tuple(replace(word, text=HOSTILE) for word in film.spoken.words)
    segment = replace(film.spoken.segments[0], text=HOSTILE, words=words)
    tracks = tuple(
        replace(
            track,
            cues=tuple(replace(cue, lines=(HOSTILE, "two")) for cue in track.cues),
            sentences=tuple(replace(s, text=HOSTILE) for s in track.sentences),
            threads=tuple(replace(t, notes=(HOSTILE,), problem=HOSTILE) for t in track.threads),
        )
        for track in film.tracks
    )
    stages = tuple(
        replace(
            stage,
            log=HOSTILE,
            manifest=replace(
                stage.manifest,
                warnings=[HOSTILE],
                reason=HOSTILE,
                params=stage.manifest.params
                | {"quality": dict.fromkeys(("level", "what", "name", "why"), HOSTILE)},
            ),
        )
        for stage in film.stages
    )
    return replace(
        film,
        data=documents.FilmData(title=HOSTILE, source=HOSTILE),
        spoken=replace(film.spoken, segments=(segment,)),
        tracks=tracks,
        stages=stages,
        pipeline_log=HOSTILE,
    )


def silent(film: Film) -> Film:
    """The same film without a word."""
    assert film.spoken and film.speech
    tracks = tuple(replace(track, cues=(), threads=(), sentences=()) for track in film.tracks)
    return replace(
        film,
        speech=replace(film.speech, regions=()),
        spoken=replace(film.spoken, segments=()),
        tracks=tracks,
    )


def long(film: Film, hours: int = 3) -> Film:
    """A film of `hours`: a word each 400 ms in pieces of 30 s, a cue of eight words in each of
    three languages, a cut each 4 s."""
    end = hours * 3_600_000
    words = [
        documents.Word(f"w{n:05d}", f"word{n % 977}", 400 * n, 400 * n + 360, (n * 37 % 100) / 100)
        for n in range(end // 400)
    ]
    pieces = [words[n : n + 75] for n in range(0, len(words), 75)]
    segments = tuple(
        documents.Segment(
            f"g{n:05d}", row[0].start_ms, row[-1].end_ms, "", tuple(row), 0.8, (f"r{n:05d}",)
        )
        for n, row in enumerate(pieces)
    )
    regions = tuple(
        documents.Region(f"r{n:05d}", s.start_ms, s.end_ms, 0.9) for n, s in enumerate(segments)
    )
    limit = frame_rules(rules.of(rules.table("netflix", {}), "en"), 24.0)
    tracks = []
    texts = {
        "en": "So she said that nobody should ever go there again.",
        "hi": "श्रीमती शर्मा ने दरवाज़े पर ताला देखा, पर पूछने की हिम्मत नहीं हुई।",
        "ta": "அவன் கிராமத்திற்குத் திரும்பி வந்தபோது, பழைய வீடு இல்லை.",
        "ur": "جب وہ گاؤں واپس آیا، تو پرانا گھر بک چکا تھا۔",
    }
    quality = film.tracks[0].quality
    for language, text in texts.items():
        cues = tuple(
            documents.Cue(f"c{n:05d}", 3200 * n, 3200 * n + 2900, (f"{text} ({n + 1})",), ())
            for n in range(end // 3200)
        )
        threads = tuple(
            Thread(
                words=tuple(range(8 * n, min(len(words), 8 * n + 8))),
                segments=(8 * n // 75,),
                regions=(8 * n // 75,),
                notes=("3 characters a second too fast",) if n % 50 == 7 else (),
            )
            for n in range(len(cues))
        )
        steps = film.tracks[0].steps
        tracks.append(Track(language, cues, threads, (), quality, limit, steps, None))
    return replace(
        film,
        data=documents.FilmData(title="A film of three hours"),
        media=replace(
            film.media, duration_ms=end, audio=replace(film.media.audio, duration_ms=end)
        ),
        speech=documents.Speech(end, regions),
        cuts_ms=tuple(range(4000, end, 4000)),
        spoken=documents.Transcript("en", 0.99, "attention", segments),
        tracks=tuple(tracks),
    )


def html(film: Film, peaks: bytes = b"", sound: str | None = None) -> str:
    """The page of a film."""
    data = page_data.data(film, peaks, waveform.PER_SECOND, sound)
    sheet = access.sheet(film, access.gaps_of(film, 3000))
    return page_html.pages(film, data, "There is no sound here.", sheet, REPORT)["film"]
