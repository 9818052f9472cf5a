"""Manifest files to text: which files of a folder are read, and what makes one unreadable."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from seawall.model.errors import Trouble

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
MOST_BYTES = 512 * 1024 * 1024
"""A dump of 50,000 pods; past it, memory would run out before the end."""

KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})


@dataclass(slots=True)
class Listing:
    """The files of a folder that may hold manifests, in a fixed order."""

    files: list[Path] = field(default_factory=list)
    links: list[Path] = field(default_factory=list)
    """Links to folders: they may lead anywhere, also in a circle, so nobody follows them."""


def manifest_files(folder: Path) -> Listing:
    """The YAML and JSON files below a folder; folders whose name begins with a dot are left out.

    Raises:
        Trouble: A folder in it cannot be listed.
    """
    found = Listing()
    for place, folders, names in os.walk(folder, onerror=_unlistable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = Path(place)
        found.links += (here / name for name in folders if (here / name).is_symlink())
        paths = (here / name for name in sorted(names))
        found.files += (path for path in paths if _may_hold_manifests(path))
    return found


def _may_hold_manifests(path: Path) -> bool:
    """By its name; a pipe or device of that name would be read for ever, a broken link is told."""
    return path.suffix.lower() in SUFFIXES and (path.is_file() or not path.exists())


def _unlistable(error: OSError) -> None:
    raise Trouble(f"{error.filename}: the folder cannot be listed: {error.strerror}") from error


def is_folder(path: Path) -> bool:
    """Whether it is a folder; what may not even be looked at is none, and fails when it is read."""
    try:
        return path.is_dir()
    except OSError:
        return False


def content(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        Trouble: It cannot be read, or is too large to be.
    """
    try:
        with path.open("rb") as file:
            found = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise Trouble(f"{path}: no such file or folder") from error
    except OSError as error:
        raise Trouble(f"{path}: cannot be read: {error.strerror}") from error
    return within_limit(found, str(path))


def within_limit(found: bytes, name: str) -> bytes:
    """The same bytes.

    Raises:
        Trouble: They are too many.
    """
    if len(found) > MOST_BYTES:
        limit = MOST_BYTES // 1024**2
        raise Trouble(f"{name}: larger than {limit} MiB; split it, or dump fewer namespaces a file")
    return found


def text(found: bytes, name: str) -> str:
    """The text of a file.

    Raises:
        Trouble: It is not UTF-8.
    """
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = found.count(b"\n", 0, error.start) + 1
        raise Trouble(f"{name}:{line}: not UTF-8 text; save it as UTF-8") from error
