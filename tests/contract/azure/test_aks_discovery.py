from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.contract.azure.logins import Login

from seawall.clouds.azure import Azure, Patience
from seawall.demo.certificates import Certificates
from seawall.demo.cloud import CloudServer, Said
from seawall.demo.cloud_azure import BUSY, DENIED, GONE, OFF, PROVIDER, Arm, refusal
from seawall.discover.aks import AksDiscovery
from seawall.model.fleet import ClusterRef, Sighting
from seawall.model.sight import Seen, Unseen

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PEM = b"-----BEGIN CERTIFICATE-----\n"
BRISK = Patience(pause_factor_s=0.01, longest_pause_s=0.02, total_s=5)
KUBECONFIG = f"""\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {b64encode(PEM).decode()}
    server: https://elsewhere.example:443
  name: web
users:
- name: clusterUser
  user:
    token: not-to-be-kept
"""


@pytest.fixture
def arm() -> Arm:
    return Arm()


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return Certificates()


@pytest.fixture
def server(arm: Arm, certificates: Certificates) -> Iterator[CloudServer]:
    with CloudServer(arm.answer, certificates.server_context()) as running:
        arm.url = running.url
        yield running


@pytest.fixture
def azure(server: CloudServer, certificates: Certificates, tmp_path: Path) -> Azure:
    pem = tmp_path / "ca.pem"
    pem.write_bytes(certificates.ca_pem)
    return Azure(Login, endpoint=server.url, authority=pem, patience=BRISK)


def identity(name: str, subscription: str = "s-1") -> str:
    return f"/subscriptions/{subscription}/resourcegroups/Shop{PROVIDER}/{name}"


def cluster(name: str, more: Mapping[str, object] | None = None) -> Mapping[str, object]:
    properties = {
        "fqdn": f"{name}.hcp.westeurope.azmk8s.io",
        "aadProfile": {"managed": True},
        "powerState": {"code": "Running"},
        "provisioningState": "Succeeded",
        **(more or {}),
    }
    return {
        "id": identity(name),
        "name": name,
        "location": "westeurope",
        "properties": properties,
    }


def look(azure: Azure, *subscriptions: str) -> dict[str, Sighting]:
    return {s.scope: s for s in AksDiscovery(azure, subscriptions).look(now=NOW)}


def found(sighting: Sighting) -> tuple[ClusterRef, ...]:
    assert isinstance(sighting.found, Seen), sighting
    return sighting.found.value


def why(sighting: Sighting) -> str:
    assert isinstance(sighting.found, Unseen), sighting
    return sighting.found.why


def methods(server: CloudServer) -> list[str]:
    return [f"{asked.method} {asked.path.partition('?')[0]}" for asked in server.asked]


def test_every_page_is_read(arm: Arm, server: CloudServer, azure: Azure) -> None:
    arm.clusters["s-1"] = [cluster(f"c-{n:03}", {"aadProfile": None}) for n in range(120)]

    seen = look(azure, "s-1")

    assert 120 == len({ref.key for ref in found(seen["azure:s-1"])})
    assert [f"GET /subscriptions/s-1{PROVIDER}"] * 3 == methods(server)
    assert {"entra-token"} == {asked.token for asked in server.asked}


def test_a_page_that_fails_leaves_the_whole_list_unseen(
    arm: Arm, server: CloudServer, azure: Azure
) -> None:
    arm.clusters["s-1"] = [cluster(f"c-{n:03}", {"aadProfile": None}) for n in range(120)]
    server.fail("skip=100", DENIED)

    assert "refused (HTTP 403 AuthorizationFailed" in why(look(azure, "s-1")["azure:s-1"])


@pytest.mark.parametrize(
    "answer, reason",
    [
        pytest.param(DENIED, "AuthorizationFailed may not read managedClusters", id="denied"),
        pytest.param(GONE, "SubscriptionNotFound", id="no such subscription"),
        pytest.param(refusal(401, "InvalidToken", "x"), "InvalidToken); log in", id="expired"),
        pytest.param(
            refusal(429, "TooManyRequests", "x", "3600"),
            "busy or cannot be reached (HTTP 429)",
            id="to wait for an hour",
        ),
        pytest.param(Said(503, {}), "busy or cannot be reached (HTTP 503)", id="unavailable"),
        pytest.param(Said(200, b"<html>"), "the answer is not Azure's", id="a proxy's page"),
        pytest.param(Said(200, {}), "the answer is not Azure's", id="no list"),
        pytest.param(Said(302, {}, (("Location", "/x"),)), "HTTP 302", id="led elsewhere"),
    ],
)
def test_a_subscription_that_fails_is_unseen_and_the_others_complete(
    arm: Arm, azure: Azure, answer: Said, reason: str
) -> None:
    arm.refused["closed"] = answer
    arm.clusters["s-1"] = [cluster("web")]

    seen = look(azure, "closed", "s-1")

    assert ["azure:closed", "azure:s-1"] == list(seen)
    assert reason in why(seen["azure:closed"])
    assert ["web"] == [ref.fact("name") for ref in found(seen["azure:s-1"])]


def test_a_passing_fault_is_asked_again_after_what_it_says(
    arm: Arm, server: CloudServer, azure: Azure
) -> None:
    arm.clusters["s-1"] = []
    server.fail("s-1", BUSY)

    assert () == found(look(azure, "s-1")["azure:s-1"])
    assert 2 == len(server.asked)


