"""What every benchmark shares: fresh processes, their CPU and memory, medians, how to print them.

Each sample is taken in a process of its own, so that neither the memory nor the warm caches of one
count for another. The alternatives take turns (A B A B): whatever else the machine is doing then
hurts all of them alike. CPU seconds are preferred to the wall clock for the same reason.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, Self

ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = ROOT / "shared"
MEGABYTE: Final = 1_000_000
KIBIBYTE: Final = 1024
WHOLE_ABOVE: Final = 100
"""Larger numbers are printed without a fraction: it would mean nothing."""

Facts = Mapping[str, float]
"""What one process found out, by name; the keys end in their unit."""


class Spent:
    """CPU and wall seconds of this process, all its threads, within a `with` block."""

    cpu_s = wall_s = 0.0

    def __enter__(self) -> Self:
        self._cpu_s, self._wall_s = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.cpu_s = time.process_time() - self._cpu_s
        self.wall_s = time.perf_counter() - self._wall_s


def peak_mb() -> float:
    """The most memory this process ever held.

    Linux counts the peak of the parent at the fork into `ru_maxrss`, but not into VmHWM.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * KIBIBYTE / MEGABYTE
    unit = 1 if sys.platform == "darwin" else KIBIBYTE  # getrusage(2): bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def environment() -> dict[str, str]:
    """This environment, with the package of this very checkout on the path."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(PACKAGE)))}


def in_fresh_process(module: str, *words: object) -> Facts:
    """What `python -m MODULE WORDS` prints as one JSON object on its last line."""
    command = [sys.executable, "-m", module, *map(str, words)]
    done = subprocess.run(  # noqa: S603  our own modules
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    facts: Facts = json.loads(done.stdout.splitlines()[-1])
    return facts


def tell(facts: Facts) -> None:
    """The other end of `in_fresh_process`."""
    print(json.dumps(facts))


def taking_turns(rounds: int, runs: Mapping[str, Callable[[], Facts]]) -> dict[str, Facts]:
    """The median of each fact of each run, over rounds in which every run has its turn."""
    samples: dict[str, list[Facts]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            samples[name].append(run())
    return {name: medians(found) for name, found in samples.items()}


def medians(samples: list[Facts]) -> Facts:
    """The median of each fact."""
    return {key: median(sample[key] for sample in samples) for key in samples[0]}


@dataclass(frozen=True, slots=True)
class Target:
    """A promise in numbers."""

    what: str
    bound: float
    unit: str
    at_least: bool = False

    def line(self, value: float) -> str:
        """The promise, the value and whether it was kept."""
        kept = value >= self.bound if self.at_least else value <= self.bound
        word = "at least" if self.at_least else "at most"
        bound = f"target: {word} {self.bound:g} {self.unit}"
        verdict = "met" if kept else "MISSED"
        return f"{plain(self.what, value, self.unit):<64}{bound:<26}{verdict:<6}"


def plain(what: str, value: float, unit: str) -> str:
    """A number without a promise."""
    shown = f"{value:,.0f}" if value >= WHOLE_ABOVE else f"{value:.3g}"
    return f"  {what:<46}{shown:>9} {unit}"


def options(description: str) -> argparse.Namespace:
    """The two options every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=0, help="turns each alternative gets")
    parser.add_argument("--tiny", action="store_true", help="a size that only shows that it runs")
    return parser.parse_args()
