"""What the film page says, and that nothing in it can act."""

import hashlib
import json
import re
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import page_films
import pytest
import recorded
from defusedxml import ElementTree

from lineage import tracks
from lineage.commands.verify import verify
from lineage.problem import Problem
from lineage.record import Job, Reader
from subtitling import documents
from subtitling.media import containers, ffmpeg, preview, probing, waveform
from subtitling.media.preview import PreviewOptions
from subtitling.page import (
    access,
    charts,
    film_figures,
    film_troubles,
    gather,
    page_data,
    page_html,
    threads,
    verdict,
)
from subtitling.page.gather import Band, Film
from subtitling.page.threads import Thread


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def film(workflow: Path) -> Film:
    return page_films.small(workflow)


def test_data_cannot_end_its_element_or_a_line() -> None:
    text = page_html.embedded({"a": "</script>&\u2028\u2029", "ह": [1, None]})
    assert text == (r'{"a":"\u003c/script\u003e\u0026\u2028\u2029","ह":[1,null]}')
    assert json.loads(text) == {"a": "</script>&\u2028\u2029", "ह": [1, None]}


@pytest.mark.parametrize(
    ("share", "shown"),
    [(1, "100 %"), (0.99999, "99.9 %"), (0.9873, "98.7 %"), (0.00001, "0.1 %"), (0, "0 %")],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, shown: str) -> None:
    assert page_html.percent(share) == shown


@pytest.mark.parametrize(
    ("code", "text", "tag"),
    [
        ("hi", "मोहन एक छोटे गाँव में", "hi"),
        ("hi", "Mohan ek chhote gaon mein", "hi-Latn"),
        ("hi", "موہن ایک چھوٹے گاؤں میں", "hi-Arab"),
        ("ur", "موہن ایک چھوٹے گاؤں میں", "ur"),
        ("pt", "Era tarde.", "pt"),
        ("und", "", "und"),
    ],
)
def test_a_script_that_is_not_the_languages_own_is_named(code: str, text: str, tag: str) -> None:
    assert page_data.tag(code, text) == tag


def test_a_translated_cue_is_followed_to_its_words_and_region(film: Film) -> None:
    portuguese = next(track for track in film.tracks if track.language == "pt")
    first = portuguese.threads[0]
    assert film.spoken
    assert [portuguese.sentences[n].text for n in first.sentences] == [
        "Era tarde.",
        "Ninguém dormia.",
    ]
    assert [film.spoken.words[n].text for n in first.words] == list(recorded.WORDS)
    assert (first.segments, first.regions, first.problem) == ((0,), (0,), None)
    assert first.in_film == "track 3"
    assert portuguese.steps[0] == "09_subtitle_gen/pt"


