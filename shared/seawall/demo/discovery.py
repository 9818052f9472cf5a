"""The documents that say what a server serves: version, groups, resources, health.

The aggregated form (one document for everything, asked for by Accept header) is left out: every
client falls back to these, and its readers here would be nobody.
"""

from collections.abc import Iterable

from seawall.demo.replies import NO_SUCH_PATH, Reply, document, text
from seawall.demo.resources import STATUS_VERBS, Json, Resource

HEALTH = frozenset({"/healthz", "/livez", "/readyz"})


def document_at(path: str, served: Iterable[Resource], git_version: str) -> Reply:
    """The document at a plain path, or the 404 of a path that nothing answers."""
    if path in HEALTH:
        return text("ok")
    found = _found(path, tuple(served), git_version)
    return document(found) if found else NO_SUCH_PATH


def _found(path: str, served: tuple[Resource, ...], git_version: str) -> Json:
    match [part for part in path.split("/") if part]:
        case ["version"]:
            return _version(git_version)
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        case ["api", version]:
            return _resource_list("", version, served)
        case ["apis", *rest]:
            return _under_apis(rest, served)
    return {}


def _under_apis(rest: list[str], served: tuple[Resource, ...]) -> Json:
    match rest:
        case []:
            return _group_list(served)
        case [name]:
            group = _group(name, served)
            return {"kind": "APIGroup", "apiVersion": "v1"} | group if group else {}
        case [name, version]:
            return _resource_list(name, version, served)
    return {}


def _version(git_version: str) -> Json:
    major, minor, *_ = git_version.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "gitVersion": git_version,
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "go1.26.10",
        "compiler": "gc",
        "platform": "linux/amd64",
    }


def _group_list(served: tuple[Resource, ...]) -> Json:
    names = dict.fromkeys(resource.group for resource in served if resource.group)
    groups = [_group(name, served) for name in names]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def _group(name: str, served: tuple[Resource, ...]) -> Json:
    versions = dict.fromkeys(r.version for r in served if r.group == name)
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]} if listed else {}


def _resource_list(group: str, version: str, served: tuple[Resource, ...]) -> Json:
    chosen = [r for r in served if (r.group, r.version) == (group, version)]
    entries = [entry for resource in chosen for entry in _entries(resource)]
    head = {"kind": "APIResourceList", "apiVersion": "v1"}
    return {**head, "groupVersion": chosen[0].api_version, "resources": entries} if chosen else {}


def _entries(resource: Resource) -> list[Json]:
    entry: Json = {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    status = {"name": f"{resource.plural}/status", "singularName": "", "verbs": list(STATUS_VERBS)}
    short = {"shortNames": list(resource.short_names)} if resource.short_names else {}
    return [entry | short, entry | status] if resource.has_status else [entry | short]
