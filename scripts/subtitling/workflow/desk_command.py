"""`sutradhar desk`: correct a film's tracks in a browser."""

import argparse
import os
import signal
import socket
import sys
import threading
import webbrowser
from pathlib import Path

from lineage import terminal
from lineage.problem import Problem
from subtitling.text.suggestions import meant

_PORT = 8473
_TOKEN = "SUTRADHAR_DESK_TOKEN"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `sutradhar desk`."""
    parser.add_argument("job", nargs="?", help="one film's job, as in out/JOB; default: all films")
    parser.add_argument(
        "--no-browser", action="store_true", help="print the address and open no browser"
    )
    parser.add_argument(
        "--host", default="127.0.0.1",
        help=f"the address to listen at, for a team; {_TOKEN} may hold a token (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--port", type=int, default=None,
        help=f"{_PORT}, or if that is taken any that is free",
    )  # fmt: skip
    parser.add_argument("--edits", default="edits", type=Path, help="`subtitles.edits`")


def main(given: argparse.Namespace) -> int:
    """Correct a film's subtitles in a browser: play, edit, time, approve. It serves this computer
    only, at the address that it prints, until it is stopped (Ctrl+C)."""
    import uvicorn

    from subtitling.desk import guard, server

    desk = server.Desk(Path("out"), given.edits, Path("cache") / "desk", given.job)
    if not desk.films():
        jobs = [film.job for film in server.Desk(desk.out, desk.edits, desk.cache).films()]
        if given.job and jobs:
            hint = meant(given.job, jobs)
            raise Problem(f"out/{given.job} has no tracks{hint}; films are {', '.join(jobs)}")
        raise Problem("no film in out/ has tracks yet; run snakemake in this folder first")
    listening = _socket(given.host, given.port)
    token = os.environ.get(_TOKEN) or guard.new_token()
    if len(token) < guard.LEAST_TOKEN or not token.isascii() or not token.isprintable():
        raise Problem(f"{_TOKEN}: at least {guard.LEAST_TOKEN} ASCII characters are needed")
    access = guard.Access.of(token, given.host, listening.getsockname()[1])
    if not guard.is_loopback(given.host):
        print(
            "Others who have this address can change the tracks; what they send is not encrypted, "
            "so keep it to a network that you trust.",
            file=sys.stderr,
        )
    print(terminal.line(access.address), flush=True)
    threading.Thread(target=desk.warm_up, daemon=True).start()
    if not given.no_browser:
        webbrowser.open(access.address)
    app = server.application(desk, access)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, date_header=False,
        timeout_graceful_shutdown=3,
    )  # fmt: skip
    # uvicorn raises the signal that ended it again, and we would end before the tracks are closed.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        desk.close()
    return 0


def _socket(host: str, port: int | None) -> socket.socket:
    """A socket that listens. Raises Problem where it can't."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in (port,) if port is not None else (_PORT, 0):
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, number))
            made.listen(100)
        except OSError as error:
            made.close()
            reason = error.strerror or str(error)
            continue
        return made
    raise Problem(f"--host {host}, --port {port}: {reason}; name others")
