"""What a browser plays of a film: the original, and where it can't play that, a copy made for it.

The copy and the waveform are made once and kept in the cache.
"""

import threading
from pathlib import Path

from lineage import files
from lineage.problem import Problem
from lineage.record import Job
from subtitling import documents
from subtitling.media import containers, ffmpeg, waveform

_HEIGHT = 480
# What every browser plays: VP8 and Opus in WebM, in a hurry.
_PICTURE = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "900k",
            "-pix_fmt", "yuv420p"]  # fmt: skip
_SOUND = ["-c:a", "libopus", "-ac", "2", "-b:a", "96k", "-map_metadata", "-1", "-f", "webm"]


class Playing:
    """The film of one job. `cache` is the folder for what is made of it."""

    def __init__(self, job: Job, media: documents.Media, cache: Path):
        self._job, self._media, self._cache = job, media, cache
        self._lock = threading.Lock()
        self._working: threading.Thread | None = None
        self.progress = 0.0
        self.failed: str | None = None

    @property
    def film(self) -> Path:
        """The original. Raises Problem where it is not there any more."""
        stage = self._job.stages["01_demux"]
        path = next((self._job.locate(f.path) for f in stage.inputs if f.name == "film"), None)
        if path is None or not path.is_file():
            raise Problem(f"{path or 'the film'} is not there any more; nothing can be played")
        return path

    @property
    def sound(self) -> Path:
        """The sound that was transcribed, which every browser plays."""
        return self._job.folder / "01_demux" / "audio.flac"

    @property
    def copy(self) -> Path:
        """The copy, whether it exists or not."""
        return self._cache / f"{self._job.folder.name}-{self._media.audio.sha256[:12]}.webm"

    @property
    def state(self) -> dict[str, object]:
        """Whether there is a copy, or how much of one."""
        working = self._working is not None and self._working.is_alive()
        return {
            "ready": self.copy.is_file(),
            "working": working,
            "progress": round(self.progress, 3),
            "failed": self.failed,
        }

    def make_copy(self) -> None:
        """Begin to make the copy, if that was not begun."""
        with self._lock:
            if self.copy.is_file() or (self._working and self._working.is_alive()):
                return
            self.failed, self.progress = None, 0.0
            self._working = threading.Thread(target=self._copy, args=(self.film,), daemon=True)
            self._working.start()

    def _copy(self, film: Path) -> None:
        def progress(done: float, of: float) -> None:
            self.progress = min(1.0, done / max(1, of))

        picture = next((s for s in self._media.streams if s.kind == "video"), None)
        coded = ["-map", f"0:{self._media.audio.stream}", *_SOUND]
        if picture:
            scale = f"scale=-2:'min({_HEIGHT},trunc(ih/2)*2)'"
            coded = ["-map", f"0:{picture.index}", "-vf", scale, *_PICTURE, *coded]
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            with files.replacing(self.copy) as partial:
                ffmpeg.run(
                    [*ffmpeg.source(film), *coded, containers.url(partial)],
                    self._media.duration_ms,
                    progress,
                )
        except (Problem, OSError) as error:
            self.failed = str(error)

    def peaks(self) -> bytes:
        """The waveform of the sound; made once."""
        kept = self._cache / f"{self._media.audio.sha256[:24]}.peaks"
        with self._lock:
            if kept.is_file():
                return kept.read_bytes()
            levels = waveform.peaks(self.sound)
            self._cache.mkdir(parents=True, exist_ok=True)
            with files.replacing(kept) as partial:
                partial.write_bytes(levels)
            return levels
