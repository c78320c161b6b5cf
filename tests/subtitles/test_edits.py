"""A person's corrections: matched with the generated track, never overwritten."""

from dataclasses import replace
from pathlib import Path

import pytest

from lineage.problem import Problem
from subtitling import documents
from subtitling.documents import Cue, Word
from subtitling.subtitles import edits
from subtitling.subtitles.formats import subtitle_files
from subtitling.subtitles.formats.base import SOUND_ONLY

TEXTS = ["It was the best of times.", "It was the wurst of times.", "It was the age of wisdom."]
WORDS = [
    Word(f"w{n}{k}", part, 0, 1, None)
    for n, text in enumerate(TEXTS)
    for k, part in enumerate(text.split())
]
OURS = [
    Cue(f"c{n}", 2000 * n, 2000 * n + 1500, (text,), tuple(f"w{n}{k}" for k in range(6)))
    for n, text in enumerate(TEXTS)
]


def bare(cue: Cue, **change: object) -> Cue:
    """A cue as it is read from a file: no words."""
    return replace(cue, words=(), **change)  # type: ignore[arg-type]


def test_an_untouched_track_keeps_its_words_and_has_no_changes():
    assert edits.merged(OURS, [bare(c) for c in OURS], WORDS) == (OURS, [])


def test_a_corrected_word_stands_for_the_one_it_replaced():
    edited = [bare(OURS[0]), bare(OURS[1], lines=("It was the worst", "of times.")), bare(OURS[2])]
    done, changes = edits.merged(OURS, edited, WORDS)
    assert [c.words for c in done] == [c.words for c in OURS]
    assert [(c.what, c.cue, c.generated) for c in changes] == [("text", "c1", OURS[1])]


def test_a_corrected_cue_is_still_said_by_those_who_said_it():
    said = [replace(c, voices=(documents.Voice(f"s{n % 2 + 1}", 0.9),)) for n, c in enumerate(OURS)]
    edited = [
        Cue("n1", 0, 1500, ("It was the best of days.",), ()),
        Cue("n2", 2000, 5500, ("-It was the worst of times.", "-It was the age of wisdom."), ()),
    ]
    done, _ = edits.merged(said, edited, WORDS)
    assert [[v.speaker for v in c.voices] for c in done] == [["s1"], ["s2", "s1"]]


def test_a_moved_cue_is_a_change_of_time():
    done, changes = edits.merged(OURS, [bare(c, start_ms=c.start_ms + 40) for c in OURS], WORDS)
    assert {c.what for c in changes} == {"time"}
    assert done[2].words == OURS[2].words


def test_a_cue_that_was_split_and_one_that_was_merged_stay_traceable():
    split = [
        Cue("n1", 0, 700, ("It was the",), ()),
        Cue("n2", 740, 1500, ("best of times.",), ()),
        Cue("n3", 2000, 5500, ("It was the worst of times.", "It was the age of wisdom."), ()),
    ]
    done, _ = edits.merged(OURS, split, WORDS)
    assert [c.words for c in done] == [
        ("w00", "w01", "w02"), ("w03", "w04", "w05"), (*OURS[1].words, *OURS[2].words)
    ]  # fmt: skip


def test_removed_and_added_cues_are_told():
    new = Cue("n9", 20_000, 21_000, ("(music)",), ())
    _, changes = edits.merged(OURS, [bare(OURS[0]), bare(OURS[2]), new], WORDS)
    assert [(c.what, c.cue) for c in changes] == [("added", "n9"), ("removed", None)]


