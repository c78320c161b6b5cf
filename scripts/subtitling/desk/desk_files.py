"""The files of a corrected track: its history, the track itself, its review.

The history is the truth: a change is saved once its line is on the disk. Track and review follow
from it and are written again when the desk is opened, should a run have been killed between.
"""

import fcntl
import hashlib
import json
import os
from pathlib import Path

from lineage import files, untrusted
from lineage.problem import Problem
from subtitling import documents
from subtitling.desk import history
from subtitling.desk.cues import file_text
from subtitling.desk.history import Entry, Track
from subtitling.documents import Review
from subtitling.subtitles import edits


class Full(Exception):
    """A change could not be saved; the text says why. Nothing was changed."""


class DeskFiles:
    """The files `LANGUAGE.srt`, `.history.jsonl` and `.review.json` of one track in `folder`. The
    history is locked as long as this is open: two desks would overwrite each other's work."""

    def __init__(self, folder: Path, language: str):
        self.track = folder / f"{language}.srt"
        self.review = folder / f"{language}.{edits.REVIEW}"
        self.history = folder / f"{language}.{edits.HISTORY}"
        self._file: int | None = None
        self._size = 0
        self._written: str | None = None
        self._stamp: tuple[int, int, int] | None = None
        self.digest: str | None = None  # of the track's file, as it was last read or written

    def entries(self) -> list[Entry]:
        """The entries so far. A last line that a killed server left unfinished is taken off. Raises
        Problem for a history that can't be read, or that another desk has open."""
        if self._file is None and not self.history.exists():
            return []
        self._open()
        content = untrusted.content(self.history)
        whole = content[: content.rfind(b"\n") + 1]
        self._size = len(whole)
        assert self._file is not None
        if len(whole) < len(content):
            os.ftruncate(self._file, self._size)
        some = []
        for n, line in enumerate(whole.splitlines(), 1):
            try:
                some.append(history.entry_of(untrusted.json_value(line)))
            except untrusted.FAILURES as error:
                raise Problem(
                    f"{self.history}, line {n}: no change of a track ({error!s:.200}); move the "
                    "file away to begin with the track as it is"
                ) from error
            if some[-1].number != n:
                raise Problem(f"{self.history}, line {n}: number {some[-1].number}; it was edited")
        return some

    def _open(self) -> None:
        if self._file is not None:
            return
        self.history.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.history, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise Problem(
                f"{self.history}: another desk has this track open; use its address, or stop it"
            ) from None
        self._file = file

    def append(self, entry: Entry) -> None:
        """Save a change, for good. Raises Full where it can't be; the file is then as before."""
        line = json.dumps(history.plain(entry), ensure_ascii=False, separators=(",", ":"))
        data = f"{line}\n".encode()
        try:
            self._open()
            assert self._file is not None
            try:
                written = os.write(self._file, data)
                if written != len(data):
                    raise OSError(f"only {written} of {len(data)} bytes could be written")
                os.fsync(self._file)
            except OSError:
                os.ftruncate(self._file, self._size)
                raise
        except OSError as error:
            raise Full(f"{self.history}: {error.strerror or error}") from error
        self._size += len(data)

    @property
    def begun(self) -> bool:
        """Whether there is a history, so that the next change is added to it."""
        return self._size > 0

    def wrote(self, track: Track, text: str | None = None) -> None:
        """Note that the track's file is as it should be: it holds this track, in this text."""
        self._written = file_text(track.in_order) if text is None else text
        self._stamp = self._now()
        self.digest = hashlib.sha256(self._written.encode()).hexdigest()

    def _now(self) -> tuple[int, int, int] | None:
        try:
            status = self.track.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def changed_outside(self) -> bool:
        """Whether another program wrote the track's file, since the desk opened or wrote it. One
        that was only touched or saved again is the same."""
        now = self._now()
        if now is None or now == self._stamp:
            return False
        if self.track.read_text("utf-8", "replace") != self._written:
            return True
        self._stamp = now
        return False

    def write_track(self, track: Track) -> None:
        """Write the track. Raises Full where it can't be written."""
        text = file_text(track.in_order)
        try:
            files.replace_text(self.track, text)
        except OSError as error:
            raise Full(f"{self.track}: {error.strerror or error}") from error
        self.wrote(track, text)

    def write_review(self, review: Review) -> None:
        """Write the review. Raises Full where it can't be written."""
        try:
            documents.save(review, self.review)
        except OSError as error:
            raise Full(f"{self.review}: {error.strerror or error}") from error

    def close(self) -> None:
        """Let others open the track."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
