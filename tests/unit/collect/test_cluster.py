from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from seawall.collect.cluster import namesakes, read_cluster, sight_of_cluster
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.fleet import NAMES, definition
from seawall.demo.memory_api import MemoryApi
from seawall.demo.store import Store
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.dialects import NO_DIALECTS
from seawall.model.enforcement import PlaneFacts
from seawall.model.errors import NoEntry, Refused, SeawallError, Trouble, TryLater
from seawall.model.policies import BOTH, ObjectRef, Stage, UnmodelledKind
from seawall.model.sight import Seen, Unseen
from seawall.model.snapshot import Origin, Snapshot

KEY = ClusterKey("k")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCANNER = User("scanner", READER_GRANTS, "t")

NAMESPACES = "/api/v1/namespaces"
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
PODS = "/api/v1/pods"
NODES = "/api/v1/nodes"
POLICIES = "/apis/networking.k8s.io/v1/networkpolicies"
AGENTS = "/apis/apps/v1/daemonsets"
SERVICES = "/api/v1/services"
INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
EVERYTHING = (
    *(NAMESPACES, KUBE_SYSTEM, PODS, NODES, POLICIES, "/apis", AGENTS, "/version"),
    *(SERVICES, INGRESSES),
)

SIGHTS = ("namespaces", "pods", "nodes", "network_policies", "unmodelled", "uid", "data_plane")

Json = dict[str, Any]


def obj(api_version: str, kind: str, name: str, namespace: str = "", **members: object) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **members}


def crd(group: str, kind: str, *versions: str, plural: str = "", namespaced: bool = True) -> Json:
    plural = plural or f"{kind.lower().removesuffix('y')}ies"
    return obj(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        f"{plural}.{group}",
        spec={
            "group": group,
            "scope": "Namespaced" if namespaced else "Cluster",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [
                {"name": v, "served": True, "storage": n == 0} for n, v in enumerate(versions)
            ],
        },
    )


BASE = (
    obj("v1", "Namespace", "kube-system"),
    obj("v1", "Namespace", "shop"),
    obj("v1", "Node", "node-1", spec={"providerID": "aws:///eu-west-1a/i-1"}),
    obj("v1", "Pod", "web", "shop", spec={"containers": [{"name": "c", "image": "i"}]}),
    obj("networking.k8s.io/v1", "NetworkPolicy", "deny", "shop", spec={"podSelector": {}}),
)


def api_of(*more: Json) -> MemoryApi:
    return MemoryApi(Store([*BASE, *more]), SCANNER)


def read(api: MemoryApi) -> Snapshot:
    return read_cluster(api, KEY, now=NOW)


def unmodelled(api: MemoryApi) -> dict[str, UnmodelledKind]:
    sight = read(api).unmodelled
    assert isinstance(sight, Seen)
    return {f"{kind.resource}.{kind.group}": kind for kind in sight.value}


def test_a_cluster_is_read_into_a_snapshot() -> None:
    snapshot = read(api_of())

    assert (KEY, NOW, Origin.CLUSTER) == (snapshot.key, snapshot.taken_at, snapshot.origin)
    assert ["kube-system", "shop"] == _names(snapshot.namespaces)
    assert ["web"] == _names(snapshot.pods)
    assert ["node-1"] == _names(snapshot.nodes)
    assert ["deny"] == _names(snapshot.network_policies)
    assert Seen(()) == snapshot.unmodelled
    assert isinstance(snapshot.uid, Seen)


def _names(sight: Seen[Any] | Unseen) -> list[str]:
    assert isinstance(sight, Seen)
    return [each.name for each in sight.value]


def test_nine_questions_are_enough_for_a_plain_cluster() -> None:
    api = api_of()
    read(api)

    policies = [NAMESPACES, PODS, POLICIES, NODES, "/apis", AGENTS, "/version"]
    assert [*policies, SERVICES, INGRESSES] == api.asked


