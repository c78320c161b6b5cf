"""Mutated films through the stages' logic: `python tests/support/fuzz.py FIRST COUNT` tells how
each ended.

Every mutation is made from its number alone, so that one that failed can be looked at again. All
goes the way of the stages: each film ends in success or in a Problem, within the limits, and leaves
nothing outside its folder.
"""

import random
import shutil
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import films

from lineage.problem import Problem
from subtitling import documents
from subtitling.media import audio_file, audio_tracks, probing
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import mux
from subtitling.muxing.mux import MuxOptions
from subtitling.muxing.subtitle_streams import Track

SEEDS = (
    "plain.mkv", "plain.mp4", "mpeg4.avi", "late_sound.ts", "plain.webm", "cover.mp3",
    "everything.mkv", "timed_text.mp4", "sound.flac", "sound.ogg", "program.mpg", "sound.wav",
)  # fmt: skip
LIMITS = Limits(
    max_streams=100, max_width_px=4096, max_height_px=4096, max_duration_h=1, max_output_gb=0.1,
    time_factor=1, min_run_s=20,
)  # fmt: skip
OPTIONS = MuxOptions(fonts=[], check_s=2)
SRT = "1\n00:00:01,000 --> 00:00:02,000\na cue\n\n"


def mutated(data: bytes, number: int) -> bytes:
    """`data` with a few bytes changed, taken out, doubled or cut off, as `number` says."""
    chance = random.Random(number)
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        if not changed:
            break
        # Headers decide most, so most changes fall there.
        end = len(changed) if chance.random() < 0.4 else min(len(changed), 4096)
        at = chance.randrange(max(1, end))
        how = chance.randrange(6)
        if how == 0:
            changed[at : at + 1] = bytes([chance.randrange(256)])
        elif how == 1:
            changed[at : at + 4] = chance.choice(
                (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff")
            )
        elif how == 2:
            del changed[at : at + chance.randrange(1, 64)]
        elif how == 3:
            changed[at:at] = changed[at : at + chance.randrange(1, 512)]
        elif how == 4:
            changed[at : at + 8] = chance.randbytes(8)
        elif chance.random() < 0.2:
            del changed[max(16, at) :]
        else:
            changed[at] ^= 1 << chance.randrange(8)
    return bytes(changed)


def one(number: int, seeds: Path) -> str:
    """How the mutation ended: `muxed`, or what was said. Anything but a Problem goes through."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        name = SEEDS[number % len(SEEDS)]
        film, stage = folder / f"in{Path(name).suffix}", folder / "stage"
        film.write_bytes(mutated((seeds / name).read_bytes(), number))
        stage.mkdir()
        cues = stage / "en.srt"
        cues.write_text(SRT, encoding="utf-8")
        ended = "muxed"
        try:
            probed = probing.probe(film, LIMITS)
            track = audio_tracks.choose(probed.streams, "auto", "auto", None).track
            audio_file.extract_audio(film, probed, track, stage / "audio.flac", LIMITS, _silent)
            about = documents.Media(
                probed.container, probed.duration_ms, probed.frame_rate, probed.streams,
                documents.Audio(track.index, "", 0, 0, ""),
            )  # fmt: skip
            ours = [Track("en", cues, True, False)]
            mux.write(film, about, ours, stage / "final.mkv", OPTIONS, LIMITS, _silent)
        except Problem as problem:
            ended = str(problem).replace(str(folder), "")
            assert not (stage / "final.mkv").exists()
        assert sorted(p.name for p in folder.iterdir()) == sorted([film.name, "stage"])
        known = {"en.srt", "audio.flac", "final.mkv", ".audio.flac.partial", ".final.mkv.partial"}
        assert {p.name for p in stage.iterdir()} <= known
        return ended


def _silent(_done: float, _total: float) -> None:
    return


def many(first: int, count: int, threads: int = 2) -> Counter[str]:
    """How mutations number `first` and on ended, by the beginning of what was said."""
    seeds = Path(tempfile.mkdtemp())
    try:
        films.make(seeds, frozenset(SEEDS))
        with ThreadPoolExecutor(threads) as pool:
            ended = pool.map(lambda number: one(number, seeds), range(first, first + count))
            return Counter(_kind(text) for text in ended)
    finally:
        shutil.rmtree(seeds)


KINDS = (
    *("muxed", "cannot be read", "the media library ended with", "not done", "no audio track"),
    *("ffmpeg failed", "hours", "holds no sound", "does not play", "packets, not", "off;"),
    *("does not take", "pixels", "streams;", "other content", "is called", "holds ["),
)


def _kind(text: str) -> str:
    for kind in KINDS:
        if kind in text:
            return kind
    return text


if __name__ == "__main__":
    for kind, count in many(int(sys.argv[1]), int(sys.argv[2])).most_common():
        print(f"{count:6} {kind}")
