"""Who owns which fields of an object: what `metadata.managedFields` says, and how it changes.

The rules are those of structured-merge-diff's `merge/update.go`: whoever applies a changed value of
a field that another owns has a conflict; whoever writes without apply takes the field.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from seawall.demo import ownership
from seawall.demo.ownership import NOTHING, Difference, Fields, Path
from seawall.demo.replies import Refused, Reply, failure
from seawall.demo.resources import Json

APPLY: Final = "Apply"
UPDATE: Final = "Update"


@dataclass(frozen=True, slots=True)
class Owner:
    """One entry of managedFields is one owner; whoever applies is the same in every version."""

    manager: str
    operation: str
    api_version: str
    subresource: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells owners apart."""
        version = "" if self.operation == APPLY else self.api_version
        return (self.manager, self.operation, version, self.subresource)

    def __str__(self) -> str:
        text = f'"{self.manager}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return f"{text} using {self.api_version}" if self.operation == UPDATE else text


@dataclass(frozen=True, slots=True)
class Share:
    """What an owner owns, and since when."""

    owner: Owner
    fields: Fields
    time: str = ""


@dataclass(frozen=True, slots=True)
class Owners:
    """All owners of one object."""

    shares: Mapping[tuple[str, ...], Share]

    def of(self, owner: Owner) -> Fields:
        """What this owner owns."""
        share = self.shares.get(owner.identity)
        return share.fields if share else NOTHING

    def everything(self) -> Fields:
        """Whatever anybody owns."""
        return frozenset().union(*(share.fields for share in self.shares.values()))

    def owning(self, owner: Owner, fields: Fields, time: str) -> "Owners":
        """The same with this owner owning exactly these; an unchanged share keeps its time."""
        before = self.shares.get(owner.identity)
        kept = before.time if before and before.fields == fields else time
        return _without_empty({**self.shares, owner.identity: Share(owner, fields, kept)})

    def conflicts(self, owner: Owner, change: Difference) -> tuple[tuple[Owner, Path], ...]:
        """The changed fields that others own."""
        return tuple(
            (share.owner, path)
            for identity, share in sorted(self.shares.items())
            if identity != owner.identity
            for path in sorted(share.fields & change.set_anew)
        )

    def after(self, owner: Owner, change: Difference) -> "Owners":
        """The others without what was changed or removed under them."""
        lost = change.set_anew | change.removed
        others = {
            identity: share
            if identity == owner.identity
            else replace(share, fields=share.fields - lost)
            for identity, share in self.shares.items()
        }
        return _without_empty(others)

    def updated(self, owner: Owner, change: Difference, time: str) -> "Owners":
        """After a write that is no apply: the writer takes all that it changed."""
        own = (self.of(owner) - change.removed) | change.set_anew
        return self.after(owner, change).owning(owner, own, time)

    def written(self) -> list[Json]:
        """The entries of managedFields, in the order in which a server writes them."""
        shares = sorted(self.shares.values(), key=_order)
        return [_entry(share) for share in shares]


def owners_of(entries: Iterable[Json]) -> Owners:
    """What managedFields says. Raises a KeyError or a TypeError if it is none."""
    shares: dict[tuple[str, ...], Share] = {}
    for entry in entries:
        owner = Owner(
            entry.get("manager", ""),
            entry["operation"],
            entry["apiVersion"],
            entry.get("subresource", ""),
        )
        fields = ownership.fields_from(entry["fieldsV1"])
        shares[owner.identity] = Share(owner, fields, entry.get("time", ""))
    return Owners(shares)


def conflict_reply(conflicts: tuple[tuple[Owner, Path], ...]) -> Reply:
    """The 409 that names the other managers and the fields they own."""
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {owner}",
            "field": ownership.shown(path),
        }
        for owner, path in conflicts
    ]
    message = f"Apply failed with {len(conflicts)} conflicts: {_by_owner(conflicts)}"
    if len(conflicts) == 1:
        message = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    return failure(409, "Conflict", message, details={"causes": causes})


def refuse_conflicts(owners: Owners, owner: Owner, change: Difference) -> None:
    """Raises: Refused, if others own what is to be changed."""
    conflicts = owners.conflicts(owner, change)
    if conflicts:
        raise Refused(conflict_reply(conflicts))


def _by_owner(conflicts: tuple[tuple[Owner, Path], ...]) -> str:
    lines: list[str] = []
    for owner in dict.fromkeys(owner for owner, _path in conflicts):
        lines.append(f"conflicts with {owner}:")
        lines += [f"- {ownership.shown(path)}" for other, path in conflicts if other == owner]
    return "\n".join(lines)


def _without_empty(shares: Mapping[tuple[str, ...], Share]) -> Owners:
    return Owners({identity: share for identity, share in shares.items() if share.fields})


def _order(share: Share) -> tuple[str, ...]:
    owner = share.owner
    return (owner.operation, share.time, owner.manager, owner.api_version, owner.subresource)


def _entry(share: Share) -> Json:
    owner = share.owner
    entry: Json = {"manager": owner.manager} if owner.manager else {}
    entry |= {
        "operation": owner.operation,
        "apiVersion": owner.api_version,
        "time": share.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": ownership.as_fields_v1(share.fields),
    }
    return entry | ({"subresource": owner.subresource} if owner.subresource else {})
