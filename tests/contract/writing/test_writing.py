"""What every way of writing to a cluster keeps: the real one over HTTPS, and the demo's without."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from tests.unit.flow.sites import policy, space
from tests.unit.remediate.planned import plan_of, town

from seawall.connect.limits import Limits
from seawall.demo.answers import Api
from seawall.demo.apiserver import ApiServer
from seawall.demo.asks import Ask
from seawall.demo.cluster_desk import MENDER, DemoWriting
from seawall.demo.store import Store
from seawall.flow.ports import Writing
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence
from seawall.model.plan import Plan
from seawall.model.sight import Seen
from seawall.remediate.apply import Applier
from seawall.verify.looking import undo_of

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
        self.writing.undo(RECORD, undo_of(self.plan, uid, "why"))

    def edit(self, **query: str) -> None:
        """Somebody else has a word in the object."""
        body = json.dumps({"metadata": {"labels": {"team": "shop"}}}).encode()
        kind = "application/merge-patch+json"
        path = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/isolate-ingress"
        reply = Api(self.store).reply(
            Ask(MENDER, "PATCH", path, query, body=body, content_type=kind)
        )
        assert 200 == reply.status


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


def test_what_was_made_is_found_and_is_ours(place: Place) -> None:
    before = place.writing.look(RECORD, place.plan)
    applied = place.writing.apply(RECORD, place.plan)

    assert (None, applied) == (before, place.writing.look(RECORD, place.plan))


def test_what_somebody_else_made_is_not_found(place: Place) -> None:
    place.store.put(THEIRS)

    assert None is place.writing.look(RECORD, place.plan)


def test_what_others_have_a_word_in_is_found_and_is_not_ours_alone(place: Place) -> None:
    applied = place.writing.apply(RECORD, place.plan)
    place.edit(fieldManager="kubectl-edit")
    found = place.writing.look(RECORD, place.plan)

    assert found is not None
    assert (applied.uid, False) == (found.uid, found.ours)


@pytest.mark.parametrize("manager", ["kubectl-edit", "argocd"])
def test_what_others_have_edited_since_is_not_deleted_and_they_are_named(
    manager: str, place: Place
) -> None:
    applied = place.writing.apply(RECORD, place.plan)
    place.edit(fieldManager=manager)

    with pytest.raises(Refused, match=f"changed since it was made, by {manager}") as caught:
        place.undo(applied.uid)
    assert (409, ["shop/isolate-ingress"]) == (caught.value.status, place.policies())


def test_nothing_is_deleted_in_another_cluster_nor_taken_for_deleted(place: Place) -> None:
    applied = place.writing.apply(RECORD, place.plan)
    place.plan = replace(place.plan, uid=ClusterUid("another"))

    with pytest.raises(NoEntry, match="not the cluster that was planned for"):
        place.undo(applied.uid)
    with pytest.raises(NoEntry, match="not the cluster that was planned for"):
        place.writing.look(RECORD, place.plan)
    assert ["shop/isolate-ingress"] == place.policies()
