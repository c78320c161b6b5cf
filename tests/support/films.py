"""Films that cover what films can be, made with ffmpeg: `make(folder)` writes them all.

Each is a few seconds long. In those whose name begins `beat`, or that say so, a white frame and a
beep come together at `BEATS_MS` of a clock that begins with the earlier of picture and sound.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from subtitling.media import ffmpeg

BEATS_MS = (2000, 5000)
LENGTH_S = 7
_FLASH = "+".join(f"between(t,{b / 1000 - 0.001},{b / 1000 + 0.119})" for b in BEATS_MS)
_BEEP = "+".join(f"between(t,{b / 1000},{b / 1000 + 0.119})" for b in BEATS_MS)
PICTURE = f"color=black:size=160x90:rate=25,drawbox=color=white:t=fill:enable='{_FLASH}'"
SOUND = f"aevalsrc='0.8*sin(2*PI*1000*t)*({_BEEP})':sample_rate=48000"

SRT = "1\n00:00:01,000 --> 00:00:02,000\nof the film's own\n\n"
SRT_LATE = "1\n00:00:06,500 --> 00:00:06,900\nlate\n\n"
CHAPTERS = """;FFMETADATA1
title=A "film" of हिन्दी; 100%=all\\\\!
comment=its comment
[CHAPTER]
TIMEBASE=1/1000
START=0
END=3000
title=One
[CHAPTER]
TIMEBASE=1/1000
START=3000
END=7000
title=Two
"""
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,\
10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\i1}hello
Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,at the same time
"""


@dataclass(frozen=True)
class Film:
    """A constructed film: how it is made, and what must be seen of it.

    `beats` says that picture and sound beat together, `kinds` are the kinds of the streams that
    the muxed film has of it; None where the film must be refused, with `refusal` in the words.
    `slack_ms` is how far picture and sound lie apart in the film itself.
    """

    name: str
    make: Callable[[Path, Path], None]
    kinds: tuple[str, ...] | None = ("video", "audio")
    refusal: str = ""
    beats: bool = True
    slack_ms: int = 45


def lavfi(graph: str) -> list[str]:
    """ffmpeg's arguments for a source filter."""
    return ["-f", "lavfi", "-i", graph]


def _run(*words: str | Path) -> None:
    ffmpeg.run([str(word) for word in words])


X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25"]
MPEG4 = ["-c:v", "mpeg4"]
AAC = ["-c:a", "aac"]


def simple(*coded: str, sound: str = SOUND, picture: str = PICTURE) -> Callable[[Path, Path], None]:
    """Picture and sound, coded so."""

    def make(out: Path, _: Path) -> None:
        _run(*lavfi(picture), *lavfi(sound), "-t", str(LENGTH_S), *coded, "-shortest", out)

    return make


def coloured(transfer: str) -> str:
    """The picture in the colours of BT.2020. As options of the output, ffmpeg 9 loses them now and
    then."""
    return f"{PICTURE},setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc"


def heard(*coded: str) -> Callable[[Path, Path], None]:
    """Sound alone."""

    def make(out: Path, _: Path) -> None:
        _run(*lavfi(SOUND), "-t", str(LENGTH_S), *coded, out)

    return make


def seen(*coded: str) -> Callable[[Path, Path], None]:
    """A picture alone."""

    def make(out: Path, _: Path) -> None:
        _run(*lavfi(PICTURE), "-t", str(LENGTH_S), *coded, out)

    return make


def from_parts(*words: str) -> Callable[[Path, Path], None]:
    """Words of ffmpeg's command line; `@name` is a file of the folder of parts."""

    def make(out: Path, parts: Path) -> None:
        _run(*(str(parts / w[1:]) if w.startswith("@") else w for w in words), out)

    return make


def parts(folder: Path) -> None:
    """The files that films are assembled from."""
    folder.mkdir(exist_ok=True)
    for name, text in (("own.srt", SRT), ("late.srt", SRT_LATE), ("own.ass", ASS)):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "chapters.txt").write_text(CHAPTERS, encoding="utf-8")
    (folder / "own.sup").write_bytes(bitmap_subtitles(1000, 2000))
    (folder / "font.ttf").write_bytes(bytes(range(256)) * 8)
    simple(*X264, *AAC)(folder / "av.mkv", folder)
    seen(*X264)(folder / "v.mkv", folder)
    heard(*AAC)(folder / "a.mka", folder)
    _run(*lavfi("color=red:size=64x96"), "-frames:v", "1", folder / "cover.jpg")


