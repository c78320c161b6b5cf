"""How well words are heard and timed: the tables of docs/evaluation.md.

    PYTHONPATH=scripts python bench/hearing.py --librivox DIR --hindi TEXT [--spoken CLIPS]

Word times are compared with two references that are independent of this project: pocketsphinx's
forced alignment of recordings of people, and the word events of espeak-ng's own synthesis. DIR is
the folder `test/data/librivox` of pocketsphinx 5.1.1's source distribution (public domain readings
with their texts); the package pocketsphinx must be installed. TEXT is a Hindi text, a sentence a
line; CLIPS a folder of more Hindi, NAME.flac with NAME.txt, for the error rates alone.

    PYTHONPATH=scripts python bench/hearing.py --second-ear MODEL --language CODE CLIP.flac ...

How far the agreement of two recognisers says which words are wrong, and what the rule that chooses
between them does, on clips with their texts beside them, CLIP.txt.
"""

import argparse
import random
import re
import sys
import unicodedata
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.runtime.progress import Progress

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jiwer
import numpy as np

from bench import sounds
from bench.sounds import defaults
from bench.subtitles import read_aloud
from subtitling.alignment import same_words, word_times
from subtitling.alignment.aligners import phonemes
from subtitling.alignment.second_ear import SecondEar
from subtitling.documents import Region, Segment, Transcript
from subtitling.media import audio_file
from subtitling.recognition import chunking, passes, whisper, writing

ROOT = Path(__file__).resolve().parents[1]
Words = list[tuple[str, int, int]]


@dataclass(frozen=True)
class Clip:
    """A sound with what is said in it and, by the reference, when."""

    name: str
    language: str
    file: Path
    words: Words


def pocketsphinx(file: Path, text: str) -> Words:
    """A reading's words as pocketsphinx's forced alignment places them."""
    from pocketsphinx import Decoder

    with wave.open(str(file)) as sound:
        samples = sound.readframes(sound.getnframes())
    decoder = Decoder(lm=None, loglevel="FATAL")
    decoder.set_align_text(text)
    decoder.start_utt()
    decoder.process_raw(samples, full_utt=True)
    decoder.end_utt()
    return [
        (re.sub(r"\(\d+\)$", "", s.word), s.start_frame * 10, (s.end_frame + 1) * 10)
        for s in decoder.seg()
        if s.word[0] not in "<["
    ]


def librivox(folder: Path) -> Iterator[Clip]:
    """The readings in pocketsphinx's test data."""
    for line in (folder / "transcription").read_text().splitlines():
        _, text, name = re.split(r"<s> | </s> \(", line.strip().removesuffix(")"))
        file = folder / f"{name}.wav"
        yield Clip("English, read by a person", "en", file, pocketsphinx(file, text))


def synthetic(
    name: str, language: str, voice: str, text: str, folder: Path, noise: float
) -> Iterator[Clip]:
    """A text as espeak-ng says it, four sentences a clip, with noise of so much of its power."""
    sentences = [s for s in re.split(r"(?<=[.!?।])\s+", " ".join(text.split())) if s]
    rng = np.random.default_rng(1)
    for at in range(0, min(len(sentences), 40), 4):
        file = folder / f"{language}-{noise}-{at}.wav"
        words = read_aloud(" ".join(sentences[at : at + 4]), voice, 150, file)
        if noise:
            with wave.open(str(file)) as sound:
                form, data = sound.getparams(), sound.readframes(sound.getnframes())
            speech = np.frombuffer(data, np.int16).astype(float)
            speech += rng.standard_normal(len(speech)) * np.sqrt(noise * (speech**2).mean())
            with wave.open(str(file), "wb") as sound:
                sound.setparams(form)
                sound.writeframes(speech.clip(-32768, 32767).astype(np.int16).tobytes())
        yield Clip(name, language, file, [w for w in words if w[2] < 29_000])


