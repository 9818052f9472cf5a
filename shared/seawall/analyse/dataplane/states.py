"""In which state an agent is: the row of the table that its switches lead to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from seawall.analyse.dataplane.agents import Agent
from seawall.analyse.dataplane.row import Row, version_of
from seawall.analyse.dataplane.rows import ROWS
from seawall.model.enforcement import Container, Enforced, Plane, PlaneFacts, Ruling, Settings
from seawall.model.finding import Evidence
from seawall.model.policies import ObjectRef, Where
from seawall.model.sight import Sight, Unseen

AKS_IMAGES = "mcr.microsoft.com/"
"""Where the images of what AKS itself installs come from."""

CHAINED = frozenset({"aws-cni", "generic-veth", "flannel"})
"""Values of Cilium's cni-chaining-mode with which another plug-in connects the pods."""


@dataclass(frozen=True, slots=True)
class State:
    """What an agent does, as far as it is known; `row` is empty where `why` says what is not.

    Attributes:
        chained: It enforces for pods that another plug-in connects.
        container: Whose image tells the version.
    """

    row: str = ""
    why: str = ""
    evidence: tuple[Evidence, ...] = ()
    container: Container | None = None
    chained: bool = False
    caveats: tuple[str, ...] = ()

    @property
    def enforced(self) -> Enforced:
        """What the row says, whatever its dates."""
        return ROWS[self.row].enforced if self.row else Enforced.UNKNOWN

    def ruling(self, on: date, row: str = "") -> Ruling:
        """What it means on a day; `row` takes the place of its own."""
        if not self.row:
            return Ruling(Enforced.UNKNOWN, self.why, self.evidence)
        tag = self.container.tag if self.container else ""
        return ruling_of(ROWS[row or self.row], on, tag, self.evidence, self.caveats)


def ruling_of(
    row: Row,
    on: date,
    tag: str = "",
    evidence: tuple[Evidence, ...] = (),
    caveats: tuple[str, ...] = (),
) -> Ruling:
    """What a row means on a day, for a version; outside of its range and dates, UNKNOWN."""
    if on > row.good_until:
        why = (
            f"what Seawall knows of {row.plane} was last reviewed on {row.reviewed} and is not "
            f"believed after {row.good_until}: use a newer Seawall"
        )
        return Ruling(Enforced.UNKNOWN, why, evidence, row.source, row=row.id)
    if not row.covers(version_of(tag)):
        why = f"what {row.plane} does is not known of its version {tag or '(untold)'}"
        return Ruling(Enforced.UNKNOWN, why, evidence, row.source, row=row.id)
    why = row.says.format(version=tag)
    return Ruling(row.enforced, why, evidence, row.source, (*row.caveats, *caveats), row.id)


def state_of(agent: Agent, facts: PlaneFacts, *, on_aks: bool, on_gke: bool) -> State:
    """The state of an agent, whichever node it is on."""
    reading = _READINGS.get(agent.plane)
    if reading is not None:
        return reading(agent, facts)
    if agent.plane is Plane.CILIUM:
        return _cilium(agent, facts, managed=on_aks and _is_aks_image(agent))
    return _calico(agent, on_aks=on_aks, on_gke=on_gke)


def _plain(row: str, *containers: str) -> Callable[[Agent, PlaneFacts], State]:
    """A plug-in without switches."""

    def reading(agent: Agent, _: PlaneFacts) -> State:
        container = agent.container(*containers)
        return State(row, evidence=(_image(agent, container),), container=container)

    return reading


def _image(agent: Agent, container: Container) -> Evidence:
    where = agent.where(f"spec.template.spec.containers[{container.name}].image")
    return Evidence(where, container.image or "no image")


def _argument(agent: Agent, container: Container, name: str) -> Evidence:
    value = container.arg(name)
    where = agent.where(f"spec.template.spec.containers[{container.name}].args")
    return Evidence(where, f"--{name}={value}" if value is not None else f"no --{name}")


def _setting(settings: Settings, key: str) -> Evidence:
    value = settings.value(key)
    ref = ObjectRef("ConfigMap", "kube-system", settings.name)
    says = f"{key}: {value}" if value is not None else f"{key} is not set"
    return Evidence(Where(ref, f"data.{key}"), says if settings.there else "is not there")


def controller(settings: Sight[Settings]) -> tuple[bool | None, tuple[Evidence, ...], str]:
    """Whether the controller of EKS is on, the evidence, and why that is not known."""
    if isinstance(settings, Unseen):
        return None, (), f"ConfigMap kube-system/amazon-vpc-cni was not seen: {settings.why}"
    key = "enable-network-policy-controller"
    return settings.value.value(key) == "true", (_setting(settings.value, key),), ""


def _vpc_cni(agent: Agent, facts: PlaneFacts) -> State:
    main = agent.container("aws-node")
    names = ("aws-eks-nodeagent", "aws-network-policy-agent")
    nodeagent = next((c for c in map(agent.daemon_set.container, names) if c is not None), None)
    if nodeagent is None:
        old = ROWS["vpc-cni-too-old"].covers(version_of(main.tag))
        row = "vpc-cni-too-old" if old else "vpc-cni-no-agent"
        return State(row, evidence=(_image(agent, main),), container=main)
    switch = _argument(agent, nodeagent, "enable-network-policy")
    if nodeagent.arg("enable-network-policy") != "true":
        return State("vpc-cni-agent-off", evidence=(switch,), container=nodeagent)
    on, evidence, why = controller(facts.vpc_cni)
    if on is None:
        return State(why=why, evidence=(switch,))
    if not on:
        return State("vpc-cni-controller-off", evidence=evidence, container=nodeagent)
    caveats = () if main.variable(MODE) == "strict" else (STANDARD,)
    return State("vpc-cni-on", "", (switch, *evidence), nodeagent, caveats=caveats)


