"""`seawall demo`."""

import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from seawall.cli.outputs import Output, colour_option, deliver, output_option
from seawall.cli.scan import makers
from seawall.cli.scanning import scanned, summarize
from seawall.cli.targets import now_option
from seawall.model.finding import Severity

if TYPE_CHECKING:
    from seawall.demo.fleet import DemoFleet


@click.command()
@click.option("--keep", is_flag=True, help="No story; leave the fleet running until Ctrl-C.")
@click.option(
    "--pace", type=click.FloatRange(min=0), default=0, metavar="SECONDS", help="Pause at each step."
)
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    default="seawall-demo.html",
    show_default=True,
    help="Where the story writes its report.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary on stderr.")
@output_option("table", "json", "ndjson")
@colour_option
@now_option
def demo(  # noqa: PLR0913, PLR0917  one parameter an option
    keep: bool,  # noqa: FBT001  click passes it by name
    pace: float,
    page: Path,
    quiet: bool,  # noqa: FBT001  click passes it by name
    outputs: tuple[Output, ...],
    color: str,
    now: datetime,
) -> None:
    """Start three clusters in a box, read them over HTTPS, judge them; then run them as a fleet.

    One is good, one is wide open, one looks protected and is not. Without --quiet and --keep the
    story follows: discovered, remembered, mended, verified, reported, silent.
    """
    from seawall import wiring

    story = not (quiet or keep)

    with (
        _stopping(),
        tempfile.TemporaryDirectory(prefix="seawall-demo-") as folder,
        wiring.demo_fleet(Path(folder), writable=story) as fleet,
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
        if story:
            _tell(fleet, Path(folder), page, pace)
        if not quiet:
            _next_steps(str(fleet.kubeconfig) if keep else "")
        if keep:
            click.echo(str(fleet.kubeconfig))
            with suppress(KeyboardInterrupt):
                threading.Event().wait()


def _tell(fleet: "DemoFleet", folder: Path, page: Path, pace: float) -> None:
    """Run the fleet as `seawall run` does, with a memory that goes with the demo."""
    from seawall import wiring
    from seawall.cli.alerts import TerminalAlerts
    from seawall.cli.story import Teller

    with wiring.local_fleet(
        wiring.settings(),
        folder / "seawall.db",
        "demo",
        now=datetime.now(UTC),
        way=wiring.Way(str(fleet.kubeconfig)),
        channels=(TerminalAlerts(err=False),),
    ) as found:
        Teller(fleet, found, pace).tell(page)


def _next_steps(kubeconfig: str) -> None:
    where = f"--kubeconfig {kubeconfig} --context eks-payments-prod" if kubeconfig else "FOLDER"
    click.echo(
        "\nNext, your own:\n"
        "  seawall scan FOLDER                   manifests, or a dump of a cluster\n"
        "  seawall scan --context 'prod-*'       live clusters of your kubeconfig\n"
        "  seawall run --once                    all of them, remembered; then seawall status\n"
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
