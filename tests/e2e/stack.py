"""template.yaml, built and deployed by the SAM CLI as a person would; what came of it, by name."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.e2e import cloud as aws
from tests.e2e.cloud import ROOT, Ministack

SAM = ROOT / ".venv-sam" / "bin" / "sam"
TEMPLATE = ROOT / "template.yaml"
NAME = "seawall"
FLEET = "e2e"
BUILT_WITHIN_S = 300
DEPLOYED_WITHIN_S = 240


def installed() -> bool:
    """Both environments are there, whole."""
    return all((ROOT / name / ".stamp").exists() for name in (".venv-ministack", ".venv-sam"))


def python() -> str:
    """The version of Python that runs the functions: that of ministack's environment."""
    written = (aws.ENVIRONMENT / "pyvenv.cfg").read_text()
    said = dict(line.split(" = ", 1) for line in written.splitlines() if " = " in line)
    major, minor, *_ = said["version"].split(".")
    return f"{major}.{minor}"


def build(folder: Path) -> Path:
    """Build it, with the interpreter that will run it; gives the template that was made."""
    built = folder / "build"
    words = ("build", "--template", str(TEMPLATE), "--build-dir", str(built))
    _sam(words, folder, {"PYTHON_VERSION": python()}, BUILT_WITHIN_S)
    return built / "template.yaml"


def deploy(built: Path, cloud: Ministack, parameters: Mapping[str, str], folder: Path) -> "Stack":
    """Deploy what was built; again with other parameters is an update."""
    given = [f"{name}={value}" for name, value in parameters.items()]
    words = [
        *("deploy", "--template-file", str(built), "--stack-name", NAME, "--resolve-s3"),
        *("--no-confirm-changeset", "--no-progressbar", "--no-fail-on-empty-changeset"),
        *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"),
        *("--parameter-overrides", f"PythonRuntime=python{python()}", f"Fleet={FLEET}", *given),
    ]
    # Nothing but ministack is to be talked to: whatever else it asks for meets a closed port.
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    here = {"AWS_ENDPOINT_URL": cloud.url, "AWS_CA_BUNDLE": str(cloud.authority)}
    environment = {**here, **aws.CREDENTIALS, **nowhere}
    _sam(words, folder, environment, DEPLOYED_WITHIN_S)
    return Stack(cloud)


def _sam(
    words: "list[str] | tuple[str, ...]", folder: Path, more: Mapping[str, str], s: int
) -> None:
    bins = [aws.ENVIRONMENT / "bin", SAM.parent, "/usr/local/bin", "/usr/bin", "/bin"]
    environment = {
        **_passed_on(),
        "PATH": ":".join(map(str, bins)),  # `sam build` looks for the python of the runtime there
        "HOME": str(folder),
        "SAM_CLI_TELEMETRY": "0",
        **more,
    }
    done = subprocess.run(  # noqa: S603  fixed words
        [str(SAM), *words],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=s,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(
            f"sam {words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )


def _passed_on() -> dict[str, str]:
    """Where this machine takes packages from: the layers are filled by pip."""
    import os

    said = ("PIP_", "SSL_CERT", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")
    return {name: value for name, value in os.environ.items() if name.startswith(said)}


@dataclass(frozen=True)
class Stack:
    """The deployed stack."""

    cloud: Ministack

    @cached_property
    def resources(self) -> dict[str, str]:
        """The physical id of each resource, by its name in the template."""
        client = self.cloud.client("cloudformation")
        pages = client.get_paginator("list_stack_resources").paginate(StackName=NAME)
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages
            for each in page["StackResourceSummaries"]
        }

    def invoke(self, function: str, payload: object) -> dict[str, Any]:
        """What a person does in the console: Test, and read the answer."""
        said = self.cloud.client("lambda").invoke(
            FunctionName=self.resources[function], Payload=json.dumps(payload).encode()
        )
        return {"error": said.get("FunctionError"), "answer": json.loads(said["Payload"].read())}
