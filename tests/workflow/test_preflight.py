"""What stands in the way of a run, all at once, each with what to do."""

import os
import re
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from house import ROOT

from lineage import watch
from subtitling.models.catalogue import Model
from subtitling.models.sources.model_sources import Source
from subtitling.models.sources.package import Package
from subtitling.workflow import preflight, sizing
from subtitling.workflow.sizing import Film

SHORT, LONG = Film(0.5, 300_000_000), Film(3.0, 9_000_000_000)
FILES = {"model.bin": "0" * 64}
PACKAGE = Package("whisperx", "0.0.1", {"a": "model.bin"})


def model(*sources: Source) -> Model:
    return Model("big", "MIT", "https://hub.test/big", 3_000_000_000, FILES, sources)


def run(tmp_path: Path, **others: object) -> preflight.Run:
    values = {
        "films": {"sholay": SHORT},
        "fetched": [],
        "needs": sizing.NEEDS,
        "weights": {},
        "fonts": [],
        "out": tmp_path / "out",
        "store": tmp_path / "models",
        "device": "cpu",
        "executor": "local",
        "here": True,
    }
    return preflight.Run(**{**values, **others})  # type: ignore[arg-type]


def no_warning(line: str) -> None:
    raise AssertionError(line)


def test_a_run_that_can_be_done_has_no_problems(tmp_path: Path) -> None:
    assert preflight.problems(run(tmp_path), no_warning) == []


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "letter.ttf").write_text("no font", "utf-8")
    wrong = run(
        tmp_path,
        films={"sholay": Film(3.0, 10**18)},
        fetched=[model(PACKAGE)],
        fonts=[str(tmp_path / "letter.ttf"), str(tmp_path / "gone.ttf")],
    )
    text = "\n".join(preflight.problems(wrong, no_warning))
    for part in ("GB are free: make room", "is not a font", "gone.ttf: No such file", "model big"):
        assert part in text


def test_a_file_of_the_future_is_named_before_anything_is_made_of_it(tmp_path: Path) -> None:
    edit, font, old = (tmp_path / name for name in ("en.srt", "a font.ttf", "terms.tsv"))
    for path in (edit, font, old):
        path.touch()
    os.utime(edit, (4_000_000_000, 4_000_000_000))
    os.utime(font, (4_000_000_000, 4_000_000_000))
    link = tmp_path / "link.ttf"
    link.symlink_to(font)
    read = [str(path) for path in (old, edit, font, link, tmp_path / "not there")]
    lines = preflight.problems(run(tmp_path, read=read), no_warning)
    assert [line.split(", lies")[0].split("/")[-1] for line in lines] == [
        "a font.ttf: its time stamp, 2096-10-02 07:06:40+00:00",
        "en.srt: its time stamp, 2096-10-02 07:06:40+00:00",
    ]
    assert f"touch -h -- '{font}'" in lines[0]


def test_a_clusters_nodes_are_not_judged_by_the_host_that_submits(tmp_path: Path) -> None:
    endless = Film(10_000_000.0, 1)
    assert "this host has" in "\n".join(
        preflight.memory(16_000, {"epic": endless}, {}, sizing.NEEDS)
    )
    far = run(tmp_path, films={"epic": Film(1e7, 0)}, device="cuda", here=False)
    assert not [p for p in preflight.problems(far, no_warning) if "this host" in p]


def test_a_host_that_cannot_submit_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "this host has no sbatch" in next(preflight.submitting("slurm"))
    assert list(preflight.submitting("local")) == []


def test_memory_names_the_stage_and_the_film_that_do_not_fit() -> None:
    films = {"short": SHORT, "long": LONG}
    lines = list(preflight.memory(8_000, films, {"asr": 3_000_000_000}, sizing.NEEDS))
    assert len(lines) == 1
    assert lines[0].startswith("asr of long takes about")
    assert list(preflight.memory(64_000, films, {"asr": 3_000_000_000}, sizing.NEEDS)) == []


def test_disk_counts_the_final_films_and_the_sound(tmp_path: Path) -> None:
    films = {"short": SHORT, "long": LONG}
    assert list(preflight.disk(11_000_000_000, tmp_path, films)) == []
    assert "needs about 10.5 GB for 2 films, 10.0 GB are free" in next(
        preflight.disk(10_000_000_000, tmp_path, films)
    )


def test_a_small_disk_is_told_in_megabytes(tmp_path: Path) -> None:
    line = next(preflight.disk(2_000_000, tmp_path, {"short": SHORT}))
    assert "for 1 film, 2.0 MB are free" in line
    line = next(preflight.disk(12_000, tmp_path, {"short": SHORT}))
    assert "for 1 film, 12 kB are free" in line


