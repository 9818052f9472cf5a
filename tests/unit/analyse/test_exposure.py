"""Who is reached from outside. Each case names where its expectation comes from."""

from dataclasses import dataclass, replace

import pytest
from tests.unit.analyse.exposure_world import (
    AWS,
    AZURE,
    BARE,
    CLUSTER_IP,
    DENY,
    EGRESS_CUT,
    FROM_NGINX,
    GATEWAY_POD,
    GATEWAY_SERVICE,
    GKE,
    HOST_NGINX,
    INGRESS_CUT,
    ISTIO_GATEWAY,
    ISTIO_POD,
    ISTIO_SERVICE,
    LOAD_BALANCER,
    LOCAL,
    NGINX,
    NODE_PORT_ANY,
    NOW,
    OFFICE,
    OPEN,
    PUBLIC_NGINX,
    TO_WEB,
    WEB,
    exposure_in,
    gateway,
    ingress,
    manifest,
    policy,
    read,
    route,
    service,
    told,
    virtual_service,
)

from seawall.analyse.exposure import ExposureOfCluster, State
from seawall.analyse.isolation import analyse
from seawall.collect import saved
from seawall.collect.cluster import read_cluster
from seawall.demo.access import READER_GRANTS, User
from seawall.demo.fleet import definition
from seawall.demo.memory_api import MemoryApi
from seawall.demo.store import Store
from seawall.model.cluster import ClusterKey
from seawall.model.entrances import UNREAD_ENTRANCES
from seawall.model.sight import Seen, Unseen


@dataclass(frozen=True)
class Case:
    """Objects beside the pod, and the ways in to it that are expected."""

    source: str
    objects: tuple[str, ...]
    ways: tuple[str, ...]
    state: State
    note: str = ""


def case(
    source: str, *objects: str, ways: tuple[str, ...] | str = (), state: State, note: str = ""
) -> Case:
    return Case(source, objects, (ways,) if isinstance(ways, str) else ways, state, note)