def timing(clips: Sequence[Clip], recogniser: whisper.Whisper) -> None:
    """Prints how far words lie from the reference, by aligner."""
    print("\n| speech | words | aligner | start, median | start, 90 % | end, median |")
    print("|---|---|---|---|---|---|")
    quiet: Progress = lambda _done, _total: None  # noqa: E731
    rows: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for clip in clips:
        sound = audio_file.read_speech_audio(clip.file)
        length = min(sound.duration_ms, 29_900)
        region = Region("r", 0, length, 1.0)
        text = " ".join(word for word, _, _ in clip.words)
        segment = [Segment("g", 0, length, text, (), None, ("r",))]
        by_phonemes = word_times.align(
            phonemes.Phonemes(clip.language), sound, segment, [region], clip.language, 2, quiet
        )
        by_attention = word_times.attend(recogniser, sound, segment, [region], clip.language, quiet)
        for name, alignment in (("phonemes", by_phonemes), ("attention", by_attention)):
            placed = alignment[0].words
            if len(placed) != len(clip.words):
                print(f"{clip.file.name}: {name} gave {len(placed)} words", file=sys.stderr)
                continue
            rows.setdefault((clip.name, name), []).extend(
                (abs(w.start_ms - start), abs(w.end_ms - end))
                for w, (_, start, end) in zip(placed, clip.words, strict=True)
            )
    for (speech, aligner), errors in rows.items():
        starts, ends = zip(*errors, strict=True)
        print(
            f"| {speech} | {len(errors)} | {aligner} | {np.median(starts):.0f} ms "
            f"| {np.percentile(starts, 90):.0f} ms | {np.median(ends):.0f} ms |"
        )


def plain(text: str) -> str:
    """A text for comparing: letters, marks and digits."""
    text = unicodedata.normalize("NFC", text.casefold())
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in text)
    return " ".join("".join(kept).split())


def interval(pairs: Sequence[tuple[str, str]], measure: Any) -> str:
    """A rate in % over pairs of reference and hypothesis, and its 95 % interval by bootstrap."""
    rng = random.Random(1)
    whole = measure(*map(list, zip(*pairs, strict=True)))
    drawn = sorted(
        measure(*map(list, zip(*rng.choices(pairs, k=len(pairs)), strict=True))) for _ in range(500)
    )
    low, high = drawn[12], drawn[487]
    spread = f" ({100 * low:.1f} to {100 * high:.1f})" if len(pairs) > 2 else ""
    return f"{100 * whole:.1f}{spread}"


def recognition(named: Sequence[tuple[str, str, Path, str]], recogniser: whisper.Whisper) -> None:
    """Prints error rates of what is heard, by `asr.script`."""
    doubting = HallucinationOptions(**defaults("hallucinations"))
    quiet: Progress = lambda _done, _total: None  # noqa: E731
    texts: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    removed = 0
    for name, language, file, text in named:
        sound = audio_file.read_speech_audio(file)
        chunks = chunking.chunks(sounds.regions(file), recogniser.options.chunk_ms)
        for script in ("auto", "Deva", "as-heard") if language == "hi" else ("auto",):
            recogniser.options = replace(recogniser.options, script=script)

            said = passes.Listener(recogniser, sound, language, quiet).recognise(
                chunks, [], doubting
            )
            removed += len(said.removed)
            free = writing.free(language, script)
            heard = " ".join(
                writing.written(h.text, language, ()).text if free else h.text
                for _, h in said.pairs
            )
            texts.setdefault((name, script, language), []).append((text, heard))
    print(
        "\n| speech | clips | script | word errors, % | character errors, % "
        "| word errors without spelling (OIWER), % | letters in the language's script, % |"
    )
    print("|---|---|---|---|---|---|---|")
    for (name, script, language), both in texts.items():
        compared = [(plain(text), plain(heard)) for text, heard in both]
        whole = " ".join(heard for _, heard in both)
        print(
            f"| {name} | {len(both)} | {script} | {interval(compared, jiwer.wer)} "
            f"| {interval(compared, jiwer.cer)} "
            f"| {interval(both, partial(same_words.error_rate, language=language))} "
            f"| {100 * same_words.fidelity(whole, language):.1f} |"
        )
    print(f"\nTexts taken out by the doubts: {removed}")


@dataclass(frozen=True)
class Placer:
    """Places words as stage 07 does, by the phonemes alone."""

    sound: Any
    language: str
    aligner: phonemes.Phonemes

    def timed(self, segments: Sequence[Segment], regions: Sequence[Region]) -> list[Segment]:
        """The segments with their words' times."""
        quiet: Progress = lambda _done, _total: None  # noqa: E731
        return word_times.align(
            self.aligner, self.sound, segments, regions, self.language, 2, quiet
        )


def wrong_words(said: str, heard: Sequence[str], language: str) -> set[int]:
    """The numbers of the words heard that are not what was said, spellings apart."""
    pairs = same_words.aligned(said.split(), heard, language)
    return {n for p in pairs if not p.same for n in range(p.second, p.second_end)}


