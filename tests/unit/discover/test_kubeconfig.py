import json
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seawall.discover import files, kubeconfig
from seawall.discover.kubeconfig import ContextRef, cluster_key
from seawall.discover.plugins import Allowed
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Trouble

NOTHING_ALLOWED = Allowed("", {})
CA = b64encode(b"CA PEM").decode()
SERVER = "https://k.example:6443"
ARN = "arn:aws:eks:eu-west-1:123456789012:cluster/Payments"

Write = Callable[..., Path]
Opened = Callable[..., Door]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def one(content: Any, name: str = "config") -> Path:  # noqa: ANN401  YAML of any shape
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return one


def named(key: str, **entries: object) -> list[dict[str, object]]:
    return [{"name": name, key: body} for name, body in entries.items()]


def one_context(
    cluster: dict[str, object] | None = None, user: dict[str, object] | None = None
) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "dev",
        "contexts": named("context", dev={"cluster": "c", "user": "u"}),
        "clusters": named(
            "cluster", c={"server": SERVER, "certificate-authority-data": CA, **(cluster or {})}
        ),
        "users": named("user", u=user or {}),
    }


@pytest.fixture
def opened(write: Write) -> Opened:
    """The door of the only context."""

    def door(
        cluster: dict[str, object] | None = None, user: dict[str, object] | None = None
    ) -> Door:
        found = kubeconfig.load([write(one_context(cluster, user))])
        (ref,) = found.matching()
        return found.door(ref, NOTHING_ALLOWED)

    return door


def test_the_current_context_is_the_one_that_is_meant(write: Write) -> None:
    found = kubeconfig.load([write(one_context())])

    assert (ContextRef(cluster_key("dev", "c", SERVER), "dev", SERVER),) == found.matching()


@pytest.mark.parametrize(
    "patterns, names",
    [
        pytest.param(["prod-1"], ["prod-1"], id="a name"),
        pytest.param(["prod-*"], ["prod-1", "prod-2"], id="a glob"),
        pytest.param(["prod-*", "*-1"], ["prod-1", "prod-2", "dev-1"], id="each once"),
        pytest.param(["*"], ["prod-1", "prod-2", "dev-1", "odd[1]"], id="all"),
        pytest.param(["odd[1]"], ["odd[1]"], id="a name that looks like a glob"),
    ],
)
def test_contexts_are_chosen_by_pattern(
    patterns: list[str], names: list[str], write: Write
) -> None:
    body = {"cluster": "c"}
    contexts = named("context", **dict.fromkeys(["prod-1", "prod-2", "dev-1", "odd[1]"], body))
    found = kubeconfig.load([write(one_context() | {"contexts": contexts})])

    assert names == [ref.context for ref in found.matching(patterns)]


@pytest.mark.parametrize(
    "content, patterns, said",
    [
        pytest.param(one_context(), ["prod-*"], "no context matches 'prod-", id="no match"),
        pytest.param(one_context() | {"current-context": ""}, [], "--context", id="no current"),
        pytest.param(one_context() | {"current-context": "x"}, [], "--context", id="gone"),
        pytest.param("kind: Pod\nmetadata: {}\n", [], "--context", id="a manifest"),
    ],
)
def test_a_choice_of_nothing_is_trouble(
    content: object, patterns: list[str], said: str, write: Write
) -> None:
    with pytest.raises(Trouble, match=said):
        kubeconfig.load([write(content)]).matching(patterns)


def test_files_are_merged_and_the_first_one_counts(write: Write) -> None:
    first = one_context({"server": "https://first.example"})
    second = one_context({"server": "https://second.example"}) | {"current-context": "other"}
    second["contexts"] = named("context", dev={"cluster": "c"}, other={"cluster": "c"})

    found = kubeconfig.load([write(first, "a"), write(second, "b")])

    assert ["dev"] == [ref.context for ref in found.matching()]
    assert {"https://first.example"} == {ref.server for ref in found.matching(["*"])}
    assert ["dev", "other"] == [ref.context for ref in found.matching(["*"])]


def test_paths_start_from_their_own_file(write: Write) -> None:
    write("CA one", "a/ca.pem")
    write("token of b", "b/token")
    cluster = {"server": SERVER, "certificate-authority": "ca.pem"}
    context = {"dev": {"cluster": "c", "user": "u"}}
    a = {"current-context": "dev", "contexts": named("context", **context)}
    a["clusters"] = named("cluster", c=cluster)
    b = {"users": named("user", u={"tokenFile": "token"})}

    found = kubeconfig.load([write(a, "a/config"), write(b, "b/config")])
    door = found.door(found.matching()[0], NOTHING_ALLOWED)

    assert Door(SERVER, ca=b"CA one", token="token of b") == door


