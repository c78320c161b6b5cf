"""The folder for a stage's temporary files, those of its child processes included.

It lies in the host's folder for temporary files; where the stage is killed, its next run deletes
it.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def place_of(folder: Path) -> Path:
    """The temporary folder of the stage in `folder`, whose lock keeps others out of it."""
    name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"sutradhar-{os.getuid()}-{name}")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Direct temporary files of what runs inside to `place_of(folder)`."""
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
