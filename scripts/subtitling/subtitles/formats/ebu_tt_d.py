"""EBU-TT-D, the subtitles of European broadcasters' online services and of HbbTV."""

from xml.sax.saxutils import escape

from subtitling.subtitles.formats.delivery import Programme
from subtitling.subtitles.formats.timed_text import TimedText, marked


class EbuTtD(TimedText):
    """EBU-TT-D 1.0.1."""

    kind, ending = "ebu-tt-d", "ebu-tt-d.xml"
    look = 'tts:backgroundColor="#000000c0"'

    def attributes(self, programme: Programme) -> str:  # noqa: ARG002 - it has media time alone
        """See `TimedText`."""
        return 'xmlns:ebuttm="urn:ebu:tt:metadata" ttp:cellResolution="32 15"'

    def metadata(self, programme: Programme) -> str:
        """See `TimedText`; the standard that a file claims to keep comes before its title."""
        return (
            f"<metadata><ebuttm:documentMetadata>"
            f"<ebuttm:conformsToStandard>urn:ebu:tt:distribution:2018-04"
            f"</ebuttm:conformsToStandard>"
            f"<ebuttm:documentTargetLanguage>{escape(programme.language)}"
            f"</ebuttm:documentTargetLanguage></ebuttm:documentMetadata>{marked(programme)}</metadata>"
        )


FORMAT = EbuTtD()
