"""Measure how well a track keeps the reading rules: done for every track, every time.

`sutradhar quality FILE --language en` judges any subtitle file; `--reference` compares
it with another.
"""

import argparse
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

from lineage.problem import Problem
from subtitling.alignment import coverage
from subtitling.documents import Cue, Glossary, Region, Transcript, Word
from subtitling.subtitles import rules, suber, text_checks
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.frames import FrameRules, frame_rules
from subtitling.text import languages
from subtitling.text.break_points import BreakPoint, joints
from subtitling.text.languages import clusters, join, unspaced, width
from subtitling.translation.placeholders import RequiredTerm, TermChecker, renderings

# By rule and cue.
Excess = dict[str, Mapping[str, float]]
_WORST = 5
_MISSED_MS = 1000  # shorter speech without a cue counts as a breath or a sigh


def excess(made: Sequence[Cue], language: str, limit: FrameRules) -> Excess:
    """By how much each cue breaks each rule; 0 or less where it keeps it.

    Speed is characters (grapheme clusters) a second, a line break as the space that the language
    writes; durations are in the film's frames, since times are rounded to milliseconds.
    """
    held = limit.rules
    return {
        "max_lines": {c.id: len(c.lines) - held.max_lines for c in made},
        "max_chars_per_line": {
            c.id: max(map(width, c.lines), default=0) - held.max_chars_per_line for c in made
        },
        "max_chars_per_second": {c.id: _too_fast(c, language, limit) for c in made},
        "min_duration": {c.id: limit.shortest - _frames(c, limit) for c in made},
        "max_duration": {c.id: _frames(c, limit) - limit.longest for c in made},
        **_between(made, limit),
    }


def breaking(by_rule: Excess, *rules_: str) -> int:
    """The number of cues that break at least one of the named rules, or of all."""
    rows = [by_rule[rule] for rule in rules_ or by_rule]
    return len({cue for row in rows for cue, value in row.items() if value > 0})


def measure(
    made: Sequence[Cue],
    language: str,
    limit: FrameRules,
    bodies: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, Any]:
    """Each rule with the share of cues that keep it and the worst that do not, by how much.

    `broken_any` is the share of cues that break at least one rule. `ends` are the shares of cues
    with words after which a sentence or clause ends, and of those torn where no phrase does. The
    rules hold for `labels` of sounds as for other cues. They count
    characters as a reader sees them; other programs count code points, which are given, too.
    `text` are the findings of `text_checks`; `bodies` are the lines of a file, by cue.
    """
    by_rule = excess(made, language, limit)
    speeds = [speed(cue, language) for cue in made]
    return {
        "cues": len(made),
        "sung": sum(cue.sung for cue in made),
        "labels": sum(cue.sound is not None for cue in made),
        "broken_any": _share(breaking(by_rule), len(made)),
        "rules": {rule: _kept(rows) for rule, rows in by_rule.items()},
        "chars_per_second": _spread(speeds),
        "code_points_per_second": _spread([speed(cue, language, len) for cue in made]),
        "text": text_checks.figures(text_checks.findings(made, language, limit.rules, bodies)),
        "ends": _ends([cue for cue in made if cue.sound is None], language),
    }


def of_speakers(made: Sequence[Cue]) -> dict[str, Any]:
    """Figures on the speakers of cues: the number of cues of each speaker, of those that two share,
    and of those with words but no known speaker, without songs. `confidence` is the mean."""
    worded = [cue for cue in made if cue.words and not cue.sung]
    voices = [voice for cue in worded for voice in cue.voices]
    return {
        "cues": {
            name: sum(voice.speaker == name for voice in voices)
            for name in sorted({v.speaker for v in voices}, key=lambda name: (len(name), name))
        },
        "shared": sum(len(cue.voices) > 1 for cue in worded),
        "unknown": sum(not cue.voices for cue in worded),
        "confidence": round(mean(voice.confidence for voice in voices), 4) if voices else None,
    }


