"""Compute stages open no connection. Telemetry and downloads of libraries are switched off through
the environment, which they read when they are imported."""

import os

SWITCHES = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime, which faster-whisper imports
    "PYANNOTE_METRICS_ENABLED": "0",
}


def enforce() -> None:
    """Call before importing an engine."""
    os.environ.update(SWITCHES)
