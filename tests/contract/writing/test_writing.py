"""What every way of writing to a cluster keeps: the real one over HTTPS, and the demo's without."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from tests.unit.flow.sites import policy, space
from tests.unit.remediate.planned import plan_of, town

from seawall.connect.limits import Limits
from seawall.demo.apiserver import ApiServer
from seawall.demo.cluster_desk import MENDER, DemoWriting
from seawall.demo.store import Store
from seawall.flow.ports import Writing
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence
from seawall.model.plan import Plan, Undo
from seawall.model.sight import Seen
from seawall.remediate.apply import Applier

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = ClusterKey("k")
UID = ClusterUid("kube-system-uid")
RECORD = ClusterRecord(
    ClusterRef(KEY, "kubeconfig", "https://k"), "scope", Presence.PRESENT, NOW, NOW
)
THEIRS = policy("shop", "isolate-ingress", {"podSelector": {}, "policyTypes": ["Egress"]})


def _demo(store: Store, _stack: ExitStack) -> Writing:
    return DemoWriting({KEY: store})


def _real(store: Store, stack: ExitStack) -> Writing:
    server = stack.enter_context(ApiServer(store, [replace(MENDER, token="mender")]))
    door = Door(server.url, server.certificates.ca_pem, token="mender")
    return Applier(lambda _record: door, Limits(read_s=2.0, cluster_s=5.0, pauses_s=()))


ADAPTERS: dict[str, Callable[[Store, ExitStack], Writing]] = {"demo": _demo, "HTTPS": _real}


@dataclass
class Place:
    """A cluster with the empty namespace shop, and one way to write to it."""

    store: Store
    writing: Writing
    plan: Plan

    def policies(self) -> list[str]:
        """`namespace/name` of what is stored."""
        kind = self.store.resource("networking.k8s.io", "v1", "networkpolicies")
        assert kind is not None
        return list(self.store.view(kind).keys)

    def undo(self, uid: str) -> None:
        """Take back the object with this UID."""
        self.writing.undo(RECORD, Undo(KEY, "shop", self.plan.name, uid, "why"))


@pytest.fixture(params=ADAPTERS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    identity = {"metadata": {"name": "kube-system", "uid": UID}}
    store = Store([space("kube-system") | identity, space("shop")])
    plan = plan_of(replace(town(), key=KEY, uid=Seen(UID)))
    with ExitStack() as stack:
        yield Place(store, ADAPTERS[request.param](store, stack), plan)


def test_a_rehearsal_stores_nothing(place: Place) -> None:
    place.writing.rehearse(RECORD, place.plan)

    assert [] == place.policies()


def test_what_is_applied_is_ours_and_once_more_is_the_same(place: Place) -> None:
    first = place.writing.apply(RECORD, place.plan)

    assert (True, True) == (first.ours, bool(first.uid))
    assert first == place.writing.apply(RECORD, place.plan)
    assert ["shop/isolate-ingress"] == place.policies()


def test_after_it_was_applied_it_may_still_be_rehearsed(place: Place) -> None:
    place.writing.apply(RECORD, place.plan)
    place.writing.rehearse(RECORD, place.plan)

    assert ["shop/isolate-ingress"] == place.policies()


def test_somebody_elses_object_is_left_alone(place: Place) -> None:
    place.store.put(THEIRS)

    for attempt in (place.writing.rehearse, place.writing.apply):
        with pytest.raises(Refused, match="exists and is not ours") as caught:
            attempt(RECORD, place.plan)
        assert 409 == caught.value.status


def test_another_cluster_is_not_written_to(place: Place) -> None:
    plan = replace(place.plan, uid=ClusterUid("another"))

    for attempt in (place.writing.rehearse, place.writing.apply):
        with pytest.raises(NoEntry, match="not the cluster that was planned for"):
            attempt(RECORD, plan)
    assert [] == place.policies()


def test_a_namespace_that_is_gone_is_refused(place: Place) -> None:
    place.store.remove(space("shop"))

    for attempt in (place.writing.rehearse, place.writing.apply):
        with pytest.raises(Refused) as caught:
            attempt(RECORD, place.plan)
        assert 404 == caught.value.status


def test_what_was_made_is_deleted_and_a_second_time_is_as_good(place: Place) -> None:
    applied = place.writing.apply(RECORD, place.plan)
    place.undo(applied.uid)
    place.undo(applied.uid)

    assert [] == place.policies()


def test_a_namesake_is_not_deleted(place: Place) -> None:
    place.store.put(THEIRS)

    with pytest.raises(Refused) as caught:
        place.undo("the UID of what was made")
    assert (409, ["shop/isolate-ingress"]) == (caught.value.status, place.policies())
