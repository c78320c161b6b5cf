"""Checks of the muxed film: every stream against the film, every cue against its file."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lineage.problem import Problem
from subtitling.muxing.stream_tally import StreamTally
from subtitling.subtitles.formats import subtitle_files, track_file

# Formats whose packets are framed differently, so that payloads differ though the content is equal.
_REPACKED = frozenset({"mpegts", "mpeg", "aac", "mpegvideo", "m4v", "avi", "flv", "nut"})

_SAME_SHAPE = 0.005  # of the pixel aspect ratio: MP4 and WebM round it
_ROUNDING_US = 2_000  # Matroska's times are whole milliseconds
# The ffmpeg program counts a sound's times by its packets' lengths, as far as these agree with the
# film's times: within half a unit of them, which in AVI is a whole packet. Half of 2,048 samples at
# 44.1 kHz are 23 ms, less than a frame of the picture.
_COUNTED_US = 25_000

# The most packets of a stream with corrected times, as a number and as a share.
_CORRECTED, _CORRECTED_SHARE = 10, 0.05

# Blu-ray's subtitles come in segments; Matroska needs the segments of one picture together.
_MERGED, _MERGED_US = frozenset({"hdmv_pgs_subtitle"}), 1_000_000


def row(values: Mapping[str, Any]) -> StreamTally:
    """A row from the child process's JSON, with its lists as tuples."""
    return StreamTally(
        **{**values, "marks": tuple(values["marks"]), "places_us": tuple(values["places_us"])}
    )


def compare(
    planned: Sequence[StreamTally],
    result: Sequence[StreamTally],
    container: str,
    *,
    named: bool = True,
    by_program: bool = False,
) -> None:
    """Raise Problem unless the new file holds every stream as planned, packet for packet.

    `container` is the film's own format; where its packets are framed differently, payloads may
    differ, but neither the number nor the times of packets. `named` is False for a new file that
    keeps no titles, and no flag but the default one; `by_program` says that the ffmpeg program
    wrote it. Covers may stand anywhere.
    """
    planned = sorted(planned, key=lambda r: r.kind == "cover")
    result = sorted(result, key=lambda r: r.kind == "cover")
    kept = "; the film and the subtitles are kept, no new film was written"
    want = [(r.kind, in_mp4(r.codec)) for r in planned]
    have = [(r.kind, in_mp4(r.codec)) for r in result]
    if want != have:
        raise Problem(f"the muxed film holds {have}, not {want}{kept}")
    shift = shift_us(planned, result)
    for number, (before, after) in enumerate(zip(planned, result, strict=True)):
        name = f"stream {number} ({before.kind} {before.codec}) of the muxed film"
        expected: Any = (_language(before.language), before.title, before.marks, before.tag)
        seen: Any = (_language(after.language), after.title, after.marks, after.tag)
        if not named:
            # Pictures and sounds always have the default flag; subtitles only where it is set.
            always = before.kind != "subtitle" and "default" not in before.marks
            expected = expected[0], "default" in expected[2]
            seen = seen[0], "default" in seen[2] and not always
        if expected != seen:
            raise Problem(f"{name} is called {seen}, not {expected}{kept}")
        if before.pixel and abs(after.pixel / before.pixel - 1) > _SAME_SHAPE:
            raise Problem(
                f"{name} is shown with pixels of {after.pixel:.4f}, not {before.pixel:.4f} times "
                f"their height in width{kept}"
            )
        merged = before.codec in _MERGED and before.packets > after.packets
        if before.packets != after.packets and not merged:
            raise Problem(f"{name} has {after.packets} packets, not {before.packets}{kept}")
        repacked = not _REPACKED.isdisjoint(container.split(",")) and before.bytes != after.bytes
        repacked = repacked and before.codec not in _MERGED
        if before.sum != after.sum and not repacked:
            raise Problem(f"{name} has other content than the film's{kept}")
        if before.kind in ("attachment", "cover") or before.first_us is None:
            continue
        rounding = _COUNTED_US if by_program and before.kind == "audio" else _ROUNDING_US
        slack = (_MERGED_US if merged else rounding) + before.moved_us
        off = [
            ("begins", _off_us(before.first_us, after.first_us, shift), slack),
            ("ends", _off_us(before.last_us, after.last_us, shift), slack),
            *(
                (f"is, at {(there or 0) / 1e6:.1f} s,", _off_us(there, here, shift), rounding)
                for there, here in zip(before.places_us, after.places_us, strict=not merged)
                if not merged
            ),
        ]
        for at, off_us, most_us in off:
            if abs(off_us) > most_us:
                raise Problem(f"{name} {at} {off_us / 1000:.0f} ms off{kept}")
        if before.corrected > max(_CORRECTED, _CORRECTED_SHARE * before.packets):
            raise Problem(
                f"{name}: {before.corrected} of {before.packets} packets have times in the film "
                f"that go backwards, by up to {before.moved_us / 1000:.0f} ms; its sound and "
                "picture would not stay together. Mend the film first, e.g. with mkvmerge or ffmpeg"
            )


def in_mp4(codec: str) -> str:
    """The name of a codec in MP4, where MPEG's audio layers 1 to 3 share one."""
    return "mp3" if codec in ("mp1", "mp2") else codec


def _off_us(before: int | None, after: int | None, shift: int) -> int:
    """How much later than planned something is in the new file; 0 where a time is missing."""
    return 0 if before is None or after is None else after - before - shift


def shift_us(planned: Sequence[StreamTally], result: Sequence[StreamTally]) -> int:
    """How much later than planned the new file begins: containers allow no negative times."""
    for before, after in zip(planned, result, strict=False):
        if before.kind in ("video", "audio") and None not in (before.first_us, after.first_us):
            return (after.first_us or 0) - (before.first_us or 0)
    return 0


def _language(code: str) -> str:
    return "" if code == "und" else code


def check_cues(
    path: Path, seen: Sequence[tuple[int, int, str]], shift_us: int, *, in_turn: bool = False
) -> None:
    """Raise Problem unless the track has the cues of its file: (start, end, text) each. In a
    container that shows one cue at a time they are compared `in_turn`."""
    track = subtitle_files.read(path)
    cues = (track_file.in_turn(track) if in_turn else track).cues
    want = [(cue.start_ms, cue.end_ms, _bare("\n".join(cue.body))) for cue in cues]
    have = [
        (round((start - shift_us) / 1000), round((end - shift_us) / 1000), _bare(text))
        for start, end, text in seen
    ]
    if len(want) != len(have):
        raise Problem(
            f"{path} has {len(want)} cues, its track in the muxed film {len(have)}; "
            "the film and the subtitles are kept, no new film was written"
        )
    for number, (wanted, shown) in enumerate(zip(want, have, strict=True), 1):
        near = all(abs(a - b) <= 2 for a, b in zip(wanted[:2], shown[:2], strict=True))
        if not near or wanted[2] != shown[2]:
            raise Problem(
                f"cue {number} of {path} is {_cue(wanted)}, but {_cue(shown)} in the muxed film; "
                "the film and the subtitles are kept, no new film was written"
            )


def _cue(row: tuple[int, int, str]) -> str:
    """A cue in a message."""
    return f"{track_file.clock(row[0])} --> {track_file.clock(row[1])} {row[2]!r}"


def _bare(text: str) -> str:
    """The words of a cue, without any format's markup."""
    text = re.sub(r"\\[Nn]|\r?\n", " ", text)
    return " ".join(re.sub(rf"<[^>]*>|\{{\\(?!{track_file.JOINER})[^}}]*\}}", "", text).split())
