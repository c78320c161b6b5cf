"""How well speakers are distinguished: `python bench/speakers.py FOLDER [--choose]`.

FOLDER is what bench/sounds.py filled; Debian's packages add people speaking (about 125 MB). Their
recordings are joined to conversations of two to four speakers, with pauses of 0.2 to 1 s, and now
and then one who falls into another's word. The reference marks speech by the recordings' own
loudness, before they are joined. `--choose` takes the readers that the defaults were chosen on, and
tries others beside them; without it, other readers are reported on.

Prints, for each conversation, the diarization error rate (pyannote.metrics, no collar, overlap
counted) with its parts in percent, true and detected speakers, the confidence of right and of wrong
turns, and seconds for a minute of sound.
"""

import argparse
import itertools
import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import sounds
from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate

from subtitling import documents, spans
from subtitling.speakers import clustering, segmentation
from subtitling.speakers.clustering import ClusteringOptions

STORE = sounds.ROOT / "models"
RATE = sounds.RATE
# Reader: package, and part of the names of the recordings. Asterisk's prompts, each language by its
# own reader (CC BY-SA 3.0); the two fishes of Fish Fillets, in one studio a language (GPL 2+).
READERS = {
    "prompts-en": ("asterisk-core-sounds-en-g722", ".g722"),
    "prompts-fr": ("asterisk-core-sounds-fr-g722", ".g722"),
    "small-fish-nl": ("fillets-ng-data-nl", "-m-"),
    "big-fish-nl": ("fillets-ng-data-nl", "-v-"),
    "prompts-it": ("asterisk-core-sounds-it-g722", ".g722"),
    "prompts-ru": ("asterisk-core-sounds-ru-g722", ".g722"),
    "small-fish-cs": ("fillets-ng-data-cs", "-m-"),
    "big-fish-cs": ("fillets-ng-data-cs", "-v-"),
}
CHOOSE = [("prompts-en", "prompts-fr"), ("small-fish-nl", "big-fish-nl"),
          ("prompts-en", "small-fish-nl", "big-fish-nl"),
          ("prompts-en", "prompts-fr", "small-fish-nl", "big-fish-nl")]  # fmt: skip
REPORT = [("prompts-it", "prompts-ru"), ("small-fish-cs", "big-fish-cs"), ("austen", "tale"),
          ("austen", "small-fish-cs", "big-fish-cs"), ("prompts-it", "prompts-ru", "tale"),
          ("prompts-it", "prompts-ru", "small-fish-cs", "big-fish-cs"),
          ("austen", "tale", "small-fish-cs", "big-fish-cs")]  # fmt: skip
_UTTERANCES = 24
_LOUD = 0.05  # of the loudest tenth of frames: what is louder, 26 dB below that, is speech
_CLOSED = 30  # frames of 10 ms: a shorter pause inside a recording belongs to it


@dataclass(frozen=True)
class Conversation:
    """Sound, and who speaks when in it."""

    sound: np.ndarray
    truth: Annotation


@dataclass(frozen=True)
class Windows:
    """A conversation's segmentation and embeddings, before clustering."""

    frames: clustering.Frames
    cut: list[spans.Span]
    embeddings: np.ndarray


class Held:
    """Sound as the stage has it, in memory."""

    def __init__(self, sound: np.ndarray):
        self._sound = sound

    def __len__(self) -> int:
        return len(self._sound)

    def __getitem__(self, wanted: slice) -> np.ndarray:
        return self._sound[wanted]


def decoded(path: Path) -> np.ndarray:
    """A recording as mono float32 at 16 kHz."""
    kind = "g722" if path.suffix == ".g722" else None
    with av.open(str(path), format=kind) as container:
        made = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        frames = [f for frame in container.decode(audio=0) for f in made.resample(frame)]
        frames += made.resample(None)
    return np.concatenate([np.zeros(0, np.float32), *[f.to_ndarray().reshape(-1) for f in frames]])


