"""One result a source, whatever becomes of each: none is lost, none is judged twice."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.collect.manifests import STDIN, read_manifests
from seawall.flow.sources import Scan, each_cluster_once, judged, scan_source
from seawall.judge.judging import Judged
from seawall.model.cluster import ClusterKey, ClusterUid
from seawall.model.errors import Trouble
from seawall.model.finding import Verdict
from seawall.model.sight import Seen, Sight, Skipped, Unseen
from seawall.model.snapshot import Snapshot

NOW = datetime(2026, 1, 1, tzinfo=UTC)
POD = (
    b"{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web}, spec: {containers: [{}]}}"
)
SHOP = read_manifests([STDIN], now=NOW, stdin=POD)
REFUSED = Unseen("401 Unauthorized")


def snapshot(key: str, uid: str = "") -> Snapshot:
    """The shop under some key; without a UID nobody knows which cluster it is."""
    known: Sight[ClusterUid] = Seen(ClusterUid(uid)) if uid else Unseen("no kube-system")
    return replace(SHOP, key=ClusterKey(key), uid=known)


@dataclass(frozen=True)
class Shelf:
    """A source with its answer ready; remembers nothing but the key it was given."""

    key: ClusterKey
    found: Sight[Snapshot]

    def read(self, *, now: datetime) -> Sight[Snapshot]:
        """The answer, taken at that time."""
        if isinstance(self.found, Seen):
            return Seen(replace(self.found.value, taken_at=now))
        return self.found


@dataclass(frozen=True)
class WrongSettings:
    """A source that cannot even be asked."""

    key: ClusterKey

    def read(self, *, now: datetime) -> Sight[Snapshot]:
        """Nothing."""
        raise Trouble(f"{self.key}: no such file ({now:%Y})")


def scan(key: str, uid: str = "") -> Scan:
    return Scan(ClusterKey(key), Seen(judged(snapshot(key, uid))))


def unseen(key: str) -> Scan:
    return Scan(ClusterKey(key), REFUSED)


def summary(scans: tuple[Scan, ...]) -> list[str]:
    """A word for each: scanned, unseen, or the cluster it is the same as."""
    return [_word(each) for each in scans]


def _word(each: Scan) -> str:
    match each.result:
        case Seen():
            return f"{each.key} scanned"
        case Unseen():
            return f"{each.key} unseen"
        case Skipped(why):
            return f"{each.key} is {why.removeprefix('the same cluster as ').split(',')[0]}"


def test_a_source_is_read_at_the_given_time_and_judged() -> None:
    found = scan_source(Shelf(ClusterKey("a"), Seen(snapshot("a", "1"))), now=NOW)

    assert isinstance(found.result, Seen)
    assert ("a", NOW) == (found.key, found.result.value.snapshot.taken_at)
    assert 0 < found.result.value.count(Verdict.FAIL)


def test_the_snapshot_knows_its_key_better_than_the_path_to_it() -> None:
    source = Shelf(ClusterKey("./saved.snapshot"), Seen(snapshot("https://prod:6443#prod")))

    assert "https://prod:6443#prod" == scan_source(source, now=NOW).key


def test_a_source_that_is_not_seen_keeps_its_key_and_its_reason() -> None:
    found = scan_source(Shelf(ClusterKey("a"), REFUSED), now=NOW)

    assert Scan(ClusterKey("a"), REFUSED) == found


def test_wrong_settings_are_no_cluster_unseen() -> None:
    with pytest.raises(Trouble, match="no such file"):
        scan_source(WrongSettings(ClusterKey("a")), now=NOW)


def test_a_cluster_with_nothing_in_sight_has_no_pass() -> None:
    blank = replace(
        SHOP,
        uid=REFUSED,
        namespaces=REFUSED,
        pods=REFUSED,
        nodes=REFUSED,
        network_policies=REFUSED,
        unmodelled=REFUSED,
    )
    found = judged(blank)

    assert (0, 0) == (found.count(Verdict.PASS), found.count(Verdict.FAIL))
    assert 0 < found.count(Verdict.UNKNOWN)


@pytest.mark.parametrize(
    "scans, found",
    [
        pytest.param([], [], id="nothing"),
        pytest.param([scan("a", "1"), scan("b", "2")], ["a scanned", "b scanned"], id="two"),
        pytest.param([scan("a", "1"), scan("b", "1")], ["a scanned", "b is a"], id="one, twice"),
        pytest.param(
            [scan("a", "1"), scan("b", "1"), scan("c", "1")],
            ["a scanned", "b is a", "c is a"],
            id="one, three times",
        ),
        pytest.param([scan("a", "1"), scan("a", "1")], ["a scanned", "a is a"], id="one name"),
        pytest.param(
            [scan("a", "1"), scan("a", "2")], ["a scanned", "a scanned"], id="one name for two"
        ),
        pytest.param(
            [scan("b", "2"), scan("a", "1"), scan("c", "2")],
            ["b scanned", "a scanned", "c is b"],
            id="the first of them is judged",
        ),
        pytest.param([scan("a"), scan("b")], ["a scanned", "b scanned"], id="no UID, no namesake"),
        pytest.param([scan("a"), scan("a")], ["a scanned", "a scanned"], id="no UID, one name"),
        pytest.param(
            [unseen("a"), scan("b", "1")], ["a unseen", "b scanned"], id="the first is unseen"
        ),
        pytest.param(
            [scan("a", "1"), unseen("b")], ["a scanned", "b unseen"], id="unseen is not skipped"
        ),
        pytest.param(
            [unseen("a"), scan("a", "1"), unseen("a")],
            ["a unseen", "a scanned", "a unseen"],
            id="one name, seen once",
        ),
    ],
)
def test_a_cluster_met_again_is_skipped_and_says_so(scans: list[Scan], found: list[str]) -> None:
    assert found == summary(each_cluster_once(scans))


names = st.sampled_from("abc")
uids = st.sampled_from(["", "1", "2"])
met = st.lists(st.builds(scan, names, uids) | st.builds(unseen, names), max_size=7)


def identities(scans: tuple[Scan, ...]) -> set[str]:
    return {_uid(each.result.value) for each in scans if isinstance(each.result, Seen)} - {""}


def _uid(found: Judged) -> str:
    uid = found.snapshot.uid
    return uid.value if isinstance(uid, Seen) else ""


@given(met)
def test_no_source_is_lost_and_the_order_stays(scans: list[Scan]) -> None:
    assert [each.key for each in scans] == [each.key for each in each_cluster_once(scans)]


@given(met)
def test_a_result_is_kept_or_skipped_never_changed(scans: list[Scan]) -> None:
    for before, after in zip(scans, each_cluster_once(scans), strict=True):
        skipped = isinstance(before.result, Seen) and isinstance(after.result, Skipped)

        assert skipped or after is before


@given(met)
def test_each_cluster_is_judged_and_none_twice(scans: list[Scan]) -> None:
    found = each_cluster_once(scans)
    kept = [_uid(each.result.value) for each in found if isinstance(each.result, Seen)]
    known = [uid for uid in kept if uid]

    assert identities(tuple(scans)) == identities(found)
    assert len(set(known)) == len(known)
