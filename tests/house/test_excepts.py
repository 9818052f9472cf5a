"""A broad except is the edge of one cluster, says why, and is in no dry room."""

import ast
from collections.abc import Iterator

import pytest

BROAD = frozenset({"Exception", "BaseException"})
DRY = ("model/", "analyse/", "judge/", "verify/", "remediate/", "report/", "flow/")


def broad_excepts(text: str) -> Iterator[tuple[int, bool]]:
    """The line of each broad except, and whether `# edge: why` stands on it."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
            yield node.lineno, "# edge: " in lines[node.lineno - 1]


def _is_broad(caught: ast.expr | None) -> bool:
    match caught:
        case None:
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in BROAD
        case ast.Tuple(elts=several):
            return any(_is_broad(each) for each in several)
        case _:
            return False


def test_a_broad_except_says_why(package: dict[str, str]) -> None:
    silent = [
        f"{path}:{line}"
        for path, text in package.items()
        for line, marked in broad_excepts(text)
        if not marked
    ]

    assert silent == []


def test_a_dry_room_has_no_broad_except(package: dict[str, str]) -> None:
    found = [path for path, text in package.items() if path.startswith(DRY) and _any_broad(text)]

    assert found == []


def _any_broad(text: str) -> bool:
    return any(True for _ in broad_excepts(text))


@pytest.mark.parametrize(
    "head, found",
    [
        pytest.param("except:", [(3, False)], id="bare"),
        pytest.param("except Exception:", [(3, False)], id="Exception"),
        pytest.param("except (KeyError, BaseException):", [(3, False)], id="hidden in a tuple"),
        pytest.param("except Exception:  # edge: one cluster", [(3, True)], id="marked"),
        pytest.param("except KeyError:", [], id="narrow"),
    ],
)
def test_a_broad_except_is_found(head: str, found: list[tuple[int, bool]]) -> None:
    text = f"try:\n    f()\n{head}\n    pass\n"

    assert found == list(broad_excepts(text))