def against_words(
    made: Sequence[Cue],
    words: Sequence[Word],
    offset_ms: int,
    limit: FrameRules,
    cuts_ms: Sequence[int] = (),
    by_hand: Collection[str] = (),
) -> dict[str, Any]:
    """The cues compared with the transcript's words: none may be lost or added, and the order must
    be kept. Words that a person removed, `by_hand`, do not count as lost.

    `in_time` counts the cues that start more than the allowed frames from their first sound, which
    happens where reading needs it; the worst are given with their distance in frames, negative
    for too early. A cue that starts at a cut, or half a second before it, is in time.
    """
    shown = [word for cue in made for word in cue.words]
    known = [word.id for word in words if word.id not in by_hand]
    at_cuts = set(map(limit.frames.nearest, cuts_ms))
    at_cuts |= {cut - limit.frames.half_second for cut in at_cuts}
    sounds = {word.id: max(0, word.start_ms + offset_ms) for word in words}
    off = {
        c.id: limit.frames.at(c.start_ms + 1) - limit.frames.at(sounds[c.words[0]])
        for c in made
        if c.words and c.words[0] in sounds and limit.frames.nearest(c.start_ms) not in at_cuts
    }
    late = {k: abs(v) - limit.rules.max_in_time_frames for k, v in off.items()}
    row = _kept(late)
    row["worst"] = {k: off[k] for k in row["worst"]}
    return {
        "words_lost": sorted(set(known) - set(shown)),
        "words_added": sorted(set(shown) - set(known)),
        "words_in_order": shown == known,
        "words_taken_out": sorted(by_hand),
        "in_time": row,
    }


def against_speech(
    made: Sequence[Cue], regions: Sequence[Region], offset_ms: int
) -> dict[str, Any]:
    """How cues and speech cover each other, in ms and as shares, and the regions of a second of
    speech or more without any cue. Labels of sounds are left out."""
    spoken = [(r.start_ms + offset_ms, r.end_ms + offset_ms) for r in regions]
    shown = [(c.start_ms, c.end_ms) for c in made if c.sound is None]
    both = _common(spoken, shown)
    cue_ms, speech_ms = _total(shown), _total(spoken)
    missed = [
        region.id
        for region, span in zip(regions, spoken, strict=True)
        if span[1] - span[0] >= _MISSED_MS and not _common([span], shown)
    ]
    return {
        "cue_outside_speech_ms": cue_ms - both,
        "cue_outside_speech": _share(cue_ms - both, cue_ms),
        "speech_without_cue_ms": speech_ms - both,
        "speech_without_cue": _share(speech_ms - both, speech_ms),
        "regions_without_cue": missed,
    }


def of_words(
    words: Sequence[Word], regions: Sequence[Region], offset_ms: int, min_ms: int
) -> dict[str, Any]:
    """Speech of `min_ms` or longer without recognised words: its duration, its share of all speech,
    and its places, [start, end) in ms on the film's clock."""
    bare = coverage.wordless(regions, words, min_ms)
    without_ms = coverage.speech_ms(regions, bare)
    return {
        "speech_without_words_ms": without_ms,
        "speech_without_words": _share(without_ms, sum(r.end_ms - r.start_ms for r in regions)),
        "wordless": [[start + offset_ms, end + offset_ms] for start, end in bare],
    }


def against_shots(made: Sequence[Cue], cuts_ms: Sequence[int], limit: FrameRules) -> dict[str, int]:
    """The cues compared with the shots: those that continue across a cut, and in- and out-times
    less than half a second from one but not at it (an out-time belongs two frames before it)."""
    cuts = sorted(set(map(limit.frames.nearest, cuts_ms)))
    befores = [cut - limit.gap for cut in cuts]
    reach = limit.frames.half_second - 1
    ins = [limit.frames.nearest(c.start_ms) for c in made]
    outs = [limit.frames.nearest(c.end_ms) for c in made]
    return {
        "cuts": len(cuts),
        "cues_across_a_cut": sum(
            bisect_left(cuts, b) > bisect_right(cuts, a) for a, b in zip(ins, outs, strict=True)
        ),
        "in_times_beside_a_cut": sum(0 < _distance(cuts, a) <= reach for a in ins),
        "out_times_beside_a_cut": sum(0 < _distance(befores, b) <= reach for b in outs),
    }


