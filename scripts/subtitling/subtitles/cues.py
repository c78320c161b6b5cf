"""Make cues from words: divide them into cues and lines, and time the cues.

Both the division and the times are the cheapest of all for the whole film, by dynamic programming,
not the first that fits. A cue should end where a sentence or a clause ends or somebody pauses, not
split words that belong together, start with the sound, and leave time to read. A cue too short to
be read takes silence, then time of its neighbours; no text is ever cut.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, pairwise
from math import ceil, floor, inf

from subtitling.documents import Cue, Lyrics, Speakers, Transcript, Voice, Word
from subtitling.sound.apart import CHANNELS
from subtitling.speakers import attribution
from subtitling.subtitles.rules import Rules
from subtitling.text.break_points import BreakPoint, joints
from subtitling.text.cleaning import clean
from subtitling.text.languages import UNSPACED, clusters, join


@dataclass(frozen=True)
class Weights:
    """The costs of a division and of times; only their ratios matter.

    These are constants of the algorithm. The limits that a track must keep are the Rules.
    """

    each_cue: float  # so that cues are no shorter than necessary
    break_at: tuple[float, ...]  # ending a cue at each Joint, from SENTENCE to BOUND
    pause_rebate: float  # taken off a break at a pause of `pause_ms` or more
    pause_ms: int
    silence_ms: int  # words further apart than this should not be in one cue
    silence_inside: float
    sentence_inside: float  # each sentence that ends within a cue
    straddle: float  # a cue with a sentence's end inside that begins or ends within a sentence
    stub_chars: int  # a cue that does so with fewer characters than this costs `stub`
    stub: float
    second_line: float  # each line after the first
    line_at: tuple[float, ...]  # breaking a line at each Joint
    two_speakers: float  # in addition, a cue in which two speak, a line each
    line_tears: float  # in addition, a line break elsewhere than at a sentence end inside the cue
    unbalanced: float  # a line that is empty where another is full
    upper_longer: float  # in addition, an upper line longer than the lower
    loose_gap: float  # a short gap to the next cue that cannot be closed, the cue being the longest
    too_fast: float  # having to read twice as fast as allowed, up to `too_fast_most` times that
    too_fast_most: float
    too_short: float  # no time at all where the shortest duration is required
    borrow_ms: int  # how far an in-time may move from its sound to leave time to read
    borrow_estimated_ms: int  # the same in a translated sentence, whose word times are estimates
    unread: float  # each frame that a cue lacks to be read; the next four are per frame, too
    early: float  # an in-time before the first sound
    late: float  # an in-time after it; slightly late is better than early, which gives speech away
    out_of_sync: float  # in addition, beyond the frames that the rules allow
    sound_cut: float  # an out-time before the last sound ends


WEIGHTS = Weights(
    each_cue=1.0,
    break_at=(0.0, 1.0, 3.0, 6.0, 14.0),
    pause_rebate=2.5,
    pause_ms=500,
    silence_ms=1000,
    silence_inside=6.0,
    sentence_inside=0.7,
    straddle=1.5,
    stub_chars=12,
    stub=2.0,
    second_line=0.2,
    line_at=(0.0, 0.1, 0.3, 0.8, 2.5),
    two_speakers=1.0,
    line_tears=1.5,
    unbalanced=1.0,
    upper_longer=0.3,
    loose_gap=6.0,
    too_fast=8.0,
    too_fast_most=3.0,
    too_short=6.0,
    borrow_ms=500,
    borrow_estimated_ms=3000,
    unread=10.0,
    early=1.0,
    late=1.2,
    out_of_sync=1.0,
    sound_cut=0.5,
)
_MOST_SHIFTS = 12  # in each direction; a longer range is searched in larger steps
CUT_NEAR_MS = 500  # an in-time at most so long after a cut, or an out-time so near, moves to it
_CUT_AFTER = 8  # frames: an in-time at most so long before a cut waits for it
_NOTES = re.compile("[♩♪♫♬🎵🎶]")
_REACH = 4  # cues on either side of a hurried one whose in-times may move


@dataclass(frozen=True)
class Frames:
    """The film's frames. A time is that of a frame, rounded down to a millisecond, so that the cue
    appears with that frame, and not before."""

    rate: float

    def ms(self, frame: int) -> int:
        """The time of a frame in ms."""
        return floor(round(frame * 1000 / self.rate, 6))

    def at(self, ms: float) -> int:
        """The frame that is shown at a time."""
        return floor(round(ms * self.rate / 1000, 6))

    def nearest(self, ms: float) -> int:
        """The frame that begins nearest to a time."""
        return round(ms * self.rate / 1000)

    def count(self, ms: float) -> int:
        """The smallest number of frames that last at least `ms`."""
        return ceil(round(ms * self.rate / 1000, 6))


@dataclass(frozen=True)
class Limits:
    """Rules at a film's frame rate; durations are numbers of frames."""

    rules: Rules
    frames: Frames
    shortest: int
    longest: int
    gap: int
    close_gap: int

    def needed(self, chars: int) -> int:
        """The shortest duration of a text of `chars` characters, in frames."""
        return max(
            1, self.shortest, self.frames.count(chars * 1000 / self.rules.max_chars_per_second)
        )


