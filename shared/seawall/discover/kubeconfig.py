"""Contexts of kubeconfig files: which clusters they name, and the door to each.

The `kubernetes` package reads and merges the files. What it would do next is not used: it writes
keys to files that live as long as the process, runs any plug-in, and logs a failed login and goes
on without one.
"""

import fnmatch
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from seawall.discover.files import Entry, Merged, merged
from seawall.discover.plugins import Allowed, Credential, ExecConfig, credential
from seawall.model.cluster import ClusterKey
from seawall.model.door import Door
from seawall.model.errors import NoEntry, Trouble

T = TypeVar("T")

_EKS_ARN = re.compile(r"arn:aws[a-z-]*:eks:([a-z0-9-]+):[0-9]{12}:cluster/[A-Za-z0-9_-]{1,100}")
_EKS_HOSTS = ("{}.eks.amazonaws.com", "{}.eks.amazonaws.com.cn", "eks-cluster.{}.api.aws")
NOBODY = Entry({}, Path())
"""The user of a context without one: the cluster is asked without credentials."""


class _Cluster(msgspec.Struct, rename="kebab"):
    """`Cluster` of `k8s.io/client-go/tools/clientcmd/api/v1`."""

    server: str | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None


class _User(msgspec.Struct, rename="kebab"):
    """`AuthInfo` of the same."""

    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = msgspec.field(default=None, name="tokenFile")
    plugin: ExecConfig | None = msgspec.field(default=None, name="exec")
    auth_provider: dict[str, Any] | None = None
    username: str | None = None
    impersonate: str | None = msgspec.field(default=None, name="as")


class _Context(msgspec.Struct):
    """`Context` of the same."""

    cluster: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class ContextRef:
    """A cluster by the name of a context, before anything was asked of it."""

    key: ClusterKey
    context: str
    server: str


@dataclass(frozen=True, slots=True, repr=False)
class Kubeconfig:
    """Everything that one or several kubeconfig files say; its text shows none of it."""

    merged: Merged

    def matching(self, patterns: Sequence[str] = ()) -> tuple[ContextRef, ...]:
        """The contexts that match any pattern (`*`, `?`, `[a-z]`); without one, the current.

        Raises:
            Trouble: A pattern matches nothing: a scan of nothing would look like a clean one.
        """
        if not patterns:
            return (self._ref(self._current_name()),)
        return tuple(map(self._ref, dict.fromkeys(self._names(patterns))))

    def door(self, ref: ContextRef, allowed: Allowed) -> Door:
        """The door to a context's cluster; this may run its plug-in, once.

        Raises:
            NoEntry: The context is incomplete, or asks for something that is not done.
        """
        context = _read(self.merged.contexts.get(ref.context), _Context, "context")
        cluster_entry = self.merged.clusters.get(context.cluster or "")
        cluster = _read(cluster_entry, _Cluster, "cluster of the context")
        _check_cluster(cluster)
        user_entry = self.merged.users.get(context.user or "") if context.user else NOBODY
        user = _read(user_entry, _User, "user of the context")
        _check_user(user)
        shown = _credential(user, _folder(user_entry), ref.server, allowed)
        return Door(
            ref.server,
            ca=_authority(cluster, cluster_entry),
            certificate=shown.certificate,
            key=shown.key,
            token=shown.token,
            tls_server_name=cluster.tls_server_name or "",
        )

    def authority(self, ref: ContextRef) -> bytes | None:
        """PEM of who vouches for a context's server; None: the system's authorities.

        Raises:
            NoEntry: The context is incomplete, or its file cannot be read.
        """
        context = _read(self.merged.contexts.get(ref.context), _Context, "context")
        entry = self.merged.clusters.get(context.cluster or "")
        return _authority(_read(entry, _Cluster, "cluster of the context"), entry)

    def _current_name(self) -> str:
        if self.merged.current not in self.merged.contexts:
            raise Trouble("the kubeconfig has no current context; name one with --context")
        return self.merged.current

    def _names(self, patterns: Iterable[str]) -> Iterable[str]:
        for pattern in patterns:
            exact = pattern in self.merged.contexts
            found = [pattern] if exact else fnmatch.filter(self.merged.contexts, pattern)
            if not found:
                there = ", ".join(sorted(self.merged.contexts)[:10]) or "none"
                raise Trouble(f"no context matches {pattern!r}; there are: {there}")
            yield from found

    def _ref(self, name: str) -> ContextRef:
        """The reference; a context too broken to name a server is still one, and will be unseen."""
        try:
            cluster_name = _read(self.merged.contexts[name], _Context, "context").cluster or ""
            cluster = _read(self.merged.clusters.get(cluster_name), _Cluster, "cluster")
        except NoEntry:
            return ContextRef(cluster_key(name, "", ""), name, "")
        server = cluster.server or ""
        return ContextRef(cluster_key(name, cluster_name, server), name, server)


