"""What the API server itself calls, as wire shapes, and the ways that each of them makes."""

from seawall.collect.services import Annotated
from seawall.collect.wire import Wire
from seawall.model.exposure import Entrance, Way
from seawall.model.policies import ObjectRef


class ServiceIn(Wire, frozen=True, gc=False):
    """A reference to a Service of a namespace, from an object that has none."""

    name: str
    namespace: str


class ClientConfig(Wire, frozen=True, gc=False):
    """Where a webhook is: a Service, or a URL."""

    service: ServiceIn | None = None


class Webhook(Wire, frozen=True, gc=False):
    """A webhook of any kind."""

    client_config: ClientConfig | None = None


class WebhookConfiguration(Wire, frozen=True, gc=False):
    """`admissionregistration.k8s.io/v1`, validating or mutating."""

    metadata: Annotated
    webhooks: list[Webhook] | None = None


class Conversion(Wire, frozen=True, gc=False):
    """`apiextensions.k8s.io/v1.CustomResourceConversion`."""

    webhook: Webhook | None = None


class DefinitionSpec(Wire, frozen=True, gc=False):
    """`apiextensions.k8s.io/v1.CustomResourceDefinitionSpec`."""

    conversion: Conversion | None = None


class Definition(Wire, frozen=True, gc=False):
    """`apiextensions.k8s.io/v1.CustomResourceDefinition`."""

    metadata: Annotated
    spec: DefinitionSpec | None = None


class ApiServiceSpec(Wire, frozen=True, gc=False):
    """`apiregistration.k8s.io/v1.APIServiceSpec`; no Service: the API server itself."""

    service: ServiceIn | None = None


class ApiService(Wire, frozen=True, gc=False):
    """`apiregistration.k8s.io/v1.APIService`."""

    metadata: Annotated
    spec: ApiServiceSpec | None = None


def of_webhooks(kind: str, raw: WebhookConfiguration) -> tuple[Way, ...]:
    """The Services that the API server asks for admission."""
    by = ObjectRef(kind, "", raw.metadata.name)
    return tuple(way for each in raw.webhooks or () for way in _webhook(by, each))


def of_definition(raw: Definition) -> tuple[Way, ...]:
    """The Service that the API server asks for conversion."""
    conversion = raw.spec.conversion if raw.spec else None
    by = ObjectRef("CustomResourceDefinition", "", raw.metadata.name)
    return _webhook(by, conversion.webhook if conversion else None)


def _webhook(by: ObjectRef, raw: Webhook | None) -> tuple[Way, ...]:
    service = raw.client_config.service if raw and raw.client_config else None
    return (Way(service.namespace, Entrance.WEBHOOK, by, service.name),) if service else ()


def of_api_service(raw: ApiService) -> tuple[Way, ...]:
    """The Service that serves an aggregated API."""
    service = raw.spec.service if raw.spec else None
    by = ObjectRef("APIService", "", raw.metadata.name)
    return (Way(service.namespace, Entrance.AGGREGATED_API, by, service.name),) if service else ()
