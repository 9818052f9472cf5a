"""Alerts that go nowhere and are remembered: what a test or the demo reads back."""

from seawall.model.digest import Digest, DigestId
from seawall.model.errors import TryLater


class Remembered:
    """Keeps every delivery.

    Args:
        away: So many deliveries fail before the first one arrives.

    Attributes:
        sent: Each delivery that arrived, in order; the same digest may be there twice.
    """

    def __init__(self, away: int = 0) -> None:
        self.sent: list[Digest] = []
        self._away = away

    def send(self, digest: Digest) -> None:
        """Remember it.

        Raises:
            TryLater: Nobody is there yet.
        """
        if self._away:
            self._away -= 1
            raise TryLater("nobody listens to alerts now")
        self.sent.append(digest)

    @property
    def told(self) -> dict[DigestId, Digest]:
        """What a reader was told: the same digest twice is one."""
        return {digest.id: digest for digest in self.sent}