def bitmap_subtitles(start_ms: int, end_ms: int) -> bytes:
    """A Blu-ray subtitle stream (.sup): a white bar of 64 x 16 pixels, shown and taken away."""
    width, height = 64, 16

    def segment(time_ms: int, kind: int, body: bytes) -> bytes:
        return struct.pack(">2sIIBH", b"PG", time_ms * 90, 0, kind, len(body)) + body

    def composition(number: int, state: int, objects: bytes, count: int) -> bytes:
        return struct.pack(">HHBHBBBB", 160, 90, 0x10, number, state, 0, 0, count) + objects

    window = struct.pack(">BBHHHH", 1, 0, 48, 60, width, height)
    line = bytes([0, 0x80 | 63, 1, 1, 0, 0])  # 63 and one pixels of colour 1, end of the line
    pixels = line * height
    placed = struct.pack(">HBBHH", 0, 0, 0, 48, 60)
    drawn = struct.pack(">HBB", 0, 0, 0xC0) + (len(pixels) + 4).to_bytes(3, "big")
    drawn += struct.pack(">HH", width, height) + pixels
    palette = bytes([0, 0, 0, 0, 128, 128, 0, 1, 235, 128, 128, 255])
    shown = (
        (0x16, composition(0, 0x80, placed, 1)),
        (0x17, window),
        (0x14, palette),
        (0x15, drawn),
        (0x80, b""),
    )
    gone = ((0x16, composition(1, 0, b"", 0)), (0x17, window), (0x80, b""))
    return b"".join(
        segment(time, kind, body)
        for time, segments in ((start_ms, shown), (end_ms, gone))
        for kind, body in segments
    )


def truncated(out: Path, parts: Path) -> None:
    """A copy that was broken off."""
    whole = (parts / "av.mkv").read_bytes()
    out.write_bytes(whole[: len(whole) * 6 // 10])


def content(text: bytes) -> Callable[[Path, Path], None]:
    """A file with these bytes."""
    return lambda out, _: out.write_bytes(text) and None


def shifted_video(seconds: float, *words: str) -> Callable[[Path, Path], None]:
    """The sound first, and picture that much later; both beat by the sound's clock."""
    lead = f"color=black:size=160x90:rate=25,drawbox=color=white:t=fill:enable='{_FLASH}'"
    cut = f"{lead},trim=start={seconds}"

    def make(out: Path, _: Path) -> None:
        _run(
            *lavfi(cut), *lavfi(SOUND), "-t", str(LENGTH_S), "-copyts", *X264, *AAC,
            *words, out,
        )  # fmt: skip

    return make


def shifted_sound(seconds: float, *words: str) -> Callable[[Path, Path], None]:
    """The picture first, and sound that much later; both beat by the picture's clock."""

    def make(out: Path, _: Path) -> None:
        _run(
            *lavfi(PICTURE), *lavfi(f"{SOUND},atrim=start={seconds}"),
            "-t", str(LENGTH_S), "-copyts", *X264, *AAC, *words, out,
        )  # fmt: skip

    return make


def holed_sound(out: Path, _: Path) -> None:
    """Two seconds without any sound packets, between the beats."""
    _run(
        *lavfi(PICTURE), *lavfi(f"{SOUND},aselect='not(between(t,2.5,4.5))'"),
        "-t", str(LENGTH_S), "-copyts", *X264, *AAC, "-f", "mpegts", out,
    )  # fmt: skip


def joined_broadcast(out: Path, parts: Path) -> None:
    """Two recordings one after the other, each with a time of its own."""
    first, second = parts / "first.ts", parts / "second.ts"
    _run("-i", parts / "av.mkv", "-c", "copy", "-output_ts_offset", "5000", first)
    _run("-i", parts / "av.mkv", "-c", "copy", "-output_ts_offset", "90", second)
    out.write_bytes(first.read_bytes() + second.read_bytes())


def edited(out: Path, parts: Path) -> None:
    """An MP4 whose edit list hides its first second."""
    _run("-ss", "1", "-i", parts / "av.mkv", "-c", "copy", "-avoid_negative_ts", "disabled", out)


def set_back(out: Path, parts: Path) -> None:
    """A broken clock: every 40th sound packet claims to be 300 ms earlier than it is."""
    whole = parts / "whole.flv"
    _run("-i", parts / "av.mkv", "-c", "copy", whole)
    data = bytearray(whole.read_bytes())
    at, sounds = 13, 0  # behind the header; a tag is kind, size, time, stream, content, its length
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 4], "big")
        sounds += data[at] == 8
        if data[at] == 8 and sounds % 40 == 0:
            time_ms = int.from_bytes(data[at + 4 : at + 7], "big")
            data[at + 4 : at + 7] = max(0, time_ms - 300).to_bytes(3, "big")
        at += 11 + size + 4
    out.write_bytes(data)


