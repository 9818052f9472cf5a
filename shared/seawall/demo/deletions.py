"""DELETE of one object: what it asks first, what it stores, what it answers."""

from typing import Final

import msgspec

from seawall.demo import bodies, checks, lives, namespaces, replies
from seawall.demo.asks import Ask
from seawall.demo.replies import Refused, Reply
from seawall.demo.resources import NAMESPACES, Json, Resource
from seawall.demo.store import Store

# Kinds whose deletion answers with the object instead of a Status (ReturnDeletedObject in the
# registries of the API server).
_ANSWERED_BY_OBJECT: Final = frozenset(
    {"PersistentVolume", "PersistentVolumeClaim", "Pod", "ResourceQuota", "Service"}
    | {"ServiceAccount"}
)


class _Preconditions(msgspec.Struct, frozen=True, rename="camel"):
    uid: str | None = None
    resource_version: str | None = None


class DeleteOptions(msgspec.Struct, frozen=True, rename="camel"):
    """What a client may say about a deletion; how dependents go is not its business here."""

    preconditions: _Preconditions = _Preconditions()
    dry_run: tuple[str, ...] | None = None


def deleted(store: Store, ask: Ask, resource: Resource, place: tuple[str, str], now: str) -> Reply:
    """Delete the object at `place`, its namespace and name. Raises: Refused."""
    namespace, name = place
    options = _options(ask)
    namespaces.admit_deletion(resource, name)
    held = store.get(resource, namespace, name)
    if held is None:
        raise Refused(replies.not_found(resource, name))
    _refuse_other(options.preconditions, held.obj["metadata"], resource)
    if resource == NAMESPACES:
        return _doomed(store, held.obj, now, dry_run=bool(options.dry_run))
    if held.obj["metadata"].get("finalizers"):
        return _held_back(store, resource, held.obj, now, dry_run=bool(options.dry_run))
    if not options.dry_run:
        store.drop(resource, namespace, name)
    if resource.kind in _ANSWERED_BY_OBJECT and not resource.custom:
        return replies.document(held.obj)
    return replies.deleted(resource, name, held.obj["metadata"]["uid"])


def _options(ask: Ask) -> DeleteOptions:
    """From the body if there is one, else from the query."""
    if ask.body:
        sent = bodies.posted(ask.body, ask.content_type, "DeleteOptions")
        try:
            given = msgspec.convert(sent, DeleteOptions)
        except msgspec.ValidationError as error:
            raise Refused(replies.bad_request(f"DeleteOptions: {error}")) from error
    else:
        asked = ask.query.get("dryRun", "")
        given = DeleteOptions(dry_run=(asked,) if asked else None)
    if given.dry_run and given.dry_run != ("All",):
        raise Refused(checks.bad_dry_run(given.dry_run[0], "DeleteOptions"))
    return given


def _refuse_other(wanted: _Preconditions, found: Json, resource: Resource) -> None:
    named = resource == NAMESPACES  # its registry has its own words
    for field, asked, became in (
        ("UID", wanted.uid, "deleted and then recreated"),
        ("ResourceVersion", wanted.resource_version, "modified"),
    ):
        key = "uid" if field == "UID" else "resourceVersion"
        if asked is None or asked == found[key]:
            continue
        why = (
            f"Precondition failed: {field} in precondition: {asked}, "
            f"{field} in object meta: {found[key]}"
            if named
            else f"the {field} in the precondition ({asked}) does not match the {field} in record "
            f"({found[key]}). The object might have been {became}"
        )
        raise Refused(replies.conflict(resource, found["name"], why, by_kind=not named))


def _doomed(store: Store, live: Json, now: str, *, dry_run: bool) -> Reply:
    if namespaces.is_terminating(live):
        return replies.document(live)
    ending = namespaces.terminating(live, now)
    if dry_run:
        return replies.document(ending)
    stored = store.write(NAMESPACES, ending)
    store.doom(live["metadata"]["name"])
    return replies.document(stored)


def _held_back(store: Store, resource: Resource, live: Json, now: str, *, dry_run: bool) -> Reply:
    """A finalizer keeps the object until its owner takes it off."""
    if "deletionTimestamp" in live["metadata"]:
        return replies.document(live)
    ending = lives.ended(live, now)
    return replies.document(ending if dry_run else store.write(resource, ending))
