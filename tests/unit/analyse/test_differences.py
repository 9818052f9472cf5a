import pytest
from tests.unit.analyse.hand_made import cluster, host, pod, policy

from seawall.analyse.differences import closed, opened
from seawall.analyse.isolation import analyse, with_policy
from seawall.analyse.paths import paths
from seawall.judge.fixes import meaning, means
from seawall.model.errors import Trouble
from seawall.model.manifests import network_policy
from seawall.model.sight import Unseen

CLOSED = policy("a/closed", "{podSelector: {}, policyTypes: [Ingress]}")
NEAR = policy("a/near", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}")


def test_between_the_same_policies_nothing_changes() -> None:
    isolation = analyse(cluster(pod("a/x", "10.0.0.1"), pod("b/y", "10.0.0.2"), NEAR))

    assert ((), ()) == (closed(isolation, isolation, "a"), opened(isolation, isolation, "a"))


def test_addresses_that_are_not_all_are_told_as_blocks() -> None:
    found = (pod("a/x", "10.0.0.1"), host("b/h", "10.9.0.1"))
    before, after = analyse(cluster(*found, NEAR)), analyse(cluster(*found, NEAR, CLOSED))
    without = analyse(cluster(*found, CLOSED))

    assert () == closed(before, after, "a")  # policies are additive
    with pytest.raises(Trouble, match="different pods"):  # one looks at a block, the other at none
        closed(before, without, "a")


def test_what_one_family_has_and_the_other_has_not_is_told_by_family() -> None:
    found = (pod("a/x", "10.0.0.1 fd00::1"), host("b/h", "10.9.0.1"))
    four = policy("a/in", "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}")
    none = policy(
        "a/in",
        "{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{ipBlock: {cidr: "
        "10.0.0.0/8}}], ports: [{port: 80}]}]}",
    )
    before, after = analyse(cluster(*found, four)), analyse(cluster(*found, none))
    told = paths(before.table, closed(before, after, "a"), "a")
    ports = "TCP 1-79, TCP 81-65535, UDP, SCTP, other protocols"

    assert {("10.0.0.0/8", ports), ("any other node", ports)} <= {
        (path.source, path.ports) for path in told
    }


def test_where_no_policy_was_seen_one_more_tells_nothing() -> None:
    isolation = analyse(cluster(pod("a/x"), network_policies=Unseen("not allowed")))

    assert isolation is with_policy(isolation, CLOSED)


def test_a_policy_of_a_namespace_nobody_heard_of_is_analysed_like_any_other() -> None:
    isolation = with_policy(analyse(cluster(pod("b/y"))), CLOSED)

    assert ("a", "b") == tuple(namespace.name for namespace in isolation.table.judged)


def test_a_manifest_that_no_api_server_takes_has_no_meaning() -> None:
    bad = network_policy("a", "x", {"podSelector": 7})

    with pytest.raises(Trouble, match="NetworkPolicy a/x cannot be applied: "):
        meaning(bad)


def test_two_texts_of_one_policy_mean_the_same() -> None:
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}

    assert means(CLOSED, network_policy("a", "closed", spec))
    assert means(CLOSED, network_policy("a", "closed", {**spec, "ingress": []}))
    assert not means(NEAR, network_policy("a", "near", spec))
