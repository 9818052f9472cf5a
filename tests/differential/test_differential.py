"""The analysis and the procedure written down literally agree about random clusters."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.differential.cases import FOLDER, kept, loaded, shrunk
from tests.differential.rounds import CAUTIOUS, Wrong, compared, drawn
from tests.differential.run import asked, bulk
from tests.differential.worlds import ENGINES
from tests.oracle.asking import allowed
from tests.oracle.cluster import Cluster, Maybe

SECONDS = 20
SEED = 20261124
MOST_UNKNOWN = 0.03
CASES = sorted(path.parent for path in FOLDER.glob("*/expected.json"))


def test_a_slice_of_random_clusters_is_answered_alike(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = bulk(SEED, seconds=SECONDS)
    with capsys.disabled():
        print("", *outcome.lines(), f"seed {SEED}, {SECONDS} s", sep="\n")  # noqa: T201  counts are shown

    assert [str(wrong) for _, wrong in outcome.wrong] == []
    assert set(outcome.by_engine) == set(ENGINES)
    assert outcome.total["allowed"]
    assert outcome.total["denied"]
    unknown = outcome.total["unknown"] + outcome.total[CAUTIOUS]
    assert unknown <= MOST_UNKNOWN * asked(outcome.total)
    assert outcome.by_engine["plain"]["unknown"] == 0


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=25)
@given(random=st.randoms(use_true_random=False))
def test_what_is_answered_otherwise_is_shrunk_and_kept(engine: str, random: Random) -> None:
    """Hypothesis chooses where chance did: a failing cluster ends as a folder of kept cases."""
    one = drawn(random, engine, 30)
    wrong = compared(one, Counter())

    assert not wrong, f"{wrong[0]}; kept in {kept(FOLDER, one, wrong[0])}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_kept_case_is_answered_as_its_source_says(case: Path) -> None:
    _, wrong = loaded(case)

    assert [str(each) for each in wrong] == []


def test_a_planted_mistake_is_found_shrunk_and_kept(tmp_path: Path) -> None:
    """The mistake: an ipBlock means no pods, as if all were Cilium."""
    for seed in range(100):
        one = drawn(Random(seed), "plain", 60)  # noqa: S311  a repeatable draw
        if wrong := compared(one, Counter(), _mistaken):
            break
    else:
        pytest.fail("nobody met the mistake")
    small = shrunk(one, wrong[0], _mistaken)
    kinds = Counter(each["kind"] for each in small.objects)
    case = kept(tmp_path, one, wrong[0], _mistaken)

    assert kinds["NetworkPolicy"] == 1
    assert kinds["Pod"] <= 2
    assert "ipBlock" in (case / "cluster.yaml").read_text()
    assert loaded(case) == (small, wrong[:1])


def _mistaken(cluster: Cluster, source: str, target: str, protocol: str, port: int) -> Maybe:
    return allowed(replace(cluster, engine="cilium"), source, target, protocol, port)


def test_a_kept_case_that_is_answered_rightly_is_not_wrong(tmp_path: Path) -> None:
    one = drawn(Random(3), "plain", 10)  # noqa: S311  a repeatable draw
    question = one.questions[0]
    said = allowed(Cluster(one.objects, one.engine), *question)
    case = kept(tmp_path, one, Wrong(question, expected=said, found=None))

    assert loaded(case)[1] == []
