"""Digests as they travel in a message: whole if they are short, else as the name of what was kept.

A topic takes 256 KiB in all (docs.aws.amazon.com/sns/latest/api/API_Publish.html), and a digest of
a thousand clusters is longer.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from seawall.model.digest import Digest
from seawall.publish.events import Malformed
from seawall.state.dynamo_documents import Attic, Kept

ROOM_BYTES: Final = 60_000
"""The words for people need the rest."""
FOLDER: Final = "digests"
KIND: Final = "dev.seawall.digest.v1"


@dataclass(frozen=True, slots=True)
class _Message:
    type: str
    digest: Digest | None = None
    kept: Kept | None = None


class CarriedDigests:
    """Writes digests for a topic, and reads them at its other end."""

    def __init__(self, attic: Attic, room_bytes: int = ROOM_BYTES) -> None:
        self._attic, self._room = attic, room_bytes

    def write(self, digest: Digest) -> str:
        """The text of the message.

        Raises:
            TryLater: It is long, and where it is to be kept is busy.
            Trouble: That cannot be used.
        """
        body = msgspec.json.encode(digest)
        if len(body) <= self._room:
            return msgspec.json.encode(_Message(KIND, digest=digest)).decode()
        kept = self._attic.keep(f"{FOLDER}/{digest.id}", body)
        return msgspec.json.encode(_Message(KIND, kept=kept)).decode()

    def read(self, text: str) -> Digest:
        """The digest of a message.

        Raises:
            Malformed: It is none of ours.
            TryLater: Where it was kept is busy.
            Trouble: That cannot be used, or does not hold what was kept.
        """
        try:
            message = msgspec.json.decode(text.encode(errors="surrogatepass"), type=_Message)
            if message.type == KIND and message.digest is not None:
                return message.digest
            if message.type == KIND and message.kept is not None and _is_digest(message.kept):
                return msgspec.json.decode(self._attic.read(message.kept), type=Digest)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(f"no digest: {str(error)[:160]}") from error
        raise Malformed("no digest of ours: its type is another one, or it holds none")


def _is_digest(kept: Kept) -> bool:
    """A forged message must not have something else of the bucket read aloud."""
    return f"/{FOLDER}/" in f"/{kept.key}"
