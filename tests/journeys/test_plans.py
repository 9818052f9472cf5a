"""`seawall apply` and `rollback` at the command line: which plan is meant, and how it ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.setting import Done, Seawall

from seawall.demo.apiserver import ApiServer
from seawall.demo.faults import NAMED, Plan
from seawall.demo.fleet import DemoFleet

OPEN = "aks-analytics-dev"
POLICY = "/apis/networking.k8s.io/v1/namespaces/late/networkpolicies/isolate-ingress"


@dataclass(frozen=True)
class Desk:
    """A cluster whose empty namespace `late` may be closed by a person."""

    fleet: DemoFleet
    seawall: Seawall
    plan: str

    def say(self, *words: str) -> Done:
        """A verb that reaches clusters."""
        return self.seawall(
            *words, "--state", "state.db", "--kubeconfig", str(self.fleet.kubeconfig)
        )

    def writes(self) -> list[str]:
        """What was written to the policy, rehearsals left out."""
        found = server(self.fleet).journal.entries
        return [
            each.method
            for each in found
            if (each.path, each.method == "GET", "dryRun" in each.query) == (POLICY, False, False)
        ]


def server(fleet: DemoFleet) -> ApiServer:
    """The API server that is mended."""
    return next(each.server for each in fleet.clusters if each.name == OPEN)


def late(name: str = "late") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


@pytest.fixture
def desk(seawall: Seawall, tmp_path: Path) -> Iterator[Desk]:
    with DemoFleet(tmp_path, writable=True) as fleet:
        server(fleet).store.put(late())
        way = ("--state", "state.db", "--kubeconfig", str(fleet.kubeconfig))
        seawall("run", "--once", "--only", OPEN, "--fail-on", "never", *way)
        seawall("mode", "propose", OPEN, "--state", "state.db")
        (held,) = seawall("plan", OPEN, "-n", "late", "-o", "json", *way).document["plans"]
        yield Desk(fleet, seawall, held["plan"]["id"])


@pytest.mark.parametrize("verb", ["apply", "rollback"])
@pytest.mark.parametrize("digits", [0, 1, 5])
def test_too_little_of_an_id_names_no_plan(verb: str, digits: int, desk: Desk) -> None:
    done = desk.say(verb, desk.plan[:digits])

    assert (5, []) == (done.code, desk.writes())
    assert "name at least 6 of its digits" in done.err


def test_the_beginning_of_an_id_is_enough_to_apply_and_take_back(desk: Desk) -> None:
    applied = desk.say("apply", desk.plan[:6])
    undone = desk.say("rollback", desk.plan[:6])

    assert (0, 0) == (applied.code, undone.code), (applied.err, undone.err)
    assert ["PATCH", "DELETE"] == desk.writes()


def test_what_was_deleted_since_is_not_called_applied(desk: Desk) -> None:
    desk.say("apply", desk.plan)
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    server(desk.fleet).store.remove(
        policy | {"metadata": {"name": "isolate-ingress", "namespace": "late"}}
    )
    again = desk.say("apply", desk.plan)

    assert 1 == again.code
    assert "was applied, but its NetworkPolicy late/isolate-ingress is not there any more" in (
        again.err
    )


def test_whoever_is_left_in_doubt_is_told_what_to_do(desk: Desk) -> None:
    faults = server(desk.fleet).faults
    faults.plan(Plan(POLICY, NAMED["reset"], method="PATCH", skip=1))  # after the rehearsal
    faults.plan(Plan(POLICY, NAMED["reset"], method="DELETE"))
    said = [desk.say(verb, desk.plan) for verb in ("apply", "apply", "rollback", "rollback")]

    assert [1, 0, 1, 0] == [done.code for done in said]
    for done, stage in ((said[0], "applying"), (said[2], "undoing")):
        assert f"the plan is {stage}, the change may have been made: run the same" in done.err
