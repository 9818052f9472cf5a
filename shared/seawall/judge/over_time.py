"""What is found by comparing scans, and so by no rule that looks at one of them.

It is explained like a rule: by a title, and a page in `docs/rules`.
"""

from dataclasses import dataclass

from seawall.judge.rule import Rule
from seawall.judge.rules import RULES
from seawall.model.finding import Severity


@dataclass(frozen=True, slots=True)
class OverTime:
    """One kind of finding that memory makes; its fields mean what they mean in a `Rule`."""

    id: str
    severity: Severity
    title: str
    controls: tuple[str, ...]


REPLACED = OverTime(
    id="cluster-replaced",
    severity=Severity.HIGH,
    title="Another cluster answers than the one that was pinned; nothing is written to it.",
    controls=("NIST 800-53 CM-8(3)",),
)

OVER_TIME: tuple[OverTime, ...] = (REPLACED,)
"""All there are."""

EXPLAINED: tuple[Rule | OverTime, ...] = (*RULES, *OVER_TIME)
"""All that a finding may name, in the order it is shown."""
