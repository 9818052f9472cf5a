"""What was asked of a demo server, by whom, and how much at once."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final

KEPT_ENTRIES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request; status 0 means that no complete answer was sent."""

    method: str
    path: str
    query: str
    user: str
    status: int


class Journal:
    """A log that a test reads from its own thread while the server writes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT_ENTRIES)
        self._in_flight = 0
        self._high_water = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every finished request, in the order in which they ended."""
        with self._lock:
            return tuple(self._entries)

    @property
    def in_flight(self) -> int:
        """How many requests are being answered now."""
        return self._in_flight

    @property
    def high_water(self) -> int:
        """The most requests that were ever in flight at once."""
        return self._high_water

    def count(self, path: str, method: str = "GET") -> int:
        """How many requests of this method went to exactly this path."""
        return sum((method, path) == (entry.method, entry.path) for entry in self.entries)

    def forget(self) -> None:
        """Start over; requests in flight stay counted."""
        with self._lock:
            self._entries.clear()
            self._high_water = self._in_flight

    @contextmanager
    def request(
        self, method: str, path: str, query: str, user: str
    ) -> Iterator[Callable[[int], None]]:
        """Hold a request in flight until the yielded function is told the status of the answer.

        It is told just before the last byte goes out: a client that has its answer finds it here,
        and one that then asks again is never counted twice.
        """
        ended = False

        def end(status: int) -> None:
            nonlocal ended
            if not ended:
                ended = True
                self._end(Entry(method, path, query, user, status))

        with self._lock:
            self._in_flight += 1
            self._high_water = max(self._high_water, self._in_flight)
        try:
            yield end
        finally:
            end(0)

    def _end(self, entry: Entry) -> None:
        with self._lock:
            self._in_flight -= 1
            self._entries.append(entry)