KUBE_SERVICE = "kubernetes.io, Service"
LB = "LoadBalancer Service shop/web"
CASES = {
    "a Service inside is no way in": case(
        f"{KUBE_SERVICE}, type ClusterIP", CLUSTER_IP, state=State.NONE
    ),
    "a load balancer to a pod without policy": case(
        f"{KUBE_SERVICE}, type LoadBalancer; semantics: no policy allows all",
        LOAD_BALANCER,
        AWS,
        ways=f"allow: {LB}, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "a load balancer has node ports too": case(
        f"{KUBE_SERVICE}, allocateLoadBalancerNodePorts is true by default",
        service("type: LoadBalancer"),
        AWS,
        ways=(
            f"allow: {LB}, internet, TCP 8080",
            f"allow: {NODE_PORT_ANY}, TCP 8080",
        ),
        state=State.EXPOSED,
    ),
    "AWS in tree: any word but false is internal": case(
        "kubernetes/website issue 15771: aws.go takes every value but false",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            annotations="service.beta.kubernetes.io/aws-load-balancer-internal: 0.0.0.0/0",
        ),
        AWS,
        ways=f"allow: {LB}, internal, TCP 8080",
        state=State.EXPOSED,
    ),
    "AWS in tree: false is internet facing": case(
        "the same",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            annotations="service.beta.kubernetes.io/aws-load-balancer-internal: 'false'",
        ),
        AWS,
        ways=f"allow: {LB}, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "AWS controller: internal by default": case(
        "aws-load-balancer-controller, Network Load Balancer, Secure by default",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            annotations="service.beta.kubernetes.io/aws-load-balancer-type: external",
        ),
        AWS,
        ways=f"allow: {LB}, internal, TCP 8080",
        state=State.EXPOSED,
    ),
    "AWS controller: by class, internet facing by scheme": case(
        "aws-load-balancer-controller, Service annotations, scheme",
        service(
            "type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb, "
            "allocateLoadBalancerNodePorts: false",
            annotations="service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing",
        ),
        AWS,
        ways=f"allow: {LB}, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "GKE internal": case(
        "GKE, LoadBalancer Service parameters: networking.gke.io/load-balancer-type Internal",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            annotations="networking.gke.io/load-balancer-type: Internal",
        ),
        GKE,
        ways=f"allow: {LB}, internal, TCP 8080",
        state=State.EXPOSED,
    ),
    "GKE internal by the older name": case(
        "GKE, Create an internal load balancer, older versions",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            annotations="cloud.google.com/load-balancer-type: internal",
        ),
        GKE,
        ways=f"allow: {LB}, internal, TCP 8080",
        state=State.EXPOSED,
    ),
    "Azure internal": case(
        "cloud-provider-azure, LoadBalancer annotations",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            annotations="service.beta.kubernetes.io/azure-load-balancer-internal: 'true'",
        ),
        AZURE,
        ways=f"allow: {LB}, internal, TCP 8080",
        state=State.EXPOSED,
    ),
    "Azure is public where nothing is set": case(
        "the same: it is defaulting to public if not set",
        LOAD_BALANCER,
        AZURE,
        ways=f"allow: {LB}, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "the annotation of another cloud says nothing": case(
        "each cloud's controller reads its own annotations",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            annotations="service.beta.kubernetes.io/azure-load-balancer-internal: 'true'",
        ),
        GKE,
        ways=f"allow: {LB}, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "nobody's cloud: who can knock is not known": case(
        f"{KUBE_SERVICE}: what a load balancer is, is the implementation's affair",
        LOAD_BALANCER,
        BARE,
        ways=f"allow: {LB}, unknown, TCP 8080",
        state=State.EXPOSED,
    ),
    "a private address was given": case(
        f"{KUBE_SERVICE}, status.loadBalancer; RFC 1918",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            status="loadBalancer: {ingress: [{ip: 10.9.9.9}]}",
        ),
        AWS,
        ways=f"allow: {LB}, internal, TCP 8080",
        state=State.EXPOSED,
    ),
    "Cluster: a node's address may be the one that is seen": case(
        "kubernetes.io, Network Policies, ipBlock behind a load balancer: not defined",
        LOAD_BALANCER,
        AWS,
        DENY,
        ways=f"unknown: {LB}, internet, TCP 8080",
        state=State.UNKNOWN,
        note="of a node",
    ),
    "Cluster: an ipBlock rule may not see the client": case(
        "the same; kubernetes.io, Source IP for Services with Type=LoadBalancer",
        LOAD_BALANCER,
        AWS,
        OFFICE,
        ways=f"unknown: {LB}, internet, TCP 8080 admits 203.0.113.0/24",
        state=State.UNKNOWN,
        note="externalTrafficPolicy: Local",
    ),
    "Cluster: who lets in everybody lets in nodes too": case(
        "NetworkPolicySpec.ingress, an empty rule",
        LOAD_BALANCER,
        AWS,
        OPEN,
        ways=f"allow: {LB}, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "Local: nobody outside is let in": case(
        "kubernetes.io, Preserving the client source IP: no node's address is put in",
        LOCAL,
        AWS,
        DENY,
        ways=f"deny: {LB}, internet, TCP 8080",
        state=State.BLOCKED,
    ),
    "Local: an ipBlock rule sees the client, or the load balancer": case(
        "semantics 6.1: a warning, never a fact",
        LOCAL,
        AWS,
        OFFICE,
        ways=f"unknown: {LB}, internet, TCP 8080 admits 203.0.113.0/24",
        state=State.UNKNOWN,
        note="passes it on",
    ),
    "targets are pods: no node's address is put in": case(
        "aws-load-balancer-controller, nlb-target-type ip: traffic goes to the pod's address",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            annotations="service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: ip, "
            "service.beta.kubernetes.io/aws-load-balancer-type: external",
        ),
        AWS,
        DENY,
        ways=f"deny: {LB}, internal, TCP 8080",
        state=State.BLOCKED,
    ),
    "source ranges are said": case(
        f"{KUBE_SERVICE}, loadBalancerSourceRanges",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false, "
            "loadBalancerSourceRanges: [198.51.100.0/24]"
        ),
        AWS,
        ways=f"allow: {LB}, internet, TCP 8080 for 198.51.100.0/24",
        state=State.EXPOSED,
    ),
    "source ranges by annotation, and all is no restriction": case(
        "service.beta.kubernetes.io/load-balancer-source-ranges; its default is 0.0.0.0/0",
        service(
            "type: LoadBalancer, allocateLoadBalancerNodePorts: false",
            annotations="service.beta.kubernetes.io/load-balancer-source-ranges: 0.0.0.0/0",
        ),
        AWS,
        ways=f"allow: {LB}, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "a node port": case(
        f"{KUBE_SERVICE}, type NodePort",
        service("type: NodePort"),
        ways=f"allow: {NODE_PORT_ANY}, TCP 8080",
        state=State.EXPOSED,
    ),
    "a node port, Local, closed": case(
        "kubernetes.io, Source IP for Services with Type=NodePort",
        service("type: NodePort, externalTrafficPolicy: Local"),
        DENY,
        ways=f"deny: {NODE_PORT_ANY}, TCP 8080",
        state=State.BLOCKED,
    ),
    "external addresses": case(
        f"{KUBE_SERVICE}, externalIPs",
        service("externalIPs: [192.0.2.1]"),
        ways="allow: Service with externalIPs shop/web, whoever reaches a node, TCP 8080",
        state=State.EXPOSED,
    ),
    "the port on the pod, not that of the Service": case(
        f"{KUBE_SERVICE}, targetPort; NetworkPolicyPort: the port on a pod",
        service("type: NodePort, ports: [{port: 80, targetPort: 9000}]"),
        policy("[{ports: [{port: 9000}]}]"),
        ways=f"allow: {NODE_PORT_ANY}, TCP 9000",
        state=State.EXPOSED,
    ),
    "targetPort is port where it is not written": case(
        f"{KUBE_SERVICE}: by default the targetPort is set to the same value as the port field",
        service("type: NodePort, ports: [{port: 80}]"),
        ways=f"allow: {NODE_PORT_ANY}, TCP 80",
        state=State.EXPOSED,
    ),
    "a name that the pod does not have leads nowhere": case(
        "FindPort, k8s.io/endpointslice: a pod without the port is no endpoint of it",
        service("type: NodePort, ports: [{port: 80, targetPort: admin}]"),
        state=State.NONE,
    ),
    "a name under another protocol leads nowhere": case(
        "the same: name and protocol must match",
        service("type: NodePort, ports: [{port: 80, targetPort: http, protocol: UDP}]"),
        state=State.NONE,
    ),
    "a Service that selects others": case(
        f"{KUBE_SERVICE}, selector",
        service("type: NodePort, selector: {app: db}"),
        state=State.NONE,
    ),
    "a Service whose endpoints are written by hand": case(
        f"{KUBE_SERVICE}, Services without selectors: may be any pod",
        service("type: NodePort, selector: {}"),
        state=State.UNKNOWN,
    ),
    "an endpoint group of its own on GKE": case(
        "GKE, Standalone zonal NEGs",
        service(
            "type: ClusterIP", annotations="""cloud.google.com/neg: '{"exposed_ports":{"80":{}}}'"""
        ),
        GKE,
        ways=f"allow: {LB}, unknown, TCP 8080",
        state=State.EXPOSED,
    ),
    "an AWS target group": case(
        "aws-load-balancer-controller, TargetGroupBinding",
        CLUSTER_IP,
        "{apiVersion: elbv2.k8s.aws/v1beta1, kind: TargetGroupBinding, "
        "metadata: {name: tg, namespace: shop}, "
        "spec: {targetType: ip, serviceRef: {name: web, port: 80}}}",
        ways="allow: LoadBalancer Service shop/tg, unknown, TCP 8080",
        state=State.EXPOSED,
    ),
    "an Ingress whose controller is not known, no policy": case(
        "networking.k8s.io/v1 Ingress; no policy allows all",
        CLUSTER_IP,
        ingress(),
        ways="allow: Ingress shop/front, unknown, TCP 8080",
        state=State.EXPOSED,
    ),
    "an Ingress whose controller is not known, closed": case(
        "whose pods they are is not known, and they may be on the host network of the pod's node",
        CLUSTER_IP,
        ingress("ingressClassName: own"),
        DENY,
        ways="unknown: Ingress shop/front, unknown, TCP 8080",
        state=State.UNKNOWN,
        note="not known",
    ),
    "an Ingress by nginx, who is let in": case(
        "kubernetes/ingress-nginx, deploy/static: its labels; its Service has a public address",
        CLUSTER_IP,
        ingress("ingressClassName: nginx"),
        PUBLIC_NGINX,
        FROM_NGINX,
        ways="allow: Ingress shop/front, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "an Ingress by nginx, by the older annotation": case(
        "kubernetes.io, Ingress, Deprecated annotation",
        CLUSTER_IP,
        ingress(annotations="kubernetes.io/ingress.class: nginx"),
        PUBLIC_NGINX,
        FROM_NGINX,
        ways="allow: Ingress shop/front, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "an Ingress by nginx, whose load balancer is private": case(
        "RFC 5737 addresses are not global either",
        CLUSTER_IP,
        ingress("ingressClassName: nginx"),
        NGINX,
        FROM_NGINX,
        ways="allow: Ingress shop/front, internal, TCP 8080",
        state=State.EXPOSED,
    ),
    "an Ingress by nginx, who is stopped by the pod": case(
        "kubernetes.io, Network Policies: both sides must allow",
        CLUSTER_IP,
        ingress("ingressClassName: nginx"),
        PUBLIC_NGINX,
        DENY,
        ways="deny: Ingress shop/front, internet, TCP 8080",
        state=State.BLOCKED,
    ),
    "an Ingress by nginx, whose own egress is closed": case(
        "the same: the egress of the controller is the other side",
        CLUSTER_IP,
        ingress("ingressClassName: nginx"),
        PUBLIC_NGINX,
        FROM_NGINX,
        EGRESS_CUT,
        ways="deny: Ingress shop/front, internet, TCP 8080",
        state=State.BLOCKED,
    ),
    "an Ingress by nginx, whom nobody outside gets to": case(
        "what is sent on was let in before: externalTrafficPolicy Local, and a deny-all",
        CLUSTER_IP,
        ingress("ingressClassName: nginx"),
        PUBLIC_NGINX.replace(
            "type: LoadBalancer", "type: LoadBalancer\n  externalTrafficPolicy: Local"
        ),
        FROM_NGINX,
        INGRESS_CUT,
        ways="deny: Ingress shop/front, internet, TCP 8080",
        state=State.BLOCKED,
        note="policies let nobody outside get to the pods",
    ),
    "an Ingress by nginx, whom perhaps nobody outside gets to": case(
        "the same with externalTrafficPolicy Cluster",
        CLUSTER_IP,
        ingress("ingressClassName: nginx"),
        PUBLIC_NGINX,
        FROM_NGINX,
        INGRESS_CUT,
        ways="unknown: Ingress shop/front, internet, TCP 8080",
        state=State.UNKNOWN,
        note="is not certain",
    ),
    "an Ingress by nginx on the host network of the same node": case(
        "NetworkPolicySpec.ingress: traffic from the pod's local node is let in",
        CLUSTER_IP,
        ingress("ingressClassName: nginx"),
        HOST_NGINX,
        DENY,
        ways="allow: Ingress shop/front, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "an Ingress by the name of a port": case(
        "ServiceBackendPort.name",
        service("ports: [{name: a, port: 80, targetPort: 1}, {name: b, port: 81, targetPort: 2}]"),
        ingress(port="name: b"),
        ways="allow: Ingress shop/front, unknown, TCP 2",
        state=State.EXPOSED,
    ),
    "an Ingress on AWS is internal by default": case(
        "aws-load-balancer-controller, Ingress annotations, scheme",
        CLUSTER_IP,
        ingress("ingressClassName: alb"),
        ways="allow: Ingress shop/front, internal, TCP 8080",
        state=State.EXPOSED,
    ),
    "an Ingress on AWS to pods, internet facing, closed": case(
        "the same, target-type ip: past the nodes",
        CLUSTER_IP,
        DENY,
        ingress(
            "ingressClassName: alb",
            annotations="alb.ingress.kubernetes.io/scheme: internet-facing, "
            "alb.ingress.kubernetes.io/target-type: ip",
        ),
        ways="deny: Ingress shop/front, internet, TCP 8080",
        state=State.BLOCKED,
    ),
    "an Ingress on AWS to node ports, closed": case(
        "the same, target-type instance: by the nodes",
        CLUSTER_IP,
        DENY,
        ingress("ingressClassName: alb"),
        ways="unknown: Ingress shop/front, internal, TCP 8080",
        state=State.UNKNOWN,
        note="a node",
    ),
    "an Ingress of GKE inside, to the pods": case(
        "GKE, Container-native load balancing; Ingress for internal Application Load Balancers",
        service("type: ClusterIP", annotations="""cloud.google.com/neg: '{"ingress": true}'"""),
        ingress(annotations="kubernetes.io/ingress.class: gce-internal"),
        DENY,
        ways="deny: Ingress shop/front, internal, TCP 8080",
        state=State.BLOCKED,
    ),
    "an Ingress of Azure's Application Gateway": case(
        "AGIC annotations: use-private-ip; it sends to the addresses of pods",
        CLUSTER_IP,
        ingress(annotations="kubernetes.io/ingress.class: azure/application-gateway"),
        DENY,
        ways="deny: Ingress shop/front, internet, TCP 8080",
        state=State.BLOCKED,
    ),
    "a host port of another pod": case(
        "ContainerPort.hostPort: of the pod that asks for it",
        CLUSTER_IP,
        "{apiVersion: v1, kind: Pod, metadata: {name: other, namespace: shop}, spec: {containers: "
        "[{ports: [{containerPort: 1, hostPort: 2}]}]}, status: {podIP: 10.0.0.6}}",
        DENY,
        state=State.NONE,
    ),
    "a route of a Gateway in the cluster, who is let in": case(
        "GEP-1762: pods of a gateway are labelled with its name",
        CLUSTER_IP,
        gateway(),
        route(),
        GATEWAY_POD,
        GATEWAY_SERVICE,
        policy(
            "[{from: [{podSelector: {matchLabels: "
            "{gateway.networking.k8s.io/gateway-name: edge}}}]}]",
            pods="{matchLabels: {app: web}}",
        ),
        ways="allow: Gateway route shop/r, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "a route of a Gateway that nothing leads to": case(
        "the same, without the Service of such a gateway",
        CLUSTER_IP,
        gateway(),
        route(),
        GATEWAY_POD,
        ways="unknown: Gateway route shop/r, unknown, TCP 8080",
        state=State.UNKNOWN,
        note="nothing that was read leads to",
    ),
    "a route of GKE's external Gateway": case(
        "GKE, About GatewayClasses",
        CLUSTER_IP,
        gateway(spec="gatewayClassName: gke-l7-global-external-managed"),
        route(),
        DENY,
        ways="deny: Gateway route shop/r, internet, TCP 8080",
        state=State.BLOCKED,
    ),
    "a route of GKE's internal Gateway": case(
        "the same, gke-l7-rilb",
        CLUSTER_IP,
        gateway(spec="gatewayClassName: gke-l7-rilb"),
        route("GRPCRoute"),
        ways="allow: Gateway route shop/r, internal, TCP 8080",
        state=State.EXPOSED,
    ),
    "a Gateway with a public address": case(
        "GatewayStatus.addresses",
        CLUSTER_IP,
        gateway(status="addresses: [{type: IPAddress, value: 8.8.4.4}]"),
        route("TCPRoute"),
        ways="allow: Gateway route shop/r, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "a UDP route": case(
        "gateway.networking.k8s.io UDPRoute; ServicePort.protocol",
        service("ports: [{port: 80, targetPort: 53, protocol: UDP}]"),
        gateway(),
        route("UDPRoute"),
        ways="allow: Gateway route shop/r, unknown, UDP 53",
        state=State.EXPOSED,
    ),
    "a TLS route": case(
        "gateway.networking.k8s.io TLSRoute",
        CLUSTER_IP,
        gateway(),
        route("TLSRoute"),
        ways="allow: Gateway route shop/r, unknown, TCP 8080",
        state=State.EXPOSED,
    ),
    "a route inside a mesh": case(
        "GEP-1324: a parent that is a Service is no gateway",
        CLUSTER_IP,
        route(parent="kind: Service, group: '', name: web"),
        state=State.NONE,
    ),
    "a route of a Gateway that takes its own namespace alone": case(
        "AllowedRoutes.namespaces: Same by default",
        CLUSTER_IP,
        gateway(home="edge"),
        route(parent="name: edge, namespace: edge"),
        state=State.NONE,
    ),
    "a route of a Gateway that takes all namespaces": case(
        "AllowedRoutes.namespaces: All",
        CLUSTER_IP,
        gateway(
            home="edge",
            spec="gatewayClassName: x, listeners: [{allowedRoutes: {namespaces: {from: All}}}]",
        ),
        route(parent="name: edge, namespace: edge"),
        ways="allow: Gateway route shop/r, unknown, TCP 8080",
        state=State.EXPOSED,
    ),
    "a route of a Gateway that takes some namespaces": case(
        "AllowedRoutes.namespaces: Selector, which is not read",
        CLUSTER_IP,
        gateway(
            home="edge",
            spec="gatewayClassName: x, "
            "listeners: [{allowedRoutes: {namespaces: {from: Selector}}}]",
        ),
        route(parent="name: edge, namespace: edge"),
        ways="unknown: Gateway route shop/r, unknown, TCP 8080",
        state=State.UNKNOWN,
        note="by label",
    ),
    "a route of another namespace": case(
        "ReferenceGrant, which is not read",
        CLUSTER_IP,
        gateway(home="edge"),
        route(home="edge", backend="name: web, namespace: shop, port: 80"),
        ways="unknown: Gateway route edge/r, unknown, TCP 8080",
        state=State.UNKNOWN,
        note="ReferenceGrant",
    ),
    "a VirtualService on an Istio gateway, who is let in": case(
        "istio.io, Gateway.selector: pods in all namespaces; Destination.host: a short name",
        CLUSTER_IP,
        ISTIO_GATEWAY,
        ISTIO_POD,
        ISTIO_SERVICE,
        virtual_service(f"gateways: [istio-ingress/gw], {TO_WEB}"),
        policy("[{from: [{namespaceSelector: {}}]}]"),
        ways="allow: Istio gateway shop/vs, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "a VirtualService on an Istio gateway, who is stopped": case(
        "the same; both sides must allow",
        CLUSTER_IP,
        ISTIO_GATEWAY,
        ISTIO_POD,
        DENY,
        virtual_service(
            "gateways: [istio-ingress/gw], tcp: [{route: [{destination: "
            "{host: web.shop.svc.cluster.local, port: {number: 80}}}]}]"
        ),
        ways="deny: Istio gateway shop/vs, unknown, TCP 8080",
        state=State.BLOCKED,
    ),
    "a VirtualService for the mesh alone": case(
        "istio.io, VirtualService.gateways: mesh is implied",
        CLUSTER_IP,
        virtual_service(TO_WEB),
        state=State.NONE,
    ),
    "a VirtualService by delegation": case(
        "istio.io, VirtualService delegate: a root with gateways, a delegate without",
        CLUSTER_IP,
        virtual_service(TO_WEB),
        ISTIO_GATEWAY,
        ISTIO_POD,
        ISTIO_SERVICE,
        "{apiVersion: networking.istio.io/v1, kind: VirtualService, "
        "metadata: {name: root, namespace: x}, "
        "spec: {gateways: [istio-ingress/gw], http: [{delegate: {name: vs, namespace: shop}}]}}",
        ways="allow: Istio gateway x/root, internet, TCP 8080",
        state=State.EXPOSED,
    ),
    "an Istio gateway that lets in to all": case(
        "istio.io, ServerTLSSettings AUTO_PASSTHROUGH: by SNI, without a VirtualService",
        CLUSTER_IP,
        ISTIO_GATEWAY.replace('hosts: ["*"]', 'hosts: ["*"], tls: {mode: AUTO_PASSTHROUGH}'),
        state=State.UNKNOWN,
    ),
    "a kind that is not read": case(
        "the collector's list of other entrances",
        "{apiVersion: route.openshift.io/v1, kind: Route, metadata: {name: r, namespace: shop}}",
        state=State.UNKNOWN,
    ),
    "an Ingress that no server has any more": case(
        "kubernetes.io, Deprecated API Migration Guide, v1.22",
        "{apiVersion: networking.k8s.io/v1beta1, kind: Ingress, "
        "metadata: {name: r, namespace: shop}, "
        "spec: {backend: {serviceName: web, servicePort: 80}}}",
        state=State.UNKNOWN,
    ),
}


