"""Separate voices and music piece by piece, only where it helps the recogniser.

Where the music is soft a separated voice is harder to recognise than the mix, so the dialogue audio
has it only where the music is loud, with some of the mix added (figures: docs/evaluation.md).
Everywhere else its samples are those of the film.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, log10
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lineage import files
from lineage.problem import Problem
from subtitling import spans
from subtitling.documents import Events, Piece
from subtitling.media.audio_file import SoundFormat
from subtitling.runtime import memory_ladder, offline
from subtitling.spans import Span

if TYPE_CHECKING:
    import numpy as np
    import torch

    Samples = np.ndarray[Any, Any]  # integers, shape (channels, samples)
    Sound = np.ndarray[Any, Any]  # float32 in [-1, 1], shape (channels, samples)

_VOICED = 0.01
_FRAME_MS = 100
_SILENT = 1e-10  # mean square of what is inaudible, -100 dB
_SHORTEST_S = 2.0  # the model's results on a shorter segment are not usable
_BLOCK_S = 10  # the block size for copying where nothing is separated


@dataclass(frozen=True)
class SeparationOptions:
    """See `separation` in the configuration."""

    when: str
    dialogue_mix: float
    min_music_db: float
    max_music_db: float
    min_music_ms: int
    max_gap_ms: int
    piece_ms: int
    margin_ms: int
    fade_ms: int


class Engine(Protocol):
    """A separator. `rate` is the sampling rate it works at, `longest_s` the segment it takes."""

    rate: int
    longest_s: float

    def to(self, device: str) -> None: ...
    def vocals(self, mix: "torch.Tensor", segment_s: float) -> "torch.Tensor": ...


@dataclass(frozen=True)
class Setting:
    """The device and the segment length of an engine."""

    device: str
    segment_s: float


@dataclass(frozen=True)
class Stems:
    """The outputs for a stretch of the film, three arrays of one shape."""

    vocals: "Samples"
    accompaniment: "Samples"
    dialogue: "Samples"


def plan(events: Events, duration_ms: int, options: SeparationOptions) -> list[Span]:
    """The pieces to separate, in ms: all of the film, or where there is music.

    Whether they contain a voice cannot be checked first: where music covers a voice, and separation
    helps most, the detector of events misses the voice too.
    """
    whole = [(0, duration_ms)] if duration_ms else []
    stretches = whole
    if options.when == "auto":
        music = spans.joined(events.spans("music"), options.max_gap_ms)
        worth = [span for span in music if span[1] - span[0] >= options.min_music_ms]
        stretches = spans.common(worth, whole)
    return [piece for span in stretches for piece in spans.pieces(span, options.piece_ms)]


def ladder(device: str, longest_s: float) -> list[Setting]:
    """Settings to try in order, as memory runs out: shorter segments, then the CPU."""
    lengths = [longest_s]
    while lengths[-1] / 2 >= _SHORTEST_S:
        lengths.append(lengths[-1] / 2)
    where = ["cuda", "cpu"] if device == "cuda" else ["cpu"]
    return [Setting(each, length) for each in where for length in lengths]


def load(folder: Path, device: str) -> Engine:
    """Load the engine whose weights are in the folder; their checksums must have been verified."""
    offline.enforce()
    if (folder / "vocals.ckpt").is_file():
        from subtitling.sound.spleeter import Spleeter

        return Spleeter(folder, device)
    from subtitling.sound.demucs_engine import Demucs

    return Demucs(folder, device)


class Separator:
    """Separates the voice of a piece, at any rate, in mono or stereo, in the memory there is.

    The engine is loaded for the first piece. `degrade` gets each step down the `ladder`.
    """

    def __init__(self, load: Callable[[], Engine], device: str, degrade: memory_ladder.Degrade):
        self._load, self._device, self._degrade = load, device, degrade

    @cached_property
    def _engine(self) -> Engine:
        return self._load()

    @cached_property
    def _ladder(self) -> memory_ladder.Ladder[Setting]:
        settings = ladder(self._device, self._engine.longest_s)
        return memory_ladder.Ladder(
            settings, self._degrade, self._settle, "set separation.when to never"
        )

    def vocals(self, sound: "Sound", rate: int) -> "Sound":
        """The voice in `sound`, of the same shape and rate."""
        import torch
        from torchaudio.functional import resample

        mix = torch.from_numpy(sound)
        stereo = resample(mix, rate, self._engine.rate).expand(2, -1)
        voice = resample(self._separated(stereo), self._engine.rate, rate)[:, : sound.shape[1]]
        voice = torch.nn.functional.pad(voice, (0, sound.shape[1] - voice.shape[1]))
        separated: Sound = (voice if len(sound) == 2 else voice.mean(0, keepdim=True)).numpy()
        return separated

    def voice_at(self, rate: int) -> "Voice":
        """The voice in parts of sound of this rate."""
        return lambda sound, inside: self.vocals(sound, rate)[:, inside]

    def _separated(self, stereo: "torch.Tensor") -> "torch.Tensor":
        return self._ladder.through(
            lambda: self._engine.vocals(stereo, self._ladder.setting.segment_s)
        )

    def _settle(self, setting: Setting) -> None:
        self._engine.to(setting.device)
        if self._device == "cuda":
            import torch

            torch.cuda.empty_cache()


class StreamWindow:
    """Sound in blocks, from the sample `start` on, read as stretches in ascending order. Memory
    holds one stretch."""

    def __init__(self, blocks: Iterable["Samples"], channels: int, start: int = 0):
        import numpy as np

        self._blocks = iter(blocks)
        self._held: Samples = np.zeros((channels, 0), np.int16)
        self._start = start

    def stretch(self, start: int, end: int) -> "Samples":
        """The samples from start to end, fewer at the stream's end; earlier samples are dropped."""
        import numpy as np

        parts = [self._held]
        stop = self._start + self._held.shape[1]
        while stop < end and (block := next(self._blocks, None)) is not None:
            stop += block.shape[1]
            # Samples before the stretch are dropped at once: they may be an hour.
            if stop <= start:
                parts, self._start = [block[:, :0]], stop
            else:
                parts.append(block)
        joined = np.concatenate([part for part in parts if part.shape[1]] or parts[-1:], axis=1)
        self._held = joined[:, max(0, start - self._start) :]
        self._start = max(self._start, min(start, stop))
        return self._held[:, : max(0, end - start)]


