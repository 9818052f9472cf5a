"""Text of a manifest file to the Kubernetes objects in it, each with the line where it begins.

YAML streams, JSON objects one after the other, and Lists, which are taken apart. Nothing is half
read: a file with any fault in it may hold any policy, so it is Trouble as a whole.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from seawall.collect import yamltext
from seawall.model.errors import Trouble

HELM_HINT = "it looks like a Helm template: render it first (helm template CHART > FOLDER/all.yaml)"


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a file, as plain values. `api_version` is empty where none was written."""

    value: dict[str, Any]
    kind: str
    api_version: str
    origin: str

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""


@dataclass(frozen=True, slots=True)
class Found:
    """The objects of a file, how many of its documents are none, and the lines in doubt."""

    documents: tuple[Document, ...]
    others: int = 0
    doubtful: tuple[str, ...] = ()


_INK = re.compile(r"\S")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Items(msgspec.Struct):
    items: list[msgspec.Raw] | None = None


class _DuplicateKeyError(ValueError):
    """A JSON object with the same key twice."""


def read(text: str, name: str) -> Found:
    """Every object in the text of the file `name`.

    Raises:
        Trouble: The text is no YAML and no JSON, or not safe to read; says the line.
    """
    found: list[Document] = []
    others = 0
    doubtful: list[str] = []
    for each in _values(text, name):
        if isinstance(each.value, dict) and isinstance(each.value.get("kind"), str):
            found.extend(_taken_apart(each, name))
            doubtful.extend(f"{name}:{line}" for line in each.doubtful)
        else:
            others += each.value is not None
    return Found(tuple(found), others, tuple(doubtful))


def _values(text: str, name: str) -> Iterator[yamltext.Document]:
    if text.lstrip()[:1] == "{" and (found := _from_json(text, name)) is not None:
        yield from found
        return
    try:
        yield from yamltext.documents(text)
    except yamltext.YamlError as error:
        raise _trouble(name, error.line, str(error), text) from error


def _from_json(text: str, name: str) -> list[yamltext.Document] | None:
    """The documents of JSON text; None leaves it to the YAML reader, which knows every line."""
    try:
        return list(_json_values(text))
    except json.JSONDecodeError as error:
        if name.endswith(".json"):
            raise _trouble(name, error.lineno, f"not JSON: {error.msg}", text) from error
    except RecursionError as error:
        raise _trouble(name, 1, "nested too deeply to be read safely", text) from error
    except ValueError:
        return None
    return None


def _trouble(name: str, line: int, fault: str, text: str) -> Trouble:
    return Trouble(f"{name}:{line}: {fault}{f'; {HELM_HINT}' if '{{' in text else ''}")


def _json_values(text: str) -> Iterator[yamltext.Document]:
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
    at, end, line = 0, 0, 1
    while (at := _after_space(text, end)) < len(text):
        line += text.count("\n", end, at)
        value, end = decoder.raw_decode(text, at)
        segment = text[at:end].encode()
        if _SURROGATE.search(text, at, end):
            msgspec.json.decode(segment)  # refuses half of a surrogate pair, json does not
        yield yamltext.Document(value, line, _item_lines(value, segment, line))
        line += segment.count(b"\n")


def _after_space(text: str, at: int) -> int:
    found = _INK.search(text, at)
    return found.start() if found else len(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError("the same key twice in one object; keep one of them")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON number")


def _item_lines(value: object, segment: bytes, line: int) -> dict[int, int]:
    """The line of each item of a list: where its very bytes stand."""
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list):
        return {}
    lines: dict[int, int] = {}
    at = 0
    for item, raw in zip(items, msgspec.json.decode(segment, type=_Items).items or (), strict=True):
        begin = segment.find(bytes(raw), at)
        line += segment.count(b"\n", at, begin)
        lines[id(item)], at = line, begin
    return lines


def _taken_apart(document: yamltext.Document, name: str) -> Iterator[Document]:
    """The object itself, or the objects of a List, however deep Lists hold Lists."""
    left = [(document.value, document.line)]
    while left:
        item, line = left.pop()
        kind, api_version = item["kind"], item.get("apiVersion")
        origin = f"{name}:{line}"
        if not _is_list(item):
            known = api_version if isinstance(api_version, str) else ""
            yield Document(item, kind, known, origin)
            continue
        items = [_with_kind(each, item, origin) for each in item["items"] or ()]
        left.extend((each, document.lines.get(id(each), line)) for each in reversed(items))


def _is_list(value: dict[str, Any]) -> bool:
    """`v1 List` of kubectl, or the list kind of an API group."""
    return value["kind"].endswith("List") and isinstance(value.get("items", ""), list | None)


def _with_kind(item: object, parent: dict[str, Any], origin: str) -> dict[str, Any]:
    """An item with its kind; in an API's own list it follows from the list's."""
    metadata = parent.get("metadata")
    if isinstance(metadata, dict) and metadata.get("continue"):
        raise Trouble(
            f"{origin}: this list is only a part: its metadata.continue says that more follows; "
            "dump all of it (kubectl get without --raw and limit)"
        )
    if not isinstance(item, dict):
        raise Trouble(f"{origin}: an item of this list is no object")
    if isinstance(item.get("kind"), str):
        return item
    kind = parent["kind"].removesuffix("List")
    if not kind or "kind" in item:
        raise Trouble(f"{origin}: an item of this list has no kind")
    return {**item, "kind": kind, "apiVersion": parent.get("apiVersion")}
