"""Label and field selectors of list requests: the server's own small languages, read strictly."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from seawall.demo.resources import Json, Resource
from seawall.demo.store import Held

Predicate = Callable[[Held], bool]


class BadSelectorError(ValueError):
    """The selector cannot be read; the text says why, in the server's manner."""


def everything(_held: Held) -> bool:
    """The predicate of an empty selector."""
    return True


# Labels. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
_TOKEN = re.compile(r"\s*(?:(?P<op>!=|==|=|!|,|\(|\)|>|<)|(?P<word>[^\s!=,()<>]+))")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_PREFIX = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class _Requirement:
    key: str
    operator: str
    values: frozenset[str]

    def admits(self, labels: Mapping[str, str]) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "absent":
                return value is None
            case "in":
                return value in self.values
            case "notin":
                return value not in self.values
        return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        if value is None or not _INTEGER.fullmatch(value):
            return False
        (bound,) = self.values
        return int(value) > int(bound) if self.operator == ">" else int(value) < int(bound)


class _Tokens:
    def __init__(self, source: str) -> None:
        self._rest = list(_tokens(source))

    def peek(self) -> str:
        return self._rest[0] if self._rest else ""

    def take(self) -> str:
        return self._rest.pop(0) if self._rest else ""

    def expect(self, wanted: str, told: str) -> None:
        if (found := self.take()) != wanted:
            raise _unparsable(found, told)


def _tokens(source: str) -> Iterator[str]:
    at = 0
    while at < len(source.rstrip()):
        if (found := _TOKEN.match(source, at)) is None:
            raise _unparsable(source[at], "identifier")
        yield found["op"] or found["word"]
        at = found.end()


def _unparsable(found: str, expected: str) -> BadSelectorError:
    return BadSelectorError(f"unable to parse requirement: found '{found}', expected: {expected}")


def by_labels(source: str) -> Predicate:
    """The predicate that a `labelSelector` stands for."""
    if not source.strip():
        return everything
    tokens = _Tokens(source)
    requirements = [_requirement(tokens)]
    while tokens.peek():
        tokens.expect(",", "',' or 'end of string'")
        requirements.append(_requirement(tokens))
    return lambda held: all(r.admits(held.labels) for r in requirements)


def _requirement(tokens: _Tokens) -> _Requirement:
    if tokens.peek() == "!":
        tokens.take()
        return _Requirement(_key(tokens.take()), "absent", frozenset())
    key = _key(tokens.take())
    if tokens.peek() in {"", ","}:
        return _Requirement(key, "exists", frozenset())
    match tokens.take():
        case "=" | "==":
            return _Requirement(key, "in", frozenset({_exact(tokens)}))
        case "!=":
            return _Requirement(key, "notin", frozenset({_exact(tokens)}))
        case "in" | "notin" as operator:
            return _Requirement(key, operator, _set(tokens))
        case ">" | "<" as operator:
            return _Requirement(key, operator, frozenset({_number(tokens.take())}))
        case other:
            raise _unparsable(other, "in, notin, =, ==, !=, gt, lt")


def _key(key: str) -> str:
    prefix, _, name = key.rpartition("/")
    if not _NAME.fullmatch(name) or ("/" in key and not _PREFIX.fullmatch(prefix)):
        raise _unparsable(key, "!, identifier, or 'end of string'")
    return key


def _value(value: str) -> str:
    if value and not _NAME.fullmatch(value):
        raise BadSelectorError(f'values[0]: Invalid value: "{value}": not a valid label value')
    return value


def _exact(tokens: _Tokens) -> str:
    """The value after `=`; nothing there means the empty string."""
    return "" if tokens.peek() in {"", ","} else _value(tokens.take())


def _number(word: str) -> str:
    if not _INTEGER.fullmatch(word):
        raise BadSelectorError(
            f'values[0]: Invalid value: "{word}": for Gt and Lt it must be an integer'
        )
    return word


def _set(tokens: _Tokens) -> frozenset[str]:
    tokens.expect("(", "'('")
    values = {_member(tokens)}
    while tokens.peek() == ",":
        tokens.take()
        values.add(_member(tokens))
    tokens.expect(")", "',', ')' or identifier")
    return frozenset(values)


def _member(tokens: _Tokens) -> str:
    """A member of a set; between two commas it is the empty string."""
    return "" if tokens.peek() in {",", ")"} else _value(tokens.take())


# Fields. https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
_EVERYWHERE = frozenset({"metadata.name", "metadata.namespace"})
_FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "pods": frozenset(
            {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "status.phase"}
            | {"spec.serviceAccountName", "spec.hostNetwork", "status.podIP"}
        ),
        "namespaces": frozenset({"status.phase"}),
        "nodes": frozenset({"spec.unschedulable"}),
        "services": frozenset({"spec.clusterIP", "spec.type"}),
    }
)


def by_fields(source: str, resource: Resource) -> Predicate:
    """The predicate that a `fieldSelector` stands for; each kind knows only a few fields."""
    if not source:
        return everything
    terms = [_term(part, resource) for part in source.split(",")]
    return lambda held: all((_field(held.obj, path) == want) is same for path, want, same in terms)


def _term(part: str, resource: Resource) -> tuple[str, str, bool]:
    for operator in ("!=", "==", "="):
        path, found, value = part.partition(operator)
        if found:
            return _known(path, resource), value, operator != "!="
    raise BadSelectorError(f"invalid selector: '{part}'; can't understand '{part}'")


def _known(path: str, resource: Resource) -> str:
    if path not in _EVERYWHERE | _FIELDS.get(resource.qualified, frozenset()):
        raise BadSelectorError(f"field label not supported: {path}")
    return path


def _field(obj: Json, path: str) -> str:
    value: object = obj
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
