"""Digest: of all that nobody was told yet, what is worth telling, grouped by cause.

Not news are the turns that a cluster's history starts with (they give one summary) and those of
known debt. What comes before such a turn of the same finding is no news either: the summary counts
it, or a person has taken it for debt. Nor is anything about a finding that is known debt by now.
Of the rest, the turns of each finding are told as their net effect, by whether it was open before
the first of them and is open after the last:

| was open | is open | told                                                             |
|----------|---------|------------------------------------------------------------------|
| no       | yes     | its first turn: opened or reopened                               |
| no       | no      | nothing                                                          |
| yes      | yes     | changed, if anything changed; nothing if it was away for a while |
| yes      | no      | resolved                                                         |

A history starts once, with one scan or two (`remembering`). Where it is two, and the second changes
anything, there is a second summary: the first one lacked what could not be seen.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from seawall.model.cluster import ClusterKey
from seawall.model.digest import Digest, DigestId, Group, Summary, Untold
from seawall.model.finding import Severity
from seawall.model.memory import Memory, Transition, Turn
from seawall.model.messages import RunId

_DIGITS = 32
_TURNS = tuple(Turn)
_BEGINS_OPEN = frozenset({Turn.CHANGED, Turn.RESOLVED})
"""First turns of a finding that was open before them."""


def digest(
    untold: Untold, memories: Mapping[ClusterKey, Memory], *, run: RunId, now: datetime
) -> Digest:
    """What is worth telling; an empty digest where nothing is.

    Args:
        untold: Turns and notices, oldest first.
        memories: As they are now: a summary gives a cluster's numbers of today.
        run: Whose digest it is.
        now: UTC.
    """
    summaries = tuple(_summaries(untold.turns, memories))
    groups = tuple(_groups(untold.turns, memories))
    content = (run, summaries, groups, untold.notices)
    said = hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:_DIGITS]
    return Digest(DigestId(said), run, now, summaries, groups, untold.notices)


def _summaries(
    turns: Iterable[Transition], memories: Mapping[ClusterKey, Memory]
) -> Iterator[Summary]:
    """A line for each cluster that was scanned for the first time."""
    for key in sorted({turn.cluster for turn in turns if turn.first}):
        if key in memories:
            found = memories[key].open
            severities = Counter(finding.severity for finding in found)
            graver = ((each, severities[each]) for each in reversed(Severity))
            yield Summary(key, len(found), tuple(pair for pair in graver if pair[1]))


def _groups(turns: Iterable[Transition], memories: Mapping[ClusterKey, Memory]) -> Iterator[Group]:
    """What changed, the gravest first."""
    places: dict[tuple[Turn, str, Severity], list[tuple[ClusterKey, str, str]]] = defaultdict(list)
    for each in _news(turns, _debt(memories)):
        turn, last = _net(each), each[-1]
        if turn is not None:
            place = (last.cluster, last.namespace, last.summary)
            places[turn, last.rule, last.severity].append(place)
    order = sorted(places, key=lambda key: (-key[2].rank, _TURNS.index(key[0]), key[1]))
    return (Group(*key, tuple(sorted(places[key]))) for key in order)


def _debt(memories: Mapping[ClusterKey, Memory]) -> frozenset[tuple[ClusterKey, str]]:
    """The findings that are known debt by now."""
    return frozenset(
        (memory.key, finding.fingerprint)
        for memory in memories.values()
        for finding in memory.open
        if finding.adopted
    )


def _news(
    turns: Iterable[Transition], debt: Container[tuple[ClusterKey, str]]
) -> Iterable[Sequence[Transition]]:
    """The turns that are news, finding by finding, each in the order they came."""
    found: dict[tuple[ClusterKey, str], list[Transition]] = {}
    for turn in turns:
        name = (turn.cluster, turn.fingerprint)
        if turn.first or turn.adopted:
            found.pop(name, None)
        elif name not in debt:
            found.setdefault(name, []).append(turn)
    return found.values()


def _net(turns: Sequence[Transition]) -> Turn | None:
    """What several turns of one finding come to."""
    was_open = turns[0].turn in _BEGINS_OPEN
    is_open = turns[-1].turn is not Turn.RESOLVED
    if was_open and is_open:
        return Turn.CHANGED if any(each.turn is Turn.CHANGED for each in turns) else None
    if is_open:
        return turns[0].turn
    return Turn.RESOLVED if was_open else None
