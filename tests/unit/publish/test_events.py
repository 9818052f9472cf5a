import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.cluster import ClusterKey
from seawall.model.errors import SeawallError, Trouble
from seawall.model.messages import FindingsChanged, Message, RunId, ScanOrder
from seawall.publish.events import (
    FINDINGS,
    MOST_BYTES,
    MOST_FINGERPRINTS,
    ROOM_BYTES,
    SCANS,
    Expired,
    Malformed,
    Newer,
    decode,
    encode,
)

NOW = datetime(2026, 11, 24, 18, 14, 25, 123456, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"
ARN = ClusterKey("arn:aws:eks:eu-central-1:123456789012:cluster/prod")
ORDER = ScanOrder(RunId("20261124T181425Z-c0ffee"), ARN)
CHANGED = FindingsChanged(ORDER.run, ARN, 7, ("00ff", "a1b2"))

Event = dict[str, Any]


def made(message: Message = ORDER, **changes: object) -> Event:
    """The envelope of a message, with some attributes changed, or left out where None."""
    event: Event = json.loads(encode(message, fleet="east", now=NOW).body) | changes
    return {key: value for key, value in event.items() if value is not None}


def read(event: object, now: datetime = NOW) -> Message:
    return decode(json.dumps(event).encode(), fleet="east", now=now)


# --- the rules of CloudEvents 1.0.2 ---

ATTRIBUTE = re.compile(r"[a-z0-9]{1,20}")
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
URI_REFERENCE = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})+")
MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+")


def broken_rules(body: bytes) -> list[str]:
    """What a strict reader of spec.md and formats/json-format.md would object to."""
    event = json.loads(body.decode())
    texts = {key: value for key, value in event.items() if key != "data"}
    rules = {
        "names of attributes": all(ATTRIBUTE.fullmatch(key) for key in texts),
        "required attributes": {"id", "source", "specversion", "type"} <= event.keys(),
        "String": all(isinstance(v, str) and not FORBIDDEN.search(v) for v in texts.values()),
        "no empty attribute": all(texts.values()),
        "specversion": event["specversion"] == "1.0",
        "type begins with a reversed DNS name": event["type"].startswith("dev.seawall."),
        "source": bool(URI_REFERENCE.fullmatch(event["source"])),
        "datacontenttype": bool(MEDIA_TYPE.fullmatch(event["datacontenttype"])),
        "time": bool(RFC3339.fullmatch(event["time"])),
        "expirytime": bool(RFC3339.fullmatch(event["expirytime"])),
        "expirytime after time": _time(event["expirytime"]) >= _time(event["time"]),
        "data or data_base64": ("data" in event) != ("data_base64" in event),
        "no duplicate names": len(event) == len(json.loads(body, object_pairs_hook=list)),
    }
    return [rule for rule, kept in rules.items() if not kept]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
orders = st.builds(ScanOrder, texts.map(RunId), texts.map(ClusterKey))
changes = st.builds(
    FindingsChanged,
    texts.map(RunId),
    texts.map(ClusterKey),
    st.integers(1, 2**63 - 1),
    st.lists(texts, max_size=5).map(lambda found: tuple(sorted(found))),
)
messages: st.SearchStrategy[Message] = orders | changes


@given(messages, texts)
def test_every_envelope_keeps_the_rules_of_cloudevents(message: Message, fleet: str) -> None:
    assert [] == broken_rules(encode(message, fleet=fleet, now=NOW).body)


@given(messages, texts)
def test_what_is_read_is_what_was_sent(message: Message, fleet: str) -> None:
    letter = encode(message, fleet=fleet, now=NOW)

    assert message == decode(letter.body, fleet=fleet, now=NOW)
    assert (message.cluster, message.run) == (letter.group, letter.run)


@pytest.mark.parametrize(
    "breaking, rule",
    [
        ({"specversion": "1.1"}, "specversion"),
        ({"source": "a b"}, "source"),
        ({"subject": "a\x1bb"}, "String"),
        ({"Upper": "x"}, "names of attributes"),
        ({"id": ""}, "no empty attribute"),
        ({"expirytime": "2020-01-01T00:00:00Z"}, "expirytime after time"),
        ({"data_base64": "eA=="}, "data or data_base64"),
    ],
)
def test_the_checker_of_the_rules_can_say_no(breaking: Event, rule: str) -> None:
    assert rule in broken_rules(json.dumps(made() | breaking).encode())


# --- what is made ---


