"""Calls of Snakemake that share its imports, which take two thirds of the time of a dry run.

Each call is a process of its own, forked from one that has imported Snakemake and nothing of any
checkout: it calls the entry point of `python -m snakemake` with its own arguments, folder and
environment, and finds its modules where `python -m` finds them.
"""

import atexit
import importlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

# What a dry run imports later; the modules of a checkout it imports in each call.
_LATER = (
    *("snakemake.api", "snakemake.dag", "snakemake.executors", "snakemake.persistence"),
    *("snakemake.report", "snakemake.scheduling", "snakemake.script", "snakemake.workflow"),
    *("jsonschema", "langcodes", "language_data", "nbformat", "regex", "requests", "smart_open"),
)
_OURS = {"lineage", "subtitling", "snakemake_logger_plugin_sutradhar"}
_LENGTH = 8  # bytes of a message's length


class Calls:
    """The process that calls are forked from; it ends with this one."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        # Two threads must not mix their messages.
        self._lock = threading.Lock()
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # It is read at the start alone, and would slow down every call.
                env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End the process."""
        self._socket.close()
        self._server.wait()

    def call(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Wait for one call; its output is one text."""
        message = json.dumps([[*arguments], str(folder), {**environment}]).encode()
        with self._lock:
            read, write = os.pipe()
            length = len(message).to_bytes(_LENGTH)
            socket.send_fds(self._socket, [length], [write])
            os.close(write)
            self._socket.sendall(message)
            with os.fdopen(read, encoding="utf-8") as output:
                text = output.read()
            status = os.waitstatus_to_exitcode(int.from_bytes(_exactly(self._socket, _LENGTH)))
        return subprocess.CompletedProcess(["snakemake", *arguments], status, text)


def _exactly(connection: socket.socket, count: int) -> bytes:
    content = b""
    while len(content) < count:
        more = connection.recv(count - len(content))
        if not more:
            raise ConnectionError("the process that Snakemake's calls are forked from has ended")
        content += more
    return content


def _serve(connection: socket.socket) -> None:
    import snakemake.cli

    for name in _LATER:
        importlib.import_module(name)
    if ours := _OURS & set(sys.modules):
        raise RuntimeError(f"{', '.join(sorted(ours))} would not be those of the called workflow")
    elsewhere = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    installed = [place for place in sys.path[1:] if place not in elsewhere]
    while True:
        length, descriptors, *_ = socket.recv_fds(connection, _LENGTH, 1)
        if not length:
            return
        arguments, folder, environment = json.loads(
            _exactly(connection, int.from_bytes(length)).decode()
        )
        (output,) = descriptors
        if child := os.fork():
            os.close(output)
            connection.sendall(os.waitpid(child, 0)[1].to_bytes(_LENGTH))
            continue
        connection.close()
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        named = environment.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:] = [folder, *(place for place in named if place), *installed]
        sys.argv[:] = ["snakemake", *arguments]
        snakemake.cli.main()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
