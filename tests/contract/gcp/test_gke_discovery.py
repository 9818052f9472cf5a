from base64 import b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials

from seawall.clouds.gcp import Gcp, Patience
from seawall.demo.cloud import CloudServer, Said
from seawall.demo.cloud_google import BUSY, DENIED, GONE, OFF, Google
from seawall.discover.gke import GkeDiscovery, region_of
from seawall.model.fleet import ClusterRef, Presence, Sighting
from seawall.model.sight import Seen, Unseen
from seawall.state.database import open_database
from seawall.state.inventory import SqliteInventory

NOW = datetime(2026, 11, 24, tzinfo=UTC)
PEM = b"-----BEGIN CERTIFICATE-----\n"
BRISK = Patience(call_s=2, first_pause_s=0.01, longest_pause_s=0.02, total_s=0.3)


@pytest.fixture
def google() -> Google:
    return Google()


@pytest.fixture
def server(google: Google) -> Iterator[CloudServer]:
    with CloudServer(google.answer) as running:
        yield running


def cluster(name: str, place: str = "europe-west1") -> Mapping[str, object]:
    return {
        "name": name,
        "location": place,
        "endpoint": "203.0.113.7",
        "masterAuth": {"clusterCaCertificate": b64encode(PEM).decode()},
        "status": "RUNNING",
    }


def look(server: CloudServer, *projects: str, known: tuple[str, ...] = ()) -> dict[str, Sighting]:
    gcp = Gcp(AnonymousCredentials, endpoint=server.url, patience=BRISK)
    sightings = list(GkeDiscovery(gcp, projects, lambda: known).look(now=NOW))
    by_scope = {sighting.scope: sighting for sighting in sightings}
    assert len(sightings) == len(by_scope)
    return by_scope


def found(sighting: Sighting) -> tuple[ClusterRef, ...]:
    assert isinstance(sighting.found, Seen), sighting
    return sighting.found.value


def names(sighting: Sighting) -> list[str]:
    return [ref.fact("name") for ref in found(sighting)]


def why(sighting: Sighting) -> str:
    assert isinstance(sighting.found, Unseen), sighting
    return sighting.found.why


def test_a_project_is_asked_once_for_all_its_locations(google: Google, server: CloudServer) -> None:
    google.clusters["shop"] = [cluster("a"), cluster("b", "us-east1-b"), cluster("c")]

    seen = look(server, "shop")

    assert {"gcp:shop/europe-west1": ["a", "c"], "gcp:shop/us-east1-b": ["b"]} == {
        scope: names(sighting) for scope, sighting in seen.items()
    }
    assert ["/v1/projects/shop/locations/-/clusters"] == [
        asked.path.partition("?")[0] for asked in server.asked
    ]


def test_a_location_whose_last_cluster_is_gone_is_seen_empty(
    google: Google, server: CloudServer
) -> None:
    google.clusters["shop"] = [cluster("a")]

    seen = look(server, "shop", known=("gcp:shop/us-east1", "gcp:shop-2/us-east1", "aws:1/x"))

    assert {"gcp:shop/europe-west1": ["a"], "gcp:shop/us-east1": []} == {
        scope: names(sighting) for scope, sighting in seen.items()
    }


def test_a_zone_that_does_not_answer_is_unseen_and_its_region_is_asked_by_name(
    google: Google, server: CloudServer
) -> None:
    google.clusters["shop"] = [
        cluster("away", "us-east1-b"),
        cluster("regional", "us-east1"),
        cluster("else", "us-east1-c"),
    ]
    google.missing.add("us-east1-b")

    seen = look(server, "shop", known=("gcp:shop/us-east1-b",))

    assert "us-east1-b did not answer, so that the list may be short" in why(
        seen.pop("gcp:shop/us-east1-b")
    )
    assert {"gcp:shop/us-east1": ["regional"], "gcp:shop/us-east1-c": ["else"]} == {
        scope: names(sighting) for scope, sighting in seen.items()
    }


def test_a_region_that_does_not_answer_by_name_either_is_unseen(
    google: Google, server: CloudServer
) -> None:
    google.clusters["shop"] = [cluster("regional", "us-east1")]
    google.missing.add("us-east1-b")
    server.fail("locations/us-east1/", DENIED)

    seen = look(server, "shop")

    assert {"gcp:shop/us-east1", "gcp:shop/us-east1-b"} == set(seen)
    assert "HTTP 403" in why(seen["gcp:shop/us-east1"])


