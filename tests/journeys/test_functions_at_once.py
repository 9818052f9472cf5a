"""Two Alerts at once, as ticks of two minutes are where the first one takes long."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from functions.alert import app as alert
from functions.discover import app as discover
from functions.scan import app as scan
from tests.journeys.functions_world import World, context, key, world

from seawall.demo.alerts import Remembered
from seawall.model.digest import Digest, Notice
from seawall.model.messages import RunId
from seawall.wiring.aws import Workshop
from seawall.wiring.aws_settings import AwsSettings


@pytest.fixture
def fleet() -> Iterator[World]:
    with world("prod-a") as made:
        yield made


def ticked_elsewhere(fleet: World, told: Remembered) -> dict[str, Any]:
    """A tick of another container."""
    found = dict(fleet.workshop.found.environment) | {"AWS_LAMBDA_LOG_STREAM_NAME": "another"}
    bench = Workshop.of(AwsSettings(found), fleet.workshop.aws).tell()
    desk = replace(bench.closing.alert, channels=(told,))
    bench = replace(bench, closing=replace(bench.closing, alert=desk))
    return alert.door(lambda: bench)({}, context())


def test_a_tick_during_a_tick_that_takes_long_tells_nothing_twice(fleet: World) -> None:
    told = Remembered()
    elsewhere: list[object] = []

    class Slow(Remembered):
        def send(self, digest: Digest) -> None:
            """Meanwhile something else becomes known, and the next minute comes."""
            if not elsewhere:
                fleet.workshop.news.note(RunId(run), later, now=digest.at)
                elsewhere.append(ticked_elsewhere(fleet, told)["told"])
            told.send(digest)

    later = Notice(key("prod-a"), "could not be read: away")
    run = str(discover.door(fleet.discover_bench)({}, context())["run"])
    scan.door(fleet.scan_bench)({"Records": fleet.received("eks")}, context())
    fleet.channels = (Slow(),)
    answer = alert.door(fleet.alert_bench)({}, context())

    assert [[]] == elsewhere
    assert [digest.id for digest in told.sent] == answer["told"]
    assert [((), 1), ((later,), 0)] == [
        (digest.notices, len(digest.summaries)) for digest in told.sent
    ]
    assert not fleet.workshop.news.waits()
