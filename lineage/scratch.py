"""The folder for a stage's temporary files, those of its child processes included.

It is in the host's folder for temporary files. If the stage is killed, its next run deletes the
folder.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def place_of(folder: Path) -> Path:
    """The temporary folder of the stage in `folder`; the stage's lock protects it."""
    name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"sutradhar-{os.getuid()}-{name}")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Put the temporary files of the code inside the block into `place_of(folder)`."""
    try:
        place = place_of(folder)
        shutil.rmtree(place, ignore_errors=True)  # of a run that was killed
        place.mkdir(mode=0o700)
    except OSError:  # another user's, or a full disk: most stages need no temporary file
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
