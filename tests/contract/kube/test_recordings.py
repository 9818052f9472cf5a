"""The demo server beside a real one: what v1.36.2 answered when it was recorded, asked again.

The pairs were recorded in order on one server, whose state changes between them. Writing is not
served here, so the changes are made in the store instead, from what was recorded.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from seawall.demo.access import Grant, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.asking import Answer, Asker
from seawall.demo.resources import Json
from seawall.demo.store import Store

WRITES = "writing is not served yet"
LEFT_OUT = {
    "create-namespace-shop": f"{WRITES}; the namespace is put into the store",
    "ssa-dry-run-create": WRITES,
    "ssa-create": f"{WRITES}; the policy is put into the store",
    "ssa-same-again": WRITES,
    "ssa-missing-field-manager": WRITES,
    "ssa-other-manager-conflict": WRITES,
    "ssa-other-manager-force": f"{WRITES}; the changed policy is put into the store",
    "ssa-first-manager-conflict-back": WRITES,
    "ssa-into-missing-namespace": WRITES,
    "create-already-exists": WRITES,
    "create-invalid-port": WRITES,
    "create-unknown-field-strict": WRITES,
    "create-unknown-field-warn": f"{WRITES}; the pruned policy is put into the store",
    "create-defaults-ingress-only": f"{WRITES}; the posted policy is put into the store",
    "create-defaults-with-egress": f"{WRITES}; the posted policy is put into the store",
    "create-end-port-named": WRITES,
    "create-empty-peer": WRITES,
    "create-ipblock-and-selector": WRITES,
    "put-stale-resource-version": WRITES,
    "delete-precondition-mismatch": WRITES,
    "delete-dry-run": WRITES,
    "delete": f"{WRITES}; the policy is removed from the store",
    "delete-again": WRITES,
    "crd-ssa-create": WRITES,
    "delete-namespace": WRITES,
    "ssa-into-terminating-namespace": WRITES,
    "watch-initial-events": "watch is not served: nothing of ours watches",
    "watch-too-old": "watch is not served: nothing of ours watches",
}

ADMIN = User("admin", token="admin", groups=("system:masters",))
SCANNER = User("scanner", token="scanner")
READS = ("list", "get", "watch")
BOUND = User(
    "scanner",
    (
        Grant(READS, ("",), ("pods", "namespaces", "services", "nodes")),
        Grant(READS, ("networking.k8s.io",), ("networkpolicies",)),
    ),
    "scanner",
)
TOKENS = {
    "admin (system:masters)": "admin",
    "scanner (no RBAC until bound)": "scanner",
    "unknown token": "nobody-has-this-token",
}
# The parsers differ in their words, not in their verdict.
OWN_WORDS = frozenset({"list-pods-bad-continue"})
CILIUM = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "ciliumnetworkpolicies.cilium.io"},
    "spec": {
        "group": "cilium.io",
        "scope": "Namespaced",
        "names": {"plural": "ciliumnetworkpolicies", "kind": "CiliumNetworkPolicy"},
        "versions": [{"name": "v2", "served": True}],
    },
}

Pair = dict[str, Any]
Pairs = dict[str, Pair]


class Replayed(NamedTuple):
    """One pair, and what the demo server answered in the state that the pair was recorded in."""

    pair: Pair
    answer: Answer


@pytest.fixture(scope="module")
def pairs(recordings: Path) -> Pairs:
    lines = (recordings / "apiserver-v1.36.jsonl").read_bytes().splitlines()
    return {pair["name"]: pair for pair in map(msgspec.json.decode, lines)}


@pytest.fixture(scope="module")
def replayed(pairs: Pairs) -> Iterator[dict[str, Replayed]]:
    """Everything that can be replayed, asked in order once, with the changes made in between."""
    store = Store()
    with ExitStack() as stack:
        unbound = stack.enter_context(ApiServer(store, [ADMIN, SCANNER]))
        bound = stack.enter_context(ApiServer(store, [ADMIN, BOUND]))
        server, results, token = unbound, dict[str, Replayed](), ""
        for name, pair in pairs.items():
            if name == "scanner-list-allowed":
                server = bound
            if name not in LEFT_OUT:
                answer = asked(server, pair, token)
                token = continue_of(answer) or token
                results[name] = Replayed(pair, answer)
            CHANGES.get(name, nothing)(store, pairs)
        yield results


def asked(server: ApiServer, pair: Pair, token: str) -> Answer:
    request = pair["request"]
    asker = Asker(server, TOKENS[request["user"]])
    path = request["path"]
    if "continue=" in path and "garbage" not in path:
        # A token means something to the server that made it only: ours goes back to ours.
        path = path.partition("continue=")[0] + f"continue={token}"
    return asker.send(request["method"], path, request["body"], **request["headers"])


def continue_of(answer: Answer) -> str:
    if not answer.headers["Content-Type"].startswith("application/json"):
        return ""
    return str(answer.json.get("metadata", {}).get("continue", ""))


def nothing(_store: Store, _pairs: Pairs) -> None:
    pass


def put_first_state(store: Store, pairs: Pairs) -> None:
    for name, kind in (("list-namespaces", "Namespace"), ("list-pods-all", "Pod")):
        for item in pairs[name]["response"]["body"]["items"]:
            store.put({"apiVersion": "v1", "kind": kind, **item})


def put_answered(name: str) -> Callable[[Store, Pairs], None]:
    return lambda store, pairs: store.put(pairs[name]["response"]["body"])


def put_posted(name: str) -> Callable[[Store, Pairs], None]:
    """What the client sent, so that the defaults are the demo server's own work."""

    def change(store: Store, pairs: Pairs) -> None:
        posted = pairs[name]["request"]["body"]
        store.put({**posted, "metadata": {**posted["metadata"], "namespace": "shop"}})

    return change


