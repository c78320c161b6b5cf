"""The desk's answers to a browser. Paths come from the list of jobs only; nothing is uploaded."""

import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from lineage import untrusted
from lineage.problem import Problem
from subtitling import paths
from subtitling.desk.asking import Asker
from subtitling.desk.changes import Asked, Changed
from subtitling.desk.desk_files import Full
from subtitling.desk.guard import Access, Guard
from subtitling.desk.open_track import OpenTrack
from subtitling.desk.playing import Playing
from subtitling.desk.sources import Sources
from subtitling.documents import Review, load
from subtitling.page import page_html
from subtitling.subtitles import edits
from subtitling.text import languages

REPORT = paths.ROOT / "report"
SCRIPTS = ("viewer.js", "desk/keys.js", "desk/desk.js")
STYLES = ("film.css", "desk/desk.css")


@dataclass(frozen=True)
class Tracks:
    """A film of the list: its job, and the languages of its tracks."""

    job: str
    title: str
    languages: tuple[str, ...]


@dataclass
class Desk:
    """The films in `out`, and those of their tracks that are open. `edits` is the folder of
    corrected tracks, `cache` that of copies of films."""

    out: Path
    edits: Path
    cache: Path
    only: str | None = None
    _open: dict[tuple[str, str], tuple[OpenTrack, Asker, Playing]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def films(self) -> list[Tracks]:
        """The films with tracks, by name."""
        some = []
        for folder in sorted(self.out.iterdir()) if self.out.is_dir() else []:
            made = folder / "09_subtitle_gen"
            if not made.is_dir() or (self.only and folder.name != self.only):
                continue
            tracks = tuple(
                sorted(p.parent.name for p in made.glob("*/cues.json") if self._is_made(p.parent))
            )
            if tracks:
                some.append(Tracks(folder.name, _title(folder), tracks))
        return some

    def _is_made(self, folder: Path) -> bool:
        return (folder / "manifest.json").is_file()

    def track(self, job: str, language: str) -> tuple[OpenTrack, Asker, Playing]:
        """An open track. Raises NotListed where none of this name is on the list, Problem where it
        can't be opened. One whose film was made again since is opened again, once its record holds
        together: while the film is being made, work goes on with what there was."""
        known = next((film for film in self.films() if film.job == job), None)
        if known is None or language not in known.languages:
            raise NotListed
        made = self.out / job / "09_subtitle_gen" / language / "manifest.json"
        with self._lock:
            at = made.stat().st_mtime_ns
            there = self._open.get((job, language))
            if there and there[0].made_at == at:
                return there
            try:
                sources = Sources(self.out / job, language)
            except (Problem, OSError):
                if there:
                    return there
                raise
            if there:
                there[0].close()
                there[1].close()
            track = OpenTrack(self.out, self.edits, job, language, sources)
            track.made_at = at
            playing = there[2] if there else Playing(sources.job, sources.media, self.cache)
            self._open[job, language] = track, Asker(sources), playing
            return self._open[job, language]

    def warm_up(self) -> None:
        """Open the tracks of the one film that was named, while the browser starts. What can't be
        opened says so when somebody opens it."""
        for film in self.films() if self.only else ():
            for language in film.languages:
                with suppress(Problem, OSError):
                    track, _, playing = self.track(film.job, language)
                    track.opened()
                    playing.peaks()

    def ask(self, asker: Asker, text: str) -> str:
        """One sentence again; one at a time, since an engine takes the whole machine."""
        with self._asking:
            return asker.ask(text)

    def close(self) -> None:
        """Write what is due and close every track."""
        with self._lock:
            for track, asker, _ in self._open.values():
                track.close()
                asker.close()
            self._open.clear()

    def progress(self, film: Tracks) -> list[dict[str, Any]]:
        """How far the people are with each track of a film, by its review."""
        rows = []
        for language in film.languages:
            path = edits.review(self.edits, film.job, language)
            known = load(Review, path, "open the track, which writes it again") if path else None
            rows.append({
                "language": language,
                "name": languages.own_name(language),
                "cues": len(known.cues) if known else None,
                "approved_cues": sum(c.approved is not None for c in known.cues) if known else 0,
                "changes": len(known.changes) if known else 0,
                "by": known.approved.who if known and known.approved else None,
                "comments": sum(not c.done for c in known.comments) if known else 0,
                "address": f"/films/{quote(film.job, safe='')}/{language}",
            })  # fmt: skip
        return rows


class NotListed(Exception):
    """No such film or track is on the list."""


def application(desk: Desk, access: Access) -> Guard:
    """The desk as an ASGI application."""
    answers = _Answers(desk)
    at = "/api/{job}/{language}"
    routes = [
        Route("/", answers.films),
        Route("/films/{job}/{language}", answers.page),
        Route("/desk.js", answers.script),
        Route("/desk.css", answers.style),
        Route(at, answers.opened),
        Route(f"{at}/peaks", answers.peaks),
        Route(f"{at}/context/{{cue}}", answers.context),
        Route(f"{at}/upstream", answers.upstream),
        Route(f"{at}/media/{{which}}", answers.media),
        Route(f"{at}/copy", answers.copy, methods=["GET", "POST"]),
        Route(f"{at}/change", answers.change, methods=["POST"]),
        Route(f"{at}/since", answers.since, methods=["POST"]),
        Route(f"{at}/find", answers.find, methods=["POST"]),
        Route(f"{at}/offer", answers.offer, methods=["POST"]),
        Route(f"{at}/ask", answers.ask, methods=["POST"]),
    ]
    answering = [
        Route(r.path, _with_problems(r.endpoint), methods=[*(r.methods or ())]) for r in routes
    ]
    return Guard(Starlette(routes=answering), access)


Answer = Callable[[Request], Awaitable[Response]]


def _with_problems(answer: Answer) -> Answer:
    """The answer, with its problems in words and a status that the page knows."""

    async def whole(request: Request) -> Response:
        try:
            return await answer(request)
        except NotListed:
            return JSONResponse({"problem": "no such film or track on the list"}, 404)
        except Changed as error:
            return JSONResponse({"problem": str(error), "cues": error.cues}, 409)
        except (Full, OSError) as error:
            return JSONResponse({"problem": f"NOT SAVED: {error}"}, 507)
        except Problem as error:
            return JSONResponse({"problem": str(error)}, 422)

    return whole


class _Answers:
    """One method a route. Work that waits for files runs in a thread of its own."""

    def __init__(self, desk: Desk):
        self._desk = desk
        self._templates = page_html.environment(REPORT)

    async def _track(self, request: Request) -> tuple[OpenTrack, Asker, Playing]:
        names = request.path_params
        return await run_in_threadpool(self._desk.track, names["job"], names["language"])

    async def films(self, _request: Request) -> Response:
        """The list of films."""
        return await run_in_threadpool(self._films)

    def _films(self) -> Response:
        rows = [(film, self._desk.progress(film)) for film in self._desk.films()]
        return HTMLResponse(self._templates.get_template("desk/films.html.j2").render(rows=rows))

    async def page(self, request: Request) -> Response:
        """The page of a track; its data come by themselves."""
        names = request.path_params
        films = await run_in_threadpool(self._desk.films)
        film = next((each for each in films if each.job == names["job"]), None)
        if film is None or names["language"] not in film.languages:
            raise NotListed
        tracks = [(code, languages.own_name(code)) for code in film.languages]
        text = self._templates.get_template("desk/desk.html.j2").render(
            job=film.job, title=film.title, language=names["language"], tracks=tracks,
            name=languages.own_name(names["language"]), quoted=quote(film.job, safe=""),
        )  # fmt: skip
        return HTMLResponse(text)

    async def script(self, _request: Request) -> Response:
        """The page's script."""
        text = "\n".join((REPORT / name).read_text("utf-8") for name in SCRIPTS)
        return Response(text, media_type="text/javascript")

    async def style(self, _request: Request) -> Response:
        """The page's style."""
        text = "\n".join((REPORT / name).read_text("utf-8") for name in STYLES)
        return Response(text, media_type="text/css")

    async def opened(self, request: Request) -> Response:
        """The data of a track."""
        track, asker, playing = await self._track(request)
        data = await run_in_threadpool(track.opened)
        return JSONResponse({**data, "unable": asker.unable, "copy": playing.state})

    async def peaks(self, request: Request) -> Response:
        """The waveform, a byte for each 1/20 s."""
        _, _, playing = await self._track(request)
        levels = await run_in_threadpool(playing.peaks)
        return Response(levels, media_type="application/octet-stream")

    async def context(self, request: Request) -> Response:
        """What is behind a cue."""
        track, _, _ = await self._track(request)
        cue = request.path_params["cue"]
        return JSONResponse(await run_in_threadpool(track.context, cue))

    async def upstream(self, request: Request) -> Response:
        """What would be made otherwise today."""
        track, _, _ = await self._track(request)
        return JSONResponse(await run_in_threadpool(track.both))

    async def media(self, request: Request) -> Response:
        """The film, its copy or its sound, by ranges of bytes."""
        _, _, playing = await self._track(request)
        which = request.path_params["which"]
        if which not in ("film", "copy", "sound"):
            raise NotListed
        path: Path = getattr(playing, which)
        if not path.is_file():
            raise NotListed
        kinds = {".webm": "video/webm", ".flac": "audio/flac", ".mp4": "video/mp4"}
        kind = kinds.get(path.suffix.lower(), "video/x-matroska")
        return FileResponse(path, media_type=kind)

    async def copy(self, request: Request) -> Response:
        """How far the copy is; asked by POST, it is made."""
        _, _, playing = await self._track(request)
        if request.method == "POST":
            await run_in_threadpool(playing.make_copy)
        return JSONResponse(playing.state)

    async def change(self, request: Request) -> Response:
        """Do one thing to the track."""
        given = await _body(request)
        track, _, _ = await self._track(request)
        asked = Asked(given)
        seen = given.get("seen", {})
        if not isinstance(seen, dict) or not all(type(v) is int for v in seen.values()):
            raise Problem("seen: whole numbers by id are needed")
        who, do, number = asked.text("who"), asked.text("do"), asked.whole("number")
        return JSONResponse(await run_in_threadpool(track.change, who, do, given, seen, number))

    async def since(self, request: Request) -> Response:
        """What others did meanwhile."""
        asked = Asked(await _body(request))
        track, _, _ = await self._track(request)
        who, number, cue = asked.text("who"), asked.whole("number"), asked.text("cue")[:40]
        return JSONResponse(
            await run_in_threadpool(track.since, who, number, cue, time.monotonic())
        )

    async def find(self, request: Request) -> Response:
        """A preview of what would be replaced."""
        asked = Asked(await _body(request))
        track, _, _ = await self._track(request)
        return JSONResponse(await run_in_threadpool(track.preview, asked.search()))

    async def offer(self, request: Request) -> Response:
        """The correction of a name, for its other places."""
        asked = Asked(await _body(request))
        track, _, _ = await self._track(request)
        before, after = asked.text("before")[:2000], asked.text("after")[:2000]
        offered = await run_in_threadpool(track.offered, asked.text("id"), before, after)
        return JSONResponse(offered)

    async def ask(self, request: Request) -> Response:
        """One sentence again, by the engine."""
        asked = Asked(await _body(request))
        _, asker, _ = await self._track(request)
        answer = await run_in_threadpool(self._desk.ask, asker, asked.text("text"))
        return JSONResponse({"text": answer})


async def _body(request: Request) -> dict[str, Any]:
    """What a browser sent. Raises Problem for what is no JSON object."""
    try:
        value = untrusted.json_value(await request.body())
    except untrusted.FAILURES as error:
        raise Problem(f"not what the page sends: {error}") from error
    if not isinstance(value, dict):
        raise Problem("not what the page sends: no object")
    return value


def _title(folder: Path) -> str:
    """The film's title, or its job's name."""
    path = folder / "02_tmdb" / "film.json"
    if not path.is_file():
        return folder.name
    try:
        value = untrusted.json_value(untrusted.content(path))
        title = value.get("title")
    except untrusted.FAILURES:
        return folder.name
    return title if isinstance(title, str) and title else folder.name