def test_the_tracks_of_a_film_are_read_once_for_the_check_and_all_languages(
    film: Film, workflow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    read = tracks.read

    def counted(path: Path) -> list[tracks.Track]:
        opened.append(path.name)
        return read(path)

    monkeypatch.setattr(tracks, "read", counted)
    folder = workflow / "out/clip"
    reader = Reader(Job.read(folder))
    checked = verify(folder, reader=reader)
    again = gather.read(reader.job, checked, page_films.AT, [], reader=reader)
    assert len(again.tracks) == len(film.tracks) == 2
    assert opened.count("final.mkv") == 1


def test_a_good_film_says_so_and_a_changed_file_is_a_problem(film: Film, workflow: Path) -> None:
    assert not [t for t in film_troubles.troubles(film) if t.weight == 2]
    assert film_figures.figures(film)["verified"] is True
    folder = workflow / "out/clip"
    srt = folder / "09_subtitle_gen/pt/pt.vtt"
    kept = srt.read_bytes()
    srt.write_bytes(kept + b"\nand more\n")
    try:
        checked = verify(folder)
        changed = gather.read(Job.read(folder), checked, page_films.AT, [])
    finally:
        srt.write_bytes(kept)
    worst = film_troubles.troubles(changed)
    assert worst[0].weight == 2
    assert "pt.vtt" in worst[0].stage
    assert page_html.verdict(changed, worst)["grade"] == "bad"
    assert film_figures.figures(changed)["verified"] is False


def test_what_a_stage_could_not_do_is_told_once(film: Film) -> None:
    row = {"what": "batch", "before": "16", "after": "8", "reason": "memory"}
    warning = "batch: 8 instead of 16: memory"
    first = film.stages[0]
    worse = replace(first.manifest, degradations=[row], warnings=[warning, "the sound ends early"])
    changed = replace(film, stages=(replace(first, manifest=worse), *film.stages[1:]))
    before = len([t for t in film_troubles.troubles(film) if t.stage != first.key])
    texts = [t.text for t in film_troubles.troubles(changed) if t.stage == first.key]
    assert texts == [warning, "the sound ends early"]
    assert len(film_troubles.troubles(changed)) == before + 2


def test_what_is_warned_of_the_host_is_no_worry_about_the_film(film: Film) -> None:
    first = film.stages[0]
    results = []
    for notes in ({}, {"environment": ["the host's ffmpeg is old"]}):
        manifest = replace(
            first.manifest, warnings=["the host's ffmpeg is old"], degradations=[], notes=notes
        )
        changed = replace(film, stages=(replace(first, manifest=manifest),))
        results += [
            [
                t.weight
                for t in film_troubles.troubles(changed)
                if t.text == "the host's ffmpeg is old"
            ],
            film_troubles.of_host(changed),
        ]
    assert results == [[1], [], [], ["the host's ffmpeg is old"]]


def test_a_language_whose_translation_failed_is_missed_in_the_first_sentences(
    film: Film,
) -> None:
    first = film.stages[0]
    failed = replace(first.manifest, status="failed", reason="the server has gone")
    for key, named in (("08_translation/ta", True), ("08_translation/by-nllb", False)):
        changed = replace(
            film, stages=(*film.stages, replace(first, key=key, state="failed", manifest=failed))
        )
        shown = page_html.verdict(changed, film_troubles.troubles(changed))
        assert ("Without Tamil, which could not be made." in shown["text"]) == named
        assert shown["grade"] == "bad"


def test_a_broken_rule_is_told_in_words() -> None:
    excess = {"max_chars_per_second": {"c1": 3.2, "c2": 0}, "overlap": {"c1": 0, "c2": 40}}
    assert threads.broken("c1", excess) == ["3.2 characters a second too fast"]
    assert threads.broken("c2", excess) == ["overlaps the next by 40 ms"]


def test_the_time_between_runs_is_not_drawn() -> None:
    ran = [("b", 110.0, 115.0), ("a", 100.0, 112.0), ("d", 9002.0, 9003.0), ("c", 9000.0, 9001.0)]
    assert film_figures.without_pauses(ran) == [
        ("a", 0.0, 12.0), ("b", 10.0, 15.0), ("c", 15.0, 16.0), ("d", 16.0, 17.0)
    ]  # fmt: skip
    assert film_figures.without_pauses([]) == []


def test_the_worst_cues_come_first(film: Film) -> None:
    track = film.tracks[0]
    assert film_figures.worst(track, 5) == []
    noted = replace(track, threads=(*track.threads[:-1], Thread(notes=("a", "b"))))
    assert [(n, notes) for n, _, notes in film_figures.worst(noted, 5)] == [
        (len(track.cues), ("a", "b"))
    ]


def test_the_policy_lets_the_pages_own_script_run_and_none_other(film: Film) -> None:
    html = page_films.html(film)
    script = html[html.rindex("<script>") + 8 : html.rindex("</script>")]
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy
    rules = policy[1].replace("&#39;", "'").split("; ")
    assert f"script-src 'sha256-{digest}'" in rules
    assert rules[0] == "default-src 'none'"
    assert "connect-src" not in policy[1]


def test_a_page_names_no_host_that_it_would_ask(film: Film) -> None:
    html = page_films.html(film)
    assert re.findall(r'(?:src|href|action)="(?!#|data:)([^"]*)"', html) == []
    assert "url(http" not in html
    assert "@import" not in html


def test_music_and_songs_are_drawn_where_stages_have_listened_for_them() -> None:
    heard = documents.Events(
        1000, (documents.Event("music", 100, 900, 0.8), documents.Event("speech", 0, 50, 0.9))
    )
    region = documents.SungRegion("l00001", 200, 700, 0.7, 0.7, 0.7, 0.0)
    assert gather.bands(heard, documents.Lyrics((region,), (), ()), None, 1000) == (
        Band("Music", ((1100, 1900, 0.8, ""),)),
        Band("Songs", ((1200, 1700, 0.7, "l00001"),)),
    )


def test_those_who_speak_most_have_a_lane_each() -> None:
    turns = tuple(documents.Turn(n * 100, n * 100 + 50 + n, f"s{n}", 0.9) for n in range(1, 11))
    speakers = documents.Speakers(
        2000, turns, tuple(documents.Speaker(t.speaker, t.end_ms - t.start_ms) for t in turns)
    )
    bands = gather.bands(None, None, speakers, 1000)
    assert [band.name for band in bands] == [f"Voice s{n}" for n in range(3, 11)]
    assert bands[0].items == ((1300, 1353, 0.9, "t00003"),)
    assert gather.bands(None, None, None, 1000) == ()


def test_text_that_was_taken_out_is_shown_where_it_was(film: Film) -> None:
    gone = documents.Removed(100, 900, "Thanks <for> watching", ("music",), ())
    removed = gather.removed(replace(recorded.heard("none"), removed=(gone,)), 1000)
    assert removed == (documents.Removed(1100, 1900, "Thanks <for> watching", ("music",), ()),)
    html = page_films.html(replace(film, removed=removed))
    assert '<a href="#at=1100">00:00:01.100</a>' in html
    assert "Thanks &lt;for&gt; watching" in html


def test_speech_without_words_has_a_lane_and_weighs_where_there_is_much(film: Film) -> None:
    def lacking(share: float) -> Film:
        quality = film.tracks[0].quality | {
            "speech_without_words": share, "wordless": [[1100, 2900], [5000, 6000]],
        }  # fmt: skip
        return replace(film, tracks=tuple(replace(t, quality=quality) for t in film.tracks))

    bands = page_data.data(lacking(0.05), b"", 20, None)["bands"]
    [lane] = [band for band in bands if band["name"] == "No words"]
    assert [item[:2] for item in lane["items"]] == [(1100, 2900), (5000, 6000)]
    assert "without recognised words: 5.0 %" in page_films.html(lacking(0.05))
    heavy = film_troubles.certainty(lacking(0.15), lacking(0.15).tracks[0])
    assert heavy.grade == verdict.Grade.DOUBTFUL
    assert heavy.reasons[0] == "15% of the speech has no recognised words"
    shown = page_html.verdict(lacking(0.15), [])
    assert (shown["grade"], shown["word"]) == ("bad", "Not to be relied on")
    assert "15% of the speech has no recognised words" in shown["text"]


def test_what_was_heard_again_is_shown_with_both_texts(film: Film) -> None:
    row = documents.Rehearing(
        100, 900, "speech without words", "", "to <see>", 0.8, 0.3, True, "its words fit the sound"
    )
    assert film.spoken
    rows = gather.rehearings([replace(film.spoken, rehearings=(row,)), None], 1000)
    assert [(r.start_ms, r.end_ms) for r in rows] == [(1100, 1900)]
    html = page_films.html(replace(film, heard_again=rows))
    assert "– → to &lt;see&gt;" in html
    assert "taken: speech without words; its words fit the sound" in html


def test_a_translation_that_was_put_right_is_shown_with_the_first_answer(film: Film) -> None:
    assert film.spoken
    sentence = replace(film.spoken.segments[0], text="1859 <a>", first="1895 <a>")
    corrected = replace(film.spoken, language="pt", segments=(sentence,))
    [row] = gather.corrected([corrected, None], 1000)
    assert (row.start_ms, row.language) == (sentence.start_ms + 1000, "pt")
    html = page_films.html(replace(film, corrected=(row,)))
    assert "1895 &lt;a&gt; → 1859 &lt;a&gt;" in html


def test_a_film_in_which_nobody_speaks_has_a_page(film: Film) -> None:
    html = page_films.html(page_films.silent(film))
    assert "of 0 cues keep every reading rule" in html


def test_the_page_says_what_quality_chose_and_why_nothing_better(film: Film) -> None:
    reason = {"level": "best", "what": "recogniser", "name": "whisper-base", "why": "no <better>"}
    stages = tuple(
        replace(s, manifest=replace(s.manifest, params={**s.manifest.params, "quality": row}))
        for s, row in zip(film.stages, [reason, None, "odd", {}, reason], strict=False)
    )
    html = page_films.html(replace(film, stages=(*stages, *film.stages[len(stages) :])))
    assert html.count("Quality best: recogniser whisper-base: no &lt;better&gt;") == 1


def test_hostile_text_is_shown_and_not_understood(film: Film) -> None:
    hostile = page_films.hostile(film)
    data = page_data.data(hostile, b"", waveform.PER_SECOND, None)
    for text in page_html.pages(
        hostile, data, "", access.sheet(hostile, []), page_films.REPORT
    ).values():
        assert "<img" not in text
        assert "onerror=&#34;" in text or "onerror=\\" in text


def test_every_id_is_used_once_and_each_chart_is_well_formed(film: Film) -> None:
    html = page_films.html(film)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    drawn = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(drawn) == 6  # two for each track, confidence, stages
    for svg in drawn:
        ElementTree.fromstring(svg.replace("<svg", '<svg xmlns:xlink="x"', 1))
        assert "#0101" not in svg
        assert "<style" not in svg


def test_a_chart_of_nothing_is_a_chart() -> None:
    for svg in (
        charts.histogram([], [20], "characters a second", "h", 1),
        charts.along([], [], "score", "a"),
        charts.gantt([], "g"),
    ):
        assert svg.startswith("<svg")


def test_the_sounds_outline_has_its_time_and_loudness(tmp_path: Path) -> None:
    sound = tmp_path / "sound.flac"
    tone = "sine=frequency=440:sample_rate=16000:duration=1"
    ffmpeg.run([
        "-f", "lavfi", "-i", tone, "-af", "volume=8,apad=pad_dur=1.02", containers.url(sound)
    ])  # fmt: skip
    peaks = waveform.peaks(sound)
    assert len(peaks) == 41  # twenty a second, and what is left over
    assert min(peaks[:19]) > 240
    assert max(peaks[22:]) == 0


@pytest.mark.parametrize(
    ("minutes", "max_mb", "bps"), [(1, 4, 24_000), (60, 4, 8_443), (180, 4, 6_000)]
)
def test_a_long_films_sound_gets_fewer_bits(minutes: int, max_mb: float, bps: int) -> None:
    assert preview.rate_bps(minutes * 60_000, PreviewOptions(max_mb)) == bps


def test_a_sound_that_is_too_large_stays_outside_of_the_page(tmp_path: Path) -> None:
    sound = tmp_path / "sound.webm"
    sound.write_bytes(b"12345")
    address, _ = preview.in_page(sound, PreviewOptions(0.000005))
    assert address == "data:audio/webm;base64,MTIzNDU="
    address, sound_note = preview.in_page(sound, PreviewOptions(0.000004))
    assert address is None
    assert str(sound) in sound_note
    assert preview.in_page(None, PreviewOptions(4))[0] is None


def test_a_small_sound_is_small(tmp_path: Path) -> None:
    sound, small = tmp_path / "sound.flac", tmp_path / "small.webm"
    tone = "sine=frequency=440:sample_rate=48000:duration=20"
    ffmpeg.run(["-f", "lavfi", "-i", tone, containers.url(sound)])
    preview.write(sound, 20_000, small, 6_000, lambda _done, _of: None)
    assert small.stat().st_size < 20 * 6_000 / 8 * 1.3
    with containers.opened(small) as container:
        assert [s.codec for s in probing.streams(container)] == ["opus"]


def test_a_sound_that_a_full_disk_left_empty_is_no_result_whatever_ffmpeg_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ffmpeg 5.1 ends with status 0 after `Error writing trailer: No space left on device`."""
    sound = tmp_path / "sound.flac"
    ffmpeg.run(["-f", "lavfi", "-i", "sine=duration=4", str(sound)])
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    for left in (":", "head -c 3000"):
        last = "for last; do :; done"
        program.write_text(f"#!/bin/sh\n{last}\n{left} < '{sound}' > \"${{last#file:}}\"\n")
        program.chmod(0o755)
        with monkeypatch.context() as patch:
            patch.setattr(ffmpeg, "program", lambda: str(program))
            with pytest.raises(Problem, match=r"of sound|cannot be read"):
                preview.write(sound, 4000, tmp_path / "s.webm", 6_000, lambda _done, _of: None)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["bin", "sound.flac"]
