"""Sound files: extract a track as FLAC, read it in blocks, write new ones."""

import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from lineage import files
from lineage.problem import Problem
from subtitling.documents import Stream
from subtitling.media import containers, ffmpeg, probing
from subtitling.media.ffmpeg import Limits
from subtitling.media.probing import Probe
from subtitling.runtime.progress import Progress

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)

SPEECH_RATE = 16_000
WINDOW_MS = 30_000  # the length of Whisper's input
_SAMPLE_BYTES = 4
_PART = 60 * SPEECH_RATE  # samples that `SoundInParts` decodes at once
_CANCELLED = 0.1  # of the power of a stereo sound's louder side: 10 dB less than that in the mean
_LEAD_S = 10  # before 0 of the film's clock, since NUT has no times below its own
_INAUDIBLE = 2.0**-12  # of full scale: what no sample of a silent track is above, -72 dB
_PCM = {"s16": "pcm_s16le", "s32": "pcm_s32le", "flt": "pcm_f32le"}
_TOO_LONG_MS = 500  # tolerance for a sound longer than its packets


class NoSound(Problem):
    """A track without any sound; another track may have some."""


def extract_audio(
    film: Path | str,
    probed: Probe,
    track: Stream,
    flac: Path | str,
    limits: Limits,
    progress: Progress,
    mixed: Sequence[str] | None = None,
) -> int:
    """Write `track` to `flac` at its own rate, at most stereo. Returns its length in ms. `mixed`
    are ffmpeg's arguments that choose among its channels, in place of mixing them.

    The file begins at 0 of the film's clock: sound that starts later is padded with silence, sound
    before 0 is cut off, and gaps in the timestamps become silence, so that a time in the file is
    the same time in the film.
    """
    _check_times(film, probed, track)
    with files.replacing(flac) as part:
        extraction = _Extraction(film, probed, track, part, limits, progress, mixed)
        if track.varies or not extraction.in_one_step():
            extraction.in_two_steps()
        length = length_ms(part)
        if length <= 0:
            raise NoSound(f"audio stream {track.index} holds no sound; choose another track")
        if length > limits.max_duration_h * 3_600_000:
            raise Problem(
                f"{film}: audio track {track.index} claims {length / 3_600_000:.1f} hours; "
                f"limits.max_duration_h is {limits.max_duration_h:g}"
            )
        if track.end_ms is not None and length > track.end_ms + _TOO_LONG_MS:
            raise Problem(
                f"{film}: audio track {track.index} ends at {track.end_ms / 1000:.1f} s, but came "
                f"out {length / 1000:.1f} s long, so that its cues would be late. Its timestamps "
                "are damaged: repair them, e.g. with ffmpeg -i FILM -c copy new.mkv, or choose "
                "another track (demux.audio_track)"
            )
    return length


def _check_times(film: Path | str, probed: Probe, track: Stream) -> None:
    """Raise Problem for a sound whose packets do not fit between their times, as Vorbis in AVI, of
    which FFmpeg counts them wrong. It would come out in scraps."""
    for index, lasts_ms, room_ms in probed.crowded:
        if index == track.index:
            raise Problem(
                f"{film}: audio track {index} ({track.codec}) holds {lasts_ms / 1000:.1f} s of "
                f"sound between times that are {room_ms / 1000:.1f} s apart, so that nothing in it "
                "has its place. Give it times by its length: ffmpeg -i FILM -map 0 -c copy -c:a "
                "flac -af asetpts=N/SR/TB new.mkv; or choose another track (demux.audio_track)"
            )


