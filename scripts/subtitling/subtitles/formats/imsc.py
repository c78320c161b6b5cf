"""IMSC 1.1 Text, the W3C's profile of TTML2 for subtitles of all scripts."""

from subtitling.subtitles.formats.delivery import Programme
from subtitling.subtitles.formats.timed_text import TT, TimedText, frame_attributes


class Imsc11(TimedText):
    """IMSC 1.1, text profile."""

    kind, ending = "imsc", "imsc.ttml"
    look = 'tts:textOutline="#000000 5%"'

    def attributes(self, programme: Programme) -> str:
        """See `TimedText`."""
        profile = f'ttp:contentProfiles="{TT}/profile/imsc1.1/text"'
        return f'{profile} ttp:cellResolution="32 15" {frame_attributes(programme)}'


FORMAT = Imsc11()
