"""The desk's server: a hostile client, two people, kills, full disks, and 09 with its review."""

import json
import shutil
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import recorded
from asgi_client import Client

from lineage.commands import trace
from lineage.problem import Problem
from lineage.record import Job
from subtitling import documents
from subtitling.desk import desk_files, guard, server
from subtitling.desk.changes import Changed
from subtitling.desk.guard import Access
from subtitling.desk.open_track import OpenTrack
from subtitling.desk.server import Desk
from subtitling.subtitles import edits

TOKEN = "a-token-of-the-test"
PT = "/api/clip/pt"
HERE = {"host": "127.0.0.1:8473", "cookie": f"desk-8473={TOKEN}", "origin": "http://127.0.0.1:8473"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    recorded.default_job(folder)
    return folder


@pytest.fixture
def client(made: Path, tmp_path: Path) -> Any:
    desk = Desk(made / "out", tmp_path / "edits", tmp_path / "cache")
    yield Client(server.application(desk, Access.of(TOKEN, "127.0.0.1", 8473)), HERE)
    desk.close()


def opened(made: Path, tmp_path: Path) -> OpenTrack:
    return OpenTrack(made / "out", tmp_path / "edits", "clip", "pt")


def first(track: OpenTrack) -> str:
    return track.track.in_order[0].id


def write(track: OpenTrack, who: str, text: str, version: int | None = None) -> dict[str, Any]:
    i = first(track)
    seen = {} if version is None else {i: version}
    return track.change(who, "text", {"id": i, "text": text, "run": "r"}, seen, 0)


# Who may ask


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"cookie": None}),
        (403, {"cookie": "desk-8473=guess"}),
        (403, {"cookie": f"desk-9999={TOKEN}"}),
        (421, {"host": "evil.example:8473"}),  # a name that was made to lead here
        (421, {"host": "127.0.0.1:80"}),
        (421, {"host": None}),
    ],
)
def test_who_has_no_token_or_calls_it_by_another_name_gets_nothing(
    client: Client, status: int, headers: dict[str, Any]
) -> None:
    for path in ("/", "/desk.js", "/films/clip/pt", PT, f"{PT}/media/film"):
        assert client.get(path, **headers).status == status


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"origin": "http://evil.example"}),
        (403, {"origin": "null"}),
        (403, {"origin": None}),
        (403, {"origin": "http://127.0.0.1:9999"}),
        (415, {"content_type": "text/plain"}),
        (415, {"content_type": "application/x-www-form-urlencoded"}),
        (411, {"content_length": None}),
        (411, {"content_length": "-5"}),
        (413, {"content_length": "99999999"}),
    ],
)
def test_a_change_comes_from_its_own_page_alone(
    client: Client, tmp_path: Path, status: int, headers: dict[str, Any]
) -> None:
    asked = {"who": "x", "do": "text", "id": "c00001", "text": "no", "number": 0}
    assert client.post(f"{PT}/change", asked, **headers).status == status
    assert not (tmp_path / "edits").exists()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_other_methods_are_refused(client: Client, method: str) -> None:
    assert client.send(method, PT, b"", {}).status == 405


def test_reading_changes_nothing(client: Client, tmp_path: Path) -> None:
    for path in ("/", "/films/clip/pt", PT, f"{PT}/peaks", f"{PT}/context/c00001",
                 f"{PT}/upstream", f"{PT}/copy", f"{PT}/media/film"):  # fmt: skip
        assert client.get(path).status == 200, path
    for path in ("change", "since", "find", "offer", "ask"):
        assert client.get(f"{PT}/{path}").status == 405
    assert not (tmp_path / "edits").exists()


def test_the_token_leaves_the_address_and_the_cookie_stays_here(client: Client) -> None:
    reply = client.get(f"/?token={TOKEN}", cookie=None)
    assert (reply.status, reply.headers["location"]) == (303, "/")
    assert "HttpOnly" in reply.headers["set-cookie"]
    assert "samesite=strict" in reply.headers["set-cookie"].lower()
    assert client.get("/?token=wrong", cookie=None).status == 403


