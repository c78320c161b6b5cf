"""`lineage verify` finds whatever was changed in a job's record, and nothing where nothing was."""

import hashlib
import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import recorded

import lineage
from lineage import cli, ledger, verify
from subtitling import media, mux

MUTATIONS = 540
Undo = Callable[[], None]


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = recorded.job(tmp_path_factory.mktemp("workflow"))
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
    files = [p for p in sorted(job.rglob("*")) if p.is_file()]
    files += [workflow / "film.mkv", *sorted((workflow / "models/tiny").glob("*.[bj]*"))]
    path = chance.choice(files)
    content = path.read_bytes()
    what = chance.choice([
        "flip", "flip", "flip", "flip", "cut", "empty", "longer", "delete", "rename", "swap",
        "extra", "move stage", "delete stage", "swap languages", "edit manifest",
        "unseal", "reseal",
    ])  # fmt: skip

    def write_back() -> None:
        path.write_bytes(content)

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
    elif what == "edit manifest":
        path = chance.choice(sorted(job.rglob("manifest.json")))
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


def test_no_mutation_is_missed(job: Path) -> None:
    chance = random.Random(20261121)
    seen: Counter[str] = Counter()
    missed = []
    for _ in range(MUTATIONS):
        what, undo = mutate(job, chance)
        if verify.verify(job).ok:
            missed.append(what)
        undo()
        seen[what.rpartition(" ")[0]] += 1
    assert missed == []
    assert sum(seen.values()) == MUTATIONS
    assert len(seen) == 14


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
    found = {(f.kind, f.path) for f in verify.verify(own).findings}
    assert ("content", str(subtitles)) in found
    assert ("missing", str(own / "05_pyannote_vad/speech.json")) in found
    assert ("extra", str(own / "06_asr/notes.txt")) in found


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
        assert kinds(own) == (set() if changed == content else {"chain"})


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


def test_where_the_workflow_is_a_missing_film_is_a_finding(own: Path) -> None:
    (own.parents[1] / "film.mkv").unlink()
    assert kinds(own) == {"missing"}


def test_the_tracks_in_the_film_are_held_against_the_subtitles_cue_for_cue(own: Path) -> None:
    """A film that was muxed from other subtitles, its sum put on record and sealed."""
    from subtitling import model

    shown = own / "09_subtitle_gen/en/en.srt"
    other = own.parents[1] / "other.srt"
    other.write_text(shown.read_text().replace("late", "soon"))
    tracks = [mux.Track("en", other, True, False), mux.Track("pt", other, False, False)]
    told = model.load(model.Media, own / "01_demux/media.json")
    made = own.parents[1] / "other.mkv"
    limits = media.Limits(**recorded.defaults()["limits"])
    options = mux.Options(fonts=[], check_s=0)
    film = own.parents[1] / "film.mkv"
    mux.write(film, told, tracks, made, options, limits, lambda *_: None)
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
