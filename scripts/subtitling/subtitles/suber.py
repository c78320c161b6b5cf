"""Score a track against a person's, by the package subtitle-edit-rate (Wilken et al. 2022, SubER: A
Metric for Automatic Evaluation of Subtitle Quality), in an environment of its own."""

import json
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from lineage.problem import Problem
from subtitling import paths
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import SOUND_ONLY
from subtitling.text.languages import unspaced

# SubER and WER are shares of edits, the lower the better; BLEU and chrF of agreement, the higher.
# Two tracks rarely have the same cues, so that all but SubER are of cues matched by time (t-) or by
# words (AS-); -seg counts breaks of lines and cues as words.
METRICS = (
    "SubER", "SubER-cased", "t-BLEU", "AS-BLEU", "AS-BLEU-seg", "t-chrF", "AS-chrF", "AS-WER",
    "AS-WER-seg", "length_ratio",
)  # fmt: skip
PYTHON = paths.ROOT / ".venv-suber/bin/python"
_TOKENISED = {"zh", "ja", "ko"}  # languages that it can split into words
_TIMEOUT_S = 3600


def scores(track: Path, reference: Path, language: str, python: Path) -> dict[str, float]:
    """Each of METRICS in percent, of a track against a reference in the same language.

    Both are passed as plain text with their times: markup and its escapes do not count. Raises
    Problem where the environment is missing, for a file that cannot be read, and where there is no
    cue.
    """
    if not python.is_file():
        raise Problem(
            f"{python} is missing: SubER has an environment of its own; build it with "
            f"`{paths.make('suber')}`"
        )
    if unspaced(language) and language not in _TOKENISED:
        raise Problem(f"SubER counts words, and knows of none in {language}")
    with tempfile.TemporaryDirectory() as folder:
        plain = []
        for name, path in (("track", track), ("reference", reference)):
            made = [
                replace(cue, italic=False, marked=(), place=2)
                for cue in subtitle_files.read_cues(path)
            ]
            if not made:
                raise Problem(f"{path}: no cue in it to compare")
            plain.append(Path(folder) / f"{name}.srt")
            subtitle_files.write(made, plain[-1], SOUND_ONLY)
            # Direction marks at a line's ends would be taken for parts of its words.
            text = plain[-1].read_text("utf-8").translate(dict.fromkeys((0x202B, 0x202C)))
            plain[-1].write_text(text, "utf-8")
        own = ["-l", language] if language in _TOKENISED else []
        command = [str(python.absolute()), "-m", "suber", "-H", str(plain[0]), "-R", str(plain[1]),
                   *own, "-m", *METRICS]  # fmt: skip
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    if done.returncode:
        message = done.stderr.strip().rpartition("\n")[2]
        raise Problem(f"{python} -m suber ended with {done.returncode}: {message}")
    metrics: dict[str, float] = json.loads(done.stdout)
    return metrics
