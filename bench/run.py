"""Runs the benchmarks: `python bench/run.py [NAME ...] [--rounds N] [--tiny]`.

A missed target is printed, not punished: other work on the machine must not break a build. The exit
code is 1 only where a benchmark cannot run.
"""

import argparse
import datetime as dt
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
MODULES: Final = {
    "list": "bench.listing",
    "analyse": "bench.analysing",
    "dialects": "bench.dialects",
    "state": "bench.state",
    "queue": "bench.queueing",
    "fleet": "bench.fleet",
    "startup": "bench.startup",
}


def main() -> int:
    """Each benchmark in a process of its own, one after another."""
    parser = argparse.ArgumentParser(description="Seawall's benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MODULES)}")
    chosen, passed_on = parser.parse_known_args()
    unknown = sorted(set(chosen.names) - MODULES.keys())
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}: there are {', '.join(MODULES)}")
    print(_where_and_when(), flush=True)
    names = chosen.names or list(MODULES)
    failed = [name for name in names if not _ran(MODULES[name], passed_on)]
    for name in failed:
        print(f"the benchmark {name} could not run; its error is above", file=sys.stderr)
    return 1 if failed else 0


def _where_and_when() -> str:
    today = dt.datetime.now(dt.UTC).date()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{today}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, {python}"


def _ran(module: str, words: list[str]) -> bool:
    print(flush=True)
    paths = os.pathsep.join((str(ROOT), str(ROOT / "shared")))
    command = [sys.executable, "-m", module, *words]
    env = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode == 0  # noqa: S603  our own modules


if __name__ == "__main__":
    sys.exit(main())
