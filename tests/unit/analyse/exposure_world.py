"""A pod that may be reached from outside, and what may lead to it, in a line each."""

from datetime import UTC, datetime

from seawall.analyse.exposure import ExposureOfCluster, PodExposure
from seawall.analyse.isolation import analyse
from seawall.collect import manifests
from seawall.collect.manifests import STDIN
from seawall.model.snapshot import Snapshot

NOW = datetime(2026, 1, 1, tzinfo=UTC)

WEB = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {nodeName: n1, containers: [{ports: [{name: http, containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.0.0.5}
"""
NODE_PORT_ANY = "NodePort Service shop/web, whoever reaches a node"


def node(provider: str) -> str:
    return f"{{apiVersion: v1, kind: Node, metadata: {{name: n1}}, spec: {{providerID: '{provider}://x/y'}}}}"


AWS, GKE, AZURE, BARE = map(node, ("aws", "gce", "azure", "kind"))


def service(spec: str, *, annotations: str = "", status: str = "") -> str:
    ports = "" if "ports:" in spec else ", ports: [{port: 80, targetPort: http}]"
    selector = "" if "selector:" in spec else ", selector: {app: web}"
    return (
        "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, "
        f"annotations: {{{annotations}}}}}, spec: {{{spec}{selector}{ports}}}, "
        f"status: {{{status}}}}}"
    )


def policy(ingress: str, name: str = "p", pods: str = "{}") -> str:
    return (
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, "
        f"metadata: {{name: {name}, namespace: shop}}, "
        f"spec: {{podSelector: {pods}, policyTypes: [Ingress], ingress: {ingress}}}}}"
    )


DENY = policy("[]")
OPEN = policy("[{}]")
OFFICE = policy("[{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]")
LOAD_BALANCER = service("type: LoadBalancer, allocateLoadBalancerNodePorts: false")
LOCAL = service(
    "type: LoadBalancer, allocateLoadBalancerNodePorts: false, externalTrafficPolicy: Local"
)
CLUSTER_IP = service("type: ClusterIP")


def ingress(
    spec: str = "", *, annotations: str = "", status: str = "", port: str = "number: 80"
) -> str:
    backend = f"{{service: {{name: web, port: {{{port}}}}}}}"
    more = f", {spec}" if spec else ""
    return (
        "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: front, "
        f"namespace: shop, annotations: {{{annotations}}}}}, "
        f"spec: {{rules: [{{http: {{paths: [{{path: /, backend: {backend}}}]}}}}]{more}}}, "
        f"status: {{{status}}}}}"
    )


NGINX = """
apiVersion: v1
kind: Pod
metadata:
  name: nginx
  namespace: ingress
  labels: {app.kubernetes.io/name: ingress-nginx, app.kubernetes.io/component: controller}
spec: {nodeName: n2, containers: [{name: c}]}
status: {phase: Running, podIP: 10.0.1.5}
---
apiVersion: v1
kind: Service
metadata: {name: nginx, namespace: ingress}
spec:
  type: LoadBalancer
  allocateLoadBalancerNodePorts: false
  selector: {app.kubernetes.io/name: ingress-nginx}
  ports: [{port: 443}]
status: {loadBalancer: {ingress: [{ip: 198.51.100.7}]}}
"""
PUBLIC_NGINX = NGINX.replace("198.51.100.7", "8.8.8.8")
HOST_NGINX = PUBLIC_NGINX.replace("nodeName: n2", "nodeName: n1, hostNetwork: true")
FROM_NGINX = policy(
    "[{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress}}}]}]"
)
INGRESS_CUT = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: ingress}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
EGRESS_CUT = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut, namespace: ingress}
spec: {podSelector: {}, policyTypes: [Egress]}
"""


def gateway(name: str = "edge", *, spec: str = "", home: str = "shop", status: str = "") -> str:
    return (
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, "
        f"metadata: {{name: {name}, namespace: {home}}}, "
        f"spec: {{{spec or 'gatewayClassName: x'}}}, status: {{{status}}}}}"
    )


def route(
    kind: str = "HTTPRoute",
    *,
    parent: str = "name: edge",
    backend: str = "name: web, port: 80",
    home: str = "shop",
) -> str:
    return (
        f"{{apiVersion: gateway.networking.k8s.io/v1, kind: {kind}, "
        f"metadata: {{name: r, namespace: {home}}}, spec: {{parentRefs: [{{{parent}}}], "
        f"rules: [{{backendRefs: [{{{backend}}}]}}]}}}}"
    )


GATEWAY_POD = """
apiVersion: v1
kind: Pod
metadata: {name: edge-1, namespace: shop, labels: {gateway.networking.k8s.io/gateway-name: edge}}
spec: {nodeName: n2, containers: [{name: c}]}
status: {phase: Running, podIP: 10.0.2.5}
"""
GATEWAY_SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: edge, namespace: shop}
spec:
  type: LoadBalancer
  allocateLoadBalancerNodePorts: false
  selector: {gateway.networking.k8s.io/gateway-name: edge}
  ports: [{port: 443}]
status: {loadBalancer: {ingress: [{ip: 8.8.8.8}]}}
"""
ISTIO_SERVICE = GATEWAY_SERVICE.replace(
    "gateway.networking.k8s.io/gateway-name: edge", "istio: gw"
).replace("namespace: shop", "namespace: istio-ingress")
ISTIO_POD = GATEWAY_POD.replace(
    "gateway.networking.k8s.io/gateway-name: edge", "istio: gw"
).replace("namespace: shop", "namespace: istio-ingress")
ISTIO_GATEWAY = """
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw, namespace: istio-ingress}
spec: {selector: {istio: gw}, servers: [{port: {number: 443}, hosts: ["*"]}]}
"""


def virtual_service(spec: str) -> str:
    return (
        "{apiVersion: networking.istio.io/v1, kind: VirtualService, "
        f"metadata: {{name: vs, namespace: shop}}, spec: {{{spec}}}}}"
    )


TO_WEB = "http: [{route: [{destination: {host: web}}]}]"


def read(*documents: str) -> Snapshot:
    """The pod shop/web and these."""
    return manifest(WEB, *documents)


def manifest(*documents: str) -> Snapshot:
    """These documents, as one file."""
    text = "\n---\n".join(documents)
    return manifests.read([STDIN], now=NOW, stdin=text.encode())


def exposure_in(snapshot: Snapshot, name: str = "shop/web") -> PodExposure:
    isolation = analyse(snapshot)
    return ExposureOfCluster(isolation).of(isolation.pods_by_name[name])


def told(found: PodExposure) -> list[str]:
    """Each way in a line: what policies say, by what, who can knock, on what ports, from where."""
    return [
        " ".join(
            (
                f"{way.decision}: {way.entrance} {way.by.namespace}/{way.by.name}, {way.facing},",
                f"{way.ports}",
                *(f"for {client}" for client in way.clients),
                *(f"admits {cidr}" for cidr in way.admitted.cidrs()),
            )
        )
        for way in found.ways
    ]