def test_an_edited_cue_that_we_would_now_make_otherwise_is_told(tmp_path: Path):
    edited = [OURS[0], replace(OURS[1], lines=("It was the worst of times.",)), OURS[2]]
    subtitle_files.write(edited, tmp_path / "en.srt", SOUND_ONLY)
    documents.save(documents.Cues("en", tuple(OURS)), tmp_path / "en.ours.json")
    path, base = tmp_path / "en.srt", tmp_path / "en.ours.json"
    taken = edits.taken(path, base, OURS, WORDS, 60_000, 7_000)
    assert (taken.lines, len(taken.edit.changes)) == ([], 1)
    assert taken.cues[1].lines == ("It was the worst of times.",)
    now = [OURS[0], replace(OURS[1], lines=("It was the first of times.",)), OURS[2]]
    assert edits.taken(path, base, now, WORDS, 60_000, 7_000).lines == [
        f"{path}: c00002 was made by hand from 'It was the wurst of times.'; "
        "now it would be 'It was the first of times.'"
    ]
    assert (
        "later changes cannot be seen"
        in edits.taken(path, None, now, WORDS, 60_000, 7_000).lines[0]
    )


def test_a_track_is_handed_out_once_and_never_written_over(tmp_path: Path):
    made = tmp_path / "out" / "job" / "09_subtitle_gen" / "en"
    made.mkdir(parents=True)
    subtitle_files.write(OURS, made / "en.srt", SOUND_ONLY)
    documents.save(documents.Cues("en", tuple(OURS)), made / "cues.json")
    folder = tmp_path / "edits"
    path = edits.hand_out(tmp_path / "out", folder, "job", "en", "srt")
    assert edits.find(folder, "job", "en") == (path, folder / "job" / "en.ours.json")
    path.write_text("mine")
    with pytest.raises(Problem, match="there already"):
        edits.hand_out(tmp_path / "out", folder, "job", "en", "srt")
    assert path.read_text() == "mine"
    with pytest.raises(Problem, match="make it first: snakemake"):
        edits.hand_out(tmp_path / "out", folder, "job", "hi", "srt")
    with pytest.raises(Problem, match=r"no job jobb; did you mean job\?; jobs are job"):
        edits.hand_out(tmp_path / "out", folder, "jobb", "en", "srt")


def test_two_edited_formats_of_one_track_are_refused(tmp_path: Path):
    (tmp_path / "job").mkdir()
    for kind in ("srt", "ass"):
        (tmp_path / "job" / f"en.{kind}").touch()
    with pytest.raises(Problem, match="only one can be the en track"):
        edits.find(tmp_path, "job", "en")
    assert edits.find(tmp_path, "job", "hi") == (None, None)


def test_a_label_of_a_sound_stays_one_whatever_is_changed_around_it():
    label = Cue("c9", 10_000, 12_000, ("[music]",), (), sound="music")
    ours = [OURS[0], label, replace(OURS[1], start_ms=14_000, end_ms=16_000)]
    worse = bare(ours[2], lines=("It is the worst of times.",))
    done, changes = edits.merged(ours, [bare(OURS[0]), replace(label, sound=None), worse], WORDS)
    assert [c.words for c in done] == [OURS[0].words, (), OURS[1].words]
    assert [c.sound for c in done] == [None, "music", None]
    assert [c.what for c in changes] == ["text"]
    soft = replace(label, lines=("[soft music]",), sound=None)
    done, changes = edits.merged(ours, [bare(ours[0]), soft, bare(ours[2])], WORDS)
    assert (done[1].sound, done[1].words) == ("music", ())
    assert [(c.what, c.generated) for c in changes] == [("text", label)]


SUNG = replace(OURS[1], sung=True, italic=True, start_ms=2003, end_ms=3507)


@pytest.mark.parametrize("kind", subtitle_files.KINDS)
def test_a_track_that_is_only_saved_again_has_no_changes(tmp_path: Path, kind: str):
    ours = [OURS[0], SUNG, OURS[2]]
    above = [Cue("a1", 0, 1500, ("above",), ())]
    subtitle_files.write(ours, tmp_path / f"en.{kind}", SOUND_ONLY, above)
    taken = edits.taken(tmp_path / f"en.{kind}", None, ours, WORDS, 60_000, 7_000)
    assert taken.edit.changes == ()
    assert taken.cues == [replace(cue, id=f"c{n:05d}") for n, cue in enumerate(ours, 1)]


