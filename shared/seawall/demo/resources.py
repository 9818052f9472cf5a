"""The kinds an API server serves: the built-in ones of v1.36 and those a CRD adds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# The order in which a real server names them (recorded from v1.36.2).
EVERY_VERB = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
STATUS_VERBS = ("get", "patch", "update")


@dataclass(frozen=True, slots=True)
class Resource:
    """One served resource; `custom` ones come from a CRD and look different on the wire."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    verbs: tuple[str, ...] = EVERY_VERB
    short_names: tuple[str, ...] = ()
    has_status: bool = False
    custom: bool = False

    @property
    def api_version(self) -> str:
        """What the manifests of this kind say: `v1`, `networking.k8s.io/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name in error messages: `pods`, `networkpolicies.networking.k8s.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def served_to_readers(self) -> bool:
        """False for the review kinds, which can only be created."""
        return "list" in self.verbs


# group/version, plural, kind, flags (n = namespaced, s = status subresource, c = create only),
# short name. Groups in the order a real server lists them: some clients take the first match.
_TABLE = """
v1 configmaps ConfigMap n cm
v1 endpoints Endpoints n ep
v1 events Event n ev
v1 limitranges LimitRange n limits
v1 namespaces Namespace s ns
v1 nodes Node s no
v1 persistentvolumeclaims PersistentVolumeClaim ns pvc
v1 persistentvolumes PersistentVolume s pv
v1 pods Pod ns po
v1 replicationcontrollers ReplicationController ns rc
v1 resourcequotas ResourceQuota ns quota
v1 secrets Secret n -
v1 serviceaccounts ServiceAccount n sa
v1 services Service ns svc
apiregistration.k8s.io/v1 apiservices APIService s -
apps/v1 controllerrevisions ControllerRevision n -
apps/v1 daemonsets DaemonSet ns ds
apps/v1 deployments Deployment ns deploy
apps/v1 replicasets ReplicaSet ns rs
apps/v1 statefulsets StatefulSet ns sts
events.k8s.io/v1 events Event n ev
authentication.k8s.io/v1 selfsubjectreviews SelfSubjectReview c -
authorization.k8s.io/v1 selfsubjectaccessreviews SelfSubjectAccessReview c -
authorization.k8s.io/v1 selfsubjectrulesreviews SelfSubjectRulesReview c -
autoscaling/v2 horizontalpodautoscalers HorizontalPodAutoscaler ns hpa
autoscaling/v1 horizontalpodautoscalers HorizontalPodAutoscaler ns hpa
batch/v1 cronjobs CronJob ns cj
batch/v1 jobs Job ns -
certificates.k8s.io/v1 certificatesigningrequests CertificateSigningRequest s csr
networking.k8s.io/v1 ingressclasses IngressClass - -
networking.k8s.io/v1 ingresses Ingress ns ing
networking.k8s.io/v1 ipaddresses IPAddress - ip
networking.k8s.io/v1 networkpolicies NetworkPolicy n netpol
networking.k8s.io/v1 servicecidrs ServiceCIDR s -
policy/v1 poddisruptionbudgets PodDisruptionBudget ns pdb
rbac.authorization.k8s.io/v1 clusterrolebindings ClusterRoleBinding - -
rbac.authorization.k8s.io/v1 clusterroles ClusterRole - -
rbac.authorization.k8s.io/v1 rolebindings RoleBinding n -
rbac.authorization.k8s.io/v1 roles Role n -
storage.k8s.io/v1 csidrivers CSIDriver - -
storage.k8s.io/v1 csinodes CSINode - -
storage.k8s.io/v1 storageclasses StorageClass - sc
storage.k8s.io/v1 volumeattachments VolumeAttachment s -
admissionregistration.k8s.io/v1 mutatingwebhookconfigurations MutatingWebhookConfiguration - -
admissionregistration.k8s.io/v1 validatingwebhookconfigurations ValidatingWebhookConfiguration - -
apiextensions.k8s.io/v1 customresourcedefinitions CustomResourceDefinition s crd
scheduling.k8s.io/v1 priorityclasses PriorityClass - pc
coordination.k8s.io/v1 leases Lease n -
node.k8s.io/v1 runtimeclasses RuntimeClass - -
discovery.k8s.io/v1 endpointslices EndpointSlice n -
resource.k8s.io/v1 deviceclasses DeviceClass - -
resource.k8s.io/v1 resourceclaims ResourceClaim ns -
flowcontrol.apiserver.k8s.io/v1 flowschemas FlowSchema s -
flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations PriorityLevelConfiguration s -
"""


def _from_row(row: str) -> Resource:
    api_version, plural, kind, flags, short = row.split()
    group, _, version = api_version.rpartition("/")
    return Resource(
        group,
        version,
        plural,
        kind,
        namespaced="n" in flags,
        verbs=("create",) if "c" in flags else EVERY_VERB,
        short_names=() if short == "-" else (short,),
        has_status="s" in flags,
    )


BUILT_IN: tuple[Resource, ...] = tuple(_from_row(row) for row in _TABLE.split("\n") if row)

NAMESPACES: Resource = next(resource for resource in BUILT_IN if resource.kind == "Namespace")


def of_definition(definition: Json) -> Iterator[Resource]:
    """Yield a resource for each served version of a CustomResourceDefinition."""
    spec = definition["spec"]
    names = spec["names"]
    for version in spec["versions"]:
        if version.get("served", True):
            yield Resource(
                spec["group"],
                version["name"],
                names["plural"],
                names["kind"],
                namespaced=spec["scope"] == "Namespaced",
                short_names=tuple(names.get("shortNames", ())),
                custom=True,
            )
