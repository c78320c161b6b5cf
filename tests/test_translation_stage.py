"""Stage 08 with each engine, on a transcript made for it, in this process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import huggingface_hub.constants  # noqa: F401 - before a stage sets it to offline
import pytest
from conftest import DATA, ROOT
from stage_runner import run
from test_endpoint import Server

from lineage import Manifest, Problem, sha256
from subtitling import model, shards
from subtitling.model import Form, Segment, Term, Word

PYTHON = ROOT / ".venv-indictrans2" / "bin" / "python"
needed = pytest.mark.skipif(not PYTHON.is_file(), reason="no .venv-indictrans2: run make envs")
TEXT = "Sydney Carton went home. It was the year 1859. Why did he tell nobody?"
CARTON = Form("Sydney Carton", None, "Latn")
GLOSSARY = model.Glossary((Term("n1", "character", "keep", (CARTON,), (), "", True, ("t",)),), ())
OUTPUTS = {
    "transcript": "transcript.json",
    "text": "transcript.txt",
    "pairs": "pairs.tsv",
    "metrics": "metrics.json",
}


class Job:
    """A folder to run the stage in; `translate` runs it, on what was `say`ed."""

    def __init__(self, defaults: dict[str, Any]):
        self.defaults = deepcopy(defaults)
        Path("in").mkdir()
        self.say(TEXT)
        model.save(GLOSSARY, "in/glossary.json")
        model.save(model.FilmData(title="A Tale", year=1935), "in/film.json")

    def say(self, text: str) -> None:
        """Make this the film's words, one every 300 ms."""
        words = [
            Word(f"w{n}", word, n * 300, n * 300 + 250, 0.9) for n, word in enumerate(text.split())
        ]
        segment = Segment("g1", 0, words[-1].end_ms, text, tuple(words), 0.9)
        model.save(model.Transcript("en", 0.99, "attention", (segment,)), "in/transcript.json")

    def translate(
        self,
        lang: str,
        engine: str,
        folder: Path | None = None,
        shard: str | None = None,
        **changed: Any,
    ) -> Any:
        model.save(model.Lyrics((), (), ()), "in/lyrics.json")
        inputs = {
            "transcript": "in/transcript.json",
            "glossary": "in/glossary.json",
            "lyrics": "in/lyrics.json",
        }
        files = {p.name: sha256(p) for p in folder.iterdir()} if folder else {}
        if folder:
            files.pop("model.json", None)
            if not (folder / "model.json").is_file():
                stored = model.StoredModel("small", "a test", None, "MIT", files)
                model.save(stored, folder / "model.json")
            files = json.loads((folder / "model.json").read_text("utf-8"))["files"]
            inputs["model"] = str(folder / "model.json")
        if engine == "endpoint":
            inputs["film"] = "in/film.json"
        if engine == "firefox" and folder:
            inputs["backwards"] = str(folder.with_name("firefox-pt-en") / "model.json")
        own = ("engines", "shards")
        options = {k: v for k, v in self.defaults["translation"].items() if k not in own}
        wildcards = {"job": "tale", "lang": lang}
        return run(
            "08_translation.py",
            f"out/tale/08_translation/{lang}" + (f"/{shard}" if shard else ""),
            inputs,
            {"answers": "answers.json"} if shard else OUTPUTS,
            {**wildcards, "shard": shard} if shard else wildcards,
            engine=engine,
            model={"name": "small", "files": files} if folder else None,
            settings=changed,
            options=options,
            sentences=self.defaults["sentences"],
            names=self.defaults["names"],
            device="cpu",
        )

    def put_together(self, lang: str, engine: str, number: int) -> Manifest:
        """What `translate` made in this many shards, as one translation."""
        folder = f"out/tale/08_translation/{lang}"
        return run(
            "08_translation_whole.py",
            folder,
            {
                "transcript": "in/transcript.json",
                "glossary": "in/glossary.json",
                "lyrics": "in/lyrics.json",
                "shards": [f"{folder}/{name}/answers.json" for name in shards.names(number)],
            },
            OUTPUTS,
            {"job": "tale", "lang": lang},
            engine=engine,
            sentences=self.defaults["sentences"],
        )


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, defaults: dict[str, Any]) -> Iterator[Job]:
    monkeypatch.chdir(tmp_path)
    environment = dict(os.environ)
    yield Job(defaults)
    os.environ.clear()
    os.environ.update(environment)


def built(kind: str, python: Path | str, size: str) -> Path:
    folder = Path("small").absolute()
    command = [str(python), str(ROOT / "tests" / "tiny_models.py"), kind, str(folder), size]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def segments(lang: str) -> tuple[Segment, ...]:
    path = f"out/tale/08_translation/{lang}/transcript.json"
    return model.load(model.Transcript, path).segments


def test_each_target_sentence_holds_the_words_that_it_translates(job: Job, models: Path) -> None:
    manifest = job.translate("pt", "firefox", models / "firefox-en-pt")
    assert manifest.models[0]["precision"] == "int8"
    assert manifest.status == "success"
    found = segments("pt")
    assert [s.source_words for s in found] == [
        ("w0", "w1", "w2", "w3"),
        ("w4", "w5", "w6", "w7", "w8"),
        ("w9", "w10", "w11", "w12", "w13"),
    ]
    assert "Sydney Carton" in found[0].text and "1859" in found[1].text
    metrics = json.loads(Path("out/tale/08_translation/pt/metrics.json").read_text("utf-8"))
    assert (metrics["adherence"], metrics["number_adherence"]) == (1.0, 1.0)
    assert not Path("out/tale/08_translation/pt/done.jsonl").exists()


