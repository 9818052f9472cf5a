"""What the rules about a whole direction share: sides gathered into one flaw a namespace."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from seawall.judge import fixes
from seawall.judge.exposed import exposed
from seawall.judge.openness import to_the_world, whole_protocols
from seawall.judge.rule import Flaw
from seawall.judge.view import Bound, NamespaceView, because
from seawall.model.bits import all_of
from seawall.model.finding import Evidence, Fix, Verdict
from seawall.model.ir import Rule
from seawall.model.policies import Direction, Where

_REACH = {Direction.INGRESS: "everybody reaches them", Direction.EGRESS: "they reach everybody"}
_OTHER_END = {Direction.INGRESS: "comes from", Direction.EGRESS: "goes to"}


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask of each side, and what to say of those that fail.

    `telling` yields the rules of a failing side that are evidence; `{pods}` in `summary` is filled
    in. `fix` is asked for only if any side fails: most of them hold a manifest.
    """

    direction: Direction
    test: Callable[[Bound], Verdict]
    telling: Callable[[Bound], Iterable[Rule]]
    summary: str
    fix: Callable[[], Fix]


def open_by_default(view: NamespaceView, direction: Direction) -> Iterator[Flaw]:
    """The flaw of a direction in which no policy has a word."""

    def test(bound: Bound) -> Verdict:
        if bound.unsure:
            return Verdict.UNKNOWN
        return Verdict.PASS if bound.side.selected else Verdict.FAIL

    def fix() -> Fix:
        if any(bound.side.selected for bound in view.bound(direction)):
            # A policy for all pods would also add to what the isolated ones may do.
            return Fix(
                f"Isolate the pods listed for {direction} too, by labels that only they carry."
            )
        return fixes.isolate(view.namespace, direction, view.policy_names())

    summary = f"no NetworkPolicy isolates {{pods}} for {direction}: {_REACH[direction]}"
    return gathered(view, Question(direction, test, lambda _: (), summary, fix))


def open_to_all(view: NamespaceView, direction: Direction) -> Iterator[Flaw]:
    """The flaw of pods that are isolated, and whose policies open everything again."""

    def test(bound: Bound) -> Verdict:
        if bound.side.selected and whole_protocols(to_the_world(bound.certain, view.nodes)):
            return Verdict.FAIL
        return Verdict.UNKNOWN if bound.unsure else Verdict.PASS

    def fix() -> Fix:
        return Fix(
            "Remove the rules named in the evidence, or narrow them to whom the traffic really "
            f"{_OTHER_END[direction]}."
        )

    summary = f"policies isolate {{pods}} for {direction} and open everything again"
    return gathered(view, Question(direction, test, partial(_opening_all, view), summary, fix))


def _opening_all(view: NamespaceView, bound: Bound) -> Iterable[Rule]:
    """The rules that open all on their own; if there is none, all that do so together."""
    rules = [rule for rule in bound.allowing() if rule.peers.addresses]
    alone = (rule for rule in rules if whole_protocols(to_the_world([rule], view.nodes)))
    return tuple(alone) or rules


def gathered(view: NamespaceView, question: Question) -> Iterator[Flaw]:
    """One flaw over the sides that fail; where none does, one over those that are unknown."""
    tested = [(bound, question.test(bound)) for bound in view.bound(question.direction)]
    for verdict in (Verdict.FAIL, Verdict.UNKNOWN):
        found = [bound for bound, answer in tested if answer is verdict]
        if found:
            yield _flaw(view, question, verdict, found)
            return


def _flaw(view: NamespaceView, question: Question, verdict: Verdict, found: list[Bound]) -> Flaw:
    classes = all_of(bound.classes for bound in found)
    pods = view.names(classes)
    summary = question.summary.format(pods=counted(pods))
    graver = False
    if verdict is Verdict.UNKNOWN:
        evidence = unread(because(row for bound in found for row in bound.unsure))
        summary = f"cannot tell whether {summary}"
    else:
        wheres = {rule.where for bound in found for rule in question.telling(bound)}
        evidence = tuple(Evidence(where, "opens it") for where in sorted(wheres))
        if question.direction is Direction.INGRESS:
            graver, told = exposed(view, classes)
            summary = "; ".join(filter(None, (summary, told)))
    return Flaw(
        verdict, summary, question.fix(), pods, evidence, facet=question.direction, graver=graver
    )


def unread(wheres: tuple[Where, ...]) -> tuple[Evidence, ...]:
    """Evidence that something was not read."""
    return tuple(Evidence(where, "was not read, or is not modelled yet") for where in wheres)


def counted(pods: tuple[str, ...]) -> str:
    """The one pod by its name, or how many there are."""
    return pods[0] if len(pods) == 1 else f"{len(pods)} pods"
