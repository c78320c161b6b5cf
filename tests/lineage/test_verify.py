"""`lineage verify` finds whatever was changed in a job's record, and nothing where nothing was."""

import hashlib
import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import recorded

import lineage
from lineage import cli, ledger
from lineage.commands import verify
from lineage.problem import Problem
from subtitling import documents
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import mux
from subtitling.muxing.mux import MuxOptions
from subtitling.muxing.subtitle_streams import Track

Undo = Callable[[], None]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = recorded.default_job(tmp_path_factory.mktemp("workflow"))
    yield folder
    assert verify.verify(folder).ok, "a test left the job changed"


@pytest.fixture
def own(job: Path, tmp_path: Path) -> Path:
    """A copy of the whole workflow, to do with as a test likes."""
    shutil.copytree(job.parents[1], tmp_path / "workflow")
    return tmp_path / "workflow" / "out" / "clip"


def kinds(folder: Path, **how: object) -> set[str]:
    return {finding.kind for finding in verify.verify(folder, **how).findings}  # type: ignore[arg-type]


def test_a_job_that_nobody_touched_verifies(job: Path) -> None:
    report = verify.verify(job)
    assert report.findings == report.unchecked == []
    assert report.stages == 9


def test_the_model_store_has_a_record_of_its_own_that_verifies(job: Path) -> None:
    assert verify.verify(job.parents[1] / "models").findings == []


def test_a_time_stamp_is_no_change(own: Path) -> None:
    for path in own.rglob("*.*"):
        recorded.touch_as_snakemake(path)
    assert verify.verify(own).findings == []