def test_a_model_in_the_store_is_not_asked_for(tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    for name in model(PACKAGE).files:
        (tmp_path / "big" / name).touch()
    assert list(preflight.unreachable([model(PACKAGE)], tmp_path, {})) == []


def test_a_model_that_no_source_has_is_named_with_each_reason(tmp_path: Path) -> None:
    gone = Package("no-such-package-here", "1", {"a": "model.bin"})
    users = {"big": [f"{film}: translating to de" for film in ("d", "c", "b", "a")]}
    names, lines = zip(*preflight.unreachable([model(PACKAGE, gone)], tmp_path, users), strict=True)
    assert names == ("big",)
    assert "whisperx==0.0.1: version " in lines[0]
    assert "no-such-package-here==1: not installed" in lines[0]
    work = "a: translating to de; b: translating to de; c: translating to de and 1 more"
    assert f"It is needed for {work}. Run `snakemake models`" in lines[0]


@pytest.mark.parametrize(
    ("gone", "translators", "tracks", "prevents"),
    [
        (["whisper"], [], {}, ["whisper"]),
        # The film has another track.
        (["de"], ["de"], {"a": {"en": [], "de": ["de"]}}, []),
        (["de"], ["de", "fr"], {"a": {"fr": ["fr"], "de": ["de"]}}, []),
        # No track of a film is left.
        (["de"], ["de"], {"a": {"de": ["de"]}}, ["de"]),
        (["de"], ["de"], {"a": {"en": [], "de": ["de"]}, "b": {"de": ["de"]}}, ["de"]),
        (["de", "fr"], ["de", "fr"], {"a": {"fr": ["fr"], "de": ["de"]}}, ["de", "fr"]),
        # It only translates back, as a check.
        (["de-en"], ["de-en"], {}, []),
        # Two steps: one model serves two tracks.
        (["en-pt"], ["en-pt"], {"a": {"pt": ["en-pt"], "en": []}}, []),
    ],
)
def test_a_translator_that_is_gone_prevents_a_run_only_where_a_film_has_no_other_track(
    gone: list[str],
    translators: list[str],
    tracks: dict[str, dict[str, list[str]]],
    prevents: list[str],
) -> None:
    assert list(preflight.prevented(gone, translators, tracks)) == prevents


def test_what_the_films_are_made_without_is_a_warning(tmp_path: Path) -> None:
    gone = Package("no-such-package-here", "1", {"a": "model.bin"})
    wanted = run(
        tmp_path,
        fetched=[model(gone)],
        translators=["big"],
        tracks={"sholay": {"en": [], "de": ["big"]}},
    )
    lines: list[str] = []
    assert preflight.problems(wanted, lines.append) == []
    assert len(lines) == 1
    assert lines[0].startswith("the model big is not in ")
    assert lines[0].endswith(". The films are made without it")
    # A run that brings models makes no film.
    assert preflight.problems(replace(wanted, films={}, tracks={}), lines.append) == []
    assert lines[1].endswith("or leave out what needs it")


@pytest.mark.parametrize(
    ("driver", "build", "part"),
    [
        (12040, "12.8", None),
        (13000, "12.8", None),
        (11080, "12.8", "runs CUDA 11.8, torch is built for 12.8"),
        (12040, None, "torch is built for CPUs only"),
    ],
)
def test_a_driver_must_be_of_the_libraries_major_version(
    driver: int, build: str | None, part: str | None
) -> None:
    text = "".join(preflight.old_driver(driver, build))
    assert part in text if part else not text


def test_the_installed_torch_tells_what_it_was_built_for() -> None:
    import torch

    assert preflight.built_for() == torch.version.cuda


def test_every_stage_that_is_sized_is_a_rule() -> None:
    from subtitling.workflow import sizing

    rules = "".join(path.read_text("utf-8") for path in (ROOT / "rules").glob("*.smk"))
    assert all(f'memory("{stage}")' in rules for stage in sizing.NEEDS)


def test_two_runs_do_not_work_on_one_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUTRADHAR_RUN", "2026-11-21T00:00:00Z")
    stages = ["out/sholay/06_asr", "out/don/06_asr"]
    watch.plan(tmp_path / "out", {stage: [] for stage in stages})
    assert list(preflight.another_run(tmp_path / "out", stages)) == []  # it is this one
    monkeypatch.setattr(os, "getpid", lambda: 1)
    (line,) = preflight.another_run(tmp_path / "out", ["out/don/06_asr", "out/new/06_asr"])
    assert re.match(r"another run \(process \d+, begun 2026-\S+\) is at work on don: wait", line)
    assert list(preflight.another_run(tmp_path / "out", ["out/new/06_asr"])) == []
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    assert list(preflight.another_run(tmp_path / "out", stages)) == []
    assert list(preflight.another_run(tmp_path / "none", stages)) == []


def test_an_endpoint_that_does_not_answer_is_told_before_the_first_job() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    (line,) = preflight.endpoint_down(url)
    assert line.startswith(f"endpoint.url: {url} does not answer (ConnectionError): start")
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as up:
        threading.Thread(target=up.handle_request, daemon=True).start()
        assert list(preflight.endpoint_down(f"http://127.0.0.1:{up.server_port}/v1")) == []
