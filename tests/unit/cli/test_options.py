"""What the words of a command line mean, and where the output goes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from seawall.cli import outputs, targets
from seawall.cli.outputs import Output
from seawall.cli.targets import Targets
from seawall.cli.why import Question, asked, parsed
from seawall.model.errors import Trouble
from seawall.model.ports import ALL_PORTS, PortSet, Protocol, port_set

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FORMS = ("table", "json", "ndjson")
NOTHING = Targets(None, (), ())

STDOUT = Output("table", None)
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    "words, found",
    [
        pytest.param([], [STDOUT], id="the first format"),
        pytest.param(["json"], [Output("json", None)], id="a format"),
        pytest.param(["json=a"], [Output("json", Path("a"))], id="into a file"),
        pytest.param(["json=a/b=c"], [Output("json", Path("a/b=c"))], id="a path with ="),
        pytest.param(
            ["ndjson=x", "table", "json=y"],
            [Output("ndjson", Path("x")), STDOUT, Output("json", Path("y"))],
            id="several",
        ),
        pytest.param(["json=a", "json=b"], [Output("json", Path(p)) for p in "ab"], id="twice"),
    ],
)
def test_outputs_are_formats_and_where_they_go(words: list[str], found: list[Output]) -> None:
    assert tuple(found) == outputs.parsed(words, FORMS)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["yaml"], id="no such format"),
        pytest.param(["JSON"], id="in capitals"),
        pytest.param(["json="], id="no path"),
        pytest.param(["=a"], id="no format"),
        pytest.param([""], id="nothing"),
        pytest.param(["json", "table"], id="two for stdout"),
        pytest.param(["json", "json"], id="one twice for stdout"),
    ],
)
def test_an_output_that_cannot_be_meant_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(click.BadParameter):
        outputs.parsed(words, FORMS)


@pytest.mark.parametrize(
    "words, question, paths",
    [
        pytest.param("a/b c/d", Question("a/b", "c/d"), (), id="two ends"),
        pytest.param("a/b c/d 80", Question("a/b", "c/d", "80"), (), id="a port"),
        pytest.param("a/b c/d 80/udp x", Question("a/b", "c/d", "80/udp"), ("x",), id="protocol"),
        pytest.param("a/b c/d x y", Question("a/b", "c/d"), ("x", "y"), id="paths, no port"),
        pytest.param("a/b c/d x 80", Question("a/b", "c/d"), ("x", "80"), id="a folder called 80"),
        pytest.param("a/b c/d ./80", Question("a/b", "c/d"), ("./80",), id="a folder first"),
        pytest.param("a/b c/d -", Question("a/b", "c/d"), ("-",), id="stdin"),
        pytest.param("1.1.1.1 ::1 0", Question("1.1.1.1", "::1", "0"), (), id="addresses"),
    ],
)
def test_a_question_is_two_ends_a_port_and_paths(
    words: str, question: Question, paths: tuple[str, ...]
) -> None:
    assert (question, paths) == parsed(words.split())


@pytest.mark.parametrize("words", [[], ["a/b"]], ids=["nothing", "one end"])
def test_a_question_with_one_end_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(click.UsageError, match="FROM and TO"):
        parsed(words)


@pytest.mark.parametrize(
    "port, ports",
    [
        pytest.param("", ALL_PORTS, id="none is all"),
        pytest.param("80", port_set(Protocol.TCP, ((80, 80),)), id="TCP unless named"),
        pytest.param("53/UDP", port_set(Protocol.UDP, ((53, 53),)), id="UDP"),
        pytest.param("53/udp", port_set(Protocol.UDP, ((53, 53),)), id="in small letters"),
        pytest.param("7/sctp", port_set(Protocol.SCTP, ((7, 7),)), id="SCTP"),
        pytest.param("1", port_set(Protocol.TCP, ((1, 1),)), id="the first"),
        pytest.param("65535", port_set(Protocol.TCP, ((65535, 65535),)), id="the last"),
    ],
)
def test_a_port_is_a_number_and_a_protocol(port: str, ports: PortSet) -> None:
    assert ports == asked(port)


@pytest.mark.parametrize(
    "port",
    [
        pytest.param("0", id="zero"),
        pytest.param("65536", id="too high"),
        pytest.param("99999999999999999999", id="far too high"),
        pytest.param("80/icmp", id="no protocol of NetworkPolicy"),
        pytest.param("80/x", id="no protocol"),
    ],
)
def test_a_port_that_does_not_exist_is_wrong_usage(port: str) -> None:
    with pytest.raises(click.UsageError, match=port):
        asked(port)


@click.command()
@targets.now_option
def tell(now: datetime) -> str:
    """Tell what time it is taken for."""
    return now.isoformat()


def told(*arguments: str) -> str:
    return str(tell.main(arguments, standalone_mode=False))


@pytest.mark.parametrize(
    "word, moment",
    [
        pytest.param("2026-11-24T12:00:00Z", "2026-11-24T12:00:00+00:00", id="UTC"),
        pytest.param("2026-11-24T12:00:00+02:00", "2026-11-24T10:00:00+00:00", id="a zone"),
        pytest.param("2026-11-24T12:00:00", "2026-11-24T12:00:00+00:00", id="no zone is UTC"),
        pytest.param("2026-11-24", "2026-11-24T00:00:00+00:00", id="a day"),
    ],
)
def test_now_is_a_time_in_utc(word: str, moment: str) -> None:
    assert moment == told("--now", word)


def test_without_now_it_is_now() -> None:
    before = datetime.now(UTC)

    assert before <= datetime.fromisoformat(told()) <= datetime.now(UTC)


@pytest.mark.parametrize("word", ["", "noon", "1700000000", "2026-13-01", "2026-02-30T00:00:00Z"])
def test_a_time_that_is_none_is_wrong_usage(word: str) -> None:
    with pytest.raises(click.BadParameter, match="ISO 8601"):
        told("--now", word)


def test_several_paths_are_one_source() -> None:
    (source,) = targets.sources(["a", "b"], NOTHING)

    assert "a+b" == source.key


@pytest.mark.parametrize(
    "other", [Targets("config", (), ()), Targets(None, ("prod",), ())], ids=["file", "context"]
)
def test_paths_and_contexts_do_not_go_together(other: Targets) -> None:
    with pytest.raises(click.UsageError, match="not both"):
        targets.sources(["a"], other)


def test_a_kubeconfig_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no kubeconfig at"):
        targets.sources([], Targets(str(tmp_path / "gone"), (), ()))


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "found.json"
    file.write_text("what was there before")

    def fail(_out: object) -> None:
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        outputs.deliver([Output("json", file)], {"json": fail}, "auto")

    assert ["found.json"] == [path.name for path in tmp_path.iterdir()]
    assert "what was there before" == file.read_text()
    assert "" == capsys.readouterr().out


def test_a_file_is_for_its_owner_and_holds_no_colour(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    makers = {"json": lambda out: outputs.print_lines(out, [json.dumps({"a": 1})])}
    outputs.deliver([Output("json", file)], makers, "always")

    assert '{"a": 1}\n' == file.read_text()
    assert 0o600 == file.stat().st_mode & 0o777


@pytest.mark.parametrize("name", ["gone/found.json", "."], ids=["no folder", "a folder"])
def test_a_file_that_cannot_be_written_is_told(name: str, tmp_path: Path) -> None:
    makers = {"json": lambda out: outputs.print_lines(out, ["{}"])}

    with pytest.raises(Trouble, match="cannot be written"):
        outputs.deliver([Output("json", tmp_path / name)], makers, "auto")
