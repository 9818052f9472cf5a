"""The fleet in a box, as the first thing a stranger types."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.journeys.setting import Seawall, environment

CLUSTERS = ("eks-payments-prod", "gke-ledger-prod", "aks-analytics-dev")


def test_the_demo_shows_three_clusters_and_what_to_type_next(
    seawall: Seawall, tmp_path: Path
) -> None:
    done = seawall("demo", "-o", "table", "-o", "json=fleet.json")
    found = json.loads((tmp_path / "fleet.json").read_text())

    assert 0 == done.code
    assert list(CLUSTERS) == [each["key"].partition("#")[2] for each in found["clusters"]]
    assert {"scanned": 3, "unseen": 0, "skipped": 0, "unknown": 0}.items() <= found[
        "totals"
    ].items()
    for cluster in CLUSTERS:
        assert cluster in done.out
    for said in (
        "enforced: no: the network policy agent",
        "policy isolates",
        "label-admits-other-namespaces",
    ):
        assert said in done.out
    assert "seawall scan FOLDER" in done.err


def test_the_good_cluster_is_the_good_one(seawall: Seawall) -> None:
    found = seawall("demo", "-q", "-o", "json").document
    fails = {each["key"].partition("#")[2]: each["verdicts"]["fail"] for each in found["clusters"]}

    assert fails["gke-ledger-prod"] < min(fails["eks-payments-prod"], fails["aks-analytics-dev"])


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_fleet_that_is_kept_can_be_read_and_goes_when_told(
    ending: signal.Signals, seawall: Seawall, tmp_path: Path
) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "seawall", "demo", "--keep", "-q", "-o", "json=fleet.json"],
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(tmp_path, {"TMPDIR": str(tmp_path)}),
        text=True,
    )
    with running:
        try:
            assert running.stdout is not None
            config = Path(running.stdout.readline().strip())
            scan = seawall("scan", "--kubeconfig", config, "--context", "*", "-o", "json")
            mode = config.stat().st_mode & 0o777
        finally:
            os.kill(running.pid, ending)
    kept = json.loads((tmp_path / "fleet.json").read_text())

    assert kept["totals"] == scan.document["totals"]
    assert 0o600 == mode
    assert 0 == running.returncode
    assert [tmp_path / "fleet.json"] == list(tmp_path.iterdir())
