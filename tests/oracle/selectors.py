"""Kubernetes' label selector.

Sources: `LabelSelector`, `LabelSelectorRequirement` (meta/v1): matchLabels and matchExpressions are
ANDed; NotIn also selects what lacks the key; an empty selector selects everything.
"""

from tests.oracle.cluster import Labels, Obj


def selects(selector: Obj, labels: Labels) -> bool:
    """Whether a selector that is there (it may be empty) selects these labels."""
    pairs = (selector.get("matchLabels") or {}).items()
    expressions = selector.get("matchExpressions") or []
    return all(labels.get(key) == value for key, value in pairs) and all(
        holds(each["key"], each["operator"], each.get("values") or [], labels)
        for each in expressions
    )


def holds(key: str, operator: str, values: list[str], labels: Labels) -> bool:
    """Whether one requirement holds."""
    match operator:
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            raise ValueError(operator)
