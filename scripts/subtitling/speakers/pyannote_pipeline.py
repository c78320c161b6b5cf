"""Diarization by pyannote's own pipeline (community-1): windows in which up to three speak, a
voice of each, and voices grouped by VBx.

It is put together here from the files of its folder: pyannote's loader would import whatever class
a configuration names, and run code that a checkpoint brings.
"""

import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem
from subtitling.documents import Speakers
from subtitling.media.audio_file import SPEECH_RATE, Sound
from subtitling.runtime import offline
from subtitling.runtime.memory_ladder import Degrade, Ladder
from subtitling.runtime.progress import Progress
from subtitling.speakers import clustering
from subtitling.speakers.clustering import ClusteringOptions
from subtitling.speakers.segmentation import ADVICE, Setting, ladder

if TYPE_CHECKING:
    import numpy as np

# The file that a pipeline's folder holds and a network's does not.
SETTINGS = "config.yaml"
_SEGMENTATION, _EMBEDDING = "segmentation/pytorch_model.bin", "embedding/pytorch_model.bin"
_READ = ("pyannote.audio.pipelines.SpeakerDiarization", "VBxClustering")
# The allowed settings; batch sizes are set here, and its dependencies are locked.
_KNOWN = {"dependencies", "version", "pipeline", "params"}
_KNOWN_PARAMS = {"clustering", "embedding", "embedding_exclude_overlap", "plda", "segmentation"} | {
    "embedding_batch_size", "segmentation_batch_size"
}  # fmt: skip
# The shortest and the longest sound by which a turn's voice is compared; shorter turns are widened.
_LEAST_MS, _MOST_MS = 1000, 10_000


def speakers(
    folders: Sequence[Path],
    audio: Sound,
    options: ClusteringOptions,
    device: str,
    degrade: Degrade,
    progress: Progress,
) -> Speakers:
    """Diarize a film with the pipeline in the one folder, whose files' checksums must have been
    verified.

    The pipeline gives no confidence. A turn's confidence is computed from its voice's similarity to
    its speaker's and to the others' (`clustering.sureness`).
    """
    import numpy as np
    import torch

    offline.enforce()
    (folder,) = folders
    diarizer = pipeline(folder)

    def settle(setting: Setting) -> None:
        diarizer.to(torch.device(setting.device))
        diarizer.segmentation_batch_size = diarizer.embedding_batch_size = setting.batch

    def apply(sound: Any) -> Any:
        most = options.max_speakers or None
        file = {"waveform": sound, "sample_rate": SPEECH_RATE, "uri": folder.name}
        with warnings.catch_warnings():
            # If nobody speaks alone for long, it takes the mean of no voices; and it warns if there
            # are fewer voices than requested.
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            return diarizer(file, min_speakers=options.min_speakers, max_speakers=most, hook=hook)

    def hook(_step: str, _what: Any, completed: int = 0, total: int = 0, **_: Any) -> None:
        if total:
            progress(completed, total)

    setting = Setting(device, options.batch_size)
    settle(setting)
    steps = Ladder(ladder(setting), degrade, settle, ADVICE)
    sound = torch.from_numpy(audio[:])[None]
    output = steps.through(lambda: apply(sound))
    known = output.speaker_diarization.labels()
    rows = (
        (round(1000 * turn.start), round(1000 * turn.end), known.index(label), 0.0)
        for turn, _, label in output.speaker_diarization.itertracks(yield_label=True)
    )
    turns = clustering.joined(rows, 1, options)
    if not turns:
        return Speakers(audio.duration_ms, (), ())
    heard_again = []
    for number, (start, end, _, _) in enumerate(turns, 1):
        heard_again.append(steps.through(partial(diarizer._embedding, _voice(audio, start, end))))
        progress(number, len(turns))
    # A speaker who never speaks alone for long has no centroid, so no voice is near it.
    middles = _of_length_1(np.nan_to_num(output.speaker_embeddings))
    near = _of_length_1(np.concatenate(heard_again)) @ middles.T
    sure = clustering.sureness(
        near, np.array([who for _, _, who, _ in turns]), options.max_distance
    )
    turns = [(*turn[:3], float(each)) for turn, each in zip(turns, sure, strict=True)]
    return clustering.named(turns, audio.duration_ms)


def _voice(audio: Sound, start_ms: int, end_ms: int) -> Any:
    """The sound of a turn by which its voice is compared, a tensor of shape (1, 1, samples)."""
    import numpy as np
    import torch

    at = max(0, min(start_ms, (start_ms + end_ms - _LEAST_MS) // 2))
    to = min(max(end_ms, at + _LEAST_MS), at + _MOST_MS)
    sound = audio[at * SPEECH_RATE // 1000 : to * SPEECH_RATE // 1000]
    short = max(0, _LEAST_MS * SPEECH_RATE // 1000 - len(sound))
    return torch.from_numpy(np.pad(sound, (0, short)))[None, None]


def _of_length_1(rows: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    import numpy as np

    scaled: np.ndarray[Any, Any] = rows / np.maximum(
        np.linalg.norm(rows, axis=1, keepdims=True), 1e-9
    )
    return scaled


def pipeline(folder: Path) -> Any:
    """Build pyannote's pipeline from the files in a folder, with the parameters of its settings.

    Raises Problem for settings of another pipeline, another clustering, or any unknown setting.
    """
    import yaml
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization
    from pyannote.audio.pipelines.clustering import VBxClustering

    from subtitling.runtime import checkpoints

    class AsManyAsThereAre(VBxClustering):  # type: ignore[misc]
        """Requests no more speakers than there are voices: k-means would fail."""

        def __call__(self, embeddings: Any, segmentations: Any, **how: Any) -> Any:
            voices_heard, _, _ = self.filter_embeddings(embeddings, segmentations=segmentations)
            how["min_clusters"] = min(how["min_clusters"], max(1, len(voices_heard)))
            return super().__call__(embeddings, segmentations, **how)

    settings = yaml.safe_load((folder / SETTINGS).read_text("utf-8"))
    params = settings.get("pipeline", {}).get("params", {})
    asked = (settings.get("pipeline", {}).get("name"), params.get("clustering"))
    unknown = [*(settings.keys() - _KNOWN), *(params.keys() - _KNOWN_PARAMS)]
    if asked != _READ or unknown or "params" not in settings:
        raise Problem(
            f"{folder / SETTINGS} asks for {asked[0]} with {asked[1]}"
            f"{''.join(f' and {name}' for name in sorted(unknown))}: only pipelines like "
            "pyannote/speaker-diarization-community-1 are read; set speakers.model to it, or to "
            "campplus"
        )
    diarizer = SpeakerDiarization(
        segmentation=checkpoints.load(folder / _SEGMENTATION, "PyanNet"),
        embedding=checkpoints.load(folder / _EMBEDDING, "WeSpeakerResNet34"),
        plda=PLDA(folder / "plda" / "xvec_transform.npz", folder / "plda" / "plda.npz"),
        clustering="VBxClustering",
        embedding_exclude_overlap=bool(params.get("embedding_exclude_overlap", False)),
    )
    diarizer.clustering = AsManyAsThereAre(diarizer._plda, metric=diarizer._embedding.metric)
    return diarizer.instantiate(settings["params"])
