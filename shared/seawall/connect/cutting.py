"""Ends connections from outside when the time of a cluster is up.

A timeout of a socket starts anew with every byte: a server that sends its handshake or its headers
one byte at a time would hold us for as long as it likes. Shutting the connection down from a timer
wakes whoever waits on it.
"""

import socket
from collections.abc import Callable
from threading import Lock, Timer
from typing import Any

from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection


class Cutter:
    """Holds a second handle on each open connection, to shut it down when `cut` is called."""

    def __init__(self) -> None:
        self._handles: dict[socket.socket, Callable[[], bool]] = {}
        self._lock = Lock()
        self._is_cut = False
        self._timer: Timer | None = None

    def cut_in(self, seconds: float) -> None:
        """Start the clock."""
        self._timer = Timer(seconds, self.cut)
        self._timer.daemon = True
        self._timer.start()

    def hold(self, connection: socket.socket, is_over: Callable[[], bool]) -> None:
        """Take a handle on a new connection; `is_over` tells when it may be let go."""
        with self._lock:
            handle = connection.dup()
            self._handles[handle] = is_over
            if self._is_cut:
                _shut_down(handle)

    def sweep(self) -> None:
        """Let go of connections that are closed: while a handle is held, TCP is not told."""
        with self._lock:
            over = [handle for handle, is_over in self._handles.items() if is_over()]
            for handle in over:
                del self._handles[handle]
                handle.close()

    def cut(self) -> None:
        """Shut every connection down, now and from now on."""
        with self._lock:
            self._is_cut = True
            for handle in self._handles:
                _shut_down(handle)

    def close(self) -> None:
        """Stop the clock and let go of everything."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()


def _shut_down(handle: socket.socket) -> None:
    try:
        handle.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was faster
        return


class _Connection(HTTPSConnection):
    def __init__(self, *args: Any, cutter: Cutter, **kwargs: Any) -> None:  # noqa: ANN401  passed on
        super().__init__(*args, **kwargs)
        self._cutter = cutter

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self._cutter.hold(connection, lambda: self.is_closed)
        return connection


class Pool(HTTPSConnectionPool):
    """A pool whose connections a `Cutter` can end; takes it as `cutter=`."""

    ConnectionCls = _Connection
