"""The cloud functions, called as Lambda calls them: by a schedule, a queue, a topic, a person."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from functions.alert import app as alert
from functions.discover import app as discover
from functions.remediate import app as remediate
from functions.scan import app as scan
from tests.journeys.functions_world import SCOPE, World, context, key, notice, ref, store, world

from seawall.clouds.aws import Aws
from seawall.demo.alerts import Remembered
from seawall.model.errors import Trouble, TryLater
from seawall.model.memory import Memory
from seawall.model.messages import RunId
from seawall.model.plan import Mode, Stage
from seawall.model.run import End
from seawall.wiring.aws import Workshop
from seawall.wiring.aws_settings import AwsSettings

EVENTS = Path(__file__).parents[2] / "functions"
NOTHING: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}


@pytest.fixture
def fleet() -> Iterator[World]:
    with world("prod-a", "prod-b", "test-a") as made:
        yield made


def looked(fleet: World, event: object) -> dict[str, Any]:
    """Invoke Discover."""
    return discover.door(fleet.discover_bench)(event, context())


def scanned(fleet: World, records: list[dict[str, Any]], left_ms: int = 240_000) -> list[str]:
    """Invoke Scan; gives the ids of what goes back to the queue."""
    answer = scan.door(fleet.scan_bench)({"Records": records}, context(left_ms))
    return [str(each["itemIdentifier"]) for each in answer["batchItemFailures"]]


def mended(fleet: World, bench: Any = None) -> list[str]:  # noqa: ANN401  a bench
    """Invoke Remediate with what is on its queue; gives what goes back."""
    found = bench or fleet.mend_bench()
    answer = remediate.door(lambda: found)({"Records": fleet.received("findings")}, context())
    return [str(each["itemIdentifier"]) for each in answer["batchItemFailures"]]


def ticked(fleet: World, slack: Any = None, event: Any = None) -> dict[str, Any]:  # noqa: ANN401  any event
    """Invoke Alert."""
    handler = alert.door(lambda: fleet.alert_bench(slack))
    return handler({} if event is None else event, context())


def memory(fleet: World, name: str) -> Memory | None:
    return fleet.workshop.memories.recall(key(name))


def ends(fleet: World, run: str) -> dict[str, str]:
    entries = fleet.workshop.runs.entries(RunId(run))
    return {each.cluster.rpartition("/")[2]: each.end for each in entries}


# -- From the schedule to Slack ------------------------------------------------------------------


def test_a_schedule_ends_in_one_digest_at_the_topic_and_in_slack(fleet: World) -> None:
    answer = looked(fleet, {})
    assert ticked(fleet) == {"ok": True, "closed": None, "told": []}  # nobody was scanned yet

    assert scanned(fleet, fleet.received("eks")) == []
    assert mended(fleet) == []
    closed = ticked(fleet)
    slack = Remembered()
    forwarded = ticked(fleet, slack, notice(fleet.notices()[0]))

    assert (True, 3, []) == (answer["ok"], answer["ordered"], answer["unseen"])
    assert (answer["run"], 1) == (closed["closed"], len(closed["told"]))
    assert {"ok": True, "forwarded": 1} == forwarded
    assert closed["told"] == list(slack.told)
    (digest,) = slack.told.values()
    assert ["prod-a", "prod-b", "test-a"] == [
        each.cluster.rpartition("/")[2] for each in digest.summaries
    ]
    assert ticked(fleet) == {"ok": True, "closed": None, "told": []}  # once


def test_the_topic_says_it_for_mails_for_chats_and_for_functions(fleet: World) -> None:
    looked(fleet, {})
    scanned(fleet, fleet.received("eks"))
    ticked(fleet)

    (published,) = fleet.published
    assert {"default", "email", "lambda"} == set(published)
    assert "prod-a" in published["email"]


def test_a_digest_that_is_long_travels_by_the_bucket(fleet: World) -> None:
    looked(fleet, {})
    scanned(fleet, fleet.received("eks"))
    slack = Remembered()
    bench = fleet.alert_bench(slack)
    carried = type(fleet.workshop.carried)(fleet.workshop.attic, room_bytes=10)
    told = Remembered()
    fleet.channels = (told,)
    ticked(fleet)
    (digest,) = told.told.values()

    text = carried.write(digest)
    alert.door(lambda: bench)(notice(text), context())

    assert "summaries" not in text
    assert {digest.id: digest} == slack.told


# -- By hand, from the console -------------------------------------------------------------------


def test_a_person_names_clusters_and_the_others_are_left_out_and_said_so(fleet: World) -> None:
    answer = looked(fleet, {"clusters": ["prod-*"]})
    scanned(fleet, fleet.received("eks"))

    assert (2, 1) == (answer["ordered"], answer["leftOut"])
    assert {"prod-a": End.SCANNED, "prod-b": End.SCANNED, "test-a": End.SKIPPED} == ends(
        fleet, answer["run"]
    )
    assert answer["run"] == ticked(fleet)["closed"]


def test_a_name_that_nobody_has_is_answered_with_those_there_are(fleet: World) -> None:
    answer = looked(fleet, {"clusters": ["prod-a", "porduction"]})

    assert (False, "'porduction'" in answer["error"]) == (answer["ok"], True)
    assert ["prod-a", "prod-b", "test-a"] == answer["clusters"]
    assert "`seawall" not in answer["error"]  # the command line does not reach the table
    assert (0, 0) == fleet.waiting("eks")


def test_a_typing_error_leaves_no_run_behind_that_waits_for_anybody(fleet: World) -> None:
    looked(fleet, {"clusters": ["porduction"]})

    closed = ticked(fleet)["closed"]

    assert {End.SKIPPED} == set(ends(fleet, closed).values())


def test_a_dry_run_counts_and_changes_nothing(fleet: World) -> None:
    fleet.scopes.unseen["aws:123456789012/me-south-1"] = "eks:ListClusters: not permitted"

    answer = looked(fleet, {"dryRun": True, "clusters": ["prod-*"]})

    assert ({"eks": 3}, 2) == (answer["found"], answer["wouldOrder"])
    assert ["aws:123456789012/me-south-1: eks:ListClusters: not permitted"] == answer["unseen"]
    assert (0, 0) == fleet.waiting("eks")
    assert None is fleet.workshop.runs.open()
    assert () == fleet.workshop.inventory.records()


@pytest.mark.parametrize(
    "event, said",
    [
        pytest.param({"key1": "value1"}, "'key1' is not understood", id="the console's example"),
        pytest.param({"clusters": "prod"}, "a list of keys, names or globs", id="a name, no list"),
        pytest.param({"clusters": [7]}, "a list of keys, names or globs", id="a number"),
        pytest.param({"clusters": [""]}, "is empty", id="an empty name"),
        pytest.param({"clusters": ["x"] * 201}, "200 are the most", id="too many"),
        pytest.param({"dryRun": "yes"}, "true or false, and is 'yes'", id="a word for a switch"),
        pytest.param({"dryRun": None}, "and is null", id="null for a switch"),
        pytest.param([], "a JSON object, and is a list", id="a list"),
        pytest.param(None, "a JSON object, and is null", id="null"),
        pytest.param("{}", "a JSON object, and is '{}'", id="text"),
        pytest.param({"source": []}, "'source' is not understood", id="a list for a source"),
        pytest.param({"source": {}}, "'source' is not understood", id="an object for a source"),
    ],
)
def test_who_asks_wrongly_is_told_how_to_ask(fleet: World, event: object, said: str) -> None:
    answer = looked(fleet, event)

    assert (False, True) == (answer["ok"], said in str(answer["error"]))
    assert {"clusters": ["prod-*"], "dryRun": True} == answer["example"]
    assert None is fleet.workshop.runs.open()


@pytest.mark.parametrize(
    "event",
    [
        *({"key1": "value1"}, [], None, "tick", {"source": []}),
        *({"Records": None}, {"Records": "x"}, {"Records": [1]}),
    ],
)
def test_alert_tells_who_asks_it_wrongly(fleet: World, event: object) -> None:
    handler = alert.door(fleet.alert_bench)

    assert False is handler(event, context())["ok"]


def sample(name: str) -> Any:  # noqa: ANN401  any event
    """An event that is kept beside the code."""
    return json.loads((EVENTS / name).read_text())


@pytest.mark.parametrize(
    "name, ok",
    [
        ("everything", True),
        ("some", True),
        ("dry-run", True),
        ("schedule", True),
        ("wrong-console-example", False),
    ],
)
def test_the_sample_events_of_discover_are_answered(fleet: World, name: str, *, ok: bool) -> None:
    assert ok is looked(fleet, sample(f"discover/events/{name}.json"))["ok"]


@pytest.mark.parametrize("name", ["tick", "tick-of-a-rule", "digest"])
def test_the_sample_events_of_alert_are_understood(fleet: World, name: str) -> None:
    assert ticked(fleet, Remembered(), sample(f"alert/events/{name}.json"))["ok"]


def test_the_sample_events_of_queues_are_understood_but_for_the_poison(fleet: World) -> None:
    poisoned = sample("scan/events/order-and-poison.json")["Records"]
    hint = sample("remediate/events/hint.json")

    assert [] == scanned(fleet, sample("scan/events/order.json")["Records"])
    assert [poisoned[1]["messageId"]] == scanned(fleet, poisoned)
    assert NOTHING == remediate.door(fleet.mend_bench)(hint, context())


# -- Scopes and schedules ------------------------------------------------------------------------


def test_a_scope_that_fails_is_said_and_its_clusters_are_scanned_all_the_same(fleet: World) -> None:
    looked(fleet, {})
    scanned(fleet, fleet.received("eks"))
    ticked(fleet)
    fleet.scopes.found, fleet.scopes.unseen = {}, {SCOPE: "eks:ListClusters: AWS is busy"}

    answer = looked(fleet, {})
    scanned(fleet, fleet.received("eks"))

    assert (3, [f"{SCOPE}: eks:ListClusters: AWS is busy"]) == (answer["ordered"], answer["unseen"])
    assert answer["run"] == ticked(fleet)["closed"]
    last = fleet.workshop.runs.last()
    assert last is not None
    assert ((SCOPE, "eks:ListClusters: AWS is busy"),) == last.scopes_unseen


def test_the_same_schedule_twice_at_once_is_one_run(fleet: World) -> None:
    one, two = looked(fleet, {}), looked(fleet, {})
    failed = scanned(fleet, fleet.received("eks"))

    assert (one["run"], False, True) == (two["run"], one["joined"], two["joined"])
    assert [] == failed
    assert {1} == {found.version for name in ("prod-a", "prod-b") if (found := memory(fleet, name))}
    assert (one["run"], 1) == (ticked(fleet)["closed"], len(fleet.published))


def test_whoever_joins_a_run_leaves_nobody_out_of_it(fleet: World) -> None:
    run = looked(fleet, {})["run"]

    joined = looked(fleet, {"clusters": ["prod-a"]})

    assert (run, {}) == (joined["run"], ends(fleet, run))


def test_a_run_that_has_only_begun_is_not_complete(fleet: World) -> None:
    fleet.workshop.runs.begin(datetime.now(UTC))  # discovery looks, and has found nothing yet

    assert ticked(fleet)["closed"] is None


def test_an_overdue_run_is_closed_and_what_was_not_scanned_is_unseen(fleet: World) -> None:
    long_ago = datetime.now(UTC) - timedelta(minutes=46)
    run = fleet.workshop.runs.begin(long_ago)
    bench = fleet.discover_bench()
    for sighting in fleet.scopes.look(now=long_ago):
        bench.desk.inventory.observe(sighting, now=long_ago)

    answer = looked(fleet, {})

    assert run.id == answer["closedBefore"]
    assert {End.UNSEEN} == set(ends(fleet, run.id).values())
    assert answer["run"] != run.id


# -- Messages ------------------------------------------------------------------------------------


def test_of_ten_records_the_bad_one_alone_goes_back(fleet: World) -> None:
    run = RunId(looked(fleet, {})["run"])
    fleet.post("eks", "no json")
    for _ in range(6):
        fleet.post("eks", fleet.order(run, key("prod-a")))  # replayed
    records = fleet.received("eks")
    assert 10 == len(records)
    (bad,) = [each["messageId"] for each in records if each["body"] == "no json"]

    assert [bad] == scanned(fleet, records)

    assert {End.SCANNED} == set(ends(fleet, run).values())
    found = memory(fleet, "prod-a")
    assert found is not None
    assert 1 == found.version


@pytest.mark.parametrize("number", [1, 10])
def test_a_batch_of_which_all_is_bad_raises_nothing(fleet: World, number: int) -> None:
    for _ in range(number):
        fleet.post("eks", "{}")
    records = fleet.received("eks")

    assert sorted(each["messageId"] for each in records) == sorted(scanned(fleet, records))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("", id="nothing"),
        pytest.param("{}", id="an empty object"),
        pytest.param("\ud800", id="half a surrogate pair"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param('{"specversion": "2.0", "type": "x"}', id="somebody else's envelope"),
    ],
)
def test_what_cannot_be_understood_goes_back_at_once(fleet: World, body: str) -> None:
    fleet.post("eks", "x")
    (found,) = fleet.received("eks")

    assert [found["messageId"]] == scanned(fleet, [found | {"body": body}])

    assert (1, 0) == fleet.waiting("eks")  # it can be had again now, and is soon a dead letter


@pytest.mark.parametrize("tries", [1, 5])
@pytest.mark.parametrize(
    "newer",
    [
        pytest.param({"type": "dev.seawall.scan.ordered.v2"}, id="another type"),
        pytest.param({"specversion": "2.0"}, id="another envelope"),
    ],
)
def test_what_a_newer_seawall_sent_outlasts_an_update(
    fleet: World, newer: dict[str, str], tries: int
) -> None:
    body = json.loads(fleet.order(RunId("r"), key("prod-a"))) | newer
    fleet.post("eks", json.dumps(body))
    (found,) = fleet.received("eks")
    found["attributes"]["ApproximateReceiveCount"] = str(tries)
    later = Postponed()
    bench = replace(fleet.scan_bench(), later=later)

    answer = scan.door(lambda: bench)({"Records": [found]}, context())

    assert [{"itemIdentifier": found["messageId"]}] == answer["batchItemFailures"]
    assert [
        (found["receiptHandle"], 600)
    ] == later.seconds  # five times: the better part of an hour


@dataclass
class Postponed:
    """A queue that notes what is put back, and for how long."""

    seconds: list[tuple[str, int]] = field(default_factory=list)

    def again_in(self, receipt: str, seconds: int) -> None:
        """Note it."""
        self.seconds.append((receipt, seconds))


def test_an_order_for_a_cluster_that_nobody_found_is_refused_and_gone(
    fleet: World, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet.post("eks", fleet.order(RunId("r"), key("nobody")))

    assert [] == scanned(fleet, fleet.received("eks"))

    assert {} == ends(fleet, "r")
    assert 1 == _counted(capsys, "refused")


def test_an_order_on_the_queue_of_another_cloud_is_refused(fleet: World) -> None:
    fleet.scopes.found = {SCOPE: (ref("odd", "gke"),)}
    bench = fleet.discover_bench()
    for sighting in fleet.scopes.look(now=datetime.now(UTC)):
        bench.desk.inventory.observe(sighting, now=datetime.now(UTC))
    fleet.post("eks", fleet.order(RunId("r"), key("odd")))

    assert [] == scanned(fleet, fleet.received("eks"))

    assert {} == ends(fleet, "r")


def test_an_order_that_is_too_old_is_dropped_and_counted(
    fleet: World, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunId(looked(fleet, {})["run"])
    fleet.received("eks")
    fleet.post("eks", fleet.order(run, key("prod-a"), ago=timedelta(hours=25)))
    capsys.readouterr()

    assert [] == scanned(fleet, fleet.received("eks"))

    assert 1 == _counted(capsys, "expired")
    assert None is memory(fleet, "prod-a")


def test_a_message_for_somebody_else_is_none_of_ours(fleet: World) -> None:
    looked(fleet, {})
    scanned(fleet, fleet.received("eks"))
    (hint, *_) = fleet.received("findings")

    assert [hint["messageId"]] == scanned(fleet, [hint])


def test_a_cluster_that_does_not_answer_ends_unseen(fleet: World) -> None:
    del fleet.stores[key("prod-b")]

    run = looked(fleet, {})["run"]

    assert [] == scanned(fleet, fleet.received("eks"))
    assert End.UNSEEN == ends(fleet, run)["prod-b"]


def test_a_store_that_is_busy_sends_the_order_back_for_half_a_minute(fleet: World) -> None:
    class Busy:
        def record(self, key: object) -> None:
            raise TryLater(f"DynamoDB: busy with {key}")

    looked(fleet, {})
    records = fleet.received("eks")
    bench = fleet.scan_bench()
    busy = replace(bench, desk=replace(bench.desk, inventory=Busy()))  # type: ignore[arg-type]  # one method is enough
    answer = scan.door(lambda: busy)({"Records": records}, context())

    assert 3 == len(answer["batchItemFailures"])
    assert (0, 3) == fleet.waiting("eks")


def test_a_bug_at_one_cluster_goes_back_without_its_text(
    fleet: World, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def recall(self, key: object) -> None:
            raise RuntimeError(f"k8s-aws-v1.SECRET {key}")

    looked(fleet, {})
    records = fleet.received("eks")
    bench = fleet.scan_bench()
    broken = replace(bench, desk=replace(bench.desk, memories=Broken()))  # type: ignore[arg-type]  # one method is enough

    caplog.clear()
    answer = scan.door(lambda: broken)({"Records": records}, context())

    said = [str(vars(each)) for each in caplog.records]
    assert (3, 3) == (len(answer["batchItemFailures"]), len(said))
    assert all("a bug in Seawall (RuntimeError at " in each for each in said)
    assert not any("SECRET" in each for each in said)


def test_who_has_no_time_left_leaves_the_rest_to_others(fleet: World) -> None:
    run = looked(fleet, {})["run"]
    records = fleet.received("eks")

    assert 3 == len(scanned(fleet, records, left_ms=60_000))

    assert {} == ends(fleet, run)
    assert (3, 0) == fleet.waiting("eks")


# -- Mending -------------------------------------------------------------------------------------


def test_without_allow_writes_auto_offers_plans_and_begins_none(fleet: World) -> None:
    fleet.stores[key("prod-a")] = store("prod-a", empty=True)
    fleet.workshop.mend().desk.modes.set_mode(key("prod-a"), Mode.AUTO)
    looked(fleet, {})
    scanned(fleet, fleet.received("eks"))

    assert [] == mended(fleet)

    plans = fleet.mend_bench().desk.plans.plans(key("prod-a"))
    assert {"kube-system": Stage.REFUSED, "shop": Stage.PROPOSED} == {
        each.plan.namespace: each.stage for each in plans
    }


def test_with_it_a_safe_plan_is_applied_and_told_after_the_run(fleet: World) -> None:
    fleet.stores[key("prod-a")] = store("prod-a", empty=True)
    fleet.workshop.mend().desk.modes.set_mode(key("prod-a"), Mode.AUTO)
    looked(fleet, {})
    scanned(fleet, fleet.received("eks"))
    first = ticked(fleet)
    bench, writing = fleet.writing_bench()

    assert [] == mended(fleet, bench)
    second = ticked(fleet)

    assert [("PATCH", "shop/isolate-ingress")] == writing.written
    assert (1, 1) == (len(first["told"]), len(second["told"]))
    assert "closed and verified" in fleet.published[-1]["email"]


def test_hints_that_come_again_change_nothing(fleet: World) -> None:
    looked(fleet, {})
    scanned(fleet, fleet.received("eks"))
    hints = fleet.received("findings")
    handler = remediate.door(fleet.mend_bench)

    again = [handler({"Records": hints}, context()) for _ in range(2)]

    assert [NOTHING, NOTHING] == again


def test_after_a_failed_hint_the_later_ones_of_its_cluster_wait(fleet: World) -> None:
    looked(fleet, {})
    scanned(fleet, fleet.received("eks"))
    first, *others = fleet.received("findings")
    bad = first | {"messageId": "bad", "body": "{}"}
    answer = remediate.door(fleet.mend_bench)({"Records": [bad, first, *others]}, context())

    assert ["bad", first["messageId"]] == [
        each["itemIdentifier"] for each in answer["batchItemFailures"]
    ]


# -- Telling -------------------------------------------------------------------------------------


def test_a_topic_that_is_down_stops_no_scan_and_is_told_later(
    fleet: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    away = Remembered(away=2)
    fleet.channels = (away,)
    run = looked(fleet, {})["run"]
    scanned(fleet, fleet.received("eks"))
    capsys.readouterr()

    first, second = ticked(fleet), ticked(fleet)  # no failure: nobody keeps a tick for a person
    untold = _counted(capsys, "untold")
    after = ticked(fleet)

    assert ([False, False], 2) == ([first["ok"], second["ok"]], untold)
    assert [str(first["error"])] * 2 == [
        vars(each)["answer"]["error"] for each in caplog.records if each.message == "untold"
    ]
    assert set(ends(fleet, run).values()) == {End.SCANNED}
    assert after["told"] == list(away.told)
    assert 0 == _counted(capsys, "untold")


@pytest.mark.parametrize("error", [TryLater("DynamoDB: busy"), Trouble("DynamoDB: not permitted")])
def test_a_tick_that_finds_no_table_is_no_letter_either(fleet: World, error: Exception) -> None:
    class Away:
        def open(self) -> None:
            raise error

    bench = fleet.alert_bench()
    away = replace(bench, closing=replace(bench.closing, runs=Away()))  # type: ignore[arg-type]  # one method is enough

    answer = alert.door(lambda: away)({}, context())

    assert {"ok": False, "error": str(error)} == answer


def test_a_tick_with_wrong_settings_is_no_letter_either_and_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler = alert.door(Workshop.of(AwsSettings({}), Aws(_nobody)).tell)

    answer = handler({}, context())

    assert (False, True) == (answer["ok"], "is not set; template.yaml" in str(answer["error"]))
    assert 1 == _counted(capsys, "untold")
    with pytest.raises(Trouble, match="is not set"):  # a digest must not be lost for it
        handler(notice("{}"), context())


def _nobody() -> Any:  # noqa: ANN401  nobody comes here
    raise AssertionError


def test_a_slack_that_is_down_fails_the_notice_and_not_the_run(fleet: World) -> None:
    looked(fleet, {})
    scanned(fleet, fleet.received("eks"))
    closed = ticked(fleet)
    away = Remembered(away=1)

    with pytest.raises(TryLater):
        ticked(fleet, away, notice(fleet.notices()[0]))
    again = ticked(fleet, away, notice(fleet.notices()[0]))

    assert {"ok": True, "forwarded": 1} == again
    assert closed["told"] == list(away.told)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param('{"type": "dev.seawall.digest.v1"}', id="no digest in it"),
        pytest.param('{"type": "other", "digest": null}', id="another type"),
        pytest.param(
            '{"type": "dev.seawall.digest.v1", "kept": {"key": "fleet/memories/x", "sha256": ""}}',
            id="something else of the bucket",
        ),
    ],
)
def test_a_forged_notice_is_told_to_nobody(fleet: World, text: str) -> None:
    slack = Remembered()

    with pytest.raises(Trouble, match="no digest"):
        ticked(fleet, slack, notice(text))

    assert {} == slack.told


def _counted(capsys: pytest.CaptureFixture[str], name: str) -> int:
    """What a metric of the embedded format says, in all lines that were written."""
    lines = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    return sum(int(sum(json.loads(line).get(name, [0]))) for line in lines)
