"""Unchanged: a cluster that looks as it did when it was judged is not judged again.

What becomes of a scan is made of these alone:

- the snapshot: `analyse`, `judge`, `scopes` and `compared` read all of it, and of its time the day,
  since some of what is known of data planes is to be reviewed on a day;
- whom fingerprints name: the UID, which is in the snapshot where this is asked;
- the rules and the tables: those of a version of Seawall, which is in the snapshot as well;
- the memory, the run and the time: these are here, too.

So where the snapshot is the same but for the time of day, and nobody wrote the memory since a scan
did (`Memory.likeness` is emptied by whoever else does), what fails is what failed, and only times
are new. When in doubt, the likeness is empty and the cluster is judged. A new day is a new
likeness: each cluster is judged once a day at least, whatever happens to it.
"""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from seawall.flow.comparing import forgotten
from seawall.flow.remembering import following
from seawall.model.memory import FindingMemory, Memory, Status
from seawall.model.messages import RunId
from seawall.model.snapshot import Snapshot

# Every field of every value, by its name, none left out: what is added to a Snapshot is in it.
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


def likeness(snapshot: Snapshot) -> str:
    """A digest of all that is judged; empty where what was seen cannot be told to be the same."""
    midnight = snapshot.taken_at.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        said = _ENCODER.encode(replace(snapshot, taken_at=midnight))
    except (UnicodeEncodeError, RecursionError):  # what is no text, or has no end, has no digest
        return ""
    return hashlib.sha256(said).hexdigest()


def unchanged(memory: Memory | None, seen: str, *, run: RunId, now: datetime) -> Memory | None:
    """What `remember` would make of a cluster that looks as `seen`, there being no turns.

    None: it looks otherwise than when it was judged, or nobody knows; it has to be judged.
    """
    if memory is None or not seen or memory.likeness != seen:
        return None
    tried = max(now, memory.tried_at)
    kept = (each for each in memory.findings if not forgotten(each, tried))
    return following(
        memory,
        run,
        tried_at=tried,
        scanned_at=tried,
        findings=tuple(_again(each, tried) for each in kept),
        likeness=seen,
    )


def _again(finding: FindingMemory, now: datetime) -> FindingMemory:
    """All that is open failed when it was judged: else there is no likeness."""
    return replace(finding, last_seen=now) if finding.status is Status.OPEN else finding