@pytest.mark.parametrize(
    "answer, reason",
    [
        pytest.param(DENIED, "refused (HTTP 403", id="denied"),
        pytest.param(GONE, "refused (HTTP 404 no such project)", id="no such project"),
        pytest.param(BUSY, "busy or cannot be reached (HTTP 429)", id="too many requests"),
        pytest.param(
            Said(503, {}), "busy or cannot be reached (HTTP 503)", id="temporarily unavailable"
        ),
        pytest.param(Said(200, b"<html>"), "the answer is not Google's", id="a proxy's page"),
    ],
)
def test_a_project_that_fails_is_unseen_with_all_that_is_known_of_it(
    google: Google, server: CloudServer, answer: Said, reason: str
) -> None:
    google.clusters["shop"] = [cluster("a")]
    google.refused["closed"] = answer

    seen = look(server, "closed", "shop", known=("gcp:closed/us-east1",))

    assert ["gcp:closed", "gcp:closed/us-east1", "gcp:shop/europe-west1"] == list(seen)
    assert reason in why(seen["gcp:closed"])
    assert reason in why(seen["gcp:closed/us-east1"])
    assert ["a"] == names(seen["gcp:shop/europe-west1"])


@pytest.mark.parametrize(
    "known, scope",
    [
        pytest.param((), "gcp:shop", id="and nothing was known"),
        pytest.param(("gcp:shop/us-east1",), "gcp:shop/us-east1", id="and a location was known"),
    ],
)
def test_where_the_api_is_off_there_is_nothing(
    google: Google, server: CloudServer, known: tuple[str, ...], scope: str
) -> None:
    google.refused["shop"] = OFF

    seen = look(server, "shop", known=known)

    assert {scope: ()} == {each: found(sighting) for each, sighting in seen.items()}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(BUSY, id="too many requests"),
        pytest.param(Said(503, {}), id="unavailable"),
        pytest.param(Said(500, {}), id="a server's fault"),
    ],
)
def test_a_passing_fault_is_asked_again(google: Google, server: CloudServer, answer: Said) -> None:
    google.clusters["shop"] = [cluster("a")]
    server.fail("projects/shop", answer, times=2)

    assert ["a"] == names(look(server, "shop")["gcp:shop/europe-west1"])
    assert 3 == len(server.asked)


def test_a_server_that_is_away_is_weather() -> None:
    gcp = Gcp(AnonymousCredentials, endpoint="http://127.0.0.1:9", patience=BRISK)

    (seen,) = GkeDiscovery(gcp, ("shop",)).look(now=NOW)

    assert "GKE of project shop: Google is busy or cannot be reached (Conn" in why(seen)


def one(server: CloudServer, google: Google, more: Mapping[str, object]) -> ClusterRef:
    google.clusters["Shop"] = [{**cluster("web"), **more}]
    (sighting,) = look(server, "Shop").values()
    (ref,) = found(sighting)
    return ref


DNS = {"endpoint": "gke-1.europe-west1.gke.goog", "allowExternalTraffic": True}
BOTH = {
    "enabled": True,
    "enablePublicEndpoint": True,
    "publicEndpoint": "198.51.100.1",
    "privateEndpoint": "10.0.0.2",
}


