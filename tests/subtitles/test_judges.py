"""Delivery files in the hands of independent readers, from an environment of their own."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import recorded
from delivered import LATIN, LINES, SCRIPTS, hostile, track

from subtitling.documents import Cue
from subtitling.media import ffmpeg
from subtitling.subtitles.formats import deliveries, subtitle_files
from subtitling.subtitles.formats.base import SOUND_ONLY
from subtitling.subtitles.formats.delivery import Programme, rows_of
from subtitling.text.cleaning import clean

PYTHON = Path(
    os.environ.get("FORMATS_PYTHON", recorded.ROOT / ".venv-formats/bin/python")
).absolute()
TIMED_TEXT = ("ttml", "imsc", "ebu-tt-d")
RATES = {"en": 23.976, "fr": 24.0, "pt": 25.0, "pl": 29.97, "hi-Latn": 50.0, "ta": 59.94}
Judged = dict[str, Any]

needs_judges = pytest.mark.skipif(
    not PYTHON.exists(),
    reason="NOT CHECKED by ttconv, imschrm and pycaption: they want an environment of their own; "
    "make test-formats sets it up",
)


Tracks = dict[str, tuple[list[Cue], Programme]]


def made(language: str, rate: float, count: int = 0) -> tuple[list[Cue], Programme]:
    """A track with the programme that it is of."""
    # ttconv takes STL at 29.97, which has no mark for it, for drop frame.
    mark = ";" if rate in (29.97, 59.94) else ":"
    programme = Programme(language, language, rate, f"10:00:00{mark}00")
    return track(language, rate, count), programme


def each_language() -> Tracks:
    """Cues by language, each at another rate, and hostile ones."""
    tracks = {language: made(language, RATES.get(language, 30.0)) for language in LINES}
    return tracks | {"de": (hostile(), Programme("hostile", "de", 29.97, "10:00:00;00"))}


def matrix() -> Tracks:
    """Every other script, every rate in several scripts, and 5,000 cues: five hours and a half."""
    tracks = {language: made(language, 25.0) for language in SCRIPTS}
    for rate in (23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 59.94, 60.0, 12.5):
        for language in (*LATIN, "hi", "ur", "ja"):
            tracks[f"{language}_{rate * 1000:.0f}"] = made(language, rate, 20)
    for language in ("en", "ur"):
        tracks[f"{language}_long"] = made(language, 25.0, 5000)
    return tracks


TRACKS: dict[str, Callable[[], Tracks]] = {"each_language": each_language, "matrix": matrix}


@pytest.fixture(
    scope="module", params=["each_language", pytest.param("matrix", marks=pytest.mark.heavy)]
)
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """What the judges say of every track in every format that holds it, by the file's name, with
    the cues and the programme."""
    folder, known = tmp_path_factory.mktemp("judged"), {}
    for name, (cues, programme) in TRACKS[request.param]().items():
        for kind in (*TIMED_TEXT, "stl", "scc"):
            if not deliveries.lacks(kind, programme.language):
                path = folder / f"{name}.{deliveries.ending(kind)}"
                deliveries.write(kind, cues, path, programme)
                known[path] = cues, programme
    judges = recorded.ROOT / "tests" / "support" / "judges.py"
    done = subprocess.run([PYTHON, judges, *known], check=True, stdout=subprocess.PIPE, timeout=900)
    said: Judged = json.loads(done.stdout)
    return {path.name: (*known[path], said[path.name]) for path in known}


def words(lines: tuple[str, ...] | list[str]) -> str:
    """What is read, without spaces: rows are broken anew in SCC, and marks of style take one."""
    return "".join(clean(" ".join(lines)).split())


def same(text: str) -> str:
    """Typographic marks as typists write them, as formats without them have them."""
    return text.replace("…", "...").replace("’", "'").replace("‘", "'").replace("œ", "oe")


def italic(cue: Cue) -> str:
    letters = (t for row in rows_of(cue, frozenset("i")) for t, style in row if style)
    return "".join(letters).replace(" ", "")


def zero_s(name: str, programme: Programme) -> float:
    """Where a reader that takes labels for times puts the film's first frame."""
    code = programme.timecode_at(deliveries.DELIVERIES["scc"].timecode(programme).rate)  # type: ignore[attr-defined]
    return float(code.first / code.rate) if name.endswith(".scc") else 0.0


def each_file(judged: Judged, see: Callable[[str, list[Cue], Programme, Judged], None]) -> None:
    for name, (cues, programme, said) in judged.items():
        see(name, cues, programme, said)


