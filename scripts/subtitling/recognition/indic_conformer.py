"""IndicConformer: the words of 22 languages of India, by AI4Bharat's Conformer on ONNX Runtime.

The files are those of the published export, https://huggingface.co/ai4bharat/
indic-conformer-600m-multilingual: an encoder, a CTC head for all languages, of which
`language_masks.json` chooses one's pieces, and a transducer with a last layer for each language.
The model's own code is not run, and neither is its TorchScript preprocessor: `mel` is that.
"""

import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem
from subtitling.documents import Word
from subtitling.media import loudness
from subtitling.media.audio_file import SPEECH_RATE, Sound
from subtitling.recognition import chunking, greedy, mel
from subtitling.recognition.chunking import Chunk, Recognition, Window
from subtitling.recognition.language_diarization import Heard
from subtitling.recognition.recogniser import RecogniserSpec, RecognitionOptions
from subtitling.runtime import devices, memory_ladder, offline
from subtitling.runtime.progress import Progress
from subtitling.text.languages import english_name, primary

if TYPE_CHECKING:
    import numpy as np

    Values = np.ndarray[Any, Any]

LANGUAGES = frozenset(
    ["as", "bn", "brx", "doi", "gu", "hi", "kn", "kok", "ks", "mai", "ml", "mni", "mr", "ne", "or",
     "pa", "sa", "sat", "sd", "ta", "te", "ur"]
)  # fmt: skip
WINDOW_MS = 15_000  # users of the model report words left out where more than 18 s come at once
_OVERLAP_MS = 1000  # more than a word
_SHORTER_MS = (7500, 3750)  # where memory runs out
_FOLDER = "assets"
# The networks, each with how many inputs and outputs it has.
_CTC = {"encoder": (2, 2), "ctc_decoder": (1, 1)}
_TRANSDUCER = {
    "rnnt_decoder": (4, 4), "joint_enc": (1, 1), "joint_pred": (1, 1), "joint_pre_net": (1, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """How the model runs: `cpu` or `cuda`, and how much sound it hears at once."""

    device: str
    window_ms: int


def ladder(device: str) -> list[Setting]:
    """The settings to try in order, as memory runs out: shorter windows, on a GPU then the CPU."""
    steps = [Setting(device, window_ms) for window_ms in (WINDOW_MS, *_SHORTER_MS)]
    return steps if device == "cpu" else [*steps, *ladder("cpu")]


class Network:
    """One ONNX graph: called with its inputs in order, gives its outputs in order."""

    def __init__(self, file: Path, shape: tuple[int, int], device: str, threads: int):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        provider = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}[device]
        self._file = file
        self._session = _checked(
            file, lambda: onnxruntime.InferenceSession(str(file), options, providers=[provider])
        )
        self.inputs = self._session.get_inputs()
        sides = len(self.inputs), len(self._session.get_outputs())
        if sides != shape:
            raise Problem(
                f"{file} has {sides[0]} inputs and {sides[1]} outputs, not {shape[0]} and "
                f"{shape[1]}: it is not the published export of IndicConformer"
            )

    def __call__(self, *values: "Values") -> "list[Values]":
        import numpy as np

        kinds = {"tensor(int32)": np.int32, "tensor(int64)": np.int64}
        given = {
            each.name: np.ascontiguousarray(value, kinds.get(each.type, np.float32))
            for each, value in zip(self.inputs, values, strict=True)
        }
        answers: list[Values] = _checked(self._file, lambda: self._session.run(None, given))
        if any(np.isnan(answer).any() for answer in answers):
            raise Problem(f"{self._file} answers with values that are no numbers")
        return answers


class IndicConformer:
    """A model whose networks are loaded when they are needed. `folder` must be verified by its
    checksums; `device` is cpu or cuda.

    Where memory runs out, it goes on in the next setting of its `ladder` and calls `degrade`.
    """

    precision = "float32"

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
        if options.compute_type not in ("auto", self.precision):
            raise Problem(
                f"asr.compute_type is {options.compute_type}, and {SPEC.name} computes in "
                f"{self.precision}: take auto"
            )
        self.options = options
        self._folder, self._threads = folder / _FOLDER, threads
        self._pieces = _table(self._folder / "vocab.json", str)
        self._masks = _table(self._folder / "language_masks.json", bool)
        self._networks: dict[str, Network] = {}
        self.ladder = memory_ladder.Ladder(
            ladder(_possible(device, degrade)), degrade, self._settle, "take another asr.engine"
        )
        self._device = self.ladder.setting.device
        for number in range(2, attempt + 1):
            self.ladder.step(f"attempt {number}")

    def languages(
        self,
        audio: Sound,  # noqa: ARG002
        heard: Sequence[Chunk],  # noqa: ARG002
    ) -> dict[str, float]:
        """It can't tell them: `RecogniserSpec.tells_languages`."""
        raise Problem(f"{SPEC.name} does not tell which language is spoken: name it")

    def identify(
        self,
        audio: Sound,  # noqa: ARG002
        heard: Sequence[Chunk],  # noqa: ARG002
    ) -> list[tuple[Heard, ...]]:
        """It can't tell them: `RecogniserSpec.tells_languages`."""
        raise Problem(f"{SPEC.name} does not tell which language is spoken: name it")

    def tokens(self, text: str) -> int:  # noqa: ARG002 - the interface of recognisers
        """It takes no hotwords: more than any configuration allows."""
        return sys.maxsize

    def recognise(
        self,
        audio: Sound,
        heard: Sequence[Chunk],
        language: str,
        task: str,
        progress: Progress,
        hotwords: Sequence[str] = (),  # noqa: ARG002
        *,
        careful: bool = False,  # noqa: ARG002
        guarded: bool = True,  # noqa: ARG002
        identify: bool = False,  # noqa: ARG002
    ) -> list[Recognition]:
        """See `Recogniser`. All passes are alike: it takes no hotwords, has no loops, and writes
        each language's own script alone."""
        if task != "transcribe":
            raise Problem(f"{SPEC.name} does not translate")
        self._check(language)
        self.ladder.through(lambda: [self._network(name) for name in _CTC])
        answers = []
        for chunk in heard:
            answers.append(self.ladder.through(partial(self._recognised, audio, chunk, language)))
            progress(len(answers), len(heard))
        return answers

    def _check(self, language: str) -> None:
        if not self._pieces.keys() & self._masks.keys() >= {language}:
            raise Problem(
                f"{self._folder} has no pieces of {english_name(language)} ({language}), only of "
                f"{', '.join(sorted(self._pieces.keys() & self._masks.keys()))}"
            )

    def _recognised(self, audio: Sound, chunk: Chunk, language: str) -> Recognition:
        cut = chunking.windows(
            chunk, self.ladder.setting.window_ms, _OVERLAP_MS, partial(loudness.quietest, audio)
        )
        parts = [(window, *self._window(audio, window, language)) for window in cut]
        words = chunking.whole_words([(window, own) for window, _, own in parts])
        text = " ".join(word.text for word in words)
        worded = [decoded for _, decoded, own in parts if own] or [d for _, d, _ in parts]
        packed = len(zlib.compress(text.encode())) if text else 1
        return Recognition(
            text,
            round(min(decoded.score for decoded in worded), 4),
            0.0 if text else round(min(decoded.blank for decoded in worded), 4),
            round(len(text.encode()) / packed, 2),
            words=words,
        )

    def _window(
        self, audio: Sound, window: Window, language: str
    ) -> tuple[greedy.Decoded, list[Word]]:
        start = window.listen_from_ms * SPEECH_RATE // 1000
        end = window.listen_to_ms * SPEECH_RATE // 1000
        sound = audio[start:end]
        if not sound.size or not sound.any():  # normalised, digital silence would be noise
            return greedy.Decoded((), 1.0), []
        encoded, frames = self._encoded(mel.features(sound))
        decode = self._transducer if self.options.decoder == "rnnt" else self._ctc
        decoded = decode(encoded[:, :, :frames], language)
        long_ms = max(window.listen_to_ms - window.listen_from_ms, 1000 * mel.LEAST // SPEECH_RATE)
        pieces = self._pieces[language]
        if wild := [p.number for p in decoded.pieces if p.number >= len(pieces)]:
            raise Problem(f"{self._folder}: no piece {wild[0]} of {language} in vocab.json")

        def at_ms(frame: int) -> int:
            return min(window.listen_from_ms + frame * long_ms // frames, window.listen_to_ms)

        return decoded, greedy.words(decoded.pieces, pieces, at_ms)

    def _encoded(self, features: "Values") -> "tuple[Values, int]":
        """The encoder's output, shape (1, width, frames), and how many of the frames count."""
        import numpy as np

        encoded, lengths = self._network("encoder")(features[None], np.array([features.shape[1]]))
        frames = int(lengths.reshape(-1)[0]) if lengths.size else 0
        if encoded.ndim != 3 or len(encoded) != 1 or not 0 < frames <= encoded.shape[2]:
            raise Problem(
                f"{self._folder / 'encoder.onnx'} answers in the shape {encoded.shape} for "
                f"{features.shape[1]} frames: it is not IndicConformer's encoder"
            )
        return encoded, frames

    def _ctc(self, encoded: "Values", language: str) -> greedy.Decoded:
        import numpy as np

        (logits,) = self._network("ctc_decoder")(encoded)
        mask = np.array(self._masks[language], bool)
        if logits.ndim != 3 or logits.shape[2] != len(mask) or not mask[-1]:
            raise Problem(
                f"{self._folder}: ctc_decoder.onnx answers in the shape {logits.shape}, and the "
                f"mask of {language} has {len(mask)} pieces, with the blank last"
            )
        return greedy.ctc(logits[0][:, mask], int(mask.sum()) - 1)

    def _transducer(self, encoded: "Values", language: str) -> greedy.Decoded:
        import numpy as np

        decoder, pred, pre = map(self._network, ("rnnt_decoder", "joint_pred", "joint_pre_net"))
        post = self._network(f"joint_post_net_{language}")
        (heard,) = self._network("joint_enc")(encoded.transpose(0, 2, 1))
        blank = sum(self._masks[language]) - 1
        state: list[Values] = [
            np.zeros([size if isinstance(size, int) else 1 for size in each.shape], np.float32)
            for each in decoder.inputs[2:]
        ]
        written: Values = np.zeros(0, np.float32)

        def advance(number: int) -> None:
            nonlocal state, written
            answer, _, *state = decoder(np.array([[number]]), np.array([1]), *state)
            (written,) = pred(answer.transpose(0, 2, 1))

        def joint(frame: int) -> "Values":
            logits: Values = post(pre(heard[:, frame : frame + 1] + written)[0])[0].reshape(-1)
            if len(logits) != blank + 1:
                raise Problem(
                    f"{self._folder}: joint_post_net_{language}.onnx gives {len(logits)} values, "
                    f"not {blank + 1} as language_masks.json"
                )
            return logits

        advance(blank)  # which also begins a text
        return greedy.transducer(heard.shape[1], joint, advance, blank)

    def _network(self, name: str) -> Network:
        if name not in self._networks:
            shape = (_CTC | _TRANSDUCER).get(name, (1, 1))
            self._networks[name] = Network(
                self._folder / f"{name}.onnx", shape, self._device, self._threads
            )
        return self._networks[name]

    def _settle(self, setting: Setting) -> None:
        """Load the networks again where the device differs."""
        if setting.device != self._device:
            self._networks.clear()
            self._device = setting.device


def off_device(device: str) -> str | None:
    """Why the models can't run on a device: an ONNX Runtime that was built without CUDA lacks the
    library of that provider. Asking ONNX Runtime itself would load it at each start of a run."""
    installed = find_spec("onnxruntime")
    if device == "cpu" or installed is None or installed.origin is None:
        return None  # a stage names a package that is missing
    cuda = Path(installed.origin).with_name("capi").glob("*onnxruntime_providers_cuda*")
    return None if any(cuda) else "this ONNX Runtime knows no CUDA: install onnxruntime-gpu"


def _possible(device: str, degrade: memory_ladder.Degrade) -> str:
    """The device, or the CPU where it can't be used."""
    if why := off_device(device):
        degrade("device", device, "cpu", why)
        return "cpu"
    return device


def _table(file: Path, kind: type) -> dict[str, list[Any]]:
    """A JSON file of a list for each language; Problem where it holds anything else."""
    try:
        table = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise Problem(f"{file} is missing: it is not the published export") from None
    except (ValueError, RecursionError) as error:
        raise Problem(f"{file} is no JSON: {error}") from error
    if not isinstance(table, dict) or not all(
        isinstance(row, list) and row and all(type(each) is kind for each in row)
        for row in table.values()
    ):
        raise Problem(f"{file} holds no list of {kind.__name__} for each language")
    return table


def _checked(file: Path, work: Any) -> Any:
    """Do what ONNX Runtime does with a file; Problem where it is none of its, MemoryError where it
    lacks memory."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    try:
        return work()
    except (
        state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf,
        state.NoModel, state.NoSuchFile, state.NotImplemented, state.RuntimeException,
    ) as error:  # fmt: skip
        if devices.out_of_memory(error):
            raise MemoryError(str(error)) from error
        raise Problem(f"{file} can't be used: {error}") from error


SPEC = RecogniserSpec(
    "indicconformer",
    IndicConformer,
    LANGUAGES,
    primary,
    frozenset(
        f"{_FOLDER}/{name}"
        for name in ("encoder.onnx", "ctc_decoder.onnx", "vocab.json", "language_masks.json")
    ),
    tells_languages=False,
    precision=IndicConformer.precision,
    adding="sutradhar models add hub:ai4bharat/indic-conformer-600m-multilingual",
    off_device=off_device,
)