def switching(coder: str) -> Callable[[Path, Path], None]:
    """A broadcast whose sound has six channels for three seconds, and then two."""

    def make(out: Path, parts: Path) -> None:
        first, second = parts / "six.ts", parts / "two.ts"
        for path, channels, start, end in ((first, "6", 0, 3), (second, "2", 3, LENGTH_S)):
            _run(
                *lavfi(f"{PICTURE},trim={start}:{end},setpts=PTS-STARTPTS"),
                *lavfi(f"{SOUND},atrim={start}:{end},asetpts=PTS-STARTPTS"),
                *("-output_ts_offset", str(start), "-c:v", "mpeg2video", "-c:a", coder),
                *("-ac", channels, "-muxdelay", "0", path),
            )
        out.write_bytes(first.read_bytes() + second.read_bytes())

    return make


def _ts_without(film: bytes, pid: int, share: float) -> bytes:
    """A transport stream without the first `share` of a stream's packets."""
    packets = [film[at : at + 188] for at in range(0, len(film), 188)]
    own = [n for n, p in enumerate(packets) if (p[1] & 31) << 8 | p[2] == pid]
    gone = set(own[: round(len(own) * share)])
    return b"".join(p for n, p in enumerate(packets) if n not in gone)


def announced(out: Path, parts: Path) -> None:
    """A broadcast with a second sound that never comes, as audio description often is."""
    whole = parts / "both.ts"
    _run("-i", parts / "av.mkv", "-map", "0:v", "-map", "0:a", "-map", "0:a", "-c:v", "copy",
         "-c:a", "mp2", "-ac", "2", whole)  # fmt: skip
    out.write_bytes(_ts_without(whole.read_bytes(), 0x102, 1))


def begins_late(out: Path, parts: Path) -> None:
    """A broadcast whose sound begins behind what opening a file reads."""
    whole = parts / "noisy.ts"
    noisy = PICTURE.replace("160x90", "640x360") + ",noise=alls=60:allf=t"
    _run(*lavfi(noisy), *lavfi(SOUND), "-t", str(LENGTH_S), *X264, "-b:v", "30M", "-c:a", "ac3",
         "-ac", "6", whole)  # fmt: skip
    out.write_bytes(_ts_without(whole.read_bytes(), 0x101, 0.25))


def dolby_vision(profile: int, compatibility: int) -> Callable[[Path, Path], None]:
    """An MP4 whose HEVC track says it is Dolby Vision."""
    return lambda out, parts: _dolby_vision(out, parts, profile, compatibility)


