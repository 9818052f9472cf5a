import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seawall.collect import manifests, saved
from seawall.collect.manifests import STDIN
from seawall.model.errors import Trouble
from seawall.model.policies import ObjectRef
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Namespace, Origin, Pod, Snapshot

NOW = datetime(2026, 1, 31, tzinfo=UTC)
POLICY = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c}]}\n"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {a: b}}\n"
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    "spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c}]}}}\n"
)

Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def made(**files: str) -> Path:
        root = tmp_path / "fleet"
        for name, text in files.items():
            path = root / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        root.mkdir(exist_ok=True)
        return root

    return made


def read(*paths: Path, stdin: str = "") -> Snapshot:
    return manifests.read(paths, now=NOW, stdin=stdin.encode())


def of(text: str) -> Snapshot:
    return read(STDIN, stdin=text)


def pods(snapshot: Snapshot) -> tuple[Pod, ...]:
    assert isinstance(snapshot.pods, Seen)
    return snapshot.pods.value


def namespaces(snapshot: Snapshot) -> tuple[Namespace, ...]:
    assert isinstance(snapshot.namespaces, Seen)
    return snapshot.namespaces.value


def test_a_folder_is_read_with_all_its_folders_and_kinds_of_files(folder: Folder) -> None:
    root = folder(
        a_yaml=NAMESPACE,
        deep__er__b_yml=f"{POD}---\n{POLICY}",
        c_JSON='{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"s"}}',
        d_txt="kind: [broken",
        _hidden__e_yaml="kind: [broken",
    )

    found = read(root)

    assert (Origin.MANIFESTS, "fleet", NOW) == (found.origin, found.key, found.taken_at)
    assert ["default/web"] == [str(pod) for pod in pods(found)]
    assert isinstance(found.network_policies, Seen)
    assert [f"{root}/deep/er/b.yml:6"] == [each.origin for each in found.network_policies.value]
    assert (("v1/ConfigMap", 1),) == found.counted
    assert () == found.notes


@pytest.mark.parametrize(
    "paths, key",
    [
        pytest.param(["fleet"], "fleet", id="a folder"),
        pytest.param(["fleet/a.yaml"], "a.yaml", id="a file"),
        pytest.param(["fleet/..", "-"], "{tmp}+stdin", id="two, one by its real name"),
    ],
)
def test_a_snapshot_is_named_by_what_was_read(
    folder: Folder, tmp_path: Path, paths: list[str], key: str
) -> None:
    folder(a_yaml=POLICY)

    found = read(*(STDIN if path == "-" else tmp_path / path for path in paths))

    assert key.format(tmp=tmp_path.name) == found.key


def test_standard_input_is_read_and_named_so() -> None:
    found = of(POLICY)

    assert isinstance(found.network_policies, Seen)
    assert ("stdin", ["stdin:1"]) == (
        found.key,
        [policy.origin for policy in found.network_policies.value],
    )


def test_manifests_do_not_tell_the_cluster_or_its_nodes() -> None:
    found = of(POLICY)

    assert Unseen("manifests have no cluster UID") == found.uid
    assert Unseen("no Node objects in the manifests") == found.nodes
    assert Seen(()) == found.unmodelled


def test_a_dump_tells_both() -> None:
    found = of(
        "apiVersion: v1\nkind: List\nitems:\n"
        "- {apiVersion: v1, kind: Namespace, metadata: {name: kube-system, uid: abc}}\n"
        "- {apiVersion: v1, kind: Node, metadata: {name: n}, spec: {providerID: 'aws:///x'}}\n"
    )

    assert Seen("abc") == found.uid
    assert isinstance(found.nodes, Seen)
    assert ["aws"] == [node.provider for node in found.nodes.value]


def test_a_namespace_that_is_not_there_is_assumed_and_told() -> None:
    found = of(f"{NAMESPACE}---\n{POLICY}---\n{DEPLOYMENT}")

    name = "kubernetes.io/metadata.name"
    expected = (
        Namespace("default", (("a", "b"), (name, "default"))),
        Namespace("shop", ((name, "shop"),), assumed=True),
    )
    assert expected == namespaces(found)
    (note,) = found.notes
    assert "namespace shop" in note


