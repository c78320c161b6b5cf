"""Trace a cue on the screen to its sentence, words, sound, models, code and warnings.

Every file that the answer is read from is first checked against its checksum on record, every
manifest against the ledger and the chain.
"""

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage import files, ledger, terminal, tracks
from lineage.commands.verify import evidence
from lineage.manifest import NAME, Manifest, sha256
from lineage.problem import Problem
from lineage.record import Job, Reader, clock, containing

if TYPE_CHECKING:
    from subtitling.documents import (
        By,
        Cue,
        Edit,
        Event,
        Region,
        Rehearing,
        Removed,
        Segment,
        Transcript,
        Word,
    )

SUBTITLES = "09_subtitle_gen"
_MUXED, _BURNT = "10_mux", "10_burn_in"
_AROUND_MS = 200


@dataclass(frozen=True)
class Step:
    """One stage on the way from the film to the cue."""

    stage: str
    manifest_sha256: str
    commit: str | None
    dirty: bool | None
    code: str | None
    params: dict[str, Any]
    models: list[dict[str, Any]]
    software: dict[str, Any]
    degradations: list[dict[str, str]]
    warnings: list[str]
    unrepeatable: list[str]


@dataclass(frozen=True)
class Trace:
    """The answer for one cue. Times of `cue` are on the film's clock, those of `words`, `segments`,
    `regions` and `sound_ms` on the clock of `audio`; `film_offset_ms` added to those gives the
    film's. `translated` are the sentences that the cue shows parts of, where it is a translation:
    then `words` are the source's words. A label of a sound has `events` instead of words.
    `rehearings` are the regions in that time that were recognised again, with the first and the
    second text. `mixed` says that the film is spoken nearly half in one language and half in
    another."""

    language: str
    number: int
    cue: "Cue"
    in_film: str | None
    translated: "tuple[Segment, ...]"
    words: "tuple[Word, ...]"
    segments: "tuple[Segment, ...]"
    regions: "tuple[Region, ...]"
    events: "tuple[Event, ...]"
    rehearings: "tuple[Rehearing, ...]"
    spoken_language: str
    timing: str
    audio: str
    sound_ms: tuple[int, int]
    film_offset_ms: int
    film: str
    steps: tuple[Step, ...]
    mixed: str | None = None
    hand: "Handwork | None" = None
    text: "FromText | None" = None


@dataclass(frozen=True)
class FromText:
    """Where the words of a cue are in the text that the film began from: its `source`, a file or a
    track of the film, with its SHA-256, and the numbers of its lines, or of the track's cues.
    `as_heard` are the ids of words that it does not have, `misheard` what was recognised where it
    has other words."""

    source: str
    sha256: str
    lines: tuple[int, ...]
    as_heard: tuple[str, ...]
    misheard: "tuple[Removed, ...]"


@dataclass(frozen=True)
class Handwork:
    """What people did to a cue: `what` they changed against the generated `lines`, and who did,
    where the desk's review names them."""

    what: str | None
    lines: tuple[str, ...]
    corrected: "By | None"
    approved: "By | None"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "film",
        type=Path,
        help="out/JOB/10_mux/final.mkv, a subtitle file beside it, or the job's folder",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--cue", type=int, metavar="N", help="the cue's number, from 1")
    which.add_argument(
        "--at", type=milliseconds, metavar="HH:MM:SS.mmm", help="or a time at which it is shown"
    )
    parser.add_argument("--lang", help="the track's language; required if there are several")
    parser.add_argument(
        "--listen", type=Path, metavar="FILE", help="write the cue's sound to a new .flac or .wav"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    folder = containing(args.film)
    job = Job.read(folder)
    track = Track(job, args.film, args.lang or _named(job, args.film))
    answer = track.cue(_index(track.cues, args.cue, args.at))
    if args.listen:
        listen(track.sound(), answer.sound_ms, args.listen)
    if args.json:
        print(json.dumps(asdict(answer), ensure_ascii=False, indent=1))
    else:
        print(as_text(answer), end="")
    return 0


def milliseconds(text: str) -> int:
    """`00:01:02.500` as 62500; hours, minutes and the fraction may be left out."""
    match = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+)(?:[.,](\d{1,3}))?", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is no time like 00:01:02.500")
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((match[4] or "0").ljust(3, "0"))


