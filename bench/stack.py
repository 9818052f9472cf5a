"""What the cloud functions weigh, how they start, and how fast a deployed stack runs a fleet.

`python -m bench.stack` with PYTHONPATH=.:shared, after `make e2e-env`. It is no part of
bench/run.py, since it needs what that makes. The stack is the one of tests/e2e: template.yaml on
ministack, over TLS and with IAM, before demo API servers, all on this machine: the servers and the
stand-in for AWS take their share of its processors. What AWS itself takes is measured in an
account, not here.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.e2e import cloud
from tests.e2e import stack as deployed
from tests.e2e.fleet import SEED, key, many
from tests.e2e.waiting import until
from tests.e2e.world import World, world

from bench import measured
from bench.measured import Facts, Target, plain
from bench.pods import pods
from seawall.model.messages import RunId, ScanOrder
from seawall.publish.events import encode

FUNCTIONS: Final = {
    "Discover": ("discover", ("Code", "Base", "Google", "Azure")),
    "ScanEks": ("scan", ("Code", "Base")),
    "ScanGke": ("scan", ("Code", "Base", "Google")),
    "ScanAks": ("scan", ("Code", "Base", "Azure")),
    "Remediate": ("remediate", ("Code", "Base", "Google", "Azure")),
    "Alert": ("alert", ("Code", "Base")),
}
MAKES: Final = {"discover": "discover", "scan": "scan", "remediate": "mend", "alert": "alert"}
WEIGHTS: Final = {"ScanEks": 25, "ScanGke": 60, "ScanAks": 60}
"""MB, unzipped, beyond the runtime."""

MANY, PODS, FEW_PODS = 200, 1_000, 100
AT_LEAST: Final = 15.6
"""Clusters a second: what a prototype did on this size of machine."""
ALL_WITHIN_S: Final = 600

# What template.yaml gives the functions; nobody is called at these addresses.
ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "SEAWALL_FLEET": "bench",
    "SEAWALL_TABLE": "table",
    "SEAWALL_BUCKET": "bucket",
    "SEAWALL_QUEUE": "https://queue.invalid/orders",
    "SEAWALL_FINDINGS": "https://queue.invalid/findings",
    "SEAWALL_SCANS_EKS": "https://queue.invalid/eks",
    "SEAWALL_SCANS_GKE": "https://queue.invalid/gke",
    "SEAWALL_SCANS_AKS": "https://queue.invalid/aks",
    "SEAWALL_TOPIC": "arn:aws:sns:eu-west-1:000000000000:topic",
    "SEAWALL_LOGS": "/seawall",
    "SEAWALL_REGIONS": "eu-west-1",
    "SEAWALL_OWN_ACCOUNT": "true",
    "SEAWALL_WRITES": "true",
    "SEAWALL_RUN_MOST_MINUTES": "45",
    "SEAWALL_SERVICE": "eks",
    "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
}

# As Lambda starts it: no site-packages, no bytecode, the layers first. Prints one object.
START: Final = """
import json, sys, time
function, makes, *paths = sys.argv[1:]
sys.path[:0] = paths
began = time.perf_counter()
app = __import__(f"{function}.app").app
imported = time.perf_counter()
getattr(__import__("seawall.wiring.aws").wiring.aws, f"{makes}_on_aws")()
made = time.perf_counter()
with open("/proc/self/status") as status:
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
print(json.dumps({"import_ms": (imported - began) * 1000, "bench_ms": (made - imported) * 1000,
                  "peak_mb": peak * 1024 / 1e6}))