@pytest.mark.parametrize("found", CASES.values(), ids=CASES.keys())
def test_a_pod_is_reached_as_its_objects_say(found: Case) -> None:
    exposure = exposure_in(read(*found.objects))

    assert list(found.ways) == told(exposure), found.source
    assert found.state is exposure.state
    assert all(found.note in way.note for way in exposure.ways)


HOSTS = """
apiVersion: v1
kind: Pod
metadata: {name: host, namespace: shop}
spec:
  nodeName: n1
  hostNetwork: true
  containers: [{ports: [{containerPort: 9100, hostPort: 9100}]}]
status: {phase: Running, podIP: 10.1.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: port, namespace: shop}
spec: {containers: [{ports: [{containerPort: 80, hostPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.7}
---
apiVersion: v1
kind: Pod
metadata: {name: loop, namespace: shop}
spec: {containers: [{ports: [{containerPort: 80, hostPort: 8080, hostIP: 127.0.0.1}]}]}
status: {phase: Running, podIP: 10.0.0.8}
---
apiVersion: v1
kind: Pod
metadata: {name: waiting, namespace: shop, labels: {app: web}}
spec: {containers: [{ports: [{name: http, containerPort: 80, hostPort: 8081}]}]}
status: {phase: Pending}
"""


@pytest.mark.parametrize(
    "name, rules, expected",
    [
        pytest.param(
            "shop/host",
            DENY,
            ["allow: hostNetwork shop/host, whoever reaches a node, all ports"],
            id="the host network: no policy binds it",
        ),
        pytest.param(
            "shop/port",
            OPEN,
            ["allow: hostPort shop/port, whoever reaches a node, TCP 80"],
            id="a host port: the port on the pod",
        ),
        pytest.param(
            "shop/port",
            DENY,
            ["deny: hostPort shop/port, whoever reaches a node, TCP 80"],
            id="a host port, closed",
        ),
        pytest.param(
            "shop/port",
            OFFICE,
            ["allow: hostPort shop/port, whoever reaches a node, TCP 80 admits 203.0.113.0/24"],
            id="a host port: ipBlock sees the client (CNI portmap)",
        ),
        pytest.param("shop/loop", OPEN, [], id="a host port of the loopback address"),
        pytest.param("shop/waiting", OPEN, [], id="a pod that waits for its address: none yet"),
    ],
)
def test_what_a_pod_asks_of_its_node(name: str, rules: str, expected: list[str]) -> None:
    assert expected == told(exposure_in(read(HOSTS, rules), name))


