"""Credential plug-ins of a kubeconfig: running one is running code, so few are run, and narrowly.

A kubeconfig is often a file that somebody sent. Its `exec` section names a program, arguments and
environment variables; each can be made to run something else (`--browser-command`, PATH,
AWS_CONFIG_FILE with a credential_process) or to send credentials elsewhere (`--endpoint-url`,
`--authority-host`). Everything is therefore refused that is not in the tables below.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from seawall.model.errors import NoEntry

RUN_SECONDS = 60.0
SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Plugin:
    """A program that is known, the words it must be called with, and the options it may be given.

    `options` take a value, `switches` take none. Values are plain: no URL, no `file://`.
    """

    verb: tuple[str, ...]
    options: frozenset[str] = field(default=frozenset())
    switches: frozenset[str] = field(default=frozenset())


PLUGINS: Mapping[str, Plugin] = {
    # docs.aws.amazon.com/cli/latest/reference/eks/get-token.html
    "aws": Plugin(
        ("eks", "get-token"),
        options=frozenset(
            {"--region", "--profile", "--output", "--cluster-name", "--cluster-id", "--role-arn"}
        ),
        switches=frozenset({"--no-cli-pager"}),
    ),
    # github.com/kubernetes-sigs/aws-iam-authenticator, `token --help`
    "aws-iam-authenticator": Plugin(
        ("token",),
        options=frozenset(
            {"-i", "--cluster-id", "-r", "--role", "--region", "-s", "--session-name"}
        ),
        switches=frozenset({"--cache", "--forward-session-name"}),
    ),
    "gke-gcloud-auth-plugin": Plugin(
        (), switches=frozenset({"--use_application_default_credentials"})
    ),
    # azure.github.io/kubelogin; another program of this name can run a browser command
    "kubelogin": Plugin(
        ("get-token",),
        options=frozenset(
            {"--environment", "--server-id", "--client-id", "--tenant-id", "-t", "-l", "--login"}
            | {"--identity-resource-id", "--pop-claims"}
        ),
        switches=frozenset({"--legacy", "--pop-enabled", "--use-azurerm-env-vars"}),
    ),
}

VARIABLES = frozenset(
    {
        *("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_STS_REGIONAL_ENDPOINTS"),
        "USE_GKE_GCLOUD_AUTH_PLUGIN",
        *("AAD_LOGIN_METHOD", "AAD_SERVICE_PRINCIPAL_CLIENT_ID"),
        *("AAD_SERVICE_PRINCIPAL_CLIENT_SECRET", "AAD_USER_PRINCIPAL_NAME"),
        *("AAD_USER_PRINCIPAL_PASSWORD", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"),
        *("AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"),
    }
)
"""What a kubeconfig may set. Not AZURE_AUTHORITY_HOST or AZURE_CONFIG_DIR, which lead elsewhere."""

_API_VERSIONS = frozenset(
    f"client.authentication.k8s.io/{version}" for version in ("v1", "v1beta1", "v1alpha1")
)
_VALUE = re.compile(r"(?!-)(?!.*://)[\w.:/@=+,-]+", re.ASCII)


class Variable(msgspec.Struct, frozen=True):
    """`ExecEnvVar`."""

    name: str
    value: str


class ExecConfig(msgspec.Struct, rename="camel", frozen=True):
    """`ExecConfig` of a kubeconfig's user; unknown members (installHint ...) are for people."""

    command: str
    api_version: str
    args: list[str] | None = None
    env: list[Variable] | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the person at the keyboard allows: `commands` are absolute paths, run with any argument.

    `search` is their PATH, `environment` what every program of theirs inherits.
    """

    search: str
    environment: Mapping[str, str] = field(repr=False)
    commands: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """What a plug-in gave: a token, or a client certificate and its key."""

    token: str = ""
    certificate: bytes | None = None
    key: bytes | None = None


class _Given(msgspec.Struct, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None


class _ExecCredential(msgspec.Struct, rename="camel"):
    """`client.authentication.k8s.io ExecCredential`."""

    api_version: str
    kind: str
    status: _Given


def command_line(config: ExecConfig, allowed: Allowed) -> tuple[str, ...]:
    """The program, by its absolute path, and its arguments.

    Raises:
        NoEntry: It is not on the allow-list, or not to be called like this.
    """
    arguments = tuple(config.args or ())
    if config.command in allowed.commands and Path(config.command).is_absolute():
        return (config.command, *arguments)
    plugin = PLUGINS.get(config.command)
    if plugin is None:
        raise NoEntry(
            f"the credential plug-in {_shown(config.command.encode())} is not on the allow-list "
            f"({', '.join(PLUGINS)}); if you trust it, allow its absolute path explicitly"
        )
    _check_arguments(config.command, plugin, arguments)
    return (_found(config.command, allowed.search), *arguments)


def _check_arguments(name: str, plugin: Plugin, arguments: Sequence[str]) -> None:
    words = []
    rest = iter(arguments)
    for argument in rest:
        option, equals, value = argument.partition("=")
        if option in plugin.options:
            _check_value(name, option, value if equals else next(rest, ""))
        elif argument.startswith("-") and argument not in plugin.switches:
            raise NoEntry(f"the plug-in {name} is given an option that Seawall does not allow")
        elif not argument.startswith("-"):
            words.append(argument)
    if tuple(words) != plugin.verb:
        wanted = " ".join(plugin.verb) or "no command"
        raise NoEntry(f"the plug-in {name} is called with something else than `{wanted}`")


def _check_value(name: str, option: str, value: str) -> None:
    if not _VALUE.fullmatch(value):
        raise NoEntry(f"the plug-in {name} is given a value for {option} that is not plain text")


def _found(name: str, search: str) -> str:
    """The program in an absolute folder of PATH: a relative one depends on where we stand."""
    folders = [folder for folder in search.split(os.pathsep) if Path(folder).is_absolute()]
    path = shutil.which(name, path=os.pathsep.join(folders)) if folders else None
    if path is None or str(Path(path).parent) not in {str(Path(folder)) for folder in folders}:
        raise NoEntry(f"the plug-in {name} is not on PATH; install it, or log in another way")
    return path


def variables(config: ExecConfig) -> dict[str, str]:
    """The environment variables that the kubeconfig sets.

    Raises:
        NoEntry: One of them could make the plug-in do something else.
    """
    strangers: Collection[str] = {each.name for each in config.env or ()} - VARIABLES
    if strangers:
        raise NoEntry(
            "the kubeconfig sets environment variables for its plug-in that Seawall does not "
            "allow; set them in your own environment if they are needed"
        )
    return {each.name: each.value for each in config.env or ()}


def credential(config: ExecConfig, server: str, allowed: Allowed) -> Credential:
    """What the plug-in gives for this cluster.

    Raises:
        NoEntry: It is not allowed, failed, or gave nothing that can be used.
    """
    if config.api_version not in _API_VERSIONS:
        raise NoEntry("the plug-in speaks a version of the credential API that is not known")
    command = command_line(config, allowed)
    request = {
        "apiVersion": config.api_version,
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": {"server": server}},
    }
    own = {"KUBERNETES_EXEC_INFO": msgspec.json.encode(request).decode()}
    output = _run(command, {**allowed.environment, **variables(config), **own})
    return _credential(output, config.api_version)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> bytes:
    name = Path(command[0]).name
    if sys.platform == "win32" and command[0].lower().endswith((".bat", ".cmd")):
        raise NoEntry(f"the plug-in {name} is a batch file, which Windows hands to a shell")
    try:
        done = subprocess.run(  # noqa: S603  checked against the allow-list by `command_line`
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=RUN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoEntry(f"the plug-in {name} did not end within {RUN_SECONDS:g} s") from error
    except (OSError, ValueError) as error:
        raise NoEntry(f"the plug-in {name} could not be started") from error
    if done.returncode:
        said = _shown(done.stderr)
        raise NoEntry(f"the plug-in {name} failed ({said or done.returncode}); log in again")
    return done.stdout


def _shown(text: bytes) -> str:
    """The end of what a plug-in complained about, fit for one line."""
    words = "".join(c if c.isprintable() else " " for c in text.decode(errors="replace")).split()
    return " ".join(words)[-SHOWN_CHARACTERS:]


def _credential(output: bytes, api_version: str) -> Credential:
    try:
        told = msgspec.json.decode(output, type=_ExecCredential)
    except (ValueError, RecursionError) as error:
        raise NoEntry("the plug-in did not answer with an ExecCredential") from error
    given = told.status
    pair = (given.client_certificate_data, given.client_key_data)
    if told.kind != "ExecCredential" or told.api_version != api_version:
        raise NoEntry("the plug-in did not answer with the ExecCredential that was asked for")
    if not given.token and not all(pair):
        raise NoEntry("the plug-in gave neither a token nor a certificate with its key")
    certificate, key = (part.encode() if part else None for part in pair)
    return Credential(given.token or "", certificate, key)