@dataclass(frozen=True)
class _Extraction:
    """A track of a film on its way to the file `part`. Both ways give the same bytes.

    With the film's own timestamps they do not depend on what a version of ffmpeg takes for the
    start. Only where the timestamps restart does ffmpeg have to correct them, and its corrected
    clock begins at 0.
    """

    film: Path | str
    probed: Probe
    track: Stream
    part: Path
    limits: Limits
    progress: Progress
    mixed: Sequence[str] | None

    def in_one_step(self) -> bool:
        """Decode the sound and put it on the film's clock. False where that can't be done: the
        sound changes its format midway, or nothing of it can be decoded."""
        filters = [
            *self._filters(),
            # What the two steps keep between them.
            f"aformat=sample_fmts={_stored(self.track)}:sample_rates={self._rate}",
            self._timed(round(self._start_us * self._rate / 1_000_000)),
            "aformat=channel_layouts=mono|stereo",  # ffmpeg 5.1 does not choose by itself
        ]
        messages: list[str] = []
        try:
            # Filters that may not be set up anew refuse another format.
            self._run(
                ["-reinit_filter", "0", *self._source(), "-af", ",".join(filters)], messages.append
            )
        except Problem:
            if not changes_format(messages) and self.part.exists() and self.part.stat().st_size:
                raise
            return False
        if changes_format(messages):
            return False
        if not self.part.stat().st_size or length_ms(self.part) <= 0:
            return False
        for line in messages:
            _tell_of_latecomer(self.film, line)
        return True

    def in_two_steps(self) -> None:
        """Decode the sound in one ffmpeg and put it on the film's clock in another, which costs
        more: where a sound changes its format midway, ffmpeg sets up its filters anew, and the one
        that fills gaps with silence would restart at 0."""
        decoded = [
            *self._source(), "-af", ",".join(self._filters()), "-ar", str(self._rate),
            "-c:a", _PCM[_stored(self.track)],
            "-output_ts_offset", f"{_LEAD_S - self._start_us / 1_000_000:.6f}", "-f", "nut",
            "pipe:1",
        ]  # fmt: skip
        piped = ["-copyts", "-protocol_whitelist", "pipe", "-f", "nut", "-i", "pipe:0"]
        self.part.unlink(missing_ok=True)  # what the one step left
        try:
            self._run(
                [*piped, "-af", self._timed(_LEAD_S * self._rate)],
                partial(_tell_of_latecomer, self.film), decoded,
            )  # fmt: skip
        except Problem as problem:
            if self.part.exists():
                raise
            # The second ffmpeg opens its output only after the first has decoded something.
            raise NoSound(
                f"nothing of audio stream {self.track.index} ({self.track.codec}) can be decoded: "
                "was the film copied to its end? Or choose another track (demux.audio_track); "
                f"{problem}"
            ) from problem

    @property
    def _rate(self) -> int:
        return self.track.sample_rate or 48_000

    @property
    def _start_us(self) -> int:
        return 0 if self.probed.jumps else self.probed.start_us

    def _source(self) -> list[str]:
        own_clock = [] if self.probed.jumps else ["-copyts"]
        return [
            *own_clock, *ffmpeg.source(self.film), "-map", f"0:{self.track.index}",
            "-vn", "-sn", "-dn", "-map_metadata", "-1",
        ]  # fmt: skip

    def _filters(self) -> list[str]:
        option, value = self.mixed or _mixed(self.track)
        if option == "-af":
            return [value]
        return [f"aformat=channel_layouts={'mono' if value == '1' else 'stereo'}"]

    def _timed(self, first: int) -> str:
        return f"aresample={self._rate}:async=1:first_pts={first}"

    def _run(
        self, arguments: Sequence[str], listen: Callable[[str], None], fed_by: Sequence[str] = ()
    ) -> None:
        coded = ["-c:a", "flac", "-fflags", "+bitexact", "-f", "flac", containers.url(self.part)]
        ffmpeg.run(
            [*arguments, *coded], self.probed.duration_ms, self.progress, self.limits,
            fed_by=fed_by, listen=listen,
        )  # fmt: skip


def changes_format(messages: Sequence[str]) -> bool:
    """Whether ffmpeg's messages say that a sound changed its format midway, which filters that may
    not be set up anew (`-reinit_filter 0`) refuse."""
    return any("Changing audio frame properties on the fly" in line for line in messages)


