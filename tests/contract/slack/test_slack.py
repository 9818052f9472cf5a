"""An incoming webhook: delivered, or told why not; its URL is in no text and no log."""

import logging
from collections.abc import Iterator

import pytest
from tests.fleets import digest_of

from seawall.demo.cloud import CloudServer, Said
from seawall.demo.slack_server import AWAY, PATH, REVOKED, posted, slack_server, wait
from seawall.model.errors import SeawallError, Trouble, TryLater
from seawall.publish.slack import MOST_WAIT_S, SlackAlerts, SlackLook, checked, escaped
from seawall.report.slack_blocks import slack_blocks, slack_headline

pytest.importorskip("slack_sdk", reason="NOT RUN: slack_sdk is not installed")

DIGEST = digest_of()
LOOK = SlackLook(slack_blocks, slack_headline)
SECRET = "not-to-be-seen"
GOOD = f"https://hooks.slack.com/services/T0/B0/{SECRET}"


@pytest.fixture
def server() -> Iterator[CloudServer]:
    with slack_server() as made:
        yield made


@pytest.fixture
def paused() -> list[float]:
    """How long it was waited."""
    return []


@pytest.fixture
def alerts(server: CloudServer, paused: list[float]) -> SlackAlerts:
    return SlackAlerts(lambda: server.url + PATH, LOOK, loopback=True, pause=paused.append)


def test_a_digest_is_posted_with_blocks_and_a_line_for_phones(
    alerts: SlackAlerts, server: CloudServer
) -> None:
    alerts.send(DIGEST)

    (message,) = posted(server)
    assert slack_headline(DIGEST) == message["text"]
    assert slack_blocks(DIGEST) == message["blocks"]
    assert (False, False) == (message["unfurl_links"], message["unfurl_media"])


def test_a_short_wait_is_kept_once(
    alerts: SlackAlerts, server: CloudServer, paused: list[float]
) -> None:
    server.fail(PATH, wait("2"))
    alerts.send(DIGEST)

    assert [2.0] == paused
    assert 2 == len(posted(server))


@pytest.mark.parametrize(
    "answers, waited",
    [
        pytest.param([wait("1"), wait("1")], [1.0], id="asked to wait twice"),
        pytest.param([wait(str(int(MOST_WAIT_S) + 1))], [], id="for too long"),
        pytest.param([wait("Wed, 21 Oct 2026 07:28:00 GMT")], [], id="until a date"),
        pytest.param([wait("-1")], [], id="for less than nothing"),
    ],
)
def test_who_has_to_wait_longer_is_told_to_try_later(
    answers: list[Said],
    waited: list[float],
    alerts: SlackAlerts,
    server: CloudServer,
    paused: list[float],
) -> None:
    for answer in answers:
        server.fail(PATH, answer)

    with pytest.raises(TryLater, match="Slack asks to wait"):
        alerts.send(DIGEST)
    assert waited == paused


@pytest.mark.parametrize(
    "answer, expected, said",
    [
        pytest.param(AWAY, TryLater, r"away \(HTTP 503\)", id="away"),
        pytest.param(Said(500, b""), TryLater, r"away \(HTTP 500\)", id="its own fault"),
        pytest.param(Said(200, b"<html>log in</html>"), TryLater, "not Slack", id="a proxy"),
        pytest.param(
            Said(302, b"", (("Location", "/"),)), Trouble, "HTTP 404", id="sent elsewhere"
        ),
        pytest.param(REVOKED, Trouble, "404 no_service.*make a new one", id="revoked"),
        pytest.param(Said(410, b"channel_is_archived"), Trouble, "410 channel_is", id="archived"),
        pytest.param(Said(403, b"invalid_token"), Trouble, "does not know", id="no longer valid"),
        pytest.param(Said(400, b"invalid_blocks"), Trouble, "400 invalid_blocks", id="a bug"),
        pytest.param(Said(400, b"\x1b[31m" + b"x" * 999), Trouble, "refused", id="hostile"),
    ],
)
def test_a_refusal_is_named_by_what_to_do_next(
    answer: Said,
    expected: type[SeawallError],
    said: str,
    alerts: SlackAlerts,
    server: CloudServer,
) -> None:
    server.fail(PATH, answer)

    with pytest.raises(expected, match=said) as caught:
        alerts.send(DIGEST)
    assert PATH not in str(caught.value)
    assert str(caught.value).isprintable()


def test_what_is_nobodys_answer_is_weather() -> None:
    with slack_server() as server:
        gone = server.url
    alerts = SlackAlerts(lambda: f"{gone}/services/{SECRET}", LOOK, loopback=True)

    with pytest.raises(TryLater, match=r"cannot be reached \(ConnectionRefusedError\)") as caught:
        alerts.send(DIGEST)
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_url_is_fetched_once(server: CloudServer) -> None:
    fetched: list[str] = []

    def fetch() -> str:
        fetched.append(server.url + PATH)
        return fetched[-1]

    alerts = SlackAlerts(fetch, LOOK, loopback=True)
    assert [] == fetched
    for _ in range(3):
        alerts.send(DIGEST)

    assert 1 == len(fetched)


def test_a_revoked_url_is_fetched_anew(server: CloudServer) -> None:
    urls = iter([f"{server.url}/services/old", server.url + PATH])
    alerts = SlackAlerts(lambda: next(urls), LOOK, loopback=True)

    with pytest.raises(Trouble, match="no_service"):
        alerts.send(DIGEST)
    alerts.send(DIGEST)

    assert 2 == len(server.asked)


def test_nothing_logs_the_url_even_at_the_lowest_level(
    alerts: SlackAlerts, server: CloudServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    alerts.send(DIGEST)
    server.fail(PATH, AWAY)
    with pytest.raises(TryLater):
        alerts.send(DIGEST)

    assert PATH not in caplog.text


def test_a_webhook_of_slack_is_one() -> None:
    assert GOOD == checked(GOOD, loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        SECRET,
        f"http://hooks.slack.com/services/{SECRET}",
        f"https://hooks.slack.com.evil.invalid/services/{SECRET}",
        f"https://evil.invalid/hooks.slack.com/services/{SECRET}",
        f"https://hooks.slack.com@evil.invalid/services/{SECRET}",
        f"https://me:{SECRET}@hooks.slack.com/services/x",
        f"https://hooks.slack.com:8443/services/{SECRET}",
        f"https://hooks.slack.com:x/services/{SECRET}",
        f"https://hooks.slack.com/workflows/{SECRET}",
        f"https://169.254.169.254/services/{SECRET}",
        f"http://127.0.0.1/services/{SECRET}",
        f"https://[::1/services/{SECRET}",
        f"file:///services/{SECRET}",
    ],
)
def test_another_url_is_none_and_is_not_repeated(url: str) -> None:
    with pytest.raises(Trouble, match=r"should begin with https://hooks\.slack\.com/") as caught:
        checked(url, loopback=False)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://localhost/services/x", "http://10.0.0.1/services/x", "ftp://127.0.0.1/x"]
)
def test_only_an_address_of_this_machine_may_stand_in(url: str) -> None:
    with pytest.raises(Trouble, match="no URL of an incoming webhook"):
        checked(url, loopback=True)


def test_the_line_for_phones_holds_no_link_and_no_mention() -> None:
    assert "&lt;!channel&gt; &amp;" == escaped("<!channel> &")