def test_every_answer_has_the_strict_policy(client: Client) -> None:
    for reply in (client.get("/"), client.get(PT), client.get("/", cookie=None)):
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/api/..%2f..%2fetc/pt", "/api/clip/..", "/api/clip/xx", "/api/%00/pt",
        "/films/..%2fclip/pt", f"{PT}/media/..%2f..%2ffilm.json", f"{PT}/media/job",
        f"{PT}/media/__class__", "/desk.js/../../x", "/api/clip/pt%2f..%2fen",
    ],
)  # fmt: skip
def test_paths_come_from_the_list_alone(client: Client, path: str) -> None:
    assert client.get(path).status in (404, 422)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{", b'{"who": 1}', b"\xff", b"[" * 100_000,
        b'{"who":"x","do":"__init__","number":0}',
        b'{"who":"x","do":"text","id":"c00001","text":7,"number":0}',
        b'{"who":"x","do":"text","id":{},"text":"a","number":0}',
        b'{"who":"","do":"text","id":"c00001","text":"a","number":0}',
        b'{"who":"x","do":"move","id":"c00001","start":1e999,"end":2,"number":0}',
        b'{"who":"x","do":"delete","ids":"c00001","number":0}',
        b'{"who":"x","do":"text","id":"c00001","text":"a","number":0,"seen":{"c00001":"1"}}',
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_changes_nothing(
    client: Client, tmp_path: Path, body: bytes
) -> None:
    reply = client.post(f"{PT}/change", body)
    assert reply.status == 422, reply.text
    assert not (tmp_path / "edits").exists()


def test_hostile_text_is_text_in_page_and_file(client: Client, tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror=alert(1)> --> {\\an8} \u2028 \x00"
    cue = client.get(PT).json["tracks"][0]["cues"][0][3]
    asked = {"who": hostile, "do": "text", "id": cue, "text": hostile, "number": 1}
    assert client.post(f"{PT}/change", asked).status == 200
    again = client.get(PT)
    assert again.headers["content-type"] == "application/json"
    assert edits.find(tmp_path / "edits", "clip", "pt")[0]
    from subtitling.subtitles.formats import subtitle_files

    assert subtitle_files.read(tmp_path / "edits" / "clip" / "pt.srt").cues


def test_the_film_is_sent_by_ranges(client: Client, made: Path) -> None:
    whole = (made / "film.mkv").read_bytes()
    some = client.get(f"{PT}/media/film", range="bytes=10-19")
    assert (some.status, some.body) == (206, whole[10:20])
    assert client.get(f"{PT}/media/film", range="bytes=-5").body == whole[-5:]
    assert client.get(f"{PT}/media/film", range="bytes=99999999-").status == 416


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
     ("192.168.1.5", False), ("desk.example", False)],
)  # fmt: skip
def test_loopback_is_told_from_other_addresses(host: str, loopback: bool) -> None:
    assert guard.is_loopback(host) is loopback


# What is kept


def test_nothing_is_handed_out_before_the_first_change(made: Path, tmp_path: Path) -> None:
    track = opened(made, tmp_path)
    track.opened()
    assert not (tmp_path / "edits").exists()
    write(track, "Asha", "Era cedo.")
    names = {path.name for path in (tmp_path / "edits" / "clip").iterdir()}
    assert names >= {"pt.srt", "pt.ours.json", "pt.history.jsonl"}
    track.close()
    assert documents.load(documents.Review, tmp_path / "edits/clip/pt.review.json").changes


def test_two_people_are_told_and_neither_overwrites(made: Path, tmp_path: Path) -> None:
    track = opened(made, tmp_path)
    write(track, "Asha", "hers", 1)
    with pytest.raises(Changed, match="Asha has changed this cue meanwhile"):
        write(track, "Bela", "his", 1)
    assert track.track.in_order[0].text == "hers"
    answer = track.since("Bela", 1, "c00001", 0.0)
    assert (answer["by"], answer["rows"][0][2]) == ({"Asha": "text"}, ("hers",))
    assert track.since("Asha", 2, "c00001", 1.0)["others"] == {"Bela": "c00001"}
    track.close()


def test_a_second_desk_is_refused_while_one_has_the_track(made: Path, tmp_path: Path) -> None:
    track = opened(made, tmp_path)
    write(track, "Asha", "hers")
    with pytest.raises(Problem, match="another desk has this track open"):
        opened(made, tmp_path)
    track.close()
    opened(made, tmp_path).close()


def test_a_killed_desk_has_lost_nothing_that_was_saved(made: Path, tmp_path: Path) -> None:
    track = opened(made, tmp_path)
    write(track, "Asha", "one")
    before = (tmp_path / "edits/clip/pt.srt").read_text("utf-8")
    write(track, "Asha", "one more")
    track.close()
    # Killed in the middle of a line of the history, and before the track's file was written.
    with (tmp_path / "edits/clip/pt.history.jsonl").open("ab") as file:
        file.write(b'{"number":4,"who":"As')
    (tmp_path / "edits/clip/pt.srt").write_text(before, "utf-8")
    again = opened(made, tmp_path)
    assert again.track.in_order[0].text == "one more"
    assert "one more" in (tmp_path / "edits/clip/pt.srt").read_text("utf-8")
    assert again.change("Asha", "undo", {}, {}, 0)["number"] == 4
    assert again.track.in_order[0].text != "one more"
    again.close()


def test_a_full_disk_keeps_the_track_as_it_was(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = opened(made, tmp_path)
    write(track, "Asha", "kept")
    history = tmp_path / "edits/clip/pt.history.jsonl"
    size = history.stat().st_size
    real = desk_files.os.write

    def half(file: int, data: bytes) -> int:
        return real(file, data[: len(data) // 2])

    monkeypatch.setattr(desk_files.os, "write", half)
    with pytest.raises(desk_files.Full, match="could be written"):
        write(track, "Asha", "lost")
    assert (track.track.in_order[0].text, history.stat().st_size) == ("kept", size)
    monkeypatch.undo()
    write(track, "Asha", "there")
    assert track.track.in_order[0].text == "there"
    track.close()


def test_what_another_program_wrote_is_taken_in(made: Path, tmp_path: Path) -> None:
    track = opened(made, tmp_path)
    write(track, "Asha", "ours")
    path = tmp_path / "edits/clip/pt.srt"
    path.write_text(path.read_text("utf-8").replace("ours", "theirs"), "utf-8")
    assert track.since("Asha", 2, "", 0.0)["by"] == {"another program": "outside"}
    assert track.track.in_order[0].text == "theirs"
    path.write_text("no subtitles\n", "utf-8")
    with pytest.raises(Problem, match=r"pt\.srt"):
        write(track, "Asha", "over it")
    assert path.read_text("utf-8") == "no subtitles\n"
    track.close()


def test_a_track_that_was_taken_away_begins_anew(made: Path, tmp_path: Path) -> None:
    track = opened(made, tmp_path)
    write(track, "Asha", "old work")
    track.close()
    (tmp_path / "edits/clip/pt.srt").unlink()
    (tmp_path / "edits/clip/pt.ours.json").unlink()
    again = opened(made, tmp_path)
    assert again.track.in_order[0].text == "Era tarde. Ninguém dormia."
    again.close()


# What becomes of it


def subtitled(folder: Path, edited: Path) -> documents.Cues:
    """09_subtitle_gen of the Portuguese track, with what is in the folder of edits."""
    out, stage = "out/clip", "out/clip/09_subtitle_gen/pt"
    with chdir(folder):
        known = json.loads(Path(stage, "manifest.json").read_text("utf-8"))
        given = {f["name"]: f["path"] for f in known["inputs"]}
        track, base = edits.find(edited, "clip", "pt")
        review = edits.review(edited, "clip", "pt")
        beside = {"edit": track, "edit_base": base, "review": review}
        given |= {name: str(path) for name, path in beside.items() if path}
        recorded.script("09_subtitle_gen.py", recorded.rule(
            stage, input=given, params=known["params"], config=known["config"],
            output={f["name"]: Path(f["path"]).name for f in known["outputs"] if f["name"]},
            wildcards={"job": "clip", "lang": "pt"},
        ))  # fmt: skip
        return documents.load(documents.Cues, f"{out}/09_subtitle_gen/pt/cues.json")


def muxed(folder: Path) -> Path:
    """10_mux of the film again; returns the film."""
    stage = "out/clip/10_mux"
    with chdir(folder):
        known = json.loads(Path(stage, "manifest.json").read_text("utf-8"))
        given: dict[str, Any] = {"fonts": [], "sidecars": []}
        for file in known["inputs"]:
            if file["name"] in ("tracks", "sidecars", "cues"):
                given.setdefault(file["name"], []).append(file["path"])
            else:
                given[file["name"]] = file["path"]
        film = next(Path(f["path"]) for f in known["outputs"] if f["name"] == "film")
        recorded.script("10_mux.py", recorded.rule(
            stage, input=given, params=known["params"], config=known["config"],
            output={"film": film.name}, wildcards={"job": "clip"},
        ))  # fmt: skip
    return folder / film


def test_the_record_names_who_corrected_and_who_approved(made: Path, tmp_path: Path) -> None:
    house = tmp_path / "house"
    shutil.copytree(made, house)
    track = OpenTrack(house / "out", house / "edits", "clip", "pt")
    write(track, "Asha", "Era cedo. Ninguém dormia.")
    track.change("Bela", "approve", {"ids": [first(track)], "on": True}, {}, 0)
    track.change("Bela", "approve_track", {"on": True}, {}, 0)
    track.close()
    document = subtitled(house, Path("edits"))
    assert document.edit and document.edit.approved and document.edit.approved.who == "Bela"
    # The film is not muxed again here, so the record is that of a run that goes on.
    job = Job.read(house / "out/clip")
    text = trace.as_text(trace.Track(job, job.folder, "pt", sealed=False).cue(0))
    day = document.edit.approved.at[:10]
    assert f"corrected by Asha on {day} (text); it was: Era tarde. Ninguém dormia." in text
    assert f"approved by Bela on {day}" in text


def test_a_change_after_the_review_names_nobody(made: Path, tmp_path: Path) -> None:
    house = tmp_path / "house"
    shutil.copytree(made, house)
    track = OpenTrack(house / "out", house / "edits", "clip", "pt")
    write(track, "Asha", "Era cedo.")
    track.close()
    path = house / "edits/clip/pt.srt"
    path.write_text(path.read_text("utf-8").replace("cedo", "noite"), "utf-8")
    document = subtitled(house, Path("edits"))
    assert document.edit and document.edit.hands == () and document.edit.approved is None
    manifest = Job.read(house / "out/clip").stages["09_subtitle_gen/pt"]
    assert any("nobody is named" in text for text in manifest.warnings)


def test_what_is_made_otherwise_now_is_taken_or_kept(made: Path, tmp_path: Path) -> None:
    house = tmp_path / "house"
    shutil.copytree(made, house)
    track = OpenTrack(house / "out", house / "edits", "clip", "pt")
    write(track, "Asha", "Era cedo.")
    track.close()
    base = house / "edits/clip/pt.ours.json"
    old = documents.load(documents.Cues, base)
    (cue,) = old.cues
    documents.save(documents.Cues("pt", (replace(cue, lines=("Era outrora.",)),)), base)
    subtitled(house, Path("edits"))
    again = OpenTrack(house / "out", house / "edits", "clip", "pt")
    (row,) = again.both()
    assert (row["touched"], row["mine"][0][2], row["before"][0][2], row["now"][0][2]) == (
        True, ["Era cedo."], ["Era outrora."], ["Era tarde. Ninguém dormia."],
    )  # fmt: skip
    answer = again.change("Asha", "upstream", {"keys": [row["key"]], "take": True}, {}, 0)
    assert (answer["upstream"], again.both()) == (0, [])
    assert again.track.in_order[0].text == "Era tarde. Ninguém dormia."
    assert documents.load(documents.Cues, base).cues == old.cues
    again.change("Asha", "undo", {}, {}, 0)
    assert again.track.in_order[0].text == "Era cedo."
    again.close()
    assert subtitled(house, Path("edits")).edit.upstream == ()  # type: ignore[union-attr]


def test_an_approval_is_in_the_review_at_once(made: Path, tmp_path: Path) -> None:
    house = tmp_path / "house"
    shutil.copytree(made, house)
    track = OpenTrack(house / "out", house / "edits", "clip", "pt")
    track.change("Asha", "approve_track", {"on": True}, {}, 0)
    review = documents.load(documents.Review, house / "edits/clip/pt.review.json")
    track.close()
    assert review.approved and review.approved.who == "Asha"


def test_a_review_that_a_killed_desk_did_not_write_is_written_on_opening(
    made: Path, tmp_path: Path
) -> None:
    house = tmp_path / "house"
    shutil.copytree(made, house)
    track = OpenTrack(house / "out", house / "edits", "clip", "pt")
    write(track, "Asha", "Era cedo.")
    track.close()
    path = house / "edits/clip/pt.review.json"
    written = path.read_bytes()
    path.unlink()
    OpenTrack(house / "out", house / "edits", "clip", "pt").close()
    assert path.read_bytes() == written
