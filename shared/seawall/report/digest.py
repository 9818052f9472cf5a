"""A digest in words for a terminal or a mail, and as JSON. The gravest first, what is well last."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from seawall.judge.over_time import EXPLAINED
from seawall.model.cluster import ClusterKey
from seawall.model.digest import NO_CLUSTER, Digest, Group, Notice, Summary
from seawall.model.finding import Severity
from seawall.model.memory import Turn
from seawall.report.fleet_text import counted, moment, shown
from seawall.report.text import as_json

MOST_PLACES = 10
"""A group names so many places; the JSON has them all."""
MOST_SUMMARIES = 20
"""With more new clusters than this, the worst are named and the others counted."""
WORST_SUMMARIES = 10
SCHEMA_VERSION = 1

TITLES = {rule.id: rule.title for rule in EXPLAINED}
"""What each rule says when it fails; an older run may know a rule that is gone."""

_ORDER = (Turn.REOPENED, Turn.OPENED, Turn.CHANGED, Turn.RESOLVED)
"""Of one severity, what came back is told first: somebody believed that it was mended."""

Document = dict[str, object]
T = TypeVar("T")


def digest_lines(digest: Digest) -> list[str]:
    """Plain text, a line each; nothing for an empty digest. Safe for a terminal as it is."""
    if not digest:
        return []
    groups = gravest_first(digest.groups)
    return [
        f"Seawall, {moment(digest.at)}: {_headline(digest)}",
        *_scopes(digest.notices),
        *_lines_of(group for group in groups if group.turn is not Turn.RESOLVED),
        *_notices(digest.notices),
        *_summaries(digest.summaries),
        *_lines_of(group for group in groups if group.turn is Turn.RESOLVED),
        f"(run {shown(digest.run)}, digest {shown(digest.id)})",
    ]


def digest_document(digest: Digest) -> Document:
    """Everything, never cut short, in the same order as the words."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "id": digest.id,
        "run": digest.run,
        "at": moment(digest.at),
        "groups": [_group(group) for group in gravest_first(digest.groups)],
        "notices": [
            {"cluster": each.cluster or None, "text": each.text, "plan": each.plan}
            for each in scopes_first(digest.notices)
        ],
        "summaries": [
            {"cluster": each.cluster, "open": each.open, "bySeverity": _numbers(each)}
            for each in worst_first(digest.summaries)
        ],
    }


def digest_json(digest: Digest) -> str:
    """The document as text: what a file or a topic is given."""
    return as_json(digest_document(digest)) + "\n"


def gravest_first(groups: Iterable[Group]) -> list[Group]:
    """What resolved comes last; before it, the gravest first, then what came back."""
    return sorted(groups, key=_gravity)


def worst_first(summaries: Iterable[Summary]) -> list[Summary]:
    """The cluster with the most of the gravest findings first."""
    return sorted(summaries, key=lambda each: ([-n for n in _graded(each)], each.cluster))


def scopes_first(notices: Iterable[Notice]) -> list[Notice]:
    """A scope that is not seen may hide any number of clusters."""
    return sorted(notices, key=lambda each: each.cluster != NO_CLUSTER)


def first_few(things: Sequence[T], most: int) -> tuple[Sequence[T], int]:
    """The first of them, and how many are left; one more is shown rather than counted."""
    return (things, 0) if len(things) <= most + 1 else (things[:most], len(things) - most)


def _gravity(group: Group) -> tuple[object, ...]:
    resolved = group.turn is Turn.RESOLVED
    return (resolved, -group.severity.rank, _ORDER.index(group.turn), group.rule, group.places)


def _headline(digest: Digest) -> str:
    turns = {
        turn: sum(len(group.places) for group in digest.groups if group.turn is turn)
        for turn in (Turn.OPENED, Turn.REOPENED, Turn.CHANGED, Turn.RESOLVED)
    }
    parts = [f"{number} {turn}" for turn, number in turns.items() if number]
    parts += [counted(len(digest.notices), "notice")] if digest.notices else []
    new = len(digest.summaries)
    parts += [f"{counted(new, 'cluster')} scanned whole for the first time"] if new else []
    return ", ".join(parts)


def _lines_of(groups: Iterable[Group]) -> Iterator[str]:
    for group in groups:
        yield ""
        said = "" if group.turn is Turn.RESOLVED else f" {TITLES.get(group.rule, '')}"
        head = f"{group.severity.upper()} {group.turn}: {shown(group.rule)}"
        yield f"{head} in {counted(len(group.places), 'place')}.{said}".rstrip()
        named, left = first_few(group.places, MOST_PLACES)
        yield from (f"  - {_place(*place)}" for place in named)
        if left:
            yield f"  and {left} more"


def _place(cluster: ClusterKey, namespace: str, summary: str) -> str:
    return f"{shown(cluster)} {shown(namespace) or '(cluster)'}: {shown(summary)}"


def _scopes(notices: tuple[Notice, ...]) -> Iterator[str]:
    """First of all: what is in a scope that is not seen may be graver than anything below."""
    yield from _listed("Scopes:", [each for each in notices if each.cluster == NO_CLUSTER])


def _notices(notices: tuple[Notice, ...]) -> Iterator[str]:
    yield from _listed("Notices:", [each for each in notices if each.cluster != NO_CLUSTER])


def _listed(title: str, notices: list[Notice]) -> Iterator[str]:
    if notices:
        yield ""
        yield title
    named, left = first_few(notices, MOST_SUMMARIES)
    for notice in named:
        whose = f"{shown(notice.cluster)}: " if notice.cluster else ""
        plan = f" (plan {shown(notice.plan)})" if notice.plan else ""
        yield f"  - {whose}{shown(notice.text)}{plan}"
    if left:
        yield f"  and {left} more"


def _summaries(summaries: tuple[Summary, ...]) -> Iterator[str]:
    if not summaries:
        return
    yield ""
    ordered = worst_first(summaries)
    if len(ordered) > MOST_SUMMARIES:
        found = sum(each.open for each in ordered)
        yield (
            f"First complete scan of {len(ordered)} clusters: {found} open in all; "
            f"the {WORST_SUMMARIES} worst:"
        )
        ordered = ordered[:WORST_SUMMARIES]
    else:
        yield "First complete scan, a starting point and no news:"
    for each in ordered:
        graded = ", ".join(f"{number} {severity}" for severity, number in _named(each))
        yield f"  - {shown(each.cluster)}: {each.open} open{f' ({graded})' if graded else ''}"


def _graded(summary: Summary) -> list[int]:
    numbers = dict(summary.by_severity)
    return [numbers.get(severity, 0) for severity in reversed(Severity)]


def _named(summary: Summary) -> list[tuple[Severity, int]]:
    graded = zip(reversed(Severity), _graded(summary), strict=True)
    return [(severity, number) for severity, number in graded if number]


def _numbers(summary: Summary) -> dict[str, int]:
    return {str(severity): number for severity, number in _named(summary)}


def _group(group: Group) -> Document:
    return {
        "turn": str(group.turn),
        "rule": group.rule,
        "severity": str(group.severity),
        "places": [
            {"cluster": cluster, "namespace": namespace, "summary": summary}
            for cluster, namespace, summary in group.places
        ],
    }