def trace(
    job: Job, film: Path, *, language: str | None, number: int | None, at_ms: int | None
) -> Trace:
    """Follow one cue, by its number from 1 or a time on the film's clock, down to the sound.

    Raises Problem if there is no such cue, and if a file that is read differs from the record.
    """
    track = Track(job, film, language or _named(job, film))
    return track.cue(_index(track.cues, number, at_ms))


def _named(job: Job, film: Path) -> str | None:
    """The track that a subtitle file is named after, as `final.en.srt`, `final.en.forced.srt` or
    `en-forced.srt`."""
    if film.suffix not in tracks.FILES:
        return None
    parts = film.stem.split(".")
    named = ("-".join(parts[-2:]), parts[-1])
    return next((track for track in named if f"{SUBTITLES}/{track}" in job.stages), None)


_TRANSLATION = "08_translation/"


class Track:
    """A subtitle track of `film` and everything its cues come from. Several tracks of a film share
    a `reader`, so that each file is read once. `sealed` says whether the manifests must be the
    sealed ones of a whole run; while a film is being made again, they are not yet.

    Raises Problem if there is no such track, and if a file differs from the record.
    """

    def __init__(
        self,
        job: Job,
        film: Path,
        language: str | None,
        reader: Reader | None = None,
        sealed: bool = True,
    ):
        from subtitling import documents
        from subtitling.recognition import language_diarization

        reader = self._reader = reader or Reader(job)
        self._job, self._film = job, film
        self._key = _track(job, language)
        way = job.way(self._key)
        if sealed:
            _refuse_doubtful(job, way)
        document: documents.Cues = reader.output(documents.Cues, self._key, "cues")
        if document.missing:
            raise Problem(f"there is no {document.language} track: {document.missing}")
        self.language, self.cues, self.edit = document.language, document.cues, document.edit
        shown: documents.Transcript = reader.input(documents.Transcript, self._key, "transcript")
        transcript_stage = reader.producer(self._key, "transcript")
        transcript = shown
        self._sentences: dict[str, int] = {}
        self.translated: tuple[documents.Segment, ...] = ()
        if transcript_stage.startswith(_TRANSLATION):
            # A translation that had nothing to do passes on the spoken words, or none.
            if any(segment.source_words for segment in shown.segments):
                self.translated = shown.segments
                self._sentences = _places(shown)
            # In a translation in two steps, the second one names the source words of a sentence.
            while transcript_stage.startswith(_TRANSLATION):
                transcript = reader.input(documents.Transcript, transcript_stage, "transcript")
                transcript_stage = reader.producer(transcript_stage, "transcript")
        self.transcript: documents.Transcript = transcript
        self._transcript_stage = transcript_stage
        self._mixed = language_diarization.nearly_half(transcript)
        self._segment_of = _places(transcript)
        self._words = {word.id: (n, word) for n, word in enumerate(transcript.words)}
        speech_stage = self._speech_stage = reader.part(transcript_stage)
        speech: documents.Speech = reader.input(documents.Speech, speech_stage, "speech")
        self._regions = speech.regions
        media: documents.Media = reader.input(documents.Media, self._key, "media")
        self._offset_ms = media.audio.start_ms
        self._audio = str(reader.path(speech_stage, "audio"))
        self._source = job.stages[reader.producer(self._key, "media")].inputs[0].path
        self.steps = tuple(_step(job, stage) for stage in way)

    def sound(self) -> Path:
        """The sound that was transcribed, checked against its checksum."""
        return self._reader.held(self._speech_stage, "audio")

    def cue(self, index: int) -> Trace:
        """Trace the cue at `index`. Raises Problem for a cue without a source."""
        return self.of(self.cues[index], index)

    def of(self, cue: "Cue", index: int) -> Trace:
        """Trace a cue that shows words of this track and stands at `index`. Raises Problem for one
        without a source."""
        events = self._events(cue) if cue.sound else ()
        wanted = set(cue.words)
        sentences = {self._sentences[word] for word in wanted if word in self._sentences}
        translated = tuple(self.translated[n] for n in sorted(sentences))
        if self.translated:
            wanted = {word for segment in translated for word in segment.source_words}
        places = {self._segment_of[word] for word in wanted if word in self._segment_of}
        segments = tuple(self.transcript.segments[n] for n in sorted(places))
        words = tuple(
            w
            for _, w in sorted(
                (self._words[i] for i in wanted if i in self._words), key=itemgetter(0)
            )
        )
        if not words and not events:
            raise Problem(
                f"{cue.id} shows no words of {self._transcript_stage}: it has no source to trace"
            )
        regions = {region for segment in segments for region in segment.regions}
        heard_as = words or events
        start, end = heard_as[0].start_ms, max(one.end_ms for one in heard_as)
        return Trace(
            language=self.language,
            number=index + 1,
            cue=cue,
            in_film=self._in_film(cue),
            translated=translated,
            words=words,
            segments=segments,
            regions=tuple(
                r
                for r in self._regions
                if r.id in regions and r.end_ms > start and r.start_ms < end
            ),
            events=events,
            rehearings=tuple(
                r for r in self.transcript.rehearings if r.end_ms > start and r.start_ms < end
            ),
            spoken_language=self.transcript.language,
            timing=self.transcript.timing,
            audio=self._audio,
            sound_ms=(start, end),
            film_offset_ms=self._offset_ms,
            film=self._source,
            steps=self.steps,
            mixed=self._mixed,
            hand=self.handwork.get(cue.id),
            text=self._from_text(words, (start, end)),
        )

    def _from_text(self, words: "tuple[Word, ...]", sound_ms: tuple[int, int]) -> FromText | None:
        """Where words are in the text that the film began from; None where it began from none."""
        use = self.transcript.text_use
        if use is None:
            return None
        start, end = sound_ms
        return FromText(
            use.source,
            use.sha256,
            tuple(sorted({word.line for word in words if word.line is not None})),
            tuple(word.id for word in words if word.line is None),
            tuple(row for row in use.misheard if row.end_ms > start and row.start_ms < end),
        )

    def _events(self, cue: "Cue") -> "tuple[Event, ...]":
        """The sound events that a label describes: those of its kind while it is on the screen."""
        from subtitling import documents

        detected: documents.Events = self._reader.input(documents.Events, self._key, "events")
        start, end = cue.start_ms - self._offset_ms, cue.end_ms - self._offset_ms
        return tuple(
            event
            for event in detected.events
            if event.kind == cue.sound and event.start_ms < end and start < event.end_ms
        )

    def _in_film(self, cue: "Cue") -> str | None:
        """The track of the film, or the subtitle file, that shows this cue; None if it is drawn
        into the picture, or no film was given."""
        track = self._shown
        if track is None:
            return None
        file = self._film.suffix in tracks.FILES
        text = "\n".join(cue.lines)
        near = min(
            (shown for shown in track.cues if not shown.above),
            key=lambda shown: (abs(shown.start_ms - cue.start_ms), shown.text != text),
        )
        return f"{self._film.name if file else f'track {track.index}'}: {near.text}"

    @cached_property
    def handwork(self) -> dict[str, Handwork]:
        """What people did, by the ids of cues."""
        return handwork(self.edit)

    @cached_property
    def _shown(self) -> tracks.Track | None:
        """The track of the film, or the file, that equals this track. Raises Problem if there is
        none."""
        from subtitling.text.languages import own_name

        file = self._film.suffix in tracks.FILES
        burnt = (self._job.folder / _BURNT).resolve() in self._film.resolve().parents
        if burnt or not (file or self._film.suffix in tracks.FILMS):
            return None
        muxed = self._job.stages.get(_MUXED)
        shift_ms = muxed.notes.get("shift_us", 0) / 1000 if muxed and not file else 0
        # Tracks of one language, as pt and pt-BR, may hold the same words under their own titles.
        mine = own_name(self.language)
        for track in sorted(self._reader.subtitles(self._film), key=lambda t: t.title != mine):
            kind = self._film.suffix[1:] if file else tracks.MADE_FROM.get(track.codec)
            own = file or tracks.same_language(track.language, self.language)
            if not own or kind is None:
                continue
            written = self._written(kind)
            if track.codec == "mov_text":
                written = tracks.in_turn(written)
            alike = len(track.cues) == len(written)
            if alike and not tracks.differences(track.cues, written, shift_ms):
                return track
        raise Problem(
            f"{self._film}: no {self.language} track of it shows what {self._key} wrote; "
            "see lineage verify"
        )

    def _written(self, kind: str) -> tuple[tracks.Shown, ...]:
        """The cues of the generated subtitle file of this kind."""
        outputs = self._job.stages[self._key].outputs
        name = next(str(file.name) for file in outputs if file.kind == kind)
        return tracks.read(self._reader.held_output(self._key, name))[0].cues