def _dolby_vision(out: Path, parts: Path, profile: int, compatibility: int) -> None:
    """The box is put in by hand."""
    plain = parts / "hevc.mp4"
    simple("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=error",
           "-tag:v", "hvc1", *AAC)(plain, parts)  # fmt: skip
    data = plain.read_bytes()
    said = (profile << 9) | (3 << 3) | 0b101, compatibility << 28
    box = struct.pack(">I4sBBHI16x", 32, b"dvvC", 1, 0, *said)
    entry = data.index(b"hvc1", data.index(b"stsd")) - 4
    end = entry + int.from_bytes(data[entry : entry + 4], "big")
    changed = bytearray(data[:end] + box + data[end:])
    at, inside = 0, (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    for name in inside:
        at = data.index(name, at) - 4
        _grow(changed, at, len(box))
    _grow(changed, entry, len(box))
    out.write_bytes(changed)


def _grow(data: bytearray, at: int, by: int) -> None:
    size = int.from_bytes(data[at : at + 4], "big") + by
    data[at : at + 4] = size.to_bytes(4, "big")


VA = ("video", "audio")
HDR = (
    "log-level=error:hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)"
    "WP(15635,16450)L(10000000,1):max-cll=1000,400"
)

FILMS = (
    Film("plain.mkv", simple(*X264, *AAC)),
    Film("plain.mp4", simple(*X264, *AAC)),
    Film("old.wmv", simple("-c:v", "wmv2", "-c:a", "wmav2"), slack_ms=85),
    Film("phone.3gp", simple("-s", "352x288", "-c:v", "h263", *AAC), slack_ms=85),
    Film("disc.vob", simple("-c:v", "mpeg2video", "-c:a", "pcm_dvd", "-ac", "2", "-f", "vob")),
    Film("disc.m2ts", simple(*X264, "-c:a", "pcm_bluray", "-sample_fmt", "s32", "-ac", "2")),
    Film("studio.ts", simple(*X264, "-c:a", "s302m", "-strict", "-2", "-ac", "2")),
    Film("lossless.avi", simple("-c:v", "huffyuv", "-c:a", "adpcm_ms")),
    Film("sorenson.mov", simple("-c:v", "svq1", *AAC), None, "svq1 video, which mkv cannot"),
    Film("apple.mov", simple(*MPEG4, "-c:a", "adpcm_ima_qt"), slack_ms=85),
    Film("animation.mov", simple("-c:v", "qtrle", *AAC), None, "qtrle video, which mkv cannot"),
    Film("flash.avi", simple("-c:v", "flashsv", "-c:a", "adpcm_ima_wav"), slack_ms=85),
    Film("sound.wma", heard("-c:a", "wmav2"), ("audio",)),
    Film("sound.amr", heard("-c:a", "libopencore_amrnb", "-ar", "8000"), ("audio",)),
    Film("switching.ts", switching("ac3"), slack_ms=85),
    Film("switching_aac.ts", switching("aac"), None, "its channels change midway"),
    Film("announced.ts", announced),
    Film("begins_late.ts", begins_late, beats=False),
    Film(
        "opposite.mkv",
        simple(*X264, "-c:a", "flac", sound=f"{SOUND},pan=stereo|c0=c0|c1=-1*c0"),
    ),
    Film("mlp.mkv", simple(*X264, "-c:a", "mlp", "-strict", "-2")),
    Film("discrete.mov", simple(*MPEG4, "-c:a", "pcm_s16le", sound=f"{SOUND},pan=9C|c3=c0")),
    Film("truehd.mkv", simple(*X264, "-c:a", "truehd", "-strict", "-2")),
    Film(
        "fragments.mp4", simple(*X264, *AAC, "-movflags", "frag_keyframe+empty_moov"), slack_ms=85
    ),
    Film("pcm.mov", simple(*MPEG4, "-c:a", "pcm_s16be")),
    Film("plain.webm", simple("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")),
    Film("vp9.webm", simple("-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libvorbis")),
    Film("mpeg4.avi", simple(*MPEG4, "-bf", "2", "-c:a", "libmp3lame")),
    Film("vorbis.avi", simple(*MPEG4, "-c:a", "libvorbis"), None, "so that nothing in it has its"),
    Film("h264.avi", simple(*X264, "-c:a", "ac3")),
    Film("broadcast.ts", simple(*X264, *AAC, "-output_ts_offset", "80000")),
    Film("windows.avi", simple("-c:v", "wmv1", "-c:a", "wmav2"), slack_ms=85),
    Film("television.wtv", simple("-c:v", "mpeg2video", "-c:a", "mp2"), slack_ms=85),
    Film("sound.au", heard("-c:a", "pcm_s16be"), ("audio",)),
    Film("sound.wv", heard("-c:a", "wavpack"), None, "none of the containers"),
    Film("program.mpg", simple("-c:v", "mpeg2video", "-c:a", "mp2")),
    Film("theora.ogv", simple("-c:v", "libtheora", "-c:a", "libvorbis"), slack_ms=165),
    Film("sound.ogg", heard("-c:a", "libvorbis"), ("audio",)),
    Film("sound.flac", heard(), ("audio",)),
    Film("sound.wav", heard(), ("audio",)),
    Film("sound.mp3", heard("-c:a", "libmp3lame"), ("audio",)),
    Film("sound.m4a", heard(*AAC), ("audio",)),
    Film("no_sound.mkv", seen(*X264), None, "no audio track", beats=False),
    Film(
        "two_tracks.mkv",
        from_parts(
            *("-i", "@av.mkv", "-i", "@a.mka", "-map", "0", "-map", "1", "-c", "copy"),
            *("-metadata:s:a:0", "language=hin", "-metadata:s:a:1", "language=eng"),
            *("-metadata:s:a:1", "title=The “dub”", "-disposition:a:1", "comment"),
        ),
        ("video", "audio", "audio"),
    ),
    Film("surround.mkv", simple(*X264, "-c:a", "ac3", sound=f"{SOUND},pan=5.1|FC=c0")),
    Film(
        "everything.mkv",
        from_parts(
            *("-i", "@av.mkv", "-i", "@own.srt", "-i", "@own.ass", "-i", "@late.srt"),
            *("-i", "@chapters.txt", "-map", "0", "-map", "1", "-map", "2", "-map", "3"),
            *("-c:v", "copy", "-c:a", "copy", "-map_metadata", "4", "-map_chapters", "4"),
            *("-c:s:1", "ass", "-disposition:s:0", "default+forced+hearing_impaired"),
            *("-metadata:s:s:0", "language=fre", "-metadata:s:s:0", "title=Siècle"),
            *("-attach", "@font.ttf", "-metadata:s:t:0", "mimetype=font/ttf"),
            *("-attach", "@cover.jpg", "-metadata:s:t:1", "mimetype=image/jpeg"),
            *("-metadata:s:t:1", "filename=cover.jpg"),
        ),
        ("video", "audio", "subtitle", "subtitle", "subtitle", "attachment", "attachment"),
    ),
    Film(
        "everything_old.mkv",
        from_parts(
            *("-i", "@av.mkv", "-i", "@own.srt", "-i", "@own.ass", "-i", "@late.srt"),
            *("-i", "@chapters.txt", "-map", "0", "-map", "1", "-map", "2", "-map", "3"),
            *("-c:v", "huffyuv", "-c:a", "copy", "-map_metadata", "4", "-map_chapters", "4"),
            *("-c:s:1", "ass", "-disposition:s:0", "default+forced+hearing_impaired"),
            *("-metadata:s:s:0", "language=fre", "-metadata:s:s:0", "title=Siècle"),
            *("-attach", "@font.ttf", "-metadata:s:t:0", "mimetype=font/ttf"),
            *("-attach", "@cover.jpg", "-metadata:s:t:1", "mimetype=image/jpeg"),
            *("-metadata:s:t:1", "filename=cover.jpg"),
        ),
        ("video", "audio", "subtitle", "subtitle", "subtitle", "attachment", "attachment"),
    ),
    Film(
        "cover.mp3",
        from_parts(
            *("-i", "@a.mka", "-i", "@cover.jpg", "-map", "0", "-map", "1"),
            *("-c:a", "libmp3lame", "-disposition:v", "attached_pic"),
        ),
        ("audio", "attachment"),
    ),
    Film(
        "cover.mp4",
        from_parts(
            *("-i", "@av.mkv", "-i", "@cover.jpg", "-map", "0", "-map", "1", "-c", "copy"),
            *("-disposition:v:1", "attached_pic"),
        ),
        ("video", "audio", "attachment"),
    ),
    Film(
        "timed_text.mp4",
        from_parts(
            *("-i", "@av.mkv", "-i", "@own.srt", "-c:v", "copy", "-c:a", "copy"),
            *("-c:s", "mov_text"),
        ),
        ("video", "audio", "subtitle"),
    ),
    Film(
        "blu_ray_subtitles.mkv",
        from_parts("-i", "@av.mkv", "-i", "@own.sup", "-map", "0", "-map", "1", "-c", "copy"),
        ("video", "audio", "subtitle"),
    ),
    Film(
        "blu_ray.m2ts",
        from_parts(
            *("-i", "@av.mkv", "-i", "@own.sup", "-map", "0", "-map", "1", "-c", "copy"),
            *("-c:a", "pcm_bluray", "-ac", "6", "-sample_fmt", "s32"),
        ),
        ("video", "audio", "subtitle"),
    ),
    Film(
        "dvd_subtitles.mkv",
        from_parts(
            *("-i", "@av.mkv", "-fix_sub_duration", "-i", "@own.sup", "-map", "0", "-map", "1"),
            *("-c:v", "copy", "-c:a", "copy", "-c:s", "dvdsub"),
        ),
        ("video", "audio", "subtitle"),
    ),
    Film(
        "dvb_subtitles.ts",
        from_parts(
            *("-i", "@av.mkv", "-i", "@own.sup", "-map", "0", "-map", "1"),
            *("-c:v", "copy", "-c:a", "copy", "-c:s", "dvbsub"),
        ),
        ("video", "audio", "subtitle"),
    ),
    Film(
        "web_text.webm",
        from_parts(
            *("-i", "@av.mkv", "-i", "@own.srt", "-map", "0", "-map", "1"),
            *("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", "-c:s", "webvtt"),
        ),
        ("video", "audio", "subtitle"),
    ),
    Film(
        "timecode.mov",
        from_parts("-i", "@av.mkv", "-c", "copy", "-timecode", "01:00:00:00"),
        VA,
    ),
    Film("ten_bit.mkv", simple(*X264, "-pix_fmt", "yuv420p10le", *AAC)),
    Film(
        "hdr.mkv",
        simple(
            *("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", HDR),
            *AAC,
            picture=coloured("smpte2084"),
        ),
    ),
    Film("dolby_vision.mp4", dolby_vision(8, 1)),
    Film("dolby_vision_5.mp4", dolby_vision(5, 0)),
    Film(
        "hlg.mkv",
        simple(
            *("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=error"),
            *AAC,
            picture=coloured("arib-std-b67"),
        ),
    ),
    *(
        Film(name, from_parts("-display_rotation", turned, "-i", "@av.mkv", "-c", "copy"))
        for name, turned in (
            *(("rotated.mp4", "90"), ("rotated_180.mp4", "180"), ("rotated_270.mp4", "270")),
            *(("rotated_90.mkv", "90"),),
        )
    ),
    Film("anamorphic.mkv", simple(*X264, *AAC, picture=f"{PICTURE},setsar=64/45")),
    Film(
        "variable_rate.mkv",
        simple(
            *("-fps_mode", "vfr", *X264, *AAC),
            picture=f"{PICTURE},select='not(mod(n,3))+between(mod(t,3),1.9,2.2)'",
        ),
    ),
    Film("late_sound.mkv", shifted_sound(1.5)),
    Film("late_sound.mp4", shifted_sound(1.5)),
    Film("late_sound.ts", shifted_sound(1.5)),
    Film("late_picture.mkv", shifted_video(1.2)),
    Film("late_picture.mp4", shifted_video(1.2)),
    Film(
        "negative_start.mkv",
        from_parts(
            *("-i", "@av.mkv", "-c", "copy", "-output_ts_offset", "-0.5"),
            *("-avoid_negative_ts", "disabled"),
        ),
    ),
    Film("offset.mkv", from_parts("-i", "@av.mkv", "-c", "copy", "-output_ts_offset", "3600")),
    Film("holes.ts", holed_sound),
    Film("joined.ts", joined_broadcast),
    Film("edited.mp4", edited, beats=True),
    Film("set_back.flv", set_back, slack_ms=85),
    Film(
        "climbing.mkv",
        from_parts(
            *("-i", "@av.mkv", "-c", "copy", "-attach", "@font.ttf"),
            *("-metadata:s:t:0", "mimetype=font/ttf"),
            *("-metadata:s:t:0", "filename=../../../../climbed.ttf"),
        ),
        ("video", "audio", "attachment"),
    ),
    Film("odd_size.mkv", simple("-c:v", "ffv1", *AAC, picture=PICTURE.replace("160x90", "161x91"))),
    Film(
        "one_second.mkv",
        from_parts("-t", "1", "-i", "@av.mkv", "-c", "copy"),
        beats=False,
    ),
    Film("truncated.mkv", truncated),
    Film("empty.mkv", content(b""), None, "empty", beats=False),
    Film("text.mkv", content(b"This is no film. " * 99), None, "cannot be read", beats=False),
    Film("page.mp4", content(b"<!DOCTYPE html><html></html>"), None, "HTML", beats=False),
)


def make(folder: Path, names: frozenset[str] | None = None) -> None:
    """Write the films, or those named, into `folder`; their parts go into `folder/parts`."""
    parts(folder / "parts")
    for film in FILMS:
        if names is None or film.name in names:
            film.make(folder / film.name, folder / "parts")
