"""Alert, as a function: a tick closes a run and tells, a notice of the topic goes on to Slack."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from seawall.invoke.asking import Answer, is_scheduled
from seawall.invoke.benches import AlertBench
from seawall.invoke.closing import tick
from seawall.model.errors import SeawallError
from seawall.publish.events import Malformed

FROM_TOPIC: Final = "aws:sns"


@dataclass(frozen=True, slots=True)
class Told:
    """The answer, and what is counted of it: `closed`, `told`, `untold`, `forwarded`."""

    answer: Answer
    counts: Mapping[str, int] = field(default_factory=dict)


def tell(event: object, bench: Callable[[], AlertBench], *, now: datetime) -> Told:
    """A tick, also `{}` from the console, or notices of the topic; anything else gets an answer.

    A tick never fails: the next one comes in a minute and has the same to do, so that nobody need
    try this one again or keep it; also where the settings are wrong and there is no `bench`. What
    could not be told is counted, and in the end rings.

    Raises:
        TryLater: Slack, or where a digest is kept, is busy or away: Lambda comes again.
        Trouble: A notice is no digest, or Slack's settings are wrong.
    """
    if not isinstance(event, Mapping) or not (_is_tick(event) or _has_records(event)):
        wrong = "a tick of the schedule ({}), or notices of the topic (Records), are understood"
        return Told({"ok": False, "error": wrong, "example": {}})
    return _ticked(bench, now) if _is_tick(event) else _forwarded(event["Records"], bench())


def _is_tick(event: Mapping[str, Any]) -> bool:
    return not event or is_scheduled(event)


def _has_records(event: Mapping[str, Any]) -> bool:
    records = event.get("Records")
    return isinstance(records, list) and all(isinstance(each, Mapping) for each in records)


def _ticked(bench: Callable[[], AlertBench], now: datetime) -> Told:
    try:
        closed = tick(bench().closing, now=now)
    except SeawallError as error:
        return Told({"ok": False, "error": str(error)}, {"untold": 1})
    answer: Answer = {
        "ok": True,
        "closed": closed.run,
        "told": [digest.id for digest in closed.told],
    }
    return Told(answer, {"closed": int(closed.run is not None), "told": len(closed.told)})


def _forwarded(records: Sequence[Mapping[str, Any]], bench: AlertBench) -> Told:
    """SNS gives a function one notice at a time; were it several, all come again if one fails."""
    digests = [bench.carried.read(_message(record)) for record in records]
    if bench.slack is None:
        return Told({"ok": True, "forwarded": 0, "hint": "no webhook of Slack is named"})
    for digest in digests:
        bench.slack.send(digest)
    return Told({"ok": True, "forwarded": len(digests)}, {"forwarded": len(digests)})


def _message(record: Mapping[str, Any]) -> str:
    if record.get("EventSource") != FROM_TOPIC:
        raise Malformed(f"a record from {str(record.get('EventSource'))[:80]!r}, not of a topic")
    return str(record.get("Sns", {}).get("Message", ""))
