"""A topic: a mail that a person can read, and a card that Amazon Q Developer shows."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from tests.contract.aws.answers import Answer, always, session
from tests.fleets import digest_of
from tests.hostile import HOSTILE

from seawall.clouds.aws import Aws
from seawall.model.digest import Digest
from seawall.model.errors import SeawallError, Trouble, TryLater
from seawall.publish.sns import (
    MOST_BYTES,
    MOST_CHAT,
    SnsAlerts,
    card,
    cut,
    message,
    open_topic,
    subject,
)
from seawall.report.digest import digest_lines

TOPIC = "arn:aws:sns:eu-central-1:123456789012:digests"
DIGEST = digest_of()


def parts(digest: Digest) -> tuple[dict[str, Any], str]:
    """The card and the mail."""
    told = json.loads(message(digest, digest_lines(digest), fleet="prod"))
    assert {"default", "email"} == told.keys()
    return json.loads(told["default"]), told["email"]


def test_a_mail_has_the_words_of_the_digest() -> None:
    _, mail = parts(DIGEST)

    assert "\n".join(digest_lines(DIGEST)) == mail


def test_a_card_is_in_the_schema_for_custom_notifications() -> None:
    made, _ = parts(DIGEST)

    assert ("1.0", "custom", "d1") == (made["version"], made["source"], made["id"])
    assert {"textType", "title", "description"} == made["content"].keys()
    assert "client-markdown" == made["content"]["textType"]
    assert digest_lines(DIGEST)[0] == made["content"]["title"]
    assert "seawall-prod" == made["metadata"]["threadId"]
    assert {"threadId", "summary", "eventType", "relatedResources", "additionalContext"} == made[
        "metadata"
    ].keys()


@pytest.mark.parametrize("places", [1, 200])
@pytest.mark.parametrize("text", ["open", "<!channel>" * 100, "🐙" * 1_000])
def test_a_message_is_within_what_sns_takes(places: int, text: str) -> None:
    digest = digest_of(text, places=places)
    many = replace(digest, groups=digest.groups * 100)
    lines = digest_lines(many)
    made, mail = parts(many)

    assert len(message(many, lines, fleet="prod").encode()) <= MOST_BYTES
    assert len(str(made["content"]["description"])) <= MOST_CHAT + 10
    assert lines[-1] == mail.splitlines()[-1]


def test_what_is_cut_is_counted_and_the_digest_is_named_all_the_same() -> None:
    lines = [str(number) for number in range(10)]

    assert ["0", "1", "... and 7 more lines", "9"] == cut(lines, 2)
    assert lines == cut(lines, 9)
    assert ["... and 9 more lines", "9"] == cut(lines, 0)
    assert [] == cut([], 0)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_cluster_says_is_obeyed_by_no_chat(name: str) -> None:
    made = card(digest_of(HOSTILE[name]), digest_lines(digest_of(HOSTILE[name])), fleet="prod")
    content = made["content"]
    assert isinstance(content, dict)
    before, fenced, after = content["description"].split("```")

    assert ("", "") == (before, after)
    assert not set("<>&`") & set(fenced + content["title"])
    assert not set("<>&`") & set(json.dumps(made["metadata"]))


@pytest.mark.parametrize(
    "headline, expected",
    [
        pytest.param("Seawall: 3 opened", "Seawall: 3 opened", id="words"),
        pytest.param("a\r\nBcc: x@evil.invalid\x00", "a Bcc: x@evil.invalid", id="a header"),
        pytest.param("ü🐙\u202e", "Seawall", id="nothing that SNS takes"),
        pytest.param("", "Seawall", id="nothing"),
        pytest.param("x" * 200, "x" * 99, id="too long"),
        pytest.param(f"{'x' * 98} y", "x" * 98, id="a space at the end"),
    ],
)
def test_a_subject_is_one_short_line(headline: str, expected: str) -> None:
    assert expected == subject(headline)


def test_a_digest_is_published_with_its_structure() -> None:
    bodies: list[str] = []

    def answer(request: AWSPreparedRequest) -> Answer:
        bodies.append(str(request.body))
        return 200, "<PublishResponse><PublishResult/></PublishResponse>"

    client = session({"sns.Publish": answer}).client("sns")
    SnsAlerts(client, TOPIC, digest_lines, fleet="prod").send(DIGEST)

    assert "MessageStructure" in bodies[0]
    assert "Subject" in bodies[0]


@pytest.mark.parametrize(
    "status, code, expected",
    [
        pytest.param(400, "Throttled", Trouble, id="no throttle that SNS documents"),
        pytest.param(429, "ThrottledException", TryLater, id="throttled"),
        pytest.param(500, "InternalError", TryLater, id="its own fault"),
        pytest.param(403, "AuthorizationError", Trouble, id="denied"),
        pytest.param(404, "NotFound", Trouble, id="no topic"),
    ],
)
def test_a_refusal_is_named_by_what_to_do_next(
    status: int, code: str, expected: type[SeawallError]
) -> None:
    body = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"
    client = session({"sns.Publish": always(status, body)}).client(
        "sns", config=Config(retries={"total_max_attempts": 1})
    )

    with pytest.raises(expected, match=f"SNS Publish to {TOPIC}"):
        SnsAlerts(client, TOPIC, digest_lines, fleet="prod").send(DIGEST)


def test_the_topic_is_opened_without_asking_for_anything() -> None:
    asked: list[str] = []

    open_topic(Aws(lambda: session({}, asked)), TOPIC, digest_lines, fleet="prod")

    assert [] == asked
