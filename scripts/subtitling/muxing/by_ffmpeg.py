"""Mux by the ffmpeg program, which can put streams into Matroska that its libraries cannot."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from subtitling.media import containers, ffmpeg, matroska
from subtitling.media.ffmpeg import Limits
from subtitling.muxing import pcm, stream_copy, stream_tally
from subtitling.muxing.stream_copy import OLD_FILE
from subtitling.runtime import child_process
from subtitling.runtime.progress import Progress


def copy(
    asked: dict[str, Any],
    new_tracks: int,
    check_s: int,
    limits: Limits,
    progress: Progress,
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """As `_copied`, but the ffmpeg program copies; the film is measured separately."""
    out, duration_ms = Path(asked["out"]), asked["duration_ms"]
    bounds: Any = {
        "seconds": limits.seconds(duration_ms),
        "max_file_bytes": limits.max_file_bytes,
    }
    with TemporaryDirectory() as beside:
        measured = child_process.call(
            stream_copy.copy, asked | {"out": None, "beside": beside}, **bounds
        )
        heads = [matroska.Head(*said) for said in measured["heads"]]
        ffmpeg.run(arguments(asked, measured, heads), duration_ms, progress, limits)
    if any(head.asks for head in heads):
        matroska.write_heads(out, heads)
    weighed = {"film": str(out), "new_tracks": new_tracks, "duration_ms": duration_ms}
    result = child_process.call(stream_tally.weigh, weighed, **bounds)
    return measured, result, ffmpeg.decoding_errors(out, check_s, limits)


def arguments(
    asked: dict[str, Any], measured: dict[str, Any], heads: Sequence[matroska.Head]
) -> list[str]:
    """ffmpeg's arguments for the request `asked` to `stream_copy.copy`."""
    film, start = asked["film"], f"{measured['start_us'] / 1e6:.6f}"
    inputs, mapped, marked = [*ffmpeg.source(film)], list[str](), list[str]()
    text = {t["of_film"]: t for t in asked["tracks"] if t["of_film"] is not None}
    generated = [t for t in asked["tracks"] if t["of_film"] is None]
    sources = 0

    def from_file(track: Mapping[str, Any], offset: str) -> str:
        nonlocal sources
        silent = ["-t", "0"] if track["silent"] else []
        inputs.extend(
            ["-itsoffset", offset, *silent, *ffmpeg.source(track["path"], track["demuxer"])]
        )
        sources += 1
        return f"{sources}:0"

    for item in asked["kept"]:
        index, action, number = item["stream"]["index"], item["action"], len(mapped) // 2
        if action in ("drop", "attach") or item["stream"]["kind"] == "attachment":
            continue
        if action == "text":
            place = from_file(text[index], "0")
        elif item["stream"]["kind"] == "subtitle":
            # A separate input: ffmpeg reads each input only as fast as its slowest stream allows.
            again = {"path": film, "demuxer": None, "silent": False}
            place = f"{from_file(again, '0').split(':')[0]}:{index}"
        else:
            place = f"0:{index}"
        mapped += ["-map", place]
        if action == "text":
            marked += [f"-map_metadata:s:{number}", f"0:s:{index}"]
        if action == "pcm":
            stream = item["stream"]
            marked += [f"-c:{number}", pcm.codec_for(stream["codec"], stream["samples"])]
        marks = [m for m in item["stream"]["marks"] if m != "default"] + ["default"] * item[
            "default"
        ]
        marked += [f"-disposition:{number}", "+".join(marks) or "0"]
    for track in generated:
        number = len(mapped) // 2
        mapped += ["-map", from_file(track, start)]
        marked += [f"-disposition:{number}", "+".join(stream_tally.marks(track["flags"])) or "0"]
        tags = {name: track[name] for name in ("language", "title")} | track["marked"]
        for name, value in tags.items():
            marked += [f"-metadata:s:{number}", f"{name}={value}"]
    for number, (path, name, mime) in enumerate(measured["attached"]):
        marked += ["-attach", containers.url(path), f"-metadata:s:t:{number}", f"mimetype={mime}",
                   f"-metadata:s:t:{number}", f"filename={name}"]  # fmt: skip
    for number, head in enumerate(heads):
        if head.asks:
            marked += [f"-metadata:s:{number}", f"title={head.name}"]
    old = [word for tag in sorted(OLD_FILE) for word in ("-metadata", f"{tag}=")]
    return [
        "-copyts", *inputs, *mapped, "-c", "copy", *marked, *old,
        "-output_ts_offset", f"{-measured['start_us'] / 1e6:.6f}", "-fflags", "+bitexact",
        "-f", asked["muxer"], containers.url(asked["out"]),
    ]  # fmt: skip
