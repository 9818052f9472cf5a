from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from seawall.collect.cluster import read_cluster
from seawall.collect.entrances import OTHER_ENTRANCES
from seawall.collect.exposure import read_exposure
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.memory_api import MemoryApi
from seawall.demo.store import Store
from seawall.model.cluster import ClusterKey
from seawall.model.errors import Refused, TryLater
from seawall.model.exposure import Entrance, Exposure, Way
from seawall.model.policies import ObjectRef
from seawall.model.sight import Seen, Unseen

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCANNER = User("scanner", READER_GRANTS, "t")
KINDS = {
    "services": "/api/v1/services",
    "ingresses": "/apis/networking.k8s.io/v1/ingresses",
    "pods": "/api/v1/pods",
    "webhooks": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "conversion webhooks": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    "aggregated APIs": "/apis/apiregistration.k8s.io/v1/apiservices",
}
WORKLOADS = (
    "/apis/apps/v1/deployments",
    "/apis/apps/v1/statefulsets",
    "/apis/apps/v1/daemonsets",
    "/apis/apps/v1/replicasets",
    "/api/v1/replicationcontrollers",
    "/apis/batch/v1/cronjobs",
    "/apis/batch/v1/jobs",
)

Json = dict[str, Any]


def obj(api_version: str, kind: str, name: str, namespace: str = "", **members: Any) -> Json:  # noqa: ANN401  an object as JSON
    place = {"namespace": namespace} if namespace else {}
    metadata = {"name": name, **place, **members.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **members}


def crd(group: str, kind: str, *versions: str) -> Json:
    plural = f"{kind.lower()}s"
    names = {"plural": plural, "singular": kind.lower(), "kind": kind}
    listed = [{"name": v, "served": True, "storage": not n} for n, v in enumerate(versions)]
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": listed}
    return obj(
        "apiextensions.k8s.io/v1", "CustomResourceDefinition", f"{plural}.{group}", spec=spec
    )


def api_of(*objects: Json) -> MemoryApi:
    return MemoryApi(Store([obj("v1", "Namespace", "shop"), *objects]), SCANNER)


def exposure_of(api: MemoryApi) -> Exposure:
    return read_exposure(api, read_cluster(api, ClusterKey("k"), now=NOW))


def ways(exposure: Exposure, kind: str) -> tuple[Way, ...]:
    sight = dict(exposure.ways)[kind]
    assert isinstance(sight, Seen), sight
    return sight.value


def service(**spec: object) -> Json:
    return obj("v1", "Service", "web", "shop", spec=spec)


def ingress(**spec: object) -> Json:
    return obj("networking.k8s.io/v1", "Ingress", "front", "shop", spec=spec)


def route(kind: str, version: str, **rule: object) -> Json:
    return obj(f"gateway.networking.k8s.io/{version}", kind, "r", "shop", spec={"rules": [rule]})


def backend(name: str) -> Json:
    return {"service": {"name": name, "port": {"number": 80}}}


def pod(name: str, spec: Json, **members: Json) -> Json:
    return obj("v1", "Pod", name, "shop", spec={"containers": [{"name": "c"}], **spec}, **members)


def webhook(service: Json | None) -> Json:
    where = {"service": service} if service else {"url": "https://elsewhere.invalid"}
    return {"name": "w.invalid", "clientConfig": where}


PORT: Json = {"hostPort": 80, "containerPort": 8080}
SERVICE = ObjectRef("Service", "shop", "web")
INGRESS = ObjectRef("Ingress", "shop", "front")
HTTP_ROUTE = ObjectRef("HTTPRoute", "shop", "r")
WEB = {"name": "web", "namespace": "shop"}
AWS = {
    "metadata": {"name": "ours", "namespace": "shop"},
    "spec": {"serviceRef": {"name": "web", "port": 80}},
}