@pytest.mark.parametrize(
    "path, field",
    [
        pytest.param(NAMESPACES, "namespaces", id="namespaces"),
        pytest.param(PODS, "pods", id="pods"),
        pytest.param(NODES, "nodes", id="nodes"),
        pytest.param(POLICIES, "network_policies", id="policies"),
        pytest.param("/apis", "unmodelled", id="groups"),
        pytest.param(AGENTS, "data_plane", id="agents"),
    ],
)
def test_a_list_that_is_refused_is_unseen_and_the_others_go_on(path: str, field: str) -> None:
    api = api_of()
    api.instead[path] = Refused(403, "not allowed")

    snapshot = read(api)

    assert Unseen("not allowed") == getattr(snapshot, field)
    assert {field} == {name for name in SIGHTS if isinstance(getattr(snapshot, name), Unseen)}


def test_the_identity_is_asked_for_by_name_where_namespaces_are_not_listed() -> None:
    api, honest = api_of(), read(api_of())
    api.instead[NAMESPACES] = Refused(403, "not allowed")

    assert honest.uid == read(api).uid
    assert KUBE_SYSTEM in api.asked


def test_a_cluster_without_an_identity_has_none() -> None:
    api = api_of()
    api.instead[NAMESPACES] = (
        b'{"kind":"NamespaceList","metadata":{},"items":[{"metadata":{"name":"kube-system"}}]}'
    )

    assert isinstance(read(api).uid, Unseen)


@pytest.mark.parametrize(
    "items",
    [
        pytest.param(b"", id="no namespace at all"),
        pytest.param(b'{"metadata":{"name":"shop","uid":"1"}}', id="one that a filter let through"),
    ],
)
def test_a_list_of_namespaces_without_kube_system_is_no_whole(items: bytes) -> None:
    api, honest = api_of(), read(api_of())
    api.instead[NAMESPACES] = b'{"kind":"NamespaceList","metadata":{},"items":[%s]}' % items
    found = read(api)

    assert isinstance(found.namespaces, Unseen)
    assert "lacks kube-system" in found.namespaces.why
    assert honest.uid == found.uid


def test_a_broken_node_hides_the_nodes_and_no_namespace() -> None:
    api = api_of()
    api.instead[NODES] = b'{"kind":"NodeList","metadata":{},"items":[{"metadata":{"name":7}}]}'

    snapshot = read(api)

    assert isinstance(snapshot.nodes, Unseen)
    assert () == snapshot.broken


def test_broken_objects_are_kept_beside_the_others() -> None:
    invalid = obj("networking.k8s.io/v1", "NetworkPolicy", "bad", "shop", spec={"podSelector": 7})
    snapshot = read(api_of(invalid))

    assert ["deny"] == _names(snapshot.network_policies)
    assert [ObjectRef("NetworkPolicy", "shop", "bad")] == [each.ref for each in snapshot.broken]


def test_policies_of_every_served_version_are_found() -> None:
    admin = "policy.networking.k8s.io"
    subject: Json = {"namespaces": {}}
    older = {"priority": 1, "subject": subject}
    newer = {"tier": "Admin", "priority": 2, "subject": subject}
    api = api_of(
        crd(admin, "ClusterNetworkPolicy", "v1alpha2", namespaced=False),
        crd(admin, "AdminNetworkPolicy", "v1alpha1", namespaced=False),
        obj(f"{admin}/v1alpha1", "AdminNetworkPolicy", "a", spec=older),
        obj(f"{admin}/v1alpha2", "ClusterNetworkPolicy", "c", spec=newer),
    )

    found = read(api)

    assert Seen(()) == found.unmodelled
    assert ["a", "c"] == [each.name for each in found.dialects.admin]


def test_a_policy_of_a_modelled_kind_that_is_none_is_broken() -> None:
    admin = "policy.networking.k8s.io"
    odd = obj(f"{admin}/v1alpha1", "AdminNetworkPolicy", "a", spec={"priority": "first"})
    api = api_of(crd(admin, "AdminNetworkPolicy", "v1alpha1", namespaced=False), odd)

    found = read(api)

    assert [ObjectRef("AdminNetworkPolicy", "", "a")] == [each.ref for each in found.broken]
    assert NO_DIALECTS == found.dialects


def _objects(kind: UnmodelledKind) -> tuple[Any, ...]:
    assert isinstance(kind.objects, Seen)
    return kind.objects.value


