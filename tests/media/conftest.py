"""Films that the tests of this folder share."""

from pathlib import Path

import films
import pytest


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    films.make(folder, frozenset({"plain.mkv", "plain.mp4", "late_sound.ts", "everything.mkv"}))
    return folder
