"""The pictures of docs/subtitles.md: each format in four scripts, as libass shows it.

SubRip and WebVTT go through ffmpeg's decoders first. They name no font; one of the script is set,
as a player's own settings would. Needs the Noto fonts (Debian: fonts-noto-core).
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from subtitling.documents import Cue, Segment, Transcript, Word
from subtitling.media import containers, ffmpeg
from subtitling.subtitles import cues, frames, rules
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import Screen

TEXTS = {
    "en": "When she came back to the village, the old house had been sold for $10,000.",
    "hi": "श्रीमती शर्मा ने दरवाज़े पर ताला देखा, पर किसी से कुछ पूछने की उन्हें हिम्मत नहीं हुई।",
    "ta": "அவன் கிராமத்திற்குத் திரும்பி வந்தபோது, பழைய வீடு விற்கப்பட்டு விட்டது.",
    "ur": "جب وہ Delhi سے گاؤں واپس آیا، تو پرانا گھر 10 لاکھ روپے میں بک چکا تھا۔",
}
FONTS = {"en": "Noto Sans", "hi": "Noto Sans Devanagari", "ta": "Noto Sans Tamil",
         "ur": "Noto Naskh Arabic"}  # fmt: skip
SCREEN = Screen(1280, 720)
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"


def track(language: str) -> list[Cue]:
    """The cues of the language's text, a word each quarter of a second."""
    words = tuple(
        Word(f"w{n}", text, 250 * n, 250 * n + 250, 1.0)
        for n, text in enumerate(TEXTS[language].split())
    )
    spoken = Transcript(language, None, "attention", (Segment("g", 0, 5000, "", words, None),))
    limit = frames.frame_rules(rules.of(rules.table("netflix", {}), language), 25.0)
    return cues.cues(spoken, language, 0, 8000, limit)


def frame(source: Path, language: str, name: str, height: int) -> None:
    """The lowest `height` pixels of a frame two seconds in, 560 wide, as `name`."""
    ffmpeg.run(["-i", containers.url(source), containers.url("track.ass")])
    if source.suffix != ".ass":
        text = Path("track.ass").read_text("utf-8")
        Path("track.ass").write_text(text.replace("Arial,", f"{FONTS[language]},"), "utf-8")
    picked = f"select=eq(n\\,50),crop=1120:{height}:80:{720 - height},scale=560:-2"
    ffmpeg.run([
        "-f", "lavfi", "-i", "color=c=0x1b2a41:size=1280x720:rate=25:duration=3",
        "-vf", f"ass=track.ass:shaping=complex,{picked}", "-frames:v", "1", containers.url(name),
    ])  # fmt: skip


def grid(names: list[str], columns: int, height: int, target: Path) -> None:
    """The pictures side by side, row by row."""
    spots = "|".join(f"{n % columns * 560}_{n // columns * height}" for n in range(len(names)))
    inputs = [part for name in names for part in ("-i", containers.url(name))]
    ffmpeg.run([
        *inputs, "-filter_complex", f"xstack=inputs={len(names)}:layout={spots}",
        "-frames:v", "1", containers.url(target),
    ])  # fmt: skip


def main() -> None:
    """Write docs/pictures/formats.png and bilingual.png."""
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        names = []
        for language in TEXTS:
            for kind in subtitle_files.KINDS:
                subtitle_files.write(track(language), f"{language}.{kind}", SCREEN)
                names.append(f"{language}-{kind}.png")
                frame(Path(f"{language}.{kind}"), language, names[-1], 200)
        grid(names, len(subtitle_files.KINDS), 100, PICTURES / "formats.png")
        both = []
        for below, above in (("en", "hi"), ("ur", "en")):
            subtitle_files.write(track(below), "both.ass", SCREEN, above=track(above))
            both.append(f"both-{below}.png")
            frame(Path("both.ass"), below, both[-1], 280)
        grid(both, 2, 140, PICTURES / "bilingual.png")


if __name__ == "__main__":
    main()
