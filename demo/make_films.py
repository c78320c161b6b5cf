"""Make the two demo films from the recordings in tests/data: a moving picture over each.

Where the recordings come from stands in tests/data/README.md.
"""

from pathlib import Path

from subtitling.media import audio_file, containers, ffmpeg

HERE = Path(__file__).parent
DATA = HERE.parent / "tests" / "data"
_MOVING = "gradients=size=640x360:speed=0.02:seed=1"
FILMS = {
    "tale": ("two_cities.flac", "eng", f"{_MOVING}:rate=24:c0=0x1b2a41:c1=0x324a5f"),
    "hindi": ("hindi.flac", "hin", f"{_MOVING}:rate=25:c0=0x5f0f40:c1=0x9a031e"),
}


def make(film: Path, sound: Path, language: str, picture: str) -> None:
    """Write `film`: `picture` (an ffmpeg source filter) for as long as `sound` lasts.

    One ffmpeg writes the same bytes on every host: x264's depend on the number of its threads, and
    where `-shortest` ends the picture depends on how far the sound has come.
    """
    partial = film.with_suffix(".partial")
    lasts = f"{audio_file.length_ms(sound)}ms"
    ffmpeg.run([
        "-f", "lavfi", "-t", lasts, "-i", picture, *ffmpeg.source(sound),
        "-map", "0:v", "-map", "1:a",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-pix_fmt", "yuv420p",
        "-threads:v", "1",
        "-c:a", "aac", "-b:a", "96k", "-metadata:s:a:0", f"language={language}",
        "-fflags", "+bitexact", "-f", "matroska", containers.url(partial),
    ])  # fmt: skip
    partial.replace(film)


if __name__ == "__main__":
    for job, (sound, language, picture) in FILMS.items():
        film = HERE / f"{job}.mkv"
        if not film.exists():
            print(f"making {film.relative_to(Path.cwd())}", flush=True)
            make(film, DATA / sound, language, picture)
