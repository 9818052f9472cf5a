from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from seawall.cli.outputs import Output
from seawall.cli.outputs import parsed as outputs
from seawall.cli.targets import MOMENT
from seawall.cli.why import Question, asked
from seawall.cli.why import parsed as question
from seawall.model.ports import ALL_PORTS, PortSet, Protocol, ports

FORMS = ("table", "json", "ndjson")


@pytest.mark.parametrize(
    "words, found",
    [
        pytest.param([], [Output("table", None)], id="the first by default"),
        pytest.param(["json"], [Output("json", None)], id="another"),
        pytest.param(["json=a"], [Output("json", Path("a"))], id="only into a file"),
        pytest.param(["json=a=b"], [Output("json", Path("a=b"))], id="a file with an equals sign"),
        pytest.param(
            ["table", "json=a", "ndjson=b"],
            [Output("table", None), Output("json", Path("a")), Output("ndjson", Path("b"))],
            id="one to stdout, others to files",
        ),
    ],
)
def test_outputs_are_formats_and_places(words: list[str], found: list[Output]) -> None:
    assert tuple(found) == outputs(words, FORMS)


@pytest.mark.parametrize(
    "words, says",
    [
        pytest.param(["yaml"], "none of table, json, ndjson", id="no such format"),
        pytest.param(["json="], "none of", id="an empty path"),
        pytest.param(["json", "table"], "only one", id="two to stdout"),
        pytest.param(["json=a", "table=a"], "a", id="two to one file"),
    ],
)
def test_outputs_that_cannot_be_meant_are_refused(words: list[str], says: str) -> None:
    with pytest.raises(click.BadParameter, match=says):
        outputs(words, FORMS)


@pytest.mark.parametrize(
    "words, found, paths",
    [
        pytest.param(["a/b", "c/d"], Question("a/b", "c/d"), (), id="two ends"),
        pytest.param(["a/b", "c/d", "."], Question("a/b", "c/d"), (".",), id="and a folder"),
        pytest.param(["a/b", "::1", "80"], Question("a/b", "::1", "80"), (), id="and a port"),
        pytest.param(
            ["a/b", "c/d", "53/udp", ".", "x"],
            Question("a/b", "c/d", "53/udp"),
            (".", "x"),
            id="a port, a protocol and paths",
        ),
        pytest.param(
            ["a/b", "c/d", "./80"], Question("a/b", "c/d"), ("./80",), id="a file called 80"
        ),
    ],
)
def test_a_question_comes_before_its_paths(
    words: list[str], found: Question, paths: tuple[str, ...]
) -> None:
    assert (found, paths) == question(words)


@pytest.mark.parametrize(
    "text, found",
    [
        pytest.param("", ALL_PORTS, id="every port"),
        pytest.param("443", ports(Protocol.TCP, 443), id="TCP unless said"),
        pytest.param("53/udp", ports(Protocol.UDP, 53), id="a protocol in small letters"),
        pytest.param("65535/SCTP", ports(Protocol.SCTP, 65535), id="the last port"),
    ],
)
def test_a_port_is_read(text: str, found: PortSet) -> None:
    assert found == asked(text)


@pytest.mark.parametrize("text", ["0", "65536", "80/ICMP", "99999999999999999999/TCP"])
def test_a_port_that_does_not_exist_is_a_usage_error(text: str) -> None:
    with pytest.raises(click.UsageError):
        asked(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-11-24T12:00:00Z", id="Z"),
        pytest.param("2026-11-24T12:00:00", id="UTC unless said"),
        pytest.param("2026-11-24T14:00:00+02:00", id="another zone"),
    ],
)
def test_a_time_is_read_as_utc(text: str) -> None:
    assert datetime(2026, 11, 24, 12, tzinfo=UTC) == MOMENT.convert(text, None, None)
