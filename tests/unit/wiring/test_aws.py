"""What the cloud functions are wired to: settings by name, each cloud apart, nobody who writes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from seawall.clouds.aws import OURSELVES, Aws
from seawall.demo.inventory import DemoInventory, DemoModes
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry, Trouble, TryLater
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence, Sighting
from seawall.model.plan import Mode
from seawall.model.sight import Seen, Unseen
from seawall.wiring.aws_clusters import Clouds, doors
from seawall.wiring.aws_discovery import Apart, discoveries
from seawall.wiring.aws_settings import AwsSettings
from seawall.wiring.held_back import NoWriting, OnlyPropose

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/seawall-read"


def settings(**environment: str) -> AwsSettings:
    return AwsSettings({f"SEAWALL_{name}": value for name, value in environment.items()})


def clouds(**environment: str) -> Clouds:
    return Clouds(settings(**environment), Aws())


def ref(service: str) -> ClusterRef:
    return ClusterRef(ClusterKey(service), service, "https://10.0.0.1", b"pem")


def record(service: str) -> ClusterRecord:
    return ClusterRecord(ref(service), service, Presence.PRESENT, NOW, NOW)


# -- Settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, read",
    [
        pytest.param("", (), id="nothing"),
        pytest.param("a", ("a",), id="one"),
        pytest.param(" a, b ,,", ("a", "b"), id="spaces and empty places"),
    ],
)
def test_a_list_has_commas(value: str, read: tuple[str, ...]) -> None:
    assert read == settings(REGIONS=value).each("SEAWALL_REGIONS")


def test_what_must_be_set_is_named() -> None:
    with pytest.raises(Trouble, match="SEAWALL_TABLE is not set; "):
        settings(TABLE="").text("SEAWALL_TABLE")


@pytest.mark.parametrize("value", ["yes", "True", "1", ""])
def test_a_switch_is_true_or_false_and_nothing_else(value: str) -> None:
    with pytest.raises(Trouble, match="SEAWALL_WRITES"):
        settings(WRITES=value).is_on("SEAWALL_WRITES")


@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "soon", "\u0664"])
def test_minutes_are_a_number(value: str) -> None:
    with pytest.raises(Trouble, match="SEAWALL_MOST"):
        settings(MOST=value).minutes("SEAWALL_MOST")


def test_minutes_are_minutes() -> None:
    assert timedelta(minutes=45) == settings(MOST="45").minutes("SEAWALL_MOST")


# -- Clouds --------------------------------------------------------------------------------------


def test_accounts_are_ours_and_those_we_have_a_role_in() -> None:
    here = clouds(OWN_ACCOUNT="true", MEMBER_ROLES=ROLE, EXTERNAL_ID="secret-of-theirs")
    there = clouds(OWN_ACCOUNT="false", MEMBER_ROLES=ROLE)

    assert (OURSELVES, "123456789012") == (here.accounts()[0], here.accounts()[1].account)
    assert "secret-of-theirs" == here.accounts()[1].external_id
    assert [ROLE] == [each.role for each in there.accounts()]


def test_who_writes_is_named_apart_from_who_reads() -> None:
    found = clouds(OWN_ACCOUNT="false", MEMBER_ROLES=ROLE)

    assert () == found.accounts(writing=True)


@pytest.mark.parametrize("writing", [False, True])
@pytest.mark.parametrize("service", ["gke", "aks"])
def test_without_an_identity_that_is_named_there_is_no_way_into_another_cloud(
    service: str, *, writing: bool
) -> None:
    door = doors(clouds(AZURE_TENANT="t"), ("gke", "aks"), writing=writing)

    with pytest.raises(NoEntry, match="nobody is named to enter as"):
        door(record(service))


def test_a_function_reaches_the_clusters_of_its_own_cloud_alone() -> None:
    door = doors(clouds(OWN_ACCOUNT="true"), ("eks",))

    with pytest.raises(NoEntry, match="'gke' runs it; this function cannot reach it"):
        door(record("gke"))


# -- Discovery -----------------------------------------------------------------------------------


def test_only_clouds_that_are_named_are_looked_at() -> None:
    found = discoveries(clouds(REGIONS="*", PROJECTS="", SUBSCRIPTIONS="s"), DemoInventory())

    assert ["aws", "azure"] == [each.cloud for each in found if isinstance(each, Apart)]


@pytest.mark.parametrize(
    "environment, scope, why",
    [
        pytest.param({"OWN_ACCOUNT": "true"}, "the fleet", "no cloud is named", id="no cloud"),
        pytest.param(
            {"OWN_ACCOUNT": "false", "REGIONS": "*"}, "aws", "no account is named", id="no account"
        ),
    ],
)
def test_where_nothing_is_named_to_be_looked_at_nothing_was_seen(
    environment: dict[str, str], scope: str, why: str
) -> None:
    (found,) = discoveries(clouds(**environment), DemoInventory())
    (sighting,) = found.look(now=NOW)

    assert scope == sighting.scope
    assert isinstance(sighting.found, Unseen)
    assert why in sighting.found.why


def test_wrong_settings_for_one_cloud_leave_it_unseen_and_no_other() -> None:
    inventory = DemoInventory()
    scope = "gcp:shop-prod/europe-west1"
    inventory.observe(Sighting(scope, Seen((ref("gke"),))), now=NOW)

    (google,) = discoveries(clouds(PROJECTS="shop-prod"), inventory)
    found = list(google.look(now=NOW))

    assert ["gcp", scope] == [each.scope for each in found]
    assert all(isinstance(each.found, Unseen) for each in found)


@dataclass
class Stopping:
    """A discovery that stops half-way."""

    error: Exception = field(default_factory=lambda: Trouble("there are no credentials"))
    scopes: tuple[str, ...] = field(default=("aws:1/a", "aws:1/b"))

    def look(self, *, now: datetime) -> Iterator[Sighting]:
        """The first scope, then trouble."""
        assert now == NOW
        yield Sighting(self.scopes[0], Seen(()))
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Trouble("there are no credentials"), id="wrong settings"),
        pytest.param(NoEntry("the login was refused"), id="refused"),
        pytest.param(TryLater("the login does not answer"), id="busy"),
        pytest.param(TypeError("'int' object is not iterable"), id="a bug, ours or an SDK's"),
    ],
)
def test_what_was_seen_before_the_trouble_stays_seen(error: Exception) -> None:
    known = ("aws:1/a", "aws:1/b", "azure:2")

    found = list(Apart("aws", lambda: Stopping(error), lambda: known).look(now=NOW))

    assert [("aws:1/a", True), ("aws", False), ("aws:1/b", False)] == [
        (each.scope, isinstance(each.found, Seen)) for each in found
    ]


# -- Nobody writes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mode, held",
    [
        (Mode.OBSERVE, Mode.OBSERVE),
        (Mode.PROPOSE, Mode.PROPOSE),
        (Mode.APPROVE, Mode.PROPOSE),
        (Mode.AUTO, Mode.PROPOSE),
    ],
)
def test_without_allow_writes_no_mode_goes_beyond_proposing(mode: Mode, held: Mode) -> None:
    modes = DemoModes()
    key = ClusterKey("a")
    OnlyPropose(modes).set_mode(key, mode)

    assert (mode, held) == (modes.mode(key), OnlyPropose(modes).mode(key))


def test_what_stands_in_for_writing_refuses_everything() -> None:
    writing = NoWriting()
    for call in (writing.look, writing.rehearse, writing.apply, writing.undo):
        with pytest.raises(NoEntry, match="AllowWrites=true"):
            call(record("eks"), None)  # type: ignore[arg-type]  # nothing of a plan is looked at
