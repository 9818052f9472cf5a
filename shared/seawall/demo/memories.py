"""What is remembered of a fleet that nobody has to store, and what nobody was told of it yet."""

import threading
from collections.abc import Sequence
from datetime import datetime

from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.digest import Digest, DigestId, Notice, Untold
from seawall.model.errors import TryLater
from seawall.model.memory import Memory, Transition
from seawall.model.messages import RunId
from seawall.model.telling import Teller


class DemoMemories:
    """The ports `Memories` and `Fleet`, held in memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._memories: dict[ClusterKey, tuple[Memory, str]] = {}
        self._claims: dict[ClusterUid, ClusterKey] = {}
        self._turns: list[Transition] = []

    def recall(self, key: ClusterKey) -> Memory | None:
        """A cluster's memory; None: it was never met."""
        with self._lock:
            found = self._memories.get(key)
        return found[0] if found else None

    def keep(self, memory: Memory, turns: Sequence[Transition], *, attempt: str) -> bool:
        """Write a memory and its turns together, if `memory.version - 1` is the stored version.

        Also True if this very attempt wrote it before.
        """
        with self._lock:
            stored, writer = self._memories.get(memory.key, (None, ""))
            version = stored.version if stored else 0
            if version != memory.version - 1:
                return version == memory.version and writer == attempt
            self._memories[memory.key] = memory, attempt
            self._turns.extend(turns)
        return True

    def claim(self, uid: ClusterUid, key: ClusterKey) -> ClusterKey:
        """The key that a cluster is judged under: the first that claimed its UID, maybe `key`."""
        with self._lock:
            return self._claims.setdefault(uid, key)

    def memories(self) -> tuple[Memory, ...]:
        """Every memory, by key."""
        with self._lock:
            return tuple(self._memories[key][0] for key in sorted(self._memories))

    def history(self, cluster: ClusterKey | None, most: int) -> tuple[Transition, ...]:
        """The last turns of a cluster, or of all; oldest first, at most `most`."""
        chosen = [turn for turn in self.turns() if cluster in {None, turn.cluster}]
        return tuple(chosen[max(len(chosen) - most, 0) :])

    def turns(self) -> tuple[Transition, ...]:
        """All turns, oldest first."""
        with self._lock:
            return tuple(self._turns)


class DemoNews:
    """The port `News`, held in memory; the turns are those of the memories.

    A mark is the number of turns and the number of notices that there were: `17/4`.
    """

    def __init__(self, memories: DemoMemories) -> None:
        self._lock = threading.Lock()
        self._memories = memories
        self._notices: list[tuple[RunId, Notice]] = []
        self._told = (0, 0)
        self._waiting: Digest | None = None
        self._held: tuple[str, datetime | None] = ("", None)

    def note(self, run: RunId, notice: Notice, *, now: datetime) -> None:  # noqa: ARG002  nothing here sorts by time
        """Keep a notice for the digest of a run; the same words in the same run only once."""
        with self._lock:
            if (run, notice) not in self._notices:
                self._notices.append((run, notice))

    def untold(self) -> Untold:
        """What no digest has taken up, oldest first."""
        with self._lock:
            turns, notices = self._memories.turns(), tuple(notice for _, notice in self._notices)
            told_turns, told_notices = self._told
            mark = f"{len(turns)}/{len(notices)}"
            return Untold(turns[told_turns:], notices[told_notices:], mark)

    def waits(self) -> bool:
        """Whether there is anything to tell: a digest that was not sent, or what none took up."""
        with self._lock:
            there = len(self._memories.turns()), len(self._notices)
            return self._waiting is not None or there != self._told

    def draft(self, digest: Digest, untold: Untold, teller: Teller) -> Digest | None:
        """Take up what `digest` was made of, and keep the digest until it was sent.

        None: there is nothing to send. It was empty, or somebody else has told all of it, or is
        about to tell what waits.

        Raises:
            TryLater: Somebody else has told a part of it meanwhile; make another one.
        """
        with self._lock:
            if self._waiting is None:
                self._take_up(digest, untold)
            elif not teller.may_take(*self._held):
                return None
            self._held = teller.name, teller.until
            return self._waiting

    def _take_up(self, digest: Digest, untold: Untold) -> None:
        number = len(untold.turns) + len(untold.notices)
        after = tuple(int(each) for each in untold.mark.split("/"))
        reached = max(self._told[0], after[0]), max(self._told[1], after[1])
        taken = sum(reached) - sum(self._told)
        if digest and 0 < taken != number:
            raise TryLater("another thread is sending alerts")
        self._told = reached
        self._waiting = digest if digest and taken == number else None

    def sent(self, digest: DigestId) -> None:
        """It was delivered."""
        with self._lock:
            if self._waiting is not None and self._waiting.id == digest:
                self._waiting = None
