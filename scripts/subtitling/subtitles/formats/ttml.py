"""TTML1 for streaming services, as Netflix takes it: percentages, text at 100 %, a frame rate."""

from subtitling.subtitles.formats.delivery import Programme
from subtitling.subtitles.formats.timed_text import TT, TimedText, frame_attributes


class Ttml1(TimedText):
    """TTML1, presentation profile."""

    kind = ending = "ttml"
    font_size = 100

    def attributes(self, programme: Programme) -> str:
        """See `TimedText`."""
        profile = f'ttp:profile="{TT}/profile/dfxp-presentation"'
        return f'{profile} ttp:cellResolution="32 15" {frame_attributes(programme)}'


FORMAT = Ttml1()