def test_over_one_family_is_enough() -> None:
    """A dual-stack pod: each family on its own, the most open one counts."""
    dual = WEB.replace(
        "podIP: 10.0.0.5", "podIP: 10.0.0.5, podIPs: [{ip: 10.0.0.5}, {ip: 'fd00::5'}]"
    )
    v6 = policy("[{from: [{ipBlock: {cidr: '::/0'}}]}]")
    found = manifest(dual, LOAD_BALANCER, v6)

    assert State.EXPOSED is exposure_in(found).state


@pytest.mark.parametrize(
    "member", ["services", "ingresses", "routes", "mesh_routes", "target_groups", "others"]
)
def test_a_list_that_was_not_seen_makes_nobody_safe(member: str) -> None:
    whole = read(CLUSTER_IP)
    partly = replace(whole, entrances=replace(whole.entrances, **{member: Unseen("refused")}))

    assert State.NONE is exposure_in(whole).state
    assert State.UNKNOWN is exposure_in(partly).state
    assert any("refused" in why for why in exposure_in(partly).unread)


def test_gateways_that_were_not_seen_hide_no_way() -> None:
    whole = read(CLUSTER_IP, route())
    partly = replace(whole, entrances=replace(whole.entrances, gateways=Unseen("refused")))

    assert ["allow: Gateway route shop/r, unknown, TCP 8080"] == told(exposure_in(partly))


