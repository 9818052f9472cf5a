"""What the server refuses in a request for a write: its options, its names, its contents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec

from seawall.collect import validate
from seawall.demo.bodies import STRICT, WARN, unhandled
from seawall.demo.replies import Refused, Reply, bad_request, failure
from seawall.demo.resources import Json, Resource, of_definition
from seawall.demo.schemas import Fault

LONGEST_MANAGER: Final = 128
_STRICTNESS: Final = ("Ignore", STRICT, WARN)
_FALSE: Final = frozenset({"", "0", "false"})
_OPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions"}
)
# Names of these are path segments and nothing more (apimachinery, ValidatePathSegmentName).
_FREELY_NAMED: Final = "rbac.authorization.k8s.io"
# Complaints begin with the kind of fault; a Status names it in one word (metav1.CauseType).
_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Required value": "FieldValueRequired",
        "Unsupported value": "FieldValueNotSupported",
        "Forbidden": "FieldValueForbidden",
    }
)


@dataclass(frozen=True, slots=True)
class Options:
    """How a write is to be done, from the query.

    Attributes:
        dry_run: Answer as if, and store nothing.
        manager: Who the fields belong to; empty if the client did not say.
        force: Take fields from other appliers.
        strictness: What becomes of unknown fields: Strict, Warn or Ignore.
    """

    dry_run: bool
    manager: str
    force: bool
    strictness: str


def options_of(query: Mapping[str, str], verb: str, *, apply: bool) -> Options:
    """Read the options of a create, update or patch. Raises: Refused, if they are no good."""
    given = Options(
        bool(query.get("dryRun", "")),
        query.get("fieldManager", ""),
        query.get("force", "") not in _FALSE,
        query.get("fieldValidation", "") or WARN,
    )
    problems = tuple(_option_problems(query, given, apply=apply))
    if problems:
        head = {"group": "meta.k8s.io", "kind": _OPTIONS[verb]}
        raise Refused(_invalid(f'{_OPTIONS[verb]}.meta.k8s.io ""', head, problems))
    return given


def bad_dry_run(given: str, options: str) -> Reply:
    """The 422 for a dry run that is none: it never becomes a real one."""
    problem = _unsupported("dryRun", given, ("All",))
    head = {"group": "meta.k8s.io", "kind": options}
    return _invalid(f'{options}.meta.k8s.io ""', head, [problem])


def bad_patch(patched: Json, unknown: Iterable[Fault]) -> Reply:
    """The 422 for a strict patch that makes fields which the kind does not have."""
    told = ", ".join(f'unknown field "{fault.path}"' for fault in unknown)
    shown = validate.shown(msgspec.json.encode(patched).decode())
    problem = f"patch: Invalid value: {shown}: strict decoding error: {told}"
    return _invalid(' ""', {}, [problem])


def _option_problems(query: Mapping[str, str], given: Options, *, apply: bool) -> Iterable[str]:
    if given.dry_run and query["dryRun"] != "All":
        yield _unsupported("dryRun", query["dryRun"], ("All",))
    if apply and not given.manager:
        yield "fieldManager: Required value: is required for apply patch"
    if len(given.manager) > LONGEST_MANAGER:
        shown = validate.shown(given.manager)
        yield f"fieldManager: Too long: {shown}: may not be more than {LONGEST_MANAGER} bytes"
    if "force" in query and not apply:
        yield "force: Forbidden: may not be specified for non-apply patch"
    if given.strictness not in _STRICTNESS:
        yield _unsupported("fieldValidation", given.strictness, _STRICTNESS)


def _unsupported(option: str, given: str, supported: Iterable[str]) -> str:
    listed = ", ".join(map(validate.shown, supported))
    return f"{option}: Unsupported value: {validate.shown(given)}: supported values: {listed}"


def refuse_invalid(obj: Json, resource: Resource) -> None:
    """Raises: Refused, if the object breaks a rule of its kind (those of policies are all here)."""
    problems = _problems(obj, resource)
    mistyped = [problem for problem in problems if ": Invalid type: " in problem]
    if mistyped:
        # A real server fails earlier on these, while it decodes; it has no words for them here.
        raise Refused(unhandled(resource, mistyped[0]))
    if problems:
        raise Refused(invalid(resource, str(obj["metadata"].get("name", "")), problems))


def _problems(obj: Json, resource: Resource) -> tuple[str, ...]:
    if (resource.group, resource.kind) == ("networking.k8s.io", validate.KIND):
        return validate.network_policy(obj).problems
    found = validate.metadata(resource.kind, obj)
    if resource.kind == "CustomResourceDefinition":
        found += _definition_problems(obj)
    if resource.group != _FREELY_NAMED:
        return found
    return tuple(p for p in found if not p.startswith("metadata.name: Invalid value"))


def _definition_problems(obj: Json) -> tuple[str, ...]:
    """What would keep the kind from being served; the schemas in it are not read."""
    try:
        served = set(of_definition(obj))
    except (AttributeError, KeyError, TypeError) as error:
        return (f"spec: Required value: group, scope, names and versions ({error})",)
    called = f"{obj['spec']['names']['plural']}.{obj['spec']['group']}"
    if served and obj["metadata"].get("name") != called:
        shown = validate.shown(obj["metadata"].get("name"))
        return (f'metadata.name: Invalid value: {shown}: must be spec.names.plural+"."+spec.group',)
    return ()


def refuse_mistyped_metadata(obj: Json, resource: Resource) -> None:
    """Raises: Refused, before anybody relies on a name being a text."""
    for problem in validate.metadata(resource.kind, obj):
        if ": Invalid type: " in problem:
            raise Refused(unhandled(resource, problem))


def refuse_other_place(obj: Json, namespace: str, name: str = "") -> None:
    """Raises: Refused, if the object says that it belongs elsewhere than the path says."""
    metadata = obj["metadata"]
    if metadata.get("namespace", namespace) != namespace:
        raise Refused(
            bad_request(
                "the namespace of the provided object does not match the namespace sent on the "
                "request"
            )
        )
    own = metadata.get("name", "")
    if name and own != name:
        said = f"the name of the object ({own}) does not match the name on the URL ({name})"
        raise Refused(bad_request(said if own else "name must be provided"))


def invalid(resource: Resource, name: str, problems: Iterable[str]) -> Reply:
    """The 422 that lists what is wrong with an object."""
    called = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    group = {"group": resource.group} if resource.group else {}
    details = {"name": name} if name else {}
    return _invalid(f'{called} "{name}"', {**details, **group, "kind": resource.kind}, problems)


def _invalid(what: str, details: Json, problems: Iterable[str]) -> Reply:
    listed = tuple(problems)
    said = listed[0] if len(listed) == 1 else f"[{', '.join(listed)}]"
    causes = {"causes": [_cause(problem) for problem in listed]}
    return failure(422, "Invalid", f"{what} is invalid: {said}", details=details | causes)


def _cause(problem: str) -> Json:
    path, _, message = problem.partition(": ")
    reason = _REASONS.get(message.partition(":")[0], "FieldValueInvalid")
    return {"reason": reason, "message": message, "field": path}
