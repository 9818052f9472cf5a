"""Each test of a port runs over each adapter."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.state.ports import ADAPTERS, OpenPorts, Ports


@pytest.fixture(params=ADAPTERS)
def open_ports(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenPorts]:
    """Opens a fleet, as one process after another would."""
    with ADAPTERS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
def ports(open_ports: OpenPorts) -> Ports:
    """One process of the fleet `east`."""
    return open_ports("east")


@pytest.fixture
def others(open_ports: OpenPorts, ports: Ports) -> Ports:  # noqa: ARG001  opened after the first
    """A second process of the same fleet."""
    return open_ports("east")


@pytest.fixture
def west(open_ports: OpenPorts) -> Ports:
    """Another fleet in the same store."""
    return open_ports("west")
