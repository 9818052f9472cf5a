"""The exit code that answers: incomplete beats findings, findings beat clean."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seawall.cli.exits import Exit
from seawall.cli.main import run
from seawall.cli.scanning import exit_code
from seawall.collect.manifests import STDIN, read_manifests
from seawall.flow.sources import judged
from seawall.judge.judging import Judged
from seawall.model.cluster import ClusterKey
from seawall.model.finding import Outcome, Severity, Verdict
from seawall.model.sight import Seen, Skipped, Unseen
from seawall.report.findings import Results

NOW = datetime(2026, 1, 1, tzinfo=UTC)
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def shop() -> Judged:
    pod = (
        b"{kind: Pod, apiVersion: v1, metadata: {namespace: a, name: b}, spec: {containers: [{}]}}"
    )
    return judged(read_manifests([STDIN], now=NOW, stdin=pod))


Ending = Callable[..., Results]


@pytest.fixture
def ending(shop: Judged) -> Ending:
    """One cluster with a FAIL of each severity and so many UNKNOWN, and others beside it."""

    def made(*severities: str, unknown: int = 0, beside: Results = ()) -> Results:
        some = shop.findings[0]
        failed = [replace(some, verdict=Verdict.FAIL, severity=Severity(s)) for s in severities]
        unsure = replace(some, verdict=Verdict.UNKNOWN, severity=Severity.CRITICAL)
        outcomes = [Outcome("r", "n", f.verdict, (f,)) for f in [*failed, *[unsure] * unknown]]
        one = replace(shop, outcomes=(Outcome("r", "n", Verdict.PASS), *outcomes))
        return [(ClusterKey("one"), Seen(one)), *beside]

    return made


LOST: Results = [(ClusterKey("lost"), Unseen("timeout"))]
AGAIN: Results = [(ClusterKey("again"), Skipped("the same cluster as one, judged there"))]


@pytest.mark.parametrize(
    "fails, fail_on, code",
    [
        pytest.param([], "low", Exit.OK, id="nothing"),
        pytest.param(["medium"], "high", Exit.OK, id="below"),
        pytest.param(["high"], "high", Exit.FINDINGS, id="at"),
        pytest.param(["critical"], "high", Exit.FINDINGS, id="above"),
        pytest.param(["low", "high", "low"], "high", Exit.FINDINGS, id="one among others"),
        pytest.param(["low"], "low", Exit.FINDINGS, id="the lowest gate"),
        pytest.param(["high"], "critical", Exit.OK, id="the highest gate"),
        pytest.param(["critical"], "never", Exit.OK, id="no gate"),
    ],
)
def test_findings_at_or_above_the_gate_have_a_code(
    fails: list[str], fail_on: str, code: Exit, ending: Ending
) -> None:
    assert code is exit_code(ending(*fails), fail_on, 0)


@pytest.mark.parametrize(
    "unknown, beside, most, code",
    [
        pytest.param(1, [], 0, Exit.INCOMPLETE, id="one unknown"),
        pytest.param(1, [], 1, Exit.OK, id="one allowed"),
        pytest.param(3, [], 2, Exit.INCOMPLETE, id="more than allowed"),
        pytest.param(0, LOST, 0, Exit.INCOMPLETE, id="a cluster unseen"),
        pytest.param(1, LOST, 1, Exit.INCOMPLETE, id="both count"),
        pytest.param(1, LOST, 2, Exit.OK, id="both allowed"),
        pytest.param(0, AGAIN, 0, Exit.OK, id="skipped is not unseen"),
    ],
)
def test_what_is_not_known_has_a_code(
    unknown: int, beside: Results, most: int, code: Exit, ending: Ending
) -> None:
    assert code is exit_code(ending(unknown=unknown, beside=beside), "high", most)


@pytest.mark.parametrize("fail_on", ["low", "high", "never"])
def test_incomplete_beats_findings(fail_on: str, ending: Ending) -> None:
    assert Exit.INCOMPLETE is exit_code(ending("critical", unknown=1), fail_on, 0)
    assert Exit.INCOMPLETE is exit_code(ending("critical", beside=LOST), fail_on, 0)


@pytest.mark.parametrize(
    "results", [[], LOST, AGAIN, [*LOST, *AGAIN]], ids=["none", "unseen", "skipped", "both"]
)
def test_a_scan_that_judged_nothing_is_never_ok(results: Results) -> None:
    assert Exit.INCOMPLETE is exit_code(results, "never", 99)


def test_an_unknown_is_no_fail(ending: Ending) -> None:
    assert Exit.OK is exit_code(ending(unknown=1), "low", 1)


@pytest.mark.parametrize(
    "arguments, code",
    [
        pytest.param(["--version"], 0, id="the version"),
        pytest.param(["version"], 0, id="the version, as a verb"),
        pytest.param(["--help"], 0, id="help"),
        pytest.param(["scan", "-h"], 0, id="help of a verb"),
        pytest.param(["explain"], 0, id="the rules"),
        pytest.param(["explain", "dns-blocked"], 0, id="a rule"),
        pytest.param(["explain", "dns-blokced"], 3, id="no such rule"),
        pytest.param(["scan", "gone"], 3, id="no such folder"),
        pytest.param([], 5, id="no verb"),
        pytest.param(["scna"], 5, id="no such verb"),
        pytest.param(["scan", "--jsno"], 5, id="no such option"),
        pytest.param(["scan", "x", "-o", "yaml"], 5, id="no such format"),
        pytest.param(["scan", "x", "--fail-on", "grave"], 5, id="no such severity"),
        pytest.param(["scan", "x", "--max-unknown", "-1"], 5, id="less than none"),
        pytest.param(["scan", "x", "--now", "noon"], 5, id="no time"),
        pytest.param(["scan", "x", "--context", "y"], 5, id="manifests and a context"),
        pytest.param(["why", "a/b"], 5, id="half a question"),
        pytest.param(["why", "a/b", "c/d", "99999", "x"], 5, id="no such port"),
        pytest.param(["explain", "a", "b"], 5, id="too many words"),
        pytest.param(["version", "x"], 5, id="a word too many"),
    ],
)
def test_every_ending_has_its_code(arguments: list[str], code: int, capsys: Capture) -> None:
    found = run(arguments)
    said = capsys.readouterr()

    assert code == found
    assert bool(said.out) is (code == 0)
    assert bool(said.err) is (code != 0)


def test_a_rule_that_is_nearly_right_is_guessed(capsys: Capture) -> None:
    run(["explain", "dns-blokced"])

    assert "did you mean dns-blocked?" in capsys.readouterr().err


def test_hostile_words_of_a_command_line_are_told_harmlessly(capsys: Capture) -> None:
    for arguments in (["\x1b[2J"], ["scan", "--\x1b[2J"], ["scan", "\x1b[2J"], ["explain", "\x9b"]):
        assert 0 != run(arguments)
        said = capsys.readouterr()

        assert not {"\x1b", "\x9b"} & set(said.out + said.err)


def test_explain_lists_every_rule_and_shows_each(capsys: Capture) -> None:
    run(["explain"])
    rules = [line.split()[0] for line in capsys.readouterr().out.splitlines()]

    assert 14 == len(rules)
    for rule in rules:
        assert 0 == run(["explain", rule])
        assert capsys.readouterr().out.startswith(f"# {rule}\n")
