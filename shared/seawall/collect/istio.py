"""PeerAuthentication and AuthorizationPolicy: JSON to values, or what is wrong. Never raises.

Source: istio/api `security/v1` and `ValidateAuthorizationPolicy`, `ValidatePeerAuthentication` of
istio/istio `pkg/config/validation`; v1 and v1beta1 have the same fields. What is refused there, or
of a field that is not known, is a BrokenObject: what it would decide is unknown.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

import msgspec

from seawall.collect import validate
from seawall.collect.cilium_fields import Reader
from seawall.collect.discovery import GROUPS, Group, served_resources
from seawall.collect.istio_rules import rules_of
from seawall.collect.lists import KubeApi, raw_read, read_list
from seawall.model.istio import (
    AUTHORIZATION_POLICY,
    NO_MESH,
    PEER_AUTHENTICATION,
    Action,
    AuthorizationPolicy,
    Mesh,
    MeshObject,
    Mtls,
    PeerAuthentication,
    Target,
)
from seawall.model.policies import BrokenObject
from seawall.model.ports import FIRST_PORT, LAST_PORT
from seawall.model.selector import Labels
from seawall.model.sight import Seen, Sight, Unseen

GROUP = "security.istio.io"
VERSIONS = ("v1", "v1beta1")

V = TypeVar("V", PeerAuthentication, AuthorizationPolicy, BrokenObject)
MeshRead = Callable[..., MeshObject | BrokenObject]
"""(JSON or document, origin) to the object, or to what is wrong with it; never raises."""

_DRY_RUN = "istio.io/dry-run"
_PEER_FIELDS = frozenset({"selector", "mtls", "portLevelMtls"})
_POLICY_FIELDS = frozenset({"selector", "targetRef", "targetRefs", "rules", "action", "provider"})
_TARGET_FIELDS = frozenset({"group", "kind", "name", "namespace"})
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def mesh_read(group: str, version: str, kind: str) -> MeshRead | None:
    """How an object of a kind is read; None: it is none of Istio's that is judged."""
    if group != GROUP or version not in VERSIONS or kind not in _READS:
        return None
    return partial(_read, kind)


def mesh_of(found: Iterable[MeshObject | BrokenObject]) -> Mesh:
    """The objects, each kind in order of namespace and name."""
    objects = list(found)
    return Mesh(
        _sorted(each for each in objects if isinstance(each, PeerAuthentication)),
        _sorted(each for each in objects if isinstance(each, AuthorizationPolicy)),
        _sorted(each for each in objects if isinstance(each, BrokenObject)),
    )


def _sorted(found: Iterable[V]) -> tuple[V, ...]:
    return tuple(sorted(found, key=lambda each: (each.ref, each.origin)))


def read_mesh(api: KubeApi, groups: Sight[tuple[Group, ...]]) -> Sight[Mesh]:
    """Every object of security.istio.io; one list that is refused leaves all of it unseen."""
    if isinstance(groups, Unseen):
        return groups
    group = next((each for each in groups.value if each.name == GROUP), None)
    if group is None:
        return Seen(NO_MESH)
    version = next((each for each in VERSIONS if each in group.served()), None)
    if version is None:
        return Unseen(f"{GROUP} is not served as {' or '.join(VERSIONS)}")
    return _listed(api, version)


def _listed(api: KubeApi, version: str) -> Sight[Mesh]:
    resources = served_resources(api, GROUP, version)
    if isinstance(resources, Unseen):
        return resources
    found: list[MeshObject | BrokenObject] = []
    for each in resources.value:
        if each.kind in _READS:
            read = raw_read(f"{each.kind}List", partial(_read, each.kind))
            listed = read_list(api, f"{GROUPS}/{GROUP}/{version}/{each.name}", read)
            if isinstance(listed, Unseen):
                return listed
            found += listed.value
    return Seen(mesh_of(found))


def _read(
    kind: str, raw: bytes | msgspec.Raw | dict[str, Any], origin: str = ""
) -> MeshObject | BrokenObject:
    document: object = None
    try:
        document = raw if isinstance(raw, dict) else msgspec.json.decode(raw)
        return _checked(kind, document, origin)
    except RecursionError:
        problem = "nested too deeply to be read"
    except ValueError as error:  # undecodable; msgspec's text names an offset, never a value
        problem = str(error)
    return _broken(kind, document, (problem,), origin)


def _checked(kind: str, document: object, origin: str) -> MeshObject | BrokenObject:
    if not isinstance(document, dict):
        return _broken(kind, None, ("Invalid type: must be an object",), origin)
    reader = Reader(problems=list(validate.metadata(kind, document)))
    found = _READS[kind](reader, document, origin)
    return _broken(kind, document, tuple(reader.problems), origin) if reader.problems else found


