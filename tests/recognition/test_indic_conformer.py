"""IndicConformer without its weights, which are on a hub alone: the published shape with random
weights, and a small model of the same files that answers a word piece for each of four tones."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest
import soundfile
import tiny_conformer
from house import DATA

from lineage.problem import Problem
from subtitling.documents import Region, Segment, Word
from subtitling.media import audio_file
from subtitling.options import selected
from subtitling.recognition import chunking, greedy, indic_conformer, mel, registry
from subtitling.recognition.chunking import Chunk, Recognition, Window
from subtitling.recognition.recogniser import RecognitionOptions

QUIET: Any = lambda _done, _total: None  # noqa: E731


def never(*step: object) -> None:
    raise AssertionError(step)


@pytest.fixture(scope="module")
def options(defaults: dict[str, Any]) -> RecognitionOptions:
    return RecognitionOptions(**selected(RecognitionOptions, defaults["asr"]))


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_conformer.tones(tmp_path_factory.mktemp("tones"))


def beeps(file: Path, seconds: float, *tones: tuple[float, float, int]) -> audio_file.Sound:
    """A sound of tones: from, to, in seconds, and which of the four; elsewhere faint noise."""
    at = np.arange(round(seconds * 16_000)) / 16_000
    samples = np.random.default_rng(25).normal(0, 1e-4, len(at))
    for start, end, which in tones:
        inside = slice(round(start * 16_000), round(end * 16_000))
        tone = 0.3 * np.sin(2 * np.pi * tiny_conformer.HZ[which] * at[inside])
        samples[inside] += tone * np.clip(
            np.minimum(at[inside] - start, end - at[inside]) / 0.02, 0, 1
        )
    soundfile.write(file, samples, 16_000)
    return audio_file.read_speech_audio(file)


def recognised(
    folder: Path, sound: audio_file.Sound, options: RecognitionOptions, language: str, *spans: int
) -> list[Recognition]:
    """What is heard in chunks of one region each, from and to in ms."""
    model = indic_conformer.IndicConformer(folder, "cpu", 1, options, never)
    regions = [Region(f"r{a}", a, b, 1.0) for a, b in zip(spans[::2], spans[1::2], strict=True)]
    chunks = [Chunk.of([region]) for region in regions]
    return model.recognise(sound, chunks, language, "transcribe", QUIET)


@pytest.mark.parametrize("decoder", ["ctc", "rnnt"])
def test_known_pieces_come_as_words_with_times_and_scores(
    tones: Path, options: RecognitionOptions, tmp_path: Path, decoder: str
) -> None:
    sound = beeps(
        tmp_path / "a.wav", 4, (0.8, 1.2, 0), (1.6, 1.84, 1), (1.84, 2.08, 2), (2.8, 3.2, 3)
    )
    chosen = replace(options, decoder=decoder)
    (hindi,) = recognised(tones, sound, chosen, "hi", 0, 4000)
    (tamil,) = recognised(tones, sound, chosen, "ta", 0, 4000)
    assert hindi.text == "यह दिन है"
    assert tamil.text == "நான் வீடு அது"
    for word, (start, end) in zip(
        hindi.words, [(800, 1200), (1600, 2080), (2800, 3200)], strict=True
    ):
        assert word.start_ms == pytest.approx(start, abs=90)
        # A transducer writes a piece once, as soon as it is sure of it.
        assert word.end_ms <= end + 90
        assert 0.9 < (word.score or 0) <= 1
    assert 0.9 < hindi.score <= 1 and hindi.no_speech == 0 and hindi.compression < 1.5


def test_silence_a_moment_and_nothing_are_no_words(
    tones: Path, options: RecognitionOptions, tmp_path: Path
) -> None:
    for decoder in ("ctc", "rnnt"):
        soundfile.write(tmp_path / "s.wav", np.zeros(48_000), 16_000)
        silent = audio_file.read_speech_audio(tmp_path / "s.wav")
        answers = recognised(
            tones, silent, replace(options, decoder=decoder), "hi", 0, 3000, 500, 600, 900, 901
        )
        assert [(a.text, a.words, a.no_speech) for a in answers] == [("", (), 1.0)] * 3
        moment = beeps(tmp_path / "m.wav", 0.1, (0.0, 0.1, 1))
        (short,) = recognised(tones, moment, replace(options, decoder=decoder), "hi", 0, 100)
        assert all(0 <= w.start_ms < w.end_ms <= 101 for w in short.words)


def test_a_long_region_without_a_pause_keeps_every_word_once(
    tones: Path, options: RecognitionOptions, tmp_path: Path
) -> None:
    # A tone each 0.7 s; no silence is longer than another.
    said = [(n * 0.7, n * 0.7 + 0.4, n % 4) for n in range(100)]
    sound = beeps(tmp_path / "long.wav", 70, *said)
    spelled = [tiny_conformer.SPELLED["ta"][which] for _, _, which in said]
    wanted = "".join(spelled).replace("▁", " ").strip()
    (heard,) = recognised(tones, sound, replace(options, decoder="ctc"), "ta", 0, 70_000)
    assert heard.text == wanted
    starts = [word.start_ms for word in heard.words]
    assert starts == sorted(starts)


@pytest.mark.heavy
def test_random_weights_of_the_published_shape_give_words_in_order(
    options: RecognitionOptions, tmp_path: Path
) -> None:
    folder = tiny_conformer.random(tmp_path / "model")
    sound = audio_file.read_speech_audio(DATA / "hindi_short.flac")
    whole = min(sound.duration_ms, 3000)
    for decoder in ("ctc", "rnnt"):
        for language in ("hi", "sat"):
            chosen = replace(options, decoder=decoder)
            (heard,) = recognised(folder, sound, chosen, language, 0, whole)
            assert heard.text == " ".join(word.text for word in heard.words)
            starts = [word.start_ms for word in heard.words]
            assert starts == sorted(starts)
            assert all(0 <= w.start_ms < w.end_ms <= whole + 1 for w in heard.words)
    with pytest.raises(Problem, match=r"joint_post_net_ta.onnx can't be used.*doesn't exist"):
        recognised(folder, sound, replace(options, decoder="rnnt"), "ta", 0, whole)
    with pytest.raises(Problem, match=r"no pieces of English \(en\), only of as, bn, brx"):
        recognised(folder, sound, options, "en", 0, whole)
    # Weights are read from the model's own folder alone.
    graph = folder / "assets" / "encoder.onnx"
    outside = folder / "layer.0.weight"
    (folder / "assets" / "layers.0.weight").rename(outside)
    named = graph.read_bytes()
    assert named.count(b"layers.0.weight") > 0
    with pytest.raises(Problem, match=r"encoder.onnx can't be used"):
        recognised(folder, sound, options, "hi", 0, whole)
    graph.write_bytes(named.replace(b"layers.0.weight", b"../layer.0.weight"[:15]))
    with pytest.raises(Problem, match=r"encoder.onnx can't be used"):
        recognised(folder, sound, options, "hi", 0, whole)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vocab.json", b"{", r"vocab.json is no JSON"),
        ("vocab.json", b"\xff", r"vocab.json is no JSON"),
        ("vocab.json", b"[" * 100_000, r"vocab.json is no JSON"),
        ("vocab.json", b"[1]", r"vocab.json holds no list of str for each language"),
        ("vocab.json", b'{"hi": [1, 2]}', r"vocab.json holds no list of str"),
        ("vocab.json", b'{"hi": ["a"]}', r"no piece [1-3] of hi in vocab.json"),
        ("vocab.json", None, r"vocab.json is missing"),
        ("language_masks.json", b'{"hi": [1, 0]}', r"holds no list of bool"),
        ("language_masks.json", b'{"hi": [true, true]}', r"the mask of hi has 2 pieces"),
        ("language_masks.json", b'{"ta": [true]}', r"no pieces of Hindi \(hi\), only of ta"),
        ("encoder.onnx", b"", r"encoder.onnx can't be used"),
        ("encoder.onnx", b"PK\x03\x04 no model", r"encoder.onnx can't be used"),
        ("encoder.onnx", None, r"encoder.onnx can't be used"),
        ("ctc_decoder.onnx", "joint_enc.onnx", r"ctc_decoder.onnx (answers|can't be used)"),
        ("encoder.onnx", "joint_enc.onnx", r"has 1 inputs and 1 outputs, not 2 and 2"),
    ],
)
def test_a_file_that_is_not_the_models_is_told(
    tones: Path,
    options: RecognitionOptions,
    tmp_path: Path,
    name: str,
    content: bytes | str | None,
    message: str,
) -> None:
    folder = tmp_path / "model"
    copytree(tones, folder)
    if content is None:
        (folder / "assets" / name).unlink()
    elif isinstance(content, str):
        (folder / "assets" / name).write_bytes((folder / "assets" / content).read_bytes())
    else:
        (folder / "assets" / name).write_bytes(content)
    sound = beeps(tmp_path / "a.wav", 2, (0.4, 0.8, 1), (1, 1.4, 2), (1.6, 1.9, 3))
    with pytest.raises(Problem, match=message):
        recognised(folder, sound, replace(options, decoder="ctc"), "hi", 0, 2000)


def test_memory_that_runs_out_is_a_step_to_shorter_windows(
    tones: Path, options: RecognitionOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = beeps(tmp_path / "a.wav", 12, *((n, n + 0.5, n % 4) for n in range(12)))
    steps: list[tuple[Any, ...]] = []
    model = indic_conformer.IndicConformer(
        tones, "cpu", 1, replace(options, decoder="ctc"), lambda *step: steps.append(step)
    )
    chunk = Chunk.of([Region("r", 0, 12_000, 1.0)])
    (whole,) = model.recognise(sound, [chunk], "hi", "transcribe", QUIET)
    encode = indic_conformer.IndicConformer._encoded

    def cramped(self: Any, features: Any) -> Any:
        if features.shape[1] > 800:
            raise MemoryError("no room")
        return encode(self, features)

    monkeypatch.setattr(indic_conformer.IndicConformer, "_encoded", cramped)
    (parts,) = model.recognise(sound, [chunk], "hi", "transcribe", QUIET)
    assert parts.text == whole.text
    assert steps == [("window_ms", 15_000, 7500, "no room")]
    with pytest.raises(Problem, match=r"memory runs out even with device cpu, window_ms 3750"):
        indic_conformer.IndicConformer(tones, "cpu", 1, options, lambda *_: None, attempt=4)
    with pytest.raises(
        Problem, match=r"compute_type is int8, and indicconformer computes in float32"
    ):
        indic_conformer.IndicConformer(
            tones, "cpu", 1, replace(options, compute_type="int8"), never
        )
    with pytest.raises(Problem, match="does not translate"):
        model.recognise(sound, [chunk], "hi", "translate", QUIET)


def test_the_spectrum_is_nemos() -> None:
    """By its definition in numbers, with another library's bands."""
    from faster_whisper.feature_extractor import FeatureExtractor

    sound, rate = soundfile.read(DATA / "hindi_short.flac", dtype="float32")
    sound = sound[: 3 * rate] if rate == 16_000 else np.random.default_rng(1).normal(0, 0.1, 48_000)
    emphasised = np.concatenate([sound[:1], sound[1:] - 0.97 * sound[:-1]])
    padded = np.pad(emphasised, 256, mode="reflect")
    window = np.pad(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399), 56)
    frames = [padded[at : at + 512] * window for at in range(0, len(padded) - 511, 160)]
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    bands = FeatureExtractor.get_mel_filters(16_000, 512, 80)
    logs = np.log(bands @ power.T + 2.0**-24)
    wanted = (logs - logs.mean(1, keepdims=True)) / (logs.std(1, ddof=1, keepdims=True) + 1e-5)
    answer = mel.features(sound.astype(np.float32))
    assert answer.shape == (80, len(sound) // 160 + 1)
    assert np.abs(answer - wanted).max() < 2e-3


def word(text: str, start_ms: int, end_ms: int) -> Word:
    return Word("", text, start_ms, end_ms, 1.0)


def test_ctc_writes_a_run_once_and_again_after_a_blank() -> None:
    # Pieces 0 and 1, blank 2.
    best = [2, 0, 0, 2, 0, 1, 1, 2]
    logits = np.full((8, 3), -5.0)
    logits[range(8), best] = 5
    decoded = greedy.ctc(logits, 2)
    assert [(p.number, p.first, p.end) for p in decoded.pieces] == [(0, 1, 3), (0, 4, 5), (1, 5, 7)]
    spelled = ["▁a", "b"]
    words = greedy.words(decoded.pieces, spelled, lambda frame: 80 * frame)
    assert [(w.text, w.start_ms, w.end_ms) for w in words] == [("a", 80, 240), ("ab", 320, 560)]
    assert greedy.words([greedy.Piece(1, 0, 1, 0.5)], spelled, lambda f: f)[0].text == "b"
    assert greedy.words([greedy.Piece(0, 0, 1, 0.5)], ["▁", "b"], lambda f: f) == []
    assert greedy.ctc(logits[:0], 2) == greedy.Decoded((), 1.0)


def test_a_transducer_that_never_ends_is_ended() -> None:
    decoded = greedy.transducer(3, lambda _: np.array([9.0, 0.0]), lambda _: None, 1)
    assert len(decoded.pieces) == 3 * 10


@pytest.mark.parametrize(
    ("regions", "wanted"),
    [
        # Regions that fit together are one window.
        ([(0, 4000), (5000, 9000)], [(0, 9000, 0, 9000)]),
        # The longest pause of the last third is the cut.
        (
            [(0, 6000), (6500, 9000), (11_000, 16_000)],
            [(0, 9000, 0, 9000), (11_000, 16_000, 11_000, 16_000)],
        ),
        # One without a pause is cut where it is quietest, here the first moment, and overlaps.
        (
            [(1000, 31_000)],
            [
                (1000, 10_333, 1000, 11_333), (10_333, 18_999, 9333, 19_999),
                (18_999, 31_000, 17_999, 31_000),
            ],
        ),
    ],
)  # fmt: skip
def test_windows(regions: list[tuple[int, int]], wanted: list[tuple[int, ...]]) -> None:
    chunk = Chunk.of([Region(str(n), a, b, 1.0) for n, (a, b) in enumerate(regions)])
    cut = chunking.windows(chunk, 15_000, 1000, lambda start, _: start)
    assert [(w.start_ms, w.end_ms, w.listen_from_ms, w.listen_to_ms) for w in cut] == wanted
    assert all(w.listen_to_ms - w.listen_from_ms <= 15_000 for w in cut)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        # A word at the cut, heard whole by both.
        ([("a", 0, 300), ("b", 900, 1150)], [("b", 880, 1130), ("c", 1300, 1500)], "a b c"),
        # Heard a frame later by the second, short as a transducer's.
        ([("a", 0, 300), ("b", 960, 1000)], [("b", 1040, 1080), ("c", 1300, 1500)], "a b c"),
        # What begins after the cut is the second's.
        ([("a", 0, 300), ("c", 1300, 1500)], [("a", 250, 300), ("c", 1290, 1500)], "a c"),
        # What only the second hears, in the sound of both.
        ([("a", 0, 300)], [("b", 800, 950), ("c", 1300, 1500)], "a b c"),
        # Said twice.
        ([("a", 100, 300), ("no", 500, 900)], [("no", 500, 900), ("no", 1100, 1500)], "a no no"),
        ([], [("c", 1300, 1500)], "c"),
        ([("a", 0, 300)], [], "a"),
    ],
)
def test_a_word_at_a_cut_is_written_once(first: Any, second: Any, wanted: str) -> None:
    parts = [
        (Window(0, 1000, 0, 2000), [word(*w) for w in first]),
        (Window(1000, 3000, 0, 3000), [word(*w) for w in second]),
    ]
    assert " ".join(w.text for w in chunking.whole_words(parts)) == wanted


