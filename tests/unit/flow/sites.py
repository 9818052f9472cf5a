"""A fleet of one cluster, wired for mending: the demo API behind it, and weather on its ports."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from seawall.demo.answers import Api
from seawall.demo.asks import Ask
from seawall.demo.cluster_desk import MENDER, DemoClusters, DemoWriting
from seawall.demo.inventory import DemoInventory, DemoModes
from seawall.demo.memories import DemoMemories, DemoNews
from seawall.demo.resources import Json
from seawall.demo.runs import DemoPlans
from seawall.demo.store import Store
from seawall.flow.applying import apply_plan
from seawall.flow.desks import MendDesk, Process
from seawall.flow.mending import mend_cluster
from seawall.flow.remembering import identity_of, remember
from seawall.flow.sources import judged
from seawall.model.cluster import ClusterKey
from seawall.model.fleet import ClusterRecord, ClusterRef, Sighting
from seawall.model.messages import FindingsChanged, RunId
from seawall.model.plan import Mode, PlanState
from seawall.model.sight import Seen

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEY = ClusterKey("kubeconfig:prod")
SCOPE = "kubeconfig:/home/ann/.kube/config"
RUN, NEXT_RUN = RunId("20261124T120000Z-000001"), RunId("20261124T121500Z-000002")
SHOP = "shop/isolate-ingress"


class Crash(Exception):  # noqa: N818  what a killed process would not even raise
    """The process ends here."""


def space(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


AGENT = {"name": "calico-node", "image": "quay.io/calico/node:v3.31.2"}
ENFORCES: Json = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "calico-node", "namespace": "kube-system"},
    "spec": {"template": {"spec": {"containers": [AGENT]}}},
    "status": {"desiredNumberScheduled": 1, "numberReady": 1},
}
"""What carries policies out; without it nothing is applied unattended."""


def pod(namespace: str, name: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"containers": [{"name": "c", "image": "c"}]},
        "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]},
    }


def policy(namespace: str, name: str, spec: Json) -> Json:
    metadata = {"name": name, "namespace": namespace}
    head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    return {**head, "metadata": metadata, "spec": spec}


class Weather:
    """What befalls the calls of all ports of a desk, counted from 1.

    `before` and `after` are called with the number and the name of each call.
    """

    def __init__(
        self,
        before: Callable[[int, str], None] = lambda _number, _name: None,
        after: Callable[[int, str], None] = lambda _number, _name: None,
    ) -> None:
        self.names: list[str] = []
        self._before = before
        self._after = after

    def on(self, desk: MendDesk) -> MendDesk:
        """The same desk in this weather."""
        names = (each.name for each in fields(desk) if each.name != "process")
        ports: dict[str, Any] = {name: _Port(getattr(desk, name), self) for name in names}
        return replace(desk, **ports)

    def call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:  # noqa: ANN401  any port
        """One call of a port."""
        self.names.append(name)
        number = len(self.names)
        self._before(number, name)
        answer = method(*args, **named)
        self._after(number, name)
        return answer


@dataclass(frozen=True)
class _Port:
    _inner: object
    _weather: Weather

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._inner, name)
        return lambda *args, **named: self._weather.call(name, method, *args, **named)


@dataclass
class Site:
    """One cluster with the namespaces kube-system and shop, and all that is known of it."""

    store: Store
    stores: dict[ClusterKey, Store] = field(default_factory=dict)
    inventory: DemoInventory = field(default_factory=DemoInventory)
    memories: DemoMemories = field(default_factory=DemoMemories)
    modes: DemoModes = field(default_factory=DemoModes)
    plans: DemoPlans = field(default_factory=DemoPlans)
    owners: Iterator[int] = field(default_factory=count)
    alive: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.stores[KEY] = self.store
        self.news = DemoNews(self.memories)
        self.writing = DemoWriting(self.stores)
        self.clusters = DemoClusters(self.stores)
        ref = ClusterRef(KEY, "kubeconfig", "https://10.0.0.1:6443")
        self.inventory.observe(Sighting(SCOPE, Seen((ref,))), now=NOW)

    @property
    def desk(self) -> MendDesk:
        """What mending works with, in a process of its own; it lives while it mends or applies."""
        owner = f"host:{next(self.owners)}"
        return MendDesk(
            process=Process(owner, lambda other: other not in self.alive),
            inventory=self.inventory,
            clusters=self.clusters,
            memories=self.memories,
            modes=self.modes,
            plans=self.plans,
            writing=self.writing,
            news=self.news,
        )

    @property
    def record(self) -> ClusterRecord:
        """The cluster in the inventory."""
        found = self.inventory.record(KEY)
        assert found is not None
        return found

    def scan(self, run: RunId = RUN) -> FindingsChanged:
        """Remember the cluster as it is now."""
        known = self.memories.recall(KEY)
        sight = self.clusters.snapshot(self.record, now=NOW)
        assert isinstance(sight, Seen)
        found = Seen(judged(sight.value, identity_of(known, sight.value)))
        after = remember(known, KEY, found, run=run, now=NOW)
        assert self.memories.keep(after.memory, after.turns, attempt=run)
        return FindingsChanged(run, KEY, after.memory.version, after.memory.changed)

    def mend(self, run: RunId = RUN, desk: MendDesk | None = None) -> None:
        """One message about findings is delivered."""
        with self.process(desk or self.desk) as found:
            mend_cluster(FindingsChanged(run, KEY, 1), found, now=NOW)

    @contextmanager
    def process(self, desk: MendDesk) -> Iterator[MendDesk]:
        """The process of a desk, from its beginning to its end."""
        self.alive.add(desk.process.owner)
        try:
            yield desk
        finally:
            self.alive.remove(desk.process.owner)

    def scan_and_mend(self, run: RunId = RUN) -> None:
        """A whole run."""
        self.mend(self.scan(run).run)

    def apply(self, state: PlanState, desk: MendDesk | None = None, by: str = "ann") -> PlanState:
        """A person applies a plan."""
        later = NOW + timedelta(minutes=1)
        with self.process(desk or self.desk) as found:
            return apply_plan(found, self.record, state, by=by, now=later)

    def edit(self) -> None:
        """Somebody edits the policy that closes shop with kubectl."""
        body = b'{"metadata":{"labels":{"team":"shop"}}}'
        path = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/isolate-ingress"
        query, kind = {"fieldManager": "kubectl-edit"}, "application/merge-patch+json"
        ask = Ask(MENDER, "PATCH", path, query, body=body, content_type=kind)
        assert 200 == Api(self.store).reply(ask).status

    def plan(self, namespace: str = "shop") -> PlanState:
        """The plan that was made last for a namespace."""
        return [each for each in self.plans.plans(KEY) if each.plan.namespace == namespace][-1]

    def stages(self) -> dict[str, list[str]]:
        """The stages of the plans by namespace, oldest first."""
        found: dict[str, list[str]] = {}
        for each in self.plans.plans(KEY):
            found.setdefault(each.plan.namespace, []).append(each.stage)
        return found

    def policies(self) -> list[str]:
        """`namespace/name` of what is stored."""
        kind = self.store.resource("networking.k8s.io", "v1", "networkpolicies")
        assert kind is not None
        return list(self.store.view(kind).keys)

    def told(self) -> list[str]:
        """The notices that no digest took up."""
        return [notice.text for notice in self.news.untold().notices]


def site(*objects: Json, mode: Mode = Mode.AUTO) -> Site:
    """A cluster that was scanned once; shop is empty unless objects say otherwise."""
    made = Site(Store([space("kube-system"), space("shop"), ENFORCES, *objects]))
    made.modes.set_mode(KEY, mode)
    made.scan()
    return made
