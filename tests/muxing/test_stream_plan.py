"""What happens to each stream of the film, planned and said before the film is recognised."""

from dataclasses import replace
from pathlib import Path

import pytest
from muxed_films import stream

from lineage.problem import Problem
from subtitling.muxing import stream_plan, subtitle_streams
from subtitling.muxing.stream_plan import StreamAction
from subtitling.muxing.subtitle_streams import Track


def test_matroska_keeps_all_but_data_and_says_why():
    kept = stream_plan.plan(
        [
            stream(0, "video", "hevc"),
            stream(1, "audio", "truehd"),
            stream(2, "subtitle", "hdmv_pgs_subtitle"),
            stream(3, "subtitle", "mov_text"),
            stream(4, "data", "unknown"),
            stream(5, "cover", "mjpeg"),
            stream(6, "attachment", "unknown"),
            stream(7, "subtitle", "dvb_teletext"),
        ],
        "mkv",
        new_default=True,
    )
    assert [k.action for k in kept] == [
        "copy", "copy", "copy", "text", "drop", "attach", "copy", "drop",
    ]  # fmt: skip
    assert all(k.reason for k in kept if k.action in ("text", "drop"))


def test_the_films_own_subtitles_lose_their_default_only_to_ours():
    own = [stream(0, "audio", "aac", default=True), stream(1, "subtitle", "ass", default=True)]
    with_default = stream_plan.plan(own, "mkv", new_default=True)
    without = stream_plan.plan(own, "mkv", new_default=False)
    assert [[k.default for k in kept] for kept in (with_default, without)] == [
        [True, False],
        [True, True],
    ]


@pytest.mark.parametrize(
    ("kind", "codec", "container"), [("video", "h264", "webm"), ("audio", "pcm_s16le", "mp4")]
)
def test_a_picture_or_sound_that_a_container_cannot_hold_is_refused(kind, codec, container):
    with pytest.raises(Problem, match=f"{codec} {kind}, which {container} cannot hold"):
        stream_plan.plan([stream(0, kind, codec)], container, new_default=True)


def test_the_default_track_is_the_first_or_none_or_a_language():
    assert [
        subtitle_streams.default_language(w, ["en", "hi"]) for w in ("first", "none", "hi")
    ] == [
        "en", None, "hi",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "film", "line"),
    [
        ("copy", "final.mkv", "2 subtitle mov_text: copy"),
        ("text", "final.mkv", "2 subtitle mov_text: text, subrip"),
        ("text", "final.webm", "2 subtitle mov_text: text, webvtt"),
    ],
)
def test_the_record_says_what_became_of_a_stream(action, film, line):
    kept = StreamAction(stream(2, "subtitle", "mov_text"), action, default=False)
    assert stream_plan.action_line(kept, Path(film)) == line


def test_languages_of_more_than_three_letters_are_named_as_lost():
    plain = stream(0, "subtitle", "subrip")
    said = [("pt-BR", "por"), ("de", "ger"), ("en", "eng"), ("zh-Hant", "chi"), ("brx", None)]
    streams = [
        replace(plain, index=n, tag=tag, language=left) for n, (tag, left) in enumerate(said)
    ]
    lost = [
        ("stream 0", "pt-BR", "por"), ("stream 3", "zh-Hant", "chi"), ("stream 4", "brx", "und")
    ]  # fmt: skip
    assert stream_plan.lost_languages(streams, "webm") == lost
    assert (
        stream_plan.lost_languages(streams, "mkv")
        == stream_plan.lost_languages(streams, "mp4")
        == []
    )
    damaged = replace(streams[0], tag="pt\ufffd-BR")
    assert stream_plan.lost_languages([damaged], "mkv") == [("stream 0", "pt\ufffd-BR", "por")]


def test_what_a_container_cannot_hold_of_our_own_tags_is_named_too():
    ours = [Track(code, Path("x.srt"), False, False) for code in ("en", "pt-BR-songs")]
    assert subtitle_streams.lost_languages(ours, "webm") == [("track pt-BR-songs", "pt-BR", "por")]
    assert [subtitle_streams.lost_languages(ours, kind) for kind in ("mkv", "mp4")] == [[], []]
