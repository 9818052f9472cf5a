"""Writes to one cluster. Only the module that applies approved changes may import this."""

import re
from types import TracebackType
from typing import Self

import msgspec

from seawall.connect.limits import Limits
from seawall.connect.paths import checked
from seawall.connect.transport import Query, Transport
from seawall.model.door import Door
from seawall.model.errors import Trouble

FIELD_MANAGER = "seawall"
_WRITABLE = re.compile(r"/apis/networking\.k8s\.io/v1/namespaces/[^/]+/networkpolicies/[^/]+")
_DRY_RUN = ("dryRun", "All")


class Writer:
    """An open door for writing NetworkPolicies. Nothing is ever asked twice.

    After a TryLater it is not known whether the change was made: look before asking again.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def apply(self, path: str, manifest: bytes, *, dry_run: bool) -> bytes:
        """Server-side apply of one object (JSON) as field manager `seawall`; the stored object.

        Fields that another manager owns are never taken: that is a Refused with status 409.

        Raises:
            Refused: The API server said no, in its own words.
            NoEntry: It cannot be reached; nothing was sent.
            TryLater: Anything else: it is not known whether the change was made.
        """
        query: list[tuple[str, str]] = [
            ("fieldManager", FIELD_MANAGER),
            ("force", "false"),
            ("fieldValidation", "Strict"),
            *([_DRY_RUN] if dry_run else []),
        ]
        return self._send("PATCH", path, manifest, "application/apply-patch+yaml", query)

    def delete(self, path: str, uid: str, version: str, *, dry_run: bool) -> bytes:
        """Delete the one object with this UID, as it was at this `resourceVersion`.

        A namesake, or one that was changed since, is refused with status 409.

        Raises: as `apply`.
        """
        if not (uid and version):
            raise Trouble(
                "a deletion needs the UID and the version of the object that was looked at; read "
                "it again"
            )
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": uid, "resourceVersion": version},
            "propagationPolicy": "Background",
            **({"dryRun": ["All"]} if dry_run else {}),
        }
        return self._send("DELETE", path, msgspec.json.encode(options), "application/json")

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

    def _send(
        self, method: str, path: str, body: bytes, content_type: str, query: Query = ()
    ) -> bytes:
        if not _WRITABLE.fullmatch(checked(path)):
            raise Trouble(f"only NetworkPolicies are written, and {path} is none")
        return self._transport.write(method, path, body, content_type=content_type, query=query)


def open_writer(door: Door, limits: Limits | None = None) -> Writer:
    """A writer to the cluster behind `door`.

    Raises:
        NoEntry: The door's address, certificates or token cannot be used.
    """
    return Writer(Transport(door, limits or Limits()))
