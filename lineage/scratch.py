"""Where the temporary files of a stage lie, those of its child processes among them: in one folder
of the host's own place for such, which the next run of the stage takes away where this one is
killed."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def place_of(folder: Path) -> Path:
    """That of the stage in `folder`, whose lock keeps others out of it."""
    name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"sutradhar-{os.getuid()}-{name}")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Put what runs inside, and asks for a temporary file, into `place_of` the folder."""
    try:
        place = place_of(folder)
        shutil.rmtree(place, ignore_errors=True)  # of a run that was killed
        place.mkdir(mode=0o700)
    except OSError:  # somebody else's, or a full disk: most stages need no temporary file
        yield
        return
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = str(place)
    try:
        yield
    finally:
        tempfile.tempdir = before[0]
        if before[1] is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before[1]
        shutil.rmtree(place, ignore_errors=True)
