"""The sizes that a picture is shown in: broadcasts and joined files change them midway."""

from contextlib import suppress
from fractions import Fraction
from typing import Any

# Codecs whose headers FFmpeg's filter `extract_extradata` separates from the packets.
_WITH_HEADERS = frozenset(
    {"av1", "h264", "hevc", "mpeg1video", "mpeg2video", "mpeg4", "vc1", "vvc"}
)
_MOST_OBLONG = 4  # the ratio of a pixel's sides
_MOST_HEADERS = 100  # of one picture; a stranger's film may have a new one at each key frame


def shown(width: int, height: int, pixel: Fraction | int, turned: int) -> tuple[int, int]:
    """The size that a picture of `width` x `height` pixels is shown in. `pixel` is the ratio of a
    pixel's width to its height, `turned` the rotation in degrees. A pixel that no screen has is
    taken for a square."""
    wide = round(width * pixel) if 1 / _MOST_OBLONG <= pixel <= _MOST_OBLONG else width
    return (height, wide) if turned % 180 == 90 else (wide, height)


def may_change(stream: Any) -> bool:
    """Whether the headers of a stream of PyAV can be followed from key frame to key frame."""
    context = stream.codec_context
    return (
        stream.type == "video"
        and context is not None
        and context.codec.canonical_name in _WITH_HEADERS
    )


class PictureShapes:
    """Follows the headers before the key frames of one stream, up to `_MOST_HEADERS` different
    ones. Only a picture whose header is a new one is decoded, so that a film is read as fast as
    without this."""

    def __init__(self, stream: Any):
        from av.bitstream import BitStreamFilterContext

        self._codec = stream.codec_context.codec.canonical_name
        self._filter = BitStreamFilterContext("extract_extradata", stream)
        self._by_header: dict[bytes, str | None] = {}
        self._in_order: list[str] = []

    def add(self, packet: Any) -> None:
        """Take in a packet of the stream, which can't be used afterwards."""
        import av

        if not packet.is_keyframe or len(self._by_header) >= _MOST_HEADERS:
            return
        with suppress(av.error.FFmpegError):  # a broken header says nothing
            for each in self._filter.filter(packet):
                for side in each.iter_sidedata():
                    if side.data_type == "new_extradata":
                        self._take(bytes(side), each)

    def _take(self, header: bytes, packet: Any) -> None:
        if header not in self._by_header:
            self._by_header[header] = self._decoded(header, packet)
        shape = self._by_header[header]
        if shape and self._in_order[-1:] != [shape] and len(self._in_order) < _MOST_HEADERS:
            self._in_order.append(shape)

    def _decoded(self, header: bytes, packet: Any) -> str | None:
        """The shape of the picture of a key frame; None where it can't be decoded by itself."""
        import av

        context = av.CodecContext.create(self._codec, "r")
        context.extradata = header
        with suppress(av.error.FFmpegError):
            for frame in [*context.decode(packet), *context.decode(None)]:
                width, height = shown(
                    frame.width, frame.height, context.sample_aspect_ratio or 1, 0
                )
                return f"{width} x {height}"
        return None

    @property
    def changes(self) -> tuple[str, ...]:
        """The shapes in order, as `768 x 576`; empty where the picture has one throughout."""
        return tuple(self._in_order) if len(self._in_order) > 1 else ()