def test_an_order_says_who_what_and_until_when() -> None:
    event = made()

    assert {
        "specversion": "1.0",
        "id": event["id"],
        "source": "/seawall/east",
        "type": "dev.seawall.scan.ordered.v1",
        "subject": ARN,
        "time": "2026-11-24T18:14:25.123456Z",
        "datacontenttype": "application/json",
        "expirytime": "2026-11-25T18:14:25.123456Z",
        "data": {"run": ORDER.run, "cluster": ARN, "scope": "cluster"},
    } == event


def test_findings_say_what_changed_and_live_for_two_weeks() -> None:
    event = made(CHANGED)

    assert "dev.seawall.findings.changed.v1" == event["type"]
    assert "2026-12-08T18:14:25.123456Z" == event["expirytime"]
    assert {"run": ORDER.run, "cluster": ARN, "version": 7, "fingerprints": ["00ff", "a1b2"]} == (
        event["data"]
    )


def test_each_kind_has_its_queue() -> None:
    assert SCANS == encode(ORDER, fleet="east", now=NOW).queue
    assert FINDINGS == encode(CHANGED, fleet="east", now=NOW).queue


def test_the_id_is_made_of_what_is_said_and_not_of_the_time() -> None:
    later = NOW + timedelta(days=1)
    said: list[tuple[Message, str]] = [
        (ORDER, "east"),
        (ORDER, "west"),
        (ScanOrder(RunId("another"), ARN), "east"),
        (ScanOrder(ORDER.run, ClusterKey("another")), "east"),
        (CHANGED, "east"),
        (FindingsChanged(CHANGED.run, ARN, 8, CHANGED.fingerprints), "east"),
        (FindingsChanged(CHANGED.run, ARN, 7, ("00ff",)), "east"),
    ]
    first = [encode(message, fleet=fleet, now=NOW).id for message, fleet in said]

    assert first == [encode(message, fleet=fleet, now=later).id for message, fleet in said]
    assert len(said) == len(set(first))
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in first)


def test_a_key_with_control_characters_travels_in_the_data_and_is_encoded_in_the_subject() -> None:
    key = ClusterKey("web\x1b[2J\x85\ufffe/\U0001ffff%")
    event = made(ScanOrder(RunId("r"), key))

    assert "web%1B[2J%C2%85%EF%BF%BE/%F0%9F%BF%BF%" == event["subject"]
    assert key == read(event).cluster


def test_any_name_of_a_fleet_makes_a_source() -> None:
    body = encode(ORDER, fleet="my fleet/ü?#", now=NOW).body

    assert "/seawall/my fleet/ü?#" == unquote(json.loads(body)["source"])
    assert ORDER == decode(body, fleet="my fleet/ü?#", now=NOW)


def test_of_very_many_fingerprints_the_first_ones_travel() -> None:
    every = [f"{number:032x}" for number in range(10_000)]
    letter = encode(
        FindingsChanged(ORDER.run, ARN, 1, tuple(reversed(every))), fleet="east", now=NOW
    )
    found = decode(letter.body, fleet="east", now=NOW)

    assert isinstance(found, FindingsChanged)
    assert tuple(every[:MOST_FINGERPRINTS]) == found.fingerprints
    assert len(letter.body) < ROOM_BYTES


@pytest.mark.parametrize("key", ["k" * 90_000, "\x01" * 20_000], ids=["long", "escaped"])
def test_a_very_long_key_leaves_room_for_fewer_fingerprints(key: str) -> None:
    every = tuple(f"{number:032x}" for number in range(2_000))
    letter = encode(FindingsChanged(RunId("r"), ClusterKey(key), 1, every), fleet="east", now=NOW)
    found = decode(letter.body, fleet="east", now=NOW)

    assert isinstance(found, FindingsChanged)
    assert every[: len(found.fingerprints)] == found.fingerprints
    assert len(letter.body) <= ROOM_BYTES


@pytest.mark.parametrize(
    "message, says",
    [
        (ScanOrder(RunId("r"), ClusterKey("")), "without a cluster"),
        (ScanOrder(RunId(""), ARN), "and a run"),
        (ScanOrder(RunId("r"), ClusterKey("\ud800")), "is no text"),
        (ScanOrder(RunId("r"), ClusterKey("k" * 200_000)), "give that cluster a shorter name"),
        (FindingsChanged(RunId("r"), ClusterKey("k" * 200_000), 1), "a shorter name"),
        (FindingsChanged(RunId("r"), ARN, 1, ("\udfff",)), "is no text"),
    ],
    ids=["no cluster", "no run", "surrogate", "long order", "long findings", "fingerprint"],
)
def test_what_could_not_be_read_is_not_made(message: Message, says: str) -> None:
    with pytest.raises(Malformed, match=says) as caught:
        encode(message, fleet="east", now=NOW)

    assert len(str(caught.value)) < 1_000


