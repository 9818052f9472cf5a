"""Plans as files: what is written can be read back only as it was written."""

import msgspec

from seawall.model.errors import Trouble
from seawall.model.plan import Plan
from seawall.remediate.planning import plan_id


class _Held(msgspec.Struct):
    plan: Plan


class _File(msgspec.Struct, rename="camel"):
    schema_version: int
    plans: list[_Held]


def plan_document(plan: Plan) -> dict[str, object]:
    """A plan as JSON would hold it; its `id` is the digest of everything else."""
    document: dict[str, object] = msgspec.to_builtins(plan)
    return document


def plans_from(text: bytes, name: str) -> tuple[Plan, ...]:
    """The plans of a file that `seawall plan -o json=FILE` wrote.

    Raises:
        Trouble: It is no such file, or a plan in it is not the one that its id names.
    """
    try:
        found = msgspec.json.decode(text, type=_File)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Trouble(f"{name}: is no plan file: {error}") from error
    for held in found.plans:
        if plan_id(held.plan) != held.plan.id:
            raise Trouble(
                f"{name}: plan {held.plan.id} was changed after it was made; make a new one with "
                "`seawall plan`"
            )
    return tuple(held.plan for held in found.plans)
