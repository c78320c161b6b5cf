"""Limits of media that tests open."""

from subtitling.media.ffmpeg import Limits

LIMITS = Limits(
    max_streams=50,
    max_width_px=4096,
    max_height_px=4096,
    max_duration_h=1,
    max_output_gb=1,
    time_factor=3,
    min_run_s=60,
)


def limits(**changed: float) -> Limits:
    return Limits(**{**vars(LIMITS), **changed})
