"""The one writer, against the demo API server and with no more rights than it asks for."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.remediate.planned import plan_of, town

from seawall.collect.cluster import read_cluster
from seawall.collect.exposure import read_exposure
from seawall.connect.limits import Limits
from seawall.connect.reader import open_reader
from seawall.demo.access import READER_GRANTS, WRITER_GRANTS, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.asking import Asker
from seawall.demo.faults import NAMED, Instead
from seawall.demo.faults import Plan as Fault
from seawall.demo.replies import Reply
from seawall.demo.store import Store
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused, TryLater
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence
from seawall.model.plan import Plan, PlanId, Undo
from seawall.model.sight import Seen
from seawall.remediate.apply import PLAN_ANNOTATION, Applier
from seawall.verify.looking import undo_of as planned_undo

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PATH = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/isolate-ingress"
IDENTITY = "/api/v1/namespaces/kube-system"
QUICK = Limits(read_s=2.0, cluster_s=5.0, pauses_s=())
APPLY = {"Content_Type": "application/apply-patch+yaml"}


@dataclass
class Site:
    """A running cluster, its record, and the plan that closes its namespace `shop`."""

    server: ApiServer
    record: ClusterRecord
    plan: Plan
    admin: Asker

    @property
    def applier(self) -> Applier:
        """Who writes to it."""
        return Applier(self.door, QUICK)

    def door(self, record: ClusterRecord) -> Door:
        """The way in."""
        assert record == self.record
        return Door(self.server.url, self.server.certificates.ca_pem, token="seawall")

    def policies(self) -> list[dict[str, Any]]:
        """What is stored in the namespace."""
        found = self.admin.get(PATH.rpartition("/")[0]).json["items"]
        assert isinstance(found, list)
        return found

    def written(self) -> list[str]:
        """The methods of all requests that were no reading."""
        return [each.method for each in self.server.journal.entries if each.method != "GET"]


@pytest.fixture
def site() -> Iterator[Site]:
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in ("kube-system", "shop")
    ]
    users = [
        User("seawall", (*READER_GRANTS, *WRITER_GRANTS), "seawall"),
        User("admin", token="admin", groups=("system:masters",)),
    ]
    with ApiServer(Store(spaces), users) as server:
        ref = ClusterRef(ClusterKey("k"), "kubeconfig", server.url)
        record = ClusterRecord(ref, "scope", Presence.PRESENT, NOW, NOW)
        admin = Asker(server, "admin")
        uid = ClusterUid(admin.get(IDENTITY).json["metadata"]["uid"])
        yield Site(server, record, plan_of(town(uid=Seen(uid))), admin)


def undo_of(site: Site, uid: str) -> Undo:
    return planned_undo(site.plan, uid, "because")


def test_what_is_applied_is_what_was_planned_and_ours_alone(site: Site) -> None:
    applied = site.applier.apply(site.record, site.plan)

    (stored,) = site.policies()
    assert site.plan.manifest["spec"] == stored["spec"]
    assert {PLAN_ANNOTATION: site.plan.id} == stored["metadata"]["annotations"]
    assert {"app.kubernetes.io/managed-by": "seawall"} == stored["metadata"]["labels"]
    assert (stored["metadata"]["uid"], True) == (applied.uid, applied.ours)
    assert stored["metadata"]["resourceVersion"] == applied.resource_version


def test_a_rehearsal_stores_nothing(site: Site) -> None:
    site.applier.rehearse(site.record, site.plan)

    assert [] == site.policies()
    assert ["PATCH"] == site.written()


def test_applied_once_more_is_the_same_object(site: Site) -> None:
    first = site.applier.apply(site.record, site.plan)

    assert first == site.applier.apply(site.record, site.plan)
    assert 1 == len(site.policies())


def test_a_plan_is_planned_applied_and_undone_on_one_cluster(site: Site) -> None:
    with open_reader(site.door(site.record), QUICK) as reader:
        snapshot = read_cluster(reader, ClusterKey("k"), now=NOW)
        exposure = read_exposure(reader, snapshot)
    plan = plan_of(snapshot, exposure)

    applied = site.applier.apply(site.record, plan)
    site.applier.undo(site.record, planned_undo(plan, applied.uid, "because"))

    assert () == plan.refusals
    assert [] == site.policies()


@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param({}, id="somebody's own"),
        pytest.param({PLAN_ANNOTATION: "another"}, id="another plan's"),
    ],
)
def test_an_object_that_is_there_is_left_alone(site: Site, annotations: dict[str, str]) -> None:
    theirs = {
        **site.plan.manifest,
        "metadata": {"name": site.plan.name, "annotations": annotations},
    }
    site.admin.send("PATCH", f"{PATH}?fieldManager=argocd", theirs, **APPLY)
    before = site.policies()

    for attempt in (site.applier.rehearse, site.applier.apply):
        with pytest.raises(Refused, match="shop/isolate-ingress exists and is not ours") as caught:
            attempt(site.record, site.plan)
        assert 409 == caught.value.status
    assert before == site.policies()
    assert ["PATCH"] == site.written()  # theirs


def test_an_object_that_somebody_shares_with_us_is_not_ours(site: Site) -> None:
    first = site.applier.apply(site.record, site.plan)
    shared = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": site.plan.name, "labels": {"team": "shop"}},
    }
    site.admin.send("PATCH", f"{PATH}?fieldManager=argocd", shared, **APPLY)
    again = site.applier.apply(site.record, site.plan)

    assert (True, False) == (first.ours, again.ours)
    assert first.uid == again.uid


def test_an_object_that_was_changed_and_changed_back_is_not_ours(site: Site) -> None:
    site.applier.apply(site.record, site.plan)
    for spec in ({"podSelector": {}, "policyTypes": ["Egress"]}, site.plan.manifest["spec"]):
        kind = {"Content_Type": "application/merge-patch+json"}
        sent = site.admin.send("PATCH", f"{PATH}?fieldManager=seawall", {"spec": spec}, **kind)
        assert 200 == sent.status

    assert not site.applier.apply(site.record, site.plan).ours


def test_a_cluster_that_is_another_one_is_not_written_to(site: Site) -> None:
    plan = replace(site.plan, uid=ClusterUid("other"))

    for attempt in (site.applier.rehearse, site.applier.apply):
        with pytest.raises(NoEntry, match="not the cluster that was planned for"):
            attempt(site.record, plan)
    assert [] == site.written()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"namespace": "../../x"}, id="dots in the namespace"),
        pytest.param({"namespace": "shop/networkpolicies"}, id="a slash in the namespace"),
        pytest.param({"name": "x/../../pods/y"}, id="slashes in the name"),
        pytest.param({"name": "x?force=true"}, id="a query in the name"),
        pytest.param({"name": "x%2fy"}, id="an escape in the name"),
        pytest.param({"name": ".."}, id="two dots"),
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"name": "x\n"}, id="a line end"),
        pytest.param({"name": "x" * 254}, id="too long"),
    ],
)
def test_a_name_that_may_lead_elsewhere_is_refused(site: Site, change: dict[str, Any]) -> None:
    plan = replace(site.plan, **change)
    undo = replace(undo_of(site, "uid"), **change)

    for attempt in (
        lambda: site.applier.rehearse(site.record, plan),
        lambda: site.applier.apply(site.record, plan),
        lambda: site.applier.undo(site.record, undo),
    ):
        with pytest.raises(NoEntry, match="cannot be part of an API path"):
            attempt()
    assert [] == [each for each in site.server.journal.entries if each.path != IDENTITY]


def test_what_was_made_is_deleted_and_a_second_time_is_as_good(site: Site) -> None:
    applied = site.applier.apply(site.record, site.plan)
    undo = undo_of(site, applied.uid)

    site.applier.undo(site.record, undo)
    site.applier.undo(site.record, undo)

    assert [] == site.policies()


def test_a_namesake_is_not_deleted(site: Site) -> None:
    applied = site.applier.apply(site.record, site.plan)
    site.admin.send("DELETE", PATH, None)
    site.admin.send("PATCH", f"{PATH}?fieldManager=argocd", dict(site.plan.manifest), **APPLY)

    with pytest.raises(Refused, match="is not the object that was made") as caught:
        site.applier.undo(site.record, undo_of(site, applied.uid))

    assert 409 == caught.value.status
    assert 1 == len(site.policies())


def test_what_is_replaced_between_look_and_deletion_is_not_deleted(site: Site) -> None:
    applied = site.applier.apply(site.record, site.plan)
    theirs = {"metadata": {"labels": {"team": "shop"}}}

    def edited() -> None:
        kind = {"Content_Type": "application/merge-patch+json"}
        site.admin.send("PATCH", f"{PATH}?fieldManager=kubectl", theirs, **kind)

    def door(record: ClusterRecord) -> Door:
        doors.append(record)
        if len(doors) == 2:  # the second is for writing
            edited()
        return site.door(record)

    doors: list[ClusterRecord] = []
    with pytest.raises(Refused, match="changed or replaced at this moment"):
        Applier(door, QUICK).undo(site.record, undo_of(site, applied.uid))

    assert 1 == len(site.policies())


def test_an_undo_that_is_not_allowed_is_no_undo(site: Site) -> None:
    applied = site.applier.apply(site.record, site.plan)
    site.server.faults.plan(Fault(PATH, NAMED["403"], method="DELETE"))

    with pytest.raises(Refused) as caught:
        site.applier.undo(site.record, undo_of(site, applied.uid))

    assert 403 == caught.value.status


@pytest.mark.parametrize(
    "path, method",
    [
        pytest.param(IDENTITY, "GET", id="asking who it is"),
        pytest.param(PATH, "GET", id="looking whose it is"),
        pytest.param(PATH, "PATCH", id="writing"),
    ],
)
@pytest.mark.parametrize(
    "fault, error",
    [
        pytest.param("403", Refused, id="403"),
        pytest.param("503", TryLater, id="503"),
        pytest.param("reset", TryLater, id="reset"),
        pytest.param("login-page", NoEntry, id="a login page"),
    ],
)
def test_trouble_is_told_and_nothing_is_written(
    site: Site, path: str, method: str, fault: str, error: type[Exception]
) -> None:
    if (method, fault) == ("PATCH", "login-page"):
        error = TryLater  # whoever answers like that may have passed it on
    site.server.faults.plan(Fault(path, NAMED[fault], method=method, times=None))

    for attempt in (site.applier.rehearse, site.applier.apply):
        with pytest.raises(error):
            attempt(site.record, site.plan)
    site.server.faults.clear()
    assert [] == site.policies()


@pytest.mark.parametrize("path", [IDENTITY, PATH])
@pytest.mark.parametrize("body", [b"null", b'{"metadata":{}}', b"[", b'{"metadata":{"uid":7}}'])
def test_an_answer_that_cannot_be_read_lets_nobody_in(site: Site, path: str, body: bytes) -> None:
    site.server.faults.plan(Fault(path, Instead(Reply(200, body)), times=None))

    with pytest.raises(NoEntry):
        site.applier.apply(site.record, site.plan)

    assert [] == site.written()


def test_after_an_answer_that_cannot_be_read_it_is_not_known_what_was_done(site: Site) -> None:
    site.server.faults.plan(Fault(PATH, Instead(Reply(200, b"{}")), method="PATCH"))

    with pytest.raises(TryLater, match="it is not known whether it is there"):
        site.applier.apply(site.record, site.plan)


def test_an_object_whose_mark_somebody_took_off_on_the_way_is_not_ours(site: Site) -> None:
    stored = json.loads(json.dumps(site.plan.manifest))
    stored["metadata"] |= {"uid": "u", "generation": 1, "managedFields": [{"manager": "seawall"}]}
    reply = Reply(200, json.dumps(stored).encode())
    site.server.faults.plan(Fault(PATH, Instead(reply), method="PATCH"))

    assert not site.applier.apply(site.record, site.plan).ours


def test_a_rehearsal_that_cannot_be_read_is_no_refusal(site: Site) -> None:
    site.server.faults.plan(Fault(PATH, Instead(Reply(200, b"{}")), method="PATCH"))

    with pytest.raises(NoEntry, match="the answer to its rehearsal cannot be read") as caught:
        site.applier.rehearse(site.record, site.plan)

    assert not isinstance(caught.value, Refused)


def test_a_rehearsal_that_shows_another_policy_is_refused(site: Site) -> None:
    other = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": site.plan.name, "namespace": "shop", "uid": "u"},
        "spec": {"podSelector": {"matchLabels": {"injected": "yes"}}, "policyTypes": ["Ingress"]},
    }
    reply = Reply(200, json.dumps(other).encode())
    site.server.faults.plan(Fault(PATH, Instead(reply), method="PATCH", times=None))

    with pytest.raises(Refused, match="would store something else"):
        site.applier.rehearse(site.record, site.plan)


def test_a_plan_of_another_id_makes_another_mark(site: Site) -> None:
    site.applier.apply(site.record, replace(site.plan, id=PlanId("x")))

    assert {PLAN_ANNOTATION: "x"} == site.policies()[0]["metadata"]["annotations"]
