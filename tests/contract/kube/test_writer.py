"""Our own Writer against the demo server, with no more rights than it asks for."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest

from seawall.connect.writer import Writer, open_writer
from seawall.demo.access import WRITER_GRANTS, Grant, User
from seawall.demo.apiserver import ApiServer
from seawall.demo.asking import Asker
from seawall.demo.store import Store
from seawall.model.door import Door
from seawall.model.errors import Refused

PATH = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/seawall-deny"
APPLY = {"Content_Type": "application/apply-patch+yaml"}


def policy(*types: str) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "seawall-deny", "labels": {"made-by": "seawall"}},
        "spec": {"podSelector": {}, "policyTypes": list(types)},
    }


def made(answer: bytes) -> tuple[str, str]:
    """The UID and the version of what was stored."""
    metadata = json.loads(answer)["metadata"]
    return metadata["uid"], metadata["resourceVersion"]


def text(*types: str) -> bytes:
    return json.dumps(policy(*types)).encode()


@pytest.fixture
def server() -> Iterator[ApiServer]:
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    admin = User("admin", token="admin", groups=("system:masters",))
    writer = User("writer", WRITER_GRANTS, "writer")
    patcher = User("patcher", (Grant(("patch",), ("*",), ("networkpolicies",)),), "may-patch")
    with ApiServer(Store([shop]), [admin, writer, patcher]) as running:
        yield running


@pytest.fixture
def door(server: ApiServer) -> Door:
    return Door(server.url, server.certificates.ca_pem, token="writer")


@pytest.fixture
def writer(door: Door) -> Iterator[Writer]:
    with open_writer(door) as opened:
        yield opened


@pytest.fixture
def admin(server: ApiServer) -> Asker:
    return Asker(server, "admin")


def test_an_applied_policy_is_there_and_belongs_to_seawall(writer: Writer, admin: Asker) -> None:
    answered = json.loads(writer.apply(PATH, text("Ingress"), dry_run=False))

    stored = admin.get(PATH).json
    assert answered == stored
    (entry,) = stored["metadata"]["managedFields"]
    assert ("seawall", "Apply") == (entry["manager"], entry["operation"])


def test_applying_again_changes_nothing(writer: Writer) -> None:
    first = writer.apply(PATH, text("Ingress"), dry_run=False)

    assert first == writer.apply(PATH, text("Ingress"), dry_run=False)


def test_a_dry_run_is_judged_and_not_stored(writer: Writer, admin: Asker) -> None:
    answered = json.loads(writer.apply(PATH, text("Ingress"), dry_run=True))

    assert ["Ingress"] == answered["spec"]["policyTypes"]
    assert 404 == admin.get(PATH).status


def test_a_field_of_another_manager_is_never_taken(writer: Writer, admin: Asker) -> None:
    admin.send("PATCH", f"{PATH}?fieldManager=argocd", policy("Egress"), **APPLY)
    before = admin.get(PATH).json

    with pytest.raises(Refused, match=r'conflict with "argocd": \.spec\.policyTypes') as caught:
        writer.apply(PATH, text("Ingress"), dry_run=False)

    assert 409 == caught.value.status
    assert before == admin.get(PATH).json


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "for real"])
def test_a_deletion_meets_the_object_that_was_looked_at(
    writer: Writer,
    admin: Asker,
    dry_run: bool,  # noqa: FBT001  the case's input
) -> None:
    uid, version = made(writer.apply(PATH, text("Ingress"), dry_run=False))

    writer.delete(PATH, uid, version, dry_run=dry_run)

    assert (200 if dry_run else 404) == admin.get(PATH).status


def test_a_namesake_is_not_deleted(writer: Writer, admin: Asker) -> None:
    uid, version = made(writer.apply(PATH, text("Ingress"), dry_run=False))
    admin.send("DELETE", PATH, None)
    writer.apply(PATH, text("Ingress"), dry_run=False)

    with pytest.raises(Refused, match="does not match the UID in record") as caught:
        writer.delete(PATH, uid, version, dry_run=False)

    assert 409 == caught.value.status
    assert 200 == admin.get(PATH).status


def test_what_was_changed_since_it_was_looked_at_is_not_deleted(
    writer: Writer, admin: Asker
) -> None:
    uid, version = made(writer.apply(PATH, text("Ingress"), dry_run=False))
    kind = {"Content_Type": "application/merge-patch+json"}
    admin.send(
        "PATCH", f"{PATH}?fieldManager=kubectl", {"metadata": {"labels": {"a": "b"}}}, **kind
    )

    with pytest.raises(Refused, match="does not match the ResourceVersion in record") as caught:
        writer.delete(PATH, uid, version, dry_run=False)

    assert 409 == caught.value.status
    assert 200 == admin.get(PATH).status


def test_making_something_new_needs_leave_to_create(door: Door, admin: Asker) -> None:
    may_patch = dataclasses.replace(door, token="may-patch")

    with open_writer(may_patch) as patcher:
        with pytest.raises(Refused, match='"patcher" cannot create resource') as caught:
            patcher.apply(PATH, text("Ingress"), dry_run=False)
        admin.send("PATCH", f"{PATH}?fieldManager=seawall", policy("Ingress"), **APPLY)
        patcher.apply(PATH, text("Ingress"), dry_run=False)

    assert 403 == caught.value.status


def test_a_namespace_on_its_way_out_takes_nothing() -> None:
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    admin = User("admin", token="admin", groups=("system:masters",))
    users = [User("writer", WRITER_GRANTS, "writer"), admin]
    with ApiServer(Store([shop], finalises=False), users) as server:
        Asker(server, "admin").send("DELETE", "/api/v1/namespaces/shop", None)
        there = Door(server.url, server.certificates.ca_pem, token="writer")
        with open_writer(there) as writer, pytest.raises(Refused) as caught:
            writer.apply(PATH, text("Ingress"), dry_run=False)

    assert 403 == caught.value.status
    assert "because it is being terminated" in str(caught.value)