# --- what is read ---

NESTED = "[" * 100_000


@pytest.mark.parametrize(
    "body, says",
    [
        (b"", "truncated"),
        (b"\xff\xfe", r"no message \(\$\)"),
        (b'{"specversion": "1.\xff"}', "no UTF-8 at byte"),
        (b'{"specversion": "1.0\\ud800"}', "no message"),
        (b"{'a': 1}", "malformed"),
        (b"\xef\xbb\xbf{}", "malformed"),
        (b"{} {}", "malformed|missing"),
        (b"null", "Expected `object`"),
        (b"[]", "Expected `object`"),
        (b'"text"', "Expected `object`"),
        (f'{{"a": {NESTED}'.encode(), "too deep"),
        (json.dumps(made()).encode()[:-1], "truncated"),
        (b" " * (MOST_BYTES + 1), "262145 bytes"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_envelope_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        decode(body, fleet="east", now=NOW)


@pytest.mark.parametrize(
    "missing",
    ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "expirytime"],
)
def test_every_attribute_is_needed_and_named(missing: str) -> None:
    event = made()
    del event[missing]

    with pytest.raises(Malformed, match=f"missing required field `{missing}`"):
        read(event)


@pytest.mark.parametrize(
    "changed, says",
    [
        ({"type": "x" * 10_000}, "'x{80}', which is none of ours"),
        ({"type": "com.example.scan.ordered.v1"}, "none of ours"),
        ({"type": "dev.seawall.scan.ordered"}, "none of ours"),
        ({"type": "com.example", "specversion": "2.0"}, "none of ours"),
        ({"type": ""}, r"`\$.type`"),
        ({"id": 3}, r"Expected `str`, got `int` - at `\$.id`"),
        ({"id": ""}, r"`\$.id`"),
        ({"source": "/seawall/west"}, "another fleet: source is '/seawall/west'"),
        ({"source": "/seawall/east/"}, "another fleet"),
        ({"subject": "other"}, r"\$.subject is 'other', but \$.data.cluster is 'arn:aws"),
        ({"time": "2026-11-24"}, r"`\$.time`"),
        ({"time": "2026-11-24T18:14:25"}, r"`\$.time`"),
        ({"expirytime": "2026-11-25T18:14:25"}, r"`\$.expirytime`"),
        ({"expirytime": 1_800_000_000}, r"`\$.expirytime`"),
        ({"datacontenttype": "text/plain"}, r"`\$.datacontenttype`"),
        ({"data": None, "data_base64": "e30="}, "`data`"),
        ({"data": []}, r"no message \(\$.data\): Expected `object`"),
        ({"data": "{}"}, r"\(\$.data\)"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_what_is_wrong_with_an_envelope_is_said(changed: Event, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        read(made(**changed))


@pytest.mark.parametrize(
    "changed, says",
    [
        ({"specversion": "0.3"}, r"\$.specversion is '0.3', not '1.0'; .* upgrade"),
        ({"specversion": "2.0", "time": 7}, "upgrade"),
        ({"type": "dev.seawall.scan.ordered.v2"}, "ordered.v2', which is not known; .* upgrade"),
        ({"type": "dev.seawall.scan.ordered.v10", "data": 7}, "upgrade"),
        ({"type": "dev.seawall.cluster.gone.v1"}, "upgrade"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_what_a_newer_seawall_sent_is_for_later(changed: Event, says: str) -> None:
    with pytest.raises(Newer, match=says):
        read(made(**changed))


@pytest.mark.parametrize(
    "message, changed, says",
    [
        (ORDER, {"cluster": ""}, r"`\$.data.cluster`"),
        (ORDER, {"cluster": 5}, r"`\$.data.cluster`"),
        (ORDER, {"cluster": None}, "`cluster`"),
        (ORDER, {"run": ""}, r"`\$.data.run`"),
        (ORDER, {"scope": "g" * 10_000}, "'g{100}"),
        (ORDER, {"scope": "galaxy"}, r"'galaxy' - at `\$.data.scope`"),
        (CHANGED, {"version": 0}, r"`\$.data.version`"),
        (CHANGED, {"version": 2**63}, r"`\$.data.version`"),
        (CHANGED, {"version": "7"}, r"`\$.data.version`"),
        (CHANGED, {"version": True}, r"`\$.data.version`"),
        (CHANGED, {"version": 7.0}, r"`\$.data.version`"),
        (CHANGED, {"fingerprints": "00ff"}, r"`\$.data.fingerprints`"),
        (CHANGED, {"fingerprints": ["00ff", 1]}, r"`\$.data.fingerprints\[1\]`"),
        (CHANGED, {"fingerprints": None}, "`fingerprints`"),
    ],
    ids=lambda value: repr(value)[:60],
)
def test_what_is_wrong_with_the_data_is_said(message: Message, changed: Event, says: str) -> None:
    data = made(message)["data"] | changed
    kept = {key: value for key, value in data.items() if value is not None}

    with pytest.raises(Malformed, match=says) as caught:
        read(made(message, data=kept))

    assert len(str(caught.value)) < 1_000


def test_the_data_of_another_kind_is_no_data_of_this_kind() -> None:
    with pytest.raises(Malformed, match="missing required field `version`"):
        read(made(CHANGED, data=made(ORDER)["data"]))


@pytest.mark.parametrize(
    "extra",
    [{"traceparent": "00-ab"}, {"Odd Name": [1]}, {"datacontentencoding": {"a": {}}}],
    ids=["extension", "odd", "old"],
)
def test_what_else_an_envelope_says_is_ignored(extra: Event) -> None:
    event = made(**extra)
    event["data"]["later"] = "addition"

    assert ORDER == read(event)


@pytest.mark.parametrize("after_s", [0, 1, 10**8])
def test_what_came_too_late_has_expired_and_is_not_malformed(after_s: int) -> None:
    late = NOW + timedelta(hours=24, seconds=after_s)

    with pytest.raises(Expired, match="prod' expired at 2026-11-25 18:14:25") as caught:
        read(made(), now=late)

    assert isinstance(caught.value, SeawallError)
    assert not isinstance(caught.value, Trouble)


def test_what_comes_in_time_or_before_it_was_sent_is_read() -> None:
    assert ORDER == read(made(), now=NOW + timedelta(hours=24, seconds=-1))
    assert ORDER == read(made(), now=NOW - timedelta(days=400))


def test_the_zone_of_a_time_does_not_matter() -> None:
    there = (NOW + timedelta(seconds=1)).astimezone(timezone(-timedelta(hours=11)))

    assert ORDER == read(made(expirytime=there.isoformat()))


def test_a_malformed_message_is_malformed_also_when_it_is_late() -> None:
    with pytest.raises(Malformed):
        read(made(subject="other"), now=NOW + timedelta(days=400))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.binary(max_size=300)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda key, value: json.dumps(made() | {key: value}).encode(),
        st.sampled_from(sorted(made())),
        json_values,
    )
    | st.builds(
        lambda key, value: json.dumps(made(data=made()["data"] | {key: value})).encode(),
        st.sampled_from(["run", "cluster", "scope"]),
        json_values,
    )
)
def test_nothing_that_is_read_ends_in_another_error(body: bytes) -> None:
    try:
        found = decode(body, fleet="east", now=NOW)
    except (Malformed, Newer, Expired):
        return
    assert found.cluster == ARN


# --- what was ever sent ---

GOLDEN_MESSAGES: dict[str, Message] = {
    "scan-ordered-v1": ORDER,
    "findings-changed-v1": CHANGED,
    "findings-changed-v1-none": FindingsChanged(ORDER.run, ARN, 1),
    "scan-ordered-v1-odd-key": ScanOrder(
        ORDER.run, ClusterKey("https://10.0.0.1:6443+a\x1b[2J ü%41")
    ),
}


@pytest.mark.parametrize("name", GOLDEN_MESSAGES)
def test_what_an_older_seawall_sent_is_read_for_ever(name: str) -> None:
    """Never change a golden file: letters like it are in people's queues."""
    body = (GOLDEN / f"{name}.json").read_bytes()

    assert GOLDEN_MESSAGES[name] == decode(body, fleet="east", now=NOW)


@pytest.mark.parametrize("name", GOLDEN_MESSAGES)
def test_what_is_sent_today_is_what_was_sent_then(name: str) -> None:
    """An id that changed would let an old and a new Seawall send the same letter twice."""
    golden = cast("Event", json.loads((GOLDEN / f"{name}.json").read_bytes()))

    assert golden == made(GOLDEN_MESSAGES[name])
