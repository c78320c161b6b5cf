"""Speaker diarization by pyannote's segmentation with CAM++."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem
from subtitling.documents import Speakers
from subtitling.media.audio_file import SPEECH_RATE, Sound
from subtitling.runtime import memory_ladder, offline
from subtitling.runtime.progress import Progress
from subtitling.speakers import clustering
from subtitling.speakers.clustering import ClusteringOptions

if TYPE_CHECKING:
    import numpy as np

ADVICE = "set speakers.model to none"

# pyannote's segmentation 3.0: windows of 10 s in which up to three speak, two of them at once, and
# how many samples lie between its frames and before the middle of the first.
_WINDOW = 10 * SPEECH_RATE
_FRAME, _FIRST = 270, 495
_VOICES, _AT_ONCE = 3, 2


@dataclass(frozen=True)
class Setting:
    """The device, and the number of windows in a batch."""

    device: str
    batch: int


def ladder(setting: Setting) -> list[Setting]:
    """Settings to try in order, as memory runs out: half the batch, then the CPU."""
    steps = [replace(setting, batch=batch) for batch in memory_ladder.halves(setting.batch)]
    return steps if setting.device == "cpu" else [*steps, Setting("cpu", 1)]


def speakers(
    folders: Sequence[Path],
    audio: Sound,
    options: ClusteringOptions,
    device: str,
    degrade: memory_ladder.Degrade,
    progress: Progress,
) -> Speakers:
    """Diarize a film. `folders` hold the embedding network and the segmentation network; their
    files' checksums must have been verified."""
    embedding, segmentation = folders
    listener = Listener(
        segmentation / "pytorch_model.bin",
        embedding / "campplus_cn_en_common.pt",
        Setting(device, options.batch_size),
        degrade,
    )
    frames = listener.frames(audio, options.step_ms, progress)
    cut = clustering.pieces(frames, options)
    embeddings = listener.embeddings(audio, cut, frames, progress)
    return clustering.speakers(frames, cut, embeddings, audio.duration_ms, options)


class Listener:
    """Runs both networks, whose files' checksums must have been verified. If memory runs out, the
    next setting of a `ladder` is used and passed to `degrade`."""

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
        specifications = self._segmentation.specifications
        if not specifications.powerset or len(specifications.classes) != _VOICES:
            raise Problem(
                f"{segmentation} does not tell {_VOICES} voices apart and who speaks at once: set "
                "speakers.segmentation to pyannote-segmentation-3"
            )
        self._embedding = campplus.CamPlus(embedding)
        self._speaking = Powerset(_VOICES, _AT_ONCE).eval()
        self._ladder = memory_ladder.Ladder(ladder(setting), degrade, self._move, ADVICE)
        self._move(setting)

    def frames(self, audio: Sound, step_ms: int, progress: Progress) -> clustering.Frames:
        """Segment a film in windows of ten seconds, one each `step_ms`."""
        import numpy as np

        hop = max(1, round(step_ms * SPEECH_RATE / 1000 / _FRAME)) * _FRAME
        starts = range(0, max(1, len(audio) - _WINDOW + hop), hop)
        votes = clustering.Votes(max(1, (len(audio) - _FIRST) // _FRAME + 1))
        done = 0
        for some, active in self._ladder.batches(
            starts,
            lambda some: self._active(np.stack([_padded(audio[at : at + _WINDOW]) for at in some])),
        ):
            for start, window in zip(some, active, strict=True):
                votes.add(start // _FRAME, window)
            done += len(some)
            progress(done, len(starts))
        step = _FRAME * 1000 / SPEECH_RATE
        return votes.frames(_FIRST * 1000 / SPEECH_RATE - step / 2, step)

    def embeddings(
        self,
        audio: Sound,
        pieces: Sequence[tuple[int, int]],
        frames: clustering.Frames,
        progress: Progress,
    ) -> "np.ndarray[Any, Any]":
        """The voice embedding of each piece, shape (pieces, 192), of length 1; 0 for pieces that
        are too short for it."""
        import numpy as np

        from subtitling.speakers import campplus

        def sound(piece: tuple[int, int]) -> "np.ndarray[Any, Any]":
            start, end = (frames.ms(at) * SPEECH_RATE // 1000 for at in piece)
            return audio[start:end]

        vectors: np.ndarray[Any, Any] = np.zeros((len(pieces), campplus.SIZE), np.float32)
        at = 0
        for some, embedded in self._ladder.batches(
            pieces, lambda some: self._embedded([sound(piece) for piece in some])
        ):
            vectors[at : at + len(some)] = embedded
            at += len(some)
            progress(at, len(pieces))
        return vectors

    def _move(self, setting: Setting) -> None:
        for network in (self._segmentation, self._embedding, self._speaking):
            network.to(setting.device)

    def _active(self, sound: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """The active voices in windows of sound, shape (windows, frames, voices)."""
        import torch

        with torch.inference_mode():
            batch = torch.from_numpy(sound[:, None]).to(self._ladder.setting.device)
            active: np.ndarray[Any, Any] = (
                self._speaking(self._segmentation(batch)).bool().cpu().numpy()
            )
        return active

    def _embedded(self, sounds: "Sequence[np.ndarray[Any, Any]]") -> "np.ndarray[Any, Any]":
        """Embeddings of sounds, batched by equal length."""
        import numpy as np
        import torch

        from subtitling.speakers import campplus

        vectors: np.ndarray[Any, Any] = np.zeros((len(sounds), campplus.SIZE), np.float32)
        alike: dict[int, list[tuple[int, torch.Tensor]]] = {}
        for n, sound in enumerate(sounds):
            features = campplus.features(sound)
            if len(features) >= campplus.LEAST_FRAMES:
                features = features[
                    : len(features) // campplus.LEAST_FRAMES * campplus.LEAST_FRAMES
                ]
                alike.setdefault(len(features), []).append((n, features - features.mean(0)))
        with torch.inference_mode():
            for rows in alike.values():
                batch = torch.stack([features for _, features in rows]).to(
                    self._ladder.setting.device
                )
                normed = torch.nn.functional.normalize(self._embedding(batch)).cpu().numpy()
                vectors[[n for n, _ in rows]] = normed
        return vectors


def _padded(sound: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    import numpy as np

    padded: np.ndarray[Any, Any] = np.pad(sound, (0, _WINDOW - len(sound)))
    return padded
