"""Whisper: the words in given stretches of sound, and their language."""

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem
from subtitling.media.audio_file import SPEECH_RATE, WINDOW_MS, Sound
from subtitling.recognition import encoder, script_guard
from subtitling.recognition.chunking import Chunk, Recognition, spread_out
from subtitling.recognition.language_diarization import Heard
from subtitling.recognition.recogniser import RecogniserSpec, RecognitionOptions
from subtitling.runtime import allocator, devices, memory_ladder, offline
from subtitling.runtime.progress import Progress
from subtitling.text.languages import primary

if TYPE_CHECKING:
    import numpy as np


WINDOW_S = WINDOW_MS // 1000
FRAME_MS = 20  # of the encoder's output
_LISTEN_TO = 4  # chunks that decide on the language
# Of the encoder's output, for the language of a region: eight seconds hardly ever err, but at a
# change of language; four tell which side a region is on.
_LISTEN_FRAMES = (400, 200)
_LEAST = 0.001  # of a probability that is kept
_AUTO = {"cpu": "int8", "cuda": "float16"}  # a model's precision where none is configured
_CAREFUL_NGRAM = 3  # tokens in a row that a careful pass writes only once


# Whisper models that were not trained to translate, by a part of their names:
# https://huggingface.co/openai/whisper-large-v3-turbo, https://huggingface.co/distil-whisper
_TRANSCRIBE_ONLY = ("turbo", "distil")
_ENGLISH_ALONE = re.compile(r"(tiny|base|small|medium)[.-]en$|distil-(whisper-)?large-v[\d.-]+$")


# Whisper's own list, from faster_whisper.tokenizer, and codes that it has other names for.
LANGUAGES = frozenset(
    ["af", "am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "br", "bs", "ca", "cs", "cy",
     "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fo", "fr", "gl", "gu", "ha", "haw",
     "he", "hi", "hr", "ht", "hu", "hy", "id", "is", "it", "ja", "jw", "ka", "kk", "km", "kn",
     "ko", "la", "lb", "ln", "lo", "lt", "lv", "mg", "mi", "mk", "ml", "mn", "mr", "ms", "mt",
     "my", "ne", "nl", "nn", "no", "oc", "pa", "pl", "ps", "pt", "ro", "ru", "sa", "sd", "si",
     "sk", "sl", "sn", "so", "sq", "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "tk", "tl",
     "tr", "tt", "uk", "ur", "uz", "vi", "yi", "yo", "yue", "zh"]
)  # fmt: skip
_ALSO = {"fil": "tl", "jv": "jw", "nb": "no"}


def code_of(language: str) -> str:
    """Whisper's code for a language by its tag: speech has neither script nor region."""
    return _ALSO.get(primary(language), primary(language))


@dataclass(frozen=True)
class Setting:
    """How a model runs: `cpu` or `cuda`, CTranslate2's name of a precision, chunks in a batch."""

    device: str
    precision: str
    batch: int