def two_ears(clips: Sequence[Path], language: str, second: str) -> None:
    """Prints, for each clip, how the words of Whisper base that another model hears otherwise go
    with those that are wrong, and the errors before and after the choice between both."""
    options = RecognitionOptions(**defaults("asr", "engine", "shards"))
    options = replace(options, other_languages=())
    doubting = HallucinationOptions(**defaults("hallucinations"))
    quiet: Progress = lambda _done, _total: None  # noqa: E731
    ears = [
        whisper.Whisper(ROOT / "models" / name, "cpu", 2, options, print)
        for name in ("whisper-base", second)
    ]
    print(
        "| clip | words | wrong | agreement, % | wrong words that one heard | right ones "
        "| OIWER before, % | after | words replaced or added | which |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for clip in clips:
        said = clip.with_suffix(".txt").read_text("utf-8")
        sound = audio_file.read_speech_audio(clip)
        regions = sounds.regions(clip)
        chunks = chunking.chunks(regions, options.chunk_ms)
        placer = Placer(sound, language, phonemes.Phonemes(language))
        heard = []
        for ear in ears:
            answer = passes.Listener(ear, sound, language, quiet).recognise(chunks, [], doubting)
            pairs = [pair for pair in answer.pairs if pair[1].text]
            made = chunking.segments(pairs, [(language, None)] * len(pairs), language)
            heard.append(placer.timed(made, regions))
        first = Transcript(language, None, "phonemes", tuple(heard[0]))
        comparing = SecondEar(placer, regions, language, doubting.min_score)  # type: ignore[arg-type]
        after = comparing.compared(first, heard[1], [language])
        kept = [word for word in after.words if word.ears != "second"]
        wrong = wrong_words(said, [word.text for word in first.words], language)
        pairs_of = SecondEar(placer, regions, language, 1.1)  # type: ignore[arg-type]
        marked = pairs_of.compared(first, heard[1], [language]).words
        alone = {n for n, word in enumerate(marked) if word.ears == "first"}
        right = set(range(len(marked))) - wrong
        taken = [row for row in after.rehearings if row.taken]
        rates = [
            100 * same_words.error_rate([said], [" ".join(w.text for w in t.words)], language)
            for t in (first, after)
        ]
        agreed = sum(word.ears == "both" for word in marked) / max(1, len(marked))
        texts = "; ".join(f"{row.first} → {row.second}" for row in taken)
        print(
            f"| {clip.stem} | {len(marked)} | {len(wrong)} | {100 * agreed:.0f} "
            f"| {len(alone & wrong)} | {len(alone & right)} | {rates[0]:.1f} | {rates[1]:.1f} "
            f"| {len(after.words) - len(kept)} | {texts} |"
        )


def main() -> None:
    """The tables, of Whisper base on the CPU."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--librivox", type=Path)
    parser.add_argument("--hindi", type=Path)
    parser.add_argument("--spoken", type=Path, help="a folder of NAME.flac with NAME.txt, in Hindi")
    parser.add_argument("--second-ear", help="a Whisper in the store, beside whisper-base")
    parser.add_argument("--language", help="of the clips for two ears")
    parser.add_argument("clips", type=Path, nargs="*")
    given = parser.parse_args()
    if given.second_ear:
        two_ears(given.clips, given.language, given.second_ear)
        return
    if not given.librivox or not given.hindi:
        parser.error("--librivox and --hindi are needed, or --second-ear")
    spoken = sorted(given.spoken.glob("*.flac")) if given.spoken else []
    options = RecognitionOptions(**defaults("asr", "engine", "shards"))
    recogniser = whisper.Whisper(ROOT / "models" / "whisper-base", "cpu", 2, options, print)
    data = ROOT / "tests" / "data"
    hindi, english = given.hindi.read_text("utf-8"), (data / "two_cities.txt").read_text("utf-8")
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        clips = [
            *librivox(given.librivox),
            *synthetic("English, espeak-ng", "en", "en-us", english, folder, 0.0),
            *synthetic("Hindi, espeak-ng", "hi", "hi", hindi, folder, 0.0),
            *synthetic("Hindi, espeak-ng, in as much noise", "hi", "hi", hindi, folder, 1.0),
        ]
        timing(clips, recogniser)
    read = [
        ("English, read by a person", "en", c.file, " ".join(w for w, _, _ in c.words))
        for c in librivox(given.librivox)
    ]
    recognition(
        [
            *read,
            ("A Tale of Two Cities", "en", data / "two_cities.flac", english),
            ("Hindi, Kokoro", "hi", data / "hindi.flac", (data / "hindi.txt").read_text("utf-8")),
            *(
                ("Hindi, spoken", "hi", file, file.with_suffix(".txt").read_text("utf-8"))
                for file in spoken
            ),
        ],
        recogniser,
    )


if __name__ == "__main__":
    main()
