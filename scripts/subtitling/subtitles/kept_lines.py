"""Cues as a text at hand has them: its cues and line breaks, with the times of their words."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from subtitling.documents import Cue, Text, Transcript
from subtitling.subtitles import retiming
from subtitling.subtitles.frames import FrameRules


def cues(
    text: Text,
    transcript: Transcript,
    offset_ms: int,
    length_ms: int,
    limit: FrameRules,
    write: Callable[[str], str] = str,
) -> list[Cue]:
    """A cue for each line of the text that the transcript has, in order. One whose words an aligner
    placed comes with the first of them and stays until it can be read; any other, and one that has
    its own times in the text, has the time of its segment. Times of the transcript are `offset_ms`
    later in the film, which lasts `length_ms`.
    """
    lines = {line.number: line for line in text.lines}
    made: list[Cue] = []
    by_sound = set()
    own = set(transcript.text_use.own_times) if transcript.text_use else set()
    for segment in transcript.segments:
        number = segment.words[0].line if segment.words else None
        if number is None:
            continue
        line = lines[number]
        name = f"c{len(made) + 1:05d}"
        start = max(0, segment.start_ms + offset_ms)
        shown = tuple(" ".join(write(word) or word for word in row.split()) for row in line.rows)
        words = tuple(word.id for word in segment.words)
        end = max(start + 1, segment.end_ms + offset_ms)
        made.append(Cue(name, start, end, shown, words, italic=line.italic, place=line.place))
        by_sound |= {name} if segment.aligner and number not in own else set()
    timed = retiming.retimed(made, by_sound, transcript.words, offset_ms, length_ms, limit).cues
    for n, (cue, following) in enumerate(pairwise(timed)):
        if cue.start_ms < following.start_ms < cue.end_ms:
            timed[n] = replace(cue, end_ms=following.start_ms)
    return timed
