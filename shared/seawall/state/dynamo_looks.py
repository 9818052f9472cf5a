"""Which runs have been looked for clusters, in DynamoDB, and where the look failed.

LOOKS  #<run>  the scopes that the last look of a run did not see; dropped after `KEPT`
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from seawall.model.messages import RunId
from seawall.state.dynamo import DynamoTable, Place, Put, forgotten_after
from seawall.state.dynamo_documents import Attic, Document

KEPT: Final = timedelta(days=40)

ScopesUnseen = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a look did not see."""

    scopes_unseen: ScopesUnseen


class DynamoLooks:
    """The port `Looks` of `invoke.benches` over one table."""

    def __init__(self, table: DynamoTable, attic: Attic | None = None) -> None:
        self._table = table
        self._document = Document(Look, "the look", "looks", attic)

    def looked(self, run: RunId, scopes_unseen: ScopesUnseen, *, now: datetime) -> None:
        """All orders of this look are on their queues; the last look of a run stands."""
        pk, sk = self._place(run)
        document = self._document.stored(Look(scopes_unseen), run)
        self._table.put(Put({"pk": pk, "sk": sk, "ttl": forgotten_after(now, KEPT), **document}))

    def look(self, run: RunId) -> ScopesUnseen | None:
        """What the last look of a run did not see; None: nobody has ended one."""
        item = self._table.read(self._place(run))
        return None if item is None else self._document.read(item, run).scopes_unseen

    def _place(self, run: RunId) -> Place:
        return self._table.place("LOOKS"), f"#{run}"
