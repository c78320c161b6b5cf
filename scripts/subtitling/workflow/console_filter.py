"""What Snakemake says on the screen besides our stages: not what they have said better."""

import logging
import re
from pathlib import Path
from typing import Any

from lineage import Manifest
from lineage.manifest import NAME, InvalidManifest

# What it is about to do, and that a script of ours has ended with an error: the script said why.
# One that was killed is another matter.
_NOISE = re.compile(
    r"Select jobs to execute\.\.\.|Execute \d+ jobs\.\.\."
    r"|RuleException:\nCalledProcessError in file .*\n.* returned non-zero exit status \d+\.",
    re.DOTALL,
)


def is_news(record: logging.LogRecord) -> bool:
    """Whether a line of Snakemake's tells something that no stage has told."""
    if _NOISE.fullmatch(record.getMessage().strip()):
        return False
    return record.levelno < logging.ERROR or not _has_said_why(getattr(record, "log", None))


def _has_said_why(log: Any) -> bool:
    """Whether the job of a message, by its log files, has a manifest that tells why it failed."""
    manifest = next((path for path in log or () if Path(str(path)).name == NAME), None)
    try:
        return manifest is not None and Manifest.load(str(manifest)).status == "failed"
    except (OSError, InvalidManifest):
        return False
