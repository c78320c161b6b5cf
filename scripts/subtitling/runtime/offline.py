"""Keep compute stages from opening connections. Telemetry and downloads of libraries are switched
off through the environment, which they read when they are imported."""

import os

SWITCHES = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime, which faster-whisper imports
    "PYANNOTE_METRICS_ENABLED": "0",
}


def enforce() -> None:
    """Switch connections off; to be called before an engine is imported."""
    os.environ.update(SWITCHES)
