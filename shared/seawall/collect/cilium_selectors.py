"""Endpoint selectors: label selectors whose keys tell where the label comes from.

Source: cilium `pkg/labels` (`parseSource`: `k8s:app`, `any:app`, `$world`, `reserved.world`) and
`pkg/policy/api/selector.go`. A key without a prefix is of any source.
"""

from collections.abc import Iterator

from seawall.collect import syntax
from seawall.collect.cilium_fields import Reader
from seawall.collect.validate import shown
from seawall.model.cilium import ANY, RESERVED, Condition, EndpointSelector
from seawall.model.selector import Operator, Requirement

_SELECTOR = ("matchLabels", "matchExpressions")
_REQUIREMENT = ("key", "operator", "values")
_WITH_VALUES = (Operator.IN, Operator.NOT_IN)


def selector_of(reader: Reader, value: object, path: str) -> EndpointSelector:
    """The canonical selector: conditions sorted, each once."""
    fields = reader.fields(value, path, _SELECTOR)
    labels = _labels(reader, fields.get("matchLabels"), f"{path}.matchLabels")
    terms = _expressions(reader, fields.get("matchExpressions"), f"{path}.matchExpressions")
    return EndpointSelector(tuple(sorted({*labels, *terms})))


def selectors_of(reader: Reader, value: object, path: str) -> tuple[EndpointSelector, ...]:
    """A list of selectors; an entry that is null selects nobody can say what."""
    found: list[EndpointSelector] = []
    for number, each in enumerate(reader.items(value, path)):
        if each is None:
            reader.wrong(f"{path}[{number}]", "Invalid type: must be an object")
        found.append(selector_of(reader, each, f"{path}[{number}]"))
    return tuple(found)


def _labels(reader: Reader, value: object, path: str) -> Iterator[Condition]:
    for key, each in (reader.typed(value, dict, path) or {}).items():
        name = reader.text(key, path)
        text = _value(reader, each, f"{path}[{shown(name)[1:-1]}]")
        yield _condition(reader, path, name, Operator.IN, (text,))


def _expressions(reader: Reader, value: object, path: str) -> Iterator[Condition]:
    for number, each in enumerate(reader.items(value, path)):
        here = f"{path}[{number}]"
        fields = reader.fields(each, here, _REQUIREMENT)
        operator = reader.one_of(fields.get("operator") or "", tuple(Operator), f"{here}.operator")
        key = reader.text(fields.get("key"), f"{here}.key")
        given = reader.items(fields.get("values"), f"{here}.values")
        values = {_value(reader, text, f"{here}.values") for text in given}
        if operator is None:
            continue
        if bool(values) is not (operator in _WITH_VALUES):
            reader.wrong(f"{here}.values", f"Invalid value: {operator} has too many or none")
        yield _condition(reader, f"{here}.key", key, Operator(operator), tuple(sorted(values)))


def _condition(
    reader: Reader, path: str, key: str, operator: Operator, values: tuple[str, ...]
) -> Condition:
    source, name = _split(key)
    reader.invalid(path, key, syntax.label_key(name))
    return Condition(source, Requirement(name, operator, values))


def _split(key: str) -> tuple[str, str]:
    if key.startswith("$"):
        return RESERVED, key[1:]
    if key.startswith(f"{RESERVED}."):
        return RESERVED, key.removeprefix(f"{RESERVED}.")
    source, colon, name = key.partition(":")
    return (source or ANY, name) if colon else (ANY, key)


def _value(reader: Reader, value: object, path: str) -> str:
    text = reader.text(value, path)
    reader.invalid(path, text, syntax.label_value(text))
    return text
