"""The benchmarks run, at sizes that only show that they do. No number of theirs is tested."""

import subprocess
import sys
from pathlib import Path

import pytest
from bench.measured import Target, medians


def run(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(checkout / "bench" / "run.py"), *words]
    return subprocess.run(  # noqa: S603  our own script
        command, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    "name, said",
    [
        pytest.param("list", "times less than the client", id="both clients read the same pods"),
        pytest.param("analyse", "the same answers", id="the literal procedure agrees"),
        pytest.param("dialects", "Calico, three tiers", id="each kind of policy is analysed"),
        pytest.param("state", "recalled the same memory", id="both ways remember the same"),
        pytest.param("queue", "all delivered the same", id="all queues deliver the same"),
        pytest.param("fleet", "in scans alone", id="a fleet is run"),
        pytest.param("startup", "hold no SDK", id="no start imports an SDK"),
    ],
)
def test_a_benchmark_runs(checkout: Path, name: str, said: str) -> None:
    done = run(checkout, name, "--tiny", "--rounds", "1")

    assert (0, "") == (done.returncode, done.stderr)
    assert said in done.stdout


def test_an_unknown_benchmark_is_a_usage_error(checkout: Path) -> None:
    done = run(checkout, "lists")

    assert done.returncode == 2
    assert (
        "no benchmark lists: there are list, analyse, dialects, state, queue, fleet, startup"
        in done.stderr
    )


def test_the_middle_sample_counts() -> None:
    assert {"cpu_s": 2.0} == medians([{"cpu_s": 9.0}, {"cpu_s": 1.0}, {"cpu_s": 2.0}])


@pytest.mark.parametrize(
    "value, at_least, verdict",
    [
        pytest.param(3.0, False, "met", id="just within"),
        pytest.param(3.1, False, "MISSED", id="too much"),
        pytest.param(3.0, True, "met", id="just enough"),
        pytest.param(2.9, True, "MISSED", id="too little"),
    ],
)
def test_a_target_is_met_or_missed(value: float, *, at_least: bool, verdict: str) -> None:
    line = Target("speed", 3, "s", at_least=at_least).line(value)

    assert verdict == line.split()[-1]
