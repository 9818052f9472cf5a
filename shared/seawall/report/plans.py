"""Plans for people and for `seawall apply`: what would be added, cut, and why it may not be."""

from collections.abc import Iterator, Sequence

from seawall.model.plan import PlanState, Stage
from seawall.remediate.files import plan_document
from seawall.report.isolation import Document
from seawall.report.text import as_json, for_terminal

PLANS_SCHEMA_VERSION = 1
SHOWN = 20
"""Paths of one plan that the text shows; the document has them all."""


def plans_document(states: Sequence[PlanState]) -> Document:
    """All about plans; each is written so that its id can be checked."""
    return {
        "schemaVersion": PLANS_SCHEMA_VERSION,
        "plans": [
            {"stage": str(each.stage), "note": each.note, "plan": plan_document(each.plan)}
            for each in states
        ],
    }


def plan_lines(states: Sequence[PlanState]) -> Iterator[str]:
    """The same in words, a paragraph each, fit for a terminal."""
    if not states:
        yield "Every namespace that was seen is isolated, or is judged otherwise: nothing to plan."
    for state in states:
        yield from map(for_terminal, _paragraph(state))


def _paragraph(state: PlanState) -> Iterator[str]:
    plan = state.plan
    yield f"{state.stage.upper()} {plan.id}  {plan.cluster}  namespace {plan.namespace}"
    yield f"  + NetworkPolicy {plan.name}: deny ingress by default, allow the namespace's own pods"
    yield f"    {as_json(plan.manifest['spec'], indent=None)}"
    yield from _cuts(state)
    for refusal in plan.refusals:
        yield f"  refused: {refusal}"
    for reason in plan.held:
        yield f"  held: {reason}"
    if state.note:
        yield f"  note: {state.note}"
    if state.stage is Stage.PROPOSED:
        yield f"  apply it: seawall apply {plan.id[:12]}"


def _cuts(state: PlanState) -> Iterator[str]:
    plan = state.plan
    if not plan.cuts:
        yield f"  cuts nothing: {_nobody(state)}"
        return
    live = sum(path.live for path in plan.cuts)
    yield f"  cuts {len(plan.cuts)} paths that are open now, {live} of them between pods of today:"
    for path in plan.cuts[:SHOWN]:
        mark = "" if path.live else "  (nobody there today)"
        yield f"    - {path.source} -> {path.destination} on {path.ports}{mark}"
    if len(plan.cuts) > SHOWN:
        yield f"    and {len(plan.cuts) - SHOWN} more; -o json has them all"


def _nobody(state: PlanState) -> str:
    if state.plan.pods:
        return f"none of its {state.plan.pods} pods can be reached from outside the namespace"
    if state.plan.workloads:
        return f"no pod runs there now, but {len(state.plan.workloads)} workloads wait"
    return "no pod runs there"
