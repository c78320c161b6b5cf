"""The conformance sheet says what was measured, and of nothing else that it is met."""

from dataclasses import replace
from typing import Any

import page_films
import pytest

from subtitling import documents
from subtitling.page import access
from subtitling.page.access import Gap
from subtitling.page.gather import Band, Film, Track


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return page_films.small(tmp_path_factory.mktemp("access"))


def checks(film: Film, language: str | None = None) -> dict[str, tuple[str, str]]:
    """State and evidence of a track's requirements, or of the film's, by their first words."""
    sheet = access.sheet(film, [])
    tracks = {row["language"]: row["checks"] for row in sheet["tracks"]}
    rows = tracks[language] if language else sheet["film"]
    return {
        " ".join(row["requirement"].split()[:4]): (row["state"], row["evidence"]) for row in rows
    }


def states(film: Film, language: str | None = None) -> dict[str, str]:
    return {name: state for name, (state, _) in checks(film, language).items()}


def measured(film: Film, **change: Any) -> Film:
    """The film with other figures of its first track."""
    track = film.tracks[0]
    return replace(film, tracks=(replace(track, quality={**track.quality, **change}),))


def with_param(film: Film, track: Track, **params: Any) -> Film:
    key = f"09_subtitle_gen/{track.language}"
    stages = tuple(
        replace(s, manifest=replace(s.manifest, params={**s.manifest.params, **params}))
        if s.key == key
        else s
        for s in film.stages
    )
    return replace(film, stages=stages)


def test_what_nobody_checked_is_said_to_be_so(film: Film) -> None:
    assert states(film, "en") == {
        "Captions are complete": "met",
        "Captions are in time": "met",
        "Captions can be read": "met",
        "Captions tell who speaks": "not checked",
        "Captions tell of music": "not met",
        "Captions say what is": "not checked",
        "Captions hide nothing that": "not checked",
    }
    assert states(film) == {
        "Captions in the language": "not met",
        "Audio description for the": "not met",
        "Captions are in the": "met",
        "Sign language; marks CC,": "not checked",
    }
    # The times of a translation's words are estimates.
    assert states(film, "pt")["Captions are in time"] != "met"
    assert "claims no conformance" in access.sheet(film, [])["statement"]


@pytest.mark.parametrize(
    "change",
    [
        {"regions_without_cue": ["r1"]}, {"words_lost": ["w1"]}, {"incomplete": ["g1"]},
        {"wordless": [[0, 2000]]},
    ],
)  # fmt: skip
def test_captions_that_lack_something_are_not_complete(film: Film, change: dict) -> None:
    assert states(measured(film, **change), "en")["Captions are complete"] == "not met"


def test_a_caption_that_is_late_or_too_fast_is_told(film: Film) -> None:
    late = measured(film, in_time={"kept": 0.5, "broken": 1, "worst": {"c00001": -9}})
    state, evidence = checks(late, "en")["Captions are in time"]
    assert state == "not met"
    assert "the furthest 9 frames" in evidence
    kept = film.tracks[0].quality["rules"]
    fast = {**kept, "max_chars_per_second": {"kept": 0, "broken": 2, "worst": {}}}
    assert states(measured(film, rules=fast), "en")["Captions can be read"] == "not met"


def test_a_track_for_the_deaf_is_one_in_the_spoken_language_that_labels_sounds(film: Film) -> None:
    deaf = with_param(film, film.tracks[0], sdh=True)
    assert states(deaf)["Captions in the language"] == "met"
    # Which sounds matter only a person can tell.
    assert states(deaf, "en")["Captions tell of music"] == "not checked"
    other = with_param(film, film.tracks[1], sdh=True)
    assert states(other)["Captions in the language"] == "not met"