def edited(folder: Path, text: str, length_ms: int = 60_000) -> edits.Taken:
    (folder / "en.srt").write_text(text, "utf-8")
    return edits.taken(folder / "en.srt", None, OURS, WORDS, length_ms, 7_000)


def srt(*cues: tuple[str, str, str]) -> str:
    return "".join(f"{n}\n{a} --> {b}\n{t}\n\n" for n, (a, b, t) in enumerate(cues, 1))


FIRST = ("00:00:00,000", "00:00:01,500", TEXTS[0])
LAST = ("00:00:04,000", "00:00:05,500", TEXTS[2])


def test_a_cue_without_text_is_taken_away_and_its_words_with_it(tmp_path: Path):
    taken = edited(tmp_path, srt(FIRST, ("00:00:02,000", "00:00:03,500", ""), LAST))
    assert [(c.what, c.generated) for c in taken.edit.changes] == [("removed", OURS[1])]
    assert edits.shown(OURS) - edits.shown(taken.cues) == frozenset(OURS[1].words)


def test_another_place_or_style_is_a_change_of_look(tmp_path: Path):
    up = (*FIRST[:2], f"{{\\an8}}{TEXTS[0]}")
    bold = (*LAST[:2], TEXTS[2].replace("wisdom", "<b>wisdom</b>"))
    taken = edited(tmp_path, srt(up, ("00:00:02,000", "00:00:03,500", TEXTS[1]), bold))
    assert [(c.what, c.cue) for c in taken.edit.changes] == [
        ("look", "c00001"),
        ("look", "c00003"),
    ]
    assert [(c.place, c.words) for c in taken.cues] == [
        (8, OURS[0].words),
        (2, OURS[1].words),
        (2, OURS[2].words),
    ]


def test_a_track_stays_within_the_film(tmp_path: Path):
    late = ("00:00:04,000", "00:00:08,000", TEXTS[2])
    taken = edited(tmp_path, srt(FIRST, late), 5_500)
    assert (taken.cues[1].end_ms, taken.track.cues[1].end_ms) == (5_500, 5_500)
    assert "en.srt, line 6: ends with the film, at 00:00:05,500" in taken.lines[0]
    hour = ("00:00:04,000", "01:00:05,500", TEXTS[2])
    with pytest.raises(
        Problem, match=r"en\.srt, line 6: .* is after the film's end at 00:00:05,500"
    ):
        edited(tmp_path, srt(FIRST, hour), 5_500)


@pytest.mark.parametrize("text", ["", "\n\n", srt(("00:00:01,000", "00:00:02,000", ""))])
def test_a_file_without_text_is_no_track(tmp_path: Path, text: str):
    with pytest.raises(Problem, match="no cue with text is in it"):
        edited(tmp_path, text)
    (tmp_path / "en.srt").write_text(text, "utf-8")
    assert edits.taken(tmp_path / "en.srt", None, [], [], 60_000, 7_000).cues == []


def test_what_webvtt_passes_over_is_refused_in_a_persons_file(tmp_path: Path):
    path = tmp_path / "en.vtt"
    path.write_text("WEBVTT\n\n00:01.00 --> 00:02.000\na\n\n00:03.000 --> 00:04.000\nb\n", "utf-8")
    with pytest.raises(Problem, match=r"en\.vtt, line 3: '00:01\.00 --> 00:02\.000' are no times"):
        edits.taken(path, None, OURS, WORDS, 60_000, 7_000)


