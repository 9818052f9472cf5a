"""Reads one cluster: GET, and the reviews in which an API server says what we may do."""

from collections.abc import Mapping
from enum import StrEnum
from types import TracebackType
from typing import Self

import msgspec

from seawall.connect.limits import Limits
from seawall.connect.paths import checked
from seawall.connect.transport import Query, Transport
from seawall.model.door import Door

_REVIEWS = "/apis/authorization.k8s.io/v1/"


class Review(StrEnum):
    """The only things a Reader ever posts; an API server stores none of them."""

    ACCESS = "SelfSubjectAccessReview"
    RULES = "SelfSubjectRulesReview"

    @property
    def path(self) -> str:
        """Where it is posted."""
        return f"{_REVIEWS}{self.value.lower()}s"


class Reader:
    """An open door for reading. It is a context manager; leaving it hangs up."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, path: str, query: Query = ()) -> bytes:
        """The JSON at `path`, undecoded.

        Raises:
            Refused: The API server said no; `status` tells how.
            NoEntry: It cannot be reached, or is not to be trusted.
            TryLater: It is busy, or the time of the cluster is up.
        """
        return self._transport.get(checked(path), query)

    def review(self, review: Review, spec: Mapping[str, object]) -> bytes:
        """The API server's answer to a self-subject review, undecoded. Raises: as `get`."""
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": review.value, "spec": spec}
        return self._transport.send(
            "POST", review.path, msgspec.json.encode(body), content_type="application/json"
        )

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_reader(door: Door, limits: Limits | None = None) -> Reader:
    """A reader of the cluster behind `door`; nothing is sent yet, but its time starts.

    Raises:
        NoEntry: The door's address, certificates or token cannot be used.
    """
    return Reader(Transport(door, limits or Limits()))
