"""The other nouns: what they say of themselves, and what never shows."""

import hashlib
from dataclasses import FrozenInstanceError, replace

import pytest

from seawall.model.door import Door
from seawall.model.errors import NoEntry, Refused, SeawallError, Trouble, TryLater
from seawall.model.finding import Severity, fingerprint
from seawall.model.manifests import match_labels, namespace_named, network_policy
from seawall.model.policies import BOTH, Direction, NetworkPolicy, ObjectRef, PolicyRule, Where
from seawall.model.selector import EVERYTHING
from seawall.model.sight import Seen, Sight, Unseen, mapped, seen_or
from seawall.model.snapshot import Phase, Pod

SECRET = "s3cr3t-value"


# Doors


@pytest.mark.parametrize(
    "door, text",
    [
        pytest.param(Door("https://x"), "Door('https://x', shows nothing)", id="nothing"),
        pytest.param(Door("https://x", token=SECRET), "Door('https://x', shows token)", id="token"),
        pytest.param(
            Door("https://x", certificate=SECRET.encode(), key=SECRET.encode(), token=SECRET),
            "Door('https://x', shows certificate and token)",
            id="both",
        ),
        pytest.param(
            Door("https://x", ca=SECRET.encode(), key=SECRET.encode()),
            "Door('https://x', shows nothing)",
            id="what is no credential shown to the server",
        ),
    ],
)
def test_a_door_shows_that_it_has_credentials_and_never_which(door: Door, text: str) -> None:
    assert text == repr(door) == str(door) == f"{door!s}"
    assert SECRET not in repr([door])


# Severity, fingerprints


def test_severities_are_ranked_from_low_to_critical() -> None:
    assert ["low", "medium", "high", "critical"] == sorted(Severity, key=lambda each: each.rank)
    assert [0, 1, 2, 3] == [each.rank for each in Severity]


def test_a_fingerprint_is_the_same_in_every_run() -> None:
    expected = hashlib.sha256(b"rule\0uid\0shop\0\0ingress").hexdigest()[:32]

    assert expected == fingerprint("rule", "uid", "shop", "", "ingress")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("rule2", "uid", "shop", "", ""), id="the rule"),
        pytest.param(("rule", "uid2", "shop", "", ""), id="the cluster"),
        pytest.param(("rule", "uid", "shop2", "", ""), id="the namespace"),
        pytest.param(("rule", "uid", "shop", "NetworkPolicy shop/p", ""), id="the subject"),
        pytest.param(("rule", "uid", "shop", "", "egress"), id="the facet"),
        pytest.param(("ruleuid", "", "shop", "", ""), id="where one part ends"),
    ],
)
def test_a_fingerprint_tells_identities_apart(other: tuple[str, ...]) -> None:
    assert fingerprint("rule", "uid", "shop", "", "") != fingerprint(*other)


# Sight


@pytest.mark.parametrize(
    "sight, found, doubled",
    [
        pytest.param(Seen(2), 2, Seen(4), id="seen"),
        pytest.param(Seen(0), 0, Seen(0), id="seen, and there was none"),
        pytest.param(Unseen("403"), 7, Unseen("403"), id="not seen"),
    ],
)
def test_what_was_not_seen_stays_so_for_the_same_reason(
    sight: Sight[int], found: int, doubled: Sight[int]
) -> None:
    assert found == seen_or(sight, 7)
    assert doubled == mapped(sight, lambda value: 2 * value)


# Errors


@pytest.mark.parametrize("kind", [TryLater, NoEntry, Trouble])
def test_errors_are_told_apart_by_what_to_do_next(kind: type[SeawallError]) -> None:
    others = {TryLater, NoEntry, Trouble} - {kind}

    assert issubclass(kind, SeawallError)
    assert not any(issubclass(kind, other) for other in others)


def test_a_refusal_is_no_entry_and_knows_its_status() -> None:
    error = Refused(403, "may not list pods")

    assert isinstance(error, NoEntry)
    assert (403, "may not list pods") == (error.status, str(error))


# Objects


@pytest.mark.parametrize(
    "where, text",
    [
        pytest.param(
            Where(ObjectRef("NetworkPolicy", "shop", "p"), "spec.ingress[0]"),
            "NetworkPolicy shop/p spec.ingress[0]",
            id="a field",
        ),
        pytest.param(
            Where(ObjectRef("NetworkPolicy", "shop", "p")), "NetworkPolicy shop/p", id="an object"
        ),
        pytest.param(Where(ObjectRef("Node", "", "n1")), "Node n1", id="a cluster-scoped object"),
    ],
)
def test_a_place_is_written_for_people(where: Where, text: str) -> None:
    assert text == str(where)


def test_a_policy_keeps_the_rules_of_each_direction() -> None:
    into, out = PolicyRule(None, None), PolicyRule((), None)
    policy = NetworkPolicy("shop", "p", EVERYTHING, BOTH, ingress=(into,), egress=(out,))

    assert (into,) == policy.rules(Direction.INGRESS)
    assert (out,) == policy.rules(Direction.EGRESS)
    assert ObjectRef("NetworkPolicy", "shop", "p") == policy.ref


@pytest.mark.parametrize(
    "phase, holds",
    [
        (Phase.PENDING, True),
        (Phase.RUNNING, True),
        (Phase.UNKNOWN, True),
        (Phase.SUCCEEDED, False),
        (Phase.FAILED, False),
    ],
)
def test_a_pod_is_an_endpoint_until_it_has_completed(phase: Phase, *, holds: bool) -> None:
    pod = Pod("shop", "web", (), ObjectRef("Pod", "shop", "web"), phase=phase)

    assert holds == pod.is_endpoint
    assert "shop/web" == str(pod)


def test_values_cannot_be_changed_in_place() -> None:
    pod = Pod("shop", "web", (), ObjectRef("Pod", "shop", "web"))

    with pytest.raises(FrozenInstanceError):
        pod.name = "db"  # type: ignore[misc]
    assert "db" == replace(pod, name="db").name


# Manifests


def test_a_manifest_is_a_whole_object() -> None:
    found = network_policy("shop", "p", {"podSelector": match_labels({})})

    assert {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"podSelector": {}},
    } == found


def test_a_namespace_is_named_by_the_label_that_nobody_can_set() -> None:
    assert {"matchLabels": {"kubernetes.io/metadata.name": "shop"}} == namespace_named("shop")
