"""Mutated films end in success or in a Problem; this project's parsers take any text."""

import json

import fuzz
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lineage.problem import Problem
from subtitling import documents
from subtitling.film import glossary, sidecars
from subtitling.media import containers
from subtitling.subtitles.formats import subtitle_files
from subtitling.workflow import films

settings.register_profile(
    "ours",
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("ours")

QUICK, HEAVY = 15, 2000


def test_a_mutation_is_made_from_its_number_alone():
    data = bytes(range(256)) * 40
    assert fuzz.mutated(data, 7) == fuzz.mutated(data, 7)
    assert len({fuzz.mutated(data, number) for number in range(50)} - {data}) > 45


def test_mutated_films_end_in_success_or_in_a_problem():
    ended = fuzz.many(0, QUICK)
    assert sum(ended.values()) == QUICK
    assert ended["muxed"] > QUICK / 4, "the mutations break everything: they test nothing"
    assert ended["muxed"] < QUICK, "the mutations break nothing: they test nothing"
    assert set(ended) <= set(fuzz.KINDS), ended


@pytest.mark.heavy
def test_many_mutated_films_end_in_success_or_in_a_problem():
    ended = fuzz.many(QUICK, HEAVY)
    assert sum(ended.values()) == HEAVY
    assert set(ended) <= set(fuzz.KINDS), ended


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
MEDIA = {
    "schema": "sutradhar/media/1", "container": "matroska,webm", "duration_ms": 1, "frame_rate": 24,
    "streams": [{"index": 0, "kind": "audio", "codec": "aac", "language": None, "title": None,
                 "default": True, "start_ms": 0, "duration_ms": None, "channels": 2,
                 "sample_rate": 48000, "width": None, "height": None}],
    "audio": {"stream": 0, "reason": "", "start_ms": 0, "duration_ms": 1, "sha256": ""},
}  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    [
        documents.Media,
        documents.Speech,
        documents.Transcript,
        documents.Cues,
        documents.StoredModel,
    ],
)
@given(data=JSON | st.binary())
def test_any_content_of_a_stage_file_is_read_or_a_problem(kind, data, tmp_path):
    path = tmp_path / "file.json"
    if isinstance(data, dict):
        data["schema"] = kind.SCHEMA
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    try:
        documents.load(kind, path)
    except Problem as problem:
        assert str(path) in str(problem)


@given(data=st.data())
def test_a_media_file_with_one_wrong_value_is_read_or_a_problem(data, tmp_path):
    changed = json.loads(json.dumps(MEDIA))
    where = data.draw(st.sampled_from([changed, changed["streams"][0], changed["audio"]]))
    where[data.draw(st.sampled_from(sorted(where)))] = data.draw(JSON)
    path = tmp_path / "media.json"
    path.write_text(json.dumps(changed), encoding="utf-8")
    try:
        assert isinstance(documents.load(documents.Media, path), documents.Media)
    except Problem as problem:
        assert str(path) in str(problem)


@given(st.text() | st.binary())
def test_any_table_of_films_is_read_or_a_problem(tmp_path, content):
    table = tmp_path / "films.tsv"
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    table.write_bytes(data)
    try:
        films.find(table, tmp_path / "none", "auto", ("en",))
    except Problem as problem:
        assert str(table) in str(problem)


@example([["a", "~0"]])  # the home of nobody
@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_any_cells_of_a_row_are_a_film_or_a_problem(tmp_path, rows):
    table = tmp_path / "films.tsv"
    text = "job\tmedia\n" + "".join("\t".join(cells) + "\n" for cells in rows)
    table.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        jobs = films.find(table, tmp_path / "none", "auto", ("en",)).by_job
    except Problem as problem:
        assert str(table) in str(problem)
    else:
        assert all("/" not in job and job not in (".", "..") for job in jobs)


@given(st.binary(max_size=300))
def test_any_beginning_of_a_file_can_be_looked_at(head):
    assert containers.kind_by_content(head) is None or head


NFO = st.sampled_from(
    [b"<movie>", b"</movie>", b"<title>", b"</title>", b"<year>1975</year>", b"<!DOCTYPE a [",
     b"]>", b'<!ENTITY b SYSTEM "file:///etc/hostname">', b"&b;", b"\xff",
     b"<actor><name>A</name></actor>",
     b'<?xml version="1.0" encoding="utf-16"?>', b"https://www.themoviedb.org/movie/99999999999"]
)  # fmt: skip


@given(st.lists(NFO | st.binary(max_size=20)).map(b"".join))
def test_any_nfo_is_read_or_a_problem(content):
    try:
        assert isinstance(sidecars.from_nfo(content, "x.nfo"), documents.FilmData)
    except Problem as problem:
        assert "x.nfo" in str(problem)


TABLE = st.sampled_from(
    ["en", "hi", "kind", "name", "\t", ",", "\n", '"', "#", "- ", ": ", "&a ", "*a", "[", "]", "{",
     "}", "? ", "!!python/object:os.system ", "2001-99-99", "!!binary x", "\x00", "\x07", "|\n  "]
)  # fmt: skip


@pytest.mark.parametrize("kind", ["tsv", "csv", "yaml"])
@given(st.lists(TABLE | st.text(max_size=9)).map("".join))
def test_any_glossary_is_read_or_a_problem(kind, tmp_path, content):
    table = tmp_path / f"terms.{kind}"
    table.write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        assert isinstance(glossary.read(table, "job", hot=True), list)
    except Problem as problem:
        assert str(table) in str(problem)


@pytest.mark.parametrize(
    "content", ["- kind: 2001-99-99\n", "- &a [*a]\n", "- en: \x07\n", "- ? [a]\n  : b\n"]
)
def test_a_glossary_that_only_a_parser_minds_is_a_problem(content, tmp_path):
    table = tmp_path / "terms.yaml"
    table.write_text(content, "utf-8")
    with pytest.raises(Problem, match=r"terms\.yaml, line \d"):
        glossary.read(table, "job", hot=True)


SUBTITLE = st.sampled_from(
    ["WEBVTT\n\n", "1\n", "00:00:01,000 --> 00:00:02,000\n", "00:01.000 --> 00:02.000 line:0\n",
     "99:99:99,999 --> 00:00:00,000\n", "[Script Info]\n", "[Events]\nFormat: Start, End, Text\n",
     "Dialogue: 0:00:01.00,0:00:02.00,{\\p1}m 0 0\n", "[V4+ Styles]\nStyle: A\n", "\n", "-->",
     "<i>", "{\\i1}", "\\N", "\u202e", "&#0;"]
)  # fmt: skip


@pytest.mark.parametrize("kind", subtitle_files.KINDS)
@given(st.lists(SUBTITLE | st.text(max_size=9)).map("".join))
def test_any_subtitle_file_is_read_or_a_problem(kind, tmp_path, content):
    track = tmp_path / f"en.{kind}"
    track.write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        assert all(
            cue.start_ms < cue.end_ms and cue.lines for cue in subtitle_files.read_cues(track)
        )
    except Problem as problem:
        assert str(track) in str(problem)
