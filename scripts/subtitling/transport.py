"""Requests that end in time, whatever the server does.

The timeouts of HTTP libraries are between two blocks: a server that sends a byte every now and
then, or no end of headers, is waited for without end. Here the whole of it has one limit.
"""

import queue
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

Result = TypeVar("Result")


class Late(Exception):
    """The answer was not whole in time."""


class Bounded(HTTPAdapter):
    """An adapter whose connections can all be ended from outside, in the midst of an answer."""

    def __init__(self, **settings: Any):
        self._open: WeakSet[Any] = WeakSet()
        self._over = False
        super().__init__(**settings)

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """See HTTPAdapter."""
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": self._known(pool.ConnectionCls)})
            for scheme, pool in (("http", HTTPConnectionPool), ("https", HTTPSConnectionPool))
        }

    def end(self) -> None:
        """Break off what is going on; nothing goes out any more."""
        self._over = True
        for connection in list(self._open):
            with suppress(OSError, AttributeError):  # not connected yet, or not any more
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _known(self, kind: Any) -> Any:
        adapter = self

        class Connection(kind):  # type: ignore[misc]
            def connect(self) -> None:
                if adapter._over:
                    raise OSError("too late")
                adapter._open.add(self)
                super().connect()

        return Connection


def within(seconds: float, session: requests.Session, work: Callable[[], Result]) -> Result:
    """What `work` returns, or raises. Late after `seconds`; the session's `Bounded` adapters are of
    no more use then."""
    answers: queue.SimpleQueue[tuple[Result | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            answers.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        result, error = answers.get(timeout=seconds)
    except queue.Empty:
        for adapter in session.adapters.values():
            if isinstance(adapter, Bounded):
                adapter.end()
        raise Late(f"no answer in {seconds:g} s") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]
