"""What is remembered of each cluster, and the history of all turns, in DynamoDB.

    MEMORY#<cluster>  HEAD            the memory, its version and the attempt that wrote it
    MEMORY#<cluster>  TURNS#<version> the turns that came with a version, in one document
    MEMORIES          #<cluster>      which clusters have a memory; written before it
    HISTORY           <number>        which version of which cluster brought how many turns
    UNTOLD            <number>        the same, until a digest has taken it up
    CLAIMS            #<uid>          the key that a UID is judged under

A memory and its turns are one transaction of four small items, however many turns there are: they
lie in one document, in the attic if it is long. So there is no moment at which one is written
without the other, and nothing to be swept up after whoever was killed, but for a document in the
attic that nobody asks for. Numbers are given out one by one: a later turn has a greater one.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.errors import Trouble
from seawall.model.memory import Memory, Transition
from seawall.state.dynamo import NEW, DynamoTable, Item, Place, Put, Refused, in_order
from seawall.state.dynamo_documents import Attic, Document, Held, kept_of

HEAD: Final = "HEAD"
TURNS: Final = "turns"
"""The kind of an untold item; the other one is a notice."""


class DynamoMemories:
    """The ports `Memories` and `Fleet` over one table."""

    def __init__(self, table: DynamoTable, attic: Attic | None = None) -> None:
        self._table = table
        self._memory = Document(Memory, "the memory", "memories", attic)
        self._chapter = Document(tuple[Transition, ...], "the turns", "turns", attic)

    def recall(self, key: ClusterKey) -> Memory | None:
        """A cluster's memory; None: it was never met."""
        item = self._table.read(self._head(key))
        return self._read(item, key) if item else None

    def keep(self, memory: Memory, turns: Sequence[Transition], *, attempt: str) -> bool:
        """Write a memory and its turns together, if `memory.version - 1` is the stored version.

        Also True if this very attempt wrote it before.
        """
        head = self._put_head(memory, attempt)
        before = self._table.read(self._head(memory.key)) if kept_of(head.item) else None
        refused = self._written(head, memory, turns)
        if refused is None:
            self._swept(before, memory)
            return True
        there = refused.item
        return (there.get("version"), there.get("attempt")) == (memory.version, attempt)

    def claim(self, uid: ClusterUid, key: ClusterKey) -> ClusterKey:
        """The key that a cluster is judged under: the first that claimed its UID, maybe `key`."""
        place = self._table.place("CLAIMS"), f"#{uid}"
        found = self._table.read(place)
        if found is None:
            refused = self._table.put(Put(_item(place, cluster=key), NEW))
            found = refused.item if refused else {"cluster": key}
        return ClusterKey(str(found["cluster"]))

    def memories(self) -> tuple[Memory, ...]:
        """Every memory, by key."""
        known = self._table.query(self._table.place("MEMORIES"))
        keys = [ClusterKey(str(each["sk"])[1:]) for each in known]
        heads = self._table.read_each(self._head(key) for key in keys)
        # A key without a memory: whoever wrote the key was killed before it wrote the memory.
        return tuple(
            self._read(heads[self._head(key)], key) for key in keys if self._head(key) in heads
        )

    def history(self, cluster: ClusterKey | None, most: int) -> tuple[Transition, ...]:
        """The last turns of a cluster, or of all; oldest first, at most `most`."""
        if cluster is None:
            marked = _last(self._table.query(self._log(), backward=True), most)
            chapters = list(self.chapters(marked))
        else:
            pk, _ = self._head(cluster)
            own = _last(self._table.query(pk, "TURNS#", backward=True), most)
            chapters = [self._turns_of(item) for item in own]
        turns = [turn for chapter in reversed(chapters) for turn in chapter]
        return tuple(turns[max(len(turns) - most, 0) :])

    def chapters(self, marked: Iterable[Item]) -> Iterator[tuple[Transition, ...]]:
        """The turns that these items of the history, or these untold ones, stand for."""
        places = [self._chapter_of(each["cluster"], each["version"]) for each in marked]
        found = self._table.read_each(places)
        for place in places:
            if place not in found:
                raise Trouble(
                    f"DynamoDB table {self._table.name}: {place[1]} of {place[0]} is in the "
                    "history but not in the table; restore the table to a time before it was lost"
                )
            yield self._turns_of(found[place])

    def _written(self, head: Put, memory: Memory, turns: Sequence[Transition]) -> Refused | None:
        if memory.version == 1:
            index = self._table.place("MEMORIES"), f"#{memory.key}"
            self._table.put(Put(_item(index)))
        if not turns:
            return self._table.put(head)
        return self._table.put_together([head, *self._put_turns(memory, turns)])

    def _put_head(self, memory: Memory, attempt: str) -> Put:
        item = {
            **_item(self._head(memory.key), version=memory.version, attempt=attempt),
            **self._memory.stored(memory, memory.key),
        }
        if memory.version == 1:
            return Put(item, NEW)
        return Put(item, "version = :before", (("before", memory.version - 1),))

    def _put_turns(self, memory: Memory, turns: Sequence[Transition]) -> Iterator[Put]:
        document: Held = self._chapter.stored(tuple(turns), memory.key)
        number = in_order(self._table.number())
        said: Item = {"cluster": memory.key, "version": memory.version, "turns": len(turns)}
        chapter = self._chapter_of(memory.key, memory.version)
        yield Put({**_item(chapter), **said, **document})
        yield Put({**_item((self._log(), number)), **said})
        yield Put({**_item((self._table.place("UNTOLD"), number), kind=TURNS), **said})

    def _swept(self, before: Item | None, memory: Memory) -> None:
        """The document of the version that was replaced, if it lay in the attic.

        Whoever is killed here leaves it lying there, which harms nobody.
        """
        if before is not None and before.get("version") == memory.version - 1:
            self._memory.drop(before)

    def _read(self, item: Item, key: ClusterKey) -> Memory:
        """Somebody may replace it, and take it out of the attic, between two reads of ours."""
        try:
            return self._memory.read(item, key)
        except Trouble:
            again = self._table.read(self._head(key))
            if again is None or kept_of(again) == kept_of(item):
                raise
            return self._memory.read(again, key)

    def _turns_of(self, item: Item) -> tuple[Transition, ...]:
        return self._chapter.read(item, str(item["cluster"]))

    def _head(self, key: ClusterKey) -> Place:
        return self._table.place("MEMORY", key), HEAD

    def _log(self) -> str:
        return self._table.place("HISTORY")

    def _chapter_of(self, cluster: str | int | bytes, version: str | int | bytes) -> Place:
        return self._table.place("MEMORY", str(cluster)), f"TURNS#{in_order(int(version))}"


def _item(place: Place, **more: str | int) -> Item:
    return {"pk": place[0], "sk": place[1], **more}


def _last(newest_first: Iterable[Item], most: int) -> Iterator[Item]:
    """As many as it takes to have so many turns."""
    had = 0
    for item in newest_first:
        if had >= most:
            return
        yield item
        had += int(item["turns"])
