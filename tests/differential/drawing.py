"""Plain-random pieces that every dialect draws from: names, labels, selectors, blocks, ports.

Small pools on purpose: what is drawn must meet, or nothing is tested.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

Obj = dict[str, Any]
T = TypeVar("T")

NAMESPACES = ("a", "b", "c", "d")
KEYS = ("app", "env")
VALUES = ("x", "y", "z")
PORT_NAMES = ("http", "dns")
PORTS = (53, 80, 443, 8080)
PROTOCOLS = ("TCP", "UDP", "SCTP")
BLOCKS = (
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/16",
    "10.0.0.0/29",
    "10.0.0.5/32",
    "10.0.0.4/30",
    "192.168.0.0/24",
    "8.8.8.0/24",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "fd00::/64",
    "fd00::4/126",
    "2001:db8::/32",
)
EXCEPTS = {
    "0.0.0.0/0": ("10.0.0.0/16", "8.8.8.8/32", "0.0.0.0/1", "128.0.0.0/1"),
    "10.0.0.0/16": ("10.0.0.0/29", "10.0.0.5/32"),
    "10.0.0.0/29": ("10.0.0.4/30",),
    "8.8.8.0/24": ("8.8.8.8/32",),
    "::/0": ("fd00::/64", "2001:db8::1/128"),
    "fd00::/64": ("fd00::4/126",),
}
"""Strict parts of their block, as the API server asks."""

OUTSIDE = ("8.8.8.8", "8.8.4.4", "200.0.0.1", "2001:db8::1", "2400::1")
NODES = (("n1", "192.168.0.1", "fd01::1"), ("n2", "192.168.0.2", "fd01::2"))


class Dice:
    """What of `Random` is needed, so that Hypothesis may choose instead of chance."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def one(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self._random.randrange(len(choices))]

    def number(self, most: int, least: int = 0) -> int:
        """From `least` to `most`."""
        return least + self._random.randrange(most - least + 1)

    def happens(self, percent: int) -> bool:
        """Yes, so often; what shrinks says no."""
        return self._random.randrange(100) >= 100 - percent

    def many(self, draw: Callable[["Dice"], T], most: int, least: int = 0) -> list[T]:
        """So many of them, drawn one by one."""
        return [draw(self) for _ in range(self.number(most, least))]

    def some(self, choices: Sequence[T], least: int = 1) -> list[T]:
        """Different ones of them, in their order."""
        kept = [each for each in choices if self.happens(50)]
        return kept if len(kept) >= least else [self.one(choices)]


def labels(dice: Dice) -> dict[str, str]:
    """A few labels, often none of some key."""
    return {key: dice.one(VALUES) for key in KEYS if dice.happens(60)}


def selector(dice: Dice, *keys: str) -> Obj:
    """A label selector: empty, pairs, expressions with every operator, or both."""
    found: Obj = {}
    if dice.happens(50):
        found["matchLabels"] = {dice.one(keys or KEYS): dice.one(VALUES)}
    if dice.happens(40):
        found["matchExpressions"] = dice.many(lambda d: expression(d, *keys), 2, 1)
    return found


def expression(dice: Dice, *keys: str) -> Obj:
    """One requirement."""
    operator = dice.one(("In", "NotIn", "Exists", "DoesNotExist"))
    found: Obj = {"key": dice.one(keys or KEYS), "operator": operator}
    return {**found, "values": dice.some(VALUES)} if operator in {"In", "NotIn"} else found


def namespace_selector(dice: Dice) -> Obj:
    """By labels, sometimes by the name that the API server writes."""
    if dice.happens(25):
        return {"matchLabels": {"kubernetes.io/metadata.name": dice.one(NAMESPACES)}}
    return selector(dice)


def port_range(dice: Dice) -> tuple[int, int]:
    """First and last of a range that holds some of the ports; admin tiers refuse equal ones."""
    first = dice.one((1, *PORTS))
    return first, dice.one([port for port in (*PORTS, 65535) if port > first])


def objects_of(kind: str, version: str, name: str, spec: Obj, namespace: str = "") -> Obj:
    """One object as the API server would serve it."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
