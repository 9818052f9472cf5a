"""Kubeconfig files: where they are, and all of them merged into one.

The `kubernetes` package merges; it is a guest, imported only when there is something to merge.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from seawall.model.errors import Trouble

MOST_BYTES = 8 * 1024 * 1024
"""Of one kubeconfig: a thousand contexts with their certificates take about five."""

# What the merger does with entries of a wrong shape; it raises nothing of its own for most.
_UNREADABLE = (AttributeError, KeyError, RecursionError, TypeError, ValueError, yaml.YAMLError)
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A named entry, unread, and the folder its relative paths start from."""

    body: object
    folder: Path


@dataclass(frozen=True, slots=True, repr=False)
class Merged:
    """All files in one: the first to name a context, cluster or user is the one that counts."""

    current: str
    contexts: Mapping[str, Entry]
    clusters: Mapping[str, Entry]
    users: Mapping[str, Entry]


def paths_from(explicit: str | None, environment: Mapping[str, str], home: Path) -> list[Path]:
    """Where the kubeconfig is: `--kubeconfig`, else the list in KUBECONFIG, else `~/.kube/config`.

    As for kubectl, files of the list may be missing, the one named on the command line may not.

    Raises:
        Trouble: None of them is there.
    """
    if explicit:
        paths = [Path(explicit)]
    else:
        listed = filter(None, environment.get("KUBECONFIG", "").split(os.pathsep))
        paths = [Path(each).expanduser() for each in listed] or [home / ".kube" / "config"]
    there = [path for path in paths if path.is_file()]
    if not there:
        said = ", ".join(map(str, paths))
        raise Trouble(f"no kubeconfig at {said}; name one with --kubeconfig or KUBECONFIG")
    return there


def merged(paths: Iterable[Path]) -> Merged:
    """The files as one.

    Raises:
        Trouble: A file is no kubeconfig, or the `kubernetes` package is not installed.
    """
    merger = _merger()
    from kubernetes.config import ConfigException

    currents = []
    for path in paths:
        _check_text(path)
        try:
            merger.load_config(str(path))
            currents.append(merger.config_files[str(path)].get("current-context"))
        except (*_UNREADABLE, ConfigException):
            # The texts of these quote whole entries, tokens included: none of them is passed on.
            raise _no_kubeconfig(path) from None
    found = merger.config.value if merger.config else {}
    return Merged(
        # kubectl takes the first one that is set; the merger would take the last.
        current=next((each for each in currents if each and isinstance(each, str)), ""),
        contexts=_entries(found, "contexts", "context"),
        clusters=_entries(found, "clusters", "cluster"),
        users=_entries(found, "users", "user"),
    )


def _merger() -> Any:  # noqa: ANN401  the package has no types for it
    try:
        from kubernetes.config.kube_config import KubeConfigMerger
    except ModuleNotFoundError as error:
        raise Trouble(
            "reading a kubeconfig needs the kubernetes package; pip install 'seawall[kube]'"
        ) from error
    return KubeConfigMerger("")  # type: ignore[no-untyped-call]


def _check_text(path: Path) -> None:
    """Find what is wrong while a line can still be named, and aliases before they are expanded."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Trouble(f"{path}: too long for a kubeconfig")
        text = path.read_text(encoding="utf-8")
        events = list(yaml.parse(text, Loader=_Loader))
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{path}: cannot be read as text; is it a kubeconfig?") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise Trouble(f"{path}{line}: broken YAML") from error
    if not any(isinstance(each, yaml.MappingStartEvent) for each in events):
        raise _no_kubeconfig(path)
    if any(isinstance(each, yaml.AliasEvent) for each in events):
        raise Trouble(f"{path}: a kubeconfig must not use YAML aliases; write the entries out")


def _no_kubeconfig(path: Path) -> Trouble:
    return Trouble(
        f"{path}: no kubeconfig: clusters, contexts and users are lists of named entries"
    )


def _entries(merged: Mapping[str, Any], plural: str, member: str) -> dict[str, Entry]:
    found = {}
    for node in merged.get(plural, ()):
        name = node.value.get("name") if isinstance(node.value, dict) else None
        if not isinstance(name, str):
            raise _no_kubeconfig(Path(node.path))
        found[name] = Entry(node.value.get(member), Path(node.path).parent)
    return found