@pytest.mark.parametrize(
    "cluster, user, door",
    [
        pytest.param({}, {}, Door(SERVER, ca=b"CA PEM"), id="no credentials"),
        pytest.param({}, {"token": " t\n"}, Door(SERVER, ca=b"CA PEM", token="t"), id="token"),
        pytest.param(
            {"tls-server-name": "kube"},
            {"client-certificate-data": "Qw==", "client-key-data": "Sw=="},
            Door(SERVER, ca=b"CA PEM", certificate=b"C", key=b"K", tls_server_name="kube"),
            id="certificate",
        ),
        pytest.param(
            {"insecure-skip-tls-verify": False, "extensions": [{"name": "minikube"}]},
            {"as-groups": None},
            Door(SERVER, ca=b"CA PEM"),
            id="what does not matter",
        ),
    ],
)
def test_a_door_is_what_the_context_says(
    cluster: dict[str, object], user: dict[str, object], door: Door, opened: Opened
) -> None:
    assert door == opened(cluster, user)


@pytest.mark.parametrize(
    "cluster, user, said",
    [
        pytest.param({"server": None}, {}, "no server", id="no server"),
        pytest.param({"server": 7}, {}, "cannot be read", id="a server that is none"),
        pytest.param(
            {"insecure-skip-tls-verify": True}, {}, "certificate-authority", id="unverified"
        ),
        pytest.param({"proxy-url": "http://p"}, {}, "proxy-url", id="proxy"),
        pytest.param({"certificate-authority-data": "%%"}, {}, "not base64", id="CA not base64"),
        pytest.param(
            {"certificate-authority-data": None, "certificate-authority": "gone.pem"},
            {},
            "names as certificate-authority",
            id="CA gone",
        ),
        pytest.param({}, {"auth-provider": {"name": "gcp"}}, "1.26", id="auth-provider"),
        pytest.param({}, {"username": "me", "password": "secret"}, "1.19", id="password"),
        pytest.param({}, {"as": "system:masters"}, "as somebody else", id="impersonation"),
        pytest.param({}, {"tokenFile": "gone"}, "tokenFile", id="token file gone"),
        pytest.param({}, {"token": ["secret"]}, "cannot be read", id="a token that is none"),
        pytest.param(
            {},
            {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh"}},
            "plug-in sh is not on the allow-list",
            id="plug-in",
        ),
        pytest.param({}, {"exec": {"command": "aws"}}, "cannot be read", id="half a plug-in"),
    ],
)
def test_a_context_that_cannot_be_used_is_no_entry(
    cluster: dict[str, object], user: dict[str, object], said: str, opened: Opened
) -> None:
    with pytest.raises(NoEntry, match=said) as caught:
        opened(cluster, user)

    assert "secret" not in str(caught.value)


def test_a_token_goes_before_a_plugin(opened: Opened) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh"}

    assert "t" == opened({}, {"token": "t", "exec": plugin}).token


@pytest.mark.parametrize("missing", ["clusters", "users"])
def test_a_dangling_context_is_named_and_has_no_entry(missing: str, write: Write) -> None:
    found = kubeconfig.load([write(one_context() | {missing: []})])
    (ref,) = found.matching()

    assert "dev" == ref.context
    with pytest.raises(NoEntry, match="not in the kubeconfig"):
        found.door(ref, NOTHING_ALLOWED)


@pytest.mark.parametrize(
    "content, said",
    [
        pytest.param("", "no kubeconfig", id="empty"),
        pytest.param("a: [\n", r"config:2: broken YAML", id="broken YAML"),
        pytest.param("just text\n", "no kubeconfig", id="text"),
        pytest.param("[{a: b}]", "no kubeconfig", id="a list"),
        pytest.param("a: b\n---\na: b\n", "no kubeconfig", id="two documents"),
        pytest.param("contexts: {a: b}\n", "no kubeconfig", id="contexts are no list"),
        pytest.param("users: [secret]\n", "no kubeconfig", id="entries are no mappings"),
        pytest.param("users: [{token: secret}]\n", "no kubeconfig", id="an entry without a name"),
        pytest.param("users: [{name: a}, {token: secret}]\n", "no kubeconfig", id="second one"),
        pytest.param("users: [{name: 7, user: {}}]\n", "no kubeconfig", id="a name that is none"),
        pytest.param("a: &a [1]\nb: [*a, *a]\n", "aliases", id="aliases"),
        pytest.param("a: !!python/object/apply:os.system ['id']\n", "no kubeconfig", id="a tag"),
        pytest.param("a: " + "[" * 20_000 + "]" * 20_000, "broken YAML", id="deep"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_trouble(content: str, said: str, write: Write) -> None:
    path = write(content)

    with pytest.raises(Trouble, match=said) as caught:
        kubeconfig.load([path])

    assert str(path) in str(caught.value)
    assert "secret" not in _everything_said(caught.value)


def _everything_said(error: BaseException | None) -> str:
    return f"{error} {_everything_said(error.__cause__)}" if error else ""


def test_a_file_that_is_no_text_is_trouble(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(Trouble, match="text"):
        kubeconfig.load([path])


def test_a_file_that_is_too_long_is_trouble(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"#" * (files.MOST_BYTES + 1))

    with pytest.raises(Trouble, match="too long"):
        kubeconfig.load([path])


def test_without_the_kubernetes_package_the_fix_is_told(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "kubernetes"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "kubernetes", None)

    with pytest.raises(Trouble, match=r"pip install 'seawall\[kube\]'"):
        kubeconfig.load([write(one_context())])


def test_no_text_of_a_kubeconfig_shows_a_token(write: Write) -> None:
    found = kubeconfig.load([write(one_context(user={"token": "secret"}))])

    assert "secret" not in f"{found!r} {found.merged!r} {found.merged.users['u']!r}"


@pytest.mark.parametrize(
    "explicit, variable, found",
    [
        pytest.param("a", "b", ["a"], id="the command line goes first"),
        pytest.param(None, "b:gone:a", ["b", "a"], id="a list, of which one is gone"),
        pytest.param(None, "", [".kube/config"], id="the usual place"),
        pytest.param(None, ":", [".kube/config"], id="an empty list"),
    ],
)
def test_kubeconfigs_are_found(
    explicit: str | None, variable: str, found: list[str], tmp_path: Path
) -> None:
    (tmp_path / ".kube").mkdir()
    for name in ("a", "b", ".kube/config"):
        (tmp_path / name).touch()
    listed = ":".join(str(tmp_path / each) if each else "" for each in variable.split(":"))
    said = str(tmp_path / explicit) if explicit else None
    environment = {"KUBECONFIG": listed if variable.strip(":") else variable}

    assert [tmp_path / each for each in found] == files.paths_from(said, environment, tmp_path)


@pytest.mark.parametrize("explicit", [None, "gone"])
def test_no_kubeconfig_at_all_is_trouble(explicit: str | None, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="--kubeconfig"):
        files.paths_from(explicit, {}, tmp_path)


@pytest.mark.parametrize(
    "context, cluster, server, key",
    [
        pytest.param(
            "pay",
            ARN,
            "https://ABC.gr7.eu-west-1.eks.amazonaws.com",
            ARN.lower(),
            id="EKS, the context has an alias",
        ),
        pytest.param(
            ARN, "x", "https://abc.sk1.eu-west-1.eks.amazonaws.com", ARN.lower(), id="EKS, context"
        ),
        pytest.param(ARN, ARN, "https://evil.example", f"https://evil.example#{ARN}", id="forged"),
        pytest.param(
            ARN,
            ARN,
            "https://abc.gr7.us-east-1.eks.amazonaws.com",
            f"https://abc.gr7.us-east-1.eks.amazonaws.com#{ARN}",
            id="an ARN of another region",
        ),
        pytest.param(
            ARN,
            ARN,
            "https://eu-west-1.eks.amazonaws.com.evil.example",
            f"https://eu-west-1.eks.amazonaws.com.evil.example#{ARN}",
            id="a host that only starts like EKS",
        ),
        pytest.param("Dev", "c", "https://K.example/", "https://k.example#Dev", id="any other"),
        pytest.param("dev", "", "", "#dev", id="no server"),
        pytest.param("dev", ARN, "https://[", "https://[#dev", id="no URL"),
    ],
)
def test_a_key_is_made_of_what_can_be_trusted(
    context: str, cluster: str, server: str, key: str
) -> None:
    assert key == cluster_key(context, cluster, server)
