"""A filter for Snakemake's screen messages that drops those already reported by the stages."""

import logging
import re
from pathlib import Path
from typing import Any

from lineage import Manifest
from lineage.manifest import NAME, InvalidManifest

# Announcements of jobs, what Snakemake says after the last lines of a run, and the message that a
# stage's script ended with an error or was killed: the script said why, or the last lines do.
_NOISE = re.compile(
    r"Select jobs to execute\.\.\.|Execute \d+ jobs\.\.\."
    r"|Complete log\(s\): .*|Elapsed time: .*"
    r"|Exiting because a job execution failed\. Look above .*"
    r"|RuleException:\nCalledProcessError in file .*\n.* "
    r"(?:returned non-zero exit status \d+|died with <Signals\.\w+: \d+>)\.",
    re.DOTALL,
)

_FAILED = ("failed", "running")


def is_news(record: logging.LogRecord) -> bool:
    """Whether a message of Snakemake says something that no stage has reported."""
    if _NOISE.fullmatch(record.getMessage().strip()) or _is_of_target(record):
        return False
    # A scheduler's log says more than the stage could.
    if record.levelno < logging.ERROR or getattr(record, "aux_logs", None):
        return True
    return not _is_on_record(getattr(record, "log", None))


def _is_of_target(record: logging.LogRecord) -> bool:
    """Whether a message announces a target such as a film, which has no work of its own."""
    parts = vars(record)
    return "rule_name" in parts and not any(parts[key] for key in ("rule_msg", "output", "log"))


def _is_on_record(log: Any) -> bool:
    """Whether the job of a message, by its log files, has a manifest with the reason it failed, or
    one that shows that it was killed: it is among the last lines of the run."""
    manifest = next((path for path in log or () if Path(str(path)).name == NAME), None)
    try:
        return manifest is not None and Manifest.load(str(manifest)).status in _FAILED
    except (OSError, InvalidManifest):
        return False
