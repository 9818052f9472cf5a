"""A whole fleet: `seawall run --once` over 1,000 clusters of 100 pods, against `seawall scan`.

The clusters are demo servers in a process of their own. A first run discovers, scans, judges,
remembers, sends and takes two messages for each cluster, and makes the digest; a second run finds
all as it was. The alternative reads and judges the same clusters with as many threads and remembers
nothing: what it takes less is the price of the queue and the memory. Where the time goes is told in
seconds of all threads together: the part of each port.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench import measured
from bench.measured import Facts, Spent, plain

if TYPE_CHECKING:
    from seawall.wiring import LocalFleet

MODULE: Final = "bench.fleet"
SEED: Final = 20261124
PODS: Final = 100
WORKERS: Final = 4


def main() -> None:
    """The report, or one of the processes it is made of."""
    match sys.argv[1:]:
        case ["serve", count, folder]:
            serve(int(count), Path(folder))
        case ["run", kubeconfig, state]:
            measured.tell(run(kubeconfig, Path(state)))
        case ["scan", kubeconfig]:
            measured.tell(scan(kubeconfig))
        case _:
            report(measured.options("Running a fleet."))


def report(options: argparse.Namespace) -> None:
    """Run both and print."""
    count = 4 if options.tiny else 1_000
    with tempfile.TemporaryDirectory() as folder, _served(count, folder) as kubeconfig:
        fresh = partial(measured.in_fresh_process, MODULE)
        state = Path(folder) / "state.db"
        bare = fresh("scan", kubeconfig)
        first, second = fresh("run", kubeconfig, state), fresh("run", kubeconfig, state)
        size = sum(path.stat().st_size for path in Path(folder).glob("state.db*"))
    if {count} != {first["scanned"], second["scanned"], bare["scanned"]}:
        raise SystemExit(f"not every cluster was scanned: {first} {second} {bare}")
    print(f"fleet: {count:,} clusters x {PODS} pods over HTTPS, {WORKERS} threads, 2 messages each")
    for name, facts in (("first run", first), ("second run", second), ("scan alone", bare)):
        print(plain(f"{name}: wall clock", facts["wall_s"], "s"))
        print(plain(f"{name}: clusters a second", count / facts["wall_s"], "/s"))
        print(plain(f"{name}: CPU of the client", facts["cpu_s"], "s"))
        print(plain(f"{name}: peak memory", facts["peak_mb"], "MB"))
    for part, seconds in sorted(first.items(), key=lambda pair: -pair[1]):
        if part.startswith("in "):
            print(plain(f"first run: {part}", seconds, "s of all threads"))
    print(plain("state file", size / measured.MEGABYTE, "MB"))
    ratio = first["wall_s"] / bare["wall_s"]
    print(plain("a first run costs, in scans alone", ratio, "x"))


@contextmanager
def _served(count: int, folder: str) -> Iterator[str]:
    """The clusters in a process of its own; yields their kubeconfig."""
    with subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-m", MODULE, "serve", str(count), folder],
        cwd=measured.ROOT,
        env=measured.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        said = server.stdout.readline() if server.stdout else ""
        if not said:
            raise SystemExit("the demo servers did not start")
        yield said.strip()
        server.communicate()  # closes its stdin, which ends it


def serve(count: int, folder: Path) -> None:
    """Serve `count` clusters until stdin is closed; the line printed is their kubeconfig."""
    from bench.pods import pods
    from seawall.demo.access import READER_GRANTS, User
    from seawall.demo.apiserver import ApiServer
    from seawall.demo.certificates import Certificates
    from seawall.demo.fleet import DemoCluster, kubeconfig_of
    from seawall.demo.store import Store

    shared = list(pods(PODS, SEED))
    names = sorted({pod["metadata"]["namespace"] for pod in shared} | {"kube-system"})
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}} for n in names]
    certificates, user = Certificates(), User("bench", READER_GRANTS, "bench")
    with ExitStack() as stack:
        clusters = []
        for number in range(count):
            store = Store([*map(partial(_of_cluster, number), spaces), *shared])
            server = ApiServer(store, [user], certificates=certificates)
            stack.enter_context(server)
            clusters.append(DemoCluster(f"c{number:04}", "eks", "", user.token, server))
        path = folder / "kubeconfig"
        path.write_text(kubeconfig_of(clusters))
        print(path, flush=True)
        sys.stdin.read()


def _of_cluster(number: int, space: dict[str, Any]) -> dict[str, Any]:
    """A namespace whose UID is this cluster's: the UID of kube-system is who a cluster is."""
    name = space["metadata"]["name"]
    return {**space, "metadata": {**space["metadata"], "uid": f"{number:08}-{name}"}}


def run(kubeconfig: str, state: Path) -> Facts:
    """One run of the fleet, with a watch at each port."""
    from seawall import wiring
    from seawall.cli.running import run_once
    from seawall.model.run import End

    def clock() -> datetime:
        return datetime.now(UTC)

    spent_in: dict[str, float] = defaultdict(float)
    way = wiring.Way(kubeconfig)
    with (
        Spent() as spent,
        wiring.local_fleet(wiring.settings(), state, "bench", now=clock(), way=way) as fleet,
    ):
        ran = run_once(_watched(fleet, spent_in), workers=WORKERS, clock=clock)
    scanned = sum(entry.end is End.SCANNED for entry in ran.ledger)
    facts = {"wall_s": spent.wall_s, "cpu_s": spent.cpu_s, "peak_mb": measured.peak_mb()}
    return {**facts, "scanned": scanned, **spent_in}


def _watched(fleet: "LocalFleet", spent_in: dict[str, float]) -> "LocalFleet":
    """The same fleet; each port adds the seconds its calls take."""
    queue: Any = _Watched(fleet.queue, "in the queue", spent_in)
    memories = _Watched(fleet.memories, "in the memory", spent_in)
    clusters: Any = _Watched(fleet.scan.clusters, "in reading clusters", spent_in)
    runs = _Watched(fleet.runs, "in the ledger", spent_in)
    ports: dict[str, Any] = {"memories": memories, "runs": runs}
    scan = replace(fleet.scan, clusters=clusters, outbox=queue, **ports)
    return replace(fleet, scan=scan, **ports | {"queue": queue})


class _Watched:
    """Anything, with the seconds of its calls added up; waiting counts."""

    def __init__(self, inner: object, name: str, spent_in: dict[str, float]) -> None:
        self._inner, self._name, self._spent_in = inner, name, spent_in

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._inner, name)

        def timed(*words: object, **named: object) -> Any:  # noqa: ANN401  whatever the call gives
            began = time.perf_counter()
            try:
                return call(*words, **named)
            finally:
                self._spent_in[self._name] += time.perf_counter() - began

        return timed


def scan(kubeconfig: str) -> Facts:
    """Read and judge every context, and remember nothing."""
    from seawall import wiring
    from seawall.cli.scanning import scanned
    from seawall.model.sight import Seen

    with Spent() as spent:
        sources = wiring.context_sources(wiring.settings(), kubeconfig, ["*"])
        results = scanned(sources, datetime.now(UTC), quiet=True)
    found = sum(isinstance(result, Seen) for _, result in results)
    peak_mb = measured.peak_mb()
    return {"wall_s": spent.wall_s, "cpu_s": spent.cpu_s, "peak_mb": peak_mb, "scanned": found}


if __name__ == "__main__":
    main()