"""


def main() -> None:
    """Build, weigh, start, deploy, run."""
    parser = argparse.ArgumentParser(description="Seawall's stack.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clusters", type=int, default=MANY)
    parser.add_argument("--pods", type=int, default=PODS)
    options = parser.parse_args()
    if not deployed.installed():
        raise SystemExit("the environments of the stack are not there; make them: make e2e-env")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _weigh_and_start(deployed.build(folder).parent, options.rounds)
    with _stack(1, FEW_PODS) as one:
        _warm_scan(one, options.rounds * 4)
    with _stack(options.clusters, options.pods) as fleet:
        _fleet(fleet, options.clusters, options.pods)


def _weigh_and_start(built: Path, rounds: int) -> None:
    print("stack: what each function weighs and how it starts, without bytecode, as Lambda has it")
    for name, (function, layers) in FUNCTIONS.items():
        parts = [built / name, *(built / layer for layer in layers)]
        weight = sum(map(_bytes, parts)) / measured.MEGABYTE
        paths = [built / name, *(built / layer / "python" for layer in layers)]
        facts = measured.medians([_started(function, paths) for _ in range(rounds)])
        bound = WEIGHTS.get(name)
        what = f"{name}: unzipped"
        print(Target(what, bound, "MB").line(weight) if bound else plain(what, weight, "MB"))
        print(plain(f"{name}: import of the handler", facts["import_ms"], "ms"))
        print(plain(f"{name}: its ports, made at the first call", facts["bench_ms"], "ms"))
        print(plain(f"{name}: memory by then", facts["peak_mb"], "MB"))


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _started(function: str, paths: list[Path]) -> Facts:
    python = cloud.ENVIRONMENT / "bin" / "python"
    words = [function, MAKES[function], *map(str, paths)]
    done = subprocess.run(  # noqa: S603  our own code, as it was built
        [str(python), "-S", "-I", "-B", "-c", START, *words],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise SystemExit(f"{function} does not start from its layers alone:\n{done.stderr}")
    facts: Facts = json.loads(done.stdout)
    return facts


@contextmanager
def _stack(count: int, pods: int) -> Iterator[World]:
    """The stack before so many clusters."""
    with tempfile.TemporaryDirectory() as name:
        contents = many(count, pods)
        given = {"ScanConcurrency": "4"}
        with world(contents, Path(name), given, visibility_s=600) as made:
            yield made


def _warm_scan(stack: World, rounds: int) -> None:
    """One cluster, again and again, by the function itself; the first call is not counted."""
    stack.run()
    spent = []
    for number in range(rounds + 1):
        began = time.perf_counter()
        said = stack.stack.invoke("ScanEks", _event(number))
        spent.append(time.perf_counter() - began)
        if said["error"] or said["answer"].get("batchItemFailures"):
            raise SystemExit(f"the scan failed: {said}")
    wait = median(spent[1:]) * 1000
    print(f"stack: a warm scan of one cluster of {FEW_PODS} pods, invoked {rounds} times")
    print(plain("a call of the function, in all", wait, "ms"))


def _event(number: int) -> dict[str, Any]:
    """What SQS would give the function; each is of another run, so that each is a scan."""
    order = ScanOrder(RunId(f"20261124T000000Z-{number:06x}"), key("shop-000"))
    letter = encode(order, fleet=deployed.FLEET, now=datetime.now(UTC))
    record = {
        "messageId": letter.id,
        "receiptHandle": f"receipt-{number}",
        "body": letter.body.decode(),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:orders",
        "awsRegion": "eu-west-1",
    }
    return {"Records": [record]}


def _fleet(stack: World, clusters: int, size: int) -> None:
    """From the click on Test to the last cluster's entry; the later ones are warm.

    What did not change since it was judged is not judged again before the next day, UTC: a second
    run that goes over midnight judges.
    """
    print(f"stack: {clusters:,} clusters x {size:,} pods through the deployed stack")
    _run(stack, "first run, cold", clusters)
    _run(stack, "second run, unchanged", clusters)
    for name in stack.fleet.servers:
        stack.fleet.put(name, *pods(1, SEED + 1))
    _run(stack, "third run, changed", clusters)


def _run(stack: World, name: str, clusters: int) -> None:
    before, began = _cpu_s(stack), time.perf_counter()
    run = RunId(stack.order()["run"])
    until(lambda: len(stack.ends(run)) == clusters, "every cluster has its entry", ALL_WITHIN_S)
    spent = time.perf_counter() - began
    after = _cpu_s(stack)
    stack.closed()
    ends = {end.value for end in stack.ends(run).values()}
    if ends != {"scanned"}:
        raise SystemExit(f"not every cluster was scanned, but {ends}")
    speed = Target(f"{name}: clusters a second", AT_LEAST, "/s", at_least=True)
    print(plain(f"{name}: from order to last entry", spent, "s"))
    print(speed.line(clusters / spent), flush=True)
    for who, seconds in after.items():
        each = (seconds - before[who]) * 1000 / clusters
        print(plain(f"{name}: CPU a cluster, {who}", each, "ms"), flush=True)


def _cpu_s(stack: World) -> dict[str, float]:
    """Where the two processors went; the wall clock has whatever else the machine does, too."""
    return {
        "of the functions": sum(map(_spent_s, stack.cloud.workers())),
        "of ministack": _spent_s(stack.cloud.process.pid),
        "of the demo servers": time.process_time(),
    }


def _spent_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
