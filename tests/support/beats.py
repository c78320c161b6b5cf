"""Where a film beats: the times of its white frames, its beeps, and the cues beside them."""

from pathlib import Path

import numpy as np

from subtitling.media import audio_file, containers
from subtitling.media.audio_file import SPEECH_RATE

TOGETHER_MS = 500  # what is nearer than this is one beat


def beeps_ms(flac: Path) -> list[int]:
    """When each beep begins in a sound file."""
    sound = np.abs(audio_file.read_speech_audio(flac)[:])
    loud = np.flatnonzero(sound > 0.2) * 1000 / SPEECH_RATE
    return _begins(loud.tolist())


def flashes_ms(film: Path) -> list[int]:
    """When each white frame is shown, by the timestamps of the file, first to last."""
    with containers.opened(film) as container:
        if not container.streams.video:
            return []
        white = [
            float(frame.pts * frame.time_base) * 1000
            for frame in container.decode(video=0)
            if np.mean(frame.to_ndarray(format="gray")) > 128
        ]
    return _begins(sorted(white))


def cues_ms(film: Path) -> list[int]:
    """When each cue of the last subtitle track begins, by the timestamps of the file."""
    with containers.opened(film) as container:
        track = container.streams.subtitles[-1]
        return [
            round(float(p.pts * p.time_base) * 1000)
            for p in container.demux(track)
            if p.pts is not None and p.size
        ]


def _begins(times: list[float]) -> list[int]:
    begun: list[int] = []
    last = -TOGETHER_MS * 2.0
    for time in times:
        if time - last > TOGETHER_MS:
            begun.append(round(time))
        last = time
    return begun
