"""From a script without times and what was recognised to a transcript: which words are said.

Words that script and recogniser agree on are sure. Between them stand runs of doubt: words of the
script that were not heard, words that were heard and are not in the script, or both at one place,
of which one is wrong. An aligner places the script's words in the sound, and what does not fit the
sound is not said.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from subtitling import spans
from subtitling.documents import Region, Removed, Segment, Unspoken, Word
from subtitling.known_text import matching
from subtitling.known_text.matching import Pair
from subtitling.text.languages import join, width

LONGEST_MS = 26_000  # of a chunk, below the 30 s that an aligner hears
_PAUSE_MS = 150  # at which a chunk may end
_FASTEST = 25  # letters a second: what has less time was not said
_SLACK_MS = 150  # error of the words' times on each side
# A run of the script's words fits where its score is this share of the sure words' around it. Of
# words that were put into right texts of two languages, the best one of 20 reached 0.45.
_FITS = 0.5
_CLEARLY = 0.25  # by which what was heard must fit better, as a share of the same
_MANY, _SHORT = 4, 3  # words of doubt beside a word of so few letters
_NEAR = 0.5  # likeness from which two words are one that was misheard


@dataclass(frozen=True)
class ScriptWord:
    """A word of a script, with punctuation that stands alone after it, and its line."""

    text: str
    line: int


@dataclass(frozen=True)
class Run:
    """Words at one place of the film: the script's and those that were heard. In a `sure` run they
    are the same, word for word; else one of the two may be missing."""

    sure: bool
    script: tuple[ScriptWord, ...]
    heard: tuple[Word, ...]
    likeness: float = 0.0


@dataclass(frozen=True)
class Chunk:
    """Runs that are aligned together, in the sound from `start_ms` to `end_ms`."""

    runs: tuple[Run, ...]
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Asked:
    """The words to place for a run: the script's, or those that were heard. `script` says which."""

    run: Run
    script: bool

    @property
    def words(self) -> tuple[ScriptWord, ...] | tuple[Word, ...]:
        """The words that are placed."""
        return self.run.script if self.script else self.run.heard


def words_of(lines: Sequence[tuple[int, Sequence[str]]], language: str) -> list[ScriptWord]:
    """The words of lines, each a number and the words as the language separates them. Punctuation
    that stands alone goes with the word before it, the first of a line with the one after."""
    made: list[ScriptWord] = []
    for number, parts in lines:
        first, left = len(made), ""
        for part in parts:
            if matching.key(part):
                made.append(ScriptWord(join((left, part), language).strip(), number))
                left = ""
            elif len(made) > first:
                made[-1] = replace(made[-1], text=join((made[-1].text, part), language))
            else:
                left = join((left, part), language).strip()
    return made


def runs_of(
    pairs: Sequence[Pair], script: Sequence[ScriptWord], heard: Sequence[Word]
) -> list[Run]:
    """Runs of words that are sure and of those that are not, in turn."""
    sure = [_alike(pair) for pair in pairs]
    stretches = [*_stretches(sure)]
    for before, ((first, last), same), after in zip(
        stretches, stretches[1:], stretches[2:], strict=False
    ):
        # Among many words of doubt, a single short word may be alike by chance.
        doubtful = max(end - start for (start, end), _ in (before, after))
        number = pairs[first].script
        if same and last - first == 1 and doubtful > _MANY and number is not None:
            sure[first] = width(matching.key(script[number].text)) > _SHORT
    runs = []
    for (first, last), same in _stretches(sure):
        some = pairs[first:last]
        likenesses = [p.likeness for p in some if p.script is not None and p.heard is not None]
        runs.append(
            Run(
                same,
                tuple(script[p.script] for p in some if p.script is not None),
                tuple(_heard(p, heard) for p in some if p.heard is not None),
                sum(likenesses) / len(likenesses) if likenesses else 0.0,
            )
        )
    return runs


def _heard(pair: Pair, heard: Sequence[Word]) -> Word:
    """The word that was heard, or the two that are one in the script."""
    assert pair.heard is not None
    word = heard[pair.heard]
    if pair.also is None:
        return word
    second = heard[pair.also]
    return replace(word, text=f"{word.text} {second.text}", end_ms=second.end_ms)


def _alike(pair: Pair) -> bool:
    both = pair.script is not None and pair.heard is not None
    return both and pair.likeness >= matching.ALIKE


def _stretches(values: Sequence[bool]) -> Iterator[tuple[tuple[int, int], bool]]:
    """The stretches [first, last) of equal values."""
    first = 0
    for value, group in groupby(values):
        last = first + len(list(group))
        yield (first, last), value
        first = last


