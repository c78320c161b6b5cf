"""A filter for Snakemake's screen messages that drops those already reported by the stages."""

import logging
import re
from pathlib import Path
from typing import Any

from lineage import Manifest
from lineage.manifest import NAME, InvalidManifest

# Announcements of jobs, what Snakemake says after the last lines of a run, and the message that a
# stage's script ended with an error: the script said why. The message on a script that was killed
# is kept.
_NOISE = re.compile(
    r"Select jobs to execute\.\.\.|Execute \d+ jobs\.\.\."
    r"|Complete log\(s\): .*|Elapsed time: .*"
    r"|RuleException:\nCalledProcessError in file .*\n.* returned non-zero exit status \d+\.",
    re.DOTALL,
)


def is_news(record: logging.LogRecord) -> bool:
    """Whether a message of Snakemake says something that no stage has reported."""
    if _NOISE.fullmatch(record.getMessage().strip()) or _is_of_target(record):
        return False
    return record.levelno < logging.ERROR or not _has_said_why(getattr(record, "log", None))


def _is_of_target(record: logging.LogRecord) -> bool:
    """Whether a message announces a target such as a film, which has no work of its own."""
    parts = vars(record)
    return "rule_name" in parts and not any(parts[key] for key in ("rule_msg", "output", "log"))


def _has_said_why(log: Any) -> bool:
    """Whether the job of a message, by its log files, has a manifest with the reason it failed."""
    manifest = next((path for path in log or () if Path(str(path)).name == NAME), None)
    try:
        return manifest is not None and Manifest.load(str(manifest)).status == "failed"
    except (OSError, InvalidManifest):
        return False
