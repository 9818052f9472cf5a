"""What it takes to say that something is gone: to have looked, and to have read all there was."""

from dataclasses import replace
from typing import Any

import pytest
from tests.scans import IDLE, LOOSE, UID, WHY, found, judged, remembered, snapshot

from seawall.flow.resolving import GONE, MENDED, RETIRED, scopes
from seawall.judge.judging import WHOLE_CLUSTER, Judged
from seawall.judge.rules import RULES
from seawall.model.cluster import ClusterUid
from seawall.model.finding import Finding, Verdict
from seawall.model.memory import FindingMemory
from seawall.model.policies import BrokenObject, ObjectRef
from seawall.model.sight import Seen
from seawall.model.snapshot import Snapshot

UNKNOWN = Verdict.UNKNOWN
INVALID = "policy-invalid"
ALL = tuple(rule.id for rule in RULES)
STILL_OPEN = ""


def missing(finding: Finding) -> FindingMemory:
    """A finding as it is remembered."""
    (known,) = remembered(judged(finding, rules=[finding.rule])).memory.open
    return known


def resolution(finding: Finding, scan: Seen[Judged]) -> str:
    return scopes(scan.value, pinned=False).resolution(missing(finding))


@pytest.mark.parametrize(
    "uid, pinned, resolved",
    [
        pytest.param(UID, True, MENDED, id="the pinned cluster"),
        pytest.param(None, False, MENDED, id="nobody ever saw who it is"),
        pytest.param(None, True, STILL_OPEN, id="it may be another one, or half of it"),
    ],
)
def test_what_does_not_show_who_it_is_resolves_nothing_of_what_is_pinned(
    uid: ClusterUid | None,
    pinned: bool,  # noqa: FBT001  a column of the table
    resolved: str,
) -> None:
    scan = judged(of=snapshot(uid))

    assert resolved == scopes(scan.value, pinned=pinned).resolution(missing(SHOP))


def broken(kind: str, namespace: str, name: str) -> dict[str, Any]:
    """A cluster with one object that could not be read."""
    return {"broken": (BrokenObject(ObjectRef(kind, namespace, name), ("not to be read",)),)}


SHOP = found()


@pytest.mark.parametrize(
    "scan, why",
    [
        pytest.param(judged(), MENDED, id="the rule passed here"),
        pytest.param(judged(found(facet="another")), MENDED, id="the rule fails here for another"),
        pytest.param(judged(found(verdict=UNKNOWN)), STILL_OPEN, id="it is unknown now"),
        pytest.param(
            judged(found(facet="another", verdict=UNKNOWN)),
            STILL_OPEN,
            id="something about the namespace is unknown",
        ),
        pytest.param(
            judged(found(facet="another"), found(facet="a third", verdict=UNKNOWN)),
            STILL_OPEN,
            id="something fails and something is unknown",
        ),
        pytest.param(
            judged(found(namespace="kiosk", verdict=UNKNOWN)),
            MENDED,
            id="unknown elsewhere is no matter",
        ),
        pytest.param(
            judged(found(LOOSE, verdict=UNKNOWN)), MENDED, id="unknown to another rule is no matter"
        ),
        pytest.param(
            judged(found(namespace=WHOLE_CLUSTER, verdict=UNKNOWN)),
            STILL_OPEN,
            id="unknown for the whole cluster",
        ),
        pytest.param(judged(of=snapshot(namespaces=())), GONE, id="there is no namespace left"),
        pytest.param(judged(of=snapshot(namespaces=["kiosk"])), GONE, id="the namespace is gone"),
        pytest.param(
            judged(of=replace(snapshot(), namespaces=WHY)),
            STILL_OPEN,
            id="nobody knows which namespaces there are",
        ),
        pytest.param(
            judged(of=snapshot(namespaces=["kiosk"], **broken("Namespace", "", "shop"))),
            STILL_OPEN,
            id="an unreadable namespace may be this one",
        ),
        pytest.param(
            judged(found(verdict=UNKNOWN), of=snapshot(namespaces=["kiosk"])),
            STILL_OPEN,
            id="the namespace is not listed and was judged: made while reading",
        ),
        pytest.param(judged(rules=(LOOSE, IDLE)), RETIRED, id="no such rule any more"),
        pytest.param(
            judged(rules=(LOOSE, IDLE), of=replace(snapshot(), pods=WHY)),
            RETIRED,
            id="no such rule any more, whatever was read",
        ),
    ],
)
def test_what_is_missing_is_resolved_only_where_its_scope_was_seen(
    scan: Seen[Judged], why: str
) -> None:
    assert why == resolution(SHOP, scan)


@pytest.mark.parametrize(
    "less, why",
    [
        pytest.param(snapshot(), MENDED, id="everything was read"),
        pytest.param(replace(snapshot(), network_policies=WHY), STILL_OPEN, id="no policies"),
        pytest.param(replace(snapshot(), nodes=WHY), MENDED, id="nodes are no matter"),
        pytest.param(
            snapshot(**broken("NetworkPolicy", "shop", "b")), STILL_OPEN, id="the very policy"
        ),
        pytest.param(
            snapshot(**broken("NetworkPolicy", "", "")), STILL_OPEN, id="an object of no namespace"
        ),
        pytest.param(
            snapshot(**broken("NetworkPolicy", "kiosk", "b")), MENDED, id="a policy elsewhere"
        ),
    ],
)
def test_a_failure_that_is_certain_does_not_vouch_for_what_was_not_read(
    less: Snapshot, why: str
) -> None:
    """The rule found policy `a` bad, and would have said no word about `b`."""
    scan = judged(found(LOOSE, policy="a"), of=less)

    assert why == resolution(found(LOOSE, policy="b"), scan)


@pytest.mark.parametrize(
    "kind, namespace, name, why",
    [
        pytest.param("NetworkPolicy", "shop", "other", MENDED, id="another one by name"),
        pytest.param("NetworkPolicy", "shop", "", STILL_OPEN, id="one without a name"),
        pytest.param("Pod", "", "", STILL_OPEN, id="one without name and namespace"),
    ],
)
def test_an_invalid_object_is_mended_while_others_are_still_invalid(
    kind: str, namespace: str, name: str, why: str
) -> None:
    cluster = snapshot(**broken(kind, namespace, name))
    scan = judged(found(INVALID, namespace), of=cluster, rules=ALL)

    assert why == resolution(found(INVALID, policy="mended", facet="x"), scan)


@pytest.mark.parametrize(
    "now, why",
    [
        pytest.param(snapshot(), MENDED, id="nothing stands in the way any more"),
        pytest.param(replace(snapshot(), namespaces=WHY), STILL_OPEN, id="no namespaces"),
        pytest.param(replace(snapshot(), pods=WHY), STILL_OPEN, id="no pods"),
        pytest.param(snapshot(**broken("Pod", "", "")), STILL_OPEN, id="another without a name"),
    ],
)
def test_a_finding_about_the_whole_cluster_is_resolved_once_all_was_read(
    now: Snapshot, why: str
) -> None:
    homeless = found(INVALID, WHOLE_CLUSTER)

    assert why == resolution(homeless, judged(of=now, rules=ALL))


def test_a_rule_nobody_knows_rests_on_everything() -> None:
    scan = judged(found("made-up", facet="x"), of=replace(snapshot(), nodes=WHY), rules=["made-up"])

    assert STILL_OPEN == resolution(found("made-up"), scan)
