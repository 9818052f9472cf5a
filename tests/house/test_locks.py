"""A lock pins every package with hashes and names no machine: no index, no host, no folder."""

import re
from pathlib import Path

import pytest

PIN = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
LAYERS = ("layer-azure.txt", "layer-base.txt", "layer-google.txt")
SAYING = re.compile(r"\s*#.*")


def faults(text: str) -> list[str]:
    lines = text.splitlines()
    return [
        *(f"line {n}: {line}" for n, line in enumerate(lines, 1) if not _is_known(line)),
        *(f"line {n}: names a host" for n, line in enumerate(lines, 1) if "://" in line),
        *(
            f"line {n}: no hash"
            for n, line in enumerate(lines, 1)
            if PIN.fullmatch(line) and not HASH.fullmatch("".join(lines[n : n + 1]))
        ),
    ]


def _is_known(line: str) -> bool:
    return any(shape.fullmatch(line) for shape in (PIN, HASH, SAYING))


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def _locks(checkout: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in (checkout / "requirements").glob("*.txt")}


def test_every_lock_is_hashed_and_names_no_machine(checkout: Path) -> None:
    locks = _locks(checkout)

    names = {"core.txt", "dev.txt", "kubectl.txt", "lock.txt", "ministack.txt", "sam.txt"}
    assert names <= set(locks)
    assert {name: found for name, text in locks.items() if (found := faults(text))} == {}


def test_what_is_tested_is_what_is_shipped(checkout: Path) -> None:
    locks = _locks(checkout)
    tested = pins(locks["dev.txt"]).items()

    assert {
        name for name in ("core.txt", *LAYERS) if not pins(locks[name]).items() <= tested
    } == set()


A_HASH = "    --hash=sha256:" + "0" * 64


@pytest.mark.parametrize(
    "text, complaints",
    [
        pytest.param(f"a==1 \\\n{A_HASH}\n    # via b\n", 0, id="a hashed pin"),
        pytest.param(f"a==1 ; sys_platform == 'win32' \\\n{A_HASH}\n", 0, id="with a marker"),
        pytest.param("a==1\n", 1, id="no hash"),
        pytest.param("a==1 \\\nb==1 \\\n" + A_HASH, 1, id="no hash for the first of two"),
        pytest.param(f"a>=1 \\\n{A_HASH}\n", 1, id="no exact version"),
        pytest.param("--index-url x\n", 1, id="an index"),
        pytest.param("--find-links /wheels\n", 1, id="a folder"),
        pytest.param("# from https://x\n", 1, id="a host in a comment"),
        pytest.param(f"a @ file:///a.whl \\\n{A_HASH}\n", 2, id="a file"),
    ],
)
def test_a_fault_is_found(text: str, complaints: int) -> None:
    assert complaints == len(faults(text))
