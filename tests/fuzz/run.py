"""Fuzzing in bulk: `python -m tests.fuzz.run N SEED [FIRST]`."""

import sys
import time

from tests.fuzz.rounds import fuzz

MOST_SHOWN = 20


def main(words: list[str]) -> int:
    """Read, print the counts, and what broke a promise."""
    most, seed, first = int(words[0]), int(words[1]), int(words[2]) if words[2:] else 0
    begun = time.monotonic()
    outcome = fuzz(seed, most=most, first=first, until=lambda: False)
    shown = outcome.wrong[:MOST_SHOWN]
    took = time.monotonic() - begun
    end = f"seed {seed}, {took:.0f} s, {len(outcome.wrong)} promises broken"
    print(*outcome.lines(), *shown, end, sep="\n")  # noqa: T201  a program of its own
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