def chunks_of(runs: Sequence[Run], speech: Sequence[spans.Span], total_ms: int) -> list[Chunk]:
    """Chunks of the whole film, none much longer than `LONGEST_MS`: they end in pauses between sure
    words. Words of the script that lie between two sure ones farther apart are divided over the
    `speech` between."""
    pieces = _with_times([part for run in runs for part in _at_pauses(run)], total_ms)
    made: list[Chunk] = []
    for piece in pieces:
        for part in _divided(piece, speech):
            last = made[-1] if made else None
            fits = last is not None and part.end_ms - last.start_ms <= LONGEST_MS
            # A run of doubt stays with a sure one before it, where there is room.
            if last is not None and fits:
                made[-1] = Chunk((*last.runs, *part.runs), last.start_ms, part.end_ms)
            else:
                made.append(part)
    return made


def _at_pauses(run: Run) -> Iterator[Run]:
    """A sure run in pieces that end where somebody pauses; any other as it is."""
    if not run.sure:
        yield run
        return
    first = 0
    for n in range(1, len(run.heard)):
        pause_ms = run.heard[n].start_ms - run.heard[n - 1].end_ms
        too_long = run.heard[n].end_ms - run.heard[first].start_ms > LONGEST_MS // 2
        if pause_ms >= _PAUSE_MS or too_long:
            yield replace(run, script=run.script[first:n], heard=run.heard[first:n])
            first = n
    yield replace(run, script=run.script[first:], heard=run.heard[first:])


def _with_times(runs: Sequence[Run], total_ms: int) -> list[Chunk]:
    """Each run as a chunk, from the middle of the pause before its words to that after them; one
    without heard words has the pause itself."""
    edges = [0]
    for before, after in pairwise(runs):
        if before.heard and after.heard:
            edge = (before.heard[-1].end_ms + after.heard[0].start_ms) // 2
        elif before.heard:
            edge = before.heard[-1].end_ms
        else:
            edge = after.heard[0].start_ms if after.heard else edges[-1]
        edges.append(max(edge, edges[-1]))
    edges.append(max(total_ms, edges[-1]))
    return [
        Chunk((run,), start, end) for run, start, end in zip(runs, edges, edges[1:], strict=False)
    ]


def _divided(chunk: Chunk, speech: Sequence[spans.Span]) -> list[Chunk]:
    """A chunk of one run of the script's words over too much sound, divided over the speech in it:
    by the share of letters and of speech. Any other chunk as it is, without the silence at its
    ends."""
    run = chunk.runs[0]
    inside = spans.common([(chunk.start_ms, chunk.end_ms)], speech)
    if chunk.end_ms - chunk.start_ms <= LONGEST_MS:
        return [chunk]
    if run.heard:
        start = max(chunk.start_ms, run.heard[0].start_ms - 1000)
        return [Chunk((run,), start, min(chunk.end_ms, run.heard[-1].end_ms + 1000))]
    windows: list[spans.Span] = []
    for start, end in inside:
        if windows and end - windows[-1][0] <= LONGEST_MS:
            windows[-1] = windows[-1][0], end
        else:
            windows.append((start, end))
    lengths = [spans.total(spans.common([window], inside)) for window in windows]
    letters = [width(word.text) for word in run.script]
    made, first, total = [], 0, sum(letters)
    for n, (start, end) in enumerate(windows):
        until = sum(lengths[: n + 1]) * total / max(1, sum(lengths))
        last = first
        while last < len(letters) and (n + 1 == len(windows) or sum(letters[: last + 1]) <= until):
            last += 1
        if last > first:
            made.append(Chunk((Run(False, run.script[first:last], ()),), start, end))
        first = last
    return made or [Chunk((run,), chunk.start_ms, chunk.start_ms)]


def asked(chunk: Chunk) -> list[Asked]:
    """What is placed of each run at first: the script's words, where they have the time to be said,
    else those that were heard."""
    made = []
    for n, run in enumerate(chunk.runs):
        start = chunk.runs[n - 1].heard[-1].end_ms if n and chunk.runs[n - 1].heard else None
        following = chunk.runs[n + 1].heard if n + 1 < len(chunk.runs) else ()
        end = following[0].start_ms if following else chunk.end_ms
        free_ms = end - (chunk.start_ms if start is None else start) + 2 * _SLACK_MS
        letters = sum(width(matching.key(word.text)) for word in run.script)
        enough = 1000 * letters <= _FASTEST * free_ms
        made.append(Asked(run, run.sure or (bool(run.script) and enough)))
    return made


