"""Alerts over an incoming webhook of Slack. Its URL is a secret: whoever has it can post.

docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
"""

import ipaddress
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from seawall.clouds.told import lacking, shown
from seawall.model.digest import Digest
from seawall.model.errors import SeawallError, Trouble, TryLater

if TYPE_CHECKING:
    from slack_sdk.webhook import WebhookResponse

HOST: Final = "hooks.slack.com"
CALL_S: Final = 10
MOST_WAIT_S: Final = 20.0
"""A longer Retry-After is left to whoever sends again later."""

OK: Final = 200
TOO_MANY: Final = 429
SERVER_FAULT: Final = 500
GONE: Final = frozenset({401, 403, 404, 410})

_SILENT: Final = logging.Logger("seawall.publish.slack", logging.CRITICAL + 1)  # noqa: LOG001  see below
"""For slack_sdk, which would write the URL into its log; it is no part of the tree of loggers."""


@dataclass(frozen=True, slots=True)
class SlackLook:
    """What a digest looks like (`report.slack_blocks` knows): its blocks, and a line for phones."""

    blocks: Callable[[Digest], Sequence[Mapping[str, object]]]
    headline: Callable[[Digest], str]


class SlackAlerts:
    """The port `Alerts` over one webhook.

    Args:
        url: Gives the webhook's URL; asked at the first digest, and anew after Slack refused it.
        look: What a digest looks like.
        loopback: A server on this machine may stand in for Slack.
        pause: Waits so many seconds.
    """

    def __init__(
        self,
        url: Callable[[], str],
        look: SlackLook,
        *,
        loopback: bool = False,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._fetch, self._look, self._loopback, self._pause = url, look, loopback, pause
        self._lock = Lock()
        self._known = ""

    def send(self, digest: Digest) -> None:
        """Post it.

        Raises:
            TryLater: Slack is busy or away, or asks to wait for longer than is sensible here.
            Trouble: The webhook is none, or was revoked; or slack_sdk is not installed.
        """
        with self._lock:
            url = self._known = self._known or checked(self._fetch(), loopback=self._loopback)
            said = self._posted(url, digest)
            wait_s = _wait_s(said)
            if wait_s is not None and wait_s <= MOST_WAIT_S:
                self._pause(wait_s)
                said = self._posted(url, digest)
            if said.status_code in GONE:
                self._known = ""
            if said.status_code != OK or said.body.strip() != "ok":
                raise _refused(said)

    def _posted(self, url: str, digest: Digest) -> "WebhookResponse":
        try:
            from slack_sdk.webhook import WebhookClient
        except ModuleNotFoundError as error:
            raise lacking(error, "slack") from error
        client = WebhookClient(url, timeout=CALL_S, logger=_SILENT, retry_handlers=[])
        body = {
            "text": escaped(self._look.headline(digest)),
            "blocks": [dict(each) for each in self._look.blocks(digest)],
            "unfurl_links": False,
            "unfurl_media": False,
        }
        try:
            return client.send_dict(body)
        except Exception as error:  # noqa: BLE001  # edge: whatever broke, its text may hold the URL
            name = type(getattr(error, "reason", error)).__name__
            raise TryLater(f"Slack cannot be reached ({name}); the digest is sent again") from None


def checked(url: str, *, loopback: bool) -> str:
    """The URL, if it is a webhook of Slack's.

    Raises:
        Trouble: It is not. The text does not repeat it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Trouble(_NO_WEBHOOK) from None
    if loopback and parts.scheme in {"http", "https"} and _is_loopback(host):
        return url
    named = (parts.scheme, host, port or 443, parts.username, parts.password)
    if named != ("https", HOST, 443, None, None) or not parts.path.startswith("/services/"):
        raise Trouble(_NO_WEBHOOK)
    return url


_NO_WEBHOOK: Final = (
    f"the secret holds no URL of an incoming webhook: it should begin with https://{HOST}/services/"
    "; copy it from the Slack app's page `Incoming Webhooks`"
)


def escaped(text: str) -> str:
    """For mrkdwn (docs.slack.dev/messaging/formatting-message-text): no link and no mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _wait_s(said: "WebhookResponse") -> float | None:
    """How long Slack asks to wait; None: it does not. What is no number is too long."""
    if said.status_code != TOO_MANY:
        return None
    asked = {name.lower(): value for name, value in said.headers.items()}.get("retry-after", "1")
    return float(asked) if asked.isascii() and asked.isdecimal() else float("inf")


def _refused(said: "WebhookResponse") -> SeawallError:
    """Slack says why in a word: no_service, invalid_blocks, channel_is_archived ..."""
    status, why = said.status_code, shown(said.body[:80])
    if status == TOO_MANY:
        return TryLater("Slack asks to wait (HTTP 429); the digest is sent again later")
    if status >= SERVER_FAULT:
        return TryLater(f"Slack is away (HTTP {status}); the digest is sent again later")
    if status == OK:
        return TryLater("what answered in Slack's place is not Slack; is there a proxy on the way?")
    if status in GONE:
        return Trouble(
            f"Slack does not know the webhook any more (HTTP {status} {why}); make a new one and "
            "put it into the secret"
        )
    return Trouble(
        f"Slack refused the message (HTTP {status} {why}); if it is not the channel, this is a bug "
        "in Seawall, please report it with this sentence"
    )
