"""`kill -9` at any moment and a restart lose nothing and change nothing twice.

Each round makes an empty namespace that Seawall may close by itself, starts a run, kills it at a
random moment, some rounds twice, and lets a last one finish. SEAWALL_KILLS says how many kills
(`make kills`: 60; here a short slice).
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.setting import environment

from seawall.demo.apiserver import ApiServer
from seawall.demo.fleet import DemoFleet

KILLS = int(os.environ.get("SEAWALL_KILLS", "5"))
MENDED = "aks-analytics-dev"
LONGEST_S = 1.2
"""A whole run takes about that long: later kills would come too late."""


@dataclass
class Killed:
    """A fleet whose runs are killed, and what is known of it from outside.

    Attributes:
        landed: How many kills hit a process that was still running.
    """

    fleet: DemoFleet
    folder: Path
    landed: int = 0
    spaces: list[str] = field(default_factory=list)

    def command(self, *words: str) -> list[str]:
        """The command line, on this state."""
        state = ["--state", str(self.folder / "state.db")]
        return [sys.executable, "-m", "seawall", *words, *state]

    def run(self) -> subprocess.Popen[bytes]:
        """Start a run."""
        words = ("run", "--once", "-q", "--fail-on", "never", "-o", "json=run.json")
        ways = ("--kubeconfig", str(self.fleet.kubeconfig), "--alerts", "alerts")
        return subprocess.Popen(  # noqa: S603  this project's own command
            self.command(*words, *ways),
            cwd=self.folder,
            env=environment(self.folder, {}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def say(self, *words: str) -> str:
        """What a verb prints."""
        done = subprocess.run(  # noqa: S603  this project's own command
            self.command(*words),
            cwd=self.folder,
            env=environment(self.folder, {}),
            check=True,
            capture_output=True,
            timeout=60,
        )
        return done.stdout.decode()

    def finish(self) -> None:
        """A run that nobody disturbs."""
        with self.run() as process:
            _, said = process.communicate(timeout=60)
        assert (0, b"") == (process.returncode, said)

    def kill_at(self, seconds: float) -> None:
        """A run that is killed."""
        with self.run() as process:
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=60)
        self.landed += process.returncode == -signal.SIGKILL

    def new_space(self) -> None:
        """A team makes an empty namespace."""
        name = f"team-{len(self.spaces)}"
        self.spaces.append(name)
        self.server.store.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    @property
    def server(self) -> ApiServer:
        """The API server that is mended."""
        return next(each.server for each in self.fleet.clusters if each.name == MENDED)

    def digests(self) -> list[dict[str, Any]]:
        """All that was told."""
        return [json.loads(path.read_text()) for path in (self.folder / "alerts").glob("*.json")]


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Killed]:
    """Runs killed as often as asked, each round brought to its end by an undisturbed one."""
    chance = random.Random(20261124)  # noqa: S311  moments, no secrets
    with DemoFleet(tmp_path, writable=True) as fleet:
        found = Killed(fleet, tmp_path)
        found.finish()
        found.say("adopt")
        found.say("mode", "auto", MENDED)
        while found.landed < KILLS:
            found.new_space()
            for _ in range(chance.choice((1, 1, 2))):
                found.kill_at(chance.uniform(0.05, LONGEST_S))
            found.finish()
        found.finish()
        yield found


def created(killed: Killed) -> Counter[str]:
    """How often each namespace got its policy, by what the API server wrote down."""
    entries = killed.server.journal.entries
    made = (e for e in entries if e.method == "PATCH" and e.status == 201)
    return Counter(e.path.split("/")[5] for e in made if "dryRun" not in e.query)


def changes(killed: Killed) -> dict[str, int]:
    """The generation of each policy: a second write that changed something would raise it."""
    resource = killed.server.store.resource("networking.k8s.io", "v1", "networkpolicies")
    assert resource is not None
    held = killed.server.store.view(resource).items
    found = (each.obj["metadata"] for each in held if each.name == "isolate-ingress")
    by_space = {each["namespace"]: each["generation"] for each in found}
    return {name: by_space[name] for name in killed.spaces}


def turns(killed: Killed) -> Counter[tuple[str, str]]:
    history = killed.say("history", MENDED, "--most", "100000", "-o", "ndjson")
    found = map(json.loads, history.splitlines())
    return Counter(
        (each["namespace"], each["turn"])
        for each in found
        if each["rule"] == "default-open-ingress" and each["namespace"] in killed.spaces
    )


def told(killed: Killed) -> Counter[str]:
    """In how many digests each new namespace's policy is told of."""
    return Counter(
        notice["text"].partition("/")[0]
        for digest in killed.digests()
        for notice in digest["notices"]
        if "closed and verified" in notice["text"]
    )


def test_killed_runs_lose_nothing_and_change_nothing_twice(killed: Killed) -> None:
    once = dict.fromkeys(killed.spaces, 1)
    last = json.loads((killed.folder / "run.json").read_text())
    print(f"\n{killed.landed} kills, {len(killed.spaces)} namespaces")  # noqa: T201  the count is asked for

    assert once == {name: created(killed)[name] for name in killed.spaces}
    assert once == changes(killed)
    assert once == {name: told(killed)[name] for name in killed.spaces}
    assert {(name, turn): 1 for name in killed.spaces for turn in ("opened", "resolved")} == turns(
        killed
    )
    assert [] == json.loads(killed.say("queue", "list", "-o", "json"))["deadLetters"]
    assert ["scanned"] * 3 == [entry["end"] for entry in last["lastRun"]["ledger"]]