def test_a_folder_without_services_is_a_part_of_something() -> None:
    exposure = exposure_in(read())

    assert State.UNKNOWN is exposure.state
    assert ("services not seen: no Service objects in the manifests",) == exposure.unread


def test_entrances_that_were_never_read_make_nobody_safe() -> None:
    assert State.UNKNOWN is exposure_in(replace(read(), entrances=UNREAD_ENTRANCES)).state


def test_a_policy_that_was_not_read_leaves_it_open_who_gets_in() -> None:
    found = read(LOCAL, OFFICE, policy("[{from: 7}]", "broken"))

    (way,) = exposure_in(found).ways
    assert "unknown" == way.decision
    assert State.UNKNOWN is exposure_in(found).state


def test_a_name_for_a_service_elsewhere_leads_there() -> None:
    """An Ingress may forward to an ExternalName of a Service of another namespace."""
    named = (
        "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: edge}, "
        "spec: {type: ExternalName, externalName: web.shop.svc.cluster.local}}"
    )
    front = ingress().replace("namespace: shop", "namespace: edge")

    expected = ["allow: Ingress edge/front, unknown, TCP 8080"]
    assert expected == told(exposure_in(read(CLUSTER_IP, named, front)))


def test_a_workload_is_exposed_before_it_has_pods() -> None:
    deployment = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: c}]}