def handwork(edit: "Edit | None") -> dict[str, Handwork]:
    """What people did, by the ids of the cues that they changed or approved."""
    if edit is None:
        return {}
    changes = {change.cue: change for change in edit.changes if change.cue}
    hands = {hand.cue: hand for hand in edit.hands}
    done = {}
    for cue in {**changes, **hands}:
        change, hand = changes.get(cue), hands.get(cue)
        before = change.generated.lines if change and change.generated else ()
        corrected, approved = (hand.corrected, hand.approved) if hand else (None, None)
        done[cue] = Handwork(change.what if change else None, before, corrected, approved)
    return done


def by_hand(hand: Handwork) -> str:
    """What people did to a cue, in a line."""
    parts = []
    if hand.what or hand.corrected:
        who = (
            f"by {hand.corrected.who} on {hand.corrected.at[:10]}" if hand.corrected else "by hand"
        )
        parts.append(f"corrected {who} ({hand.what or 'as it is generated now'})")
    if hand.lines:
        parts.append(f"it was: {' / '.join(hand.lines)}")
    if hand.approved:
        parts.append(f"approved by {hand.approved.who} on {hand.approved.at[:10]}")
    return "; ".join(parts)


def _refuse_doubtful(job: Job, way: Sequence[str]) -> None:
    """Raise Problem if the manifest of a stage between film and cue is not the sealed one: its
    models, code and settings would come from an edited record."""
    papers = {str(job.folder / ledger.NAME)}
    papers |= {str(job.folder / key) for key in way}
    papers |= {str(job.folder / key / NAME) for key in way}
    for finding in evidence(job):
        if finding.path in papers and finding.kind == "outdated":
            raise Problem(f"{finding.path}: {finding.text}. Run the job again, then trace it")
        if finding.path in papers:
            raise Problem(
                f"{finding.path}: {finding.text}. A record that does not hold gives no answer; "
                f"see lineage verify {job.folder}"
            )