@pytest.mark.parametrize(
    "text, problem",
    [
        pytest.param(
            POLICY.replace("networking.k8s.io/v1", "extensions/v1beta1"),
            'apiVersion: Invalid value: "extensions/v1beta1"',
            id="a version that is gone",
        ),
        pytest.param(
            POLICY.partition("\n")[2], 'apiVersion: Invalid value: ""', id="no apiVersion"
        ),
        pytest.param(
            POLICY.replace("name: deny", 'name: "a\\e[31m"'),
            'metadata.name: Invalid value: "a\\u001b[31m"',
            id="an escape code as name",
        ),
        pytest.param(
            POLICY.replace("name: deny", "name: on"),
            "metadata.name: Invalid type: must be a string, not a boolean",
            id="a boolean as name",
        ),
        pytest.param(
            DEPLOYMENT.replace("apps/v1", "v1"), 'apiVersion: Invalid value: "v1"', id="Deployment"
        ),
        pytest.param(
            POD.replace("name: web", 'name: "{{ .Release.Name }}"'),
            'metadata.name: Invalid value: "{{ .Release.Name }}"',
            id="a template that happens to be YAML",
        ),
        pytest.param(
            POD.replace("[{name: c}]", "[]"), "spec.containers: Required value", id="no container"
        ),
    ],
)
def test_what_no_api_server_would_take_is_broken_not_lost(text: str, problem: str) -> None:
    (broken,) = of(text).broken

    assert broken.problems[0].startswith(problem)
    assert broken.origin == "stdin:1"


def test_a_broken_node_leaves_all_nodes_unseen_and_no_namespace_in_doubt() -> None:
    found = of(f"{POLICY}---\napiVersion: v1\nkind: Node\nmetadata: {{name: 7}}\n")

    assert isinstance(found.nodes, Unseen)
    assert () == found.broken


@pytest.mark.parametrize(
    "text, refs",
    [
        pytest.param(
            "apiVersion: k8s.ovn.org/v1\nkind: EgressFirewall\nmetadata: {name: c}\n",
            [ObjectRef("EgressFirewall", "default", "c")],
            id="in a namespace",
        ),
        pytest.param(
            "apiVersion: k8s.ovn.org/v1\nkind: ClusterUserDefinedNetwork\nmetadata: {name: a}\n",
            [ObjectRef("ClusterUserDefinedNetwork", "", "a")],
            id="of the cluster",
        ),
        pytest.param(
            "apiVersion: policy.networking.k8s.io/v1beta9\nkind: AdminNetworkPolicy\n"
            "metadata: {name: a}\n",
            [ObjectRef("AdminNetworkPolicy", "", "a")],
            id="of a version that is not modelled",
        ),
    ],
)
def test_policies_of_kinds_that_are_not_modelled_are_kept(text: str, refs: list[ObjectRef]) -> None:
    found = of(text)

    assert isinstance(found.unmodelled, Seen)
    (kind,) = found.unmodelled.value
    assert isinstance(kind.objects, Seen)
    assert refs == [each.ref for each in kind.objects.value]


def test_policies_of_other_dialects_are_read_as_what_they_are() -> None:
    calico = "apiVersion: projectcalico.org/v3\nkind: {}\nmetadata: {{name: {}}}\n"
    cilium = (
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: c}\n"
        "spec: {endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}\n"
    )
    admin = (
        "apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\n"
        "metadata: {name: a}\nspec: {priority: 1, subject: {namespaces: {}}}\n"
    )

    found = of(
        "---\n".join(
            [cilium, admin, calico.format("NetworkPolicy", "n"), calico.format("Tier", "t")]
        )
    )

    assert [ObjectRef("CiliumNetworkPolicy", "default", "c")] == [
        each.ref for each in found.dialects.cilium
    ]
    assert [ObjectRef("AdminNetworkPolicy", "", "a")] == [each.ref for each in found.dialects.admin]
    assert [ObjectRef("CalicoNetworkPolicy", "default", "n"), ObjectRef("Tier", "", "t")] == [
        each.ref for each in found.dialects.calico
    ]
    assert (Seen(()), ()) == (found.unmodelled, found.broken)


def test_kinds_without_a_part_in_any_verdict_are_counted() -> None:
    text = "apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nmetadata: {name: j}\n"

    found = of("---\n".join([POLICY, text, text.replace("name: j", "name: k")]))

    assert (("batch.volcano.sh/v1alpha1/Job", 2),) == found.counted
    assert () == pods(found)


def test_the_same_object_twice_is_kept_once_and_told() -> None:
    found = of(f"{POLICY}---\n{POLICY}---\n{NAMESPACE}")

    assert isinstance(found.network_policies, Seen)
    assert 1 == len(found.network_policies.value)
    assert ("objects met once more, always the same: 1",) == found.notes


def test_two_versions_of_an_object_are_trouble(folder: Folder) -> None:
    changed = f"{POLICY}spec: {{policyTypes: [Egress]}}\n"

    with pytest.raises(Trouble) as caught:
        read(folder(base_yaml=POLICY, overlay__prod_yaml=changed))

    said = str(caught.value)
    assert "NetworkPolicy default/deny: " in said
    assert "fleet/base.yaml:1 and " in said
    assert "fleet/overlay/prod.yaml:1" in said