MODE = "NETWORK_POLICY_ENFORCING_MODE"
STANDARD = (
    "in standard mode (the default) a new pod is open until its rules arrive; strict mode begins "
    "closed"
)


def _cilium(agent: Agent, facts: PlaneFacts, *, managed: bool) -> State:
    container = agent.container("cilium-agent")
    image = _image(agent, container)
    if isinstance(facts.cilium, Unseen):
        why = f"ConfigMap kube-system/cilium-config was not seen: {facts.cilium.why}"
        return State(why=why, evidence=(image,))
    settings = facts.cilium.value
    if not settings.there or agent.daemon_set.namespace != "kube-system":
        return State("cilium-unconfigured", evidence=(image,), container=container)

    def value(key: str, default: str) -> str:
        """An argument beats the ConfigMap."""
        return container.arg(key) or settings.value(key) or default

    row, key = _cilium_row(value)
    if managed and row == "cilium-default":
        row = "aks-cilium"
    chained = value("cni-chaining-mode", "none") in CHAINED
    return State(row, "", (_setting(settings, key), image), container, chained=chained)


def _cilium_row(value: Callable[[str, str], str]) -> tuple[str, str]:
    """The row, and the key that decided."""
    if value("policy-audit-mode", "false") == "true":
        return "cilium-audit", "policy-audit-mode"
    mode = value("enable-policy", "default").lower()
    if mode not in {"default", "always", "never"}:
        return "cilium-odd-mode", "enable-policy"
    if mode != "never" and value("enable-k8s-networkpolicy", "true") == "false":
        return "cilium-without-kubernetes", "enable-k8s-networkpolicy"
    return f"cilium-{mode}", "enable-policy"


def _calico(agent: Agent, *, on_aks: bool, on_gke: bool) -> State:
    container = agent.container("calico-node", "node", "felix")
    if agent.for_windows:
        row = "calico-windows"
    elif on_aks and _is_aks_image(agent):
        row = "aks-calico"
    elif on_gke and agent.daemon_set.namespace == "kube-system":
        row = "gke-calico"
    else:
        row = "calico"
    chained = container.variable("CALICO_NETWORKING_BACKEND") == "none"
    canal = agent.daemon_set.container("kube-flannel") is not None
    evidence = (_image(agent, container),)
    return State(row, evidence=evidence, container=container, chained=chained or canal)


def _is_aks_image(agent: Agent) -> bool:
    return all(each.repository.startswith(AKS_IMAGES) for each in agent.daemon_set.containers)


def _kube_router(agent: Agent, _: PlaneFacts) -> State:
    container = agent.container("kube-router")
    off = container.arg("run-firewall") == "false"
    evidence = (_argument(agent, container, "run-firewall"), _image(agent, container))
    row = "kube-router-off" if off else "kube-router-on"
    return State(row, evidence=evidence, container=container, chained=True)


def _kindnet(agent: Agent, _: PlaneFacts) -> State:
    container = agent.container("kindnet-cni", "kindnet")
    evidence = (_image(agent, container),)
    if container.arg("network-policy") == "false":
        switch = (_argument(agent, container, "network-policy"), *evidence)
        return State("kindnet-off", evidence=switch, container=container)
    version = version_of(container.tag)
    rows = ("kindnet-on-numbered", "kindnet-old", "kindnet-on")
    row = next((each for each in rows if ROWS[each].covers(version)), "kindnet-on")
    return State(row, evidence=evidence, container=container)


def _kube_network_policies(agent: Agent, _: PlaneFacts) -> State:
    container = agent.container("kube-network-policies")
    inside = agent.daemon_set.container("kube-flannel") is not None
    row = "flannel-netpol" if inside else "kube-network-policies"
    return State(row, evidence=(_image(agent, container),), container=container, chained=True)


def _weave(agent: Agent, _: PlaneFacts) -> State:
    container = agent.daemon_set.container("weave-npc")
    if container is None:
        return State("weave-without-npc", evidence=(_image(agent, agent.container("weave")),))
    return State("weave-npc", evidence=(_image(agent, container),), container=container)


_READINGS: Mapping[Plane, Callable[[Agent, PlaneFacts], State]] = {
    Plane.VPC_CNI: _vpc_cni,
    Plane.GKE_DPV2: _plain("gke-dpv2", "cilium-agent", "anetd"),
    Plane.FLANNEL: _plain("flannel", "kube-flannel"),
    Plane.AZURE: _plain("aks-none", "cns-container"),
    Plane.AZURE_NPM: _plain("aks-npm", "azure-npm"),
    Plane.OVN_KUBERNETES: _plain("ovn-kubernetes", "ovnkube-controller", "ovnkube-node"),
    Plane.OPENSHIFT_SDN: _plain("openshift-sdn", "sdn"),
    Plane.ANTREA: _plain("antrea", "antrea-agent"),
    Plane.KUBE_OVN: _plain("kube-ovn", "cni-server"),
    Plane.KUBE_ROUTER: _kube_router,
    Plane.KINDNET: _kindnet,
    Plane.KUBE_NETWORK_POLICIES: _kube_network_policies,
    Plane.WEAVE: _weave,
}