@needs_judges
def test_ttconv_reads_each_cue_with_its_time_text_italics_and_place(judged: Judged) -> None:
    def see(name: str, cues: list[Cue], programme: Programme, said: Judged) -> None:
        # A row that fills all columns might be aligned in any way.
        assert [line for line in said["complaints"] if "text alignment" not in line] == [], name
        read = said["ttconv"]["cues"]
        assert len(read) == len(cues), name
        slower = 1.0
        if name.endswith(".stl") and programme.rate in (23.976, 30.0, 60.0):
            # It takes those for drop frame, too, which shows after a minute, and 30 for 29.97.
            cues = [cue for cue in cues if cue.end_ms < 59_000]
            read = read[: len(cues)]
            slower = 1.0 if programme.rate == 23.976 else 1.001
        for (begin, end, lines, slanted, align, top), cue in zip(read, cues, strict=True):
            assert same(words(lines)) == same(words(cue.lines)), name
            frame = 1 / (29.97 if name.endswith(".scc") else min(30, programme.rate))
            slack = 0.0006 if name.endswith(("ml",)) else frame / 2 + 0.001
            zero = zero_s(name, programme)
            assert abs(begin / slower - zero - cue.start_ms / 1000) <= slack, (name, begin, cue)
            # A caption that the next one follows within a frame stays till then.
            slack += frame if name.endswith(".scc") else 0
            assert abs(end / slower - zero - cue.end_ms / 1000) <= slack, (name, end, cue)
            assert same(words([slanted])) == same(italic(cue)) or name.endswith(".scc"), name
            shown_above = top < 20 and align == "before"
            assert shown_above == (cue.place == 8), (name, top, align)
        if not name.endswith(
            ".scc"
        ):  # which has no place for a language, and STL none for a script
            tag = programme.language
            assert said["ttconv"]["language"] in (tag, tag.removesuffix("-Latn")), name

    each_file(judged, see)


@needs_judges
def test_pycaption_reads_captions_to_the_frame(judged: Judged) -> None:
    def see(name: str, cues: list[Cue], programme: Programme, said: Judged) -> None:
        if "pycaption" not in said:
            return
        read = said["pycaption"]["cues"]
        assert [same(words(lines)) for _, _, lines in read] == [same(words(c.lines)) for c in cues]
        for (begin, end, _), cue in zip(read, cues, strict=True):
            # It takes a label in drop frame for a time of the clock, which it is but for 0.036 s.
            slack = 0.001 if not name.endswith(".scc") else 0.017 + 0.036 * (";" in programme.start)
            assert abs(begin - zero_s(name, programme) - cue.start_ms / 1000) <= slack, (name, cue)
            # Of captions it lets one stay till the next where that comes soon.
            assert abs(end - cue.end_ms / 1000) <= 0.001 or name.endswith(".scc"), (name, cue)

    each_file(judged, see)


@needs_judges
def test_a_decoder_of_imsc_keeps_up(judged: Judged) -> None:
    drawn = {name: said["imschrm"] for name, (*_, said) in judged.items() if "imschrm" in said}
    assert {name: complaints for name, complaints in drawn.items() if complaints} == {}
    assert len(drawn) == sum(name.endswith(".imsc.ttml") for name in judged) > len(LINES)


@pytest.mark.heavy
def test_ffmpeg_reads_the_formats_of_players(tmp_path: Path) -> None:
    tracks = each_language() | matrix()
    tracks.pop("de")  # hostile to what ffmpeg writes, too
    for name, (cues, _) in tracks.items():
        for form in subtitle_files.FORMATS.values():
            path, again = tmp_path / f"{name}.{form.kind}", tmp_path / f"{name}-{form.kind}.srt"
            subtitle_files.write(cues, path, SOUND_ONLY)
            ffmpeg.run(["-i", str(path), "-f", "srt", str(again)])
            read = subtitle_files.read_cues(again)
            assert [words(e.lines) for e in read] == [words(e.lines) for e in cues], path.name
            for one, cue in zip(read, cues, strict=True):
                off = cue.start_ms - one.start_ms, cue.end_ms - one.end_ms
                assert all(0 <= ms < form.step_ms for ms in off), (path.name, cue)


def test_ffmpeg_reads_captions_and_when_they_show(tmp_path: Path) -> None:
    cues = track("en", 29.97)
    deliveries.write("scc", cues, tmp_path / "en.scc", Programme("x", "en", 29.97, "00:00:00;00"))
    ffmpeg.run(["-f", "scc", "-i", str(tmp_path / "en.scc"), "-f", "srt", str(tmp_path / "x.srt")])
    read = subtitle_files.read_cues(tmp_path / "x.srt")
    assert [same(words(e.lines)) for e in read] == [same(words(each.lines)) for each in cues]
    starts = [(a.start_ms, b.start_ms) for a, b in zip(read, cues, strict=True)]
    assert all(abs(a - b) < 50 for a, b in starts), starts
