"""CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy: wire to model, or what is wrong.

Source: the CRDs' schema and `Validate` of cilium `pkg/k8s/apis/cilium.io/v2` and
`pkg/policy/api/rule_validation.go`. What the schema refuses cannot be in a cluster; what the agent
refuses is there with `Valid` False in its status, and enforces nothing.
"""

from typing import Any

import msgspec

from seawall.collect import validate
from seawall.collect.cilium_fields import Reader
from seawall.collect.cilium_rules import RULE_FIELDS, rules_of
from seawall.collect.cilium_selectors import selector_of
from seawall.model.cilium import CLUSTERWIDE, NAMESPACED, CiliumPolicy, CiliumSpec
from seawall.model.policies import BOTH, BrokenObject, Direction, ObjectRef

KINDS = (NAMESPACED, CLUSTERWIDE)

_SPEC = frozenset(
    {"endpointSelector", "nodeSelector", "enableDefaultDeny", "labels", "description", "log"}
    | RULE_FIELDS
)


def cilium_policy(
    kind: str, raw: bytes | msgspec.Raw | dict[str, Any], origin: str = ""
) -> CiliumPolicy | BrokenObject:
    """A policy as Cilium would read it, or what the API server or the agent would refuse in it."""
    try:
        document = raw if isinstance(raw, dict) else msgspec.json.decode(raw)
        return _policy(kind, document, origin)
    except RecursionError:
        return _broken(kind, None, ("nested too deeply to be read",), origin)
    except ValueError as error:  # undecodable; msgspec's text names an offset, never a value
        return _broken(kind, None, (str(error),), origin)


def _policy(kind: str, document: object, origin: str) -> CiliumPolicy | BrokenObject:
    ref = _identity(kind, document)
    if not isinstance(document, dict):
        return _broken(kind, document, ("Invalid type: must be an object",), origin)
    reader = Reader()
    problems = validate.metadata(kind, document)
    specs = _specs(reader, kind, document)
    inert, accepted = _standing(document.get("status"))
    if inert and not problems:
        # Whatever it says, it is not enforced; what could be read of it tells whom it was for.
        faults = (*reader.problems, *reader.warnings)
        return CiliumPolicy(ref.namespace, ref.name, specs, inert, origin=origin, warnings=faults)
    if problems or reader.problems:
        faults = (*problems, *reader.problems, *reader.warnings)
        return _broken(kind, document, faults, origin)
    warnings = tuple(reader.warnings)
    return CiliumPolicy(
        ref.namespace, ref.name, specs, accepted=accepted, origin=origin, warnings=warnings
    )


def _broken(kind: str, document: object, problems: tuple[str, ...], origin: str) -> BrokenObject:
    """Unreadable, and what it could concern: the directions it has sections of, hosts if it may."""
    specs = _raw_specs(document)
    found = frozenset(d for d in Direction if any(_touches(spec, d) for spec in specs))
    on_nodes = not specs or any("endpointSelector" not in spec for spec in specs)
    return BrokenObject(
        _identity(kind, document),
        problems,
        origin,
        found or BOTH,
        binds_hosts=kind == CLUSTERWIDE and on_nodes,
    )


def _raw_specs(document: object) -> list[dict[str, Any]]:
    """The specs, if they are objects all of them."""
    if not isinstance(document, dict):
        return []
    several = document.get("specs")
    listed = several if isinstance(several, list) else [several]
    specs = [each for each in (document.get("spec"), *listed) if each is not None]
    return specs if all(isinstance(each, dict) for each in specs) else []


def _touches(spec: dict[str, Any], direction: Direction) -> bool:
    return any(spec.get(name) is not None for name in (direction, f"{direction}Deny"))


def _identity(kind: str, document: object) -> ObjectRef:
    found = validate.identity(kind, document)
    return ObjectRef(kind, "", found.name) if kind == CLUSTERWIDE else found


def _standing(status: object) -> tuple[str, bool]:
    """Why it is inert, and whether Cilium says that it is valid.

    `PolicyConditionValid`: the agent's word on whether it could import the policy.
    """
    conditions = status.get("conditions") if isinstance(status, dict) else None
    for each in conditions if isinstance(conditions, list) else ():
        if isinstance(each, dict) and each.get("type") == "Valid":
            why = each.get("message")
            if each.get("status") == "False":
                told = f": {why}" if isinstance(why, str) and why else ""
                return f"Cilium refused it (status.conditions Valid is False){told}", False
            return "", each.get("status") == "True"
    return "", False


def _specs(reader: Reader, kind: str, document: dict[str, Any]) -> tuple[CiliumSpec, ...]:
    found: list[CiliumSpec | None] = []
    if document.get("spec") is not None:
        found.append(_spec(reader, kind, document["spec"], "spec"))
    for number, each in enumerate(reader.items(document.get("specs"), "specs")):
        found.append(_spec(reader, kind, each, f"specs[{number}]"))
    if not found and document.get("specs") is None:
        reader.wrong("", "Required value: spec or specs must be provided")
    return tuple(spec for spec in found if spec is not None)


def _spec(reader: Reader, kind: str, value: object, path: str) -> CiliumSpec | None:
    fields = reader.fields(value, path, _SPEC)
    on_nodes = fields.get("nodeSelector") is not None
    _check_subject(reader, kind, fields, path)
    chosen = "nodeSelector" if on_nodes else "endpointSelector"
    subject = selector_of(reader, fields.get(chosen) or {}, f"{path}.{chosen}")
    rules = {name: rules_of(reader, name, fields.get(name), path) for name in RULE_FIELDS}
    default_deny = reader.fields(
        fields.get("enableDefaultDeny"), f"{path}.enableDefaultDeny", {"ingress", "egress"}
    )
    spec = CiliumSpec(
        path,
        subject,
        on_nodes,
        rules["ingress"],
        rules["ingressDeny"],
        rules["egress"],
        rules["egressDeny"],
        reader.typed(default_deny.get("ingress"), bool, f"{path}.enableDefaultDeny.ingress"),
        reader.typed(default_deny.get("egress"), bool, f"{path}.enableDefaultDeny.egress"),
    )
    if spec.is_idle:
        reader.warnings.append(f"{path}: no rule at all: it isolates nothing, Cilium refuses it")
    return spec


def _check_subject(reader: Reader, kind: str, fields: dict[str, Any], path: str) -> None:
    given = [n for n in ("endpointSelector", "nodeSelector") if fields.get(n) is not None]
    if len(given) != 1:
        reader.wrong(path, "must have one of endpointSelector or nodeSelector")
    if "nodeSelector" in given and kind == NAMESPACED:
        reader.wrong(f"{path}.nodeSelector", f"Forbidden: only a {CLUSTERWIDE} may select nodes")
