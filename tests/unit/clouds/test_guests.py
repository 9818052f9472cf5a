"""The SDKs are guests: heavy, and not there until a cloud is asked something."""

import subprocess
import sys

import pytest

DOORS = ("eks", "gke", "aks")
MODULES = (
    "seawall.wiring",
    *(f"seawall.clouds.{cloud}" for cloud in ("aws", "gcp", "azure")),
    *(f"seawall.discover.{service}" for service in DOORS),
    *(f"seawall.connect.{service}" for service in DOORS),
)
ADVICE = {
    "aws": ("boto3", "from seawall.clouds.aws import Aws; Aws().session()"),
    "gcp": ("google.api_core.exceptions", "from seawall.clouds.gcp import Gcp; Gcp().token()"),
    "azure": ("azure.identity", "from seawall.clouds.azure import Azure; Azure().token()"),
}


def run(program: str) -> str:
    done = subprocess.run(  # noqa: S603  this interpreter, our own program
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("module", MODULES)
def test_importing_a_module_imports_no_sdk(module: str) -> None:
    guests = "{'azure', 'boto3', 'botocore', 'google', 'requests'}"
    program = f"import sys, {module}; print(sorted({guests} & set(sys.modules)))"

    assert "[]" == run(program)


@pytest.mark.parametrize("extra", ADVICE)
def test_what_is_not_installed_is_told_with_the_way_to_install_it(extra: str) -> None:
    package, asking = ADVICE[extra]
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from seawall.model.errors import Trouble\n"
        f"try:\n    {asking}\nexcept Trouble as error:\n    print(error)"
    )

    assert f"pip install 'seawall[{extra}]'" in run(program)
