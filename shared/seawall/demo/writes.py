"""Create, update, patch and delete: from a request to a stored object and the answer to it.

The order of the checks is the real server's: what was sent, the namespace, the rules of the kind,
and only then whether the name is taken. The store is held for the whole of it, so that two writers
come one after the other.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from seawall.demo import bodies, checks, deletions, lives, merging, namespaces, ownership, replies
from seawall.demo.access import allowed, forbidden
from seawall.demo.asks import Ask
from seawall.demo.checks import Options
from seawall.demo.owners import APPLY, UPDATE, Owner, Owners, owners_of, refuse_conflicts
from seawall.demo.ownership import Fields, KeyMissingError
from seawall.demo.replies import Refused, Reply
from seawall.demo.resources import Json, Resource
from seawall.demo.routes import Route
from seawall.demo.schemas import Shape, empty, faults, shape_of
from seawall.demo.store import Store

APPLY_PATCH: Final = "application/apply-patch+yaml"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
_MODIFIED: Final = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One request for a write, taken apart."""

    ask: Ask
    route: Route
    resource: Resource
    shape: Shape
    options: Options
    now: str

    @property
    def namespace(self) -> str:
        return self.route.namespace if self.resource.namespaced else ""

    def owner(self, operation: str) -> Owner:
        # Without a field manager it is the first word of the User-Agent (recorded).
        manager = self.options.manager or self.ask.user_agent.partition("/")[0]
        manager = manager[: checks.LONGEST_MANAGER]
        return Owner(manager, operation, self.resource.api_version)


