"""What every channel keeps, over each adapter."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.alerts.channels import CHANNELS, Channel
from tests.fleets import digest_of
from tests.hostile import HOSTILE

from seawall.demo.alerts import Remembered
from seawall.model.digest import DigestId
from seawall.model.errors import TryLater

DIGEST = digest_of()


@pytest.fixture(params=CHANNELS)
def channel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Channel]:
    with ExitStack() as opened:
        yield CHANNELS[request.param](tmp_path, opened)


def test_a_digest_is_told(channel: Channel) -> None:
    channel.alerts.send(DIGEST)

    assert ["d1"] == channel.told()


def test_nothing_was_told_before(channel: Channel) -> None:
    assert [] == channel.told()


def test_the_same_digest_twice_is_told_apart_from_a_new_one(channel: Channel) -> None:
    """A crash between delivering and writing that down delivers once more."""
    for digest in (DIGEST, DIGEST, replace(DIGEST, id=DigestId("d2"))):
        channel.alerts.send(digest)

    assert ["d1", "d2"] == channel.told()


def test_a_digest_of_any_size_and_text_is_told(channel: Channel) -> None:
    channel.alerts.send(digest_of(places=5_000))
    some = tuple(HOSTILE.values())[::20]
    for number, text in enumerate(some):
        channel.alerts.send(replace(digest_of(text), id=DigestId(f"h{number}")))

    assert 1 + len(some) == len(channel.told())


def test_a_channel_that_is_away_is_tried_again() -> None:
    alerts = Remembered(away=1)

    with pytest.raises(TryLater, match="nobody listens"):
        alerts.send(DIGEST)
    alerts.send(DIGEST)

    assert [DIGEST] == alerts.sent