def load(paths: Iterable[Path]) -> Kubeconfig:
    """The files as one kubeconfig.

    Raises:
        Trouble: A file is no kubeconfig, or the `kubernetes` package is not installed.
    """
    return Kubeconfig(merged(paths))


def cluster_key(context: str, cluster: str, server: str) -> ClusterKey:
    """Names a cluster before it is seen.

    `aws eks update-kubeconfig` names clusters by their ARN: a cloud id, taken (lower-cased) where
    the server is indeed an EKS endpoint of that region. Everything else is `server#context`: GKE's
    and AKS's names do not prove anything, since their servers are bare addresses. The server is
    lower-cased; context names differ by case and stay as they are.
    """
    host = _host(server)
    for name in (cluster, context):
        arn = _EKS_ARN.fullmatch(name)
        if arn and any(host.endswith("." + end.format(arn[1])) for end in _EKS_HOSTS):
            return ClusterKey(name.lower())
    return ClusterKey(f"{server.lower().rstrip('/')}#{context}")


def _host(server: str) -> str:
    try:
        return urlsplit(server).hostname or ""
    except ValueError:
        return ""


def _read(entry: Entry | None, shape: type[T], what: str) -> T:
    if entry is None:
        raise NoEntry(f"the {what} is not in the kubeconfig")
    try:
        return msgspec.convert(entry.body, shape)
    except msgspec.ValidationError as error:  # its texts name paths, not values
        raise NoEntry(f"the {what} cannot be read: {error}") from error


def _authority(cluster: _Cluster, entry: Entry | None) -> bytes | None:
    return _content(
        "certificate-authority",
        cluster.certificate_authority_data,
        cluster.certificate_authority,
        _folder(entry),
    )


def _folder(entry: Entry | None) -> Path:
    return entry.folder if entry else Path()


def _check_cluster(cluster: _Cluster) -> None:
    if not cluster.server:
        raise NoEntry("the cluster of the context has no server")
    if cluster.insecure_skip_tls_verify:
        raise NoEntry(
            "the kubeconfig says insecure-skip-tls-verify, and what an unverified server says "
            "proves nothing; give the cluster's certificate-authority instead"
        )
    if cluster.proxy_url:
        raise NoEntry("the kubeconfig says proxy-url, which is not supported; connect directly")


def _check_user(user: _User) -> None:
    if user.auth_provider is not None:
        raise NoEntry(
            "the kubeconfig uses an auth-provider, which Kubernetes 1.26 removed; "
            "use the credential plug-in (exec) that took its place"
        )
    if user.username is not None:
        raise NoEntry("the kubeconfig logs in by password, which Kubernetes 1.19 removed")
    if user.impersonate is not None:
        raise NoEntry("the kubeconfig acts as somebody else (as), which is not supported")


def _credential(user: _User, folder: Path, server: str, allowed: Allowed) -> Credential:
    """A certificate and a token may go together; a plug-in is asked where neither is there."""
    certificate = _content(
        "client-certificate", user.client_certificate_data, user.client_certificate, folder
    )
    key = _content("client-key", user.client_key_data, user.client_key, folder)
    token = _token(user, folder)
    if user.plugin is not None and not token and certificate is None:
        return credential(user.plugin, server, allowed)
    return Credential(token, certificate, key)


def _token(user: _User, folder: Path) -> str:
    """The file wins over the text, as in client-go: it is the one that is renewed."""
    if user.token_file:
        return _file("tokenFile", user.token_file, folder).decode(errors="replace").strip()
    return (user.token or "").strip()


def _content(what: str, encoded: str | None, path: str | None, folder: Path) -> bytes | None:
    """What `-data` holds, else the file; paths start from the kubeconfig they are written in."""
    if encoded:
        try:
            return b64decode(encoded, validate=True)
        except (Base64Error, ValueError) as error:
            raise NoEntry(f"{what}-data is not base64") from error
    return _file(what, path, folder) if path else None


def _file(what: str, path: str, folder: Path) -> bytes:
    try:
        return (folder / path).read_bytes()
    except (OSError, ValueError) as error:
        raise NoEntry(f"the file that the kubeconfig names as {what} cannot be read") from error