@pytest.mark.parametrize("versions", [("v2", "v2alpha1"), ("v2alpha1", "v2")])
def test_of_several_versions_the_one_that_is_modelled_is_read(versions: tuple[str, ...]) -> None:
    spec = {"endpointSelector": {}, "ingress": [{"fromEntities": ["all"]}]}
    cilium = obj("cilium.io/v2", "CiliumNetworkPolicy", "c", "shop", spec=spec)
    api = api_of(crd("cilium.io", "CiliumNetworkPolicy", *versions), cilium)

    found = read(api)

    assert [ObjectRef("CiliumNetworkPolicy", "shop", "c")] == [o.ref for o in found.dialects.cilium]
    lists = [path for path in api.asked if path.endswith("/ciliumnetworkpolicies")]
    assert ["/apis/cilium.io/v2/ciliumnetworkpolicies"] == lists


def test_a_kind_of_an_unknown_version_alone_is_not_modelled() -> None:
    cilium = obj("cilium.io/v9", "CiliumNetworkPolicy", "c", "shop", spec={"ingress": []})
    api = api_of(crd("cilium.io", "CiliumNetworkPolicy", "v9"), cilium)

    (kind,) = unmodelled(api).values()

    assert [ObjectRef("CiliumNetworkPolicy", "shop", "c")] == [o.ref for o in _objects(kind)]


def test_a_served_kind_that_is_no_policy_is_not_even_asked_for() -> None:
    api = api_of(
        crd("cilium.io", "CiliumEndpoint", "v2", plural="ciliumendpoints"),
        crd("argoproj.io", "Application", "v1", plural="applications"),
        crd("networking.k8s.aws", "PolicyEndpoint", "v1alpha1", plural="policyendpoints"),
    )

    assert {} == unmodelled(api)
    assert not any(path.endswith("endpoints") for path in api.asked)
    assert not any("argoproj" in path for path in api.asked)


def test_a_policy_list_that_is_refused_is_unseen() -> None:
    api = api_of(crd("cilium.io", "CiliumNetworkPolicy", "v2"))
    api.instead["/apis/cilium.io/v2/ciliumnetworkpolicies"] = Refused(403, "not allowed")

    (kind,) = unmodelled(api).values()

    assert Unseen("not allowed") == kind.objects


def test_a_version_that_cannot_be_read_may_hold_anything() -> None:
    api = api_of(crd("cilium.io", "CiliumNetworkPolicy", "v2", "v2alpha1"))
    api.instead["/apis/cilium.io/v2alpha1"] = TryLater("503")

    found = unmodelled(api)

    anything = UnmodelledKind("cilium.io", "*", Unseen("503"), BOTH, Stage.BEFORE, binds_hosts=True)
    assert anything == found["*.cilium.io"]
    assert ["*.cilium.io"] == list(found)


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param(b'{"kind":"APIResourceList"}', id="no resources"),
        pytest.param(b'{"kind":"Status","resources":[]}', id="another kind"),
        pytest.param(b"{", id="broken"),
    ],
)
def test_a_malformed_resource_list_may_hold_anything(resources: bytes) -> None:
    api = api_of(crd("cilium.io", "CiliumNetworkPolicy", "v2"))
    api.instead["/apis/cilium.io/v2"] = resources

    assert ["*.cilium.io"] == list(unmodelled(api))


def _resource(name: str, *verbs: str, kind: str = "CiliumNodePolicy") -> bytes:
    entry = f'{{"name":"{name}","kind":"{kind}","verbs":[{",".join(map(repr, verbs))}]}}'
    return b'{"kind":"APIResourceList","resources":[%s]}' % entry.replace("'", '"').encode()


@pytest.mark.parametrize(
    "name, verbs, why",
    [
        pytest.param("ciliumnodepolicies", ("get",), "cannot be listed", id="no list"),
        pytest.param("../../secrets/policies", ("list",), None, id="a subresource by its slash"),
        pytest.param("evil?x=policies", ("list",), "API path", id="a name that is no path"),
    ],
)
def test_a_strange_resource_is_unseen_or_none(
    name: str, verbs: tuple[str, ...], why: str | None
) -> None:
    api = api_of(crd("cilium.io", "CiliumNetworkPolicy", "v2"))
    api.instead["/apis/cilium.io/v2"] = _resource(name, *verbs)

    found = list(unmodelled(api).values())

    assert bool(why) == bool(found)
    for kind in found:
        assert isinstance(kind.objects, Unseen)
        assert (why or "") in kind.objects.why


