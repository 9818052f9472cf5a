"""The budgets of the house: small modules, small functions."""

import ast
from collections.abc import Iterator
from statistics import median, quantiles
from typing import NamedTuple

import pytest

MODULE_LINES = 400
MEDIAN_LINES = 8
P90_LINES = 25
UNDOCUMENTED_LINES = 50


class Size(NamedTuple):
    """One function, measured."""

    where: str
    lines: int
    documented: bool


def functions(path: str, text: str) -> Iterator[Size]:
    """Each function's length, without decorators and docstring: explaining costs nothing."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            said = node.body[0] if ast.get_docstring(node) else None
            spoken = (said.end_lineno or said.lineno) - said.lineno + 1 if said else 0
            lines = (node.end_lineno or node.lineno) - node.lineno + 1 - spoken
            yield Size(f"{path}:{node.lineno} {node.name}", lines, said is not None)


def over_budget(sizes: list[Size]) -> list[str]:
    lengths = [size.lines for size in sizes]
    middle, high = median(lengths), quantiles(lengths, n=10)[8]
    return [
        *([f"the median function has {middle} lines"] if middle > MEDIAN_LINES else []),
        *([f"a tenth of all functions has over {high} lines"] if high > P90_LINES else []),
        *(
            f"{size.where} has {size.lines} lines and no docstring"
            for size in sizes
            if size.lines > UNDOCUMENTED_LINES and not size.documented
        ),
    ]


def test_functions_keep_to_their_budget(package: dict[str, str]) -> None:
    sizes = [size for path, text in package.items() for size in functions(path, text)]

    assert over_budget(sizes) == []


def test_modules_keep_to_their_budget(package: dict[str, str]) -> None:
    lengths = {path: text.count("\n") for path, text in package.items()}

    assert {path: lines for path, lines in lengths.items() if lines > MODULE_LINES} == {}


def test_a_docstring_and_decorators_are_not_counted() -> None:
    text = '@cache\ndef f(x):\n    """One.\n\n    Two.\n    """\n    return x\n'

    assert [Size("m.py:2 f", 2, documented=True)] == list(functions("m.py", text))


@pytest.mark.parametrize(
    "lengths, complaints",
    [
        pytest.param([5] * 20, 0, id="small"),
        pytest.param([9] * 20, 1, id="all a little long"),
        pytest.param([5] * 17 + [30] * 3, 1, id="a long tail"),
        pytest.param([5] * 99 + [51], 1, id="one giant"),
    ],
)
def test_the_budget_bites(lengths: list[int], complaints: int) -> None:
    sizes = [Size("m.py", lines, documented=False) for lines in lengths]

    assert complaints == len(over_budget(sizes))
