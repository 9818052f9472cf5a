from datetime import UTC, datetime, timedelta

import pytest
from google.auth.credentials import Credentials
from google.auth.exceptions import (
    DefaultCredentialsError,
    GoogleAuthError,
    RefreshError,
    TransportError,
)

from seawall.clouds.gcp import Gcp
from seawall.connect.gke import gke_door
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry, SeawallError, Trouble, TryLater
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CA = b"-----BEGIN CERTIFICATE-----\n"


class Login(Credentials):
    """Gives a new token whenever it is asked, or fails so."""

    def __init__(self, good_for: timedelta, error: Exception | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # google-auth says no types
        self.good_for, self.error, self.asked = good_for, error, 0

    def refresh(self, _: object) -> None:  # noqa: D102  it is as its base's
        if self.error:
            raise self.error
        self.asked += 1
        self.token = f"ya29.{self.asked}"
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + self.good_for  # as google-auth does


def record(ca: bytes | None, endpoint: str, service: str = "gke") -> ClusterRecord:
    ref = ClusterRef(ClusterKey("k"), service, "https://x", ca, (("endpoint", endpoint),))
    return ClusterRecord(ref, "gcp:p/l", Presence.PRESENT, NOW, NOW)


@pytest.mark.parametrize(
    "told, ca",
    [
        pytest.param(record(CA, "public"), CA, id="its own for its address"),
        pytest.param(record(None, "dns"), None, id="the system's for the DNS endpoint"),
        pytest.param(record(CA, "dns"), None, id="never its own for the DNS endpoint"),
    ],
)
def test_the_authority_fits_the_way(told: ClusterRecord, ca: bytes | None) -> None:
    door = gke_door(told, Gcp(lambda: Login(timedelta(hours=1))))

    assert ("https://x", ca, "ya29.1") == (door.server, door.ca, door.token)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(record(None, "public"), id="an address without its own authority"),
        pytest.param(record(CA, "public", service="eks"), id="another cloud's cluster"),
    ],
)
def test_no_token_is_shown_where_nobody_vouches(told: ClusterRecord) -> None:
    def unasked() -> Credentials:
        pytest.fail("a login was begun")

    with pytest.raises(NoEntry):
        gke_door(told, Gcp(unasked))


@pytest.mark.parametrize(
    "good_for, asked",
    [
        pytest.param(timedelta(hours=1), 1, id="is kept while it is good"),
        pytest.param(timedelta(minutes=2), 2, id="is renewed before it ends"),
    ],
)
def test_a_token(good_for: timedelta, asked: int) -> None:
    login = Login(good_for)
    gcp = Gcp(lambda: login)

    assert "ya29.1" == gcp.token()
    assert f"ya29.{asked}" == gcp.token()


@pytest.mark.parametrize(
    "kind, retryable, expected",
    [
        pytest.param(RefreshError, False, NoEntry, id="expired or refused"),
        pytest.param(RefreshError, True, TryLater, id="refused for now"),
        pytest.param(TransportError, False, TryLater, id="not reached"),
        pytest.param(DefaultCredentialsError, False, Trouble, id="no login"),
    ],
)
def test_a_login_that_fails_is_named_by_what_to_do_next_and_quotes_nothing(
    kind: type[GoogleAuthError], *, retryable: bool, expected: type[SeawallError]
) -> None:
    error = kind("SECRET", retryable=retryable)
    gcp = Gcp(lambda: Login(timedelta(hours=1), error))

    with pytest.raises(expected, match="the login of Google Cloud") as caught:
        gcp.token()

    assert "SECRET" not in str(caught.value)
