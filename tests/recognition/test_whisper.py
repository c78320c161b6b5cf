"""Recognition with the real model where memory runs out, in pieces, and on odd sound."""

import errno
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ctranslate2
import numpy as np
import pytest
import soundfile
import tiny_models
from house import DATA

from lineage.problem import Problem
from subtitling.alignment import word_times
from subtitling.documents import Region, Segment, Word
from subtitling.media import audio_file
from subtitling.options import selected
from subtitling.recognition import chunking, encoder, whisper
from subtitling.recognition.chunking import Chunk, Recognition
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.kept_recogniser import KeptRecogniser
from subtitling.recognition.language_diarization import Heard
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.runtime import devices
from subtitling.runtime.kept_answers import KeptAnswers
from subtitling.text.sentences import Sentence
from subtitling.translation import translator

QUIET: Any = lambda _done, _total: None  # noqa: E731


class Short(whisper.Whisper):
    """A model on a host whose memory holds `room` chunks at once: more, and CTranslate2's own
    error comes. What is heard is the real model's."""

    room = 1

    def _batch(self, audio: Any, batch: Sequence[Chunk], *rest: Any) -> list[Recognition]:
        if len(batch) > self.room:
            raise RuntimeError("CUDA failed with error out of memory")
        self.asked.append([chunk.start_ms for chunk in batch])
        return super()._batch(audio, batch, *rest)

    asked: list[list[int]] = []  # noqa: RUF012 - each test sets its own


@pytest.fixture(scope="module")
def options(defaults: dict[str, Any]) -> RecognitionOptions:
    chosen = selected(RecognitionOptions, defaults["asr"])
    return RecognitionOptions(**chosen)


def test_out_of_memory_is_a_step_and_what_was_heard_stays(
    models: Path, options: RecognitionOptions
) -> None:
    audio = audio_file.read_speech_audio(DATA / "two_cities.flac")
    chunks = [Chunk(at, at + 4000, ()) for at in (1000, 6000, 10_000)]
    steps: list[tuple[Any, ...]] = []
    recogniser = Short(models / "whisper-base", "cpu", 2, options, lambda *step: steps.append(step))
    recogniser.asked = []
    answers = recogniser.recognise(audio, chunks, "en", "transcribe", QUIET)
    assert [step[:3] for step in steps] == [("batch", 4, 2), ("batch", 2, 1)]
    assert all("out of memory" in step[3] for step in steps)
    assert recogniser.asked == [[1000], [6000], [10_000]]
    assert len(answers) == 3 and "best of times" in answers[0].text


