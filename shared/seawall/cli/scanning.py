"""Scan a fleet: a few clusters at once, progress on stderr, one result for each."""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from seawall.cli.exits import Exit
from seawall.cli.outputs import console, say
from seawall.model.errors import SeawallError
from seawall.model.sight import Unseen

if TYPE_CHECKING:
    from seawall.flow.sources import Assumed, Scan, Source
    from seawall.model.snapshot import Snapshot
    from seawall.report.findings import Results

AT_ONCE = 4
"""Clusters read at the same time: reading waits for networks, judging for the one interpreter."""


def scanned(
    sources: Sequence["Source"], now: datetime, *, quiet: bool, assumed: "Assumed" = None
) -> "Results":
    """One result for each source, in order; a cluster met twice is judged once.

    Raises:
        Trouble: The settings or the input are wrong.
    """
    from seawall.flow.sources import each_cluster_once

    with _progress(len(sources), quiet=quiet) as advance, ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [pool.submit(_one, source, now, assumed) for source in sources]
        scans = []
        try:
            for future in futures:
                scans.append(future.result())
                advance()
        finally:
            # After a Ctrl-C, or settings that are wrong for all, no further cluster is begun.
            pool.shutdown(wait=False, cancel_futures=True)
    return [(scan.key, scan.result) for scan in each_cluster_once(scans)]


def _one(source: "Source", now: datetime, assumed: "Assumed") -> "Scan":
    from seawall.flow.sources import Scan, scan_source

    try:
        return scan_source(source, now=now, assumed=assumed)
    except SeawallError:
        raise
    except Exception as error:  # noqa: BLE001  # edge: a bug at one cluster must not hide others
        why = f"a bug in Seawall ended the judging ({type(error).__name__}); please report"
        return Scan(source.key, Unseen(why))


class _Advance(Protocol):
    def __call__(self) -> None: ...


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[_Advance]:
    """A bar on stderr, if somebody is looking."""
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.progress import Progress

    with Progress(console=console(sys.stderr, "auto"), transient=True) as progress:
        task = progress.add_task("reading clusters", total=total)
        yield lambda: progress.advance(task)


def summarize(results: "Results") -> None:
    """The last lines on stderr: what was seen, and everything that was not."""
    from seawall.model.sight import Seen, Skipped
    from seawall.report.assumed import assumed_lines
    from seawall.report.findings import totals

    for key, result in results:
        match result:
            case Unseen(why):
                say(f"UNSEEN {key}: {why}")
            case Skipped(why):
                say(f"skipped {key}: {why}")
            case Seen(judged):
                for line in assumed_lines(judged.isolation):
                    say(f"{key}: {line}")
                tell_unseen(judged.snapshot)
    found = totals(results)
    say(
        f"{found['scanned']} scanned, {found['unseen']} unseen, {found['skipped']} skipped; "
        f"{found['pass']} pass (policy isolates), {found['fail']} fail, "
        f"{found['unknown']} unknown; policies enforced in {_enforcing(results)} of "
        f"{found['scanned']}"
    )


def _enforcing(results: "Results") -> int:
    """How many of the clusters are known to carry policies out on all their nodes."""
    from seawall.model.enforcement import Enforced
    from seawall.model.sight import Seen

    scans = (result.value.isolation for _, result in results if isinstance(result, Seen))
    return sum(each.enforced.whole.enforced is Enforced.YES for each in scans)


def tell_unseen(snapshot: "Snapshot") -> None:
    """On stderr: what could not be read, and what was assumed."""
    for what, why in snapshot.unseen:
        say(f"{snapshot.key}: {what} not seen: {why}")
    for why in snapshot.entrances.hidden():
        say(f"{snapshot.key}: who is reached from outside is not wholly known: {why}")
    for note in snapshot.notes:
        say(f"{snapshot.key}: {note}")


def exit_code(results: "Results", fail_on: str, max_unknown: int) -> Exit:
    """Incomplete beats findings, findings beat clean."""
    from seawall.model.finding import Severity, Verdict
    from seawall.model.sight import Seen
    from seawall.report.findings import totals

    found = totals(results)
    if found["unknown"] + found["unseen"] > max_unknown or not found["scanned"]:
        return Exit.INCOMPLETE
    if fail_on == "never":
        return Exit.OK
    gate = Severity(fail_on).rank
    judged = (result.value for _, result in results if isinstance(result, Seen))
    findings = (finding for each in judged for finding in each.findings)
    grave = any(f.verdict is Verdict.FAIL and f.severity.rank >= gate for f in findings)
    return Exit.FINDINGS if grave else Exit.OK