def test_voices_that_are_not_known_are_told_and_known_ones_are_for_a_person(film: Film) -> None:
    heard = {"cues": {"s1": 3}, "shared": 0, "unknown": 1, "confidence": 0.9}
    assert states(measured(film, speakers=heard), "en")["Captions tell who speaks"] == "not met"
    known = {**heard, "unknown": 0}
    assert states(measured(film, speakers=known), "en")["Captions tell who speaks"] == "not checked"


def test_a_track_that_a_person_approved_says_what_is_said(film: Film) -> None:
    by = documents.By("Asha <b>", "2026-11-28T10:00:00+00:00")
    edit = documents.Edit("edits/clip/en.srt", "0" * 64, (), approved=by)
    approved = replace(film, tracks=(replace(film.tracks[0], edit=edit),))
    assert states(approved, "en")["Captions say what is"] == "met"
    assert "approved by Asha &lt;b&gt;" in page_films.html(approved)


def test_an_audio_description_that_a_film_has_is_no_proof_of_it(film: Film) -> None:
    audio = next(s for s in film.media.streams if s.kind == "audio")
    described = replace(audio, marks=("visual_impaired",))
    media = replace(film.media, streams=(*film.media.streams, described))
    assert states(replace(film, media=media))["Audio description for the"] == "not checked"


def silence(film: Film, *speech: tuple[int, int]) -> Film:
    """A film of a minute with this speech, whose sound begins half a second late."""
    assert film.speech
    regions = tuple(documents.Region(f"r{n}", *span, 0.9) for n, span in enumerate(speech))
    audio = replace(film.media.audio, start_ms=500)
    return replace(
        film,
        media=replace(film.media, duration_ms=60_000, audio=audio),
        speech=replace(film.speech, regions=regions),
        cuts_ms=(10_000, 20_000, 30_000),
        bands=(Band("Music", ((0, 12_000, 0.9, ""),)), Band("Songs", ((40_000, 41_000, 1, ""),))),
    )


def test_silences_are_listed_with_their_shot_and_what_sounds_in_them(film: Film) -> None:
    made = silence(film, (1000, 7500), (9500, 24_500), (26_499, 33_000), (36_000, 55_000))
    # Times of speech are those of the sound, half a second before the film's.
    assert access.gaps_of(made, 3000) == [
        Gap(33_500, 36_500, 4, 0, 0, 0), Gap(55_500, 60_000, 4, 0, 0, 0)
    ]  # fmt: skip
    assert access.gaps_of(made, 1500)[:3] == [
        Gap(0, 1500, 1, 0, 1500, 0), Gap(8000, 10_000, 1, 0, 2000, 0),
        Gap(25_000, 26_999, 3, 0, 0, 0),
    ]  # fmt: skip
    quiet = silence(film)
    assert access.gaps_of(quiet, 3000) == [Gap(0, 60_000, 1, 3, 12_000, 1000)]
    uncut = replace(quiet, cuts_ms=())
    assert access.gaps_of(uncut, 3000)[0].shot is None
    looked_at = replace(uncut, stages=(*uncut.stages, replace(uncut.stages[0], key="05_shots")))
    assert access.gaps_of(looked_at, 3000)[0].shot == 1


def test_the_list_of_silences_is_a_table_of_times() -> None:
    gaps = [Gap(33_500, 3_661_234, 4, 0, 0, 10), Gap(3_700_000, 3_703_000, None, 0, 0, 0)]
    assert access.gaps_csv(gaps).splitlines() == [
        "number,in,out,in_ms,out_ms,length_ms,shot,shots_begin,music_ms,sung_ms",
        "1,00:00:33.500,01:01:01.234,33500,3661234,3627734,4,0,0,10",
        "2,01:01:40.000,01:01:43.000,3700000,3703000,3000,,0,0,0",
    ]


def test_the_page_has_the_sheet_and_nothing_in_it_acts(film: Film) -> None:
    text = page_films.html(page_films.hostile(film))
    assert 'id="access"' in text
    assert "<img src=x" not in text
