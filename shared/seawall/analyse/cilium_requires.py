"""fromRequires and toRequires: what the peers of every allow of the same subjects must meet.

Source: cilium Documentation/security/policy/layer3.rst, "Additional Label Requirements": gone in
1.19. The code folds them into fromEndpoints and toEndpoints only, the page says that they limit
all other rules: where the two differ, nothing is certain.
"""

from seawall.analyse.cilium_peers import Reach
from seawall.model.bits import Bits
from seawall.model.cilium import CiliumRule, EndpointPeer
from seawall.model.cilium_settings import CiliumSettings
from seawall.model.peers import PeerSet


class Requires:
    """The pods that are cut off by a requirement, by the subjects that have it."""

    def __init__(self, settings: CiliumSettings) -> None:
        self._settings = settings
        self._cut: list[tuple[Bits, Bits, PeerSet]] = []

    def add(self, subjects: Bits, doubtful: Bits, cut: Bits) -> None:
        """These subjects, and perhaps the doubtful ones, want nobody of `cut`."""
        if not self._settings.since(1, 19):
            self._cut.append((subjects, doubtful, PeerSet(cut)))

    def narrowed(self, reach: Reach, rule: CiliumRule, subjects: Bits) -> Reach:
        """What a rule still allows; what may or may not be cut is possible only."""
        for certain, doubtful, cut in self._cut:
            if not (certain | doubtful) & subjects:
                continue
            folded = bool(rule.peers) and all(isinstance(p, EndpointPeer) for p in rule.peers)
            sure = self._settings.before(1, 19) and subjects <= certain and folded
            possible = reach.possible - cut if sure else reach.possible
            reach = Reach(reach.certain - cut, possible)
        return reach