def test_objects_with_made_up_names_are_never_the_same() -> None:
    text = POLICY.replace("name: deny", "generateName: deny-")

    found = of(f"{text}---\n{text}")

    assert isinstance(found.network_policies, Seen)
    assert ["deny-*"] * 2 == [policy.name for policy in found.network_policies.value]


def test_every_fault_of_every_file_is_told_at_once(folder: Folder) -> None:
    root = folder(a_yaml="a: [", b_yaml=POLICY, c_json="{", d_yaml="a: 1\na: 1\n")
    (root / "e.yaml").write_bytes(b"kind: A\nname: \xff\n")

    with pytest.raises(Trouble) as caught:
        read(root)

    lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
    places = [line.split(": ")[0].rpartition("/")[2] for line in lines]
    assert ["a.yaml:1", "c.json:1", "d.yaml:2", "e.yaml:2"] == places


def test_a_long_list_of_faults_is_cut_and_counted(folder: Folder) -> None:
    root = folder(**{f"f{number}_yaml": "a: [" for number in range(25)})

    with pytest.raises(Trouble, match="and 5 more"):
        read(root)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"notes_txt": POLICY}, id="no manifest"),
        pytest.param({"a_yaml": "# only a comment\n"}, id="an empty file"),
        pytest.param({"values_yaml": "replicas: 3\n"}, id="no object"),
        pytest.param({"a_yaml": "apiVersion: v1\nkind: List\nitems: []\n"}, id="an empty list"),
        pytest.param(
            {"a_yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"}, id="no matter"
        ),
    ],
)
def test_a_folder_with_nothing_to_judge_is_trouble_and_not_clean(
    folder: Folder, files: dict[str, str]
) -> None:
    with pytest.raises(Trouble, match="no namespace, workload, pod or policy in here"):
        read(folder(**files))


def test_a_path_that_is_not_there_is_trouble(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no such file or folder"):
        read(tmp_path / "nowhere")


def test_a_broken_link_in_a_folder_is_trouble(folder: Folder) -> None:
    root = folder(a_yaml=POLICY)
    (root / "b.yaml").symlink_to(root / "nowhere.yaml")

    with pytest.raises(Trouble, match=r"b\.yaml: no such file or folder"):
        read(root)


def test_a_link_to_a_folder_is_told_and_not_followed(folder: Folder) -> None:
    root = folder(a_yaml=POLICY)
    (root / "again").symlink_to(root, target_is_directory=True)

    found = read(root)

    assert f"{root}/again is a link to a folder and was not followed" in found.notes


def test_a_link_to_a_file_is_read_as_config_maps_are_mounted(folder: Folder) -> None:
    root = folder(_data__a_yaml=POLICY)
    (root / "a.yaml").symlink_to(root / ".data/a.yaml")

    found = read(root)

    assert isinstance(found.network_policies, Seen)
    assert 1 == len(found.network_policies.value)


def test_a_pipe_in_a_folder_is_left_alone(folder: Folder) -> None:
    root = folder(a_yaml=POLICY)
    os.mkfifo(root / "b.yaml")

    assert "fleet" == read(root).key


def test_what_is_not_judged_or_not_sure_is_noted(folder: Folder) -> None:
    root = folder(
        a_yaml=f"{NAMESPACE}---\n{POLICY.replace('deny', 'y')}",
        kustomization_yaml="resources: [a.yaml]\n",
        values_yaml="a: 1\n",
    )

    rendered, doubtful, skipped = read(root).notes

    assert "kustomization.yaml was not rendered" in rendered
    assert "1 times a plain y or n was read as a string" in doubtful
    assert f"(first {root}/a.yaml:7)" in doubtful
    assert "documents skipped, as they are no Kubernetes objects: 2" == skipped


def test_many_assumed_namespaces_are_cut_and_counted() -> None:
    text = "---\n".join(DEPLOYMENT.replace("shop", f"shop{number}") for number in range(25))

    (note,) = of(text).notes

    assert "and 5 more" in note


@pytest.mark.parametrize("name", ["kept.seawall", "kept", "kept.yaml"])
def test_a_saved_snapshot_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    snapshot = of(POLICY)
    path = tmp_path / name
    path.write_bytes(saved.save(snapshot))

    assert snapshot == read(path)
    assert snapshot == manifests.read([STDIN], now=NOW, stdin=path.read_bytes())


def test_a_saved_snapshot_among_manifests_is_trouble(folder: Folder, tmp_path: Path) -> None:
    path = tmp_path / "kept.seawall"
    saved.write_snapshot(path, of(POLICY))

    with pytest.raises(Trouble, match="alone"):
        read(folder(a_yaml=POLICY), path)
