"""Aligners with models of their own, on random weights of the real architectures: they load as real
ones do and every word gets a place, which need not be right."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from house import DATA

from lineage.problem import Problem
from subtitling.alignment import word_times
from subtitling.alignment.aligners import aligner_table
from subtitling.alignment.aligners.network import Network
from subtitling.documents import Region, Segment
from subtitling.media import audio_file


@pytest.fixture(scope="module")
def wav2vec2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small wav2vec2 model for Hindi, saved as its makers save theirs."""
    import torch
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder = tmp_path_factory.mktemp("wav2vec2-hindi")
    letters = ["[PAD]", "[UNK]", "|", *"कखगघचजटडतदनपबमयरलवसह", *"ािीुूेैोौं्"]
    (folder / "vocab.json").write_text(json.dumps({c: n for n, c in enumerate(letters)}))
    tokenizer = Wav2Vec2CTCTokenizer(
        str(folder / "vocab.json"), unk_token="[UNK]", pad_token="[PAD]", word_delimiter_token="|"
    )
    extractor = Wav2Vec2FeatureExtractor(feature_size=1, sampling_rate=16_000)
    Wav2Vec2Processor(extractor, tokenizer).save_pretrained(folder)
    torch.manual_seed(1)
    Wav2Vec2ForCTC(
        Wav2Vec2Config(
            vocab_size=len(letters), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4,
            conv_dim=(32,) * 7, pad_token_id=0,
        )
    ).save_pretrained(folder)  # fmt: skip
    return folder


def never(*step: object) -> None:
    pytest.fail(f"memory ran out: {step}")


def placed(aligner: Any, language: str, text: str) -> Segment:
    sound = audio_file.read_speech_audio(DATA / "hindi_short.flac")
    region = Region("r1", 200, sound.duration_ms, 1.0)
    asked = Segment("g1", 200, sound.duration_ms, text, (), None, ("r1",))
    (segment,) = word_times.align(aligner, sound, [asked], [region], language, 2, lambda *_: None)
    return segment


def test_a_wav2vec2_model_from_a_folder_places_every_word(wav2vec2: Path) -> None:
    choice = aligner_table.choose("hi", "auto", {"hi": "wav2vec2-hindi"})[0]
    aligner = aligner_table.load(choice, wav2vec2, "hi", "cpu", never)
    assert len(aligner.tokens("दिल्ली")) == 6 and aligner.tokens("OK") == []
    segment = placed(aligner, "hi", "वह OK दिल्ली में रहता")
    assert segment.aligner == "wav2vec2"
    assert [w.text for w in segment.words] == ["वह", "OK", "दिल्ली", "में", "रहता"]
    assert [w.score is None for w in segment.words] == [False, True, False, False, False]
    times = [t for w in segment.words for t in (w.start_ms, w.end_ms)]
    assert times == sorted(times) and times[0] >= 0 and times[-1] <= segment.end_ms


def test_where_a_devices_memory_runs_out_the_network_goes_on_on_the_cpu() -> None:
    import torch

    class Large(torch.nn.Module):
        """Fits into the CPU's memory only; `meta` is a device that every machine has."""

        def forward(self, batch: torch.Tensor) -> torch.Tensor:
            if batch.is_meta:
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return torch.stack((batch, 1 - batch), -1)

    steps: list[tuple[object, ...]] = []
    network = Network(Large(), lambda output: output, "meta", lambda *step: steps.append(step))
    sound = np.array([0.0, 1.0], np.float32)
    for _ in range(2):
        likelier = network(sound).argmax(1)
        assert likelier.tolist() == [1, 0]
    assert [step[:3] for step in steps] == [("device", "meta", "cpu")]
    broken = Network(torch.nn.Linear(9, 9), lambda output: output, "cpu", never)
    with pytest.raises(RuntimeError, match="shapes"):
        broken(sound)


def test_sound_too_short_for_its_words_is_left_to_the_next_aligner(wav2vec2: Path) -> None:
    aligner = aligner_table.load(
        aligner_table.Choice("wav2vec2", "x"), wav2vec2, "hi", "cpu", never
    )
    segment = placed(aligner, "hi", " ".join(["दिल्ली"] * 60))
    assert segment.words == () and segment.aligner is None


@pytest.mark.heavy
def test_mms_of_its_real_size_places_words_of_any_script(tmp_path: Path) -> None:
    import torch
    import torchaudio

    torch.manual_seed(1)
    network = torchaudio.models.wav2vec2_model(**torchaudio.pipelines.MMS_FA._params)
    torch.save(network.state_dict(), tmp_path / "model.pt")
    del network
    aligner = aligner_table.load(
        aligner_table.Choice("mms", "mms-fa"), tmp_path, "ta", "cpu", never
    )
    assert aligner.tokens("தமிழ்") == aligner.tokens("tamil") != []
    segment = placed(aligner, "ta", "தமிழ் 25 ।")
    assert [w.text for w in segment.words] == ["தமிழ்", "25", "।"] and segment.aligner == "mms"
    assert np.all(np.diff([w.start_ms for w in segment.words]) >= 0)


def test_words_that_nothing_can_time_are_spread_by_their_letters() -> None:
    assert aligner_table.choose("xx", "auto", {}, attention=False)[-1].aligner == "estimate"
    assert aligner_table.choose("xx", "auto", {})[-1].aligner == "attention"
    with pytest.raises(Problem, match="which can't serve xx"):
        aligner_table.choose("xx", "attention", {}, attention=False)
    audio = audio_file.read_speech_audio(DATA / "hindi_short.flac")
    regions = [Region("r1", 0, 800, 0.9), Region("r2", 1200, 3000, 0.9)]
    segment = Segment("g1", 1200, 3000, "ab abcd", (), 0.9, ("r2",))
    [made] = word_times.estimated(audio, [segment], regions, "en")
    assert [(w.text, w.start_ms, w.end_ms, w.score) for w in made.words] == [
        ("ab", 1100, 1766, None), ("abcd", 1766, 3100, None)
    ]  # fmt: skip
    assert made.aligner == "estimate"
