import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seawall.demo.fleet import DemoFleet

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoFleet]:
    with DemoFleet(tmp_path_factory.mktemp("fleet")) as running:
        yield running


@pytest.fixture(scope="module")
def kubectl(checkout: Path, fleet: DemoFleet, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the real kubectl against the fleet; it reads no other kubeconfig and no cache."""
    fetched = checkout / ".venv-kubectl" / "bin" / "kubectl"
    binary = Path(os.environ.get("SEAWALL_KUBECTL", fetched))
    if not binary.is_file():
        pytest.skip(f"NOT RUN: no kubectl at {binary}: run `make kubectl` or set SEAWALL_KUBECTL")
    environment = {
        "HOME": str(tmp_path_factory.mktemp("home")),
        "KUBECONFIG": str(fleet.kubeconfig),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  the pinned binary, with arguments from this folder
            [binary, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environment,
        )

    return run
