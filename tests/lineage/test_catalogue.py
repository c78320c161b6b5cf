"""The catalogue answers as the records would, is no record itself, and survives being killed."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import recorded

from lineage import catalogue, cli
from lineage.problem import Problem

HINDI = "ज़िंदगी एक सफ़र है सुहाना"
COPIES = 40
MUTATIONS = 500


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the job `clip` and its catalogue."""
    job = recorded.job(tmp_path_factory.mktemp("archive"), hindi=HINDI)
    assert cli.main(["index", str(job.parent)]) == 0
    return job.parent


@pytest.fixture
def copy(out: Path, tmp_path: Path) -> Path:
    """A copy of it that may be spoilt."""
    shutil.copytree(out, tmp_path / "out")
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("words", "tracks"),
    [
        (["nobody SLEPT"], {"en"}),
        (["slept nobody"], {"en"}),
        (["ninguem dormia"], {"pt"}),
        (["जिन्दगी"], {"hi", "hi-Latn"}),
        (["zindgi ek safar", "--lang", "hi"], {"hi", "hi-Latn"}),
        (["jindagee", "--lang", "hi-Latn"], {"hi-Latn"}),
        (["safar zindagi"], {"hi", "hi-Latn"}),
    ],
)
def test_words_are_found_in_any_spelling(
    out: Path, capsys: pytest.CaptureFixture[str], words: list[str], tracks: set[str]
) -> None:
    assert cli.main(["find", *words, "--in", str(out), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["language"] for row in rows} == tracks
    assert all(row["is_current"] for row in rows)


@pytest.mark.parametrize("words", ["nobody NEAR slept", 'say "slept" OR', "slept*x", "language:en"])
def test_words_are_no_query(out: Path, words: str) -> None:
    assert cli.main(["find", words, "--in", str(out)]) == 1


def test_the_address_is_that_of_the_cue_on_the_page(out: Path) -> None:
    (hit,) = catalogue.search(out, "nobody slept", None, 5)
    page = out / "clip/11_audit/film.html"
    page.parent.mkdir()
    page.touch()
    try:
        address = catalogue_page(out, hit)
    finally:
        shutil.rmtree(page.parent)
    assert address == f"{page.as_uri()}#cue=en/{hit.number}"


def catalogue_page(folder: Path, hit: catalogue.Hit) -> str | None:
    from lineage.commands import find

    return find.page(folder, hit)


@pytest.mark.parametrize(
    ("question", "stages"),
    [
        (["--model", "tiny"], {"05_pyannote_vad", "06_asr", "07_alignment"}),
        (["--package", "pysubs2"], None),
        (["--package", "pysubs2==0.0.1"], set()),
        (["--degraded"], set()),
    ],
)
def test_stages_are_found_by_what_made_them(
    out: Path, capsys: pytest.CaptureFixture[str], question: list[str], stages: set[str] | None
) -> None:
    status = cli.main(["find", *question, "--in", str(out), "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert status == (1 if stages == set() else 0)
    assert stages is None or {row["stage"] for row in rows} == stages


def test_tracks_without_an_approval_are_found(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["find", "--unreviewed", "--lang", "en", "--in", str(out)]) == 0
    assert capsys.readouterr().out == "clip  en  1 cues, 0 corrected, 0 approved\n"


def test_a_film_that_changed_is_read_again_and_others_are_not(copy: Path) -> None:
    again = catalogue.update(copy)  # another time stamp
    assert (again.read, again.unchanged) in ((1, 0), (0, 1))
    assert catalogue.update(copy).unchanged == 1
    assert len(catalogue.search(copy, "nobody", None, 9)) == 1
    (copy / "clip/ledger.jsonl").touch()
    assert catalogue.changed_since(copy) == 1
    assert not catalogue.search(copy, "nobody", None, 9)[0].is_current
    assert catalogue.update(copy).read == 1
    assert len(catalogue.search(copy, "nobody", None, 9)) == 1
    shutil.rmtree(copy / "clip")
    assert catalogue.update(copy).gone == 1
    assert catalogue.search(copy, "nobody", None, 9) == []


@pytest.mark.parametrize("name", ["09_subtitle_gen/en/cues.json", "06_asr/manifest.json"])
def test_what_the_ledger_does_not_seal_is_not_taken_in(copy: Path, name: str) -> None:
    path = copy / "clip" / name
    path.write_bytes(path.read_bytes().replace(b"late", b"soon").replace(b"tiny", b"huge"))
    (copy / "clip/ledger.jsonl").touch()
    done = catalogue.update(copy)
    assert "lineage verify" in done.problems["clip"]
    assert catalogue.search(copy, "late", None, 9) == []
    with catalogue.opened(copy) as base:
        assert catalogue.used(base, "model", "huge") == []


def test_a_catalogue_that_is_none_is_made_anew(copy: Path) -> None:
    (copy / catalogue.FILE).write_bytes(b"no database" * 500)
    with pytest.raises(Problem, match="lineage index"):
        catalogue.search(copy, "nobody", None, 9)
    assert catalogue.update(copy).read == 1
    assert len(catalogue.search(copy, "nobody", None, 9)) == 1


def test_500_changes_of_the_catalogue_show_no_cue_that_is_none(copy: Path) -> None:
    catalogue.update(copy)
    path = copy / catalogue.FILE
    whole, chance = path.read_bytes(), random.Random(28)
    true = {(hit.language, hit.number, hit.text) for hit in catalogue.search(copy, "a", None, 9)}
    true |= {(h.language, h.number, h.text) for h in catalogue.search(copy, "zindagi", None, 9)}
    for _ in range(MUTATIONS):
        at = chance.randrange(len(whole))
        flipped = bytes([whole[at] ^ (1 << chance.randrange(8))])
        path.write_bytes(chance.choice([whole[:at] + flipped + whole[at + 1 :], whole[:at]]))
        try:
            hits = catalogue.search(copy, "zindagi", None, 9)
            assert catalogue.changed_since(copy) in (0, 1, 2)
        except Problem:
            continue
        assert {(h.language, h.number, h.text) for h in hits if h.is_current} <= true


@pytest.mark.heavy
def test_a_run_that_is_killed_is_continued(out: Path, tmp_path: Path) -> None:
    for number in range(COPIES):
        shutil.copytree(out / "clip", tmp_path / "out" / f"clip{number:03d}")
    command = [sys.executable, "-m", "lineage", "index", str(tmp_path / "out")]
    for delay in (0.3, 0.6, 0.9, 1.2):
        process = subprocess.Popen(command, cwd=recorded.ROOT)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = catalogue.update(tmp_path / "out")
    assert done.read + done.unchanged == COPIES
    assert len(catalogue.search(tmp_path / "out", "nobody slept", None, 999)) == COPIES


def test_recall_names_every_track_and_the_command(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = recorded.lineage.sha256(out.parent / "models/tiny/model.bin")
    assert cli.main(["recall", "--model", weights[:8], "--in", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    languages = {"en", "pt", "hi", "hi-Latn"}
    assert {row["track"] for row in answer["tracks"]} == {f"09_subtitle_gen/{x}" for x in languages}
    assert answer["command"] == "snakemake --forcerun pyannote_vad asr alignment -- clip"


def test_recall_tells_afterwards_which_cues_changed(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.jsonl"
    catalogue.update(copy)
    assert cli.main(["recall", "--model", "tiny", "--in", str(copy), "-o", str(kept)]) == 0
    assert cli.main(["recall", "--after", str(kept), "--in", str(copy)]) == 0
    kept.write_text(kept.read_text("utf-8").replace("Nobody", "Somebody"), "utf-8")
    capsys.readouterr()
    assert cli.main(["recall", "--after", str(kept), "--in", str(copy)]) == 1
    assert capsys.readouterr().out.startswith("clip en text: ")


def test_recall_by_an_entry_of_the_glossary(out: Path) -> None:
    from subtitling import documents

    form = documents.Form("nobody", "en", "Latn")
    term = documents.Term("n1", "word", "translate", (form,), (), "", False, ("a.tsv, line 2",))
    path = out / "clip/03_glossary_load/glossary.json"
    path.parent.mkdir()
    documents.save(documents.Glossary((term,), ()), path)
    try:
        films = list(recall_films(out, "NOBODY"))
    finally:
        shutil.rmtree(path.parent)
    assert [(film.job, film.terms) for film in films] == [("clip", (term,))]
    job = recorded.lineage.record.Job.read(out / "clip")
    from lineage.commands import recall

    assert recall._showing(job, "09_subtitle_gen/en", (term,)) == (1,)
    assert recall._showing(job, "09_subtitle_gen/pt", (term,)) == ()


def recall_films(folder: Path, entry: str) -> object:
    from lineage.commands import recall

    return recall._by_term(folder, entry)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"schema": "x"}',
        "\x00",
        '{"schema": "sutradhar/recall/1"}\n{"job": "../x", "track": "t", "cues": []}\n',
    ],
)
def test_a_kept_list_that_is_none_is_refused(tmp_path: Path, out: Path, text: str) -> None:
    (tmp_path / "kept").write_text(text, "utf-8")
    status = cli.main(["recall", "--after", str(tmp_path / "kept"), "--in", str(out)])
    assert status == 2
