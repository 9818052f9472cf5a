"""What a person, or a schedule, asks of a function, and the answer to who asked wrongly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seawall.model.errors import Trouble

Answer = dict[str, object]
"""JSON for a person at a console."""

EXAMPLE: Final[Answer] = {"clusters": ["prod-*"], "dryRun": True}
SCHEDULED: Final = frozenset({"aws.events", "aws.scheduler"})
"""Who sends events of its own making, if a schedule has no input of ours."""

MOST_NAMES: Final = 200
MOST_NAME: Final = 600
QUOTED: Final = 60


class AskedWrongly(Trouble):
    """Not what this function understands; its text says what it does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be done.

    Attributes:
        only: Clusters by key, name or glob; all without one.
        dry: Only look: nothing is written, nothing ordered.
    """

    only: tuple[str, ...] = ()
    dry: bool = False


def asked(event: object) -> Asked:
    """What an event asks for.

    Raises:
        AskedWrongly: It is none that is understood.
    """
    if not isinstance(event, Mapping):
        raise AskedWrongly(f"the event should be a JSON object, and is {_kind(event)}")
    if is_scheduled(event):
        return Asked()
    unknown = sorted(str(name) for name in set(event) - {"clusters", "dryRun"})
    if unknown:
        raise AskedWrongly(
            f"{_quoted(unknown[0])} is not understood; the event may have `clusters` and `dryRun`, "
            "or nothing: {}"
        )
    return Asked(_clusters(event.get("clusters", [])), _dry(event.get("dryRun", False)))


def is_scheduled(event: Mapping[str, object]) -> bool:
    """Whether a schedule sent it; whoever writes one by hand may put anything there."""
    source = event.get("source")
    return isinstance(source, str) and source in SCHEDULED


def wrong(error: AskedWrongly) -> Answer:
    """The answer to it."""
    return {"ok": False, "error": str(error), "example": EXAMPLE}


def _clusters(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise AskedWrongly(
            f"`clusters` should be a list of keys, names or globs, and is {_kind(value)}"
        )
    if any(not each.strip() or len(each) > MOST_NAME for each in value):
        raise AskedWrongly(f"a name in `clusters` is empty, or longer than {MOST_NAME} characters")
    if len(value) > MOST_NAMES:
        raise AskedWrongly(f"`clusters` has {len(value)} names; {MOST_NAMES} are the most: use *")
    return tuple(value)


def _dry(value: object) -> bool:
    if not isinstance(value, bool):
        raise AskedWrongly(f"`dryRun` should be true or false, and is {_kind(value)}")
    return value


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return _quoted(value)
        case list():
            return "a list of something else"
        case _:
            return "an object"


def _quoted(text: str) -> str:
    return repr(text if len(text) <= QUOTED else f"{text[:QUOTED]}...")
