"""Namespaces that hold the cluster's own works: closing one may take down all the others."""

from fnmatch import fnmatchcase

SYSTEM: dict[str, str] = {
    # "Avoid creating namespaces with the prefix kube-, since it is reserved for Kubernetes system
    # namespaces" (Kubernetes "Namespaces").
    "kube-*": "Kubernetes",
    "gke-*": "GKE",
    "gmp-*": "GKE Managed Prometheus",
    "gatekeeper-system": "the admission of Gatekeeper and GKE Policy Controller",
    "config-management-*": "GKE Config Sync",
    "anthos-*": "GKE Enterprise",
    "asm-*": "Cloud Service Mesh",
    "amazon-*": "EKS add-ons",
    "aws-*": "EKS add-ons",
    "aks-*": "AKS",
    "azure-*": "AKS extensions",
    "app-routing-system": "AKS application routing",
    "openshift": "OpenShift",
    "openshift-*": "OpenShift",
    "calico-*": "Calico",
    "tigera-*": "Calico",
    "cilium": "Cilium",
    "cilium-*": "Cilium",
    "antrea-*": "Antrea",
    "ovn-kubernetes": "OVN-Kubernetes",
    "istio-*": "Istio",
    "linkerd": "Linkerd",
    "linkerd-*": "Linkerd",
    "cert-manager": "cert-manager, which the certificates of webhooks depend on",
    "kyverno": "the admission of Kyverno",
    "ingress-nginx": "an ingress controller",
    "traefik": "an ingress controller",
    "projectcontour": "an ingress controller",
    "metallb-system": "load balancers",
    "local-path-storage": "kind and k3s",
}
"""Patterns of names, and whose they are; where nobody chose otherwise, they are called so."""


def runs_here(namespace: str) -> str:
    """Whose system namespace it is; empty: nobody's."""
    owners = (owner for pattern, owner in SYSTEM.items() if fnmatchcase(namespace, pattern))
    return next(owners, "")