def _distance(places: Sequence[int], frame: int) -> int:
    """The distance to the nearest of `places`, which are in order; 0 where there is none."""
    n = bisect_left(places, frame)
    return min((abs(place - frame) for place in places[max(0, n - 1) : n + 1]), default=0)


def against_glossary(
    made: Sequence[Cue],
    shown: Transcript,
    said: Transcript,
    glossary: Glossary,
    write: Callable[[str], str] = str,
    track: str | None = None,
) -> dict[str, Any]:
    """The terms of the glossary, names among them, that are said, and the number of them in the
    cues of their sentence, in the required rendering (see `placeholders.renderings`).

    `shown` is the transcript that the cues are made of, `said` the one that was translated, or the
    same; `write` puts words into the script of the cues, and `track` is the tag that they are in,
    whose own spelling of a name counts as well. Sentences without a translation do not
    count, nor do the `undecided`: words that may only be spelled like a term, and are not rendered
    as one. `adherence` is None where no term is said.
    """
    keeper = TermChecker(glossary, said.language, shown.language)
    by_id = {term.id: term for term in glossary.terms}

    def spelled(kept: RequiredTerm, source: str) -> tuple[str, ...]:
        term = by_id.get(kept.term or "")
        if term is None or track in (None, shown.language):
            return ()
        return renderings(term, source[kept.start : kept.end], languages.written(track))

    spoken = {word.id: word.text for word in said.words}
    home = {word: n for n, cue in enumerate(made) for word in cue.words}
    expected = undecided = 0
    lacking = []
    for segment in shown.segments:
        if segment.untranslated is not None:
            continue
        ids = segment.source_words or [word.id for word in segment.words]
        source = join((spoken[i] for i in ids if i in spoken), said.language)
        terms = [
            replace(kept, wanted=(*map(write, kept.wanted), *spelled(kept, source)))
            for kept in keeper.terms(source)
        ]
        places = sorted({home[word.id] for word in segment.words if word.id in home})
        text = " ".join(line for n in places for line in made[n].lines)
        verdict = keeper.verdict(terms, text)
        expected += len(verdict.demanded)
        undecided += len(verdict.undecided)
        lacking += [
            {
                "cue": made[places[0]].id if places else None,
                "segment": segment.id,
                "said": source[kept.start : kept.end],
                "wanted": kept.wanted[0],
                "term": kept.term,
            }
            for kept in verdict.missing
        ]
    return {
        "terms": expected,
        "adherence": _share(expected - len(lacking), expected) if expected else None,
        "undecided": undecided,
        "lacking": lacking,
    }


def report(
    made: Sequence[Cue],
    transcript: Transcript,
    regions: Sequence[Region],
    language: str,
    offset_ms: int,
    limit: FrameRules,
    cuts_ms: Sequence[int],
    by_hand: Collection[str] = (),
) -> dict[str, Any]:
    """The contents of `quality.json` for a generated track; `by_hand` are words removed from it.
    `incomplete` are the ids of sentences whose translation lacks some of what was said."""
    return {
        "schema": "sutradhar/quality/1",
        "language": language,
        **measure(made, language, limit),
        **against_words(made, transcript.words, offset_ms, limit, cuts_ms, by_hand),
        **against_speech(made, regions, offset_ms),
        "shots": against_shots(made, cuts_ms, limit),
        "incomplete": [s.id for s in transcript.segments if s.incomplete is not None],
    }


def speed(cue: Cue, language: str, count: Callable[[str], int] = width) -> float:
    """Characters a second, a line break counting as the space that the language writes there.

    `count` says what a character is: a grapheme cluster, or with `len` a code point.
    """
    return count(join(cue.lines, language)) * 1000 / max(1, cue.end_ms - cue.start_ms)


def _spread(speeds: Sequence[float]) -> dict[str, float]:
    middle = median(speeds) if speeds else 0.0
    return {"median": round(middle, 2), "highest": round(max(speeds, default=0.0), 2)}


def _too_fast(cue: Cue, language: str, limit: FrameRules) -> float:
    """The characters a second above the limit, if the cue lasts fewer frames than it needs."""
    chars = width(join(cue.lines, language))
    needed = limit.frames.count(chars * 1000 / limit.rules.max_chars_per_second)
    if _frames(cue, limit) >= needed:
        return 0.0
    return max(0.01, round(speed(cue, language) - limit.rules.max_chars_per_second, 2))