def _places(transcript: "Transcript") -> dict[str, int]:
    """The number of the segment that contains each word, by the word's id."""
    return {word.id: n for n, segment in enumerate(transcript.segments) for word in segment.words}


def _track(job: Job, language: str | None) -> str:
    keys = [key for key in job.stages if key.startswith(f"{SUBTITLES}/")]
    fit = [key for key in keys if language in (None, key.rpartition("/")[2])]
    if len(fit) != 1:
        have = ", ".join(key.rpartition("/")[2] for key in keys) or "none"
        asked = f"no {language} track" if language else "--lang is needed"
        raise Problem(f"{job.folder}: {asked}; tracks on record: {have}")
    return fit[0]


def _index(cues: "Sequence[Cue]", number: int | None, at_ms: int | None) -> int:
    if number is not None:
        if not 1 <= number <= len(cues):
            raise Problem(f"there is no cue {number}; the track has {len(cues)}")
        return number - 1
    assert at_ms is not None
    for index, cue in enumerate(cues):
        if cue.start_ms <= at_ms < cue.end_ms:
            return index
    near = min(
        cues, key=lambda c: min(abs(c.start_ms - at_ms), abs(c.end_ms - at_ms)), default=None
    )
    nearest = "none"
    if near:
        nearest = f"the nearest is from {clock(near.start_ms)} to {clock(near.end_ms)}"
    raise Problem(f"no cue shows at {clock(at_ms)}; {nearest}")


