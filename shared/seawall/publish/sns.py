"""Alerts over an SNS topic: a mail in plain text, a card for chat by Amazon Q Developer.

With MessageStructure=json each protocol gets a text of its own (API_Publish). Amazon Q shows what
arrives in its schema for custom notifications, and drops all else without a word
(docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from seawall.clouds.aws import Aws, patient, translated
from seawall.model.digest import Digest
from seawall.model.errors import NoEntry, Trouble

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

MOST_SUBJECT: Final = 99
"""API_Publish: less than 100 characters, no line breaks and no control characters."""
MOST_BYTES: Final = 250_000
"""256 KiB for the message as it is sent, all protocols together; some room is left."""
MOST_CHAT: Final = 8_000
"""Characters of a card: more is read elsewhere, and no chat shows it."""
MOST_TITLE: Final = 250
MOST_CLUSTERS: Final = 20
TURNED: Final = str.maketrans({"`": "'", "<": "\u2039", ">": "\u203a", "&": "+", "\u2028": " "})
"""A fence of backticks is no fence if it can be closed, and a chat may obey <...> even within."""

Lines = Callable[[Digest], Sequence[str]]


Carried = Callable[[Digest], str]
"""How a function that subscribes is given a digest (`publish.digests` knows)."""


def open_topic(
    aws: Aws, topic: str, lines: Lines, *, fleet: str, carried: Carried | None = None
) -> "SnsAlerts":
    """The topic by its ARN; it is first asked when it is first used.

    Raises:
        Trouble: There are no credentials, or no boto3.
    """
    session = aws.session()
    with translated("SNS"):
        client = session.client("sns", config=patient())
    return SnsAlerts(client, topic, lines, fleet=fleet, carried=carried)


class SnsAlerts:
    """The port `Alerts` over one topic.

    Args:
        client: Of the topic's region.
        topic: Its ARN.
        lines: A digest in words, a line each, the headline first; safe for a terminal.
        fleet: Its cards stand in one thread.
        carried: What functions get that subscribe to it; None: what everybody gets.
    """

    def __init__(
        self,
        client: "SNSClient",
        topic: str,
        lines: Lines,
        *,
        fleet: str,
        carried: Carried | None = None,
    ) -> None:
        self._client, self._topic, self._lines, self._fleet = client, topic, lines, fleet
        self._carried = carried

    def send(self, digest: Digest) -> None:
        """Publish it.

        Raises:
            TryLater: SNS is busy or away.
            Trouble: This role may not publish there, or there is no such topic.
        """
        lines = self._lines(digest)
        carried = self._carried(digest) if self._carried else ""
        with self._asked():
            self._client.publish(
                TopicArn=self._topic,
                Subject=subject(lines[0] if lines else ""),
                MessageStructure="json",
                Message=message(digest, lines, fleet=self._fleet, carried=carried),
            )

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            with translated(f"SNS Publish to {self._topic}"):
                yield
        except NoEntry as error:
            raise Trouble(
                f"{error}; is that the topic of this stack, and may this role publish to it?"
            ) from error


def subject(headline: str) -> str:
    """What a mail is headed by: ASCII in one line, and something in any case."""
    words = "".join(c if c.isascii() and c.isprintable() else " " for c in headline).split()
    return " ".join(words)[:MOST_SUBJECT].strip() or "Seawall"


def message(digest: Digest, lines: Sequence[str], *, fleet: str, carried: str = "") -> str:
    """The message of all protocols, cut so that SNS takes it."""
    chat = json.dumps(card(digest, lines, fleet=fleet))
    functions = {"lambda": carried} if carried else {}
    most = len(lines)
    while True:
        mail = "\n".join(cut(lines, most)) or "Seawall"
        text = json.dumps({"default": chat, "email": mail, **functions})
        if len(text) <= MOST_BYTES or not most:  # all ASCII: json escapes the rest
            return text
        most //= 2


def cut(lines: Sequence[str], most: int) -> list[str]:
    """The first of them, how many are left out, and the last one, which names the digest."""
    left = len(lines) - most - 1
    if left <= 0:
        return list(lines)
    return [*lines[:most], f"... and {left} more lines", lines[-1]]


def card(digest: Digest, lines: Sequence[str], *, fleet: str) -> dict[str, object]:
    """A digest in the schema of Amazon Q Developer. What a cluster says stands within a fence."""
    headline, *told = lines or ["Seawall"]
    most = len(told)
    while sum(len(line) + 1 for line in cut(told, most)) > MOST_CHAT:
        most = most * 3 // 4
    fenced = "\n".join(cut(told, most)).translate(TURNED)
    clusters = sorted({place[0] for group in digest.groups for place in group.places})
    return {
        "version": "1.0",
        "source": "custom",
        "id": digest.id,
        "content": {
            "textType": "client-markdown",
            "title": headline.translate(TURNED)[:MOST_TITLE],
            "description": f"```\n{fenced}\n```",
        },
        "metadata": {
            "threadId": f"seawall-{fleet}",
            "summary": headline.translate(TURNED)[:MOST_TITLE],
            "eventType": "seawall-digest",
            "relatedResources": [_word(cluster) for cluster in clusters[:MOST_CLUSTERS]],
            "additionalContext": {"run": digest.run, "digest": digest.id, "fleet": fleet},
        },
    }


def _word(cluster: str) -> str:
    """A cluster's key as a chat may show it."""
    return "".join(c if c.isprintable() else " " for c in cluster[:MOST_TITLE]).translate(TURNED)
