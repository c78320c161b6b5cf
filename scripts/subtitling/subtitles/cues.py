"""Make cues from words: divide them into cues and lines, and time the cues.

Both the division and the times are the cheapest of all for the whole film, by dynamic programming,
not the first that fits. A cue should end where a sentence or a clause ends or somebody pauses, not
split words that belong together, start with the sound, and leave time to read. A cue too short to
be read takes silence, then time of its neighbours; no text is ever cut.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from subtitling.documents import Cue, Lyrics, Transcript, Voice
from subtitling.subtitles import division, marks, timing, units
from subtitling.subtitles.frames import FrameRules
from subtitling.subtitles.units import Names, SpeakerLabels, Unit


def songs_alone(made: Sequence[Cue], transcript: Transcript) -> tuple[list[Cue], Transcript]:
    """The sung cues, renumbered, and the transcript with only their words."""
    sung = [cue for cue in made if cue.sung]
    shown = {word for cue in sung for word in cue.words}
    segments = [
        replace(segment, words=words)
        for segment in transcript.segments
        if (words := tuple(word for word in segment.words if word.id in shown))
    ]
    numbered = [replace(cue, id=f"c{number:05d}") for number, cue in enumerate(sung, 1)]
    return numbered, replace(transcript, segments=tuple(segments))


def cues(
    transcript: Transcript,
    language: str,
    offset_ms: int,
    duration_ms: int,
    limit: FrameRules,
    cuts_ms: Sequence[int] = (),
    lyrics: Lyrics | None = None,
    write: Callable[[str], str] = str,
    speaker_labels: SpeakerLabels | None = None,
    names: Names | None = None,
    language_labels: Mapping[str, str] | None = None,
) -> list[Cue]:
    """Every word in exactly one cue, in order; cues never overlap and last at least a frame.

    `offset_ms` is added to the words' times to get the film's; cues that would start before the
    film start with it. `duration_ms` is the film's: no cue lasts longer, unless its words begin
    later. At the picture's cuts, `cuts_ms`, cues near one begin and end with the shot. Words that
    `lyrics` has as sung get cues of their own, marked and styled by the rules. `write` puts each
    word into another script: break points are by the language's own script, lengths by the one that
    is read. Where `speaker_labels` are given, cues preferably end where the speaker changes; two
    speakers may share a cue, a line each with a dash, never more. `names` and
    `language_labels` as in `units.units`.
    Empty only where no word shows anything.
    """
    track = units.units(
        transcript,
        language,
        offset_ms,
        limit,
        lyrics,
        write,
        speaker_labels,
        names,
        language_labels,
    )
    # Sung and spoken words never share a cue, nor do words in languages of which one is told.
    parts = [list(part) for _, part in groupby(track, key=attrgetter("sung", "said_in"))]
    groups = [group for part in parts for group in division.divide(part, marks.room(part, limit))]
    cuts = sorted({limit.frames.nearest(ms) for ms in cuts_ms})
    spans = timing.times(groups, limit.frames.at(duration_ms), cuts, limit)
    return [
        Cue(
            id=f"c{number:05d}",
            start_ms=limit.frames.ms(start),
            end_ms=limit.frames.ms(end),
            lines=marks.marked(
                group, division.lines(group, language, marks.room(group, limit).rules), limit
            ),
            words=tuple(word.id for unit in group for word in unit.words),
            sung=group[0].sung,
            italic=group[0].sung and limit.rules.song_italics,
            voices=_voices(group, speaker_labels) if speaker_labels else (),
        )
        for number, (group, (start, end)) in enumerate(zip(groups, spans, strict=True), 1)
    ]


def _voices(group: Sequence[Unit], speaker_labels: SpeakerLabels) -> tuple[Voice, ...]:
    """The speakers of a cue, in order, with their mean confidence, which is 0 for words without a
    known speaker; none in a song."""
    confidences: dict[str, list[float]] = {}
    for unit in group:
        for word in unit.words if unit.speaker else ():
            voice = speaker_labels.voices.get(word.id)
            sure = voice.confidence if voice and voice.speaker == unit.speaker else 0.0
            confidences.setdefault(unit.speaker or "", []).append(sure)
    return tuple(Voice(who, round(sum(sure) / len(sure), 4)) for who, sure in confidences.items())