def limits(rules: Rules, rate: float) -> Limits:
    """The rules for a film of `rate` frames a second."""
    frames = Frames(rate)
    return Limits(
        rules,
        frames,
        shortest=frames.count(rules.min_duration_ms),
        longest=max(1, frames.at(rules.max_duration_ms)),
        gap=rules.min_gap_frames,
        close_gap=frames.count(rules.close_gap_ms),
    )


@dataclass(frozen=True)
class Unit:
    """Words that must not be separated, mostly one; times are in frames from the film's start.

    `first` and `last` are the places of its text in the whole text, counted in characters. `sung`
    is whether it belongs to a song, `turn` whether the speaker changes with it to `speaker`.
    """

    words: tuple[Word, ...]
    text: str
    first: int
    last: int
    start: int
    end: int
    pause_ms: int
    joint: BreakPoint
    sentence_starts: bool
    estimated: bool
    sung: bool
    turn: bool = False
    speaker: str | None = None


@dataclass(frozen=True)
class SpeakerLabels:
    """The speakers of a track: voices by the ids of words, and labels for the screen by the
    speaker's id. Speakers without a label get dashes where two share a cue."""

    voices: Mapping[str, Voice]
    labels: Mapping[str, str]

    @classmethod
    def of(
        cls,
        speakers: Speakers,
        spoken: Transcript,
        shown: Transcript,
        names: Mapping[str, str],
        form: str,
    ) -> "SpeakerLabels":
        """For a track that shows what was `spoken`, or a translation of it. `names` are by speaker,
        `form` is the format of a label. Raises Problem where a name is for no speaker of the film.
        """
        known = [each.id for each in speakers.speakers]
        whose = attribution.of_words(spoken.words, speakers)
        if shown.language != spoken.language:
            whose = attribution.translated(shown, whose)
        return cls(whose, attribution.labels(names, form, known))

    @classmethod
    def by_channel(cls, spoken: Transcript, shown: Transcript) -> "SpeakerLabels | None":
        """The channels of a film as its speakers, where they were heard apart; None elsewhere."""
        voices = {
            word.id: Voice(CHANNELS[segment.channel], 1.0)
            for segment in spoken.segments
            if segment.channel is not None
            for word in segment.words
        }
        if shown.language != spoken.language:
            voices = attribution.translated(shown, voices)
        return cls(voices, {}) if voices else None


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
    limit: Limits,
    cuts_ms: Sequence[int] = (),
    lyrics: Lyrics | None = None,
    write: Callable[[str], str] = str,
    speaker_labels: SpeakerLabels | None = None,
) -> list[Cue]:
    """Every word in exactly one cue, in order; cues never overlap and last at least a frame.

    `offset_ms` is added to the words' times to get the film's; cues that would start before the
    film start with it. `duration_ms` is the film's: no cue lasts longer, unless its words begin
    later. At the picture's cuts, `cuts_ms`, cues near one begin and end with the shot. Words that
    `lyrics` has as sung get cues of their own, marked and styled by the rules. `write` puts each
    word into another script: break points are by the language's own script, lengths by the one that
    is read. Where `speaker_labels` are given, cues preferably end where the speaker changes; two
    speakers may share a cue, a line each with a dash, never more.
    Empty only where no word shows anything.
    """
    track = units(transcript, language, offset_ms, limit, lyrics, write, speaker_labels)
    # Sung and spoken words never share a cue.
    parts = [list(part) for _, part in groupby(track, key=lambda unit: unit.sung)]
    groups = [group for part in parts for group in divide(part, _marked_limit(part, limit))]
    cuts = sorted({limit.frames.nearest(ms) for ms in cuts_ms})
    spans = times(groups, limit.frames.at(duration_ms), cuts, limit)
    return [
        Cue(
            id=f"c{number:05d}",
            start_ms=limit.frames.ms(start),
            end_ms=limit.frames.ms(end),
            lines=_marked(group, lines(group, language, _marked_limit(group, limit).rules), limit),
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


def _second(group: Sequence[Unit]) -> int:
    """The number of the unit at which a second speaker begins; 0 where there is none."""
    return next((n for n, unit in enumerate(group) if n and unit.turn), 0)


def _mark_width(group: Sequence[Unit], limit: Limits) -> int:
    """The number of characters, with spaces, of a song's marks in a cue of the group, or of the
    dashes of two speakers."""
    if _second(group):
        return 2 * len(limit.rules.speaker_dash)
    mark = limit.rules.song_mark
    return 2 * (len(mark) + 1) if mark and group[0].sung else 0


def _marked_limit(group: Sequence[Unit], limit: Limits) -> Limits:
    """The limit with room left on each line for the marks of the group."""
    room = limit.rules.max_chars_per_line - _mark_width(group, limit)
    return replace(limit, rules=replace(limit.rules, max_chars_per_line=max(1, room)))


def _marked(group: Sequence[Unit], text: tuple[str, ...], limit: Limits) -> tuple[str, ...]:
    """The lines of a cue, with the marks of a song at both ends where it is one, or a dash before
    each of two speakers."""
    if _second(group):
        return tuple(f"{limit.rules.speaker_dash}{line}" for line in text)
    if not _mark_width(group, limit):
        return text
    mark = limit.rules.song_mark
    begun = (f"{mark} {text[0]}", *text[1:])
    return (*begun[:-1], f"{begun[-1]} {mark}")


def units(
    transcript: Transcript,
    language: str,
    offset_ms: int,
    limit: Limits,
    lyrics: Lyrics | None = None,
    write: Callable[[str], str] = str,
    speaker_labels: SpeakerLabels | None = None,
) -> list[Unit]:
    """The units that may be separated, with their place in the text, their times and break points.

    Words whose text shows nothing go with the one before them (the first with the one after). Words
    that share a grapheme cluster, as in Thai or Chinese written character by character, are one
    unit. Times that go backwards are raised to the latest before them. A speaker's label from
    `speaker_labels` is put before the text of the first unit.
    """
    frames = limit.frames
    groups = _visible(transcript.words, language, limit.rules.ellipsis)
    if not groups:
        return []
    own = [text for _, text in groups]
    texts = [write(text) or text for text in own]
    sung = [lyrics is not None and lyrics.sung(w[0].start_ms, w[0].end_ms) for w, _ in groups]
    firsts = [words[0] for words, _ in groups]
    speaking = _speakers(firsts, sung, speaker_labels) if speaker_labels else [None] * len(groups)
    speaks = {word.id: speaker for word, speaker in zip(firsts, speaking, strict=True)}
    for n, begins in enumerate(_begin(speaking)):
        if begins and speaker_labels:
            texts[n] = f"{speaker_labels.labels.get(speaking[n] or '', '')} {texts[n]}".lstrip()
    places = _places(texts, language)
    whole: list[tuple[list[Word], str, int, int]] = []
    spoken: list[str] = []  # the texts of `whole` in the language's own script
    for n, ((words, _), (first, last)) in enumerate(zip(groups, places, strict=True)):
        if whole and first < whole[-1][3]:
            before, start_text, start, _ = whole[-1]
            whole[-1] = ([*before, *words], start_text + texts[n], start, last)
            spoken[-1] += own[n]
        else:
            whole.append((words, texts[n], first, last))
            spoken.append(own[n])
    estimated = transcript.timing == "estimated"
    ends = {s.words[-1].id for s in transcript.segments if s.words} if estimated else set()
    spans = []
    latest = 0
    for words, *_ in whole:
        start = max(latest, words[0].start_ms + offset_ms)
        spans.append((start, max(start, words[-1].end_ms + offset_ms)))
        latest = start
    kinds = joints(spoken, language)
    turns = [*_begin([speaks[words[0].id] for words, *_ in whole]), False]
    parts: list[Unit] = []
    sentence_starts = True
    for n, (words, text, first, last) in enumerate(whole):
        start, end = spans[n]
        joint = BreakPoint.SENTENCE if turns[n + 1] or words[-1].id in ends else kinds[n]
        pause = spans[n + 1][0] - end if n + 1 < len(whole) else 0
        parts.append(
            Unit(
                words=tuple(words),
                text=text,
                first=first,
                last=last,
                start=frames.at(start),
                end=max(frames.at(start) + 1, frames.count(end)),
                pause_ms=max(0, pause),
                joint=joint,
                sentence_starts=sentence_starts,
                estimated=estimated,
                sung=lyrics is not None and lyrics.sung(words[0].start_ms, words[0].end_ms),
                turn=turns[n],
                speaker=speaks[words[0].id],
            )
        )
        sentence_starts = joint is BreakPoint.SENTENCE
    return parts


def _speakers(
    words: Sequence[Word], sung: Sequence[bool], speaker_labels: SpeakerLabels
) -> list[str | None]:
    """The speaker of each word; None for words of songs. Words without a known speaker get the one
    before, or at the beginning the first one."""
    voices = [speaker_labels.voices.get(w.id) for w in words]
    known = (v.speaker for v, song in zip(voices, sung, strict=True) if v and not song)
    last = next(known, None)
    speakers: list[str | None] = []
    for voice, song in zip(voices, sung, strict=True):
        last = voice.speaker if voice and not song else last
        speakers.append(None if song else last)
    return speakers


def _begin(speaking: Sequence[str | None]) -> list[bool]:
    """For each speaker, whether it is another one than the last known one."""
    last: str | None = None
    begins = []
    for speaker in speaking:
        begins.append(speaker is not None and speaker != last)
        last = speaker or last
    return begins


def _visible(words: Sequence[Word], language: str, ellipsis: str) -> list[tuple[list[Word], str]]:
    groups: list[tuple[list[Word], str]] = []
    waiting: list[Word] = []
    for word in words:
        # Recognisers write notes around songs; song marks are added by the rules instead.
        text = clean(_NOTES.sub("", word.text)).replace("...", "…").replace("…", ellipsis)
        space = " " if language in UNSPACED and not text and word.text.isspace() else ""
        if text:
            groups.append(([*waiting, word], text))
            waiting = []
        elif groups:
            held, before = groups[-1]
            groups[-1] = ([*held, word], before if before.endswith(" ") else before + space)
        else:
            waiting.append(word)
    return groups


def _places(texts: Sequence[str], language: str) -> list[tuple[int, int]]:
    """The start and end of each text in the joined text, counted in grapheme clusters.

    A text that begins inside a cluster begins before the one before it ends.
    """
    starts: list[int] = []  # of each cluster, in code points
    at = 0
    for cluster in clusters(join(texts, language)):
        starts.append(at)
        at += len(cluster)
    starts.append(at)
    index = {start: n for n, start in enumerate(starts)}
    before = [0] * (at + 1)  # the cluster that holds each code point
    for n, (start, end) in enumerate(pairwise(starts)):
        before[start:end] = [n] * (end - start)
    space = len(join(["", ""], language))
    places = []
    at = 0
    for text in texts:
        end = at + len(text)
        first = index.get(at, before[at])
        places.append((first, index[end] if end in index else before[end] + 1))
        at = end + space
    return places


def divide(
    track: Sequence[Unit], limit: Limits, weights: Weights = WEIGHTS
) -> list[Sequence[Unit]]:
    """The cheapest division of `track` into cues that fit the screen and the longest duration.

    A single unit may always be a cue, even one that is too wide or too long.
    """
    rules = limit.rules
    most = rules.max_lines * rules.max_chars_per_line + rules.max_lines
    breaks = [_break_cost(unit, weights) for unit in track]
    inside = [_inside_cost(unit, weights) for unit in track]
    starts = [unit.start for unit in track]
    dash = len(rules.speaker_dash)
    count = len(track)
    best = [0.0, *[inf] * count]
    opened = [0] * (count + 1)
    for start in range(count):
        begun = track[start]
        base = best[start] + weights.each_cue
        torn = not begun.sentence_starts
        sentence_inside = False
        second = 0  # the unit at which another speaker begins
        for end in range(start, count):
            unit = track[end]
            if end > start and unit.turn:
                upper = track[end - 1].last - begun.first + dash
                if second or rules.max_lines < 2 or upper > rules.max_chars_per_line:
                    break
                second = end
                base += weights.two_speakers + weights.second_line
            if second and unit.last - track[second].first + dash > rules.max_chars_per_line:
                break
            if end > start:
                base += inside[end - 1]
                sentence_inside = sentence_inside or track[end - 1].joint is BreakPoint.SENTENCE
                if unit.last - begun.first > most or unit.end - begun.start > limit.longest:
                    break
            chars = unit.last - begun.first + (2 * dash if second else 0)
            cost = base + breaks[end]
            if cost >= best[end + 1]:
                continue
            ragged = torn or unit.joint is not BreakPoint.SENTENCE
            if ragged and sentence_inside:
                cost += weights.straddle
            if ragged and chars < weights.stub_chars:
                cost += weights.stub
            room = limit.longest
            if end + 1 < count:
                room = min(room, starts[end + 1] - limit.gap - begun.start)
                gap = starts[end + 1] - max(unit.end, begun.start + limit.needed(chars))
                if limit.gap < gap < limit.close_gap and room == limit.longest:
                    cost += weights.loose_gap
            cost += _haste(chars, room, limit, weights)
            if cost >= best[end + 1]:
                continue
            if chars > rules.max_chars_per_line and end > start and not second:
                tear = weights.line_tears if sentence_inside else 0.0
                cost += _layout(track, start, end, rules, rules.max_lines, tear, weights)[0]
            if cost < best[end + 1]:
                best[end + 1], opened[end + 1] = cost, start
    groups = []
    end = count
    while end:
        groups.append(track[opened[end] : end])
        end = opened[end]
    return groups[::-1]


def _break_cost(unit: Unit, weights: Weights) -> float:
    if unit.pause_ms > weights.silence_ms:
        return 0.0
    rebate = weights.pause_rebate * min(1.0, unit.pause_ms / weights.pause_ms)
    return max(0.0, weights.break_at[unit.joint] - rebate)


def _inside_cost(unit: Unit, weights: Weights) -> float:
    silence = weights.silence_inside if unit.pause_ms > weights.silence_ms else 0.0
    return silence + (weights.sentence_inside if unit.joint is BreakPoint.SENTENCE else 0.0)


def _haste(chars: int, room: int, limit: Limits, weights: Weights) -> float:
    """The cost of reading `chars` characters in `room` frames."""
    reading = chars * limit.frames.rate / limit.rules.max_chars_per_second
    fast = max(0.0, reading / max(1, room) - 1)
    short = max(0.0, 1 - max(1, room) / limit.shortest) if limit.shortest else 0.0
    return weights.too_fast * min(fast, weights.too_fast_most) + weights.too_short * short


def _layout(
    track: Sequence[Unit],
    start: int,
    end: int,
    rules: Rules,
    left: int,
    tear: float,
    weights: Weights,
) -> tuple[float, tuple[int, ...]]:
    """The cheapest breaks of the units from start to end into at most `left` lines, and their cost.

    A break is given by the unit before it; one that ends no sentence costs `tear` more. The cost is
    infinite where they do not fit.
    """
    wide = rules.max_chars_per_line
    first = track[start].first
    last = track[end].last
    if last - first <= wide:
        return 0.0, ()
    cheapest: tuple[float, tuple[int, ...]] = (inf, ())
    if left == 1:
        return cheapest
    for at in range(start, end):
        upper = track[at].last - first
        if upper > wide:
            break
        joint = track[at].joint
        cost = weights.second_line + weights.line_at[joint]
        cost += tear if joint is not BreakPoint.SENTENCE else 0.0
        if cost >= cheapest[0]:
            continue
        lower = last - track[at + 1].first
        below: tuple[int, ...] = ()
        if lower > wide:
            if left == 2:
                continue
            more, below = _layout(track, at + 1, end, rules, left - 1, tear, weights)
            cost += more
            lower = track[below[0]].last - track[at + 1].first if below else lower
        cost += weights.unbalanced * abs(upper - lower) / wide
        if upper > lower:
            cost += weights.upper_longer
        if cost < cheapest[0]:
            cheapest = (cost, (at, *below))
    return cheapest


def times(
    groups: Sequence[Sequence[Unit]],
    last_frame: int,
    cuts: Sequence[int],
    limit: Limits,
    weights: Weights = WEIGHTS,
) -> list[tuple[int, int]]:
    """The frames of each cue, first and after the last: from its first sound, as long as it takes
    to read, until before the next begins.

    Where that is too short, in-times near it move, all together and as little as possible: into the
    silence before, then into the time that neighbours do not need.
    """
    needs = [
        limit.needed(group[-1].last - group[0].first + _mark_width(group, limit))
        for group in groups
    ]
    ends = [max(unit.end for unit in group) for group in groups]
    sounds: list[int] = []
    for n, group in enumerate(groups):
        earliest = sounds[-1] + 1 + limit.gap if sounds else 0
        free = max(earliest, ends[n - 1] + limit.gap if n else 0)
        sounds.append(max(earliest, _in_at_cut(group[0].start, free, cuts, limit)))
    bounds = (
        [*sounds[1:], max(last_frame + limit.gap, sounds[-1] + 1 + limit.gap)] if groups else []
    )
    outs = partial(_out, limit=limit)
    hurried = [
        outs(sounds[n], ends[n], needs[n], bounds[n]) - sounds[n] < needs[n]
        for n in range(len(groups))
    ]
    starts = _shifted(groups, sounds, ends, needs, bounds[-1:], hurried, limit, weights)
    following = [*starts[1:], *bounds[-1:]]
    spans = []
    for n, start in enumerate(starts):
        end = outs(start, ends[n], needs[n], following[n])
        latest = following[n] - limit.gap
        if n + 1 < len(starts) and following[n] - end < limit.close_gap:
            if latest - start <= limit.longest:
                end = latest
            elif following[n] - limit.close_gap >= max(ends[n], start + needs[n]):
                end = following[n] - limit.close_gap
        if following[n] - end > limit.gap:
            least = max(ends[n], min(end, start + needs[n]))
            end = _out_at_cut(start, end, least, following[n], cuts, limit)
        spans.append((start, end))
    return spans


def _in_at_cut(sound: int, free: int, cuts: Sequence[int], limit: Limits) -> int:
    """The in-time: at the cut nearest to the sound, not before the frame `free`, or at the sound.

    Netflix Timed Text Style Guide, subtitle timing; frames at the film's own rate.
    """
    reach = limit.frames.at(CUT_NEAR_MS)
    first = bisect_left(cuts, max(free, sound - reach))
    near = cuts[first : bisect_right(cuts, sound + _CUT_AFTER)]
    return min(near, key=lambda cut: abs(cut - sound), default=sound)


def _out_at_cut(
    start: int, end: int, least: int, following: int, cuts: Sequence[int], limit: Limits
) -> int:
    """The out-time: two frames before the nearest cut, if that is not before `least` and leaves the
    gap to the next cue; else `end`."""
    reach = limit.frames.at(CUT_NEAR_MS)
    near = cuts[bisect_left(cuts, end - reach) : bisect_right(cuts, end + reach)]
    for cut in sorted(near, key=lambda cut: abs(cut - end)):
        out = cut - limit.gap
        room = following - out
        fits = max(least, start + 1) <= out <= start + limit.longest
        if fits and (room == limit.gap or room >= limit.close_gap):
            return out
    return end


def _out(start: int, sound_end: int, need: int, following: int, limit: Limits) -> int:
    """The out-time of a cue from `start`, the next one coming at `following`."""
    end = min(max(sound_end, start + need), start + limit.longest, following - limit.gap)
    return max(end, start + 1)


def _shifted(
    groups: Sequence[Sequence[Unit]],
    sounds: Sequence[int],
    ends: Sequence[int],
    needs: Sequence[int],
    final: Sequence[int],
    hurried: Sequence[bool],
    limit: Limits,
    weights: Weights,
) -> list[int]:
    """In-times by the cheapest path through a chain, whose nodes are each cue's possible ones."""
    choices = []
    read = 0  # the frame at which all cues before have been read
    for n, group in enumerate(groups):
        near = any(hurried[max(0, n - _REACH) : n + _REACH + 1])
        read = max(sounds[n], read)
        possible = _choices(group[0], sounds[n], read, limit, weights)
        choices.append(possible if near else [sounds[n]])
        read += needs[n] + limit.gap
    if not choices:
        return []
    ways: list[list[int]] = []
    costs = [_sync_cost(sounds[0], s, limit, weights) for s in choices[0]]
    for n in range(1, len(groups)):
        way, now = [], []
        for following in choices[n]:
            cheapest, chosen = inf, 0
            for k, start in enumerate(choices[n - 1]):
                if costs[k] < cheapest and start + 1 + limit.gap <= following:
                    cost = costs[k] + _stay_cost(
                        start, ends[n - 1], needs[n - 1], following, limit, weights
                    )
                    if cost < cheapest:
                        cheapest, chosen = cost, k
            way.append(chosen)
            now.append(cheapest + _sync_cost(sounds[n], following, limit, weights))
        ways.append(way)
        costs = now
    total = [
        cost + _stay_cost(start, ends[-1], needs[-1], final[0], limit, weights)
        for start, cost in zip(choices[-1], costs, strict=True)
    ]
    k = total.index(min(total))
    starts = [choices[-1][k]]
    for n in range(len(groups) - 1, 0, -1):
        k = ways[n - 1][k]
        starts.append(choices[n - 1][k])
    return starts[::-1]


def _choices(unit: Unit, sound: int, read: int, limit: Limits, weights: Weights) -> list[int]:
    """The possible in-times of a cue: around its sound, and `read`, if it is in reach."""
    inner = unit.estimated and not unit.sentence_starts
    reach = limit.frames.at(weights.borrow_estimated_ms if inner else weights.borrow_ms)
    step = max(1, ceil(reach / _MOST_SHIFTS))
    shifts = range(-(reach // step), reach // step + 1)
    candidates = {sound + shift * step for shift in shifts} | (
        {read} if read <= sound + reach else set()
    )
    return sorted(frame for frame in candidates if frame >= 0)


def _sync_cost(sound: int, start: int, limit: Limits, weights: Weights) -> float:
    off = abs(start - sound)
    cost = off * (weights.early if start < sound else weights.late)
    return cost + weights.out_of_sync * max(0, off - limit.rules.max_in_time_frames)


def _stay_cost(
    start: int, sound_end: int, need: int, following: int, limit: Limits, weights: Weights
) -> float:
    end = _out(start, sound_end, need, following, limit)
    return weights.unread * max(0, start + need - end) + weights.sound_cut * max(0, sound_end - end)


def lines(group: Sequence[Unit], language: str, rules: Rules) -> tuple[str, ...]:
    """The text in as few lines as possible, balanced, with a longer lower line, broken at the best
    points.

    Where the allowed lines are not enough, since one unit is too wide, the widest line is as narrow
    as possible.
    """
    if second := _second(group):
        return tuple(
            join((unit.text for unit in part), language).strip()
            for part in (group[:second], group[second:])
        )
    wide = rules.max_chars_per_line
    several = any(unit.joint is BreakPoint.SENTENCE for unit in group[:-1])
    tear = WEIGHTS.line_tears if several else 0.0
    while True:
        held = replace(rules, max_chars_per_line=wide)
        cost, breaks = _layout(group, 0, len(group) - 1, held, rules.max_lines, tear, WEIGHTS)
        if cost < inf:
            break
        wide += 1
    ends = [*breaks, len(group) - 1]
    starts = [0, *(at + 1 for at in breaks)]
    return tuple(
        join((unit.text for unit in group[start : end + 1]), language).strip()
        for start, end in zip(starts, ends, strict=True)
    )