def test_where_aks_was_never_turned_on_there_is_nothing_and_nothing_is_turned_on(
    arm: Arm, server: CloudServer, azure: Azure
) -> None:
    arm.refused["s-1"] = OFF

    assert () == found(look(azure, "s-1")["azure:s-1"])
    assert [f"GET /subscriptions/s-1{PROVIDER}"] == methods(server)


def one(arm: Arm, azure: Azure, more: Mapping[str, object] | None = None) -> ClusterRef:
    arm.clusters["s-1"] = [cluster("Web", more)]
    (ref,) = found(look(azure, "s-1")["azure:s-1"])
    return ref


def test_a_cluster_is_keyed_by_its_lower_cased_id_and_vouched_for_by_its_own_authority(
    arm: Arm, server: CloudServer, azure: Azure
) -> None:
    arm.kubeconfigs[identity("web").lower()] = KUBECONFIG

    ref = one(arm, azure)

    assert (identity("web").lower(), "aks") == (ref.key, ref.service)
    assert ("https://Web.hcp.westeurope.azmk8s.io", PEM) == (ref.server, ref.ca)
    assert "not-to-be-kept" not in repr(ref)
    action = f"resourceGroups/Shop{PROVIDER}/Web/listClusterUserCredential"
    assert f"POST /subscriptions/s-1/{action}" == methods(server)[-1]


PRIVATE = {"privateFQDN": "web.privatelink.azmk8s.io", "fqdn": "web.hcp.azmk8s.io"}


@pytest.mark.parametrize(
    "access, host",
    [
        pytest.param({"enablePrivateCluster": False}, PRIVATE["fqdn"], id="public"),
        pytest.param({"enablePrivateCluster": True}, PRIVATE["privateFQDN"], id="private"),
        pytest.param(
            {"enablePrivateCluster": True, "enablePrivateClusterPublicFQDN": True},
            PRIVATE["fqdn"],
            id="private by a public name",
        ),
    ],
)
def test_a_cluster_is_asked_by_the_name_that_it_has(
    arm: Arm, azure: Azure, access: Mapping[str, object], host: str
) -> None:
    arm.kubeconfigs[identity("web").lower()] = KUBECONFIG

    ref = one(arm, azure, {**PRIVATE, "apiServerAccessProfile": access})

    assert f"https://{host}" == ref.server


@pytest.mark.parametrize(
    "more, kubeconfig, reason, asked",
    [
        pytest.param(
            {"powerState": {"code": "Stopped"}}, KUBECONFIG, "it is stopped", 1, id="stopped"
        ),
        pytest.param(
            {"aadProfile": None},
            KUBECONFIG,
            "it has local accounts only, whose kubeconfig is an administrator's",
            1,
            id="without Entra, and its kubeconfig is not even asked for",
        ),
        pytest.param(
            {"fqdn": None, "provisioningState": "Creating"},
            KUBECONFIG,
            "it has no endpoint yet; AKS says it is Creating",
            1,
            id="being made",
        ),
        pytest.param({}, None, "may not listClusterUserCredential", 2, id="no kubeconfig for us"),
        pytest.param(
            {}, "apiVersion: v1", "does not tell its certificate authority", 2, id="an empty one"
        ),
    ],
)
def test_a_cluster_without_a_way_in_is_listed_and_says_why(  # noqa: PLR0913, PLR0917  a table's
    arm: Arm,
    server: CloudServer,
    azure: Azure,
    more: Mapping[str, object],
    kubeconfig: str | None,
    reason: str,
    asked: int,
) -> None:
    if kubeconfig is not None:
        arm.kubeconfigs[identity("web").lower()] = kubeconfig

    ref = one(arm, azure, more)

    assert ("", None, asked) == (ref.server, ref.ca, len(server.asked))
    assert reason in ref.fact("unreachable")


def test_a_cluster_tells_what_is_judged_and_shown(arm: Arm, azure: Azure) -> None:
    arm.kubeconfigs[identity("web").lower()] = KUBECONFIG
    ref = one(
        arm,
        azure,
        {
            "resourceUID": "0123",
            "currentKubernetesVersion": "1.34.1",
            "kubernetesVersion": "1.34",
            "apiServerAccessProfile": {"authorizedIPRanges": ["198.51.100.0/24"]},
            "networkProfile": {"networkPolicy": "cilium", "networkDataplane": "cilium"},
            "aFieldOfTomorrow": {"x": 1},
        },
    )

    assert {
        "data-plane": "cilium",
        "endpoint-cidrs": "198.51.100.0/24",
        "fqdn": "Web.hcp.westeurope.azmk8s.io",
        "group": "Shop",
        "id": "0123",
        "location": "westeurope",
        "name": "Web",
        "network-policy": "cilium",
        "power": "Running",
        "status": "Succeeded",
        "version": "1.34.1",
    } == dict(ref.facts)


def test_a_server_that_is_away_is_weather() -> None:
    azure = Azure(Login, endpoint="https://127.0.0.1:9", patience=BRISK)

    assert "busy or cannot be reached (Service" in why(look(azure, "s-1")["azure:s-1"])


def test_a_server_that_nobody_vouches_for_is_shown_no_list(server: CloudServer) -> None:
    azure = Azure(Login, endpoint=server.url, patience=BRISK)

    assert "AKS of subscription s-1" in why(look(azure, "s-1")["azure:s-1"])
    assert [] == server.asked