def _frames(cue: Cue, limit: FrameRules) -> int:
    return round((cue.end_ms - cue.start_ms) * limit.frames.rate / 1000)


def _between(made: Sequence[Cue], limit: FrameRules) -> Excess:
    pairs = list(pairwise(made))
    gaps = {a.id: round((b.start_ms - a.end_ms) * limit.frames.rate / 1000) for a, b in pairs}
    loose = {
        k: limit.close_gap - gap if limit.gap < gap < limit.close_gap else 0
        for k, gap in gaps.items()
    }
    return {
        "min_gap": {k: limit.gap - gap for k, gap in gaps.items()},
        "close_gap": loose,
        "overlap": {a.id: a.end_ms - b.start_ms for a, b in pairs},
    }


def _ends(made: Sequence[Cue], language: str) -> dict[str, float]:
    """Shares of cues by the break point at their end."""
    texts: list[str] = []
    last: list[int] = []
    for cue in made:
        whole = " ".join(cue.lines)
        texts += clusters(whole) if unspaced(language) else whole.split()
        last.append(len(texts) - 1)
    break_points = joints(texts, language)
    kinds = [break_points[n] for n in last]
    return {
        "sentence": _share(kinds.count(BreakPoint.SENTENCE), len(made)),
        "clause": _share(sum(k <= BreakPoint.CLAUSE for k in kinds), len(made)),
        "torn": _share(kinds.count(BreakPoint.BOUND), len(made)),
    }


def _common(some: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]) -> int:
    """The duration of the overlap of two lists of spans, each in order."""
    total = n = 0
    for start, end in some:
        while n and n < len(others) and others[n][0] > start:
            n -= 1
        while n < len(others) and others[n][1] <= start:
            n += 1
        k = n
        while k < len(others) and others[k][0] < end:
            total += max(0, min(end, others[k][1]) - max(start, others[k][0]))
            k += 1
    return total


def _total(spans: Sequence[tuple[int, int]]) -> int:
    return sum(end - start for start, end in spans)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _kept(excess: Mapping[str, float]) -> dict[str, Any]:
    broken = sorted(((v, k) for k, v in excess.items() if v > 0), key=lambda row: (-row[0], row[1]))
    return {
        "kept": round(1 - len(broken) / len(excess), 4) if excess else 1.0,
        "broken": len(broken),
        "worst": {k: v for v, k in broken[:_WORST]},
    }


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sutradhar quality`."""
    parser.add_argument("file", help="a .srt, .vtt or .ass file in UTF-8")
    parser.add_argument("--language", required=True, help="its language, e.g. en or hi")
    parser.add_argument("--rules", default="netflix", help="set of config/subtitle_rules.yaml")
    parser.add_argument(
        "--rate", type=float, default=rules.SOUND_ONLY_RATE, help="the film's frames a second"
    )
    parser.add_argument(
        "--reference", metavar="FILE", type=Path, help="a person's track, to score SubER against"
    )
    parser.add_argument(
        "--suber", metavar="PYTHON", type=Path, default=suber.PYTHON,
        help="the interpreter that has SubER, as the code's `make suber` builds it (%(default)s)",
    )  # fmt: skip


def main(given: argparse.Namespace) -> int:
    """Judge a subtitle file by the reading rules, as JSON. Ends with 1 where one is broken."""
    if wrong := languages.fault(languages.written(given.language)):
        raise Problem(f"--language {wrong}")
    held = rules.of(rules.table(given.rules, {}), given.language)
    track = subtitle_files.read(given.file)
    cues, limit = subtitle_files.cues(track), frame_rules(held, given.rate)
    figures = measure(cues, given.language, limit, subtitle_files.bodies(track))
    if given.reference:
        language = languages.primary(given.language)
        figures["against_reference"] = suber.scores(
            Path(given.file), given.reference, language, given.suber
        )
    print(json.dumps(figures, indent=1, ensure_ascii=False))
    return 1 if any(row["broken"] for row in figures["rules"].values()) else 0
