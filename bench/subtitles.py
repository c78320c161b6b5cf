"""Side by side: the cues that this project, WhisperX, stable-ts and plain Whisper make of the same
words with the same times.

A synthetic reader (espeak-ng, whose own events give every word's time) reads a text; no recogniser
is judged, only what becomes of its words. Needs the package stable-ts-whisperless. How to repeat
the figures of docs/evaluation.md stands there.
"""

import argparse
import ctypes
import re
import sys
import time
import wave
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import espeakng_loader

from subtitling.documents import Cue, Segment, Transcript, Word
from subtitling.subtitles import cues, frames, quality, rules
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import SOUND_ONLY
from subtitling.subtitles.frames import FrameRules
from subtitling.text.sentences import End, ends_of

RATE = 25.0
_WORD, _PHONEME, _END = 1, 7, 5
_PHONEME_EVENTS, _SYNCHRONOUS, _UTF8 = 1, 2, 1


class _Event(ctypes.Structure):
    """`espeak_EVENT` of espeak-ng/speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


def read_aloud(
    text: str, language: str, words_per_minute: int, sound: Path
) -> list[tuple[str, int, int]]:
    """The words of `text` as espeak-ng says them, with start and end in ms; `sound` is written.

    A word ends where its last phoneme that is no pause ends.
    """
    espeak = ctypes.CDLL(espeakng_loader.get_library_path())
    known = espeakng_loader.get_data_path().encode()
    rate = espeak.espeak_Initialize(_SYNCHRONOUS, 0, known, _PHONEME_EVENTS)
    if espeak.espeak_SetVoiceByName(language.encode()):
        sys.exit(f"espeak-ng has no voice {language}")
    espeak.espeak_SetParameter(1, words_per_minute, 0)
    samples = bytearray()
    events: list[tuple[int, int, int, bytes]] = []

    def collect(block: Any, count: int, block_events: Any) -> int:
        if block:
            samples.extend(ctypes.string_at(block, 2 * count))
        n = 0
        while block_events[n].type:
            event = block_events[n]
            events.append((event.type, event.text_position, event.audio_position, event.id))
            n += 1
        return 0

    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))
    callback = kind(collect)
    espeak.espeak_SetSynthCallback(callback)
    data = text.encode() + b"\0"
    espeak.espeak_Synth(data, len(data), 0, 0, 0, _UTF8, None, None)
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(samples))
    return list(_timed(text, events))


def _timed(
    text: str, events: Sequence[tuple[int, int, int, bytes]]
) -> Iterator[tuple[str, int, int]]:
    spans = [(m.start() + 1, m.end() + 1, m.group()) for m in re.finditer(r"\S+", text)]
    starts: dict[int, int] = {}
    silence: list[int] = []  # where pauses begin
    for kind, position, at, name in events:
        if kind == _WORD:
            n = next((k for k, (a, b, _) in enumerate(spans) if a <= position < b), None)
            if n is not None:
                starts.setdefault(n, at)
        elif (kind == _PHONEME and name.startswith(b"_")) or kind == _END:
            silence.append(at)
    last = max(at for _, _, at, _ in events)
    order = sorted(starts)
    for k, n in enumerate(order):
        start = starts[n]
        following = starts[order[k + 1]] if k + 1 < len(order) else last
        end = next((at for at in silence if start < at <= following), following)
        # A word that espeak says together with the one before has no event of its own.
        joined = " ".join(
            spans[m][2] for m in range(n, order[k + 1] if k + 1 < len(order) else len(spans))
        )
        parts = joined.split()
        for m, part in enumerate(parts):
            yield (
                part,
                start + (end - start) * m // len(parts),
                max(start + (end - start) * (m + 1) // len(parts), start + m + 1),
            )


def sentences(words: Sequence[Word]) -> list[list[Word]]:
    """Words up to each full stop."""
    groups: list[list[Word]] = [[]]
    for word, end in zip(words, ends_of([w.text for w in words], ""), strict=True):
        groups[-1].append(word)
        if end is End.CERTAIN:
            groups.append([])
    return [sentence for sentence in groups if sentence]


def ours(words: Sequence[Word], language: str, limit: FrameRules) -> list[Cue]:
    """This project's cues."""
    end = words[-1].end_ms
    segment = Segment("g1", words[0].start_ms, end, "", tuple(words), None)
    transcript = Transcript(language, None, "attention", (segment,))
    return cues.cues(transcript, language, 0, end + 5000, limit)


def _segments(groups: Sequence[Sequence[Word]]) -> list[dict[str, Any]]:
    return [
        {
            "start": group[0].start_ms / 1000,
            "end": group[-1].end_ms / 1000,
            "text": " " + " ".join(w.text for w in group),
            "words": [
                {"word": w.text, "start": w.start_ms / 1000, "end": w.end_ms / 1000, "score": 1.0}
                for w in group
            ],
        }
        for group in groups
    ]


def whisperx(
    words: Sequence[Word], language: str, width: int | None, count: int | None
) -> list[Cue]:
    """WhisperX's own .srt writer; its aligner leaves a segment a sentence."""
    from whisperx.utils import WriteSRT

    result = {"segments": _segments(sentences(words)), "language": language}
    options = {"max_line_width": width, "max_line_count": count, "highlight_words": False}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "track.srt"
        with path.open("w", encoding="utf-8") as file:
            WriteSRT(folder).write_result(result, file=file, options=options)
        return subtitle_files.read_cues(path)


