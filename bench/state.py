"""Bringing the memory of a cluster up to date: 10,000 findings, as one document or as rows.

Ours is `SqliteMemories`: a memory is one row, packed JSON, and each turn of the history another.
The alternative keeps a row for each finding, as a relational design would, in the same file with
the same settings and the same condition on the version. Both write the first scan (every finding
has a turn), then scans in which each finding was seen again and a hundredth changed, and recall the
whole after each, as the scan of a cluster does. Both must recall the same memory.
"""

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Final, Protocol

import msgspec

from bench import measured
from bench.measured import Facts, Spent, plain
from seawall.model.cluster import ClusterKey
from seawall.model.finding import Severity, fingerprint
from seawall.model.memory import FindingMemory, Memory, Status, Transition, Turn
from seawall.model.messages import RunId
from seawall.state.database import Database, open_database
from seawall.state.memories import TURN, SqliteMemories

MODULE: Final = "bench.state"
OURS: Final = "seawall"
ROWS: Final = "one row a finding"
KEY: Final = ClusterKey("https://10.0.0.1#bench")
BEGAN: Final = datetime(2026, 11, 24, tzinfo=UTC)
LATER_SCANS: Final = 9
CHANGED_ONE_IN: Final = 100


STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {"first": "first scan, kept", "later": "later scan, kept", "recall": "recalled"}
)


class Remembering(Protocol):
    """What both ways can do."""

    def recall(self, key: ClusterKey) -> Memory | None:
        """The memory, whole."""
        ...

    def keep(self, memory: Memory, turns: Sequence[Transition], *, attempt: str) -> bool:
        """Write it with its turns, if the version before is the stored one."""
        ...


class RowEach:
    """A header row a cluster and a row a finding, each field a column."""

    def __init__(self, database: Database) -> None:
        self._database = database
        names = [field.name for field in fields(FindingMemory)]
        holes = ", ".join("?" for _ in names)
        updates = ", ".join(f"{name} = excluded.{name}" for name in names)
        self._read = f"SELECT {', '.join(names)} FROM findings WHERE cluster = ? ORDER BY 1"  # noqa: S608  our own words
        self._upsert = (
            f"INSERT INTO findings VALUES (?, {holes})"  # noqa: S608  our own words
            f" ON CONFLICT (cluster, fingerprint) DO UPDATE SET {updates}"
        )
        self._names = names
        with database.writing() as connection:
            connection.execute(
                f"CREATE TABLE findings (cluster, {', '.join(names)},"
                " PRIMARY KEY (cluster, fingerprint)) WITHOUT ROWID"
            )
            connection.execute("CREATE TABLE headers (cluster PRIMARY KEY, version, document)")

    def recall(self, key: ClusterKey) -> Memory | None:
        """The header, and its findings by fingerprint."""
        with self._database.reading() as connection:
            header = connection.execute(
                "SELECT document FROM headers WHERE cluster = ?", (key,)
            ).fetchone()
            rows = connection.execute(self._read, (key,)).fetchall()
        if header is None:
            return None
        found = msgspec.convert(
            [dict(zip(self._names, row, strict=True)) for row in rows],
            tuple[FindingMemory, ...],
            strict=False,
        )
        return replace(msgspec.json.decode(header[0], type=Memory), findings=found)

    def keep(self, memory: Memory, turns: Sequence[Transition], *, attempt: str) -> bool:  # noqa: ARG002  nothing is lost here
        """The header, every finding, every turn."""
        header = msgspec.json.encode(replace(memory, findings=()))
        rows = [(memory.key, *_columns(finding)) for finding in memory.findings]
        turned = [(self._database.fleet, turn.cluster, TURN.stored(turn)) for turn in turns]
        with self._database.writing() as connection:
            known = connection.execute(
                "SELECT version FROM headers WHERE cluster = ?", (memory.key,)
            ).fetchone()
            if (known[0] if known else 0) != memory.version - 1:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO headers VALUES (?, ?, ?)",
                (memory.key, memory.version, header),
            )
            connection.executemany(self._upsert, rows)
            connection.executemany(
                "INSERT INTO transitions (fleet, cluster, document) VALUES (?, ?, ?)", turned
            )
        return True


def _columns(finding: FindingMemory) -> tuple[object, ...]:
    return (
        finding.fingerprint,
        finding.rule,
        finding.severity,
        finding.namespace,
        finding.facet,
        finding.subject,
        finding.summary,
        finding.substance,
        finding.status,
        finding.first_seen.isoformat(),
        finding.last_seen.isoformat(),
        finding.opened_at.isoformat(),
        finding.resolved_at.isoformat() if finding.resolved_at else None,
        finding.adopted,
    )


WAYS: Final[Mapping[str, Callable[[Database], Remembering]]] = MappingProxyType(
    {OURS: SqliteMemories, ROWS: RowEach}
)


def main() -> None:
    """The report, or one of the processes it is made of."""
    match sys.argv[1:]:
        case [way, count] if way in WAYS:
            measured.tell(timed(WAYS[way], int(count)))
        case _:
            report(measured.options("Bringing a memory up to date."))