def _tell_of_latecomer(film: Path | str, line: str) -> None:
    """Warn of a stream that began after the film was opened, as in broadcasts; only ffmpeg's
    messages show it."""
    if new := re.search(r"New (\w+) stream .*DTS:\s*([\d.]+)s", line):
        log.warning(
            "%s: a further %s stream begins at %s s of its own clock; it is neither used nor in "
            "the muxed film. To include it, remux the film: ffmpeg -probesize 2G -analyzeduration "
            "2G -i FILM -map 0 -c copy new.mkv", film, new[1], new[2],
        )  # fmt: skip


def _mixed(track: Stream) -> list[str]:
    """ffmpeg's arguments that make at most stereo of a track. A track not known to have one channel
    may have more later; channels of unknown position are mixed equally."""
    layout, channels = track.layout or "", track.channels or 0
    if layout.startswith("ambisonic"):
        return ["-af", "pan=mono|c0=c0"]  # its first channel is omnidirectional
    if re.fullmatch(r"\d+ channels", layout) and channels > 2:
        weight = f"{channels**-0.5:.4f}"  # each stays audible, and their sum clips little
        return ["-af", f"pan=mono|c0={'+'.join(f'{weight}*c{n}' for n in range(channels))}"]
    return ["-ac", "1" if channels == 1 else "2"]


def _stored(track: Stream) -> str:
    """The sample format that holds a decoder's samples unchanged."""
    whole = {"s16": "s16", "u8": "s16", "s32": "s32"}
    return whole.get((track.samples or "").removesuffix("p"), "flt")


class Sound:
    """Sound as recognisers want it: mono float32 in [-1, 1] at 16 kHz.

    `sound[a:b]` reads those samples, shape (samples,); `len` counts all. They are in an unnamed
    file that is deleted with this object: three hours take 700 MB on disk and none in memory.
    """

    def __init__(self, file: IO[bytes]):
        self._file = file
        self._length = os.fstat(file.fileno()).st_size // _SAMPLE_BYTES

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, wanted: slice) -> "np.ndarray[Any, Any]":
        import numpy as np

        start, stop, step = wanted.indices(self._length)
        if step != 1:
            raise ValueError("sound is read sample by sample")
        size = max(0, stop - start) * _SAMPLE_BYTES
        data = os.pread(self._file.fileno(), size, start * _SAMPLE_BYTES)
        samples: np.ndarray[Any, Any] = np.frombuffer(data, np.float32).copy()
        return samples

    def __del__(self) -> None:
        self._file.close()

    @property
    def duration_ms(self) -> int:
        """Its length in ms."""
        return self._length * 1000 // SPEECH_RATE


