import subprocess
from pathlib import Path

import pytest

# A path from the root of the repository, and the text of the file.
Texts = dict[str, str]


@pytest.fixture(scope="session")
def package(checkout: Path) -> Texts:
    """Every module of the package: its path below shared/seawall, and its text."""
    root = checkout / "shared" / "seawall"
    found = {p.relative_to(root).as_posix(): p.read_text() for p in sorted(root.rglob("*.py"))}
    assert found, "shared/seawall has no modules: the house tests would pass by seeing nothing"
    return found


@pytest.fixture(scope="session")
def tracked(checkout: Path) -> tuple[str, ...]:
    """Every path that git tracks."""
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=checkout, capture_output=True, check=True)  # noqa: S603  a fixed command
    return tuple(path for path in listed.stdout.decode().split("\0") if path)


@pytest.fixture(scope="session")
def tracked_texts(checkout: Path, tracked: tuple[str, ...]) -> Texts:
    """Every tracked text file that is there, recordings and other binaries left out."""
    texts: Texts = {}
    for path in tracked:
        file = checkout / path
        if file.is_file() and b"\0" not in (raw := file.read_bytes()):
            texts[path] = raw.decode(errors="replace")
    return texts