@pytest.mark.parametrize(
    "told, way",
    [
        pytest.param({}, ("https://203.0.113.7", PEM, "public"), id="an older cluster"),
        pytest.param(
            {"privateClusterConfig": {"enablePrivateEndpoint": True}},
            ("https://203.0.113.7", PEM, "private"),
            id="an older private cluster",
        ),
        pytest.param(
            {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": BOTH}},
            ("https://198.51.100.1", PEM, "public"),
            id="public before private",
        ),
        pytest.param(
            {
                "controlPlaneEndpointsConfig": {
                    "ipEndpointsConfig": {**BOTH, "enablePublicEndpoint": False}
                }
            },
            ("https://10.0.0.2", PEM, "private"),
            id="private",
        ),
        pytest.param(
            {"controlPlaneEndpointsConfig": {"dnsEndpointConfig": DNS, "ipEndpointsConfig": BOTH}},
            ("https://gke-1.europe-west1.gke.goog", None, "dns"),
            id="the DNS endpoint before both, by public authorities",
        ),
        pytest.param(
            {
                "controlPlaneEndpointsConfig": {
                    "dnsEndpointConfig": {**DNS, "allowExternalTraffic": False},
                    "ipEndpointsConfig": BOTH,
                }
            },
            ("https://198.51.100.1", PEM, "public"),
            id="a DNS endpoint that is closed to us",
        ),
        pytest.param({"endpoint": "fd00::7"}, ("https://[fd00::7]", PEM, "public"), id="IPv6"),
    ],
)
def test_a_cluster_is_reached_by_one_way_with_the_authority_of_that_way(
    google: Google,
    server: CloudServer,
    told: Mapping[str, object],
    way: tuple[str, bytes | None, str],
) -> None:
    ref = one(server, google, told)

    assert way == (ref.server, ref.ca, ref.fact("endpoint"))


@pytest.mark.parametrize(
    "told, reason",
    [
        pytest.param(
            {"endpoint": "", "status": "PROVISIONING"},
            "it has no endpoint that we may use; GKE says it is PROVISIONING",
            id="being made",
        ),
        pytest.param(
            {"controlPlaneEndpointsConfig": {"ipEndpointsConfig": {**BOTH, "enabled": False}}},
            "it has no endpoint that we may use; GKE says it is RUNNING",
            id="both turned off",
        ),
        pytest.param(
            {"masterAuth": {}},
            "the cloud does not tell its certificate authority (yet)",
            id="an address that nobody vouches for",
        ),
    ],
)
def test_a_cluster_without_a_way_in_is_listed_and_says_why(
    google: Google, server: CloudServer, told: Mapping[str, object], reason: str
) -> None:
    ref = one(server, google, told)

    assert ("", None, reason) == (ref.server, ref.ca, ref.fact("unreachable"))


def test_a_cluster_tells_what_is_judged_and_shown(google: Google, server: CloudServer) -> None:
    told = {
        "id": "0123",
        "createTime": "2026-01-02T03:04:05+00:00",
        "currentMasterVersion": "1.34.1-gke.1",
        "networkConfig": {"datapathProvider": "ADVANCED_DATAPATH"},
        "autopilot": {"enabled": True},
        "masterAuthorizedNetworksConfig": {"cidrBlocks": [{"cidrBlock": "198.51.100.0/24"}]},
        "resourceLabels": {"owner": "not kept"},
        "aFieldOfTomorrow": {"x": 1},
    }

    ref = one(server, google, told)

    path = "projects/shop/locations/europe-west1/clusters/web"
    assert (f"//container.googleapis.com/{path}", "gke") == (ref.key, ref.service)
    assert {
        "autopilot": "True",
        "created": "2026-01-02T03:04:05+00:00",
        "data-plane": "ADVANCED_DATAPATH",
        "endpoint": "public",
        "endpoint-cidrs": "198.51.100.0/24",
        "id": "0123",
        "location": "europe-west1",
        "name": "web",
        "project": "Shop",
        "status": "RUNNING",
        "version": "1.34.1-gke.1",
    } == dict(ref.facts)


def test_a_cluster_in_a_zone_that_is_down_is_stale_and_gone_only_when_that_was_seen(
    google: Google, server: CloudServer, tmp_path: Path
) -> None:
    gcp = Gcp(AnonymousCredentials, endpoint=server.url, patience=BRISK)
    with open_database(tmp_path / "state.db", fleet="f", now=NOW) as database:
        inventory = SqliteInventory(database)

        def presence() -> dict[str, Presence]:
            def known() -> set[str]:
                return {r.scope for r in inventory.records() if r.presence is not Presence.GONE}

            for sighting in GkeDiscovery(gcp, ("shop",), known).look(now=NOW):
                inventory.observe(sighting, now=NOW)
            return {r.ref.fact("name"): r.presence for r in inventory.records()}

        google.clusters["shop"] = [cluster("a", "us-east1-b"), cluster("b", "us-east1-c")]
        assert {"a": Presence.PRESENT, "b": Presence.PRESENT} == presence()
        google.missing.add("us-east1-b")
        assert {"a": Presence.STALE, "b": Presence.PRESENT} == presence()
        google.refused["shop"] = DENIED
        assert {"a": Presence.STALE, "b": Presence.STALE} == presence()
        google.refused.clear()
        google.missing.clear()
        google.clusters["shop"] = [cluster("b", "us-east1-c")]
        assert {"a": Presence.GONE, "b": Presence.PRESENT} == presence()


@pytest.mark.parametrize(
    "zone, region",
    [("us-east1-b", "us-east1"), ("us-east1", "us-east1"), ("us-east1-ai1a", "us-east1")],
)
def test_a_zone_is_in_its_region(zone: str, region: str) -> None:
    assert region == region_of(zone)