class Writes:
    """Answers the requests that change a store; `now` is asked for every time that is stored."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def reply(self, ask: Ask, route: Route, resource: Resource) -> Reply:
        """The answer to a request that was permitted. Raises: Refused."""
        if not _well_placed(route, resource):
            raise Refused(replies.not_allowed(f"{ask.method} {route.path}"))
        now = self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            return self._held(ask, route, resource, now)
        except (RecursionError, OverflowError) as error:
            raise Refused(replies.bad_request(f"the object cannot be stored: {error}")) from error

    def _held(self, ask: Ask, route: Route, resource: Resource, now: str) -> Reply:
        with self._store.held():
            if route.verb == "delete":
                namespace = route.namespace if resource.namespaced else ""
                return deletions.deleted(self._store, ask, resource, (namespace, route.name), now)
            apply = bodies.media_type(ask.content_type) == APPLY_PATCH and route.verb == "patch"
            options = checks.options_of(ask.query, route.verb, apply=apply)
            attempt = _Attempt(ask, route, resource, shape_of(resource), options, now)
            return self._written(attempt, apply=apply)

    def _written(self, attempt: _Attempt, *, apply: bool) -> Reply:
        try:
            if attempt.route.verb == "create":
                return self._create(attempt)
            if apply:
                return self._apply(attempt)
            return self._update(attempt)
        except KeyMissingError as error:
            place = f"{attempt.namespace}/{attempt.route.name}"
            raise Refused(bodies.untyped(attempt.resource, place, [str(error)])) from error

    def _create(self, attempt: _Attempt) -> Reply:
        ask, resource = attempt.ask, attempt.resource
        sent = bodies.posted(ask.body, ask.content_type, resource.kind)
        given, warnings = self._checked(attempt, sent)
        metadata = given["metadata"]
        if metadata.get("resourceVersion"):
            raise Refused(
                replies.bad_request("resourceVersion should not be set on objects to be created")
            )
        namespaces.admit_creation(
            self._store, resource, attempt.namespace, metadata.get("name", "")
        )
        if not metadata.get("name"):
            metadata = {**metadata, "name": self._made_up(metadata.get("generateName", ""))}
        born = lives.born({**given, "metadata": metadata}, resource, attempt.namespace, attempt.now)
        owners = _first_owners(attempt, born, attempt.owner(UPDATE))
        return self._stored_new(attempt, born, owners, warnings)

    def _made_up(self, prefix: str) -> str:
        return f"{prefix}{self._store.version:05x}" if prefix else ""

    def _checked(self, attempt: _Attempt, sent: Json) -> tuple[Json, tuple[str, ...]]:
        given, warnings = bodies.checked(
            sent, attempt.resource, attempt.shape, attempt.options.strictness
        )
        checks.refuse_mistyped_metadata(given, attempt.resource)
        checks.refuse_other_place(given, attempt.namespace, attempt.route.name)
        return given, warnings

    def _stored_new(
        self, attempt: _Attempt, born: Json, owners: Owners, warnings: tuple[str, ...] = ()
    ) -> Reply:
        resource, name = attempt.resource, born["metadata"]["name"]
        checks.refuse_invalid(born, resource)
        if self._store.get(resource, attempt.namespace, name):
            raise Refused(replies.already_exists(resource, name))
        managed = {**born["metadata"], "managedFields": owners.written()}
        new = {**born, "metadata": managed}
        if not attempt.options.dry_run:
            new = self._store.write(resource, new)
        return replies.document(new, status=201, headers=_warned(warnings))

    def _apply(self, attempt: _Attempt) -> Reply:
        resource, name = attempt.resource, attempt.route.name
        sent = bodies.from_yaml(attempt.ask.body)
        config = bodies.configured(sent, resource, attempt.shape, attempt.namespace)
        checks.refuse_mistyped_metadata(config, resource)
        checks.refuse_other_place(config, attempt.namespace, name)
        if config["metadata"].get("managedFields"):
            raise Refused(replies.bad_request("metadata.managedFields must be nil"))
        config = lives.tracked(config, resource)
        held = self._store.get(resource, attempt.namespace, name)
        if held is None:
            return self._apply_new(attempt, config)
        return self._apply_over(attempt, config, held.obj)

    def _apply_new(self, attempt: _Attempt, config: Json) -> Reply:
        resource, name = attempt.resource, attempt.route.name
        namespaces.admit_creation(self._store, resource, attempt.namespace, name)
        create = replace(attempt.route, verb="create")
        if not allowed(attempt.ask.user, create):
            raise Refused(forbidden(attempt.ask.user, create))
        if uid := config["metadata"].get("uid"):
            why = (
                f"uid mismatch: the provided object specified uid {uid}, and no existing object "
                "was found"
            )
            raise Refused(replies.conflict(resource, name, why))
        begun = merging.applied(empty(resource), config, attempt.shape)
        born = lives.born(begun, resource, attempt.namespace, attempt.now)
        fields = ownership.fields_of(config, attempt.shape)
        owners = Owners({}).owning(attempt.owner(APPLY), fields, attempt.now)
        return self._stored_new(attempt, born, owners)

    def _apply_over(self, attempt: _Attempt, config: Json, live: Json) -> Reply:
        resource, shape, owner = attempt.resource, attempt.shape, attempt.owner(APPLY)
        _refuse_stale(config["metadata"], live["metadata"], resource)
        before = _owners(live) if _is_owned(live) else _before_first_apply(attempt, live)
        fields = ownership.fields_of(config, shape)
        owners = before.owning(owner, fields, attempt.now)
        merged = merging.applied(live, config, shape)
        left = _given_up(before.of(owner), owners.everything())
        pruned = merging.without(merged, left, shape)
        change = ownership.difference(
            lives.tracked(live, resource), lives.tracked(pruned, resource), shape
        )
        if not attempt.options.force:
            refuse_conflicts(before, owner, change)
        new = lives.changed(live, pruned, resource)
        return self._stored_change(attempt, live, new, owners.after(owner, change))

    def _update(self, attempt: _Attempt) -> Reply:
        resource, name = attempt.resource, attempt.route.name
        sent = None  # a body is read before anything is looked up, but for what a patch makes
        if attempt.route.verb == "patch":
            _refuse_form(attempt)
        else:
            sent = self._posted(attempt)
        held = self._store.get(resource, attempt.namespace, name)
        if held is None:
            raise Refused(replies.not_found(resource, name))
        given, warnings = sent or self._patched(attempt, held.obj)
        _refuse_stale(given["metadata"], held.obj["metadata"], resource)
        new = lives.changed(held.obj, given, resource)
        change = ownership.difference(
            lives.tracked(held.obj, resource), lives.tracked(new, resource), attempt.shape
        )
        owners = _owners(given if given["metadata"].get("managedFields") else held.obj)
        if _is_owned(held.obj):  # who writes to what nobody owns does not own it either
            owners = owners.updated(attempt.owner(UPDATE), change, attempt.now)
        return self._stored_change(attempt, held.obj, new, owners, warnings)

    def _posted(self, attempt: _Attempt) -> tuple[Json, tuple[str, ...]]:
        sent = bodies.posted(attempt.ask.body, attempt.ask.content_type, attempt.resource.kind)
        given = self._checked(attempt, sent)
        if attempt.resource.custom and not given[0]["metadata"].get("resourceVersion"):
            problem = "metadata.resourceVersion: Invalid value: 0: must be specified for an update"
            raise Refused(checks.invalid(attempt.resource, attempt.route.name, [problem]))
        return given

    def _patched(self, attempt: _Attempt, live: Json) -> tuple[Json, tuple[str, ...]]:
        patch = bodies.from_json(attempt.ask.body) if attempt.ask.body else {}
        patched = _merged(attempt, live, patch)
        unknown = [f for f in faults(patched, attempt.shape) if not f.wanted]
        if unknown and attempt.options.strictness == bodies.STRICT:
            raise Refused(checks.bad_patch(patched, unknown))
        return self._checked(attempt, patched)

    def _stored_change(
        self,
        attempt: _Attempt,
        live: Json,
        new: Json,
        owners: Owners,
        warnings: tuple[str, ...] = (),
    ) -> Reply:
        resource, metadata = attempt.resource, new["metadata"]
        checks.refuse_invalid(new, resource)
        if owners == _owners(live) and new == live:
            return replies.document(live, headers=_warned(warnings))
        new = {**new, "metadata": {**metadata, "managedFields": owners.written()}}
        if attempt.options.dry_run:
            return replies.document(new, headers=_warned(warnings))
        if "deletionTimestamp" in metadata and not metadata.get("finalizers"):
            self._store.drop(resource, attempt.namespace, metadata["name"])
            return replies.document(new)
        return replies.document(self._store.write(resource, new), headers=_warned(warnings))


def _well_placed(route: Route, resource: Resource) -> bool:
    """True if the path is one that this verb can go to."""
    if route.subresource or route.verb not in {"create", "update", "patch", "delete"}:
        return False
    if (route.verb == "create") == bool(route.name):
        return False
    return bool(route.namespace) or not resource.namespaced


def _refuse_form(attempt: _Attempt) -> None:
    """Raises: Refused, if this is no patch that is read here; of custom kinds no keys are known."""
    strategic = () if attempt.resource.custom else (STRATEGIC_PATCH,)
    kinds = (MERGE_PATCH, *strategic, APPLY_PATCH)
    if bodies.media_type(attempt.ask.content_type) not in kinds:
        raise Refused(replies.unsupported(kinds))


def _merged(attempt: _Attempt, live: Json, patch: Json) -> Json:
    strategic = bodies.media_type(attempt.ask.content_type) == STRATEGIC_PATCH
    try:
        merged: Json = (
            merging.strategic_patched(live, patch, attempt.shape)
            if strategic
            else merging.merge_patched(live, patch)
        )
    except merging.BadPatchError as error:
        raise Refused(replies.bad_request(str(error))) from error
    return merged


def _refuse_stale(given: Json, live: Json, resource: Resource) -> None:
    """Raises: Refused, if the client means another object or an older state of it."""
    uid = given.get("uid")
    if uid and uid != live["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {live['uid']}"
        raise Refused(replies.conflict(resource, live["name"], why))
    version = given.get("resourceVersion")
    if version and version != live["resourceVersion"]:
        raise Refused(replies.conflict(resource, live["name"], _MODIFIED))


def _given_up(last: Fields, owned: Fields) -> Fields:
    """What the applier no longer mentions and nobody else owns, not even a part of it."""
    held = {path[:length] for path in owned for length in range(1, len(path) + 1)}
    return frozenset(path for path in last if path not in held)


def _first_owners(attempt: _Attempt, obj: Json, owner: Owner) -> Owners:
    """All that is in the object belongs to this one, but for what nobody owns."""
    start = lives.tracked(empty(attempt.resource), attempt.resource)
    change = ownership.difference(start, lives.tracked(obj, attempt.resource), attempt.shape)
    return Owners({}).updated(owner, change, attempt.now)


def _before_first_apply(attempt: _Attempt, live: Json) -> Owners:
    """Owners for an object that was made when nobody kept them: applying must not take it all."""
    owner = Owner("before-first-apply", UPDATE, attempt.resource.api_version)
    return _first_owners(attempt, live, owner)


def _is_owned(obj: Json) -> bool:
    return bool(obj["metadata"].get("managedFields"))


def _owners(obj: Json) -> Owners:
    """The owners; managedFields that cannot be read are as good as none."""
    try:
        return owners_of(obj["metadata"].get("managedFields") or ())
    except (AttributeError, KeyError, TypeError):
        return Owners({})


def _warned(warnings: tuple[str, ...]) -> dict[str, str]:
    """RFC 7234, 5.5: code 299, no agent, the text as a quoted string."""
    told = ", ".join(f"299 - {json.dumps(warning)}" for warning in warnings)
    return {"Warning": told} if told else {}
