from datetime import UTC, datetime

import pytest
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CredentialUnavailableError
from tests.contract.azure.logins import Login

from seawall.clouds.azure import Azure
from seawall.connect.aks import aks_door
from seawall.model.cluster import ClusterKey
from seawall.model.errors import NoEntry, SeawallError, Trouble, TryLater
from seawall.model.fleet import ClusterRecord, ClusterRef, Presence

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CA = b"-----BEGIN CERTIFICATE-----\n"


def record(ca: bytes | None = CA, server: str = "https://x", service: str = "aks") -> ClusterRecord:
    ref = ClusterRef(ClusterKey("k"), service, server, ca, (("unreachable", "it is stopped"),))
    return ClusterRecord(ref, "azure:s", Presence.PRESENT, NOW, NOW)


def test_a_token_is_for_the_application_of_all_api_servers() -> None:
    login = Login()

    door = aks_door(record(), Azure(lambda: login))

    assert ["6dae42f8-4368-4678-94ff-3960e28e3630/.default"] == login.asked
    assert ("https://x", CA, "entra-token") == (door.server, door.ca, door.token)


@pytest.mark.parametrize(
    "closed, reason",
    [
        pytest.param(record(server=""), "it is stopped", id="stopped"),
        pytest.param(record(ca=None), "no certificate authority", id="nobody vouches for it"),
        pytest.param(record(service="eks"), "the inventory says 'eks'", id="another cloud's"),
    ],
)
def test_no_token_is_made_for_a_cluster_without_a_way_in(
    closed: ClusterRecord, reason: str
) -> None:
    def unasked() -> TokenCredential:
        pytest.fail("a login was begun")

    with pytest.raises(NoEntry, match=reason):
        aks_door(closed, Azure(unasked))


@pytest.mark.parametrize(
    "error, expected, said",
    [
        pytest.param(
            ClientAuthenticationError("AADSTS7000222: SECRET has expired"),
            NoEntry,
            "AADSTS7000222",
            id="expired",
        ),
        pytest.param(CredentialUnavailableError("SECRET"), Trouble, "az login", id="no login"),
        pytest.param(ServiceRequestError("SECRET"), TryLater, "cannot be reached", id="away"),
    ],
)
def test_a_login_that_fails_is_named_by_what_to_do_next_and_quotes_nothing(
    error: Exception, expected: type[SeawallError], said: str
) -> None:
    with pytest.raises(expected, match=said) as caught:
        Azure(lambda: Login(error)).token()

    assert "SECRET" not in str(caught.value)
