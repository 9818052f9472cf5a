"""What other accounts and clusters are asked to grant is what the tests were run with."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from seawall.collect.plane import KEPT_KEYS
from seawall.demo.access import READER_GRANTS, WRITER_GRANTS, Grant
from seawall.remediate.apply import PLAN_ANNOTATION

Json = dict[str, Any]


@pytest.fixture(scope="session")
def folder(checkout: Path) -> Path:
    return checkout / "infra" / "kubernetes"


def _objects(path: Path) -> dict[str, Json]:
    return {each["kind"]: each for each in yaml.safe_load_all(path.read_text())}


def _rights(rules: Iterable[Json]) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def _granted(grants: Iterable[Grant]) -> Iterator[Json]:
    for grant in grants:
        yield {"apiGroups": grant.groups, "resources": grant.resources, "verbs": grant.verbs}


def test_the_reader_is_the_reader_of_the_tests_but_for_watching(folder: Path) -> None:
    role = _objects(folder / "reader.yaml")["ClusterRole"]
    everywhere = (grant for grant in READER_GRANTS if not grant.namespaces)
    tested = {each for each in _rights(_granted(everywhere)) if each[2] != "watch"}

    assert tested == _rights(role["rules"])


def test_the_reader_gets_two_config_maps_by_name_and_lists_none(folder: Path) -> None:
    objects = _objects(folder / "reader.yaml")
    [tested] = (grant for grant in READER_GRANTS if grant.namespaces)
    [rule] = objects["Role"]["rules"]

    assert {"configmaps"} == set(rule["resources"]) == set(tested.resources)
    assert set(KEPT_KEYS) == set(rule["resourceNames"]) == set(tested.names)
    assert ["get"] == rule["verbs"] == list(tested.verbs)
    assert ("kube-system",) == tested.namespaces
    assert "kube-system" == objects["Role"]["metadata"]["namespace"]
    assert objects["RoleBinding"]["roleRef"]["name"] == objects["Role"]["metadata"]["name"]
    assert objects["RoleBinding"]["subjects"] == objects["ClusterRoleBinding"]["subjects"]


def test_the_reader_sees_no_secret_and_runs_nothing(folder: Path) -> None:
    rights = _rights(_objects(folder / "reader.yaml")["ClusterRole"]["rules"])
    resources = {resource for group, resource, _ in rights if group == ""}

    assert set() == resources & {"*", "secrets", "configmaps", "pods/exec", "pods/log"}
    assert {"get", "list"} == {verb for _, _, verb in rights}


def test_the_writer_is_the_writer_of_the_tests(folder: Path) -> None:
    role = _objects(folder / "writer.yaml")["ClusterRole"]

    assert _rights(_granted(WRITER_GRANTS)) == _rights(role["rules"])


@pytest.mark.parametrize(
    "name, kind, group",
    [
        pytest.param("reader.yaml", "ClusterRoleBinding", "seawall:readers", id="who reads"),
        pytest.param("writer.yaml", "RoleBinding", "seawall:writers", id="who writes"),
    ],
)
def test_a_role_is_bound_to_the_group_that_the_guide_names(
    checkout: Path, folder: Path, name: str, kind: str, group: str
) -> None:
    objects = _objects(folder / name)
    binding = objects[kind]

    assert [group] == [each["name"] for each in binding["subjects"]]
    assert objects["ClusterRole"]["metadata"]["name"] == binding["roleRef"]["name"]
    assert group in (checkout / "docs" / "deploy" / "aws.md").read_text()


def test_the_writer_is_held_to_what_carries_the_id_of_a_plan(folder: Path) -> None:
    policy = _objects(folder / "admission.yaml")["ValidatingAdmissionPolicy"]["spec"]
    expressions = [each["expression"] for each in policy["validations"]]

    assert all(f"'{PLAN_ANNOTATION}'" in each for each in expressions)
    assert {"CREATE", "UPDATE", "DELETE"} == set(
        policy["matchConstraints"]["resourceRules"][0]["operations"]
    )
