"""What the agents' ConfigMap and image say, as settings that choose between readings.

Source: cilium Documentation/network/kubernetes/configuration.rst and the agent's flags
(`pkg/option`): a key that is not set has the flag's default.
"""

import re
from collections.abc import Mapping

from seawall.model.cilium_settings import CiliumSettings, Enforcement, Version

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


def version_of(image: str) -> Version | None:
    """The minor version that an agent's image is tagged with."""
    found = _IMAGE.fullmatch(image)
    return (int(found[1]), int(found[2])) if found else None