def report(options: argparse.Namespace) -> None:
    """Both ways in turns."""
    count = 200 if options.tiny else 10_000
    rounds = options.rounds or (1 if options.tiny else 5)
    run = partial(measured.in_fresh_process, MODULE)
    found = measured.taking_turns(rounds, {way: partial(run, way, count) for way in WAYS})
    if found[OURS]["digest"] != found[ROWS]["digest"]:
        raise SystemExit("the two did not recall the same memory")
    print(f"state: {count:,} findings of one cluster; both ways recalled the same memory")
    print(f"  medians of {rounds} rounds in turns, a fresh process each")
    for way, facts in found.items():
        for name, words in STEPS.items():
            print(plain(f"{way}: {words}, CPU", facts[f"{name}_cpu_s"], "s"))
            print(plain(f"{way}: {words}, wall clock", facts[f"{name}_wall_s"], "s"))
        print(plain(f"{way}: the file in the end", facts["file_mb"], "MB"))
        print(plain(f"{way}: peak memory", facts["peak_mb"], "MB"))
    for name, words in STEPS.items():
        ratio = found[ROWS][f"{name}_cpu_s"] / found[OURS][f"{name}_cpu_s"]
        print(plain(f"{words}: times less CPU than rows", ratio, "x"))


def timed(way: Callable[[Database], Remembering], count: int) -> Facts:
    """Seconds of the first write; medians of the later writes and of the recalls between them."""
    recalls, writes = [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seawall.db"
        with open_database(path, fleet="bench", now=BEGAN) as database:
            remembering = way(database)
            memory = first_memory(count)
            turns = [turn_of(memory, finding, Turn.OPENED) for finding in memory.findings]
            first = _kept(remembering, memory, turns)
            for number in range(1, LATER_SCANS + 1):
                recalls.append(_recalled(remembering, memory))
                memory, turns = later_memory(memory, number)
                writes.append(_kept(remembering, memory, turns))
            recalls.append(_recalled(remembering, memory))
        return {
            **_seconds("first", [first]),
            **_seconds("later", writes),
            **_seconds("recall", recalls),
            "file_mb": path.stat().st_size / measured.MEGABYTE,
            "peak_mb": measured.peak_mb(),
            "digest": int.from_bytes(hashlib.sha256(repr(memory).encode()).digest()[:6]),
        }


def _kept(remembering: Remembering, memory: Memory, turns: Sequence[Transition]) -> Spent:
    with Spent() as spent:
        kept = remembering.keep(memory, turns, attempt=str(memory.version))
    if not kept:
        raise SystemExit("nobody else wrote, and the write was refused")
    return spent


def _recalled(remembering: Remembering, memory: Memory) -> Spent:
    with Spent() as spent:
        recalled = remembering.recall(KEY)
    if recalled != memory:
        raise SystemExit("what was recalled is not what was kept")
    return spent


def _seconds(name: str, spent: Sequence[Spent]) -> Facts:
    return {
        f"{name}_cpu_s": median(each.cpu_s for each in spent),
        f"{name}_wall_s": median(each.wall_s for each in spent),
    }


def first_memory(count: int) -> Memory:
    """The first scan: every finding is new."""
    findings = sorted((_finding(number) for number in range(count)), key=lambda f: f.fingerprint)
    return Memory(KEY, 1, RunId("run-1"), tried_at=BEGAN, findings=tuple(findings))


def later_memory(before: Memory, number: int) -> tuple[Memory, list[Transition]]:
    """A scan an hour later: everything is seen again, a few findings say something else."""
    now = BEGAN + timedelta(hours=number)
    findings = tuple(
        replace(finding, last_seen=now, substance=fingerprint("substance", str(number)))
        if place % CHANGED_ONE_IN == number
        else replace(finding, last_seen=now)
        for place, finding in enumerate(before.findings)
    )
    run = RunId(f"run-{before.version + 1}")
    after = replace(
        before, version=before.version + 1, run=run, tried_at=now, scanned_at=now, findings=findings
    )
    changed = findings[number::CHANGED_ONE_IN]
    return after, [turn_of(after, finding, Turn.CHANGED) for finding in changed]


def turn_of(memory: Memory, finding: FindingMemory, turn: Turn) -> Transition:
    """A turn of a finding in the run of this memory."""
    return Transition(
        run=memory.run,
        cluster=memory.key,
        at=memory.tried_at,
        turn=turn,
        fingerprint=finding.fingerprint,
        rule=finding.rule,
        severity=finding.severity,
        namespace=finding.namespace,
        summary=finding.summary,
    )


def _finding(number: int) -> FindingMemory:
    namespace = f"team-{number % 1_000:04}"
    return FindingMemory(
        fingerprint=fingerprint("finding", str(number)),
        rule=f"default-open-ingress-{number % 11}",
        severity=Severity.HIGH,
        namespace=namespace,
        facet="ingress",
        subject=f"NetworkPolicy {namespace}/allow-{number}",
        summary=f"any pod of any namespace can reach every pod of {namespace} on port {number}",
        substance=fingerprint("substance", str(number)),
        status=Status.OPEN,
        first_seen=BEGAN,
        last_seen=BEGAN,
        opened_at=BEGAN,
    )


if __name__ == "__main__":
    main()
