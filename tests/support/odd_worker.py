"""A worker with every fault that a worker can have; run by the tests of `runtime.worker`.

The text of a request says what happens to it.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from lineage.problem import Problem
from subtitling.runtime import worker


def begin(settings: dict[str, Any]) -> tuple[worker.Handler, dict[str, Any]]:
    """`settings`: `fault` of the start, `room` in letters."""
    if settings.get("fault") == "problem":
        raise Problem("the model is another one; run make envs")
    if settings.get("fault") == "crash":
        raise RuntimeError("no such module")
    if settings.get("fault") == "memory":
        raise MemoryError("the model does not fit")

    def answer(request: dict[str, Any]) -> Any:
        texts = dict(request["texts"])
        if sum(map(len, texts.values())) > settings.get("room", 10**6):
            raise RuntimeError("CUDA out of memory. Tried to allocate 20 GiB")
        once = Path(settings.get("once", "nowhere"))
        for key, text in list(texts.items()):
            if text.startswith("once ") and not (once / key).exists():
                (once / key).touch()
                text = text.removeprefix("once ")
            fault(text)
            texts[key] = text.upper()
            if text == "drop":
                del texts[key]
            if text == "add":
                texts["s99"] = "from nowhere"
        print("a library prints")
        return texts

    return answer, {"python": sys.version.split()[0], "pid": os.getpid()}


def fault(text: str) -> None:
    """What the text asks for."""
    if text == "crash":
        raise ValueError("a bug")
    if text == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if text == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if text == "hang":
        time.sleep(60)
    if text == "garbage":
        os.write(answers, b"<html>no JSON</html>\n")
    odd = {
        "true": b'{"number": true, "result": {}}\n',
        "real": b'{"number": 1.0, "result": {}}\n',
        "empty": b'{"number": 1}\n',
        "deep": b"[" * 100_000 + b"\n",
    }
    if text in odd:
        os.write(answers, odd[text])
    if text == "late":
        os.write(answers, b'{"number": 0, "result": {}}\n')


answers = os.dup(1)


def main() -> None:
    """Serve until nobody asks any more."""
    worker.serve(begin)
