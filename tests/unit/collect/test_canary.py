"""What is not judged is not kept: a word planted in every other field must never come out."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from seawall.collect import documents, manifests, parse, saved, wire
from seawall.collect.manifests import STDIN
from seawall.model.errors import Trouble
from seawall.model.snapshot import Snapshot

CANARY = "s3cr3t-canary"
BIRD = {CANARY: CANARY, "list": [CANARY, {CANARY: CANARY}]}
NOW = datetime(2026, 1, 31, tzinfo=UTC)

METADATA: dict[str, Any] = {
    "name": "web",
    "namespace": "shop",
    "uid": CANARY,
    "resourceVersion": CANARY,
    "selfLink": CANARY,
    "annotations": {CANARY: CANARY},
    "finalizers": [CANARY],
    "managedFields": [BIRD],
}
CONTAINER = {
    "name": CANARY,
    "image": CANARY,
    "command": [CANARY],
    "args": [CANARY],
    "workingDir": CANARY,
    "env": [{"name": CANARY, "value": CANARY, "valueFrom": BIRD}],
    "envFrom": [BIRD],
    "volumeMounts": [BIRD],
    "livenessProbe": {"exec": {"command": [CANARY]}},
    "lifecycle": BIRD,
    "securityContext": BIRD,
    "ports": [{"name": "http", "containerPort": 80, "hostIP": "::", CANARY: CANARY}],
}
POD_SPEC = {
    "containers": [CONTAINER],
    "initContainers": [{**CONTAINER, "restartPolicy": "Always"}],
    "ephemeralContainers": [CONTAINER],
    "imagePullSecrets": [{"name": CANARY}],
    "serviceAccountName": "runner",
    "serviceAccount": CANARY,
    "volumes": [{"name": CANARY, "secret": {"secretName": CANARY}, "csi": BIRD}],
    "hostAliases": [BIRD],
    "nodeSelector": {CANARY: CANARY},
    "nodeName": "n1",
    "dnsConfig": BIRD,
}
OWNER = {"kind": "ReplicaSet", "name": "web", "controller": True, "uid": CANARY, CANARY: CANARY}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {**METADATA, "labels": {"app": "web"}, "ownerReferences": [OWNER]},
    "spec": POD_SPEC,
    "status": {
        "phase": "Running",
        "podIP": "10.0.0.7",
        "message": CANARY,
        "reason": CANARY,
        "hostIP": CANARY,
        "conditions": [BIRD],
        "containerStatuses": [BIRD],
    },
    CANARY: CANARY,
}
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {**METADATA, "name": "api", "labels": {"a": CANARY}},
    "spec": {
        "selector": BIRD,
        "strategy": BIRD,
        "template": {
            "metadata": {"labels": {"app": "api"}, "annotations": BIRD},
            "spec": POD_SPEC,
        },
    },
    "status": BIRD,
}
CRON_JOB = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {**METADATA, "name": "nightly"},
    "spec": {
        "schedule": CANARY,
        "jobTemplate": {"metadata": BIRD, "spec": {"template": {"spec": POD_SPEC}, **BIRD}},
    },
}
NAMESPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {**METADATA, "name": "shop", "labels": {"team": "a"}},
    "spec": {"finalizers": [CANARY]},
    "status": BIRD,
}
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {**METADATA, "name": "n1", "labels": {"a": "b"}},
    "spec": {"providerID": f"aws:///{CANARY}", "taints": [BIRD]},
    "status": {"addresses": [{**BIRD, "address": "10.0.0.1"}], "nodeInfo": BIRD, "images": [BIRD]},
}
POLICY = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {**METADATA, "name": "deny", "labels": {"a": CANARY}},
    "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    "status": BIRD,
}
CILIUM = {
    "apiVersion": "cilium.io/v2",
    "kind": "CiliumNetworkPolicy",
    "metadata": {**METADATA, "name": "c"},
    "spec": {"endpointSelector": {}, "ingress": [{}], "description": CANARY},
    "status": BIRD,
}
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {**METADATA, "name": "front", "labels": {"a": CANARY}},
    "spec": {
        "type": "LoadBalancer",
        "selector": {"app": "web"},
        "ports": [{"port": 80, "appProtocol": CANARY}],
        "externalIPs": [CANARY],
        "clusterIP": CANARY,
        "loadBalancerClass": CANARY,
        "externalTrafficPolicy": CANARY,
    },
    "status": {"loadBalancer": {"ingress": [{"ip": CANARY, "hostname": CANARY}]}},
}
INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {**METADATA, "name": "front", "labels": {"a": CANARY}},
    "spec": {"tls": [{"secretName": CANARY}], "rules": [{"host": CANARY}]},
    "status": {"loadBalancer": {"ingress": [{"hostname": CANARY}]}},
}
MESH_POLICY = {
    "apiVersion": "security.istio.io/v1",
    "kind": "AuthorizationPolicy",
    "metadata": {**METADATA, "name": "a"},
    "spec": {
        "action": "CUSTOM",
        "provider": {"name": CANARY},
        "rules": [
            {
                "from": [
                    {"source": {"requestPrincipals": [CANARY], "notRequestPrincipals": [CANARY]}}
                ],
                "to": [{"operation": {"paths": [CANARY], "notHosts": [CANARY]}}],
                "when": [{"key": f"request.headers[{CANARY}]", "values": [CANARY]}],
            }
        ],
    },
    "status": BIRD,
}
MESH_PEER = {
    "apiVersion": "security.istio.io/v1beta1",
    "kind": "PeerAuthentication",
    "metadata": {**METADATA, "name": "p", "creationTimestamp": CANARY},
    "spec": {"mtls": {"mode": "STRICT"}},
    "status": BIRD,
}
MESHED_POD = {
    **POD,
    "metadata": {
        **METADATA,
        "name": "meshed",
        "annotations": {
            "sidecar.istio.io/inject": CANARY,
            "sidecar.istio.io/status": CANARY,
            "sidecar.istio.io/interceptionMode": CANARY,
            "traffic.sidecar.istio.io/excludeInboundPorts": CANARY,
            "traffic.sidecar.istio.io/includeInboundPorts": CANARY,
            "traffic.sidecar.istio.io/excludeOutboundPorts": CANARY,
            "traffic.sidecar.istio.io/excludeOutboundIPRanges": CANARY,
            "ambient.istio.io/redirection": CANARY,
            "ambient.istio.io/bypass-inbound-capture": CANARY,
        },
    },
    "spec": {**POD_SPEC, "containers": [CONTAINER, {**CONTAINER, "name": "istio-proxy"}]},
}
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {**METADATA, "name": CANARY},
    "data": BIRD,
    "stringData": BIRD,
}
OBJECTS = [
    *(POD, DEPLOYMENT, CRON_JOB, NAMESPACE, NODE, POLICY, CILIUM, SERVICE, INGRESS, SECRET),
    *(MESH_POLICY, MESH_PEER, MESHED_POD),
]


def snapshot_of(*objects: dict[str, Any]) -> Snapshot:
    content = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    return manifests.read([STDIN], now=NOW, stdin=content.encode())


def test_a_snapshot_keeps_nothing_that_is_not_judged() -> None:
    found = snapshot_of(*OBJECTS)

    assert 4 == repr(found.pods).count("Pod(")
    assert "AuthorizationPolicy(" in repr(found.mesh)
    assert "PodMesh(" in repr(found.pods)
    assert CANARY not in repr(found)
    assert CANARY not in repr(saved.load(saved.save(found), "kept"))


@pytest.mark.parametrize("kind", [POD, NAMESPACE, NODE], ids=lambda each: str(each["kind"]))
def test_the_wire_shapes_decode_nothing_that_is_not_judged(kind: dict[str, Any]) -> None:
    shapes = {"Pod": wire.Pod, "Namespace": wire.Namespace, "Node": wire.Node}
    plain = json.loads(json.dumps(kind))
    if kind is NAMESPACE:
        plain["metadata"]["uid"] = "the cluster's"
    if kind is NODE:
        plain["spec"]["providerID"] = "aws:///x"

    found = parse.one_from(
        str(kind["kind"]), json.dumps(plain).encode(), shapes[kind["kind"]], repr
    )

    assert CANARY not in str(found)


def broken(each: dict[str, Any], **metadata: object) -> dict[str, Any]:
    return {**each, "metadata": {**each["metadata"], **metadata}}


@pytest.mark.parametrize(
    "each",
    [
        pytest.param(broken(POD, name=7), id="Pod without a name"),
        pytest.param(broken(POD, annotations={CANARY: 7}), id="Pod, bad annotation"),
        pytest.param(broken(POD, generation=CANARY), id="Pod, bad generation"),
        pytest.param({**POD, "spec": {**POD_SPEC, "hostNetwork": [CANARY]}}, id="Pod, bad spec"),
        pytest.param({**POD, "status": {**BIRD, "podIPs": CANARY}}, id="Pod, bad status"),
        pytest.param({**DEPLOYMENT, "spec": BIRD}, id="Deployment without a template"),
        pytest.param(broken(DEPLOYMENT, labels={"a": f"{CANARY} !"}), id="Deployment, bad label"),
        pytest.param({**CRON_JOB, "spec": CANARY}, id="CronJob, bad spec"),
        pytest.param(broken(NAMESPACE, labels=[CANARY]), id="Namespace, bad labels"),
        pytest.param({**NODE, "spec": CANARY}, id="Node, bad spec"),
        pytest.param(broken(POLICY, managedFields=CANARY), id="NetworkPolicy, bad metadata"),
        pytest.param(broken(POLICY, labels={f"{CANARY} !": ""}), id="NetworkPolicy, bad label"),
        pytest.param({**POLICY, "spec": CANARY}, id="NetworkPolicy, bad spec"),
        pytest.param({**POLICY, "apiVersion": "extensions/v1beta1"}, id="NetworkPolicy, old"),
        pytest.param({**CILIUM, "spec": CANARY}, id="CiliumNetworkPolicy, bad spec"),
        pytest.param({**MESH_POLICY, "spec": CANARY}, id="AuthorizationPolicy, bad spec"),
        pytest.param({**MESH_PEER, "spec": {"mtls": CANARY}}, id="PeerAuthentication, bad mtls"),
    ],
)
def test_an_object_that_cannot_be_read_tells_no_value(each: dict[str, Any]) -> None:
    found = snapshot_of(each, broken(NAMESPACE, name="kept"))

    assert each["kind"] in repr(found)
    assert CANARY not in repr(found)
    assert CANARY not in repr(saved.load(saved.save(found), "kept"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"password: {CANARY}: x\n", id="two colons"),
        pytest.param(f"password: '{CANARY}\n", id="an open quote"),
        pytest.param(f"{CANARY}: 1\n{CANARY}: 2\n", id="a key twice"),
        pytest.param(f"password: *{CANARY}\n", id="an alias"),
        pytest.param(f"[{CANARY}]: x\n", id="a list as key"),
        pytest.param(f"password: {{{{ {CANARY} }}}}\n", id="a template"),
        pytest.param(f"password: @{CANARY}\n", id="a reserved word"),
        pytest.param(f"password: !<{CANARY} x\n", id="a bad tag"),
        pytest.param(f"%{CANARY}\n---\na: %x\n", id="a directive"),
        pytest.param(f'{{"password": "{CANARY}" "x"}}', id="JSON"),
        pytest.param(f'{{"{CANARY}": 1, "{CANARY}": 2}}', id="a JSON key twice"),
        pytest.param(f'{{"password": {CANARY}}}', id="no JSON value"),
    ],
)
def test_text_that_cannot_be_read_tells_no_word_of_it(text: str) -> None:
    for name in ("f.yaml", "f.json"):
        try:
            found = documents.read(text, name)
        except Trouble as error:
            assert CANARY not in str(error)  # noqa: PT017  some of these are good YAML
        else:
            assert () == found.documents