def test_an_endpoints_calls_and_tokens_are_on_record_and_a_failed_line_is_marked(job: Job) -> None:
    server = Server()
    server.always, server.troubled = "drop", "s00003"
    settings = {**job.defaults["endpoint"], "url": server.url, "model": "small"}
    try:
        manifest = job.translate("pt", "endpoint", **settings)
    finally:
        server.end()
    assert manifest.status == "success"
    *good, failed = segments("pt")
    assert [s.untranslated for s in good] == [None, None]
    assert (failed.text, failed.untranslated) == (
        "Why did he tell nobody?",
        "it did not come back",
    )
    assert any("s00003 has no translation, its source is shown" in w for w in manifest.warnings)
    assert {call["host"] for call in manifest.calls} == {"127.0.0.1"}
    assert manifest.notes["usage"]["tokens_in"] == 100 * len(manifest.calls)
    assert manifest.unrepeatable
    assert server.requests[0]["film"] == "A Tale (1935)"
    assert server.requests[0]["glossary"] == {"Sydney Carton": "Sydney Carton"}


def test_an_endpoint_that_nobody_named_is_a_problem_on_record(job: Job) -> None:
    with pytest.raises(Problem, match=r"endpoint\.url is ''"):
        job.translate("pt", "endpoint", **job.defaults["endpoint"])
    assert Manifest.load("out/tale/08_translation/pt/manifest.json").status == "failed"


def everything(lang: str) -> dict[str, bytes]:
    """All that a translation leaves for later stages and readers."""
    folder = Path(f"out/tale/08_translation/{lang}")
    return {name: (folder / name).read_bytes() for name in OUTPUTS.values()}


def test_a_film_in_shards_is_translated_as_in_one_piece_byte_for_byte(
    job: Job, models: Path
) -> None:
    book = (DATA / "two_cities.txt").read_text("utf-8").replace(", it was", ". It was")
    job.say(f"{' '.join(book.split())} {TEXT}")
    job.defaults["translation"]["round_trip_sentences"] = 3
    job.translate("pt", "firefox", models / "firefox-en-pt")
    whole = everything("pt")
    parts = [
        job.translate("pt", "firefox", models / "firefox-en-pt", shard=shard)
        for shard in shards.names(3)
    ]
    assert all(part.notes["sentences"] > 1 for part in parts)
    assert [m["name"] for part in parts for m in part.models] == ["firefox-en-pt"] * 3
    manifest = job.put_together("pt", "firefox", 3)
    assert everything("pt") == whole
    assert manifest.notes["sentences"] == sum(part.notes["sentences"] for part in parts)
    assert [i.producer for i in manifest.inputs if i.name == "shards"] != [None] * 3


def test_a_line_that_fails_in_a_shard_stays_marked_and_requests_are_the_undivided_ones(
    job: Job,
) -> None:
    server = Server()
    server.always, server.troubled = "drop", "s00003"
    settings = {**job.defaults["endpoint"], "url": server.url, "model": "small"}
    job.defaults["translation"]["batch_size"] = 2
    try:
        job.translate("pt", "endpoint", **settings)
        asked, server.requests[:] = [*server.requests], []
        whole = everything("pt")
        first, second, third = (
            job.translate("pt", "endpoint", shard=shard, **settings) for shard in shards.names(3)
        )
    finally:
        server.end()
    assert server.requests == asked
    manifest = job.put_together("pt", "endpoint", 3)
    assert everything("pt") == whole
    assert segments("pt")[2].untranslated == "it did not come back"
    assert manifest.notes["untranslated"] == 1
    # Two batches make two shards; the one between them has nothing to do.
    assert (first.status, second.status, third.status) == ("success", "skipped", "success")
    assert any("s00003 has no translation" in w for w in third.warnings)
    assert not any("has no translation" in w for w in first.warnings)


def test_shards_of_a_film_in_the_targets_language_hand_on_its_own_words(job: Job) -> None:
    for shard in shards.names(2):
        assert job.translate("en", "firefox", shard=shard).status == "skipped"
    manifest = job.put_together("en", "firefox", 2)
    assert manifest.status == "skipped"
    assert Path("out/tale/08_translation/en/transcript.json").read_bytes() == (
        Path("in/transcript.json").read_bytes()
    )


@pytest.mark.heavy
def test_nllb_translates_from_the_store(job: Job) -> None:
    folder = built("nllb", sys.executable, "64")
    manifest = job.translate("pt", "nllb", folder, precision="auto")
    assert manifest.models[0]["precision"] == "int8"
    assert len(segments("pt")) == 3


@needed
@pytest.mark.heavy
def test_two_environments_work_in_one_film_with_different_transformers(job: Job) -> None:
    import transformers

    folder = built("indictrans2", PYTHON, "copy")
    own = {k: v for k, v in job.defaults["indictrans2"].items() if "indic" not in k}
    manifest = job.translate("hi", "indictrans2", folder, **{**own, "python": str(PYTHON)})
    assert manifest.status == "success"
    packages = manifest.software["workers"]["indictrans2"]["packages"]
    assert packages["transformers"] == "4.53.2"
    assert manifest.software["packages"]["transformers"] == transformers.__version__ == "4.57.6"
    assert "Carton" in segments("hi")[0].text
    assert "modeling_tiny.py" in manifest.models[0]["files"]
    (folder / "modeling_tiny.py").write_text("raise SystemExit", "utf-8")
    with pytest.raises(Problem, match=r"modeling_tiny\.py has the wrong content"):
        job.translate("hi", "indictrans2", folder, **{**own, "python": str(PYTHON)})
