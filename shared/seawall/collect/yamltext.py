"""YAML text to plain JSON values, read the way kubectl reads it.

kubectl converts YAML to JSON with sigs.k8s.io/yaml, whose scalars are those of go-yaml v2
(`goyaml.v2/resolve.go`): `yes` and `on` are booleans as in YAML 1.1, `0777` is octal, but `22:22`
stays a string, a date stays a string, and keys become strings. One thing is read otherwise: a plain
`y` or `n` is a boolean to kubectl alone, and a string to everybody else, who also write them so;
here it is a string, and `doubtful` tells where. PyYAML's own loaders differ in most of these, take
the last of two equal keys without a word, and recurse. Hence only the event parser of PyYAML is
used (in C where it is there); values are built here, with a stack of our own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

DEPTH_LIMIT = 250
ALIAS_LIMIT = 100_000
"""How many values all aliases of a document may add: people's add hundreds, bombs billions."""

PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, or the slow one in Python where PyYAML was built without libyaml."""

_TAG = "tag:yaml.org,2002:"
_RESOLVED_TAGS = frozenset({f"{_TAG}{name}" for name in ("int", "float", "bool", "null")})
_LONGEST_INT = 40
_EXACT_FLOAT = 2**53

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(["yes", "Yes", "YES", "on", "On", "ON"], True),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["no", "No", "NO", "off", "Off", "OFF"], False),
    **dict.fromkeys(["false", "False", "FALSE"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan")),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], float("inf")),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], float("-inf")),
}
_DOUBTFUL = frozenset("yYnN")
_NUMERIC_START = frozenset("0123456789+-.")
_OLD_OCTAL = re.compile(r"[-+]?0[0-7]+")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

_MERGE = "<<"
_MERGE_KEY = object()
_NO_KEY = object()

Scalar = str | int | float | bool | None


class YamlError(ValueError):
    """Text that is not YAML, or YAML that is not safe to read; `line` counts from 1."""

    def __init__(self, line: int, fault: str) -> None:
        super().__init__(fault)
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """One document.

    Attributes:
        value: What it holds, as JSON has it.
        line: Where it begins.
        lines: Where its mappings with a `kind` begin, by their `id()`.
        doubtful: The lines of words that kubectl alone takes for booleans.
    """

    value: Any
    line: int
    lines: dict[int, int]
    doubtful: tuple[int, ...] = ()


def documents(text: str, parser: Any = PARSER) -> Iterator[Document]:  # noqa: ANN401  either class
    """Every document of a YAML stream, empty ones included.

    Raises:
        YamlError: It is no YAML, has a key twice, nests too deeply or grows by aliases.
    """
    try:
        builder: _Builder | None = None
        for event in yaml.parse(text, Loader=parser):
            if isinstance(event, yaml.DocumentStartEvent):
                builder = _Builder()
            elif isinstance(event, yaml.DocumentEndEvent) and builder is not None:
                yield builder.document()
            elif builder is not None:
                builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _marked(error, text) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(line, error.reason) from error


def _marked(error: yaml.MarkedYAMLError, text: str) -> YamlError:
    lines = text.rstrip().split("\n")
    # libyaml counts one line more where the text ends without one.
    line = min(error.problem_mark.line if error.problem_mark else 0, len(lines) - 1)
    fault = error.problem or "not YAML"
    if lines[line].startswith("\t"):
        fault = "a tab indents this line; YAML wants spaces"
    return YamlError(line + 1, fault)


@dataclass(slots=True)
class _OpenList:
    """A list that has not ended; `size` counts the values in it, aliases written out."""

    line: int
    anchor: str | None
    value: list[Any] = field(default_factory=list)
    size: int = 1

    def add(self, value: Any, _: int) -> None:  # noqa: ANN401  JSON is any
        self.value.append(value)

    def done(self) -> list[Any]:
        return self.value


@dataclass(slots=True)
class _OpenMapping:
    """A mapping that has not ended; `merged` is what `<<` adds where no key of its own says so."""

    line: int
    anchor: str | None
    value: dict[str, Any] = field(default_factory=dict)
    size: int = 1
    key: object = _NO_KEY
    merged: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any, line: int) -> None:  # noqa: ANN401  JSON is any
        key = self.key
        if key is _NO_KEY:
            self.key = _new_key(value, line, self.value)
            return
        self.key = _NO_KEY
        if isinstance(key, str):
            self.value[key] = value
        else:
            self.merge(value if isinstance(value, list) else [value], line)

    def merge(self, sources: list[Any], line: int) -> None:
        for source in sources:
            if not isinstance(source, dict):
                raise YamlError(line, "a merge (<<) of something that is no mapping")
            # Readers differ in who wins over a key that stands before the merge.
            if self.value.keys() & source.keys():
                raise YamlError(line, "a merge (<<) of a key that stands above it; move it up")
            self.merged.update({k: v for k, v in source.items() if k not in self.merged})

    def done(self) -> dict[str, Any]:
        self.value.update({k: v for k, v in self.merged.items() if k not in self.value})
        return self.value


class _Builder:
    """Builds one document from its events."""

    __slots__ = ("added", "anchors", "doubtful", "first_line", "lines", "root", "stack")

    def __init__(self) -> None:
        self.root: Any = None
        self.first_line = 0
        self.stack: list[_OpenList | _OpenMapping] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.added = 0
        self.lines: dict[int, int] = {}
        self.doubtful: list[int] = []

    def document(self) -> Document:
        return Document(self.root, self.first_line, self.lines, tuple(self.doubtful))

    def take(self, event: yaml.Event) -> None:
        line = _line(event)
        match event:
            case yaml.ScalarEvent():
                self.keep(self.scalar(event), 1, event.anchor, line)
            case yaml.MappingStartEvent():
                self.open(_OpenMapping(line, event.anchor))
            case yaml.SequenceStartEvent():
                self.open(_OpenList(line, event.anchor))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.close()
            case yaml.AliasEvent():
                self.alias(event.anchor, line)

    def scalar(self, event: yaml.ScalarEvent) -> object:
        if event.value == _MERGE and event.implicit[0]:
            top = self.stack[-1] if self.stack else None
            if isinstance(top, _OpenMapping) and top.key is _NO_KEY:
                return _MERGE_KEY
        if event.value in _DOUBTFUL and event.implicit[0]:
            self.doubtful.append(_line(event))
        return _value(event)

    def open(self, opened: _OpenList | _OpenMapping) -> None:
        if len(self.stack) >= DEPTH_LIMIT:
            raise YamlError(opened.line, f"nested more than {DEPTH_LIMIT} levels deep")
        self.stack.append(opened)

    def close(self) -> None:
        closed = self.stack.pop()
        value = closed.done()
        if isinstance(value, dict) and "kind" in value:
            self.lines[id(value)] = closed.line
        self.keep(value, closed.size, closed.anchor, closed.line)

    def alias(self, anchor: str | None, line: int) -> None:
        if anchor is None or anchor not in self.anchors:
            raise YamlError(line, "an alias (*name) without an anchor (&name) that ends before it")
        value, size = self.anchors[anchor]
        self.added += size
        if self.added > ALIAS_LIMIT:
            fault = f"its aliases add more than {ALIAS_LIMIT:,} values; write them out"
            raise YamlError(line, fault)
        self.keep(value, size, None, line)

    def keep(self, value: object, size: int, anchor: str | None, line: int) -> None:
        if anchor:
            self.anchors[anchor] = (value, size)
        if self.stack:
            self.stack[-1].size += size
            self.stack[-1].add(value, line)
        else:
            self.root, self.first_line = value, line


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _new_key(value: object, line: int, before: dict[str, Any]) -> object:
    """The key as JSON has it, or the mark of a merge."""
    match value:
        case bool():
            key = "true" if value else "false"
        case str() | int() | float():
            key = str(value)
        case _ if value is _MERGE_KEY:
            return value
        case _:
            raise YamlError(line, "a key that is no plain word")
    if key in before:
        raise YamlError(line, "the same key twice in one mapping; keep one of them")
    return key


def _value(event: yaml.ScalarEvent) -> Scalar:
    text = str(event.value)
    if event.tag in _RESOLVED_TAGS or (event.tag is None and event.implicit[0]):
        return resolved(text)
    return text


def resolved(text: str) -> Scalar:
    """The value of a plain scalar, as go-yaml v2 has it.

    >>> resolved("no"), resolved("22:22"), resolved("010"), resolved("2024-01-31")
    (False, '22:22', 8, '2024-01-31')
    """
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _NUMERIC_START else text


def _number(text: str) -> Scalar:
    plain = text.replace("_", "")
    if len(plain) <= _LONGEST_INT:
        if _INTEGER.fullmatch(plain):
            return int(plain, 0)
        if _OLD_OCTAL.fullmatch(plain):
            return int(plain, 8)
    if not _FLOAT.fullmatch(plain):
        return text
    number = float(plain)
    # Go writes 8e1 into JSON as 80, and the API server reads that as a whole number.
    return int(number) if number.is_integer() and abs(number) < _EXACT_FLOAT else number