def _step(job: Job, key: str) -> Step:
    manifest: Manifest = job.stages[key]
    return Step(
        stage=key,
        manifest_sha256=sha256(job.folder / key / "manifest.json"),
        commit=manifest.code["commit"],
        dirty=manifest.code["dirty"],
        code=manifest.code["digest"],
        params={k: v for k, v in manifest.params.items() if k not in ("code", "model")},
        models=manifest.models,
        software=manifest.software,
        degradations=manifest.degradations,
        warnings=manifest.warnings,
        unrepeatable=manifest.unrepeatable,
    )


def listen(audio: Path, sound_ms: tuple[int, int], target: Path) -> None:
    """Write an interval of `audio`, with a little before and after it, to `target`. Raises Problem
    if that exists."""
    from subtitling.media import containers, ffmpeg, written_sound

    if target.suffix not in (".flac", ".wav"):
        raise Problem(f"--listen {target}: the name must end in .flac or .wav")
    if target.exists():
        raise Problem(f"--listen {target}: it exists already; give a new name")
    start = max(0, sound_ms[0] - _AROUND_MS)
    length = sound_ms[1] + _AROUND_MS - start
    cut = ["-ss", f"{start}ms", "-t", f"{length}ms"]
    form = ["-fflags", "+bitexact", "-f", target.suffix.removeprefix(".")]
    with files.replacing(target) as partial:
        ffmpeg.run([*cut, *ffmpeg.source(audio), *form, containers.url(partial)])
        written_sound.sound(partial, length)


