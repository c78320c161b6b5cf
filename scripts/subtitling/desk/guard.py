"""Who may ask the desk for anything: those who have its address, from its own pages."""

import hmac
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LEAST_TOKEN = 16  # characters of one that a team chooses
LARGEST_BYTES = 1 << 20  # of what a browser sends; a search may name 5,000 cues
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach an address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    """A token that can't be guessed."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class Access:
    """`host` and `port` that the desk listens at. The names that a browser may call it by are
    `names`; empty where it listens at all addresses, whose names are not known."""

    token: str
    host: str
    port: int
    names: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, token: str, host: str, port: int) -> "Access":
        """The access at a host: a loopback address goes by the names of loopback only, so that a
        page of a stranger whose name was made to lead here is refused."""
        if is_loopback(host):
            return cls(token, host, port, frozenset({"localhost", "127.0.0.1", "[::1]", host}))
        every = host in ("0.0.0.0", "::")
        return cls(token, host, port, frozenset() if every else frozenset({host}))

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies do not tell ports apart."""
        return f"desk-{self.port}"

    @property
    def address(self) -> str:
        """Where a browser finds the desk."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/?token={self.token}"

    def right(self, token: str | None) -> bool:
        """Whether this is the token, compared in constant time."""
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    def knows(self, host: str) -> bool:
        """Whether a Host header names the desk."""
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        return (port == str(self.port)) and (not self.names or name in self.names)


class Guard:
    """Lets through what has the token, names the right host and, where it changes something, comes
    from the desk's own page as JSON. GET and HEAD change nothing."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], access: Access):
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(scope)
        refused = self._refused(request)

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *((k, v) for k, v in message["headers"] if k.decode() not in _HEADERS),
                    *((k.encode(), v.encode()) for k, v in _HEADERS.items()),
                ]
            await send(message)

        await (refused or self._app)(scope, receive, guarded)

    def _refused(self, request: Request) -> Response | None:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or not self._access.knows(hosts[0]):
            return PlainTextResponse("this is not the desk's name", 421)
        if request.method not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("not allowed", 405)
        given = request.query_params.get("token")
        if request.method == "GET" and self._access.right(given):
            # Out of the address, which is kept in the browser's history.
            answer = RedirectResponse(request.url.path, 303)
            answer.set_cookie(
                self._access.cookie, self._access.token, httponly=True, samesite="strict"
            )
            return answer
        if not self._access.right(request.cookies.get(self._access.cookie)):
            return PlainTextResponse(
                "Open the address that sutradhar desk has printed: it has a token, and a new one "
                "each time the desk is started.",
                403,
            )
        return self._foreign(request, hosts[0]) if request.method == "POST" else None

    def _foreign(self, request: Request, host: str) -> Response | None:
        if request.headers.get("origin") != f"http://{host}":
            return PlainTextResponse("changes come from the desk's own page", 403)
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return PlainTextResponse("JSON is needed", 415)
        size = request.headers.get("content-length", "")
        if not size.isascii() or not size.isdigit():
            return PlainTextResponse("a length is needed", 411)
        if int(size) > LARGEST_BYTES:
            return PlainTextResponse(f"more than {LARGEST_BYTES} bytes", 413)
        return None
