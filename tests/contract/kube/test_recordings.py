"""The demo server beside a real one: what v1.36.2 answered when it was recorded, asked again.

The pairs were recorded in order on one server, whose state changes between them. They are asked in
that order of one store; what happened between the recorded requests is made up in the store. The
scanner's role was bound half-way, so two doors lead to it: before and after.
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

LEFT_OUT = {
    "watch-initial-events": "watch is not served: nothing of ours watches",
    "watch-too-old": "watch is not served: nothing of ours watches",
}
# What a client without a field manager is called by; the recordings were made with it.
RECORDER = "Python-urllib/3.11"

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
    store = Store(finalises=False)  # the recorded server ran alone, without any controller
    with ExitStack() as stack:
        unbound = stack.enter_context(ApiServer(store, [ADMIN, SCANNER]))
        bound = stack.enter_context(ApiServer(store, [ADMIN, BOUND]))
        server, results, token = unbound, dict[str, Replayed](), ""
        for name, pair in pairs.items():
            if name == "scanner-list-allowed":
                server = bound
            if name not in LEFT_OUT:
                answer = asked(server, pair, token, uids(results))
                token = continue_of(answer) or token
                results[name] = Replayed(pair, answer)
            CHANGES.get(name, nothing)(store, pairs)
        yield results


def asked(server: ApiServer, pair: Pair, token: str, uids: Mapping[str, str]) -> Answer:
    request = pair["request"]
    asker = Asker(server, TOKENS[request["user"]])
    path = request["path"]
    if "continue=" in path and "garbage" not in path:
        # A token means something to the server that made it only: ours goes back to ours.
        path = path.partition("continue=")[0] + f"continue={token}"
    body = request["body"]
    if isinstance(body, str):
        body = msgspec.json.decode(body)
    body = with_uids(body, uids)
    return asker.send(request["method"], path, body, User_Agent=RECORDER, **request["headers"])


def uids(results: Mapping[str, Replayed]) -> dict[str, str]:
    """The UIDs of the recorded server, and those of the same objects here."""
    return {
        recorded: answer.json["metadata"]["uid"]
        for pair, answer in results.values()
        if isinstance(body := pair["response"]["body"], dict)
        and (recorded := body.get("metadata", {}).get("uid"))
        and "uid" in answer.json.get("metadata", {})
    }


def with_uids(value: Any, uids: Mapping[str, str]) -> Any:  # noqa: ANN401  JSON is any
    """What is sent or told, with every known UID replaced, also within a text."""
    text = msgspec.json.encode(value).decode()
    for recorded, own in uids.items():
        text = text.replace(recorded, own)
    return msgspec.json.decode(text)


def continue_of(answer: Answer) -> str:
    if not answer.headers["Content-Type"].startswith("application/json"):
        return ""
    return str(answer.json.get("metadata", {}).get("continue", ""))


def nothing(_store: Store, _pairs: Pairs) -> None:
    pass


def put_first_state(store: Store, pairs: Pairs) -> None:
    for name, kind in (("list-namespaces", "Namespace"), ("list-pods-all", "Pod")):
        for item in pairs[name]["response"]["body"]["items"]:
            if (kind, item["metadata"]["name"]) != ("Namespace", "shop"):  # made by a request
                store.put({"apiVersion": "v1", "kind": kind, **item})


def serve_cilium(store: Store, _pairs: Pairs) -> None:
    store.put(CILIUM)


CHANGES: Mapping[str, Callable[[Store, Pairs], None]] = {
    "create-namespace-shop": put_first_state,
    "self-subject-rules-review-bound": serve_cilium,
}


def said(body: Json, name: str) -> Json:
    """What is compared of a JSON body: all but identities, times, versions and tokens."""
    kept = {key: value for key, value in body.items() if key not in {"metadata", "items"}}
    kept["metadata"] = steady(body.get("metadata", {}), name)
    if "items" in body:
        kept["items"] = [
            {**item, "metadata": steady(item["metadata"], name)} for item in body["items"]
        ]
    if name in OWN_WORDS:
        del kept["message"]
    return kept


def steady(metadata: Json, name: str) -> Json:
    fleeting = {"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp"}
    kept = {key: value for key, value in metadata.items() if key not in fleeting}
    if kept.get("continue"):
        kept["continue"] = "a token"
    if "managedFields" in kept:
        kept["managedFields"] = [
            {key: value for key, value in entry.items() if key != "time"}
            for entry in kept["managedFields"]
        ]
    if name in NOBODY_OWNS:
        kept.pop("managedFields", None)
    return kept


# Reviews are not stored, so that nobody ever asks who owns their fields.
NOBODY_OWNS = frozenset({"self-subject-access-review"})
COMPARED = (
    *("create-namespace-shop", "list-namespaces", "list-pods-all", "list-pods-limit-2"),
    *("list-pods-continue", "list-pods-bad-continue", "list-pods-label-selector"),
    *("list-pods-bad-selector", "list-pods-field-selector", "list-pods-partial-metadata"),
    *("unauthorized", "forbidden-list", "forbidden-patch", "self-subject-access-review"),
    *("self-subject-rules-review", "ssa-dry-run-create", "get-after-dry-run", "ssa-create"),
    *("ssa-same-again", "ssa-missing-field-manager", "ssa-other-manager-conflict"),
    *("ssa-other-manager-force", "ssa-first-manager-conflict-back", "ssa-into-missing-namespace"),
    *("create-already-exists", "create-invalid-port", "create-unknown-field-strict"),
    *("create-unknown-field-warn", "create-defaults-ingress-only", "create-defaults-with-egress"),
    *("create-end-port-named", "create-empty-peer", "create-ipblock-and-selector", "get"),
    *("put-stale-resource-version", "delete-precondition-mismatch", "delete-dry-run", "delete"),
    *("delete-again", "list-networkpolicies", "scanner-list-allowed", "scanner-patch-forbidden"),
    *("self-subject-rules-review-bound", "crd-empty-list", "crd-ssa-create", "delete-namespace"),
    "ssa-into-terminating-namespace",
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
    recorded = with_uids(pair["response"]["body"], uids(replayed))

    assert said(recorded, name) == said(answer.json, name)


@pytest.mark.parametrize("name", COMPARED)
def test_a_warning_is_the_recorded_one(replayed: dict[str, Replayed], name: str) -> None:
    pair, answer = replayed[name]

    assert pair["response"]["headers"].get("Warning") == answer.headers.get("Warning")


@pytest.mark.parametrize(
    "before, after, moved",
    [
        pytest.param("ssa-create", "ssa-same-again", False, id="the same again changes nothing"),
        pytest.param("ssa-same-again", "ssa-other-manager-force", True, id="a change is a version"),
        pytest.param("ssa-other-manager-force", "get", False, id="a conflict changes nothing"),
    ],
)
def test_the_version_moves_when_the_recorded_one_did(
    replayed: dict[str, Replayed],
    before: str,
    after: str,
    moved: bool,  # noqa: FBT001  the case's expectation
) -> None:
    for bodies in (
        [replayed[name].pair["response"]["body"] for name in (before, after)],
        [replayed[name].answer.json for name in (before, after)],
    ):
        versions = {body["metadata"]["resourceVersion"] for body in bodies}
        assert moved is (len(versions) == 2)


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
