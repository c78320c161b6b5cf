"""A client that calls an ASGI application in this process: any method, header and body, as sent."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """`headers` are sent with every request, unless a request has its own of that name."""

    def __init__(self, app: Callable[..., Any], headers: Mapping[str, str]):
        self._app, self.headers = app, dict(headers)

    def get(self, path: str, **headers: str | None) -> Reply:
        return self.send("GET", path, b"", headers)

    def post(self, path: str, value: Any, **headers: str | None) -> Reply:
        content = value if isinstance(value, bytes) else json.dumps(value).encode()
        own = {"content-type": "application/json", "content-length": str(len(content)), **headers}
        return self.send("POST", path, content, own)

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str | None]) -> Reply:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        merged = {k: v for k, v in (self.headers | named).items() if v is not None}
        raw, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": unquote(raw), "raw_path": raw.encode(),
            "query_string": query.encode(), "http_version": "1.1", "scheme": "http",
            "root_path": "", "server": ("127.0.0.1", 8473), "client": ("127.0.0.1", 5),
            "headers": [(k.lower().encode(), v.encode()) for k, v in merged.items()],
        }  # fmt: skip
        sent: list[Any] = []
        asked = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if not asked:
                await asyncio.Event().wait()  # it stays connected
            return asked.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        asyncio.run(self._app(scope, receive, send))
        content = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
        names = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        return Reply(sent[0]["status"], names, content)
