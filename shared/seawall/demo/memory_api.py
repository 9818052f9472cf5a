"""A cluster's API without a network: what a Reader gives, straight from a `Store`.

It passes the same contract suite as the real Reader (`tests/contract/reader`), and is fast enough
to replace every single answer of a cluster by every error, one after the other.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from seawall.connect.answers import Passing, check
from seawall.connect.paths import checked
from seawall.demo.access import User
from seawall.demo.answers import Api
from seawall.demo.asks import Ask
from seawall.demo.replies import UNAUTHORIZED
from seawall.demo.store import Store
from seawall.model.errors import SeawallError


class MemoryApi:
    """Answers `user`, or nobody (401) without one; `instead` replaces the answer of a path."""

    def __init__(self, store: Store, user: User | None) -> None:
        self._api = Api(store)
        self._user = user
        self.instead: dict[str, bytes | SeawallError] = {}
        self.asked: list[str] = []

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> bytes:
        """The JSON at `path`, undecoded. Raises: as `connect.Reader.get`."""
        self.asked.append(checked(path))
        instead = self.instead.get(path)
        if isinstance(instead, SeawallError):
            raise instead
        return self._honest(path, query) if instead is None else instead

    def _honest(self, path: str, query: Sequence[tuple[str, str]]) -> bytes:
        reply = UNAUTHORIZED
        if self._user is not None:
            reply = self._api.reply(Ask(self._user, "GET", path, dict(query)))
        try:
            check(f"GET {path}", reply.status, {"content-type": reply.content_type}, reply.body)
        except Passing as passing:
            raise passing.verdict from passing
        return reply.body

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is held, so nothing is let go."""