def judged(asked_for: Sequence[Asked], placed: Sequence[Sequence[Word]]) -> list[Asked]:
    """What is said of each run, by how well the words fit the sound where they were `placed`."""
    sure = [w.score for a, ws in zip(asked_for, placed, strict=True) if a.run.sure
            for w in ws if w.score is not None]  # fmt: skip
    usual = sorted(sure)[len(sure) // 2] if sure else None
    return [
        _judged(each, _score(words), usual)
        if each.script and not each.run.sure and words
        else replace(each, script=each.run.sure or (each.script and bool(words)))
        for each, words in zip(asked_for, placed, strict=True)
    ]


def _judged(each: Asked, score: float, usual: float | None) -> Asked:
    run = each.run
    if score == 0.0 and not run.heard:
        return replace(each, script=False)
    if usual is None:  # nothing around to compare with
        usual = _score(run.heard) or 0.3
    if not run.heard:
        return replace(each, script=score >= _FITS * usual)
    if run.likeness >= _NEAR or score >= _FITS * usual:
        return each
    return replace(each, script=_score(run.heard) <= score + _CLEARLY * usual)


def _score(words: Sequence[Word]) -> float:
    """The mean score of words, longer ones counting more; 0 for none."""
    known = [(w.score, width(w.text)) for w in words if w.score is not None]
    letters = sum(length for _, length in known)
    return sum(score * length for score, length in known) / letters if letters else 0.0


def texts_of(asked_for: Sequence[Asked]) -> list[str]:
    """The texts that are placed, a word each."""
    return [word.text for each in asked_for for word in each.words]


def shared_out(asked_for: Sequence[Asked], words: Sequence[Word]) -> list[list[Word]]:
    """The placed words of each run, in order."""
    left = iter(words)
    return [[next(left) for _ in each.words] for each in asked_for]


def regrouped(words: Sequence[Word], texts: Sequence[str]) -> list[Word]:
    """Words in other pieces of the same text: each of `texts` from the start of the word that its
    first letter is in to the end of the one with its last. Where an aligner writes the text in more
    or fewer letters, their share of the whole says which."""
    letters = [word for word in words for sign in word.text if not sign.isspace()]
    lengths = [len("".join(text.split())) for text in texts]
    scale = len(letters) / max(1, sum(lengths))
    made, at = [], 0
    for text, length in zip(texts, lengths, strict=True):
        first = min(int(at * scale), len(letters) - 1)
        at += length
        some = list(dict.fromkeys(letters[first : max(first + 1, round(at * scale))]))
        scores = [w.score for w in some if w.score is not None]
        score = min(scores) if scores else None
        made.append(Word("", text, some[0].start_ms, some[-1].end_ms, score))
    return made


def within(chunk: Chunk, regions: Sequence[Region]) -> list[Region]:
    """The speech of a chunk, and what was heard in it; see `speech_within`."""
    heard = [(w.start_ms, w.end_ms) for run in chunk.runs for w in run.heard]
    return speech_within(chunk.start_ms, chunk.end_ms, regions, heard)


def speech_within(
    start_ms: int, end_ms: int, regions: Sequence[Region], also: Sequence[spans.Span] = ()
) -> list[Region]:
    """The speech in a stretch of the sound, and the spans `also`, as regions of its own; all of the
    stretch where there is none."""
    speech = spans.joined([*((r.start_ms, r.end_ms) for r in regions), *also], 0)
    inside = spans.common([(start_ms, end_ms)], speech) or [(start_ms, end_ms)]
    return [
        Region(f"{start_ms}:{n}", start, end, 1.0)
        for n, (start, end) in enumerate(inside)
        if end > start
    ]


def unspoken(asked_for: Sequence[Asked], language: str) -> Iterator[Unspoken]:
    """The script's words that nobody says, by line."""
    for each in asked_for:
        if not each.script:
            for line, words in groupby(each.run.script, key=lambda word: word.line):
                yield Unspoken(line, join((word.text for word in words), language))


def misheard(asked_for: Sequence[Asked], language: str) -> Iterator[Removed]:
    """What was heard where the script's words are said."""
    for each in asked_for:
        if each.script and not each.run.sure and each.run.heard:
            words = each.run.heard
            text = join((word.text for word in words), language)
            said = join((word.text for word in each.run.script), language)
            reasons = (f"the text has: {said}",)
            yield Removed(words[0].start_ms, words[-1].end_ms, text, reasons, ())


def segments(
    asked_for: Sequence[Asked],
    placed: Sequence[Sequence[Word]],
    language: str,
    speakers: dict[int, str | None],
    regions: Sequence[Region],
    aligner: str | None,
    spoken_in: str | None,
    scores: Mapping[str, float | None],
) -> Iterator[Segment]:
    """The words of a chunk as segments, one of each line and of each run as it was heard; without
    ids. `scores` are those of the recogniser by word; a person's words have none."""
    said: list[tuple[Word, float | None]] = []
    for each, words in zip(asked_for, placed, strict=True):
        if each.script:
            lines = [origin.line for origin in each.run.script]
            said += [(replace(w, line=n), None) for w, n in zip(words, lines, strict=True)]
        else:
            known = [scores.get(origin.id) for origin in each.run.heard]
            said += [(replace(w, line=None), s) for w, s in zip(words, known, strict=True)]
    for line, group in groupby(said, key=lambda pair: pair[0].line):
        pairs = list(group)
        shown = tuple(word for word, _ in pairs)
        sure = [score for _, score in pairs if score is not None]
        start, end = shown[0].start_ms, max(word.end_ms for word in shown)
        yield Segment(
            "", start, end, join((word.text for word in shown), language), shown,
            min(sure) if sure else None,
            tuple(r.id for r in regions if r.start_ms < end and start < r.end_ms),
            aligner=aligner, language=spoken_in,
            speaker=speakers.get(line) if line is not None else None,
        )  # fmt: skip