"""
    balancer = service("type: NodePort, selector: {app: api}, ports: [{port: 80}]")

    found = exposure_in(read(deployment, balancer), "shop/api")
    assert [f"allow: {NODE_PORT_ANY}, TCP 80"] == told(found)


@pytest.mark.parametrize(
    "name, workload, state",
    [
        ("eks-payments-prod", "web-server", State.EXPOSED),
        ("gke-ledger-prod", "edge", State.UNKNOWN),
        ("aks-analytics-dev", "collector", State.EXPOSED),
    ],
)
def test_the_demo_shows_who_is_reached(name: str, workload: str, state: State) -> None:
    """One behind each cloud's load balancer; the good one by an ipBlock rule, so for whom is open.

    All others are inside, but for pods on the network of their node.
    """
    api = MemoryApi(Store(definition(name).objects), User("s", READER_GRANTS))
    isolation = analyse(read_cluster(api, ClusterKey(name), now=NOW))
    exposure = ExposureOfCluster(isolation)
    live = isolation.table.live - isolation.table.hosts

    found = {pod.owner.name: exposure.of(pod).state for pod in isolation.table.pods(live)}
    assert state is found.pop(workload)
    assert {State.NONE} == set(found.values())


def test_saved_snapshots_keep_it() -> None:
    found = read(
        LOCAL, AWS, DENY, ingress(), gateway(), route(), ISTIO_GATEWAY, virtual_service(TO_WEB)
    )

    again = saved.load(saved.save(found), "kept")
    assert found.entrances == again.entrances
    assert isinstance(again.entrances.services, Seen)