def _broken(kind: str, document: object, problems: tuple[str, ...], origin: str) -> BrokenObject:
    return BrokenObject(validate.identity(kind, document), problems, origin, frozenset())


def _peer(reader: Reader, document: dict[str, Any], origin: str) -> PeerAuthentication:
    ref = validate.identity(PEER_AUTHENTICATION, document)
    spec = reader.fields(document.get("spec"), "spec", _PEER_FIELDS)
    ports = reader.typed(spec.get("portLevelMtls"), dict, "spec.portLevelMtls") or {}
    return PeerAuthentication(
        ref.namespace,
        ref.name,
        _mode(reader, spec.get("mtls"), "spec.mtls"),
        _selector(reader, spec.get("selector")),
        tuple(sorted(_port_modes(reader, ports))),
        _created(document),
        origin,
    )


def _mode(reader: Reader, value: object, path: str) -> Mtls:
    fields = reader.fields(value, path, {"mode"})
    return Mtls(reader.one_of(fields.get("mode"), tuple(Mtls), f"{path}.mode") or Mtls.UNSET)


def _port_modes(reader: Reader, ports: dict[str, Any]) -> Iterator[tuple[int, Mtls]]:
    for key, value in ports.items():
        number = port_number(str(key))
        if number is None:
            reader.wrong("spec.portLevelMtls", "Invalid key: must be a port number, 1 to 65535")
        else:
            yield number, _mode(reader, value, f"spec.portLevelMtls[{number}]")


def port_number(text: str) -> int | None:
    """The port that a text is the number of."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LAST_PORT))):
        return None
    number = int(text)
    return number if FIRST_PORT <= number <= LAST_PORT else None


def _selector(reader: Reader, value: object) -> Labels:
    """`WorkloadSelector`: matchLabels alone."""
    fields = reader.fields(value, "spec.selector", {"matchLabels"})
    labels = reader.typed(fields.get("matchLabels"), dict, "spec.selector.matchLabels") or {}
    checked = validate.label_selector("spec.selector", {"matchLabels": labels})
    reader.problems += checked.problems
    return tuple(sorted((str(key), str(each or "")) for key, each in labels.items()))


def _created(document: dict[str, Any]) -> str:
    stamp = _metadata(document).get("creationTimestamp")
    return stamp if isinstance(stamp, str) and _STAMP.fullmatch(stamp) else ""


def _policy(reader: Reader, document: dict[str, Any], origin: str) -> AuthorizationPolicy:
    ref = validate.identity(AUTHORIZATION_POLICY, document)
    spec = reader.fields(document.get("spec"), "spec", _POLICY_FIELDS)
    action = reader.one_of(spec.get("action"), tuple(Action), "spec.action") or Action.ALLOW
    targets = tuple(_targets(reader, spec))
    if targets and spec.get("selector") is not None:
        reader.wrong("spec", "only one of targetRefs and selector can be set")
    return AuthorizationPolicy(
        ref.namespace,
        ref.name,
        Action(action),
        rules_of(reader, spec.get("rules"), "spec.rules"),
        _selector(reader, spec.get("selector")),
        targets,
        _is_rehearsed(document),
        origin,
    )


def _targets(reader: Reader, spec: dict[str, Any]) -> Iterator[Target]:
    found = [(spec["targetRef"], "spec.targetRef")] if spec.get("targetRef") else []
    for number, each in enumerate(reader.items(spec.get("targetRefs"), "spec.targetRefs")):
        found.append((each, f"spec.targetRefs[{number}]"))
    for value, path in found:
        fields = reader.fields(value, path, _TARGET_FIELDS)
        group, kind, name = (
            reader.text(fields.get(each), f"{path}.{each}") for each in ("group", "kind", "name")
        )
        yield Target(group, kind, name)


def _is_rehearsed(document: dict[str, Any]) -> bool:
    """`istio.io/dry-run`: true, as `strconv.ParseBool` takes it."""
    annotations = _metadata(document).get("annotations")
    text = annotations.get(_DRY_RUN) if isinstance(annotations, dict) else None
    return text in ("1", "t", "T", "TRUE", "true", "True")


def _metadata(document: dict[str, Any]) -> dict[str, Any]:
    found = document.get("metadata")
    return found if isinstance(found, dict) else {}


_READS: dict[str, Callable[[Reader, dict[str, Any], str], MeshObject]] = {
    PEER_AUTHENTICATION: _peer,
    AUTHORIZATION_POLICY: _policy,
}