def speech(sound: np.ndarray) -> list[spans.Span]:
    """Spans of speech in a recording, in samples, by its loudness."""
    if len(sound) < 1600:
        return []
    frames = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    power = (frames**2).mean(1)
    loud = power > _LOUD**2 * np.sort(power)[-max(1, len(power) // 10) :].mean()
    runs = spans.joined(spans.above(loud.astype(np.int8), 0.5, 0.5), _CLOSED)
    return [(start * 160, end * 160) for start, end in runs if end - start > 5]


def recordings(folder: Path, reader: str) -> list[np.ndarray]:
    """Utterances of a reader, of 1 to 8 s, equally loud, without silence at their ends."""
    if reader == "austen":
        sources = [sounds.sound(folder, name) for name in sounds.AUSTEN]
    elif reader == "tale":
        whole = sounds.sound(folder, "two_cities")
        sources = [whole[at : at + 4 * RATE] for at in range(0, len(whole) - 4 * RATE, 4 * RATE)]
    else:
        package, part = READERS[reader]
        tree = folder / package
        if not tree.exists():
            subprocess.run(["apt-get", "download", package], cwd=folder, check=True)
            [deb] = folder.glob(f"{package}_*.deb")
            subprocess.run(["dpkg-deb", "-x", deb, tree], check=True)
        paths = sorted(
            p for p in tree.rglob("*") if p.suffix in (".g722", ".ogg") and part in p.name
        )
        dull = ("silence", "beep", "ring", "tone", "moh", "monkeys", "jingle")
        paths = [p for p in paths if not any(word in str(p.relative_to(tree)) for word in dull)]
        random.Random(reader).shuffle(paths)
        sources = [decoded(path) for path in paths[:200] if path.stat().st_size]
    made = []
    for sound in sources:
        runs = speech(sound)
        if runs and RATE <= runs[-1][1] - runs[0][0] <= 8 * RATE:
            cut = sound[runs[0][0] : runs[-1][1]]
            made.append(0.05 * cut / np.sqrt((cut**2).mean()))
    return made


def conversation(folder: Path, readers: tuple[str, ...]) -> Conversation:
    """The readers taking turns, none twice in a row for long."""
    chance = random.Random("+".join(readers))
    said = {reader: itertools.cycle(recordings(folder, reader)) for reader in readers}
    truth, parts, at, last = Annotation(), [], 0, ""
    for _ in range(_UTTERANCES):
        reader = chance.choice(
            [r for r in readers if r != last] if chance.random() < 0.8 else readers
        )
        sound = next(said[reader])
        pause = chance.uniform(0.2, 1)
        if reader != last and parts and chance.random() < 0.15:
            pause = -min(chance.uniform(0.2, 0.8), len(parts[-1][1]) / RATE / 2)
        start = max(0, at + round(pause * RATE))
        for first, end in speech(sound):
            truth[Segment((start + first) / RATE, (start + end) / RATE), len(truth)] = reader
        parts.append((start, sound))
        at, last = max(at, start + len(sound)), reader
    whole = np.zeros(at + RATE, np.float32)
    for start, sound in parts:
        whole[start : start + len(sound)] += sound
    return Conversation(whole, truth)


def annotation(speakers: documents.Speakers) -> Annotation:
    """The turns in pyannote.metrics' format."""
    made = Annotation()
    for n, turn in enumerate(speakers.turns):
        made[Segment(turn.start_ms / 1000, turn.end_ms / 1000), n] = turn.speaker
    return made


def sureness(speakers: documents.Speakers, truth: Annotation) -> tuple[float, float]:
    """Mean confidence, by duration, of turns that are mostly right, and of the others."""
    names = DiarizationErrorRate().optimal_mapping(truth, annotation(speakers))
    sums = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for turn in speakers.turns:
        segment = Segment(turn.start_ms / 1000, turn.end_ms / 1000)
        who = names.get(turn.speaker)
        said = truth.label_timeline(who).crop(segment).duration() if who else 0
        right = sums[said > segment.duration / 2]
        right[0] += turn.confidence * segment.duration
        right[1] += segment.duration
    return tuple(
        total / length if length else float("nan") for total, length in (sums[True], sums[False])
    )


def heard(
    folder: Path, groups: list[tuple[str, ...]], options: ClusteringOptions
) -> Iterator[tuple[str, Conversation, Windows, float]]:
    """Each conversation with its windows, and seconds of computing for a minute of sound."""
    setting = segmentation.Setting("cpu", 4)
    listener = segmentation.Listener(
        STORE / "pyannote-segmentation-3" / "pytorch_model.bin",
        STORE / "campplus" / "campplus_cn_en_common.pt",
        setting,
        lambda *_: None,
    )
    for readers in groups:
        made = conversation(folder, readers)
        began = time.process_time()
        held = Held(made.sound)
        frames = listener.frames(held, options.step_ms, lambda *_: None)
        cut = clustering.pieces(frames, options)
        windows = Windows(frames, cut, listener.embeddings(held, cut, frames, lambda *_: None))
        yield (
            "+".join(readers),
            made,
            windows,
            (time.process_time() - began) / len(made.sound) * RATE * 60,
        )


def main() -> None:
    """Join, listen, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--choose", action="store_true")
    arguments = parser.parse_args()
    options = ClusteringOptions(**sounds.defaults("speakers", "segmentation", "names"))
    tries = [options]
    if arguments.choose:
        tries = [replace(options, max_distance=d / 100) for d in range(50, 80, 5)]
    print("readers", "minutes", "max_distance", "error", "missed", "false", "confused",
          "speakers", "found", "sure_right", "sure_wrong", "s_per_min", sep="\t")  # fmt: skip
    totals = {option.max_distance: DiarizationErrorRate() for option in tries}
    for readers, made, windows, seconds in heard(
        arguments.folder, CHOOSE if arguments.choose else REPORT, options
    ):
        length = len(made.sound) * 1000 // RATE
        for option in tries:
            speakers = clustering.speakers(
                windows.frames, windows.cut, windows.embeddings, length, option
            )
            rate = totals[option.max_distance]
            uem = Segment(0, length / 1000)
            parts = rate(made.truth, annotation(speakers), uem=uem, detailed=True)
            row = [
                100 * parts[k] / parts["total"]
                for k in ("missed detection", "false alarm", "confusion")
            ]
            print(
                readers, f"{length / 60000:.1f}", option.max_distance, f"{sum(row):.1f}",
                *[f"{v:.1f}" for v in row], len(made.truth.labels()), len(speakers.speakers),
                *[f"{v:.2f}" for v in sureness(speakers, made.truth)], f"{seconds:.1f}",
                sep="\t", flush=True,
            )  # fmt: skip
    for distance, rate in totals.items():
        print("all", "", distance, f"{100 * abs(rate):.1f}", sep="\t")


if __name__ == "__main__":
    main()
