"""Recognition with Whisper: what is said in given stretches of sound, and in which language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from subtitling import offline
from subtitling.media import SPEECH_RATE
from subtitling.model import Region

if TYPE_CHECKING:
    import numpy as np

    Sound = np.ndarray[Any, Any]

_LISTEN_TO = 4  # chunks that decide on the language
# CTranslate2 reads these itself; what tells how is in the model folder.
_AUTO = {"cpu": "int8", "cuda": "float16"}


@dataclass(frozen=True)
class Options:
    """See `asr` in the configuration."""

    compute_type: str
    batch_size: int
    beam_size: int
    chunk_ms: int


@dataclass(frozen=True)
class Chunk:
    """Neighbouring speech regions that are recognised in one piece."""

    start_ms: int
    end_ms: int
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class Heard:
    """What was recognised in a chunk; `score` is e to the mean log probability of its tokens."""

    text: str
    score: float


def chunks(regions: Sequence[Region], longest_ms: int) -> list[Chunk]:
    """Join neighbouring regions to chunks of at most `longest_ms`: context helps the recogniser."""
    groups: list[list[Region]] = []
    for region in regions:
        if groups and region.end_ms - groups[-1][0].start_ms <= longest_ms:
            groups[-1].append(region)
        else:
            groups.append([region])
    return [Chunk(group[0].start_ms, group[-1].end_ms, tuple(group)) for group in groups]


def spread_out(items: Sequence[Chunk], count: int) -> list[Chunk]:
    """`count` chunks from all over the film, the longest of each part of it."""
    if len(items) <= count:
        return list(items)
    bounds = [round(part * len(items) / count) for part in range(count + 1)]
    parts = [items[a:b] for a, b in pairwise(bounds)]
    return [max(part, key=lambda chunk: chunk.end_ms - chunk.start_ms) for part in parts]


class Whisper:
    """A loaded model. `folder` must have been verified by its sums; `device` is cpu or cuda.

    `batched` models recognise; the others only align, and spare seconds of imports.
    """

    def __init__(
        self, folder: Path, device: str, threads: int, options: Options, *, batched: bool = True
    ):
        offline.enforce()
        if batched:
            from whisperx.asr import WhisperModel
        else:
            from faster_whisper import WhisperModel

        self.options = options
        self.precision = _AUTO[device] if options.compute_type == "auto" else options.compute_type
        self.model = WhisperModel(
            str(folder),
            device=device,
            compute_type=self.precision,
            cpu_threads=threads,
            local_files_only=True,
        )

    def languages(self, audio: "Sound", heard: Sequence[Chunk]) -> dict[str, float]:
        """Probabilities, 0 to 1, of the languages spoken, the most probable first.

        Means over long chunks from all over the film: the first half minute may be a song.
        """
        totals: dict[str, float] = {}
        chosen = spread_out(heard, _LISTEN_TO)
        for chunk in chosen:
            _, _, probabilities = self.model.detect_language(_slice(audio, chunk))
            for code, probability in probabilities:
                totals[code] = totals.get(code, 0.0) + probability / len(chosen)
        ranked = sorted(totals, key=lambda code: (-totals[code], code))
        return {code: round(totals[code], 4) for code in ranked}

    def tokens(self, text: str) -> int:
        """How many of the model's tokens a text takes in its prompt."""
        return len(self.model.hf_tokenizer.encode(f" {text}", add_special_tokens=False).ids)

    def recognise(
        self,
        audio: "Sound",
        heard: Sequence[Chunk],
        language: str,
        task: str,
        progress: Callable[[float, float], None],
        hotwords: Sequence[str] = (),
    ) -> list[Heard]:
        """What is said in each chunk, one answer a chunk, in order.

        `audio` is mono float32 at 16 kHz. `task` is `transcribe`, or `translate` into English.
        `hotwords` are names to expect, as many as `tokens` finds room for.
        """
        import math

        import whisperx.asr
        from whisperx.vads import Vad

        class Given(Vad):  # type: ignore[misc]
            """Takes the chunks as they are, where WhisperX would look for speech itself."""

            def __init__(self) -> None:
                super().__init__(0.5)

            def __call__(self, *_: Any, **__: Any) -> Sequence[Chunk]:
                return heard

            @staticmethod
            def preprocess_audio(audio: Any) -> Any:
                return audio

            @staticmethod
            def merge_chunks(segments: Sequence[Chunk], *_: Any, **__: Any) -> list[dict[str, Any]]:
                return [{"start": c.start_ms / 1000, "end": c.end_ms / 1000} for c in segments]

        if not heard:
            return []
        pipeline = whisperx.asr.load_model(
            "",
            str(self.model.model.device),
            model=self.model,
            language=language,
            task=task,
            vad_model=Given(),
            asr_options={
                "beam_size": self.options.beam_size,
                "hotwords": ", ".join(hotwords) or None,
            },
        )
        # WhisperX tells of progress only in print; its own iterator lets us count.
        answers = _counted(pipeline, len(heard), progress).transcribe(
            audio, batch_size=self.options.batch_size, language=language, task=task
        )["segments"]
        if len(answers) != len(heard):
            raise RuntimeError(f"WhisperX returned {len(answers)} texts for {len(heard)} chunks")
        return [Heard(a["text"].strip(), round(math.exp(a["avg_logprob"]), 4)) for a in answers]


def _counted(pipeline: Any, total: int, progress: Callable[[float, float], None]) -> Any:
    postprocess, done = pipeline.postprocess, 0

    def counted(outputs: Any) -> Any:
        nonlocal done
        done += 1
        progress(done, total)
        return postprocess(outputs)

    pipeline.postprocess = counted
    return pipeline


def _slice(audio: "Sound", chunk: Chunk) -> "Sound":
    return audio[chunk.start_ms * SPEECH_RATE // 1000 : chunk.end_ms * SPEECH_RATE // 1000]