def windows(chunk: Chunk, frames: int) -> list[tuple[int, int, int]]:
    """Where to listen for the language of a chunk's regions, in windows of so many frames of the
    encoder's output: the number of the region, first and last frame. A long region has several; a
    short one is heard with what is said around it."""
    spans = []
    for number, region in enumerate(chunk.regions):
        start = (region.start_ms - chunk.start_ms) / FRAME_MS
        length = (region.end_ms - region.start_ms) / FRAME_MS
        count = max(1, round(length / frames))
        for part in range(count):
            middle = start + length * (2 * part + 1) / (2 * count)
            first = round(min(max(0, middle - frames / 2), WINDOW_MS // FRAME_MS - frames))
            spans.append((number, first, first + frames))
    return spans


def translator(model: str) -> str:
    """The model, if it can translate; raises Problem for one that was trained only to transcribe,
    and would answer in the language it hears."""
    if english_alone(model) or any(kind in model for kind in _TRANSCRIBE_ONLY):
        raise Problem(
            f"{model} was not trained to translate: set whisper.model to one that was, such as "
            "whisper-large-v3, or translation.engines to another engine for this pair"
        )
    return model


def english_alone(model: str) -> bool:
    """Whether a model was trained for English alone, by the names that OpenAI and Distil-Whisper
    give to theirs; others' distilled ones have other languages."""
    return _ENGLISH_ALONE.search(model) is not None


def ladder(setting: Setting) -> list[Setting]:
    """The settings to try in order, as memory runs out: half the batch, then int8, then the CPU."""
    steps = [replace(setting, batch=batch) for batch in memory_ladder.halves(setting.batch)]
    if not setting.precision.startswith("int8"):
        steps.append(Setting(setting.device, "int8", 1))
    if setting.device != "cpu":
        steps.append(Setting("cpu", "int8", 1))
    return steps


class Whisper:
    """A model that is loaded when it is first needed. `folder` must be verified by its checksums;
    `device` is cpu or cuda.

    Where memory runs out, it goes on in the next setting of its `ladder` and calls `degrade`.
    `attempt` counts from 1; each try after the first begins one step further, since a process that
    was killed for its memory can't report that.
    """

    def __init__(
        self,
        folder: Path,
        device: str,
        threads: int,
        options: RecognitionOptions,
        degrade: memory_ladder.Degrade,
        attempt: int = 1,
    ):
        offline.enforce()
        allocator.keep_freed_memory()
        self.options = options
        self._folder, self._threads = folder, threads
        self._model: Any = None
        precision = _AUTO[device] if options.compute_type == "auto" else options.compute_type
        self.ladder = memory_ladder.Ladder(
            ladder(Setting(device, precision, options.batch_size)),
            degrade,
            self._settle,
            "set asr.model to a smaller model",
        )
        for number in range(2, attempt + 1):
            self.ladder.step(f"attempt {number}")

    @property
    def model(self) -> Any:
        """The loaded model."""
        self.load()
        return self._model

    def load(self) -> None:
        """Load the model, if it is not. Before work that may go down the ladder: that is sized for
        the setting in use, which loading may leave."""
        if self._model is None:
            self._model = self._loaded()

    @property
    def setting(self) -> Setting:
        """The setting in use."""
        return self.ladder.setting

    @property
    def precision(self) -> str:
        """CTranslate2's name of the precision in use."""
        return self.setting.precision

    @property
    def knows_english_alone(self) -> bool:
        """Whether the model has no token for any language, whatever its name is."""
        return not self.model.model.is_multilingual

    def _misfit(self, why: str) -> Problem:
        return Problem(
            f"{self._folder.name} knows English alone, and {why}: write en as source_language "
            "where English is spoken, or take a model of more languages in its place"
        )

    def languages(self, audio: Sound, heard: Sequence[Chunk]) -> dict[str, float]:
        """Probabilities, 0 to 1, of the languages spoken, the most probable first.

        Means over long chunks from all over the film: the first half minute may be a song. Raises
        Problem for a model that knows English alone.
        """
        if self.knows_english_alone:
            raise self._misfit("does not tell which language is spoken")
        totals: dict[str, float] = {}
        chosen = spread_out(heard, _LISTEN_TO)
        for chunk in chosen:
            for code, probability in self._probabilities(audio, chunk).items():
                totals[code] = totals.get(code, 0.0) + probability / len(chosen)
        ranked = sorted(totals, key=lambda code: (-totals[code], code))
        return {code: round(totals[code], 4) for code in ranked}

    def identify(self, audio: Sound, heard: Sequence[Chunk]) -> list[tuple[Heard, ...]]:
        """The languages of each chunk's regions, without recognising them."""
        if self.knows_english_alone:
            return _in_english(heard)
        return [
            regions
            for _, some in self.ladder.batches(heard, lambda batch: self._identified(audio, batch))
            for regions in some
        ]

    def _identified(self, audio: Sound, batch: Sequence[Chunk]) -> list[tuple[Heard, ...]]:
        import numpy as np
        from faster_whisper.audio import pad_or_trim

        sounds = self._windows(audio, batch)
        extract = self.model.feature_extractor
        self.model.encode(np.stack([pad_or_trim(extract(sound)[..., :-1]) for sound in sounds]))
        return self._heard(batch)

    def _heard(self, batch: Sequence[Chunk]) -> list[tuple[Heard, ...]]:
        """The languages of the regions of the chunks that were encoded last."""
        detected: dict[tuple[int, int], list[dict[str, float]]] = defaultdict(list)
        for frames in _LISTEN_FRAMES:
            asked = [
                (n, *window) for n, chunk in enumerate(batch) for window in windows(chunk, frames)
            ]
            known = encoder.languages(self.model, [(n, first, last) for n, _, first, last in asked])
            for (n, number, _, _), row in zip(asked, known, strict=True):
                detected[n, number].append(row)
        self.model.encoded = None
        return [
            tuple(
                Heard(region, _means(detected[n, number]))
                for number, region in enumerate(chunk.regions)
            )
            for n, chunk in enumerate(batch)
        ]

    def _probabilities(self, audio: Sound, chunk: Chunk) -> dict[str, float]:
        sound = _slice(audio, chunk)
        detected = self.ladder.through(lambda: self.model.detect_language(sound), beyond=["batch"])
        return dict(detected[2])

    def tokens(self, text: str) -> int:
        """How many of the model's tokens a text takes in its prompt."""
        return len(self.model.hf_tokenizer.encode(f" {text}", add_special_tokens=False).ids)

    def recognise(
        self,
        audio: Sound,
        heard: Sequence[Chunk],
        language: str,
        task: str,
        progress: Progress,
        hotwords: Sequence[str] = (),
        *,
        careful: bool = False,
        guarded: bool = True,
        identify: bool = False,
    ) -> list[Recognition]:
        """See `Recogniser`. Of `hotwords`, as many as fit by `tokens`. Raises Problem for another
        language than English where the model knows that alone."""
        if self.knows_english_alone and (language != "en" or task != "transcribe"):
            raise self._misfit(f"can't {task} {language}")
        guarded = guarded and task == "transcribe"  # a translation is English
        choices = {
            "hotwords": ", ".join(hotwords) or None,
            "no_repeat_ngram_size": _CAREFUL_NGRAM if careful else 0,
            "suppress_tokens": [-1, *(self._forbidden(language) if guarded else [])],
        }
        answers: list[Recognition] = []
        for _, said in self.ladder.batches(
            heard, lambda batch: self._batch(audio, batch, language, task, choices, identify)
        ):
            answers += said
            progress(len(answers), len(heard))
        return answers

    def _batch(
        self,
        audio: Sound,
        batch: Sequence[Chunk],
        language: str,
        task: str,
        choices: dict[str, Any],
        identify: bool,
    ) -> list[Recognition]:
        # The engine of WhisperX, without WhisperX's own pipeline, which takes seconds to import and
        # reports neither silence nor repetition.
        from faster_whisper import BatchedInferencePipeline

        sounds = self._windows(audio, batch)
        transcribed, _ = BatchedInferencePipeline(self.model).transcribe(
            sounds.reshape(-1),
            language=language,
            task=task,
            beam_size=self.options.beam_size,
            batch_size=len(batch),
            clip_timestamps=[
                {"start": n * WINDOW_S, "end": (n + 1) * WINDOW_S} for n in range(len(batch))
            ],
            **choices,
        )
        # The engine may cut a clip's text into several; they share where it began.
        pieces: dict[int, list[Any]] = {}
        for piece in transcribed:
            pieces.setdefault(piece.seek, []).append(piece)
        languages: Sequence[tuple[Heard, ...]] = [()] * len(batch)
        if identify:
            languages = _in_english(batch) if self.knows_english_alone else self._heard(batch)
        if len(pieces) != len(batch):
            raise ValueError(f"{len(pieces)} texts came back for {len(batch)} chunks")
        return [
            Recognition(
                "".join(piece.text for piece in texts).strip(),
                round(math.exp(texts[0].avg_logprob), 4),
                round(texts[0].no_speech_prob, 4),
                round(max(piece.compression_ratio for piece in texts), 2),
                heard=heard,
            )
            for (_, texts), heard in zip(sorted(pieces.items()), languages, strict=True)
        ]

    def _windows(self, audio: Sound, batch: Sequence[Chunk]) -> "np.ndarray[Any, Any]":
        """The sound of each chunk, shape (chunks, samples of Whisper's window)."""
        import numpy as np

        # Pad with silence to Whisper's window, as in its training: the engine would pad with zeros
        # after the spectrum, which are no silence and cost words.
        window = WINDOW_S * SPEECH_RATE
        sounds: np.ndarray[Any, Any] = np.zeros((len(batch), window), np.float32)
        for row, chunk in zip(sounds, batch, strict=True):
            sound = _slice(audio, chunk)[:window]
            row[: len(sound)] = sound
        return sounds

    def _forbidden(self, language: str) -> list[int]:
        written = script_guard.scripts(language, self.options.script, self.options.allow_latin)
        if not written:
            return []
        tokenizer = self.model.hf_tokenizer
        texts = range(tokenizer.token_to_id("<|endoftext|>"))
        spelled = script_guard.token_bytes(map(tokenizer.id_to_token, texts))
        return script_guard.forbidden(spelled, written)

    def _settle(self, setting: Setting) -> None:
        """Reload the model where the setting differs; for a smaller batch it stays."""
        if self._model is not None and replace(self._loaded_as, batch=setting.batch) != setting:
            self._model = None  # or there would be two in memory
            self._model = self._loaded()

    def _loaded(self) -> Any:
        # No batch is in memory yet: a smaller one would not help.
        model = self.ladder.through(self._load, beyond=["batch"])
        self._loaded_as = self.setting
        return model

    def _load(self) -> Any:
        if self.setting.device == "cuda":
            devices.load_cublas()
        devices.check_room(self._folder, self.setting.device, self.setting.precision)
        return encoder.encoding_model()(
            str(self._folder),
            device=self.setting.device,
            compute_type=self.setting.precision,
            cpu_threads=self._threads,
            local_files_only=True,
        )


def _in_english(batch: Sequence[Chunk]) -> list[tuple[Heard, ...]]:
    """The languages of the regions of chunks for a model that knows one."""
    return [tuple(Heard(region, {"en": 1.0}) for region in chunk.regions) for chunk in batch]


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean probabilities, without the languages that are next to impossible."""
    means = {code: round(fmean(row.get(code, 0.0) for row in rows), 4) for code in rows[0]}
    return {code: mean for code, mean in means.items() if mean >= _LEAST}


def _slice(audio: Sound, chunk: Chunk) -> "np.ndarray[Any, Any]":
    return audio[chunk.start_ms * SPEECH_RATE // 1000 : chunk.end_ms * SPEECH_RATE // 1000]


SPEC = RecogniserSpec(
    "whisper",
    Whisper,
    LANGUAGES,
    code_of,
    frozenset(["model.bin", "config.json", "vocabulary.*"]),
    has_attention=True,
)