def remove_default_deny(store: Store, pairs: Pairs) -> None:
    store.remove(pairs["get"]["response"]["body"])


def serve_cilium(store: Store, _pairs: Pairs) -> None:
    store.put(CILIUM)


CHANGES: Mapping[str, Callable[[Store, Pairs], None]] = {
    "create-namespace-shop": put_first_state,
    "ssa-create": put_answered("ssa-create"),
    "ssa-other-manager-force": put_answered("ssa-other-manager-force"),
    "create-unknown-field-warn": put_answered("create-unknown-field-warn"),
    "create-defaults-ingress-only": put_posted("create-defaults-ingress-only"),
    "create-defaults-with-egress": put_posted("create-defaults-with-egress"),
    "delete": remove_default_deny,
    "self-subject-rules-review-bound": serve_cilium,
}


def said(body: Json, name: str) -> Json:
    """What is compared of a JSON body: all but identities, times, versions and tokens."""
    kept = {key: value for key, value in body.items() if key not in {"metadata", "items"}}
    kept["metadata"] = steady(body.get("metadata", {}))
    if "items" in body:
        kept["items"] = [{**item, "metadata": steady(item["metadata"])} for item in body["items"]]
    if name in OWN_WORDS:
        del kept["message"]
    return kept


def steady(metadata: Json) -> Json:
    fleeting = {"uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"}
    kept = {key: value for key, value in metadata.items() if key not in fleeting}
    if kept.get("continue"):
        kept["continue"] = "a token"
    return kept


COMPARED = (
    *("list-namespaces", "list-pods-all", "list-pods-limit-2", "list-pods-continue"),
    *("list-pods-bad-continue", "list-pods-label-selector", "list-pods-bad-selector"),
    *("list-pods-field-selector", "list-pods-partial-metadata", "unauthorized", "forbidden-list"),
    *("forbidden-patch", "self-subject-access-review", "self-subject-rules-review"),
    *("get-after-dry-run", "get", "list-networkpolicies", "scanner-list-allowed"),
    *("scanner-patch-forbidden", "self-subject-rules-review-bound", "crd-empty-list"),
)
TEXTS = ("readyz", "list-missing-api-group")
DOCUMENTS = ("version", "api-groups", "networking-resources")


def test_every_recording_is_replayed_or_left_out_for_a_reason(pairs: Pairs) -> None:
    accounted = [*COMPARED, *TEXTS, *DOCUMENTS, *LEFT_OUT]

    assert sorted(pairs) == sorted(accounted)


@pytest.mark.parametrize("name", [*COMPARED, *TEXTS, *DOCUMENTS])
def test_status_and_content_type_are_the_recorded_ones(
    replayed: dict[str, Replayed], name: str
) -> None:
    pair, answer = replayed[name]
    response = pair["response"]

    assert (response["status"], response["headers"]["Content-Type"]) == (
        answer.status,
        answer.headers["Content-Type"],
    )


@pytest.mark.parametrize("name", COMPARED)
def test_a_body_says_what_the_recorded_one_said(replayed: dict[str, Replayed], name: str) -> None:
    pair, answer = replayed[name]

    assert said(pair["response"]["body"], name) == said(answer.json, name)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_the_recorded_one(replayed: dict[str, Replayed], name: str) -> None:
    pair, answer = replayed[name]

    assert pair["response"]["body"] == answer.body.decode()


def test_the_version_is_the_recorded_one(replayed: dict[str, Replayed]) -> None:
    pair, answer = replayed["version"]
    recorded = pair["response"]["body"]

    for key in ("major", "minor", "gitVersion", "platform"):
        assert recorded[key] == answer.json[key]


def test_the_groups_are_the_recorded_ones_in_the_same_order(
    replayed: dict[str, Replayed],
) -> None:
    pair, answer = replayed["api-groups"]

    assert pair["response"]["body"] == answer.json


def test_the_networking_resources_are_the_recorded_ones(replayed: dict[str, Replayed]) -> None:
    pair, answer = replayed["networking-resources"]
    recorded = pair["response"]["body"]
    for resource in recorded["resources"]:
        resource.pop("storageVersionHash", None)  # changes with every storage version; unread

    assert recorded == answer.json
