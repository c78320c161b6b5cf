"""A server that answers as a chat endpoint does, or as none should."""

import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Server:
    """A chat endpoint that answers in capitals. `faults` are what it does to its first answers,
    `always` to all that hold the line `troubled`."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.always, self.troubled = "", "s3"
        self.requests: list[dict[str, Any]] = []
        self.rules: list[str] = []
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.rules.append(body["messages"][0]["content"])
                outer.requests.append(json.loads(body["messages"][1]["content"]))
                outer.headers.append(dict(self.headers))
                outer.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, http: BaseHTTPRequestHandler) -> None:
        asked = self.requests[-1]["lines"]
        fault = self.faults.pop(0) if self.faults else ""
        if self.always and any(line["id"] == self.troubled for line in asked):
            fault = self.always
        entries = [{"id": line["id"], "text": line["text"].upper()} for line in asked]
        status = int(fault) if fault.isdigit() else 200
        if fault == "drop":
            entries = [e for e in entries if e["id"] != (self.troubled if self.always else "s1")]
        if fault == "shorten":  # long lines, after their first comma
            entries = [
                {**e, "text": e["text"].partition(",")[0] if len(e["text"]) > 80 else e["text"]}
                for e in entries
            ]
        if fault == "merge" and len(entries) > 1:
            entries[0]["text"] += " " + entries.pop(1)["text"]
        if fault == "reorder":
            entries.reverse()
        if fault == "add":
            entries.append({"id": "s77", "text": "from nowhere"})
        if fault == "repeat":
            entries.append({"id": entries[0]["id"], "text": "something else"})
        if fault == "numbers":
            entries = [{"id": 3, "text": None}, *entries[1:]]
        content = json.dumps({"translations": entries})
        if fault == "prose":
            content = "Of course! Here are your translations: ..."
        if fault == "list":
            content = json.dumps(entries)
        if fault == "fence":
            content = f"```json\n{content}\n```"
        answer: Any = {
            "choices": [{"message": {"role": "assistant", "content": content}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10},
        }
        data = b"<html>" if fault == "html" else json.dumps(answer).encode()
        if fault == "null":
            data = b'{"choices": [{"message": {"content": null}}]}'
        odd = {
            "deep": b"[" * 100_000,
            "huge number": b'{"choices": [], "usage": {"prompt_tokens": 1e999}}',
            "usage text": {"prompt_tokens": "n/a"},
            "usage huge": {"prompt_tokens": 10**400, "completion_tokens": 1},
            "usage list": [1],
            "usage endless": {"prompt_tokens": 0},
            "usage less": {"prompt_tokens": -5, "completion_tokens": True},
        }
        if fault.startswith("usage"):
            data = json.dumps(answer | {"usage": odd[fault]}).encode()
        elif fault in odd:
            data = odd[fault]
        if fault == "usage endless":
            data = data.replace(b'"prompt_tokens": 0', b'"prompt_tokens": 1e999')
        if fault == "slow":
            time.sleep(1.0)
        if fault in ("continue", "header"):
            drip(http, fault)
            return
        http.send_response(status)
        http.send_header("Content-Length", str(len(data)))
        http.end_headers()
        if fault == "break":
            http.wfile.write(data[: len(data) // 2])
            http.close_connection = True
        elif fault == "drip":
            for at in range(0, len(data), 16):
                http.wfile.write(data[at : at + 16])
                http.wfile.flush()
                time.sleep(0.06)
        else:
            http.wfile.write(data)


def drip(http: BaseHTTPRequestHandler, how: str) -> None:
    """Headers without end, a little at a time, until the client hangs up or 20 s are over."""
    first, then = {
        "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "header": (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    }[how]
    http.close_connection = True
    with suppress(OSError):
        http.wfile.write(first)
        for _ in range(400):
            http.wfile.write(then)
            http.wfile.flush()
            time.sleep(0.05)
