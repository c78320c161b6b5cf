"""Sounds that are neither speech nor music, and the moods of music, by YAMNet.

It has 521 classes of AudioSet.

https://github.com/tensorflow/models/tree/master/research/audioset/yamnet
"""

import csv
from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem
from subtitling import spans
from subtitling.documents import Event, EventKind
from subtitling.runtime import offline
from subtitling.runtime.progress import Progress
from subtitling.shards import Grid, Stretch
from subtitling.sound.events import EventOptions

if TYPE_CHECKING:
    import numpy as np

    Sound = np.ndarray[Any, Any]
    Scores = np.ndarray[Any, Any]

# Kinds that subtitles describe, each with the names of the classes that belong to it.
KINDS: dict[EventKind, tuple[str, ...]] = {
    "laughter": ("Laughter", "Giggle", "Belly laugh", "Chuckle, chortle"),
    "crying": ("Crying, sobbing", "Baby cry, infant cry", "Wail, moan"),
    "scream": ("Screaming",),
    "gunshot": ("Gunshot, gunfire", "Machine gun", "Fusillade"),
    "explosion": ("Explosion",),
    "siren": ("Siren", "Police car (siren)", "Ambulance (siren)"),
    "telephone": ("Telephone bell ringing", "Ringtone"),
    "knock": ("Knock",),
    "dog": ("Bark", "Bow-wow", "Howl"),
    "thunder": ("Thunder",),
    "applause": ("Applause", "Clapping"),
    "happy_music": ("Happy music",),
    "sad_music": ("Sad music",),
    "tender_music": ("Tender music",),
    "exciting_music": ("Exciting music",),
    "angry_music": ("Angry music",),
    "scary_music": ("Scary music",),
}
# A frame is 0.975 s of sound, and the next begins 0.48 s later; each counts for its middle.
_FRAME, _HOP = 15_600, 7_680
_HOP_MS, _LEAD_MS = 480, 240
_CLASSES = 521
_FRAMES = 250  # at once: two minutes
GRID = Grid((_FRAMES - 1) * _HOP + _FRAME, _FRAMES * _HOP)
_LEAST_FRAMES = 2  # a bang lasts one frame


def heard(blocks: Iterable["Sound"], part: Stretch, folder: Path, progress: Progress) -> "Scores":
    """The probabilities of `KINDS`, shape (frames, kinds), in a sound, or in the stretch of it that
    `part` says.

    `blocks` are mono float32 at 16 kHz. `folder` holds `yamnet.onnx` and `yamnet_class_map.csv`,
    whose checksums must have been verified.
    """
    import numpy as np

    columns = list(columns_of(folder / "yamnet_class_map.csv").values())
    parts: list[Scores] = [np.zeros((0, len(KINDS)), np.float32)]
    done, total = 0, max(1, part.end - part.start)
    for each in scores(blocks, folder / "yamnet.onnx", part):
        parts.append(np.stack([each[:, column].max(1) for column in columns], 1))
        done += len(each) * _HOP
        progress(min(done, total), total)
    whole: Scores = np.concatenate(parts)
    return whole


def events(scores_of_kinds: "Scores", duration_ms: int, options: EventOptions) -> list[Event]:
    """Runs of each of `KINDS`, from probabilities of shape (frames, kinds)."""
    detected = []
    for kind, column in zip(KINDS, scores_of_kinds.T, strict=True):
        runs = spans.above(column, options.onset, options.offset)
        # Gaps of at least this length are kept; `joined` also closes a gap of its limit's length.
        for start, end in spans.joined(runs, ceil(options.min_gap_ms / _HOP_MS) - 1):
            if end - start >= _LEAST_FRAMES:
                at, to = (frame * _HOP_MS + _LEAD_MS for frame in (start, end))
                score = round(float(column[start:end].mean()), 4)
                detected.append(Event(kind, at, min(to, duration_ms), score))
    return [event for event in detected if event.start_ms < event.end_ms]


def columns_of(class_map: Path) -> dict[str, list[int]]:
    """The columns of the model's output that belong to each kind."""
    with class_map.open(encoding="utf-8", newline="") as file:
        named = {row["display_name"]: int(row["index"]) for row in csv.DictReader(file)}
    wanted = {name for names in KINDS.values() for name in names}
    if missing := sorted(wanted - named.keys()):
        raise Problem(f"{class_map} has no class {', '.join(missing)}: it is not YAMNet's")
    return {kind: [named[name] for name in names] for kind, names in KINDS.items()}


def scores(blocks: Iterable["Sound"], model: Path, part: Stretch) -> Iterator["Scores"]:
    """Probabilities of all classes, shape (frames, 521) a piece. The last frame is padded with
    silence, and left to the next stretch where the sound goes on. Memory holds two minutes."""
    offline.enforce()
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    network = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    (model_input,), (output, *_) = network.get_inputs(), network.get_outputs()

    def classify(sound: "Sound", frames: int) -> "Scores":
        (probabilities,) = network.run(
            [output.name], {model_input.name: np.ascontiguousarray(sound)}
        )
        if len(probabilities) < frames or probabilities.shape[1:] != (_CLASSES,):
            raise Problem(f"{model} answers in the shape {probabilities.shape}: it is not YAMNet")
        result: Scores = probabilities[:frames]
        return result

    buffer: Sound = np.empty(0, np.float32)
    for block in blocks:
        buffer = np.concatenate([buffer, block])
        while len(buffer) >= GRID.window:
            yield classify(buffer[: GRID.window], _FRAMES)
            buffer = buffer[GRID.step :]
    if part.last and (frames := -(-len(buffer) // _HOP)):
        length = (frames - 1) * _HOP + _FRAME
        yield classify(np.pad(buffer, (0, length - len(buffer))), frames)