def whisperx_processor(words: Sequence[Word], language: str) -> list[Cue]:
    """WhisperX's SubtitlesProcessor, which splits at commas and conjunctions."""
    from whisperx.SubtitlesProcessor import SubtitlesProcessor

    with TemporaryDirectory() as folder:
        path = Path(folder) / "track.srt"
        SubtitlesProcessor(_segments(sentences(words)), language, max_line_length=42).save(
            str(path), advanced_splitting=True
        )
        return subtitle_files.read_cues(path)


def stable_ts(groups: Sequence[Sequence[Word]], rule: str | bool) -> list[Cue]:
    """stable-ts: its regrouping of the segments, its .srt writer."""
    import stable_whisper

    segments = _segments(groups)
    for segment in segments:
        for word in segment["words"]:
            word["word"] = " " + word["word"]
            word["probability"] = word.pop("score")
    result = stable_whisper.WhisperResult({"segments": segments})
    result.regroup(rule)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "track.srt"
        result.to_srt_vtt(str(path), segment_level=True, word_level=False)
        return subtitle_files.read_cues(path)


def whisper_groups(
    words: Sequence[Word], sound: Path, language: str, model: str
) -> list[list[Word]]:
    """The words in the segments that Whisper itself gives, by its own time stamps."""
    from faster_whisper import WhisperModel

    measured, _ = WhisperModel(model, device="cpu", compute_type="int8").transcribe(
        str(sound), language=language, condition_on_previous_text=False
    )
    ends = [round(segment.end * 1000) for segment in measured]
    groups: list[list[Word]] = [[] for _ in range(len(ends) + 1)]
    for word in words:
        middle = (word.start_ms + word.end_ms) // 2
        groups[next((n for n, end in enumerate(ends) if middle < end), len(ends))].append(word)
    return [group for group in groups if group]


def plain(groups: Sequence[Sequence[Word]]) -> list[Cue]:
    """A cue a segment, on one line, as Whisper's own writer does."""
    return [
        Cue(f"c{n:05d}", g[0].start_ms, g[-1].end_ms, (" ".join(w.text for w in g),), ())
        for n, g in enumerate(groups, 1)
    ]


GAPS = ("min_gap", "close_gap", "overlap")
COLUMNS = {
    "lines": ("max_lines", "max_chars_per_line"),
    "speed": ("max_chars_per_second",),
    "duration": ("min_duration", "max_duration"),
    "gaps": GAPS,
}


def row(name: str, made: Sequence[Cue], language: str, limit: FrameRules) -> str:
    """One line of the table: shares of cues in percent, then characters a second."""
    excess = quality.excess(made, language, limit)
    hard = [rule for rule in excess if rule not in GAPS]
    broken = [
        quality.breaking(excess),
        quality.breaking(excess, *hard),
        *(quality.breaking(excess, *named) for named in COLUMNS.values()),
    ]
    measured = quality.measure(made, language, limit)
    speed, ends = measured["chars_per_second"], measured["ends"]
    shares = [n / len(made) for n in broken] + [ends["clause"], ends["torn"]]
    figures = [*(f"{100 * share:.1f}" for share in shares), speed["median"], speed["highest"]]
    return f"| {name} | {len(made)} | " + " | ".join(map(str, figures)) + " |"


def main() -> None:
    """Read a text aloud, make the cues of each, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path, help="plain text, UTF-8")
    parser.add_argument("language", help="en or hi")
    parser.add_argument("--words-per-minute", type=int, default=160)
    parser.add_argument("--whisper", help="folder of a CTranslate2 Whisper model, for its segments")
    given = parser.parse_args()
    text = " ".join(given.text.read_text("utf-8").split())
    sound = given.text.with_suffix(".wav")
    spoken = read_aloud(text, given.language, given.words_per_minute, sound)
    words = [Word(f"w{n:05d}", t, a, b, 1.0) for n, (t, a, b) in enumerate(spoken, 1)]
    assert " ".join(w.text for w in words) == text, "espeak-ng left words out"
    limit = frames.frame_rules(rules.of(rules.table("netflix", {}), given.language), RATE)
    started = time.perf_counter()
    made = ours(words, given.language, limit)
    took = time.perf_counter() - started
    print(f"{len(words)} words, {words[-1].end_ms / 60000:.1f} minutes; ours took {took:.2f} s\n")
    subtitle_files.write(made, given.text.with_suffix(".srt"), SOUND_ONLY)
    heads = ["", "cues", "any rule", "but gaps", *COLUMNS, "at a clause", "torn", "CPS", "highest"]
    print("| " + " | ".join(heads) + " |\n|---|" + "---:|" * (len(heads) - 1))
    print(row("Sutradhar", made, given.language, limit), flush=True)
    said = sentences(words)
    width = limit.rules.max_chars_per_line
    others: dict[str, Callable[[], list[Cue]]] = {
        "WhisperX": lambda: whisperx(words, given.language, None, None),
        f"WhisperX, {width} × 2": lambda: whisperx(words, given.language, width, 2),
        "WhisperX SubtitlesProcessor": lambda: whisperx_processor(words, given.language),
        "stable-ts": lambda: stable_ts(said, True),
        f"stable-ts, {width} characters": lambda: stable_ts(said, f"da_sl={width}"),
    }
    for name, make in others.items():
        print(row(name, make(), given.language, limit), flush=True)
    if given.whisper:
        groups = whisper_groups(words, sound, given.language, given.whisper)
        print(row("plain Whisper segments", plain(groups), given.language, limit))


if __name__ == "__main__":
    main()
