"""Listing and decoding every pod of a cluster: ours against the `kubernetes` client's typed list.

Both read the same pages of the same demo server over HTTPS, gzip for both, and keep every pod until
the end. The server runs in a process of its own and has each page ready packed. Counted is the CPU
of the client from its first request to its last pod; imports are not (`startup` has them). Both
must have read the same pods: the digests of what they found are compared.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench import measured
from bench.measured import Facts, Spent, Target, plain

if TYPE_CHECKING:
    from seawall.collect.lists import KubeApi

SEED: Final = 20261124
PAGE: Final = 500
OURS: Final = "seawall"
THEIRS: Final = "kubernetes client"
MODULE: Final = "bench.listing"


def main() -> None:
    """The report, or one of the processes it is made of."""
    match sys.argv[1:]:
        case ["serve", count]:
            serve(int(count))
        case ["ours", settings]:
            measured.tell(ours(json.loads(Path(settings).read_text())))
        case ["theirs", settings]:
            measured.tell(theirs(json.loads(Path(settings).read_text())))
        case _:
            report(measured.options("Listing pods."))


def report(options: argparse.Namespace) -> None:
    """Run both in turns and print."""
    count = 100 if options.tiny else 10_000
    rounds = options.rounds or (1 if options.tiny else 3)
    with _served(count) as settings:
        run = partial(measured.in_fresh_process, MODULE)
        first = run("ours", settings)  # the server packs its pages, Python its modules
        found = measured.taking_turns(
            rounds,
            {OURS: lambda: run("ours", settings), THEIRS: lambda: run("theirs", settings)},
        )
    mine, other = found[OURS], found[THEIRS]
    _check(mine, other, count)
    pages, sent_mb = first["pages"], first["sent_mb"]
    print(f"list: {count:,} pods, {sent_mb:.3g} MB of JSON in {pages:g} pages, gzip for both")
    print(f"  medians of {rounds} rounds in turns, a fresh process each")
    print(plain(f"{OURS}: client CPU", mine["cpu_s"], "s"))
    print(plain(f"{THEIRS}: client CPU", other["cpu_s"], "s"))
    print(plain(f"{OURS}: wall clock", mine["wall_s"], "s"))
    print(plain(f"{THEIRS}: wall clock", other["wall_s"], "s"))
    print(plain(f"{THEIRS}: peak memory", other["peak_mb"], "MB"))
    print(Target(f"{OURS}: peak memory", 150, "MB").line(mine["peak_mb"]))
    ratio = other["cpu_s"] / mine["cpu_s"]
    print(Target("CPU: times less than the client", 16, "x", at_least=True).line(ratio))


def _check(mine: Facts, other: Facts, count: int) -> None:
    """Refuse to compare two answers that differ."""
    if (mine["pods"], mine["digest"]) != (count, other["digest"]):
        raise SystemExit(f"the two did not read the same {count} pods: {mine} {other}")


@contextmanager
def _served(count: int) -> Iterator[Path]:
    """A demo server in a process of its own; yields a file that tells how to reach it."""
    command = [sys.executable, "-m", MODULE, "serve", str(count)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(  # noqa: S603  our own module
            command,
            cwd=measured.ROOT,
            env=measured.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server,
    ):
        settings = Path(folder) / "server.json"
        said = server.stdout.readline() if server.stdout else ""
        if not said:
            raise SystemExit("the demo server did not start")
        settings.write_text(said)
        yield settings
        server.communicate()  # closes its stdin, which ends it


def serve(count: int) -> None:
    """Serve `count` pods until stdin is closed; the first line printed tells how to reach them."""
    from bench.pods import pods
    from seawall.demo.access import READER_GRANTS, User
    from seawall.demo.apiserver import ApiServer
    from seawall.demo.store import Store

    token = "bench"  # noqa: S105  opens nothing but this server
    with ApiServer(Store(pods(count, SEED)), [User("bench", READER_GRANTS, token)]) as server:
        ca = server.certificates.ca_pem.decode()
        print(json.dumps({"url": server.url, "ca": ca, "token": token}), flush=True)
        sys.stdin.read()


def ours(server: dict[str, str]) -> Facts:
    """Read the pods as `collect` does, into `model` values."""
    from seawall.collect import parse, wire
    from seawall.collect.cluster import PODS
    from seawall.collect.lists import objects_read, read_list
    from seawall.connect import open_reader
    from seawall.model.door import Door
    from seawall.model.policies import BrokenObject
    from seawall.model.sight import Unseen

    door = Door(server["url"], ca=server["ca"].encode(), token=server["token"])
    with Spent() as spent, open_reader(door) as reader:
        weighed = _Weighed(reader)
        change = partial(parse.pod_from, interned=parse.Interned())
        sight = read_list(weighed, PODS, objects_read("Pod", wire.Pod, change))
    peak_mb = measured.peak_mb()
    if isinstance(sight, Unseen):
        raise SystemExit(sight.why)
    pods = [pod for pod in sight.value if not isinstance(pod, BrokenObject)]
    digest = _digest((pod.namespace, pod.name, str(pod.addresses[0])) for pod in pods)
    return {
        "cpu_s": spent.cpu_s,
        "wall_s": spent.wall_s,
        "peak_mb": peak_mb,
        "pods": len(pods),
        "digest": digest,
        "pages": weighed.pages,
        "sent_mb": weighed.bytes / measured.MEGABYTE,
    }


class _Weighed:
    """A KubeApi that counts what passes."""

    def __init__(self, inner: "KubeApi") -> None:
        self._inner = inner
        self.pages = self.bytes = 0

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> bytes:
        body = self._inner.get(path, query)
        self.pages += 1
        self.bytes += len(body)
        return body


def theirs(server: dict[str, str]) -> Facts:
    """Read the pods with `CoreV1Api`, into its models."""
    from kubernetes import client

    with tempfile.NamedTemporaryFile("w", suffix=".pem") as authority:
        authority.write(server["ca"])
        authority.flush()
        settings = client.Configuration(host=server["url"])
        settings.ssl_ca_cert = authority.name
        words = {"Authorization": f"Bearer {server['token']}", "Accept-Encoding": "gzip"}
        with Spent() as spent, client.ApiClient(settings) as api_client:
            for name, value in words.items():
                api_client.set_default_header(name, value)
            pods = list(_pages(client.CoreV1Api(api_client)))
        peak_mb = measured.peak_mb()
    digest = _digest((p.metadata.namespace, p.metadata.name, p.status.pod_ip) for p in pods)
    return {
        "cpu_s": spent.cpu_s,
        "wall_s": spent.wall_s,
        "peak_mb": peak_mb,
        "pods": len(pods),
        "digest": digest,
    }


def _pages(api: Any) -> Iterator[Any]:  # noqa: ANN401  the client has no types
    token = None
    while True:
        page = api.list_pod_for_all_namespaces(limit=PAGE, _continue=token)
        yield from page.items
        token = page.metadata._continue  # noqa: SLF001  the client's name for it
        if not token:
            return


def _digest(found: Iterable[tuple[str, str, str]]) -> int:
    """A number that two equal sets of (namespace, name, address) share; exact as a float."""
    text = "\n".join("/".join(words) for words in sorted(found))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


if __name__ == "__main__":
    main()