def test_out_of_memory_where_the_language_is_told_is_a_step_too(
    models: Path, options: RecognitionOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = audio_file.read_speech_audio(DATA / "two_cities.flac")
    steps: list[tuple[Any, ...]] = []
    options = replace(options, compute_type="float32")
    recogniser = whisper.Whisper(
        models / "whisper-base", "cpu", 2, options, lambda *step: steps.append(step[:3])
    )

    def no_room(_sound: Any) -> Any:
        raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(recogniser.model, "detect_language", no_room)
    probabilities = recogniser.languages(audio, [Chunk(1000, 9000, ())])
    assert next(iter(probabilities)) == "en"
    assert steps == [("precision", "float32", "int8"), ("batch", 4, 1)]


def test_memory_that_never_suffices_is_an_error_that_says_what_to_do(
    models: Path, options: RecognitionOptions
) -> None:
    audio = audio_file.read_speech_audio(DATA / "two_cities.flac")
    recogniser = Short(models / "whisper-base", "cpu", 2, options, lambda *_: None)
    recogniser.room = 0
    with pytest.raises(Problem, match=r"device cpu, precision int8, batch 1 .* smaller model"):
        recogniser.recognise(audio, [Chunk(0, 2000, ())], "en", "transcribe", QUIET)


@pytest.mark.parametrize(
    "text",
    [
        "CUDA failed with error out of memory",
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "cuBLAS failed with status CUBLAS_STATUS_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "CUDA error: CUDA_ERROR_OUT_OF_MEMORY",
        "cudaErrorMemoryAllocation: out of resources",
        "mkl_malloc: failed to allocate memory",
        "[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory: you tried "
        "to allocate 4000000000 bytes. Error code 12 (Cannot allocate memory)",
        "could not create a memory object",  # oneDNN
        "std::bad_alloc",
        "bad allocation",
        "Failed to allocate memory for requested buffer of size 1073741824",
        "Unable to allocate 7.45 GiB for an array with shape (1000000000,)",
        "could not allocate 300 MB",
        "RESOURCE_EXHAUSTED: failed to allocate request for 2.0GiB",
        "Not enough memory resources are available to process this command",
        "Insufficient GPU memory",
    ],
)
def test_a_lack_of_memory_is_known_in_every_library_s_words(text: str) -> None:
    assert devices.out_of_memory(RuntimeError(text))


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    assert devices.out_of_memory(MemoryError())
    assert devices.out_of_memory(OSError(errno.ENOMEM, "fork"))
    for text in (
        "cuDNN version mismatch",
        "No such file or directory: 'memory.bin'",
        "invalid device ordinal",
        "the room was left",
        "cannot allocate speakers to turns",
        "Input is too long",
        "allocation of work failed to start",
    ):
        assert not devices.out_of_memory(RuntimeError(text)), text
    assert not devices.out_of_memory(OSError(errno.ENOSPC, "No space left on device"))


def test_a_retry_begins_a_step_further(models: Path, options: RecognitionOptions) -> None:
    steps: list[tuple[Any, ...]] = []
    recogniser = whisper.Whisper(
        models / "whisper-base", "cpu", 2, options, lambda *step: steps.append(step), attempt=2
    )
    assert recogniser.setting.batch == 2
    assert steps == [("batch", 4, 2, "attempt 2")]


def test_a_model_too_large_for_its_gpu_is_told_with_sizes() -> None:
    assert devices.room_needed(3_000_000_000, "float16") == 3_000_000_000 + 700 * 2**20
    assert devices.room_needed(3_000_000_000, "int8") == 1_500_000_000 + 700 * 2**20


@pytest.mark.parametrize("seconds", [0.02, 3.0])
def test_silence_of_any_length_gives_no_error(
    models: Path, options: RecognitionOptions, tmp_path: Path, seconds: float
) -> None:
    soundfile.write(tmp_path / "s.wav", np.zeros(int(16_000 * seconds)), 16_000)
    audio = audio_file.read_speech_audio(tmp_path / "s.wav")
    recogniser = whisper.Whisper(models / "whisper-base", "cpu", 2, options, lambda *_: None)
    chunk = Chunk(0, audio.duration_ms, ())
    assert len(recogniser.recognise(audio, [chunk], "en", "transcribe", QUIET)) == 1


@pytest.fixture(scope="module")
def large(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model in the shape of large-v3."""
    folder = tmp_path_factory.mktemp("large") / "model"
    tiny_models.whisper(models / "whisper-base", folder)
    return folder


def test_a_model_shaped_like_large_v3_is_heard_with(
    large: Path, options: RecognitionOptions
) -> None:
    audio = audio_file.read_speech_audio(DATA / "hindi_short.flac")
    recogniser = whisper.Whisper(large, "cpu", 2, options, lambda *_: None)
    chunks = [Chunk(0, 3000, ()), Chunk(1000, 3800, ())]
    assert len(recogniser.languages(audio, chunks)) == 100
    assert "yue" in recogniser.languages(audio, chunks)
    for language in ("hi", "yue"):
        assert len(recogniser.recognise(audio, chunks, language, "transcribe", QUIET)) == 2
    region = Region("r1", 0, 3000, 0.9)
    said = Segment("g1", 0, 3000, "नमस्ते दुनिया", (), None, ("r1",))
    (timed,) = word_times.attend(recogniser, audio, [said], [region], "hi", QUIET)
    assert [word.text for word in timed.words] == ["नमस्ते", "दुनिया"]


@pytest.mark.parametrize("precision", ["int8", "float32"])
def test_chunks_are_encoded_as_the_engine_encodes_them(large: Path, precision: str) -> None:
    model = encoder.encoding_model()(
        str(large), device="cpu", compute_type=precision, cpu_threads=2
    )
    features = np.random.default_rng(4).normal(size=(3, 128, 3000)).astype(np.float32)
    whole = model.model.encode(ctranslate2.StorageView.from_array(features))
    encoded = np.array(model.encode(features))
    assert (
        encoded.shape
        == np.array(whole).shape
        == (3, *np.array(model.encode(features[0])).shape[1:])
    )
    assert np.allclose(encoded, np.array(whole), atol=1e-5)
    model.encode(features)
    spans = [(n, at, at + 200) for n in range(3) for at in (0, 600, 1300)]
    pieces = np.stack([encoded[n, first:last] for n, first, last in spans])
    known = model.model.detect_language(ctranslate2.StorageView.from_array(pieces))
    for asked, row in zip(known, encoder.languages(model, spans), strict=True):
        assert row == pytest.approx({code[2:-2]: p for code, p in asked}, abs=1e-5)


def test_what_was_recognised_in_the_same_way_is_not_recognised_again(
    large: Path, options: RecognitionOptions
) -> None:
    audio = audio_file.read_speech_audio(DATA / "hindi_short.flac")
    inner = Short(large, "cpu", 2, replace(options, beam_size=1), lambda *_: None)
    inner.room, inner.asked = 9, []
    inner.model.max_length = 8  # random weights know no end of a text
    chunks = [Chunk.of([Region(f"r{n}", n * 1000, n * 1000 + 900, 0.9)]) for n in range(3)]
    rest = "en", "transcribe", QUIET
    kept = KeptAnswers("sound")
    first = KeptRecogniser(inner, kept, "model")
    plain = first.recognise(audio, chunks[:2], *rest, identify=True)
    first.recognise(audio, chunks[:1], *rest, ["Gabbar"])
    assert inner.asked == [[0, 1000], [0]] and kept.reused == 0
    known = json.loads(json.dumps(kept.answers))
    assert all(each.heard for each in plain)
    again = KeptAnswers("sound", known)
    second = KeptRecogniser(inner, again, "model")
    assert second.recognise(audio, chunks, *rest, identify=True)[:2] == plain
    assert inner.asked[2:] == [[2000]] and again.reused == 2
    for about, how in (("sound", {"careful": True}), ("another sound", {"identify": True})):
        others = KeptAnswers(about, known)
        KeptRecogniser(inner, others, "model").recognise(audio, chunks[:1], *rest, **how)
        assert inner.asked.pop() == [0] and others.reused == 0


@pytest.mark.heavy
def test_five_thousand_sentences_of_speech_are_accounted_for(
    models: Path, options: RecognitionOptions, defaults: dict[str, Any], tmp_path: Path
) -> None:
    # Two hours, most of whose sentences end where nobody ends one: passages come back with another
    # number of them, and each is heard alone.
    once, rate = soundfile.read(DATA / "two_cities.flac", dtype="float32")
    long_ms = 1450
    whole = np.resize(once, 5000 * long_ms * rate // 1000)
    soundfile.write(tmp_path / "long.wav", whole, rate, subtype="PCM_16")
    audio = audio_file.read_speech_audio(tmp_path / "long.wav")
    sentences = [
        Sentence(f"s{n}", (Word(f"w{n}", "x.", n * long_ms, (n + 1) * long_ms - 200, None),), "x.")
        for n in range(5000)
    ]
    recogniser = whisper.Whisper(models / "whisper-base", "cpu", 2, options, lambda *_: None)
    doubting = HallucinationOptions(**defaults["hallucinations"])
    translated = translator.with_whisper(recogniser, audio, sentences, "en", doubting, QUIET)
    kinds = (translated.outcome.texts, translated.outcome.failed, translated.outcome.within)
    assert sorted(chain.from_iterable(kinds)) == sorted(s.id for s in sentences)
    assert len(translated.outcome.failed) < 500


def test_a_region_is_listened_to_in_windows_within_the_thirty_seconds() -> None:
    rows = ((0, 1000), (6000, 26_000), (28_500, 29_500))
    regions = [Region(f"r{start}", start, end, 0.9) for start, end in rows]
    assert whisper.windows(chunking.Chunk.of(regions), 400) == [
        (0, 0, 400), (1, 350, 750), (1, 850, 1250), (2, 1100, 1500)
    ]  # fmt: skip


def test_a_model_of_english_alone_says_so_whatever_its_name_is() -> None:
    model = object.__new__(whisper.Whisper)
    model._model = SimpleNamespace(model=SimpleNamespace(is_multilingual=False))
    model._folder = Path("models/my-tiny")
    region = Region("r1", 0, 900, 0.9)
    chunk = Chunk.of([region])
    # Nothing else can be heard in an English film, as with a model that is known by its name.
    assert model.identify(audio=None, heard=[chunk]) == [(Heard(region, {"en": 1.0}),)]  # type: ignore[arg-type]
    refused = "my-tiny knows English alone, and .*take a model of more languages in its place"
    with pytest.raises(Problem, match=refused):
        model.languages(audio=None, heard=[chunk])  # type: ignore[arg-type]
    for language, task in (("hi", "transcribe"), ("en", "translate")):
        with pytest.raises(Problem, match=refused):
            model.recognise(None, [chunk], language, task, QUIET)  # type: ignore[arg-type]
