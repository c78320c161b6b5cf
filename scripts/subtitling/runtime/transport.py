"""HTTP requests with a limit on their total time.

The timeouts of HTTP libraries are between two blocks: a server that sends a byte every now and
then, or endless headers, is waited for forever. These functions limit the time of the whole
request.
"""

import queue
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    import requests

Result = TypeVar("Result")


class Late(Exception):
    """The answer was not complete in time."""


class Line:
    """The connections of a session, all of which can be closed in the middle of an answer."""

    def __init__(self) -> None:
        self._open: WeakSet[Any] = WeakSet()
        self._over = False

    def mount(self, session: "requests.Session", **settings: Any) -> None:
        """Send all requests of the session over these connections; `settings` are HTTPAdapter's."""
        from requests.adapters import HTTPAdapter
        from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

        pools = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": self._known(pool.ConnectionCls)})
            for scheme, pool in (("http", HTTPConnectionPool), ("https", HTTPSConnectionPool))
        }
        for scheme in pools:
            adapter = HTTPAdapter(**settings)
            adapter.poolmanager.pool_classes_by_scheme = pools
            session.mount(f"{scheme}://", adapter)

    def end(self) -> None:
        """Close all connections; no further request is sent."""
        self._over = True
        for connection in list(self._open):
            with suppress(OSError, AttributeError):  # not connected yet, or not any more
                connection.sock.shutdown(socket.SHUT_RDWR)

    def within(self, seconds: float, work: Callable[[], Result]) -> Result:
        """Run `work` and return its result, or raise its error. After `seconds`, close the
        connections and raise Late."""
        answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put((work(), None))
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                answers.put((None, error))

        threading.Thread(target=run, daemon=True).start()
        try:
            result, error = answers.get(timeout=seconds)
        except queue.Empty:
            self.end()
            raise Late(f"no answer in {seconds:g} s") from None
        if error is not None:
            from requests import Timeout

            if isinstance(error, Timeout):  # the library's own limit, which may be the first
                raise Late(f"no answer in {seconds:g} s") from error
            raise error
        answer: Result = result
        return answer

    def _known(self, kind: Any) -> Any:
        line = self

        class Connection(kind):  # type: ignore[misc]
            def connect(self) -> None:
                if line._over:
                    raise OSError("too late")
                line._open.add(self)
                super().connect()

        return Connection
