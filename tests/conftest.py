"""What every test gets: no way outside, a fixed Hypothesis profile, and the shared cases.

pytest-socket (pyproject.toml) stops connections. It does not stop the lookup of a name, which
already tells a resolver somewhere what a test is about; the guard below does.
"""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=50,
    deadline=None,  # two shared cores: a slow example is no failure
    derandomize=True,  # a red run must be red again when it is repeated
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough",
    parent=settings.get_profile("ci"),
    max_examples=2_000,
    derandomize=False,  # `make thorough` is for finding what the fixed examples miss
    print_blob=True,
)
settings.load_profile(os.environ.get("SEAWALL_HYPOTHESIS", "ci"))

_ask_resolver = socket.getaddrinfo


class OutsideNameError(RuntimeError):
    """A test looked up a name. Not an OSError: code under test would take that for bad weather."""


def _guarded_getaddrinfo(
    host: bytes | str | None, port: bytes | str | int | None, *args: int, **kwargs: int
) -> list[Any]:
    text = host.decode("idna") if isinstance(host, bytes) else host
    if text is None or text in {"", "localhost"} or _is_address(text):
        return _ask_resolver(host, port, *args, **kwargs)
    if text.rstrip(".").endswith(".invalid"):
        # RFC 6761 section 6.4: such a name never exists; tests of unreachable hosts use it.
        raise socket.gaierror(socket.EAI_NONAME, f"{text}: no such name")
    message = f"A test tried to look up {text!r}; use 127.0.0.1 or a name under .invalid"
    raise OutsideNameError(message)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


@pytest.fixture(scope="session", autouse=True)
def no_names_from_outside() -> Iterator[None]:
    """Answer for loopback only, in every test and from the first fixture on."""
    socket.getaddrinfo = _guarded_getaddrinfo
    yield
    socket.getaddrinfo = _ask_resolver


@pytest.fixture(scope="session")
def checkout(pytestconfig: pytest.Config) -> Path:
    """The root of the repository."""
    return pytestconfig.rootpath


@pytest.fixture(scope="session")
def corpora(checkout: Path) -> Path:
    """The published and hand-made clusters with their expected verdicts, beside the checkout."""
    return _beside(checkout, "corpora")


@pytest.fixture(scope="session")
def recordings(checkout: Path) -> Path:
    """The requests to and answers of a real API server, beside the checkout."""
    return _beside(checkout, "recordings")


def _beside(checkout: Path, name: str) -> Path:
    folder = checkout.parent / "shared" / name
    if not folder.is_dir():
        pytest.skip(f"NOT RUN: ../shared/{name} is not beside this checkout")
    return folder
