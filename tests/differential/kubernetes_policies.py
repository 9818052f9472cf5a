"""Random NetworkPolicies, with every field there is."""

from tests.differential.drawing import (
    BLOCKS,
    EXCEPTS,
    PORT_NAMES,
    PORTS,
    PROTOCOLS,
    Dice,
    Obj,
    namespace_selector,
    objects_of,
    port_range,
    selector,
)

VERSION = "networking.k8s.io/v1"


def drawn(dice: Dice, namespaces: tuple[str, ...]) -> list[Obj]:
    """A few policies."""
    return [
        objects_of("NetworkPolicy", VERSION, f"np{number}", _spec(dice), dice.one(namespaces))
        for number in range(dice.number(4))
    ]


def _spec(dice: Dice) -> Obj:
    spec: Obj = {"podSelector": selector(dice)}
    if dice.happens(75):
        spec["policyTypes"] = dice.some(("Ingress", "Egress"))
    if dice.happens(75):
        spec["ingress"] = dice.many(lambda d: _rule(d, "from"), 2)
    if dice.happens(60):
        spec["egress"] = dice.many(lambda d: _rule(d, "to"), 2)
    return spec


def _rule(dice: Dice, key: str) -> Obj:
    found: Obj = {}
    if dice.happens(80):
        found[key] = dice.many(_peer, 2)
    if dice.happens(60):
        found["ports"] = dice.many(_port, 2)
    return found


def _peer(dice: Dice) -> Obj:
    if dice.happens(30):
        block = dice.one(BLOCKS)
        excepts = (
            dice.some(EXCEPTS.get(block, ()), 0) if dice.happens(50) and block in EXCEPTS else []
        )
        return {"ipBlock": {"cidr": block, **({"except": excepts} if excepts else {})}}
    both = {"podSelector": selector(dice), "namespaceSelector": namespace_selector(dice)}
    return {key: both[key] for key in dice.some(tuple(both))}


def _port(dice: Dice) -> Obj:
    found: Obj = {"protocol": dice.one(PROTOCOLS)} if dice.happens(70) else {}
    match dice.number(3):
        case 0:
            found["port"] = dice.one(PORTS)
        case 1:
            found["port"], found["endPort"] = port_range(dice)
        case 2:
            found["port"] = dice.one(PORT_NAMES)
    return found