class SoundInParts(Sound):
    """The same of a file of which each minute is decoded when it is first read: a shard reads a
    part of a long film, and a stage that has kept its answers nothing. Only what was read takes
    room on the disk."""

    def __init__(self, flac: Path | str, *, apart: bool):
        self._flac, self._apart = flac, apart
        self._samples = speech_samples(flac)
        self._half = _half_of(self._samples) if apart else self._samples
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the sound keeps it open
        file.truncate((2 if apart else 1) * self._half * _SAMPLE_BYTES)
        super().__init__(file)
        self._decoded: set[tuple[int, int]] = set()
        self._decoding = Lock()

    def __getitem__(self, wanted: slice) -> "np.ndarray[Any, Any]":
        start, stop, _ = wanted.indices(self._length)
        with self._decoding:
            for channel in range(2 if self._apart else 1):
                first = channel * self._half
                a, b = max(start - first, 0), min(stop - first, self._samples)
                for minute in range(a // _PART, -(-b // _PART)):
                    self._decode(channel, minute)
        return super().__getitem__(wanted)

    def _decode(self, channel: int, minute: int) -> None:
        if (channel, minute) in self._decoded:
            return
        self._file.seek((channel * self._half + minute * _PART) * _SAMPLE_BYTES)
        wanted, from_s = channel if self._apart else None, minute * _PART // SPEECH_RATE
        for block in speech_blocks(self._flac, wanted, from_s=from_s, most=_PART):
            self._file.write(block.data)
        self._file.flush()
        self._decoded.add((channel, minute))


def read_speech_audio(flac: Path | str, *, apart: bool = False, in_parts: bool = False) -> Sound:
    """The sound of a file, decoded once, or only the parts that are read. The samples lie in the
    system's folder of temporary files (`TMPDIR`). Where its two channels are heard `apart`, they
    come one after the other, each in half of the sound: the second begins a window of silence and
    more after the first one's end."""
    if in_parts:
        return SoundInParts(flac, apart=apart)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the sound keeps it open
    half = 0
    for number, channel in enumerate((0, 1) if apart else (None,), 1):
        for block in speech_blocks(flac, channel):
            file.write(block.data)
        if apart:
            half = half or _half_of(file.tell() // _SAMPLE_BYTES)
            file.truncate(file.seek(number * half * _SAMPLE_BYTES))
    file.flush()
    return Sound(file)


def _half_of(samples: int) -> int:
    """The samples of half a sound whose channels are apart, of which each has so many: whole
    seconds, with more silence than any recogniser hears at once."""
    seconds = -(-samples // SPEECH_RATE) + 2 * WINDOW_MS // 1000
    return seconds * SPEECH_RATE


def length_ms(flac: Path | str) -> int:
    """The length of a file that `extract_audio` wrote."""
    with containers.opened(flac) as container:
        return probing.duration_ms(container, probing.streams(container))


@dataclass(frozen=True)
class SoundFormat:
    """How a FLAC file holds its samples: `s16`, or `s32` with 24 bits."""

    rate: int
    channels: int
    kind: str

    @property
    def full_scale(self) -> int:
        """The integer that stands for 1.0."""
        return 1 << (15 if self.kind == "s16" else 31)


def sound_format(flac: Path | str) -> SoundFormat:
    """The format of a file that `extract_audio` wrote."""
    with containers.opened(flac) as container:
        context = container.streams.audio[0].codec_context
        return SoundFormat(context.sample_rate, context.channels, context.format.packed.name)


def sound_blocks(flac: Path | str, start: int = 0) -> "Iterator[np.ndarray[Any, Any]]":
    """The samples as they are stored, from `start` on, a frame of the file at a time: integers of
    its format, shape (channels, samples)."""
    with containers.opened(flac) as container:
        for frame in _frames(container, start):
            yield _samples(frame)


def _samples(frame: Any) -> "np.ndarray[Any, Any]":
    block: np.ndarray[Any, Any] = frame.to_ndarray()
    return block if frame.format.is_planar else block.reshape(-1, frame.layout.nb_channels).T


def _frames(container: Any, start: int) -> Iterator[Any]:
    """The frames of a sound from a sample on; the first is cut so that it begins there."""
    reached = not start
    if start:
        container.seek(start, stream=container.streams.audio[0])
    for frame in container.decode(audio=0):
        before = start - (frame.pts if start else 0)
        if before < 0 and not reached:
            raise Problem(f"{container.name}: its sample {start} can't be reached")
        if reached := before < frame.samples:
            yield _later(frame, before) if before > 0 else frame


def _later(frame: Any, samples: int) -> Any:
    """A frame without its first samples."""
    import av
    import numpy as np

    kept = _samples(frame)[:, samples:]
    packed = kept if frame.format.is_planar else kept.T.reshape(1, -1)
    made = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(packed), format=frame.format.name, layout=frame.layout.name
    )
    made.sample_rate, made.time_base = frame.sample_rate, frame.time_base
    made.pts = frame.pts + samples
    return made


def is_silent(flac: Path | str) -> bool:
    """Whether a file of `extract_audio` is silent throughout; it is read up to its first sound."""
    import numpy as np

    most = _INAUDIBLE * sound_format(flac).full_scale
    return not any(np.any(block > most) or np.any(block < -most) for block in sound_blocks(flac))


def speech_samples(flac: Path | str) -> int:
    """How many samples the sound of `read_speech_audio` has; only its end is decoded."""
    from_s = max(0, length_ms(flac) // 1000 - 1)
    return from_s * SPEECH_RATE + sum(map(len, speech_blocks(flac, from_s=from_s)))


def speech_blocks(
    flac: Path | str,
    channel: int | None = None,
    *,
    from_s: int = 0,
    most: int | None = None,
) -> "Iterator[np.ndarray[Any, Any]]":
    """The sound of `read_speech_audio` in parts, shape (samples,), of a second each, the last one
    shorter: from a second on, `most` samples or all. They are the same whichever second is first.

    For stereo it is the mean of both channels; where they cancel each other out (opposite phase),
    it is the louder one. Or it is one `channel` alone, 0 or 1.
    """
    # A resampler's first samples depend on what it was given before: those of the second before
    # are thrown away. At a whole second it stands as at the beginning, for every rate.
    lead = min(from_s, 1)
    for block in islice(_speech_blocks(flac, channel, from_s - lead), lead, None):
        yield block[:most]
        most = None if most is None else max(0, most - len(block))
        if most == 0:
            return


def _speech_blocks(
    flac: Path | str, channel: int | None, from_s: int
) -> "Iterator[np.ndarray[Any, Any]]":
    import av
    import numpy as np

    def resampler(layout: str) -> Any:
        return av.AudioResampler(
            format="flt", layout=layout, rate=SPEECH_RATE, frame_size=SPEECH_RATE
        )

    with containers.opened(flac) as container:
        mono, each = resampler("mono"), resampler("stereo")
        coded = container.streams.audio[0].codec_context
        stereo = coded.channels == 2
        for frame in _and_none(container, from_s * coded.sample_rate):
            whole = mono.resample(frame)
            sides = each.resample(frame) if stereo else [None] * len(whole)
            for mixed, both in zip(whole, sides, strict=True):
                block = mixed.to_ndarray().reshape(-1)
                if both is None:
                    yield block
                    continue
                pair = both.to_ndarray().reshape(-1, 2)
                alone = None if channel is None else np.ascontiguousarray(pair[:, channel])
                yield louder(block, pair) if alone is None else alone


def _and_none(container: Any, start: int) -> Iterator[Any]:
    """The frames of a sound, then None, at which a resampler returns its remaining samples."""
    yield from _frames(container, start)
    yield None


def louder(mixed: "np.ndarray[Any, Any]", sides: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return `mixed`, shape (samples,), or, if it has lost most of the power of its two `sides`,
    shape (samples, 2), the louder of these."""
    import numpy as np

    power = np.square(sides, dtype=np.float64).mean(axis=0)
    if np.square(mixed, dtype=np.float64).mean() >= _CANCELLED * power.max():
        return mixed
    loudest: np.ndarray[Any, Any] = np.ascontiguousarray(sides[:, power.argmax()])
    return loudest


@contextmanager
def writing_sound(
    path: Path | str, form: SoundFormat
) -> "Iterator[Callable[[np.ndarray[Any, Any]], None]]":
    """Write a FLAC file, which gets its name at the end. Yields a function that writes a block:
    integers of the format, shape (channels, samples)."""
    import av
    import numpy as np

    layout = {1: "mono", 2: "stereo"}[form.channels]
    with files.replacing(path) as partial, containers.created(partial, "flac") as container:
        stream = container.add_stream("flac", rate=form.rate, layout=layout, format=form.kind)
        stream.codec_context.flags |= av.codec.context.Flags.bitexact

        def write(block: "np.ndarray[Any, Any]") -> None:
            if block.shape[1]:
                packed = np.ascontiguousarray(block.T).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(packed, format=form.kind, layout=layout)
                frame.sample_rate = form.rate
                container.mux(stream.encode(frame))

        yield write
        container.mux(stream.encode(None))
