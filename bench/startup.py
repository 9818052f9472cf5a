"""Starting: how long a person waits for `--help`, a small scan and the demo.

Each command is a fresh process with its bytecode already compiled, measured from outside. A start
uses one core and waits for nothing, so its CPU seconds are its wall clock on an idle machine, and
the targets are held against them; the wall clock is shown too. The demo is held against the wall.
Beside them stand a bare Python, and the import alone of the `kubernetes` package, which a scanner
built on it pays at every start.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Final

from bench import measured
from bench.measured import ROOT, Facts, Target

SMALL_FOLDER: Final = ROOT / "tests" / "house" / "tiny"
OK: Final = 0
FOUND_SOMETHING: Final = 2

FOLDER_NEEDS: Final = (
    "seawall.cli.main, seawall.wiring, seawall.flow.sources, seawall.collect.manifests, "
    "seawall.report.findings, seawall.report.tables"
)
CLUSTER_NEEDS: Final = (
    "seawall.cli.main, seawall.wiring, seawall.flow.sources, seawall.collect.cluster, "
    "seawall.connect.reader, seawall.discover.kubeconfig, seawall.report.findings, "
    "seawall.report.tables"
)
GUESTS: Final = ("aiohttp", "azure", "boto3", "google", "kubernetes")
"""What only one module each may import, and no start may pay for."""

COMMANDS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "bare Python (python -c pass)": ("-c", "pass"),
        "import kubernetes": ("-c", "import kubernetes"),
        "seawall --help": ("-m", "seawall", "--help"),
        "import what a folder's scan needs": ("-c", f"import {FOLDER_NEEDS}"),
        "import what a cluster's scan needs": ("-c", f"import {CLUSTER_NEEDS}"),
        "the same, and kubernetes to read a kubeconfig": (
            "-c",
            f"import {CLUSTER_NEEDS}, kubernetes.config.kube_config",
        ),
        "seawall scan, a folder of one file": ("-m", "seawall", "scan", str(SMALL_FOLDER)),
    }
)
TARGETS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "seawall --help": 0.3,
        "import what a folder's scan needs": 0.3,
        "import what a cluster's scan needs": 0.3,
    }
)
DEMO: Final = "seawall demo"
DEMO_TARGET_S: Final = 60


def main() -> None:
    """The report."""
    report(measured.options("Starting."))


def report(options: argparse.Namespace) -> None:
    """The starts in turns, then the demo."""
    _check_guests()
    rounds = options.rounds or (1 if options.tiny else 9)
    runs = {name: partial(_start, words) for name, words in COMMANDS.items()}
    measured.taking_turns(1, runs)  # compiles, and brings every file into the page cache
    found = measured.taking_turns(rounds, runs)
    print(f"startup: medians of {rounds} rounds in turns, CPU; a scan's imports hold no SDK")
    for name, facts in found.items():
        print(_line(name, facts["cpu_s"], TARGETS.get(name)), f"(wall {facts['wall_s']:.3g} s)")
    if not options.tiny:
        demo = measured.taking_turns(3, {DEMO: partial(_start, ("-m", "seawall", "demo"))})[DEMO]
        name = f"{DEMO}, installed: wall, 3 rounds"
        print(_line(name, demo["wall_s"], DEMO_TARGET_S), f"(CPU {demo['cpu_s']:.3g} s)")


def _line(name: str, value_s: float, bound_s: float | None) -> str:
    if bound_s is None:
        return f"{measured.plain(name, value_s, 's'):<96}"
    return Target(name, bound_s, "s").line(value_s)


def _start(words: Sequence[str]) -> Facts:
    """Run Python with these words; a verb that found something to say may exit with 2."""
    command = [sys.executable, *words]
    before, began = _children_s(), time.perf_counter()
    done = subprocess.run(  # noqa: S603  our own modules
        command, cwd=ROOT, env=measured.environment(), capture_output=True, text=True, check=False
    )
    wall_s = time.perf_counter() - began
    if done.returncode not in {OK, FOUND_SOMETHING}:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return {"wall_s": wall_s, "cpu_s": _children_s() - before}


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _check_guests() -> None:
    """No SDK may hide in what a scan imports: a fast start on this machine would not show it."""
    code = (
        f"import sys, {FOLDER_NEEDS}, {CLUSTER_NEEDS}\n"
        f"sys.exit(', '.join(name for name in {GUESTS} if name in sys.modules) or 0)"
    )
    try:
        _start(("-c", code))
    except SystemExit as error:
        raise SystemExit(f"importing what a scan needs brings in an SDK: {error}") from error


if __name__ == "__main__":
    main()