def test_an_edit_is_not_handed_out_as_ours(tmp_path: Path):
    made = tmp_path / "out" / "job" / "09_subtitle_gen" / "en"
    made.mkdir(parents=True)
    subtitle_files.write(OURS, made / "en.srt", SOUND_ONLY)
    edit = documents.Edit("edits/job/en.srt", "0" * 64, ())
    documents.save(documents.Cues("en", tuple(OURS), edit), made / "cues.json")
    with pytest.raises(
        Problem, match=r"holds the last edit of edits/job/en\.srt, not the generated track"
    ):
        edits.hand_out(tmp_path / "out", tmp_path / "edits", "job", "en", "srt")
    documents.save(documents.Cues("en", (), missing="the server has gone"), made / "cues.json")
    with pytest.raises(Problem, match="holds no cues: the server has gone"):
        edits.hand_out(tmp_path / "out", tmp_path / "edits", "job", "en", "srt")


def test_what_lies_among_the_edits_and_is_not_used_is_named(tmp_path: Path):
    for name in ("veru/en.srt", "veeru/en.SRT", "veeru/en.ours.json", "veeru/en.srt.txt",
                 "veeru/fr.srt", "veeru/.x", "en.srt", "en.srt.txt", "README.md"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    lines = list(edits.strays(tmp_path, {"veeru": ["en", "hi-Latn"]}))
    assert [line.removeprefix(f"{tmp_path}/").partition(":")[0] for line in lines] == [
        "en.srt", "en.srt.txt", "veeru/en.srt.txt", "veeru/fr.srt", "veru/"
    ]  # fmt: skip
    assert lines[-1].endswith("did you mean veeru?")
    assert edits.find(tmp_path, "veeru", "en") == (
        tmp_path / "veeru/en.SRT", tmp_path / "veeru/en.ours.json"
    )  # fmt: skip


def test_a_corrected_track_that_leads_to_no_file_is_not_passed_over(tmp_path: Path):
    place = tmp_path / "job" / "en.srt"
    place.parent.mkdir()
    place.symlink_to(tmp_path / "gone.srt")
    with pytest.raises(Problem, match=r"en\.srt: the link leads nowhere; put the corrected track"):
        edits.find(tmp_path, "job", "en")
    place.unlink()
    place.mkdir()
    with pytest.raises(Problem, match=r"en\.srt: no file; put the corrected track there"):
        edits.find(tmp_path, "job", "en")
    assert edits.find(tmp_path, "job", "pt") == (None, None)


def test_what_is_made_otherwise_now_is_told_stretch_by_stretch():
    now = [OURS[0], replace(OURS[1], lines=("It was the first.",)), replace(OURS[2], end_ms=5600)]
    by_hand = [bare(OURS[0]), bare(OURS[1], lines=("It was mine.",)), bare(OURS[2])]
    done, changes = edits.merged(OURS, by_hand, WORDS)
    assert edits.upstream(OURS, changes, now, done) == [
        documents.Upstream((OURS[1], OURS[2]), (now[1], now[2]), ("c1", "c2"), True)
    ]
    assert edits.upstream(OURS, [], OURS, OURS) == []


def test_a_review_of_another_version_names_nobody(tmp_path: Path):
    by = documents.By("Asha", "2026-11-29T10:00:00.000Z")
    rows = [documents.ReviewedCue(documents.WrittenCue(c.start_ms, c.end_ms, "x")) for c in OURS]
    rows[1] = replace(rows[1], corrected=by)
    review = documents.Review("en", "a" * 64, tuple(rows), (), (), None)
    documents.save(review, tmp_path / "en.review.json")
    edit, lines = edits.credited("en.srt", "a" * 64, OURS, tmp_path / "en.review.json")
    assert (edit.hands, lines) == ((documents.Hand("c1", by, None),), [])
    edit, lines = edits.credited("en.srt", "b" * 64, OURS, tmp_path / "en.review.json")
    assert edit.hands == () and "nobody is named" in lines[0]


def test_what_the_desk_keeps_beside_a_track_is_no_stray(tmp_path: Path):
    (tmp_path / "job").mkdir()
    for name in ("en.srt", "en.ours.json", "en.review.json", "en.history.jsonl"):
        (tmp_path / "job" / name).touch()
    assert list(edits.strays(tmp_path, {"job": ["en"]})) == []
