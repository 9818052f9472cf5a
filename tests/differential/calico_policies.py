"""Random policies, tiers and sets of networks of Calico."""

from tests.differential.drawing import (
    BLOCKS,
    KEYS,
    NAMESPACES,
    PORT_NAMES,
    PORTS,
    PROTOCOLS,
    VALUES,
    Dice,
    Obj,
    labels,
    objects_of,
    port_range,
)

VERSION = "projectcalico.org/v3"
NUMBERS = (6, 17, 132, 1)
ORDERS = (10, 20, 500, 999.5, 2000, 3000, 5_000_000, 20_000_000)


def drawn(dice: Dice, namespaces: tuple[str, ...]) -> list[Obj]:
    """Tiers, policies in them with orders that seldom meet, and sets."""
    tiers = [_tier(dice, number) for number in range(dice.number(2))]
    names = ["default", *(tier["metadata"]["name"] for tier in tiers)]
    policies = [_policy(dice, namespaces, names, number) for number in range(dice.number(5))]
    sets = [_set(dice, namespaces, number) for number in range(dice.number(2))]
    return [*tiers, *policies, *sets]


def _tier(dice: Dice, number: int) -> Obj:
    spec: Obj = {}
    if dice.happens(80):
        spec["order"] = ORDERS[(dice.number(3) * 2 + number) % len(ORDERS)]
    if dice.happens(60):
        spec["defaultAction"] = dice.one(("Deny", "Pass"))
    return objects_of("Tier", VERSION, f"t{number}", spec)


def _set(dice: Dice, namespaces: tuple[str, ...], number: int) -> Obj:
    wide = dice.happens(50)
    kind, home = ("GlobalNetworkSet", "") if wide else ("NetworkSet", dice.one(namespaces))
    found = objects_of(kind, VERSION, f"s{number}", {"nets": dice.some(BLOCKS)[:3]}, home)
    found["metadata"]["labels"] = labels(dice)
    return found


def _policy(dice: Dice, namespaces: tuple[str, ...], tiers: list[str], number: int) -> Obj:
    """Calico's names begin with their tier."""
    wide, tier = dice.happens(50), dice.one(tiers)
    spec: Obj = {"tier": tier, "types": dice.some(("Ingress", "Egress"))}
    if dice.happens(75):
        ties = dice.happens(10)
        spec["order"] = dice.one((500, 1000)) if ties else 100 * (dice.number(19) * 6 + number) + 1
    if dice.happens(70):
        spec["selector"] = expression(dice)
    if wide and dice.happens(30):
        spec["namespaceSelector"] = namespaces_expression(dice)
    for kind in spec["types"]:
        if rules := dice.many(lambda d, k=kind: _rule(d, k), 3):  # type: ignore[misc]
            spec[kind.lower()] = rules
    kind, home = ("GlobalNetworkPolicy", "") if wide else ("NetworkPolicy", dice.one(namespaces))
    return objects_of(kind, VERSION, f"{tier}.c{number}", spec, home)


def expression(dice: Dice, depth: int = 2) -> str:
    """A selector with every operator of the language."""
    kind = dice.number(11) if depth else dice.number(8)
    key, value = dice.one(KEYS), dice.one(VALUES)
    some = ", ".join(f"'{each}'" for each in dice.some(VALUES))
    plain = (
        f"{key} == '{value}'",
        f'{key} != "{value}"',
        f"has({key})",
        "all()",
        f"{key} in {{{some}}}",
        f"{key} not in {{{some}}}",
        f"{key} contains '{value}'",
        f"{key} starts with '{value}'",
        f"{key} ends with '{value}'",
    )
    match kind:
        case 9:
            return f"{expression(dice, depth - 1)} && {expression(dice, depth - 1)}"
        case 10:
            return f"({expression(dice, depth - 1)}) || {expression(dice, depth - 1)}"
        case 11:
            return f"!({expression(dice, depth - 1)})"
        case _:
            return plain[kind]


def namespaces_expression(dice: Dice) -> str:
    """A selector of namespaces: by label, by name, or one of the two words."""
    match dice.number(4):
        case 0:
            return f"projectcalico.org/name == '{dice.one(NAMESPACES)}'"
        case 1:
            return "all()"
        case 2:
            return f"kubernetes.io/metadata.name in {{'{dice.one(NAMESPACES)}'}}"
        case _:
            return expression(dice, 1)


def _rule(dice: Dice, direction: str) -> Obj:
    rule: Obj = {"action": dice.one(("Allow", "Deny", "Pass", "Log"))}
    with_ports = dice.happens(50)
    if with_ports:
        rule["protocol"] = dice.one((*PROTOCOLS, *NUMBERS[:3]))
    elif dice.happens(20):
        rule["protocol"] = dice.one((*PROTOCOLS, "ICMP", *NUMBERS))
    elif dice.happens(15):
        rule["notProtocol"] = dice.one((*PROTOCOLS, *NUMBERS))
    if dice.happens(10):
        rule["ipVersion"] = dice.one((4, 6))
    peer, own = ("source", "destination") if direction == "Ingress" else ("destination", "source")
    version = rule.get("ipVersion")
    if dice.happens(80):
        rule[peer] = _entity(dice, version)
    if dice.happens(15):
        rule[own] = (
            {"selector": expression(dice, 1)}
            if dice.happens(70)
            else {"nets": _nets(dice, version)}
        )
    if with_ports and dice.happens(90):
        key = dice.one(("ports", "ports", "notPorts"))
        rule.setdefault("destination", {})[key] = dice.many(_port, 2, 1)
    return {key: each for key, each in rule.items() if each != {}}


def _nets(dice: Dice, version: int | None) -> list[str]:
    """Blocks of the rule's own version, if it has one."""
    fitting = [each for each in BLOCKS if version is None or (":" in each) == (version == 6)]
    return dice.some(fitting)[:3]


def _entity(dice: Dice, version: int | None) -> Obj:
    found: Obj = {}
    if dice.happens(50):
        found["selector"] = expression(dice)
    if dice.happens(20):
        found["notSelector"] = expression(dice, 1)
    if dice.happens(30):
        found["namespaceSelector"] = "global()" if dice.happens(15) else namespaces_expression(dice)
    if dice.happens(15):
        found["nets"] = _nets(dice, version)
    if dice.happens(10):
        found["notNets"] = _nets(dice, version)
    if dice.happens(10):
        found["serviceAccounts"] = {"names": dice.some(("robot", "clerk", "default"))}
    return found


def _port(dice: Dice) -> int | str:
    match dice.number(2):
        case 0:
            return dice.one(PORTS)
        case 1:
            first, last = port_range(dice)
            return f"{first}:{last}"
        case _:
            return dice.one(PORT_NAMES)
