"""How many names are heard right: `PYTHONPATH=scripts python bench/names.py CLIPS`.

CLIPS holds readings in English with their texts (NAME.flac, NAME.txt), and names.txt, the names in
them that a film's data would list, a line each. tests/data/make_hindi.py reads a text in one of
many voices (`--language en-us --voice af_heart`). Prints for each way to hear the clips how many of
the names are missed, and the word error rate.
"""

import re
import sys
from dataclasses import replace
from pathlib import Path

import jiwer

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from bench import sounds  # noqa: E402
from bench.sounds import defaults  # noqa: E402
from subtitling.documents import FilmData, Person  # noqa: E402
from subtitling.film import glossary  # noqa: E402
from subtitling.media import audio_file  # noqa: E402
from subtitling.recognition import chunking, names, passes, whisper  # noqa: E402
from subtitling.recognition.hallucinations import HallucinationOptions  # noqa: E402
from subtitling.recognition.names import NameOptions  # noqa: E402
from subtitling.recognition.recogniser import RecognitionOptions  # noqa: E402

LANGUAGE = "en"


def quiet(_done: float, _total: float) -> None:
    """Progress that is discarded."""


def words(text: str) -> list[str]:
    """The words of a text, as they are compared."""
    return re.findall(r"\w+", text.lower())


def missed(known: list[str], text: str, heard: str) -> int:
    """How often names of the text are not in what was heard."""
    said, got = (f" {' '.join(words(each))} " for each in (text, heard))
    counts = [(said.count(f" {n} "), got.count(f" {n} ")) for n in (n.lower() for n in known)]
    return sum(max(0, in_text - in_heard) for in_text, in_heard in counts)


def main() -> None:
    """A row for each way to hear."""
    folder = Path(sys.argv[1])
    known = (folder / "names.txt").read_text("utf-8").split("\n")
    known = [name for name in known if name]
    cast = tuple(Person(f"person {n}", name) for n, name in enumerate(known))
    film_glossary = glossary.merge([glossary.of_film(FilmData("a film", cast=cast))])
    options = RecognitionOptions(**defaults("asr", "engine", "model", "shards"))
    naming = NameOptions(**defaults("names"))
    ways = {
        "as heard": replace(naming, correct=False, hotword_tokens=0),
        "near misses put right": replace(naming, hotword_tokens=0),
        "names told as well": naming,
    }
    recogniser = whisper.Whisper(ROOT / "models" / "whisper-base", "cpu", 2, options, print)
    texts: dict[str, list[str]] = {way: [] for way in ways}
    true: list[str] = []
    for file in sorted(folder.glob("*.flac")):
        audio = audio_file.read_speech_audio(file)
        regions = sounds.regions(file)
        chunks = chunking.chunks(regions, options.chunk_ms)
        listener = passes.Listener(recogniser, audio, LANGUAGE, quiet)
        said = listener.recognise(chunks, [], HallucinationOptions(**defaults("hallucinations")))
        heard = names.hotwords(film_glossary, LANGUAGE, naming, recogniser.tokens)
        again = [each.text for each in listener.hear([c for c, _ in said.pairs], hotwords=heard)]
        segments = chunking.segments(said.pairs, said.languages, LANGUAGE)
        for way, chosen in ways.items():
            corrector = names.Corrector(film_glossary, LANGUAGE, chosen)
            right, _ = corrector.correct_segments(segments, again if chosen.hotword_tokens else [])
            texts[way].append(" ".join(segment.text for segment in right))
        texts.setdefault("only what was heard with names told", []).append(" ".join(again))
        true.append(file.with_suffix(".txt").read_text("utf-8"))
    total = sum(missed(known, text, "") for text in true)
    print(f"| {len(true)} clips, {total} names | missed | word errors, % |\n|---|---|---|")
    for way, hypotheses in texts.items():
        lost = sum(missed(known, text, got) for text, got in zip(true, hypotheses, strict=True))
        plain = [[" ".join(words(each)) for each in side] for side in (true, hypotheses)]
        print(f"| {way} | {lost} | {100 * jiwer.wer(*plain):.1f} |")


if __name__ == "__main__":
    main()
