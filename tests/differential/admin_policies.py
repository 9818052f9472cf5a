"""Random admin policies, of the older API or the newer, and sometimes of equal priority."""

from tests.differential.drawing import (
    BLOCKS,
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

OLDER, NEWER = "policy.networking.k8s.io/v1alpha1", "policy.networking.k8s.io/v1alpha2"


def drawn(dice: Dice, *, only_newest: bool) -> list[Obj]:
    """Policies of both tiers, all of one version: what comes first of two is nowhere said."""
    newest = only_newest or dice.happens(60)
    return _newer(dice) if newest else _older(dice)


def _priorities(dice: Dice, most: int) -> list[int]:
    """Mostly different ones."""
    ties = dice.happens(20)
    return [dice.number(3) if ties else 10 * number + dice.number(9) for number in range(most)]


def _newer(dice: Dice) -> list[Obj]:
    found = []
    for tier in ("Admin", "Baseline"):
        for number, priority in enumerate(_priorities(dice, dice.number(3))):
            spec = {"tier": tier, "priority": priority, **_spec(dice, newest=True)}
            name = f"{tier.lower()}{number}"
            found.append(objects_of("ClusterNetworkPolicy", NEWER, name, spec))
    return found


def _older(dice: Dice) -> list[Obj]:
    found = [
        objects_of(
            "AdminNetworkPolicy",
            OLDER,
            f"anp{number}",
            {"priority": priority, **_spec(dice, newest=False)},
        )
        for number, priority in enumerate(_priorities(dice, dice.number(3)))
    ]
    if dice.happens(60):
        spec = _spec(dice, newest=False, actions=("Allow", "Deny"))
        found.append(objects_of("BaselineAdminNetworkPolicy", OLDER, "default", spec))
    return found


def _spec(dice: Dice, *, newest: bool, actions: tuple[str, ...] = ()) -> Obj:
    chosen = actions or (("Accept" if newest else "Allow"), "Deny", "Pass")
    spec: Obj = {"subject": _pods(dice)}
    for key, peers in (("ingress", "from"), ("egress", "to")):
        rules = dice.many(lambda d, p=peers: _rule(d, p, chosen, newest=newest), 3)  # type: ignore[misc]
        if rules:
            spec[key] = rules
    return spec


def _pods(dice: Dice) -> Obj:
    if dice.happens(50):
        return {"namespaces": namespace_selector(dice)}
    return {"pods": {"namespaceSelector": namespace_selector(dice), "podSelector": selector(dice)}}


def _rule(dice: Dice, key: str, actions: tuple[str, ...], *, newest: bool) -> Obj:
    rule: Obj = {"action": dice.one(actions)}
    rule[key] = dice.many(lambda d: _peer(d, key), 2, 1)
    if dice.happens(50):
        # "You can't use this in a rule that targets [...] Nodes or Networks": names of ports.
        draw = _protocol if newest else _port
        with_names = all(each.keys() & {"pods", "namespaces"} for each in rule[key])
        kinds = 2 if with_names else 1
        rule["protocols" if newest else "ports"] = dice.many(lambda d: draw(d, kinds), 2, 1)
    return rule


def _peer(dice: Dice, key: str) -> Obj:
    """Networks, nodes and names are for egress only."""
    kind = dice.number(9) if key == "to" else 0
    if kind == 8:
        return {"nodes": selector(dice)}
    if kind > 5:
        return {"networks": dice.some(BLOCKS)[:3]}
    return _pods(dice)


def _port(dice: Dice, kinds: int) -> Obj:
    match dice.number(kinds):
        case 0:
            return {"portNumber": {"protocol": dice.one(PROTOCOLS), "port": dice.one(PORTS)}}
        case 1:
            first, last = port_range(dice)
            told = {"protocol": dice.one(PROTOCOLS), "start": first, "end": last}
            return {"portRange": told}
        case _:
            return {"namedPort": dice.one(PORT_NAMES)}


def _protocol(dice: Dice, kinds: int) -> Obj:
    match dice.number(kinds):
        case 0:
            return {dice.one(PROTOCOLS).lower(): {"destinationPort": {"number": dice.one(PORTS)}}}
        case 1:
            first, last = port_range(dice)
            told = {"destinationPort": {"range": {"start": first, "end": last}}}
            return {dice.one(PROTOCOLS).lower(): told}
        case _:
            return {"destinationNamedPort": dice.one(PORT_NAMES)}
