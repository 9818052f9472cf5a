"""Random policies of Cilium: allows, denies, enableDefaultDeny, and every certain kind of peer."""

from tests.differential.drawing import (
    BLOCKS,
    EXCEPTS,
    NAMESPACES,
    PORT_NAMES,
    PORTS,
    PROTOCOLS,
    VALUES,
    Dice,
    Obj,
    objects_of,
    port_range,
    selector,
)

VERSION = "cilium.io/v2"
SOURCES = ("", "k8s:", "any:")
ENTITIES = ("all", "world", "cluster", "host", "remote-node", "none")
POD_NAMESPACE = "io.kubernetes.pod.namespace"
NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."


def drawn(dice: Dice, namespaces: tuple[str, ...]) -> list[Obj]:
    """A few policies, some of them clusterwide."""
    found = []
    for number in range(dice.number(4)):
        wide = dice.happens(35)
        kind = "CiliumClusterwideNetworkPolicy" if wide else "CiliumNetworkPolicy"
        home = "" if wide else dice.one(namespaces)
        policy = objects_of(kind, VERSION, f"c{number}", _spec(dice, wide=wide), home)
        if dice.happens(15):
            policy["specs"] = [_spec(dice, wide=wide)]
        found.append(policy)
    return found


def _spec(dice: Dice, *, wide: bool) -> Obj:
    """A section that is there has rules: empty ones are read in several ways."""
    spec: Obj = {"endpointSelector": _subjects(dice, wide=wide)}
    sections = ("ingress", "egress", "ingressDeny", "egressDeny")
    for section in dice.some(sections):
        key = "from" if section.startswith("ingress") else "to"
        spec[section] = dice.many(lambda d, k=key: _rule(d, k), 2, 1)  # type: ignore[misc]
    if dice.happens(30):
        spec["enableDefaultDeny"] = {
            key: dice.happens(30)
            for key in ("ingress", "egress")
            if dice.happens(60) and (key in spec or f"{key}Deny" in spec)
        }
    return spec


def _subjects(dice: Dice, *, wide: bool) -> Obj:
    keys = (*_sourced(dice, "app", "env"), *([dice.one(SOURCES) + POD_NAMESPACE] if wide else []))
    return _named(dice, selector(dice, *keys))


def _sourced(dice: Dice, *keys: str) -> tuple[str, ...]:
    return tuple(dice.one(SOURCES) + key for key in keys)


def _named(dice: Dice, found: Obj) -> Obj:
    """Values that fit: a namespace is called otherwise than a label's value."""
    for key in found.get("matchLabels", {}):
        if key.endswith(POD_NAMESPACE):
            found["matchLabels"][key] = dice.one(NAMESPACES)
    for each in found.get("matchExpressions", []):
        if each["key"].endswith(POD_NAMESPACE) and "values" in each:
            each["values"] = dice.some(NAMESPACES)
    return found


def _rule(dice: Dice, key: str) -> Obj:
    rule: Obj = {}
    match dice.number(9):
        case 0 | 1 | 2 | 3:
            rule[f"{key}Endpoints"] = dice.many(_endpoints, 2, 1)
        case 4 | 5:
            rule[f"{key}Entities"] = dice.some(ENTITIES)[:2]
        case 6:
            rule[f"{key}CIDR"] = dice.some(BLOCKS)[:2]
        case 7:
            rule[f"{key}CIDRSet"] = dice.many(_block, 2, 1)
    if not rule or dice.happens(50):
        rule["toPorts"] = [{"ports": dice.many(_port, 2, 1)}]
    return rule


def _block(dice: Dice) -> Obj:
    block = dice.one(tuple(EXCEPTS))
    return {"cidr": block, "except": dice.some(EXCEPTS[block])}


def _endpoints(dice: Dice) -> Obj:
    if dice.happens(8):
        return {"matchLabels": {f"reserved:{dice.one(('world', 'remote-node', 'host'))}": ""}}
    keys = _sourced(dice, "app", "env")
    found = selector(dice, *keys)
    more = dice.number(5)
    if more == 4:
        found.setdefault("matchLabels", {})[dice.one(SOURCES) + POD_NAMESPACE] = dice.one(
            NAMESPACES
        )
    if more == 5:
        key = dice.one(SOURCES) + NAMESPACE_LABELS + dice.one(("app", "env"))
        found.setdefault("matchLabels", {})[key] = dice.one(VALUES)
    if more == 3 and dice.happens(40):
        extra = selector(dice, dice.one(SOURCES) + POD_NAMESPACE)
        found["matchExpressions"] = [
            *found.get("matchExpressions", []),
            *_named(dice, extra).get("matchExpressions", []),
        ]
    return found


def _port(dice: Dice) -> Obj:
    found: Obj = {"protocol": dice.one((*PROTOCOLS, "ANY"))} if dice.happens(70) else {}
    match dice.number(3):
        case 0:
            found["port"] = str(dice.one((*PORTS, 0)) if "protocol" in found else dice.one(PORTS))
        case 1:
            first, last = port_range(dice)
            found["port"], found["endPort"] = str(first), last
        case 2:
            found["port"] = dice.one(PORT_NAMES)
        case _:
            found["port"] = str(dice.one(PORTS))
    return found
