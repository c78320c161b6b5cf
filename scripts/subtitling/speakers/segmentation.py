"""The networks that hear who speaks: pyannote's segmentation with CAM++."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem
from subtitling.documents import Speakers
from subtitling.media.media import SPEECH_RATE, Sound
from subtitling.runtime import memory_ladder, offline
from subtitling.speakers import clustering

if TYPE_CHECKING:
    import numpy as np

Progress = Callable[[float, float], None]
ADVICE = "set speakers.model to none"

# pyannote's segmentation 3.0: windows of 10 s in which up to three speak, two of them at once, and
# how many samples lie between its frames and before the middle of the first.
_WINDOW = 10 * SPEECH_RATE
_FRAME, _FIRST = 270, 495
_VOICES, _AT_ONCE = 3, 2


@dataclass(frozen=True)
class Setting:
    """What is tried: where, and how many windows at once."""

    device: str
    batch: int


def ladder(setting: Setting) -> list[Setting]:
    """What to try in order, as memory runs out: half the batch, then the CPU."""
    steps = [replace(setting, batch=batch) for batch in memory_ladder.halves(setting.batch)]
    return steps if setting.device == "cpu" else [*steps, Setting("cpu", 1)]


def speakers(
    folders: Sequence[Path],
    audio: Sound,
    options: clustering.Options,
    device: str,
    degrade: memory_ladder.Degrade,
    progress: Progress,
) -> Speakers:
    """Who speaks when in a film. `folders` hold what knows voices, and what tells them apart within
    a window; their files must have been verified by their sums."""
    embedding, segmentation = folders
    listener = Listener(
        segmentation / "pytorch_model.bin",
        embedding / "campplus_cn_en_common.pt",
        Setting(device, options.batch_size),
        degrade,
    )
    found = listener.frames(audio, options.step_ms, progress)
    cut = clustering.pieces(found, options)
    embeddings = listener.embeddings(audio, cut, found, progress)
    return clustering.speakers(found, cut, embeddings, audio.duration_ms, options)


class Listener:
    """Hears voices. Both networks' files must have been verified by their sums; memory that runs
    out is made up for by the next setting of a `ladder`, which `degrade` is told."""

    def __init__(
        self,
        segmentation: Path,
        embedding: Path,
        setting: Setting,
        degrade: memory_ladder.Degrade,
    ) -> None:
        offline.enforce()
        from pyannote.audio.utils.powerset import Powerset

        from subtitling.runtime import checkpoints
        from subtitling.speakers import campplus

        self._segmentation = checkpoints.load(segmentation, "PyanNet")
        told = self._segmentation.specifications
        if not told.powerset or len(told.classes) != _VOICES:
            raise Problem(
                f"{segmentation} does not tell {_VOICES} voices apart and who speaks at once: set "
                "speakers.segmentation to pyannote-segmentation-3"
            )
        self._embedding = campplus.CamPlus(embedding)
        self._speaking = Powerset(_VOICES, _AT_ONCE).eval()
        self._ladder = memory_ladder.Ladder(ladder(setting), degrade, self._move, ADVICE)
        self._move(setting)

    def frames(self, audio: Sound, step_ms: int, progress: Progress) -> clustering.Frames:
        """What windows of ten seconds, one each `step_ms`, say of a film's frames."""
        import numpy as np

        hop = max(1, round(step_ms * SPEECH_RATE / 1000 / _FRAME)) * _FRAME
        starts = range(0, max(1, len(audio) - _WINDOW + hop), hop)
        votes = clustering.Votes(max(1, (len(audio) - _FIRST) // _FRAME + 1))
        heard = 0
        for some, active in self._ladder.batches(
            starts,
            lambda some: self._active(np.stack([_padded(audio[at : at + _WINDOW]) for at in some])),
        ):
            for start, window in zip(some, active, strict=True):
                votes.add(start // _FRAME, window)
            heard += len(some)
            progress(heard, len(starts))
        step = _FRAME * 1000 / SPEECH_RATE
        return votes.frames(_FIRST * 1000 / SPEECH_RATE - step / 2, step)

    def embeddings(
        self,
        audio: Sound,
        pieces: Sequence[tuple[int, int]],
        found: clustering.Frames,
        progress: Progress,
    ) -> "np.ndarray[Any, Any]":
        """What the voice of each piece sounds like, shape (pieces, 192), of length 1; 0 for pieces
        that are too short for it."""
        import numpy as np

        from subtitling.speakers import campplus

        def sound(piece: tuple[int, int]) -> "np.ndarray[Any, Any]":
            start, end = (found.ms(at) * SPEECH_RATE // 1000 for at in piece)
            return audio[start:end]

        made: np.ndarray[Any, Any] = np.zeros((len(pieces), campplus.SIZE), np.float32)
        at = 0
        for some, embedded in self._ladder.batches(
            pieces, lambda some: self._embedded([sound(piece) for piece in some])
        ):
            made[at : at + len(some)] = embedded
            at += len(some)
            progress(at, len(pieces))
        return made

    def _move(self, setting: Setting) -> None:
        for network in (self._segmentation, self._embedding, self._speaking):
            network.to(setting.device)

    def _active(self, sound: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """Who speaks in windows of sound, shape (windows, frames, voices)."""
        import torch

        with torch.inference_mode():
            batch = torch.from_numpy(sound[:, None]).to(self._ladder.setting.device)
            found: np.ndarray[Any, Any] = (
                self._speaking(self._segmentation(batch)).bool().cpu().numpy()
            )
        return found

    def _embedded(self, sounds: "Sequence[np.ndarray[Any, Any]]") -> "np.ndarray[Any, Any]":
        """Embeddings of sounds, those of the same length together."""
        import numpy as np
        import torch

        from subtitling.speakers import campplus

        made: np.ndarray[Any, Any] = np.zeros((len(sounds), campplus.SIZE), np.float32)
        alike: dict[int, list[tuple[int, torch.Tensor]]] = {}
        for n, sound in enumerate(sounds):
            heard = campplus.features(sound)
            if len(heard) >= campplus.LEAST_FRAMES:
                heard = heard[: len(heard) // campplus.LEAST_FRAMES * campplus.LEAST_FRAMES]
                alike.setdefault(len(heard), []).append((n, heard - heard.mean(0)))
        with torch.inference_mode():
            for rows in alike.values():
                batch = torch.stack([heard for _, heard in rows]).to(self._ladder.setting.device)
                found = torch.nn.functional.normalize(self._embedding(batch)).cpu().numpy()
                made[[n for n, _ in rows]] = found
        return made


def _padded(sound: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    import numpy as np

    found: np.ndarray[Any, Any] = np.pad(sound, (0, _WINDOW - len(sound)))
    return found