def as_text(answer: Trace) -> str:
    """The trace as text."""
    offset = answer.film_offset_ms
    cue = answer.cue
    lines = [f"{answer.language} cue {answer.number}, {clock(cue.start_ms)} to {clock(cue.end_ms)}"]
    lines += [f"    {line}" for line in cue.lines]
    lines += [f"  {by_hand(answer.hand)}"] if answer.hand else []
    if cue.voices:
        voices = ", ".join(f"{voice.speaker} ({voice.confidence:.2f})" for voice in cue.voices)
        named = any(segment.speaker for segment in answer.segments)
        how = "by the text" if named else "by voice, which is never certain"
        lines.append(f"  {how}: {voices}")
    if answer.in_film:
        shown = answer.in_film.partition(":")[0]
        place = "film" if shown.startswith("track ") else "file"
        lines.append(f"  in the {place}: {shown}, the same text and times")
    for sentence in answer.translated:
        source = {w.id: w.text for w in answer.words}
        lines.append(f"  {sentence.id}: {sentence.text}")
        if sentence.first is not None:
            lines.append(f"    first answered: {sentence.first}")
        lines += [f"    through: {sentence.through}"] if sentence.through else []
        lines += [f"    incomplete: {sentence.incomplete}"] if sentence.incomplete else []
        lines += [f"    as spoken: {sentence.untranslated}"] if sentence.untranslated else []
        lines.append(
            f"    from: {' '.join(source[i] for i in sentence.source_words if i in source)}"
        )
    if answer.mixed:
        lines.append(f"  {answer.mixed}")
    if answer.words:
        lines.append(f"  words, {answer.spoken_language}, times from {answer.timing}:")
    lines += [
        f"    {w.id} {clock(w.start_ms)} to {clock(w.end_ms)} "
        f"{'     ' if w.score is None else f'{w.score:.3f}'} {w.text}"
        f"{'' if w.ears in (None, 'both') else f' ({w.ears} ear alone)'}"
        for w in answer.words
    ]
    for segment in answer.segments:
        score = "" if segment.score is None else f", score {segment.score:.3f}"
        agreed = "" if segment.agreement is None else f", agreement {segment.agreement:.3f}"
        lines.append(f"  segment {segment.id} {_stretch(segment)}{score}{agreed}")
        if segment.language is not None:
            known = segment.language_score
            probable = "" if known is None else f", with {known:.2f} of 1"
            lines.append(f"    spoken in {segment.language}{probable}")
        if segment.heard is not None:
            lines.append(f"    heard as {segment.heard}")
            sure = "by rule" if segment.sure is None else f"with {segment.sure:.2f} of 1"
            lines.append(f"    written as it is {sure}")
    for region in answer.regions:
        lines.append(f"  speech  {region.id} {_stretch(region)}, score {region.score:.3f}")
    for event in answer.events:
        lines.append(f"  {event.kind:7} {_stretch(event)}, score {event.score:.3f}")
    for row in answer.rehearings:
        lines.append(f"  heard again {_stretch(row)}, {row.reason}: {row.why}")
        first, second = ("", " (counts)") if row.taken else (" (counts)", "")
        lines.append(f"    first   {row.first or '-'}{first}")
        lines.append(f"    then    {row.second or '-'}{second}")
        lines += [f"    heard as {row.heard}"] if row.heard else []
    lines += _text_lines(answer.text) if answer.text else []
    start, end = answer.sound_ms
    lines.append(f"  sound   {answer.audio} {clock(start)} to {clock(end)}")
    lines.append(f"  film    {answer.film} {clock(start + offset)} to {clock(end + offset)}")
    lines.append("  made by:")
    for step in answer.steps:
        lines += _step_lines(step)
    return terminal.lines(lines)


def _stretch(item: "Segment | Region | Event | Rehearing") -> str:
    return f"{clock(item.start_ms)} to {clock(item.end_ms)}"


def _text_lines(text: FromText) -> list[str]:
    numbers = ", ".join(map(str, text.lines))
    place = f", line{'s' * (len(text.lines) > 1)} {numbers}" if text.lines else ""
    lines = [f"  text    {text.source}{place}, sha256 {text.sha256}"]
    if text.as_heard:
        lines.append(f"    not in it, as heard: {', '.join(text.as_heard)}")
    lines += [f"    was heard as {row.text}; {'; '.join(row.reasons)}" for row in text.misheard]
    return lines


def _step_lines(step: Step) -> list[str]:
    changed = " with edits" if step.dirty else ""
    commit = (step.commit or "not in git")[:12]
    lines = [f"    {step.stage}  code {(step.code or '?')[:12]}, commit {commit}{changed}"]
    if step.params:
        lines.append(f"      params {json.dumps(step.params, ensure_ascii=False)}")
    packages = {"python": step.software["python"], **step.software["packages"]}
    tools = step.software["tools"].items()
    packages |= {name: text.removeprefix(f"{name} version ").strip() for name, text in tools}
    lines.append("      with " + ", ".join(f"{name} {v}" for name, v in packages.items()))
    for worker, software in step.software.get("workers", {}).items():
        versions = {"python": software["python"], **software["packages"]}.items()
        lines.append(f"      {worker} with " + ", ".join(f"{name} {v}" for name, v in versions))
    for model in step.models:
        revision = f" revision {model['revision']}" if model["revision"] else ""
        lines.append(
            f"      model {model['name']} {model['precision'] or ''}{revision}, {model['source']}"
        )
        lines += [f"        {name} sha256 {digest}" for name, digest in model["files"].items()]
    for row in step.degradations:
        lines.append(f"      degraded {row['what']}: {row['after']} instead of {row['before']}")
    lines += [f"      warning {text}" for text in step.warnings]
    lines += [f"      not repeatable: {text}" for text in step.unrepeatable]
    return lines
