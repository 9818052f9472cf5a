"""The trust law over HTTP: replace any answer of a demo cluster by any error, and judge again.

Each verdict stays what it is or becomes UNKNOWN. By default every fault meets every request for
good, but for the one that takes a whole deadline each time; `SEAWALL_HYPOTHESIS=thorough` spares
nothing, and commits every fault for once as well.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Thread

import pytest

from seawall.analyse.isolation import analyse
from seawall.collect.cluster import sight_of_cluster
from seawall.connect import Limits, open_reader
from seawall.connect.limits import MIB
from seawall.demo.faults import NAMED, Drip, Fault, Plan, too_many, unavailable
from seawall.demo.fleet import NAMES, DemoCluster, DemoFleet
from seawall.judge.judging import WHOLE_CLUSTER, judge
from seawall.model.cluster import ClusterKey
from seawall.model.door import Door
from seawall.model.finding import Verdict
from seawall.model.sight import Seen, Sight
from seawall.model.snapshot import Snapshot

Verdicts = dict[tuple[str, str], Verdict]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HURRY = Limits(read_s=0.3, cluster_s=10.0, answer_bytes=MIB, pauses_s=(0.01, 0.01))
NO_TIME = replace(HURRY, cluster_s=0.8)
HANGS_S = 30.0
"""Far beyond a cluster's deadline: whoever takes longer has none."""

DRIP = "drip"
THOROUGH = os.environ.get("SEAWALL_HYPOTHESIS") == "thorough"
SETTINGS = "/api/v1/namespaces/kube-system/configmaps/"
NO_VERDICT = frozenset(
    {
        # What is open or closed in the demo is so in every cloud.
        "/api/v1/nodes",
        # What leads in makes a finding graver, or is told as unknown; it is no verdict.
        *("/api/v1/services", "/apis/networking.k8s.io/v1/ingresses"),
        # Whether policies are enforced is no verdict where there are none, or where agents tell.
        *("/apis/apps/v1/daemonsets", f"{SETTINGS}amazon-vpc-cni", f"{SETTINGS}cilium-config"),
    }
)
"""What settles no verdict of a rule, at least in some cluster of the demo."""
STRIDES = {} if THOROUGH else {DRIP: 4}
"""A fault that is met by some requests only, one in so many."""
TIMES = (None, 1) if THOROUGH else (None,)

HURRIED: dict[str, Fault] = {"429": too_many(0), "503": unavailable(0), DRIP: Drip(every_s=0.2)}
"""The same where the server asks for no whole second of patience, or keeps us awake with bytes."""
FAULTS = {**NAMED, **HURRIED}

ENDLESS = {"huge", "gzip-bomb"}


@dataclass(frozen=True)
class Request:
    """One request of a scan: the `number`-th to its path."""

    path: str
    number: int


@dataclass(frozen=True)
class Watched:
    """A running cluster, what an honest scan asked it, and how it was judged."""

    cluster: DemoCluster
    requests: tuple[Request, ...]
    snapshot: Snapshot
    verdicts: Verdicts

    def scan(self, plan: Plan) -> Sight[Snapshot]:
        """What is seen while the server commits a fault."""
        self.cluster.server.faults.plan(plan)
        try:
            return scan(self.cluster, NO_TIME if plan.fault == FAULTS[DRIP] else HURRY)
        finally:
            self.cluster.server.faults.clear()


def scan(cluster: DemoCluster, limits: Limits) -> Sight[Snapshot]:
    """What is seen of a cluster; a scan that never ends fails here and not the whole run."""
    door = Door(cluster.server.url, ca=cluster.server.certificates.ca_pem, token=cluster.token)
    seen: list[Sight[Snapshot]] = []

    def run() -> None:
        seen.append(sight_of_cluster(lambda: open_reader(door, limits), ClusterKey("k"), now=NOW))

    scanning = Thread(target=run, daemon=True)
    scanning.start()
    scanning.join(HANGS_S)
    assert seen, "it hangs, or ended in an exception that nobody caught"
    return seen[0]


def verdicts_of(snapshot: Snapshot) -> Verdicts:
    return {(found.rule, found.namespace): found.verdict for found in judge(analyse(snapshot))}


def watched(cluster: DemoCluster) -> Watched:
    cluster.server.journal.forget()
    sight = scan(cluster, Limits())
    assert isinstance(sight, Seen)
    numbers: Counter[str] = Counter()
    requests = []
    for entry in cluster.server.journal.entries:
        requests.append(Request(entry.path, numbers[entry.path]))
        numbers[entry.path] += 1
    return Watched(cluster, tuple(requests), sight.value, verdicts_of(sight.value))


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Watched]]:
    with DemoFleet(tmp_path_factory.mktemp("fleet")) as running:
        yield {cluster.name: watched(cluster) for cluster in running.clusters}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", FAULTS)
def test_one_bad_answer_turns_verdicts_to_unknown_at_most(
    fleet: dict[str, Watched], fault: str, name: str
) -> None:
    found = fleet[name]
    for request in found.requests[:: STRIDES.get(fault, 1)]:
        for times in TIMES:
            plan = Plan(request.path, FAULTS[fault], times=times, skip=request.number)
            sight = found.scan(plan)

            assert times or sight != Seen(found.snapshot), f"{request.path} does not matter"
            if isinstance(sight, Seen):
                now = verdicts_of(sight.value)
                assert _unsettled(found.verdicts, now) == {}, request.path
                quiet = request.path in NO_VERDICT
                assert times or quiet or now != found.verdicts, request.path
            else:
                assert DRIP == fault, f"{request.path} hid the cluster: {sight.why}"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_server_that_answers_nothing_honestly_gets_no_verdict(
    fleet: dict[str, Watched], fault: str, name: str
) -> None:
    sight = fleet[name].scan(Plan("/", FAULTS[fault], times=None, prefix=True))

    if isinstance(sight, Seen):
        verdicts = verdicts_of(sight.value)
        assert {Verdict.UNKNOWN} == set(verdicts.values())
        assert {WHOLE_CLUSTER} == {namespace for _, namespace in verdicts}


def _unsettled(before: Verdicts, after: Verdicts) -> dict[tuple[str, str], object]:
    """Where a verdict is neither what it was nor UNKNOWN, a namespace is lost, or one is new."""
    wrong: dict[tuple[str, str], object] = {}
    for key, verdict in before.items():
        now = after.get(key)
        if now is None and after.get((key[0], WHOLE_CLUSTER)) is not Verdict.UNKNOWN:
            wrong[key] = (verdict, "covered by nothing")
        if now not in {None, verdict, Verdict.UNKNOWN}:
            wrong[key] = (verdict, now)
    new = {key: now for key, now in after.items() if key not in before}
    return wrong | {key: ("new", now) for key, now in new.items() if now is not Verdict.UNKNOWN}
