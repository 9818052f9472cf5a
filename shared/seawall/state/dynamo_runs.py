"""The runs and their ledger in DynamoDB.

RUNS       STATE       the run that goes on, and the one that ended last
RUN#<run>  #<cluster>  how a cluster ended a run; dropped after `KEPT`
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from seawall.model.errors import Trouble
from seawall.model.messages import RunId
from seawall.model.run import Entry, Run
from seawall.state.dynamo import NEW, DynamoTable, Item, Place, Put, forgotten_after
from seawall.state.dynamo_documents import Document
from seawall.state.runs import CHANCE_BYTES

KEPT: Final = timedelta(days=400)


class DynamoRuns:
    """The port `Runs` over one table.

    One item has the open run and the last one, so that each step is one conditional write. It
    carries a word of whoever wrote it: when an answer is lost and the SDK asks again, the write
    that is refused is known to be its own.
    """

    def __init__(self, table: DynamoTable) -> None:
        self._table = table
        self._run = Document(Run, "the run", "runs", None)
        self._entry = Document(Entry, "the entry", "entries", None)

    def begin(self, now: datetime, only: tuple[str, ...] = ()) -> Run:
        """The run that has not ended yet, or a new one; two that begin at once get the same."""
        going_on = self.open()
        if going_on is not None:
            return going_on
        run = Run(_run_id(now), now, only=only)
        refused = self._table.update(
            self._state(),
            "SET open_id = :id, open_doc = :doc",
            "attribute_not_exists(open_id)",
            {"id": run.id, "doc": self._stored(run)},
        )
        return run if refused is None else self._read(refused.item, "open_doc")

    def enter(self, entry: Entry) -> None:
        """Write a cluster's end in a run; the first one stands, later ones change nothing."""
        item: Item = {
            "pk": self._table.place("RUN", entry.run),
            "sk": f"#{entry.cluster}",
            "ttl": forgotten_after(entry.at, KEPT),
            **self._entry.stored(entry, entry.cluster),
        }
        self._table.put(Put(item, NEW))

    def entries(self, run: RunId) -> tuple[Entry, ...]:
        """The ledger of a run, by cluster."""
        items = self._table.query(self._table.place("RUN", run))
        return tuple(self._entry.read(item, str(item["sk"])) for item in items)

    def end(self, run: Run) -> bool:
        """End it (`run.ended_at` is set); False: somebody else did already.

        Raises:
            Trouble: It has no end; a bug.
        """
        if run.ended_at is None:
            raise Trouble(f"run {run.id} was to be ended without a time; this is a bug in Seawall")
        attempt = secrets.token_hex(8)
        refused = self._table.update(
            self._state(),
            "SET last_doc = :doc, ended_by = :attempt REMOVE open_id, open_doc",
            "open_id = :id",
            {"id": run.id, "doc": self._stored(run), "attempt": attempt},
        )
        return refused is None or refused.item.get("ended_by") == attempt

    def open(self) -> Run | None:
        """The run that has not ended yet."""
        item = self._table.read(self._state())
        return self._read(item, "open_doc") if item and "open_id" in item else None

    def last(self) -> Run | None:
        """The run that ended last."""
        item = self._table.read(self._state())
        return self._read(item, "last_doc") if item and "last_doc" in item else None

    def _stored(self, run: Run) -> str | int | bytes:
        return self._run.stored(run, run.id)["doc"]

    def _read(self, item: Item, name: str) -> Run:
        return self._run.read({"doc": item.get(name)}, name)

    def _state(self) -> Place:
        return self._table.place("RUNS"), "STATE"


def _run_id(now: datetime) -> RunId:
    return RunId(f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(CHANCE_BYTES)}")
