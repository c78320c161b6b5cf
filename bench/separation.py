"""The effect of removing the music on recognition: `python bench/separation.py FOLDER`.

FOLDER is what bench/sounds.py filled. Two readers are mixed with four pieces of music at several
levels. Each mix is recognised as it is, and with the separated voice, to which different parts of
the mix are added. Prints word error rates in percent, and music_db as 04_source_separation
measures it.
"""

import re
import sys
from pathlib import Path

import jiwer
import numpy as np
import sounds

from subtitling import spans
from subtitling.documents import Region
from subtitling.recognition import chunking, whisper
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.sound import separation

STORE = sounds.ROOT / "models"
LEVELS_DB = (-5, 0, 5, 10)
MUSIC = {"band": 0, "metal": 60, "slow": 60, "dance": 60}
MIXES = (0.0, 0.25, 0.5)


def speakers(folder: Path) -> dict[str, tuple[np.ndarray, str]]:
    """Readings with their texts, by reader."""
    pause = np.zeros(sounds.RATE // 2, np.float32)
    parts = [p for name in sounds.AUSTEN for p in (sounds.sound(folder, name), pause)]
    tale = (sounds.DATA / "two_cities.txt").read_text("utf-8")
    return {
        "tale": (sounds.sound(folder, "two_cities"), tale),
        "austen": (np.concatenate(parts), " ".join(sounds.AUSTEN.values())),
    }


def words(text: str) -> str:
    """A text as it is compared: words alone."""
    text = re.sub(r"[—–-]", " ", text.casefold()).replace("mr.", "mister")
    return " ".join(re.sub(r"[^\w' ]", "", text).split())


def recognised(recogniser: whisper.Whisper, sound: np.ndarray) -> str:
    """Recognise English speech in equal chunks of at most 28 s."""
    length = len(sound) * 1000 // sounds.RATE
    parts = spans.pieces((0, length), 28_000)
    chunks = [chunking.Chunk(a, b, (Region("r", a, b, 1.0),)) for a, b in parts]
    heard = recogniser.recognise(sound, chunks, "en", "transcribe", lambda *_: None)
    return " ".join(answer.text for answer in heard)


def main() -> None:
    """Mix, separate, recognise, print."""
    folder = Path(sys.argv[1])
    options = RecognitionOptions(**sounds.defaults("asr", "engine", "shards"))
    recogniser = whisper.Whisper(STORE / "whisper-base", "cpu", 2, options, print)
    engine = separation.load(STORE / "spleeter-2stems", "cpu")
    separator = separation.Separator(lambda: engine, "cpu", lambda *_: None)

    def errors(sound: np.ndarray, text: str) -> tuple[int, int]:
        done = jiwer.process_words(words(text), words(recognised(recogniser, sound)) or "-")
        return done.substitutions + done.deletions + done.insertions, len(words(text).split())

    kinds = ["mix", *[f"voice+{share}" for share in MIXES]]
    totals: dict[tuple[int, str], list[int]] = {}
    print("reader", "music", "music_db", "measured", *kinds, sep="\t")
    for reader, (voice, text) in speakers(folder).items():
        wrong, count = errors(voice, text)
        print(reader, "none", "", "", f"{100 * wrong / count:.1f}", sep="\t", flush=True)
        for music, start_s in MUSIC.items():
            for level in LEVELS_DB:
                mix = sounds.over(voice, sounds.sound(folder, music, start_s), level)
                vocals = separator.vocals(mix[None], sounds.RATE)[0]
                measured = separation.level_db(vocals[None], (mix - vocals)[None], 1600)
                variants = [mix, *[separation.dialogue(mix, vocals, share) for share in MIXES]]
                row = []
                for kind, sound in zip(kinds, variants, strict=True):
                    wrong, count = errors(sound.astype(np.float32), text)
                    row.append(f"{100 * wrong / count:.1f}")
                    sums = totals.setdefault((level, kind), [0, 0])
                    sums[0], sums[1] = sums[0] + wrong, sums[1] + count
                print(reader, music, level, measured, *row, sep="\t", flush=True)
    for level in LEVELS_DB:
        row = [f"{100 * w / n:.1f}" for w, n in (totals[level, kind] for kind in kinds)]
        print("all", "all", level, "", *row, sep="\t")


if __name__ == "__main__":
    main()
