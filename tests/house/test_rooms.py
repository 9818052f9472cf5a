"""A room says at its door what comes in, what goes out and what it must never do."""

import ast
import re

import pytest

EMPTY = frozenset({"common", "data", "info", "misc", "process", "util", "utils"})
BANNED = EMPTY | {"helper", "helpers", "manager", "managers"}


def unsaid(text: str) -> list[str]:
    said = (ast.get_docstring(ast.parse(text)) or "").lower()
    return [word for word in ("in:", "out:", "never") if not re.search(rf"\b{word}", said)]


def banned_words(path: str) -> list[str]:
    return [word for word in re.split(r"[/_.]", path) if word in BANNED]


def banned_classes(text: str) -> list[str]:
    return [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and re.search("Manager|Helper|Util", node.name)
    ]


def test_every_room_says_what_it_is_for(package: dict[str, str]) -> None:
    rooms = {path: text for path, text in package.items() if re.fullmatch(r"\w+/__init__.py", path)}

    assert len(rooms) >= 9  # model connect discover collect analyse judge report flow demo cli
    assert {path: words for path, text in rooms.items() if (words := unsaid(text))} == {}


def test_no_name_is_empty(package: dict[str, str]) -> None:
    modules = {path: words for path in package if (words := banned_words(path))}
    classes = {path: names for path, text in package.items() if (names := banned_classes(text))}

    assert (modules, classes) == ({}, {})


@pytest.mark.parametrize(
    "text, words",
    [
        pytest.param("", ["in:", "out:", "never"], id="silent"),
        pytest.param('"""A room.\n\nIn: x.\nOut: y.\n"""', ["never"], id="says two of three"),
        pytest.param('"""A room.\n\nIn: x.\nOut: y.\nNever: z.\n"""', [], id="says all"),
        pytest.param('"""Comes in: x. Goes out: y. Must never: z."""', [], id="in a sentence"),
    ],
)
def test_a_silent_room_is_found(text: str, words: list[str]) -> None:
    assert words == unsaid(text)


@pytest.mark.parametrize(
    "path, words",
    [
        pytest.param("judge/utils.py", ["utils"], id="a module"),
        pytest.param("collect/label_helpers.py", ["helpers"], id="half of a name"),
        pytest.param("common/x.py", ["common"], id="a folder"),
        pytest.param("model/selector.py", [], id="a noun of the field"),
    ],
)
def test_an_empty_name_is_found(path: str, words: list[str]) -> None:
    assert words == banned_words(path)


def test_an_empty_class_name_is_found() -> None:
    assert ["PolicyManager"] == banned_classes("class PolicyManager: ...\nclass Policy: ...")
