"""The fleet in a box."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seawall.model.errors import Trouble

if TYPE_CHECKING:
    from seawall.demo.fleet import DemoFleet


@contextmanager
def demo_fleet(folder: Path, *, writable: bool = False) -> Iterator["DemoFleet"]:
    """The demo fleet, running until the block ends; `writable`: its user may also mend it.

    Raises:
        Trouble: The `demo` extra is not installed.
    """
    try:
        from seawall.demo.fleet import DemoFleet
    except ModuleNotFoundError as error:
        raise Trouble(f"the demo fleet needs {error.name}; pip install 'seawall[demo]'") from error
    with DemoFleet(folder, writable=writable) as fleet:
        yield fleet