@pytest.mark.parametrize(
    "found, kind, expected",
    [
        pytest.param(
            [service(type="LoadBalancer")],
            "services",
            [Way("shop", Entrance.LOAD_BALANCER, SERVICE, "web")],
            id="a load balancer",
        ),
        pytest.param(
            [service(type="NodePort")],
            "services",
            [Way("shop", Entrance.NODE_PORT, SERVICE, "web")],
            id="a node port",
        ),
        pytest.param(
            [service(externalIPs=["192.0.2.1"])],
            "services",
            [Way("shop", Entrance.EXTERNAL_IP, SERVICE, "web")],
            id="external addresses",
        ),
        pytest.param(
            [
                obj(
                    "v1",
                    "Service",
                    "web",
                    "shop",
                    metadata={"annotations": {"cloud.google.com/neg": '{"exposed_ports":{}}'}},
                )
            ],
            "services",
            [Way("shop", Entrance.LOAD_BALANCER, SERVICE, "web")],
            id="an endpoint group of its own on GKE",
        ),
        pytest.param([service(type="ClusterIP")], "services", [], id="a Service inside"),
        pytest.param(
            [service(type="ExternalName", externalName="db.Data.svc.cluster.local.")],
            "services",
            [Way("data", Entrance.EXTERNAL_NAME, SERVICE, "db")],
            id="another name for a Service elsewhere",
        ),
        pytest.param(
            [service(type="ExternalName", externalName="db.example.com")],
            "services",
            [],
            id="a name outside",
        ),
        pytest.param(
            [service(type="ExternalName", externalName="x.invalid")], "services", [], id="a name"
        ),
        pytest.param(
            [ingress(defaultBackend=backend("web"))],
            "ingresses",
            [Way("shop", Entrance.INGRESS, INGRESS, "web")],
            id="an Ingress for all",
        ),
        pytest.param(
            [
                ingress(
                    rules=[
                        {"http": {"paths": [{"path": "/", "backend": backend("web")}]}},
                        {"host": "bare.invalid"},
                        {"http": {"paths": [{"path": "/x", "backend": backend("api")}]}},
                    ]
                )
            ],
            "ingresses",
            [
                Way("shop", Entrance.INGRESS, INGRESS, "web"),
                Way("shop", Entrance.INGRESS, INGRESS, "api"),
            ],
            id="an Ingress with rules",
        ),
        pytest.param(
            [ingress(defaultBackend={"resource": {"kind": "Bucket", "name": "b"}})],
            "ingresses",
            [],
            id="an Ingress to what is no pod",
        ),
        pytest.param(
            [pod("p", {"containers": [{"name": "c", "ports": [PORT]}]})],
            "pods",
            [Way("shop", Entrance.HOST_PORT, ObjectRef("Pod", "shop", "p"), "p")],
            id="a host port",
        ),
        pytest.param(
            [pod("p", {"initContainers": [{"name": "i", "ports": [PORT]}]})],
            "pods",
            [Way("shop", Entrance.HOST_PORT, ObjectRef("Pod", "shop", "p"), "p")],
            id="a host port of an init container",
        ),
        pytest.param(
            [
                pod(
                    f"p-{number}",
                    {"containers": [{"name": "c", "ports": [PORT]}]},
                    metadata={
                        "ownerReferences": [{"kind": "DaemonSet", "name": "d", "controller": True}]
                    },
                )
                for number in range(2)
            ],
            "pods",
            [Way("shop", Entrance.HOST_PORT, ObjectRef("DaemonSet", "shop", "d"), "d")],
            id="host ports of one workload, once",
        ),
        pytest.param(
            [
                pod(
                    "p",
                    {
                        "hostNetwork": True,
                        "containers": [{"name": "c", "ports": [PORT]}],
                    },
                )
            ],
            "pods",
            [],
            id="a pod on the host network, bound by no policy",
        ),
        pytest.param(
            [
                pod(
                    "p",
                    {"containers": [{"name": "c", "ports": [PORT]}]},
                    status={"phase": "Succeeded"},
                )
            ],
            "pods",
            [],
            id="a pod that is done",
        ),
        pytest.param(
            [
                obj(
                    "admissionregistration.k8s.io/v1",
                    kind,
                    "w",
                    webhooks=[webhook(WEB), webhook(None)],
                )
                for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
            ],
            "webhooks",
            [
                Way("shop", Entrance.WEBHOOK, ObjectRef(kind, "", "w"), "web")
                for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
            ],
            id="admission webhooks",
        ),
        pytest.param(
            [
                obj("apiregistration.k8s.io/v1", "APIService", "v1.metrics", spec={"service": WEB}),
                obj("apiregistration.k8s.io/v1", "APIService", "v1.", spec={"service": None}),
            ],
            "aggregated APIs",
            [
                Way(
                    "shop",
                    Entrance.AGGREGATED_API,
                    ObjectRef("APIService", "", "v1.metrics"),
                    "web",
                )
            ],
            id="an aggregated API, and a local one",
        ),
        pytest.param(
            [
                crd("elbv2.k8s.aws", "TargetGroupBinding", "v1beta1"),
                {"apiVersion": "elbv2.k8s.aws/v1beta1", "kind": "TargetGroupBinding", **AWS},
            ],
            "AWS target groups",
            [
                Way(
                    "shop",
                    Entrance.LOAD_BALANCER,
                    ObjectRef("TargetGroupBinding", "shop", "ours"),
                    "web",
                )
            ],
            id="targets of an AWS load balancer",
        ),
    ],
)
def test_an_entrance_is_found(found: list[Json], kind: str, expected: list[Way]) -> None:
    assert tuple(expected) == ways(exposure_of(api_of(*found)), kind)


