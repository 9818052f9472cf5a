"""The differential round in bulk: `python -m tests.differential.run N SEED`."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

from tests.differential.cases import FOLDER, kept
from tests.differential.rounds import CAUTIOUS, LEFT_OPEN, Round, Wrong, compared, drawn, engine_of

EACH = 100
"""Questions about a cluster."""

VERDICTS = ("allowed", "denied", "unknown", CAUTIOUS, LEFT_OPEN)
MOST_KEPT = 10


def rounds(seed: int) -> Iterator[Round]:
    """Clusters without end; the same ones for the same seed."""
    number = 0
    while True:
        random = Random(f"{seed}/{number}")  # noqa: S311  a repeatable draw is the point
        yield drawn(random, engine_of(number), EACH)
        number += 1


def asked(counts: Counter[str]) -> int:
    """How many verdicts there are."""
    return sum(counts[verdict] for verdict in VERDICTS)


def bulk(seed: int, *, most: int = sys.maxsize, seconds: float = float("inf")) -> "Outcome":
    """Rounds until so many verdicts, or so much time."""
    until, outcome = time.monotonic() + seconds, Outcome()
    for one in rounds(seed):
        outcome.add(one)
        if asked(outcome.total) >= most or time.monotonic() >= until:
            return outcome
    return outcome


class Outcome:
    """What came of many rounds: counts by engine, and the first wrong answer of each cluster."""

    def __init__(self) -> None:
        self.total: Counter[str] = Counter()
        self.by_engine: dict[str, Counter[str]] = {}
        self.wrong: list[tuple[Round, Wrong]] = []

    def add(self, one: Round) -> None:
        """Ask one round."""
        counts: Counter[str] = Counter()
        found = compared(one, counts)
        self.total += counts
        self.by_engine.setdefault(one.engine, Counter()).update(counts)
        self.wrong += ((one, each) for each in found[:1])

    def lines(self) -> Iterator[str]:
        """The counts, an engine a line."""
        for engine, counts in [*self.by_engine.items(), ("all", self.total)]:
            many = asked(counts)
            unknown = counts["unknown"] + counts[CAUTIOUS]
            yield (
                f"{engine:>13}: {many} verdicts of {counts['clusters']} clusters, "
                f"{counts['allowed']} allowed, {counts['denied']} denied, "
                f"{unknown} unknown ({100 * unknown / max(many, 1):.2f} %; "
                f"{counts[CAUTIOUS]} to the analysis alone), {counts[LEFT_OPEN]} left open"
            )


def main(arguments: list[str]) -> int:
    """Ask, print, and keep what is wrong."""
    most, seed = int(arguments[0]), int(arguments[1])
    begun = time.monotonic()
    outcome = bulk(seed, most=most)
    for line in outcome.lines():
        print(line)  # noqa: T201  a program of its own
    took = time.monotonic() - begun
    print(f"seed {seed}, {took:.0f} s, {len(outcome.wrong)} clusters with a wrong answer")  # noqa: T201  its output
    for one, wrong in outcome.wrong[:MOST_KEPT]:
        print(f"{wrong}\n  kept in {kept(FOLDER, one, wrong)}")  # noqa: T201  its output
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