def envelope(start: int, end: int, left: int, right: int, fade: int) -> "Sound":
    """Crossfade weight of a piece, 0 to 1, for each sample from left to right.

    It rises over `fade` samples around its start and falls in the same way around its end, so that
    the weights of two neighbours add up to 1. At an edge of the film it neither rises nor falls.
    """
    import numpy as np

    at = np.arange(left, right) + 0.5
    rising = np.clip((at - start) / fade + 0.5, 0, 1) if left < start else 1.0
    falling = np.clip((end - at) / fade + 0.5, 0, 1) if right > end else 1.0
    weights: Sound = (np.minimum(rising, falling) * np.ones(right - left)).astype(np.float32)
    return weights


def level_db(vocals: "Sound", accompaniment: "Sound", frame: int) -> float | None:
    """How much louder the accompaniment is than the voice while the voice sounds, in dB; None if
    either is silent.

    The voice sounds in the frames of so many samples in which it is at most 20 dB softer than in
    its loudest one.
    """
    import numpy as np

    def power(sound: "Sound") -> "Sound":
        whole_frames = sound[:, : max(1, sound.shape[1] // frame) * frame]
        part = min(frame, whole_frames.shape[1])
        square = np.square(whole_frames, dtype=np.float64).mean(axis=0)
        powers: Sound = square.reshape(-1, part).mean(axis=1)
        return powers

    voice, music = power(vocals), power(accompaniment)
    sounds = voice >= voice.max() * _VOICED
    loud, louder = float(voice[sounds].mean()), float(music[sounds].mean())
    if min(loud, louder) < _SILENT:
        return None
    return round(10 * log10(louder / loud), 1)


def pays(music_db: float, options: SeparationOptions) -> bool:
    """Whether recognition improves with the music removed. With soft music it gets worse, and with
    far louder music the separated voice is only a residue of the music."""
    return options.when == "always" or (options.min_music_db <= music_db <= options.max_music_db)


def dialogue(mix: "Sound", vocals: "Sound", dialogue_mix: float) -> "Sound":
    """The voice, at its original level, with some of the mix."""
    mixed: Sound = (vocals + dialogue_mix * mix) / (1 + dialogue_mix)
    return mixed


# The voice in a part, from one sample to another, of a piece of sound.
Voice = Callable[["Sound", slice], "Sound"]


@dataclass(frozen=True)
class Taken:
    """A piece of the film that was taken apart: its times, and in samples its `start` and `end`.
    `mix` and `vocals` begin at `left`; they have its crossfades as well."""

    span: Span
    start: int
    end: int
    left: int
    mix: "Sound"
    vocals: "Sound"


def first_sample(planned: Sequence[Span], form: SoundFormat, options: SeparationOptions) -> int:
    """The first sample of the film that pieces are taken apart from."""
    start = planned[0][0] * form.rate // 1000
    return max(0, start - _margin(form, options))


def taken(
    film: StreamWindow,
    planned: Sequence[Span],
    voice: Voice,
    form: SoundFormat,
    options: SeparationOptions,
) -> Iterator[Taken]:
    """The pieces of the film, each heard with what is around it."""
    import numpy as np

    fade, margin = _fade(form, options), _margin(form, options)
    for span in planned:
        start, end = (ms * form.rate // 1000 for ms in span)
        left, context = max(0, start - fade // 2), max(0, start - margin)
        window = film.stretch(context, end + margin)
        right = min(end + fade // 2, context + window.shape[1])
        if right <= left:  # the sound ends before the film does
            return
        sound = window.astype(np.float32) / form.full_scale
        inside = slice(left - context, right - context)
        yield Taken(span, start, end, left, sound[:, inside], voice(sound, inside))


def _fade(form: SoundFormat, options: SeparationOptions) -> int:
    return max(2, options.fade_ms * form.rate // 1000 // 2 * 2)


def _margin(form: SoundFormat, options: SeparationOptions) -> int:
    return max(options.margin_ms * form.rate // 1000, _fade(form, options))


def save_voices(pieces: Iterable[Taken], path: Path | str, progress: Callable[[int], None]) -> int:
    """Write the voices of pieces, one after the other, as 32-bit floats, channel by channel;
    returns how many there are, as `progress` is told on the way."""
    done = 0
    with files.replacing(path) as partial, partial.open("wb") as file:
        for done, piece in enumerate(pieces, 1):
            file.write(piece.vocals.astype("<f4", order="C").tobytes())
            progress(done)
    return done


class SavedVoices:
    """The voices that shards have saved, in the place of a separator. Problem where they have saved
    fewer than they are asked for."""

    def __init__(self, paths: Sequence[Path | str]):
        self._paths = [Path(path) for path in paths]
        self._read = 0  # bytes of the first of these

    def voice(self, sound: "Sound", inside: slice) -> "Sound":
        """The voice of the next piece; see `Voice`."""
        import numpy as np

        shape = (len(sound), inside.stop - inside.start)
        size = 4 * shape[0] * shape[1]
        while self._paths and self._read == self._paths[0].stat().st_size:
            self._paths, self._read = self._paths[1:], 0
        if not self._paths:
            raise Problem("the shards have separated fewer pieces than are planned")
        with self._paths[0].open("rb") as file:
            file.seek(self._read)
            data = file.read(size)
        if len(data) < size:
            raise Problem(f"{self._paths[0]} ends within a piece; delete it and run again")
        self._read += size
        voice: Sound = np.frombuffer(data, "<f4").reshape(shape)
        return voice


def separate(
    open_tape: Callable[[], StreamWindow],
    planned: Sequence[Span],
    voice: Voice,
    form: SoundFormat,
    options: SeparationOptions,
    made: Callable[[Piece], None],
) -> Iterator[Stems]:
    """All of the film in order, a stretch at a time: stems that are silent where nothing was taken
    apart, and the dialogue audio. Vocals and accompaniment add up to the film where it was.

    `made` hears of every piece. The film is read twice, side by side: for the pieces, each with
    what is around it, and for what is copied.
    """
    import numpy as np

    fade = _fade(form, options)
    film = open_tape()
    done = 0
    # Vocals, accompaniment and the difference of the dialogue from the film, as sums of pieces,
    # from `done` on.
    sums: Sound = np.zeros((3, form.channels, 0), np.float32)
    edges = [max(0, start * form.rate // 1000 - fade // 2) for start, _ in planned]
    pieces = taken(open_tape(), planned, voice, form, options)
    for piece, following in zip(pieces, [*edges, inf][1:], strict=False):
        mix, vocals, left = piece.mix, piece.vocals, piece.left
        right = left + mix.shape[1]
        music_db = level_db(vocals, mix - vocals, _FRAME_MS * form.rate // 1000)
        used = music_db is not None and pays(music_db, options)
        made(Piece(*piece.span, music_db, used))
        change = dialogue(mix, vocals, options.dialogue_mix) - mix if used else np.zeros_like(mix)
        weight = envelope(piece.start, piece.end, left, right, fade)
        yield from _copied(film, done, left, sums, form)
        sums = sums[:, :, max(0, left - done) :] if left > done else sums
        done = max(done, left)
        total = np.zeros((3, form.channels, right - done), np.float32)
        total[:, :, : sums.shape[2]] = sums
        total[:, :, left - done :] += weight * np.stack([vocals, mix - vocals, change])
        ready = int(min(right, following))
        yield from _copied(film, done, ready, total, form)
        sums, done = total[:, :, ready - done :], ready
    yield from _copied(film, done, inf, sums, form)


def _copied(
    film: StreamWindow, start: int, end: float, sums: "Sound", form: SoundFormat
) -> Iterator[Stems]:
    """The film from start to end with the sums, which may be shorter, added."""
    import numpy as np

    block = _BLOCK_S * form.rate
    first = start
    while start < end:
        stop = int(min(start + block, end))
        mix = film.stretch(start, stop)
        if not mix.shape[1]:
            return
        part = sums[:, :, start - first : start - first + mix.shape[1]]
        if not part.shape[2]:
            yield Stems(np.zeros_like(mix), np.zeros_like(mix), mix)
            start += mix.shape[1]
            continue
        added = np.zeros((3, *mix.shape), np.float64)
        added[:, :, : part.shape[2]] = part
        added = np.rint(added * form.full_scale)
        added[2] += mix
        # 24-bit samples are in the upper bits of 32.
        fit = np.clip(added, -form.full_scale, form.full_scale - 1).astype(mix.dtype)
        yield Stems(*fit)
        start += mix.shape[1]
