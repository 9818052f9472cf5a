"""`seawall demo`."""

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType

import click

from seawall.cli.outputs import Output, colour_option, deliver, output_option
from seawall.cli.scan import makers
from seawall.cli.scanning import scanned, summarize
from seawall.cli.targets import now_option
from seawall.model.finding import Severity


@click.command()
@click.option("--keep", is_flag=True, help="Leave the fleet running until Ctrl-C.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary on stderr.")
@output_option("table", "json", "ndjson")
@colour_option
@now_option
def demo(
    keep: bool,  # noqa: FBT001  click passes it by name
    quiet: bool,  # noqa: FBT001  click passes it by name
    outputs: tuple[Output, ...],
    color: str,
    now: datetime,
) -> None:
    """Start three clusters in a box, read them over HTTPS, and judge them.

    One is good, one is wide open, one looks protected and is not.
    """
    from seawall import wiring

    with (
        _stopping(),
        tempfile.TemporaryDirectory(prefix="seawall-demo-") as folder,
        wiring.demo_fleet(Path(folder)) as fleet,
    ):
        sources = wiring.context_sources(wiring.settings(), str(fleet.kubeconfig), ["*"])
        results = scanned(sources, now, quiet=quiet)
        if not quiet:
            for cluster in fleet.clusters:
                click.echo(f"{cluster.name}: {' '.join(cluster.story.split())}", err=True)
            click.echo(err=True)
        deliver(outputs, makers(results, Severity.HIGH), color)
        if not quiet:
            summarize(results)
            _next_steps(str(fleet.kubeconfig) if keep else "")
        if keep:
            click.echo(str(fleet.kubeconfig))
            with suppress(KeyboardInterrupt):
                threading.Event().wait()


def _next_steps(kubeconfig: str) -> None:
    where = f"--kubeconfig {kubeconfig} --context eks-payments-prod" if kubeconfig else "FOLDER"
    click.echo(
        "\nNext, your own:\n"
        "  seawall scan FOLDER                   manifests, or a dump of a cluster\n"
        "  seawall scan --context 'prod-*'       live clusters of your kubeconfig\n"
        f"  seawall isolation {where}\n"
        f"  seawall why NAMESPACE/POD NAMESPACE/POD 443 {where}\n"
        "  seawall explain label-admits-other-namespaces",
        err=True,
    )
    if not kubeconfig:
        click.echo("  seawall demo --keep                   leaves this fleet running", err=True)


@contextmanager
def _stopping() -> Iterator[None]:
    """Take SIGTERM for Ctrl-C, so that the servers stop and the kubeconfig goes."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
