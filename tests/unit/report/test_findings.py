"""One set of findings, every format: the same ones in table, JSON and NDJSON, in one order."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from seawall.collect.manifests import STDIN, read_manifests
from seawall.demo.fleet import NAMES, definition
from seawall.flow.sources import judged
from seawall.judge.judging import Judged
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.finding import Severity, Verdict
from seawall.model.sight import Seen, Skipped, Unseen
from seawall.report.findings import Results, scan_document, scan_records, totals
from seawall.report.tables import clusters_table, findings_table
from seawall.report.text import as_json

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
REFUSED = Unseen("401 Unauthorized")
AGAIN = Skipped("the same cluster as a, judged there")
Json = dict[str, Any]


def manifests(objects: Iterable[Json]) -> bytes:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}).encode()


def judged_from(objects: Iterable[Json]) -> Judged:
    return judged(read_manifests([STDIN], now=NOW, stdin=manifests(objects)))


@pytest.fixture(scope="module")
def fleet() -> Results:
    """The demo clusters, one more of which the policies were not seen, and two not judged."""
    seen = [(ClusterKey(name), Seen(judged_from(definition(name).objects))) for name in NAMES]
    whole = seen[0][1].value.snapshot
    blind = judged(replace(whole, network_policies=Unseen("403 Forbidden")))
    return [
        *seen,
        (ClusterKey("blind"), Seen(blind)),
        (ClusterKey("lost"), REFUSED),
        (ClusterKey("again"), AGAIN),
    ]


def the_judged(results: Results) -> list[Judged]:
    return [result.value for _, result in results if isinstance(result, Seen)]


def cells(table: Table) -> list[list[str]]:
    """The text of each row, as it would be printed."""
    columns = [list(map(str, column.cells)) for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def test_every_format_has_the_same_findings(fleet: Results) -> None:
    document: Any = scan_document(fleet)
    records: list[Any] = [each for each in scan_records(fleet) if each["kind"] == "finding"]
    of_json = [each for cluster in document["clusters"] for each in cluster.get("findings", ())]
    of_table = [row for one in the_judged(fleet) for row in cells(findings_table(one))]

    assert len(of_json) > 100
    assert [each["fingerprint"] for each in of_json] == [each["fingerprint"] for each in records]
    assert [each["summary"] for each in of_json] == [row[4] for row in of_table]
    assert [each["severity"] for each in of_json] == [row[0] for row in of_table]


def test_every_format_has_every_cluster(fleet: Results) -> None:
    document: Any = scan_document(fleet)
    records = [each for each in scan_records(fleet) if each["kind"] == "cluster"]
    rows = cells(clusters_table(fleet))

    statuses = ["scanned"] * 4 + ["unseen", "skipped"]
    assert statuses == [each["status"] for each in document["clusters"]]
    assert statuses == [each["status"] for each in records]
    assert statuses == [row[1].partition(":")[0] for row in rows]
    assert [key for key, _ in fleet] == [row[0] for row in rows]


def test_a_record_is_the_entry_of_the_document(fleet: Results) -> None:
    document: Any = scan_document(fleet)
    clusters: list[Json] = []
    for record in scan_records(fleet):
        rest = {key: value for key, value in record.items() if key != "kind"}
        if record["kind"] == "cluster":
            clusters.append(rest | ({"findings": []} if rest["status"] == "scanned" else {}))
        else:
            del rest["cluster"]
            clusters[-1]["findings"].append(rest)

    assert document["clusters"] == clusters


def test_the_totals_are_those_of_the_outcomes(fleet: Results) -> None:
    outcomes = Counter(o.verdict for one in the_judged(fleet) for o in one.outcomes)
    counts: Any = {str(verdict): outcomes[verdict] for verdict in Verdict}

    assert {"scanned": 4, "unseen": 1, "skipped": 1} | counts == totals(fleet)


def test_what_was_not_scanned_is_a_dash_and_no_zero(fleet: Results) -> None:
    lost, again = cells(clusters_table(fleet))[-2:]

    assert ["lost", "unseen: 401 Unauthorized", *"----"] == lost
    assert ["again", "skipped: the same cluster as a, judged there", *"----"] == again


def test_what_was_not_seen_is_in_the_entry_of_its_cluster(fleet: Results) -> None:
    document: Any = scan_document(fleet)
    blind = document["clusters"][3]

    assert {"what": "networkpolicies", "why": "403 Forbidden"} in blind["unseen"]
    assert 0 < blind["verdicts"]["unknown"]
    assert {"unknown"} == {
        each["verdict"] for each in blind["findings"] if each["rule"].startswith("default-open")
    }


def test_a_scan_of_nothing_has_nothing_to_say() -> None:
    document: Any = scan_document([])

    assert [] == document["clusters"]
    assert {0} == set(document["totals"].values())


def test_the_gravest_come_first_and_what_is_unknown_last(fleet: Results) -> None:
    for one in the_judged(fleet):
        ranks = [(f.verdict is Verdict.FAIL, f.severity.rank) for f in one.findings]

        assert sorted(ranks, reverse=True) == ranks


@pytest.mark.parametrize("least", Severity)
def test_the_table_from_a_severity_up_leaves_out_the_lower_ones(
    least: Severity, fleet: Results
) -> None:
    for one in the_judged(fleet):
        shown = [f.summary for f in one.findings if f.severity.rank >= least.rank]

        assert shown == [row[4] for row in cells(findings_table(one, least))]


def test_each_fingerprint_stands_for_one_finding(fleet: Results) -> None:
    prints = [f.fingerprint for one in the_judged(fleet)[:3] for f in one.findings]

    assert len(prints) == len(set(prints))


def test_a_time_is_written_in_utc_to_the_second(fleet: Results) -> None:
    document: Any = scan_document(fleet)

    assert "2026-01-02T03:04:05Z" == document["clusters"][0]["takenAt"]


@pytest.mark.parametrize("uid, written", [(Seen(ClusterUid("u-1")), "u-1"), (REFUSED, None)])
def test_a_uid_that_is_not_known_is_null(
    uid: Seen[ClusterUid] | Unseen, written: str | None, fleet: Results
) -> None:
    snapshot = replace(the_judged(fleet)[0].snapshot, uid=uid)
    document: Any = scan_document([(ClusterKey("a"), Seen(judged(snapshot)))])

    assert written == document["clusters"][0]["uid"]


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_input_changes_no_byte(name: str, fleet: Results) -> None:
    key, result = next(each for each in fleet if each[0] == name)
    objects = list(definition(name).objects)
    expected = as_json(scan_document([(key, result)]))
    for seed in range(3):
        random.Random(seed).shuffle(objects)  # noqa: S311  an order, no secret

        assert expected == as_json(scan_document([(key, Seen(judged_from(objects)))]))


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["scan", "-o", "json"], id="scan json"),
        pytest.param(["scan", "-o", "ndjson"], id="scan ndjson"),
        pytest.param(["scan"], id="scan table"),
        pytest.param(["isolation", "-o", "json"], id="isolation json"),
        pytest.param(["isolation"], id="isolation table"),
    ],
)
def test_the_order_of_sets_in_memory_changes_no_byte(
    arguments: list[str], tmp_path: Path, checkout: Path
) -> None:
    file = tmp_path / "all.json"
    file.write_bytes(manifests(definition(NAMES[0]).objects))
    command = [sys.executable, "-m", "seawall", *arguments, str(file), "--now", "2026-01-02"]

    def printed(seed: str) -> bytes:
        known = {"PYTHONPATH": str(checkout / "shared"), "PYTHONHASHSEED": seed}
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **known}
        done = subprocess.run(command, capture_output=True, check=False, env=env, timeout=60)  # noqa: S603  our own command
        assert done.returncode in {0, 2}, done.stderr
        return done.stdout

    assert printed("1") == printed("2") == printed("3")


def test_hostile_text_in_a_cell_is_shown_and_never_markup(fleet: Results) -> None:
    evil = ClusterKey("[red]a\x1b[2J\u202eb[/red] :smile:")
    out = StringIO()
    Console(file=out, width=200, force_terminal=True, markup=False, emoji=False).print(
        clusters_table([(evil, Unseen("\x1b]0;x\x07")), fleet[0]])
    )

    assert r"[red]a\x1b[2J\u202eb[/red] :smile:" in out.getvalue()
    assert r"unseen: \x1b]0;x\x07" in out.getvalue()