def mutate(job: Path, chance: random.Random) -> tuple[str, Undo]:
    """Change one thing in the job, or in what it was made from; returns what, and its undoing."""
    workflow = job.parents[1]
    linked = (workflow / "out").is_symlink()
    files = [p for p in sorted(job.rglob("*")) if p.is_file()]
    files += [workflow / "film.mkv", *sorted((workflow / "models/tiny").glob("*.[bj]*"))]
    path = chance.choice(files)
    content = path.read_bytes()
    what = chance.choice([
        "flip", "flip", "flip", "flip", "cut", "empty", "longer", "delete", "rename", "swap",
        "extra", "move stage", "delete stage", "swap languages", "edit manifest",
        "unseal", "reseal", "link out", "another film",
    ])  # fmt: skip

    def write_back() -> None:
        path.write_bytes(content)

    if what == "link out" and linked:
        return mutate(job, chance)
    if what == "flip":
        at = chance.randrange(len(content))
        bit = 1 << chance.randrange(8)
        path.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :])
    elif what == "cut":
        path.write_bytes(content[: chance.randrange(len(content))])
    elif what == "empty":
        path.write_bytes(b"")
    elif what == "longer":
        path.write_bytes(content + chance.choice([b"\n", b" ", b"\0", content]))
    elif what == "delete":
        path.unlink()
    elif what == "rename":
        other = path.with_name(chance.choice(["other" + path.suffix, path.name + ".bak"]))
        path.rename(other)
        return f"{what} {path.name}", lambda: _rename(other, path)
    elif what == "swap":
        others = [p for p in files if p.suffix == path.suffix and p.read_bytes() != content]
        if not others:
            return mutate(job, chance)
        return _swap(what, path, chance.choice(others))
    elif what == "extra":
        extra = chance.choice(files[:-4]).with_name(
            chance.choice(["x.srt", ".x", "manifest.json~"])
        )
        extra.write_bytes(content)
        return f"{what} {extra.name}", extra.unlink
    elif what in ("move stage", "delete stage"):
        stage = chance.choice(sorted({p.parent for p in job.glob("*_*/**/manifest.json")}))
        away = (job if what == "move stage" else workflow) / "moved"
        stage.rename(away)
        return f"{what} {stage.name}", lambda: _rename(away, stage)
    elif what == "swap languages":
        return _swap_languages(job, chance)
    elif what == "link out":
        disk = workflow.with_name("disk")
        (workflow / "out").rename(disk)
        (workflow / "out").symlink_to(disk)
        inner, undo = mutate(job, random.Random(chance.random()))

        def link_back() -> None:
            undo()
            (workflow / "out").unlink()
            disk.rename(workflow / "out")

        return f"{what} {inner.split()[0]}", link_back
    elif what == "another film":
        path = workflow / "film.mkv"
        content, status = path.read_bytes(), path.stat()
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif what == "edit manifest":
        own = sorted(job.rglob("manifest.json"))
        path = chance.choice([*own, *[workflow / "models/tiny/manifest.json"] * 4])
        content = path.read_bytes()
        data = json.loads(content)
        key = chance.choice(["attempt", "reason", "warnings", "models", "params", "rule", "notes"])
        data[key] = {"attempt": 2, "reason": "x", "warnings": ["x"], "models": [], "params": {},
                     "rule": "x", "notes": {"x": 1}}[key]  # fmt: skip
        if (text := json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n") == content:
            return mutate(job, chance)
        path.write_bytes(text)
    else:
        path = job / ledger.NAME
        content = path.read_bytes()
        lines = content.splitlines(keepends=True)
        gone = chance.randrange(len(lines))
        taken = lines.pop(gone)
        if what == "reseal":  # put back in another place
            lines.insert(chance.choice([n for n in range(len(lines) + 1) if n != gone]), taken)
        path.write_bytes(b"".join(lines))
    return f"{what} {path.name}", write_back


def _rename(there: Path, back: Path) -> None:
    there.rename(back)


def _swap(what: str, one: Path, two: Path) -> tuple[str, Undo]:
    def swap() -> None:
        first, second = one.read_bytes(), two.read_bytes()
        one.write_bytes(second)
        two.write_bytes(first)

    swap()
    return f"{what} {one.name}", swap


def _swap_languages(job: Path, chance: random.Random) -> tuple[str, Undo]:
    one, two = job / "09_subtitle_gen/en", job / "09_subtitle_gen/pt"
    if chance.random() < 0.5:
        one, two = one / "en.srt", two / "pt.srt"
    aside = job / "aside"

    def swap() -> None:
        one.rename(aside)
        two.rename(one)
        aside.rename(two)

    swap()
    return f"swap languages {one.name}", swap


@pytest.mark.parametrize("mutations", [540, pytest.param(1800, marks=pytest.mark.heavy)])
def test_no_mutation_is_missed(job: Path, mutations: int) -> None:
    chance = random.Random(20261121)
    seen: Counter[str] = Counter()
    missed = []
    for _ in range(mutations):
        what, undo = mutate(job, chance)
        if verify.verify(job).ok:
            missed.append(what)
        undo()
        seen[what.rpartition(" ")[0]] += 1
    assert missed == []
    assert sum(seen.values()) == mutations
    assert len({what.split()[0] for what in seen}) == 14


def test_every_last_byte_of_the_last_manifest_and_of_the_ledger_counts(job: Path) -> None:
    """Neither the last manifest nor the ledger's last line has a successor to give it away."""
    for path in (job / "10_mux/manifest.json", job / ledger.NAME):
        content = path.read_bytes()
        for at in range(len(content) - 60, len(content)):
            path.write_bytes(content[:at] + bytes([content[at] ^ 0x20]) + content[at + 1 :])
            assert not verify.verify(job).ok, (path.name, at, content[at : at + 1])
        path.write_bytes(content)


def test_a_finding_names_the_file_and_what_is_wrong(own: Path) -> None:
    subtitles = own / "09_subtitle_gen/en/en.srt"
    subtitles.write_text(subtitles.read_text().replace("late", "soon"))
    (own / "05_pyannote_vad/speech.json").unlink()
    (own / "06_asr/notes.txt").write_text("x")
    findings = {(f.kind, f.path) for f in verify.verify(own).findings}
    assert ("content", str(subtitles)) in findings
    assert ("missing", str(own / "05_pyannote_vad/speech.json")) in findings
    assert ("extra", str(own / "06_asr/notes.txt")) in findings


def test_a_manifest_edited_to_fit_its_file_no_longer_fits_its_consumer(own: Path) -> None:
    subtitles = own / "09_subtitle_gen/en/en.srt"
    edit(subtitles, subtitles.read_bytes().replace(b"late", b"soon"))
    chain = [f.path for f in verify.verify(own).findings if f.kind == "chain"]
    assert chain == [str(own / "09_subtitle_gen/en/manifest.json")]


def test_a_stage_that_ran_again_and_made_the_same_file_leaves_its_consumers_in_order(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snakemake runs no consumer of a file whose content is what it was."""
    monkeypatch.chdir(own.parents[1])
    speech = "out/clip/05_pyannote_vad/speech.json"
    content = Path(speech).read_bytes()
    for changed in (content, content + b"\n"):
        Path(speech).unlink()
        given = recorded.rule("out/clip/05_pyannote_vad", output={"speech": "speech.json"})
        with lineage.stage(given):
            Path(speech).write_bytes(changed)
        assert kinds(own) == (set() if changed == content else {"outdated"})


def edit(path: Path, content: bytes) -> None:
    """Change a file and its sum in its stage's manifest."""
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(content)
    manifest = path.with_name("manifest.json")
    after = hashlib.sha256(content).hexdigest()
    manifest.write_text(manifest.read_text().replace(before, after), encoding="utf-8")


def test_a_record_made_anew_from_end_to_end_is_told_by_its_head_alone(own: Path) -> None:
    kept = verify.verify(own).head
    report = own / "09_subtitle_gen/en/quality.json"  # nothing consumes it
    edit(report, b"{}\n")
    manifest = report.with_name("manifest.json")
    mux_manifest = own / "10_mux/manifest.json"
    text = json.loads(mux_manifest.read_text())
    for file in text["inputs"]:
        if file["producer"] and file["producer"]["manifest"].endswith("en/manifest.json"):
            file["producer"]["sha256"] = hashlib.sha256(manifest.read_bytes()).hexdigest()
    mux_manifest.write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    stages = [own / entry.folder for entry in ledger.read(own / ledger.NAME).entries]
    (own / ledger.NAME).unlink()
    for stage in stages:
        ledger.append(own, stage, "2026-11-21T00:00:00.000Z")
    assert verify.verify(own).ok, "a forger with all the files can do this: hence --expect"
    assert kinds(own, expect=kept) == {"head"}


def test_a_head_kept_elsewhere_is_recognised(job: Path) -> None:
    book = ledger.read(job / ledger.NAME)
    assert verify.verify(job, expect=book.head).ok
    (finding,) = verify.verify(job, expect=book.sums[2]).findings
    assert finding.text.endswith("but 6 lines were added since")


def test_the_head_that_a_page_prints_holds_after_the_page_was_sealed(own: Path) -> None:
    printed = ledger.read(own / ledger.NAME).head
    page = own / "11_audit"
    page.mkdir()
    for name in ("manifest.json", "stage.log"):
        (page / name).write_bytes((own / "10_mux" / name).read_bytes())
    ledger.append(own, page, "2026-11-21T00:00:00.000Z")
    for head in (printed, printed[:16]):
        assert "head" not in kinds(own, expect=head)
    assert "head" in kinds(own, expect=printed[:15])
    ledger.append(own, own / "10_mux", "2026-11-21T00:00:00.000Z")
    assert "head" in kinds(own, expect=printed)


def test_a_moved_job_verifies_and_names_what_is_no_longer_in_reach(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    archive = shutil.copytree(job, tmp_path / "archive" / "a film")
    report = verify.verify(archive)
    assert report.findings == []
    outside = {str(Path(f.path).relative_to(tmp_path)) for f in report.unchecked}
    model_files = {f"models/tiny/{n}" for n in ("model.json", "manifest.json", "model.bin")}
    assert outside == {"film.mkv", "film.json", "glossary.json", *model_files}
    assert verify.verify(archive, workflow=job.parents[1]).unchecked == []
    (archive / "10_mux/final.mkv").write_bytes(b"")
    assert not verify.verify(archive).ok


def test_a_moved_job_is_held_against_a_film_that_is_there(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    archive = shutil.copytree(job, tmp_path / "archive")
    (tmp_path / "film.mkv").write_bytes(b"another film")
    assert [f.kind for f in verify.verify(archive).findings] == ["content"]


@pytest.mark.parametrize("name", ["out", "large"])
def test_a_film_is_looked_for_where_the_path_is_written_though_out_is_a_link(
    own: Path, name: str
) -> None:
    workflow = own.parents[1]
    disk = workflow.parent / "disk"
    disk.mkdir()
    (workflow / "out").rename(disk / name)
    (workflow / "out").symlink_to(disk / name)
    assert verify.verify(own).ok
    film = workflow / "film.mkv"
    content = film.read_bytes()
    film.write_bytes(content[:-1] + b"x")
    assert kinds(own) == {"content"}
    film.unlink()
    assert kinds(own) == {"missing"}
    with pytest.MonkeyPatch.context() as patch:  # by the real path, from the workflow
        patch.chdir(workflow)
        assert kinds(disk / name / "clip") == {"missing"}


def test_a_film_that_is_gone_from_a_folder_of_ones_own_is_missing(own: Path) -> None:
    # `sutradhar init`: settings lie there, the code elsewhere.
    workflow = own.parents[1]
    (workflow / "Snakefile").unlink()
    (workflow / "config").mkdir()
    (workflow / "config/config.yaml").touch()
    assert verify.verify(own).ok
    (workflow / "film.mkv").unlink()
    assert kinds(own) == {"missing"}


def test_a_folder_of_jobs_is_no_job(own: Path) -> None:
    with pytest.raises(lineage.Problem, match="a folder of jobs, not of one job; name one"):
        verify.verify(own.parent)


def test_what_was_not_checked_is_said_first_and_counts(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    archive = shutil.copytree(job, tmp_path / "archive" / "a film")
    assert cli.main(["verify", str(archive)]) == 3
    output = capsys.readouterr().out
    assert output.splitlines()[1] == "NOT CHECKED:"
    assert output.endswith("no finding, but 6 on record not checked\n")
    assert not verify.verify(archive).ok


def test_a_film_that_is_a_link_is_followed(own: Path) -> None:
    film = own.parents[1] / "film.mkv"
    film.rename(own.parents[1] / "elsewhere.mkv")
    film.symlink_to("elsewhere.mkv")
    assert verify.verify(own).ok


def brought_anew(store: Path, source: str = "test", weights: bytes = b"weights") -> None:
    """The model `tiny` fetched again, as after `rm -rf models`."""
    shutil.rmtree(store, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(store.parent)
        with lineage.stage(recorded.rule("models/tiny", output={"inventory": "model.json"})) as io:
            (io.folder / "model.bin").write_bytes(weights)
            files = {"model.bin": lineage.sha256(io.folder / "model.bin")}
            stored = documents.StoredModel("tiny", source, None, "MIT", files)
            io.model(**vars(stored))
            documents.save(stored, io.output.inventory)


def test_a_model_that_was_brought_anew_is_no_alarm_and_another_one_is(own: Path) -> None:
    store = own.parents[1] / "models"
    for source in ("test", "another source"):
        brought_anew(store, source)
        assert verify.verify(own).findings == []
    brought_anew(store, weights=b"other")
    assert kinds(own) == {"content"}


@pytest.mark.parametrize("key", ["warnings", "models", "code", "notes", "rule"])
def test_no_edit_of_a_models_manifest_is_missed(own: Path, key: str) -> None:
    for anew in (False, True):
        if anew:
            brought_anew(own.parents[1] / "models")
        path = own.parents[1] / "models/tiny/manifest.json"
        content = path.read_text("utf-8")
        data = json.loads(content)
        data[key] = {"warnings": ["x"], "models": [], "code": {**data["code"], "commit": "f" * 40},
                     "notes": {"x": 1}, "rule": "x"}[key]  # fmt: skip
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", "utf-8")
        assert kinds(own) == {"chain"}
        path.write_text(content, "utf-8")
        assert verify.verify(own).ok


def test_where_a_model_came_from_is_part_of_the_stores_record(own: Path) -> None:
    store = own.parents[1] / "models"
    origin = store / "tiny/.origin.json"
    origin.write_text(json.dumps(["test", "1" * 40]), "utf-8")
    assert verify.verify(store).ok
    origin.write_text(json.dumps(["elsewhere", None]), "utf-8")
    assert kinds(store) == {"content"}


def test_another_comment_in_a_glossary_is_no_alarm_and_another_word_is(own: Path) -> None:
    workflow = own.parents[1]
    table = workflow / "terms.tsv"
    table.write_text("hi-Latn\ten\nchai\ttea\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(workflow)
        recorded.script("03_glossary_load.py", recorded.rule(
            "out/clip/03_glossary_load", input={"film": "film.json", "files": ["terms.tsv"]},
            output={"glossary": "glossary.json"}, params={"files": ["terms.tsv"], "own": []},
        ))  # fmt: skip
    table.write_text("# a note\n\n" + table.read_text("utf-8"), "utf-8")
    assert "content" in kinds(own), "the header must come first"
    table.write_text("hi-Latn\ten\n# a note\n\nchai\ttea\n", "utf-8")
    assert verify.verify(own).findings == []
    table.write_text("hi-Latn\ten\nchai\tcoffee\n", "utf-8")
    assert kinds(own) == {"content"}


def folder(path: Path) -> None:
    path.mkdir()
    (path / "file").touch()


def itself(path: Path) -> None:
    path.symlink_to(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("made", [os.mkfifo, folder, itself, device])
def test_what_is_no_regular_file_is_a_finding_and_is_not_waited_for(
    own: Path, tmp_path: Path, made: Callable[[Path], None]
) -> None:
    for name in ("ledger.jsonl", "06_asr/manifest.json", "06_asr/.origin.json",
                 "10_mux/final.mkv", "09_subtitle_gen/en/en.srt"):  # fmt: skip
        path, kept = own / name, tmp_path / "kept"
        path.touch()
        path.rename(kept)
        made(path)
        assert not verify.verify(own).ok
        if path.suffix in (".mkv", ".srt"):
            assert cli.main(["trace", str(path), "--cue", "1", "--lang", "en"]) != 0
        shutil.rmtree(path) if made is folder else path.unlink()
        kept.rename(path)


DEEP = b"[" * 100_000


def line(**entry: object) -> bytes:
    """A line of a ledger with its right sum."""
    body = json.dumps(entry)[:-1].encode()
    return body + f', "sha256": "{hashlib.sha256(body).hexdigest()}"}}\n'.encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("06_asr/manifest.json", DEEP),
        ("06_asr/manifest.json", b"\xff\xfe"),
        ("06_asr/manifest.json", b'{"schema": NaN}'),
        ("06_asr/manifest.json", b"null"),
        ("ledger.jsonl", b'{"at": ' + DEEP + b', "sha256": "' + b"0" * 64 + b'"}\n'),
        ("ledger.jsonl", line(at="x", folder="06_asr", files=[], before="0" * 64)),
        ("ledger.jsonl", line(at="x", folder="06_asr", files={"a": 1}, before="0" * 64)),
        ("ledger.jsonl", line(at=1, folder="06_asr", files={}, before="0" * 64)),
        ("ledger.jsonl", line(at="x", more=1)),
        ("ledger.jsonl", line(at="x", folder="06_asr", before="0" * 64,
                              files={"../../../etc/hostname": "0" * 64})),
        ("ledger.jsonl", line(at="x", folder="06_asr", before="0" * 64,
                              files={"/etc/hostname": "0" * 64})),
    ],
)  # fmt: skip
def test_a_record_of_a_strange_form_is_a_finding(own: Path, name: str, content: bytes) -> None:
    (own / name).write_bytes(content)
    findings = [f for f in verify.verify(own).findings if f.kind in ("manifest", "ledger")]
    assert findings[0].path == str(own / name)
    assert not any("hostname" in f.path for f in verify.verify(own).findings), "nothing looked up"


def test_a_path_that_leads_out_of_the_job_is_named_and_not_looked_for(own: Path) -> None:
    outside = own.parents[1] / "secret.txt"
    outside.write_text("x", "utf-8")
    path = own / "06_asr/manifest.json"
    data = json.loads(path.read_text("utf-8"))
    data["outputs"][0]["path"] = "out/clip/06_asr/../../../secret.txt"
    path.write_text(json.dumps(data), "utf-8")
    findings = verify.verify(own).findings
    assert any("no stage records a path like" in f.text for f in findings)
    assert not any(f.path.endswith("secret.txt") for f in findings)


def test_where_the_workflow_is_a_missing_film_is_a_finding(own: Path) -> None:
    (own.parents[1] / "film.mkv").unlink()
    assert kinds(own) == {"missing"}


def test_the_tracks_in_the_film_are_held_against_the_subtitles_cue_for_cue(own: Path) -> None:
    """A film that was muxed from other subtitles, its sum put on record and sealed."""
    shown = own / "09_subtitle_gen/en/en.srt"
    other = own.parents[1] / "other.srt"
    other.write_text(shown.read_text().replace("late", "soon"))
    tracks = [Track("en", other, True, False), Track("pt", other, False, False)]
    probed = documents.load(documents.Media, own / "01_demux/media.json")
    made = own.parents[1] / "other.mkv"
    limits = Limits(**recorded.defaults()["limits"])
    options = MuxOptions(fonts=[], check_s=0)
    film = own.parents[1] / "film.mkv"
    mux.write(film, probed, tracks, made, options, limits, lambda *_: None)
    edit(own / "10_mux/final.mkv", made.read_bytes())
    ledger.append(own, own / "10_mux", "2026-11-21T00:00:00.000Z")
    texts = [f.text for f in verify.verify(own).findings if f.kind == "track"]
    assert any("cue 1" in text and "soon" in text and "late" in text for text in texts)


def test_a_stage_that_failed_is_no_clean_record(own: Path) -> None:
    snakemake = recorded.rule("out/clip/11_more")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(own.parents[1])
        with pytest.raises(ValueError, match="broken"), lineage.stage(snakemake):
            raise ValueError("broken")
    assert kinds(own) == {"state"}


def test_the_command_says_so_in_its_exit_status_and_in_json(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", str(own)]) == 0
    assert capsys.readouterr().out.endswith("all is well\n")
    (own / "10_mux/final.mkv").unlink()
    assert cli.main(["verify", str(own), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
    assert cli.main(["verify", str(own / "nothing")]) == 2
    assert "give a job's folder" in capsys.readouterr().err


def test_what_has_come_of_a_download_is_no_finding_in_the_store_but_is_elsewhere(own: Path) -> None:
    store = own.parents[1] / "models"
    for place in ("tiny/.partial/0/model.bin.incomplete", ".adding/other@0123/fetched/model.bin"):
        (store / place).parent.mkdir(parents=True)
        (store / place).write_bytes(b"half")
    assert verify.verify(store).ok
    shutil.copytree(store / "tiny/.partial", own / "06_asr/.partial")
    assert kinds(own) == {"extra", "missing"}
    (store / "tiny/model.bin").write_bytes(b"half")
    (store / ".adding/link").symlink_to(own)
    (store / ".partial").symlink_to(own)
    assert kinds(store) == {"content", "extra"}


def test_a_download_that_failed_is_told_in_one_line(own: Path) -> None:
    store = own.parents[1] / "models"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(store.parent)
        with (
            pytest.raises(Problem, match="no source"),
            lineage.stage(recorded.rule("models/big", output={"inventory": "model.json"})) as io,
        ):
            (io.folder / ".partial/0").mkdir(parents=True)
            (io.folder / ".partial/0/model.bin.incomplete").write_bytes(b"half")
            raise Problem("no source has it")
    (finding,) = verify.verify(store).findings
    assert finding.kind == "state"
    assert "no source has it" in finding.text