def test_words_stay_only_where_they_still_spell_the_text() -> None:
    words = (word("दिन", 0, 1), word("है", 1, 2))
    segment = Segment("g", 0, 2, "दिन है", words, 1.0, aligner=chunking.RECOGNISER)
    assert chunking.own_words(segment) == segment
    changed = chunking.own_words(replace(segment, text="दीन है"))
    assert (changed.words, changed.aligner) == ((), None)


def test_an_onnx_runtime_without_cuda_is_known_without_loading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import onnxruntime

    has_cuda = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    assert (indic_conformer.off_device("cuda") is None) == has_cuda
    assert indic_conformer.off_device("cpu") is None
    # As onnxruntime-gpu is laid out, in the same package.
    (tmp_path / "onnxruntime/capi").mkdir(parents=True)
    (tmp_path / "onnxruntime/__init__.py").touch()
    monkeypatch.delitem(sys.modules, "onnxruntime")
    monkeypatch.syspath_prepend(tmp_path)
    assert indic_conformer.off_device("cuda")
    (tmp_path / "onnxruntime/capi/libonnxruntime_providers_cuda.so").touch()
    assert indic_conformer.off_device("cuda") is None


def test_who_knows_a_language_is_told() -> None:
    assert registry.unknown("indicconformer", "sat") is None
    assert "set asr.engine to indicconformer" in str(registry.unknown("whisper", "mai"))
    english = str(registry.unknown("indicconformer", "en"))
    assert "does not know English" in english and english.endswith("set asr.engine to whisper")
    auto = str(registry.unknown("indicconformer", "auto"))
    assert "does not tell which language is spoken" in auto and "asr.engine to whisper" in auto
    files = ["model.bin", "config.json", "vocabulary.txt"]
    assert registry.misfit("whisper", "whisper-base", files) is None
    assert registry.misfit("indicconformer", "whisper-base", files) == (
        "whisper-base is no model of indicconformer: it has no assets/ctc_decoder.onnx; set "
        "asr.engine to whisper"
    )
    assert len(indic_conformer.LANGUAGES) == 22
    assert json.dumps(sorted(indic_conformer.LANGUAGES))  # as the published masks name them
