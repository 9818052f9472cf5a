"""Each test of the queue runs over each adapter."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.queue.adapters import ADAPTERS, OpenQueue

from seawall.publish.queue import Queue


@pytest.fixture(params=ADAPTERS)
def open_queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenQueue]:
    """Opens the queues of a fleet, as one process after another would."""
    with ADAPTERS[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
def queue(open_queue: OpenQueue) -> Queue:
    """The queues of the fleet `east`."""
    return open_queue("east")
