"""Stage 08 with each engine, on a transcript made for it, in this process."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from copy import deepcopy
from importlib import metadata
from pathlib import Path
from typing import Any

import huggingface_hub.constants  # noqa: F401 - before a stage sets it to offline
import pytest
from chat_server import Server
from house import DATA, ROOT
from stage_runner import run

from lineage import Manifest, sha256
from lineage.commands.verify import verify
from lineage.problem import Problem
from lineage.stage import Terminated
from subtitling import documents, shards
from subtitling.documents import Form, Segment, Term, Word
from subtitling.runtime import earlier
from subtitling.translation import stage, translator

PYTHON = ROOT / ".venv-indictrans2" / "bin" / "python"
needed = pytest.mark.skipif(not PYTHON.is_file(), reason="no .venv-indictrans2: run make envs")
TEXT = "Sydney Carton went home. It was the year 1859. Why did he tell nobody?"
CARTON = Form("Sydney Carton", None, "Latn")
GLOSSARY = documents.Glossary(
    (Term("n1", "character", "keep", (CARTON,), (), "", True, ("t",)),), ()
)
OUTPUTS = {
    "transcript": "transcript.json",
    "text": "transcript.txt",
    "pairs": "pairs.tsv",
    "metrics": "metrics.json",
}


class Job:
    """A folder to run the stage in; `translate` runs it, on what was `say`ed. `beside` are the
    engines for other languages than the film's."""

    def __init__(self, defaults: dict[str, Any]):
        self.defaults = deepcopy(defaults)
        self.beside: list[dict[str, Any]] = []
        Path("in").mkdir()
        self.say(TEXT)
        documents.save(GLOSSARY, "in/glossary.json")
        documents.save(documents.FilmData(title="A Tale", year=1935), "in/film.json")

    def say(self, text: str) -> None:
        """Make this the film's words, one every 300 ms."""
        words = [
            Word(f"w{n}", word, n * 300, n * 300 + 250, 0.9) for n, word in enumerate(text.split())
        ]
        segment = Segment("g1", 0, words[-1].end_ms, text, tuple(words), 0.9)
        self._save((segment,))

    def say_in(self, **texts: str) -> None:
        """Make these the film's words, the text of each language in a segment of its own."""
        made: list[Segment] = []
        count = 0
        for language, text in texts.items():
            words = [
                Word(f"w{n}", word, n * 300, n * 300 + 250, 0.9)
                for n, word in enumerate(text.split(), count)
            ]
            count += len(words)
            span = words[0].start_ms, words[-1].end_ms
            other = None if language == "en" else language
            made.append(Segment(f"g{count}", *span, text, tuple(words), 0.9, language=other))
        self._save(tuple(made))

    def _save(self, made: tuple[Segment, ...]) -> None:
        documents.save(documents.Transcript("en", 0.99, "attention", made), "in/transcript.json")

    def translate(
        self,
        lang: str,
        engine: str,
        folder: Path | None = None,
        shard: str | None = None,
        shared: str | None = None,
        **changed: Any,
    ) -> Any:
        """In one language; or all of one shard; or after the job that `shared` a model."""
        inputs, params = self._given(engine, folder, changed)
        wildcards = {"job": "tale", "lang": lang}
        return run(
            "08_translation.py",
            f"out/tale/08_translation/{lang}" + (f"/{shard}" if shard else ""),
            {**inputs, "shared": shared} if shared else inputs,
            {"answers": "answers.json"} if shard else OUTPUTS,
            {**wildcards, "shard": shard} if shard else wildcards,
            **params,
        )

    def share(
        self, languages: list[str], engine: str, folder: Path, **changed: Any
    ) -> tuple[Manifest, str]:
        """In several languages by one model, and where their answers are."""
        inputs, params = self._given(engine, folder, changed)
        home = "out/tale/08_translation/by-small"
        manifest = run(
            "08_translation_shared.py",
            home,
            inputs,
            {"answers": "answers.json"},
            {"job": "tale", "model": "small"},
            languages=languages,
            **params,
        )
        return manifest, f"{home}/answers.json"

    def _given(
        self, engine: str, folder: Path | None, changed: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Inputs and parameters of a job."""
        documents.save(documents.Lyrics((), (), ()), "in/lyrics.json")
        inputs = {
            "transcript": "in/transcript.json",
            "glossary": "in/glossary.json",
            "lyrics": "in/lyrics.json",
        }
        files = {p.name: sha256(p) for p in folder.iterdir()} if folder else {}
        if folder:
            files.pop("model.json", None)
            if not (folder / "model.json").is_file():
                stored = documents.StoredModel("small", "a test", None, "MIT", files)
                documents.save(stored, folder / "model.json")
            files = json.loads((folder / "model.json").read_text("utf-8"))["files"]
            inputs["model"] = str(folder / "model.json")
        if engine == "endpoint" or any(row["engine"] == "endpoint" for row in self.beside):
            inputs["film"] = "in/film.json"
        if engine == "nllb" and self.defaults["translation"]["round_trip_sentences"]:
            inputs["reverse_model"] = inputs["model"]
        if engine == "indictrans2" and self.defaults["translation"]["round_trip_sentences"]:
            if not Path("back").is_dir():
                shutil.copytree(str(folder), "back", copy_function=os.link)
            inputs["reverse_model"] = "back/model.json"
        if engine == "firefox" and folder:
            inputs["reverse_model"] = str(folder.with_name("firefox-pt-en") / "model.json")
        reverse_model = None
        if back_json := inputs.get("reverse_model"):
            listed = json.loads(Path(back_json).read_text("utf-8"))
            reverse_model = {"name": listed["name"], "files": listed["files"]}
        own = ("engines", "shards", "share_model")
        options = {k: v for k, v in self.defaults["translation"].items() if k not in own}
        return inputs, {
            "engine": engine,
            "model": {"name": "small", "files": files} if folder else None,
            "reverse_model": reverse_model,
            "settings": changed,
            "beside": self.beside,
            "options": options,
            "sentences": self.defaults["sentences"],
            "names": self.defaults["names"],
            "device": "cpu",
        }

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
            beside=self.beside,
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
    command = [
        str(python),
        str(ROOT / "tests" / "support" / "tiny_models.py"),
        kind,
        str(folder),
        size,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def segments(lang: str) -> tuple[Segment, ...]:
    path = f"out/tale/08_translation/{lang}/transcript.json"
    return documents.load(documents.Transcript, path).segments


def test_each_target_sentence_holds_the_words_that_it_translates(job: Job, models: Path) -> None:
    manifest = job.translate("pt", "firefox", models / "firefox-en-pt")
    assert manifest.models[0]["precision"] == "int8"
    assert manifest.status == "success"
    translated = segments("pt")
    assert [s.source_words for s in translated] == [
        ("w0", "w1", "w2", "w3"),
        ("w4", "w5", "w6", "w7", "w8"),
        ("w9", "w10", "w11", "w12", "w13"),
    ]
    assert "Sydney Carton" in translated[0].text and "1859" in translated[1].text
    metrics = json.loads(Path("out/tale/08_translation/pt/metrics.json").read_text("utf-8"))
    assert (metrics["adherence"], metrics["number_adherence"]) == (1.0, 1.0)
    assert not Path("out/tale/08_translation/pt/done.jsonl").exists()


def test_what_a_translator_leaves_out_is_asked_for_in_pieces_and_what_stays_lacking_is_marked(
    job: Job,
) -> None:
    items = [f"{word} the boxes" for word in ("opened", "closed", "carried", "weighed", "sold")]
    twice = f"They {', '.join(items)}, and went home."
    whole = f"They came back, {' and '.join(items)} and went home."
    job.say(f"Nobody came. {twice} {whole}")
    server = Server()
    server.faults = ["shorten"] * 50
    settings = {**job.defaults["endpoint"], "url": server.url, "model": "small"}
    try:
        manifest = job.translate("pt", "endpoint", **settings)
    finally:
        server.end()
    short, completed, lacking = segments("pt")
    assert (short.first, short.incomplete) == (None, None)
    assert (completed.text, completed.first) == (twice.upper(), "THEY OPENED THE BOXES")
    assert completed.incomplete is None
    assert lacking.text == "THEY CAME BACK"
    why = "it has 14% of the length that is usual"
    assert lacking.incomplete == why
    assert f"pt: s00003 is incomplete, {why}: THEY CAME BACK" in manifest.warnings
    figures = json.loads(Path("out/tale/08_translation/pt/metrics.json").read_text("utf-8"))
    assert (figures["incomplete"], manifest.notes["incomplete"]) == (["s00003"], 1)
    pieces = [[line["text"] for line in request["lines"]] for request in server.requests[1:]]
    assert pieces == [[twice[:59]], [twice[60:]]]


IN_THREE = {"en": "Sydney Carton went home.", "pt": "Ele foi para a casa dele.",
            "fr": "Il ne dit rien à personne."}  # fmt: skip
FRENCH_UNSERVED = (
    "it is in French, and no engine and model were planned for that: a row fr-pt in "
    "translation.engines and fr in asr.other_languages would translate it"
)


def as_spoken(made: tuple[Segment, ...], manifest: Manifest) -> None:
    """Check that the Portuguese passed through word for word, at its words' own times, and that the
    French is shown as spoken, marked and counted."""
    english, portuguese, french = made
    assert english.text not in IN_THREE.values() and english.untranslated is None
    assert (portuguese.text, portuguese.untranslated) == (IN_THREE["pt"], None)
    assert [w.start_ms for w in portuguese.words] == [n * 300 for n in range(4, 10)]
    assert (french.text, french.untranslated, french.language) == (
        IN_THREE["fr"], FRENCH_UNSERVED, "fr"
    )  # fmt: skip
    assert manifest.notes["untranslated"] == manifest.notes["as_spoken"] == 1
    assert any(FRENCH_UNSERVED in warning for warning in manifest.warnings)


def test_what_is_in_the_targets_language_passes_through_firefox(job: Job, models: Path) -> None:
    job.say_in(**IN_THREE)
    manifest = job.translate("pt", "firefox", models / "firefox-en-pt")
    as_spoken(segments("pt"), manifest)
    whole = everything("pt")
    for shard in shards.names(2):
        job.translate("pt", "firefox", models / "firefox-en-pt", shard=shard)
    job.put_together("pt", "firefox", 2)
    assert everything("pt") == whole


def test_what_is_in_the_targets_language_passes_through_nllb_and_its_shared_job(
    job: Job, small_nllb: Path
) -> None:
    job.say_in(**IN_THREE)
    manifest = job.translate("pt", "nllb", small_nllb, precision="auto")
    as_spoken(segments("pt"), manifest)
    whole = everything("pt")
    _, answers = job.share(["pt", "de"], "nllb", small_nllb, precision="auto")
    job.translate("pt", "nllb", small_nllb, shared=answers, precision="auto")
    assert everything("pt") == whole
    # Where a row has French for the same model, it is loaded once for both.
    model = {"name": "small", "files": {}}
    row = {"engine": "nllb", "model": model, "settings": {"precision": "auto"}}
    job.beside = [{**row, "languages": ["fr"]}]
    manifest = job.translate("pt", "nllb", small_nllb, precision="auto")
    assert [m["name"] for m in manifest.models] == ["small"]
    assert [s.untranslated for s in segments("pt")] == [None, None, None]
    assert segments("pt")[1].text == IN_THREE["pt"] != segments("pt")[2].text


def test_each_language_is_asked_of_its_own_engine(job: Job, models: Path) -> None:
    server = Server()
    settings = {**job.defaults["endpoint"], "url": server.url, "model": "small"}
    row = {"engine": "endpoint", "model": None, "settings": settings, "languages": ["fr"]}
    job.beside = [row]
    job.say_in(**IN_THREE)
    try:
        manifest = job.translate("pt", "firefox", models / "firefox-en-pt")
    finally:
        server.end()
    assert [s.untranslated for s in segments("pt")] == [None, None, None]
    assert segments("pt")[1].text == IN_THREE["pt"]
    asked = [line["text"] for request in server.requests for line in request["lines"]]
    assert asked == [IN_THREE["fr"]]
    assert {call["host"] for call in manifest.calls} == {"127.0.0.1"}


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


@pytest.mark.parametrize("after", [0, 1])
def test_an_endpoint_that_goes_away_is_no_finished_track_and_its_cost_is_kept(
    job: Job, after: int
) -> None:
    """However few the sentences are that it leaves: the next run goes on there."""
    server = Server()
    job.defaults["translation"] = {**job.defaults["translation"], "batch_size": 1}
    server.faults = [""] * after + ["html"] * 60
    settings = {**job.defaults["endpoint"], "url": server.url, "model": "small"}
    settings |= {"price_in": 1.0}
    try:
        manifest = job.translate("pt", "endpoint", **settings)
        assert manifest.status == "failed"
        assert re.search("have no translation|one after the other", str(manifest.reason))
        assert manifest.notes["usage"]["calls"] == len(manifest.calls) > after
        server.faults = []
        assert job.translate("pt", "endpoint", **settings).status == "success"
        assert all(segment.untranslated is None for segment in segments("pt"))
    finally:
        server.end()


def test_an_endpoint_that_nobody_named_is_a_problem_on_record(job: Job) -> None:
    manifest = job.translate("pt", "endpoint", **job.defaults["endpoint"])
    assert manifest.status == "failed"
    assert "endpoint.url is ''" in str(manifest.reason)


def test_a_translation_that_fails_says_so_in_its_place_and_the_next_try_is_another(
    job: Job,
) -> None:
    folder = Path("out/tale/08_translation/pt")
    assert earlier.failed_try(folder) is None
    manifest = job.translate("pt", "endpoint", **job.defaults["endpoint"])
    made = documents.load(documents.Transcript, folder / "transcript.json")
    assert (made.segments, made.failed) == ((), manifest.reason)
    assert {Path(file.path).name for file in manifest.outputs} == {*OUTPUTS.values()}
    first = earlier.failed_try(folder)
    assert first == manifest.started_at
    # Another try is another parameter; one that succeeds holds its own, so that nothing reruns.
    server = Server()
    try:
        again = {**job.defaults["endpoint"], "url": server.url, "model": "small"}
        assert job.translate("pt", "endpoint", **again).status == "success"
    finally:
        server.end()
    assert len(segments("pt")) == 3


def test_a_translation_in_two_steps_whose_first_has_failed_fails_too(job: Job) -> None:
    nothing = documents.Transcript("en", None, "estimated", (), failed="the server has gone")
    documents.save(nothing, "in/transcript.json")
    manifest = job.translate("pt", "endpoint", **job.defaults["endpoint"])
    assert manifest.reason == "there is nothing to translate from: the server has gone"


def test_the_earlier_translation_of_the_same_words_stands_in_for_one_that_fails(job: Job) -> None:
    """A translator that is lost costs nothing that was there."""
    server = Server()
    good = {**job.defaults["endpoint"], "url": server.url, "model": "small"}
    folder = Path("out/tale/08_translation/pt")
    try:
        first = job.translate("pt", "endpoint", **good)
    finally:
        server.end()
    whole = everything("pt")

    def fails() -> Manifest:
        earlier.keep(folder)
        for path in OUTPUTS.values():  # as Snakemake does
            (folder / path).unlink()
        (folder / "manifest.json").unlink()
        return job.translate("pt", "endpoint", **{**good, "url": ""})

    for _ in range(2):  # the second try, too
        manifest = fails()
        assert everything("pt") == whole
        assert (manifest.status, manifest.models) == ("failed", first.models)
        assert manifest.notes["kept_from"] == first.started_at
        stays = f"The film keeps the one that was made at {first.started_at}"
        assert str(manifest.reason).endswith(stays)
        assert manifest.degradations[-1]["after"] == f"the one that was made at {first.started_at}"
        report = verify(Path("out/tale"))
        assert {finding.kind for finding in report.findings} == {"state"}
    job.say("Other words.")
    assert fails().notes.get("kept_from") is None
    assert segments("pt") == ()
    # Kept until one succeeds.
    assert (folder / ".earlier-transcript.json").is_file()
    server = Server()
    try:
        job.translate("pt", "endpoint", **{**good, "url": server.url})
    finally:
        server.end()
    assert list(folder.glob(".earlier-*")) == []


def test_as_a_module_a_translation_that_fails_fails_its_job(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no hook of ours then that could end the run with an error."""
    given = job._given
    monkeypatch.setattr(
        job, "_given", lambda *args: (given(*args)[0], {**given(*args)[1], "alone": False})
    )
    with pytest.raises(Problem, match=r"endpoint\.url is ''"):
        job.translate("pt", "endpoint", **job.defaults["endpoint"])


def test_a_shard_that_fails_fails_its_language_alone(job: Job) -> None:
    for shard in shards.names(2):
        assert job.translate("pt", "endpoint", shard=shard, **job.defaults["endpoint"])
    manifest = job.put_together("pt", "endpoint", 2)
    assert manifest.status == "failed"
    assert str(manifest.reason).startswith("a shard has failed: endpoint.url is ''")
    assert segments("pt") == ()


def test_a_model_that_cannot_be_opened_leaves_each_language_to_its_own_job(
    job: Job, small_nllb: Path
) -> None:
    Path(small_nllb / "model.json").unlink(missing_ok=True)
    shutil.copytree(small_nllb, "small")
    job.share(["pt", "fr"], "nllb", Path("small"), precision="auto")
    next(Path("small").glob("*.bin")).write_bytes(b"damaged")
    manifest, answers = job.share(["pt", "fr"], "nllb", Path("small"), precision="auto")
    assert manifest.status == "failed"
    languages = documents.load(translator.Shared, answers).languages
    assert [(one.answers, one.left) for one in languages] == [(None, manifest.reason)] * 2


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
    assert [m["name"] for part in parts for m in part.models] == [
        "firefox-en-pt",
        "firefox-pt-en",
    ] * 3
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


@pytest.fixture
def small_nllb(small_nllb: Path, tmp_path: Path, job: Job) -> Path:
    """One that a test can put into its store; random weights never come to an end by themselves."""
    job.defaults["translation"]["max_tokens"] = 16
    return Path(shutil.copytree(small_nllb, tmp_path / "nllb", copy_function=os.link))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The compute type of each model that CTranslate2 loads in the test, in order."""
    import ctranslate2

    seen: list[str] = []

    def counted(*args: Any, **options: Any) -> Any:
        seen.append(options["compute_type"])
        return original(*args, **options)

    original = ctranslate2.Translator
    monkeypatch.setattr(ctranslate2, "Translator", counted)
    return seen


def test_languages_that_share_a_model_load_it_once_and_get_what_each_gets_by_itself(
    job: Job, small_nllb: Path, loads: list[str]
) -> None:
    job.defaults["translation"]["round_trip_sentences"] = 2
    alone = {}
    for lang in ("pt", "fr"):
        manifest = job.translate(lang, "nllb", small_nllb, precision="auto")
        assert manifest.models[0]["precision"] == "int8"
        assert len(segments(lang)) == 3
        alone[lang] = everything(lang)
    assert loads == ["int8", "int8"]
    manifest, answers = job.share(["pt", "en", "fr"], "nllb", small_nllb, precision="auto")
    assert loads == ["int8", "int8", "int8"]
    assert [m["name"] for m in manifest.models] == ["small"]
    assert {"pt", "fr"} <= manifest.notes.keys() and "en" not in manifest.notes
    assert {p.name for p in Path(answers).parent.iterdir() if p.name[0] != "."} == {
        "answers.json", "manifest.json", "sentences.jsonl", "stage.log"
    }  # fmt: skip
    for lang in ("pt", "fr"):
        manifest = job.translate(lang, "nllb", small_nllb, shared=answers, precision="auto")
        assert everything(lang) == alone[lang]
        assert manifest.models == []
        (given,) = [i for i in manifest.inputs if i.name == "shared"]
        assert given.producer and given.producer["manifest"].endswith("by-small/manifest.json")
    assert len(loads) == 3


def test_sentences_that_are_the_same_in_the_next_run_stay_as_they_are(
    job: Job, small_nllb: Path
) -> None:
    first = job.translate("pt", "nllb", small_nllb, precision="auto")
    folder, before = Path("out/tale/08_translation/pt"), everything("pt")
    assert "reused" not in first.notes
    sealed = [f for f in first.intermediate_files if f["path"].endswith("sentences.jsonl")]
    assert [f["retained"] for f in sealed] == [True]
    unknown = job.translate("pt", "nllb", small_nllb, precision="auto")  # without its record
    assert "reused" not in unknown.notes
    assert not any("is not what its run left" in w for w in unknown.warnings)
    earlier.keep(folder)
    again = job.translate("pt", "nllb", small_nllb, precision="auto")
    assert again.notes["reused"]["en-pt"] >= 3 and everything("pt") == before
    earlier.keep(folder)
    forged = (folder / "sentences.jsonl").read_text("utf-8").replace('", "', '", "X', 1)
    (folder / "sentences.jsonl").write_text(forged, "utf-8")
    third = job.translate("pt", "nllb", small_nllb, precision="auto")
    assert "reused" not in third.notes and everything("pt") == before
    assert any("sentences.jsonl is not what its run left there" in w for w in third.warnings)


def with_package(name: str, version: str) -> None:
    """Keep the last translation as one that another package, or version of it, was used for."""
    folder = Path("out/tale/08_translation/pt")
    made = Manifest.load(folder / "manifest.json")
    made.software["packages"][name] = version
    made.software["workers"] = {"its own": {"python": "3.11.1", "packages": {"torch": "2.8.0"}}}
    made.save(folder / "manifest.json", str)
    earlier.keep(folder)


def test_no_model_is_loaded_where_every_sentence_is_finished(
    job: Job, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.translate("pt", "firefox", models / "firefox-en-pt")
    before = everything("pt")
    with_package("ruff", metadata.version("ruff"))  # which no stage imports
    monkeypatch.setattr("fxtranslate.Translator", None)
    again = job.translate("pt", "firefox", models / "firefox-en-pt")
    assert again.notes["reused"]["en-pt"] >= 3 and everything("pt") == before
    # What made the sentences stays on record, also where it is not imported.
    assert again.software["packages"]["ruff"] == metadata.version("ruff")
    assert again.software["workers"]["its own"]["packages"] == {"torch": "2.8.0"}


def test_what_another_version_of_a_package_made_is_made_anew(job: Job, models: Path) -> None:
    job.translate("pt", "firefox", models / "firefox-en-pt")
    with_package("fxtranslate", "0.0.1")
    again = job.translate("pt", "firefox", models / "firefox-en-pt")
    assert "reused" not in again.notes
    assert again.software["packages"]["fxtranslate"] == metadata.version("fxtranslate")
    assert "workers" not in again.software


def test_a_language_that_fails_is_left_to_its_own_job_and_the_others_are_whole(
    job: Job, small_nllb: Path
) -> None:
    manifest, answers = job.share(["de", "pt"], "nllb", small_nllb, precision="auto")
    assert manifest.status == "success"
    assert any("de is left to its own job" in w and "deu_Latn" in w for w in manifest.warnings)
    assert job.translate("pt", "nllb", small_nllb, shared=answers, precision="auto").models == []
    assert len(segments("pt")) == 3
    alone = job.translate("de", "nllb", small_nllb, shared=answers, precision="auto")
    assert alone.status == "failed"
    assert "NLLB has no deu_Latn" in str(alone.reason)


def test_what_the_engine_lost_before_a_language_failed_is_on_record_for_the_next(
    job: Job, small_nllb: Path, loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from subtitling.runtime.worker import NoMemory
    from subtitling.translation import nllb

    real = nllb.Nllb.translate

    def narrow(self: Any, texts: Any, **options: Any) -> Any:
        if self.precision == "float32":
            raise NoMemory("too little")
        if self._target == "por_Latn":
            raise Problem("broken")
        return real(self, texts, **options)

    monkeypatch.setattr(nllb.Nllb, "translate", narrow)
    job.defaults["translation"]["batch_size"] = 1
    manifest, _ = job.share(["pt", "fr"], "nllb", small_nllb, precision="float32")
    assert loads == ["int8"]
    assert [(d["before"], d["after"]) for d in manifest.degradations] == [
        ("cpu float32", "cpu int8")
    ]


def test_a_language_asked_for_later_has_a_model_loaded_for_itself(
    job: Job, small_nllb: Path
) -> None:
    _, answers = job.share(["pt", "hi"], "nllb", small_nllb, precision="auto")
    manifest = job.translate("fr", "nllb", small_nllb, shared=answers, precision="auto")
    assert [m["name"] for m in manifest.models] == ["small"]
    assert "was asked for after" in manifest.notes["shared"]
    assert len(segments("fr")) == 3


def test_a_try_that_died_goes_on_where_it_was_and_the_second_death_leaves_the_language(
    job: Job, small_nllb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from subtitling.translation import nllb

    asked: list[tuple[str, list[str]]] = []

    def dying(self: Any, texts: Any, **_: Any) -> Any:
        asked.append((self._target, sorted(texts)))
        if self._target == "fra_Latn" and "s00003" in texts:
            raise ZeroDivisionError
        return {i: text.upper() for i, text in texts.items()}

    monkeypatch.setattr(nllb.Nllb, "translate", dying)
    job.defaults["translation"]["batch_size"] = 1
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            job.share(["pt", "fr", "hi"], "nllb", small_nllb, precision="auto")
        assert not Path("out/tale/08_translation/by-small/answers.json").exists()
    # By length; what was finished before the first death is not asked for again.
    assert asked == [
        *(("por_Latn", [i]) for i in ("s00002", "s00003", "s00001")),
        *(("fra_Latn", [i]) for i in ("s00002", "s00003", "s00003")),
    ]
    asked.clear()
    manifest, answers = job.share(["pt", "fr", "hi"], "nllb", small_nllb, precision="auto")
    assert {tag for tag, _ in asked} == {"hin_Deva"}
    assert any("2 tries broke off at fr" in w for w in manifest.warnings)
    languages = documents.load(translator.Shared, answers).languages
    assert [(one.language, one.answers is None) for one in languages] == [
        ("pt", False), ("fr", True), ("hi", False)
    ]  # fmt: skip


def test_a_try_that_was_called_off_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "tries.json"
    for error, left in (
        (RuntimeError, None),
        (Problem, None),  # an end, and what came before it does not count any more
        (RuntimeError, None),
        (KeyboardInterrupt, None),
        (Terminated, None),
        (RuntimeError, "2 tries broke off at ta"),
    ):
        with pytest.raises(error), stage.AttemptLog(path, "this film").one("ta"):
            raise error
        assert stage.AttemptLog(path, "this film").left("ta") == left
    assert stage.AttemptLog(path, "another film").left("ta") is None
    with stage.AttemptLog(path, "this film").one("bn"):
        pass
    assert stage.AttemptLog(path, "this film").left("bn") is None
    path.write_text("", "utf-8")  # as a host that loses power may leave it
    assert stage.AttemptLog(path, "this film").left("ta") is None


@needed
@pytest.mark.heavy
def test_the_model_of_the_way_back_has_a_worker_of_its_own(job: Job) -> None:
    job.defaults["translation"]["round_trip_sentences"] = 2
    folder = built("indictrans2", PYTHON, "copy")
    own = {k: v for k, v in job.defaults["indictrans2"].items() if "indic" not in k}
    settings = {**own, "python": str(PYTHON)}
    manifest = job.translate("hi", "indictrans2", folder, **settings)
    assert len(manifest.models) == 2
    metrics = json.loads(Path("out/tale/08_translation/hi/metrics.json").read_text("utf-8"))
    assert metrics["round_trip_sentences"] == 2
    assert metrics["round_trip_chrf"] > 90  # the stand-in repeats what it is given
    code = Path("back/modeling_tiny.py")
    code.unlink()  # a link to that of the way there
    code.write_text("raise SystemExit", "utf-8")
    with pytest.raises(Problem, match=r"modeling_tiny\.py has the wrong content"):
        job.translate("hi", "indictrans2", folder, **settings)


@needed
@pytest.mark.heavy
def test_two_indian_languages_share_one_worker(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from subtitling.runtime import worker

    real, started = worker._Process, []
    monkeypatch.setattr(worker, "_Process", lambda *args: started.append(1) or real(*args))
    folder = built("indictrans2", PYTHON, "copy")
    own = {k: v for k, v in job.defaults["indictrans2"].items() if "indic" not in k}
    settings = {**own, "python": str(PYTHON)}
    manifest, answers = job.share(["hi", "ta"], "indictrans2", folder, **settings)
    assert [manifest.notes[lang]["restarts"] for lang in ("hi", "ta")] == [0, 0]
    assert "indictrans2" in manifest.software["workers"]
    for lang in ("hi", "ta"):
        job.translate(lang, "indictrans2", folder, shared=answers, **settings)
        assert "Carton" in segments(lang)[0].text
    assert len(started) == 1


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