def test_a_conversion_webhook_is_an_entrance() -> None:
    definition = crd("example.invalid", "Thing", "v1")
    definition["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook(WEB)}
    by = ObjectRef("CustomResourceDefinition", "", "things.example.invalid")

    exposure = exposure_of(api_of(definition, crd("example.invalid", "Plain", "v1")))

    assert (Way("shop", Entrance.WEBHOOK, by, "web"),) == ways(exposure, "conversion webhooks")


@pytest.mark.parametrize(
    "rule, expected",
    [
        pytest.param({"backendRefs": [{"name": "web"}]}, [("shop", "web")], id="a neighbour"),
        pytest.param(
            {"backendRefs": [{"name": "db", "namespace": "data"}]},
            [("data", "db")],
            id="another namespace",
        ),
        pytest.param(
            {
                "filters": [
                    {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m"}}}
                ]
            },
            [("shop", "m")],
            id="a mirror of the rule",
        ),
        pytest.param(
            {
                "backendRefs": [
                    {
                        "name": "web",
                        "filters": [
                            {"requestMirror": {"backendRef": {"name": "m", "namespace": "data"}}}
                        ],
                    }
                ]
            },
            [("shop", "web"), ("data", "m")],
            id="a mirror of a backend",
        ),
        pytest.param({"filters": [{"type": "URLRewrite"}]}, [], id="no backend"),
    ],
)
def test_a_route_leads_to_its_backends(rule: Json, expected: list[tuple[str, str]]) -> None:
    definition = crd("gateway.networking.k8s.io", "HTTPRoute", "v1")
    exposure = exposure_of(api_of(definition, route("HTTPRoute", "v1", **rule)))

    assert tuple(
        Way(namespace, Entrance.ROUTE, HTTP_ROUTE, to) for namespace, to in expected
    ) == ways(exposure, "routes")


@pytest.mark.parametrize(
    "kind, versions",
    [
        pytest.param("GRPCRoute", ("v1", "v1beta1"), id="in two versions, read once"),
        pytest.param("TLSRoute", ("v1alpha3",), id="TLS"),
        pytest.param("TCPRoute", ("v1alpha2",), id="TCP"),
        pytest.param("UDPRoute", ("v1alpha2",), id="UDP"),
    ],
)
def test_every_kind_of_route_is_read_in_the_version_it_has(
    kind: str, versions: tuple[str, ...]
) -> None:
    api = api_of(
        crd("gateway.networking.k8s.io", "HTTPRoute", "v1"),
        crd("gateway.networking.k8s.io", kind, *versions),
        route(kind, versions[0], backendRefs=[{"name": "web"}]),
    )

    assert [kind] == [way.by.kind for way in ways(exposure_of(api), "routes")]
    assert 1 == sum(path.endswith(f"/{kind.lower()}s") for path in api.asked)


def test_a_cluster_without_the_gateway_api_has_no_routes() -> None:
    assert () == ways(exposure_of(api_of()), "routes")


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_that_is_refused_is_unseen_and_the_others_go_on(kind: str) -> None:
    api = api_of(service(type="LoadBalancer"))
    api.instead[KINDS[kind]] = Refused(403, "not allowed")

    exposure = exposure_of(api)

    unseen = {name for name, sight in exposure.ways if isinstance(sight, Unseen)}
    assert {kind} == unseen
    assert Unseen("not allowed") == dict(exposure.ways)[kind]


@pytest.mark.parametrize("path", WORKLOADS)
def test_workloads_are_unseen_together(path: str) -> None:
    api = api_of()
    api.instead[path] = TryLater("busy")

    assert Unseen("busy") == exposure_of(api).workloads


def test_groups_that_cannot_be_read_hide_all_they_might_hold() -> None:
    api = api_of()
    api.instead["/apis"] = Refused(403, "not allowed")

    exposure = exposure_of(api)

    unseen = {name for name, sight in exposure.ways if isinstance(sight, Unseen)}
    istio = {"Istio VirtualServices", "Istio gateways"}
    assert {"routes", "AWS target groups", "other entrances", *istio} == unseen


def test_a_version_that_cannot_be_read_hides_the_routes() -> None:
    api = api_of(crd("gateway.networking.k8s.io", "HTTPRoute", "v1"))
    api.instead["/apis/gateway.networking.k8s.io/v1"] = Refused(503, "busy")

    assert Unseen("busy") == dict(exposure_of(api).ways)["routes"]


@pytest.mark.parametrize(
    "path, kind, item",
    [
        pytest.param(KINDS["services"], "services", '{"metadata":{}}', id="no name"),
        pytest.param(
            KINDS["ingresses"],
            "ingresses",
            '{"metadata":{"name":"x"},"spec":{"rules":{}}}',
            id="rules that are none",
        ),
    ],
)
def test_one_object_that_cannot_be_read_hides_its_kind(path: str, kind: str, item: str) -> None:
    api = api_of()
    listed = {"services": "ServiceList", "ingresses": "IngressList"}[kind]
    api.instead[path] = f'{{"kind":"{listed}","metadata":{{}},"items":[{item}]}}'.encode()

    sight = dict(exposure_of(api).ways)[kind]

    assert isinstance(sight, Unseen)
    assert "cannot be read" in sight.why


def istio(kind: str, **spec: object) -> Json:
    return obj("networking.istio.io/v1", kind, "x", "shop", spec=spec)


ISTIO = (
    crd("networking.istio.io", "VirtualService", "v1"),
    crd("networking.istio.io", "Gateway", "v1"),
)


def test_a_virtual_service_leads_where_it_says() -> None:
    """A name without dots is one of its namespace, a whole one of any; a name outside is none."""
    hosts = ("web", "db.data.svc.cluster.local", "example.com")
    rules = [{"route": [{"destination": {"host": host}} for host in hosts]}]

    exposure = exposure_of(api_of(*ISTIO, istio("VirtualService", http=rules)))

    by = ObjectRef("VirtualService", "shop", "x")
    expected = [Way("shop", Entrance.MESH, by, "web"), Way("data", Entrance.MESH, by, "db")]
    assert tuple(expected) == ways(exposure, "Istio VirtualServices")
    assert () == ways(exposure, "Istio gateways")


def test_a_gateway_that_lets_in_to_any_service_hides_all_ways() -> None:
    through = istio("Gateway", servers=[{"tls": {"mode": "AUTO_PASSTHROUGH"}}])

    sight = dict(exposure_of(api_of(*ISTIO, through)).ways)["Istio gateways"]

    assert Unseen("Gateway shop/x lets in to any Service by name") == sight


def test_a_source_range_that_is_none_tells_no_value() -> None:
    secret = service(type="LoadBalancer", loadBalancerSourceRanges=["s3cr3t"])

    sight = dict(exposure_of(api_of(secret)).ways)["services"]

    assert isinstance(sight, Unseen)
    assert "loadBalancerSourceRanges" in sight.why
    assert "s3cr3t" not in sight.why


@pytest.mark.parametrize("group", OTHER_ENTRANCES)
def test_an_entrance_that_is_not_read_is_said_to_be_there(group: str) -> None:
    sight = dict(exposure_of(api_of(crd(group, "Thing", "v1"))).ways)["other entrances"]

    assert Unseen(f"{group} ({OTHER_ENTRANCES[group]}) is served and not read") == sight


def owned(kind: str, name: str) -> Json:
    return {"ownerReferences": [{"kind": kind, "name": name, "controller": True}]}


@pytest.mark.parametrize(
    "found, expected",
    [
        pytest.param(
            obj("apps/v1", "Deployment", "x", "shop", spec={"replicas": 0}),
            "Deployment",
            id="scaled to none",
        ),
        pytest.param(obj("apps/v1", "StatefulSet", "x", "shop"), "StatefulSet", id="StatefulSet"),
        pytest.param(obj("apps/v1", "DaemonSet", "x", "shop"), "DaemonSet", id="DaemonSet"),
        pytest.param(obj("apps/v1", "ReplicaSet", "x", "shop"), "ReplicaSet", id="ReplicaSet"),
        pytest.param(
            obj("apps/v1", "ReplicaSet", "x", "shop", metadata=owned("Deployment", "d")),
            None,
            id="a Deployment's ReplicaSet",
        ),
        pytest.param(
            obj("apps/v1", "ReplicaSet", "x", "shop", metadata=owned("Rollout", "r")),
            "ReplicaSet",
            id="a ReplicaSet of a stranger",
        ),
        pytest.param(
            obj("v1", "ReplicationController", "x", "shop"),
            "ReplicationController",
            id="ReplicationController",
        ),
        pytest.param(obj("batch/v1", "CronJob", "x", "shop"), "CronJob", id="CronJob"),
        pytest.param(obj("batch/v1", "Job", "x", "shop"), "Job", id="a Job not begun"),
        pytest.param(
            obj("batch/v1", "Job", "x", "shop", metadata=owned("CronJob", "c")),
            None,
            id="a CronJob's Job",
        ),
        pytest.param(
            obj(
                "batch/v1",
                "Job",
                "x",
                "shop",
                status={"conditions": [{"type": "Failed", "status": "True"}]},
            ),
            None,
            id="a Job that is done",
        ),
        pytest.param(
            obj(
                "batch/v1",
                "Job",
                "x",
                "shop",
                status={"conditions": [{"type": "Suspended", "status": "True"}]},
            ),
            "Job",
            id="a Job that waits",
        ),
    ],
)
def test_a_workload_is_what_may_start_pods(found: Json, expected: str | None) -> None:
    refs = (ObjectRef(expected, "shop", "x"),) if expected else ()

    assert Seen(refs) == exposure_of(api_of(found)).workloads


def test_each_list_is_read_once() -> None:
    api = api_of()
    exposure_of(api)

    again = [path for path, count in Counter(api.asked).items() if count > 1]
    # DaemonSets are agents to the data plane, and workloads to a plan.
    assert ["/apis/apps/v1/daemonsets"] == again
