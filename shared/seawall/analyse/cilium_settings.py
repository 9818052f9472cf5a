"""What the agents' ConfigMap and image say, as settings that choose between readings.

Source: cilium Documentation/network/kubernetes/configuration.rst and the agent's flags
(`pkg/option`): a key that is not set has the flag's default.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from seawall.model.addresses import NO_ADDRESSES, IpSet, just
from seawall.model.cilium_settings import CiliumAround, CiliumSettings, Enforcement, Version
from seawall.model.enforcement import NOT_NEEDED
from seawall.model.sight import Seen, Unseen, mapped
from seawall.model.snapshot import Node, Snapshot

_IMAGE = re.compile(r"(?:.*/)?cilium:v?([0-9]{1,3})\.([0-9]{1,3})(?:[.@-].*)?")
"""The agent's image: of any registry, of its own numbers."""


def cilium_settings(config: Mapping[str, str] | None, image: str = "") -> CiliumSettings:
    """The settings that `kube-system/cilium-config` tells; None where it could not be read."""
    version = version_of(image)
    if config is None:
        return CiliumSettings(version=version)
    mode = config.get("enable-policy", "").lower()
    return CiliumSettings(
        Enforcement(mode) if mode in tuple(Enforcement) else Enforcement.DEFAULT,
        version,
        "nodes" in re.split(r"[\s,]+", config.get("policy-cidr-match-mode", "")),
        config.get("enable-host-firewall", "false").lower() == "true",
        config.get("cluster-name", "default"),
        tuple(config.get("labels", "").split()),
    )


def around_of(snapshot: Snapshot) -> CiliumAround:
    """What a snapshot tells of all that Cilium's policies look at besides pods and namespaces."""
    return CiliumAround(
        settings=_settings(snapshot),
        nodes=mapped(snapshot.nodes, _addresses),
        pods_seen=isinstance(snapshot.pods, Seen),
    )


def _settings(snapshot: Snapshot) -> CiliumSettings:
    facts = snapshot.data_plane
    if isinstance(facts, Unseen):
        return CiliumSettings()
    containers = [each for found in facts.value.daemon_sets for each in found.containers]
    agent = next((each for each in containers if _IMAGE.fullmatch(each.image)), None)
    config, values = facts.value.cilium, None
    if config == NOT_NEEDED:
        values = {}  # a provider's own edition, in which nobody sets anything
    if isinstance(config, Seen) and config.value.there:
        # An argument of the agent's own beats the ConfigMap.
        values = dict(config.value.values) | dict(agent.args if agent else ())
    found = cilium_settings(values, agent.image if agent else "")
    # That nothing is enforced is another answer than what the policies say (`enforcement`).
    never = found.enforcement is Enforcement.NEVER
    return replace(found, enforcement=Enforcement.DEFAULT) if never else found


def _addresses(nodes: tuple[Node, ...]) -> IpSet:
    found = NO_ADDRESSES
    for address in {address for node in nodes for address in node.addresses}:
        found |= just(address)
    return found


def version_of(image: str) -> Version | None:
    """The minor version that an agent's image is tagged with."""
    found = _IMAGE.fullmatch(image)
    return (int(found[1]), int(found[2])) if found else None
