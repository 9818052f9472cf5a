import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seawall.demo.access import User
from seawall.demo.apiserver import ApiServer
from seawall.demo.fleet import DemoCluster, DemoFleet, kubeconfig_of
from seawall.demo.store import Store

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoFleet]:
    with DemoFleet(tmp_path_factory.mktemp("fleet")) as running:
        yield running


@pytest.fixture
def cluster() -> Iterator[DemoCluster]:
    """A cluster with the namespaces of every cluster and `shop`, for somebody who may write."""
    namespaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in ("default", "kube-system", "shop")
    ]
    admin = User("admin", token="admin", groups=("system:masters",))
    with ApiServer(Store(namespaces), [admin]) as server:
        yield DemoCluster("writable", "none", "", "admin", server)


@pytest.fixture
def kubeconfig(cluster: DemoCluster, tmp_path: Path) -> Path:
    """A kubeconfig for `cluster`."""
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig_of([cluster]))
    return path


@pytest.fixture(scope="module")
def kubectl_with(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Run]:
    """Make a real kubectl that reads one kubeconfig, and no cache."""
    fetched = checkout / ".venv-kubectl" / "bin" / "kubectl"
    binary = Path(os.environ.get("SEAWALL_KUBECTL", fetched))
    if not binary.is_file():
        pytest.skip(f"NOT RUN: no kubectl at {binary}: run `make kubectl` or set SEAWALL_KUBECTL")

    def made(kubeconfig: Path) -> Run:
        home = str(tmp_path_factory.mktemp("home"))
        environment = {"HOME": home, "KUBECONFIG": str(kubeconfig)}

        def run(*arguments: str, sent: str | None = None) -> subprocess.CompletedProcess[str]:
            return subprocess.run(  # noqa: S603  the pinned binary, with arguments from this folder
                [binary, *arguments],
                input=sent,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                env=environment,
            )

        return run

    return made


@pytest.fixture(scope="module")
def kubectl(kubectl_with: Callable[[Path], Run], fleet: DemoFleet) -> Run:
    """The real kubectl against the fleet."""
    return kubectl_with(fleet.kubeconfig)


@pytest.fixture
def writing(kubectl_with: Callable[[Path], Run], kubeconfig: Path) -> Run:
    """The real kubectl against the cluster that can be written to."""
    return kubectl_with(kubeconfig)
