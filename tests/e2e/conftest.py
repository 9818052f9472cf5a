"""One deployed stack for all tests of this folder.

`make e2e` runs all of it. `make test` runs the story alone, and only where the environments of the
SAM CLI and of ministack are already there (`make e2e-env`, 550 MB): CI makes them, nobody has to.
"""

import os
from collections.abc import Iterator

import pytest
from tests.e2e import stack as deployed
from tests.e2e.fleet import many, story
from tests.e2e.world import World, world

WHOLE = os.environ.get("SEAWALL_E2E") == "1"
MANY = 120
"""More than one page of EKS's list."""
PODS = 10
MENDED = "analytics-dev"
"""The wide-open cluster of the demo: the one whose owner lets Seawall act."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The stack, deployed once, before 121 clusters."""
    if not deployed.installed():
        where = "NOT RUN: .venv-sam and .venv-ministack are not there; `make e2e-env` makes them"
        pytest.fail(where) if WHOLE else pytest.skip(where)
    contents = {**many(MANY, PODS), MENDED: story("aks-analytics-dev")}
    with world(contents, tmp_path_factory.mktemp("e2e"), {}) as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What breaks things on purpose takes minutes: `make e2e` has them."""
    skip = pytest.mark.skip(reason="NOT RUN: `make e2e` runs it, with all else that takes minutes")
    for item in items:
        if item.path.parent.name == "e2e" and item.path.stem != "test_story" and not WHOLE:
            item.add_marker(skip)