def test_a_group_with_too_many_versions_is_not_followed() -> None:
    versions = ",".join(f'{{"version":"v{n}"}}' for n in range(100))
    api = api_of()
    api.instead["/apis"] = (
        f'{{"kind":"APIGroupList","groups":[{{"name":"cilium.io","versions":[{versions}]}}]}}'
    ).encode()

    assert ["*.cilium.io"] == list(unmodelled(api))
    assert not any(path.startswith("/apis/cilium.io") for path in api.asked)


ERRORS: tuple[SeawallError | bytes, ...] = (
    Refused(401, "401"),
    Refused(403, "403"),
    Refused(404, "404"),
    Refused(410, "410"),
    NoEntry("a redirect"),
    TryLater("503"),
    b"{}",
    b"null",
    b"<html>",
    b'{"kind":"List","apiVersion":"v1","metadata":{},"items":[]}',
    b'{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","code":403}',
    b"[" * 20_000,
)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_one_answer_is_replaced_by_nothing_else_is_seen_differently(name: str) -> None:
    store = Store(definition(name).objects)
    honest_api = MemoryApi(store, SCANNER)
    honest = read(honest_api)
    for path in dict.fromkeys(honest_api.asked):
        for instead in ERRORS:
            api = MemoryApi(store, SCANNER)
            api.instead[path] = instead
            told = read(api)
            before, after = _sights(honest), _sights(told)
            changed = [each for each in after if after[each] != before[each]]

            assert changed, f"{path} does not matter"
            assert all(_is_worse(after[each]) for each in changed)


def _sights(snapshot: Snapshot) -> dict[str, Any]:
    return {each: getattr(snapshot, each) for each in SIGHTS} | dict(snapshot.entrances.sights())


def _is_worse(sight: Seen[Any] | Unseen) -> bool:
    """Unseen itself, or facts or a list of policy kinds of which one is."""
    if isinstance(sight, Unseen):
        return True
    if isinstance(sight.value, PlaneFacts):
        settings = (sight.value.vpc_cni, sight.value.cilium)
        return any(isinstance(each, Unseen) or not each.value.there for each in settings)
    return any(isinstance(each.objects, Unseen) for each in sight.value)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Refused(401, "the token expired"), id="expired"),
        pytest.param(NoEntry("no connection"), id="no connection"),
        pytest.param(TryLater("no answer"), id="no answer"),
    ],
)
def test_a_cluster_that_never_answers_is_unseen_as_a_whole(error: SeawallError) -> None:
    api = api_of()
    api.instead = dict.fromkeys(EVERYTHING, error)

    with pytest.raises(type(error), match=str(error)):
        read(api)
    assert Unseen(str(error)) == sight_of_cluster(lambda: api, KEY, now=NOW)


def test_a_cluster_that_refuses_everything_was_seen_to_refuse() -> None:
    api = api_of()
    error = Refused(403, "not allowed")
    api.instead = dict.fromkeys(EVERYTHING, error)

    assert all(Unseen("not allowed") == getattr(read(api), each) for each in SIGHTS)


def _raising(error: Exception) -> Callable[[], MemoryApi]:
    def opened() -> MemoryApi:
        raise error

    return opened


@pytest.mark.parametrize(
    "error, why",
    [
        pytest.param(
            NoEntry("the plug-in is not allowed"), "the plug-in is not allowed", id="door"
        ),
        pytest.param(
            KeyError("secret"),
            "a bug in Seawall ended the reading (KeyError); please report",
            id="a bug, whose text may hold anything",
        ),
    ],
)
def test_one_cluster_never_ends_the_scan_of_a_fleet(error: Exception, why: str) -> None:
    assert Unseen(why) == sight_of_cluster(_raising(error), KEY, now=NOW)


def test_wrong_settings_do() -> None:
    with pytest.raises(Trouble):
        sight_of_cluster(_raising(Trouble("no kubernetes package")), KEY, now=NOW)


def test_one_cluster_under_two_names_is_found_out() -> None:
    snapshot = read(api_of())
    other = replace(snapshot, key=ClusterKey("other"), uid=Seen(ClusterUid("another uid")))
    again = replace(snapshot, key=ClusterKey("again"))
    unseen = [replace(snapshot, key=ClusterKey(k), uid=Unseen("403")) for k in ("u1", "u2")]

    assert {"again": KEY} == namesakes([snapshot, other, again, snapshot, *unseen])
