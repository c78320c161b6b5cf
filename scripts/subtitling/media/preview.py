"""A small copy of a film's sound, for playback in its page."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from lineage import files
from subtitling.media import containers, ffmpeg, written_sound
from subtitling.runtime.progress import Progress

# libopus accepts no less than the first; more than the second does not improve speech.
_LEAST_BPS, _MOST_BPS = 6_000, 24_000


@dataclass(frozen=True)
class PreviewOptions:
    """`max_mb` is the largest size of the sound in the page, in millions of bytes."""

    max_mb: float

    @property
    def max_bytes(self) -> int:
        """The same in bytes."""
        return round(self.max_mb * 1_000_000)


def rate_bps(duration_ms: int, options: PreviewOptions) -> int:
    """The bit rate, in bits a second, that keeps a sound within `options`, as far as the codec
    allows."""
    fits = options.max_bytes * 8 * 1000 // max(1, duration_ms)
    # The container adds about 3 % at the lowest rate.
    return max(_LEAST_BPS, min(_MOST_BPS, fits * 95 // 100))


def write(
    flac: Path | str, duration_ms: int, target: Path | str, bps: int, progress: Progress
) -> None:
    """Write mono Opus in WebM, which every browser plays."""
    coded = [
        "-map",
        "0:a:0",
        "-ac",
        "1",
        "-c:a",
        "libopus",
        "-b:a",
        str(bps),
        "-vbr",
        "constrained",
    ]
    plain = ["-application", "voip", "-map_metadata", "-1", "-fflags", "+bitexact"]
    with files.replacing(target) as partial:
        ffmpeg.run(
            [*ffmpeg.source(flac), *coded, *plain, "-f", "webm", containers.url(partial)],
            duration_ms,
            progress,
        )
        written_sound.sound(partial, duration_ms)


def in_page(sound: Path | None, options: PreviewOptions) -> tuple[str | None, str]:
    """The sound as a `data:` address for a page, None if it is too large or missing; and the text
    of the page about it."""
    if sound is None:
        return None, "There is no sound in this page: subtitles and timeline follow your clicks."
    if sound.stat().st_size > options.max_bytes:
        return None, f"The sound is too long to be inside this page: open {sound}, or the film."
    content = b64encode(sound.read_bytes()).decode()
    return (
        f"data:audio/webm;base64,{content}",
        "The sound is a small copy inside this page; or open the film itself.",
    )
