"""A local stand-in for an incoming webhook of Slack: says ok, refuses what Slack refuses.

What it refuses is what Slack documents or was seen to (https://docs.slack.dev/reference/block-kit);
`server.fail(PATH, WAIT)` and the like make it busy or away for the next messages.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from seawall.demo.cloud import Asked, CloudServer, Said

PATH = "/services/T000/B000/made-up"
MOST_BLOCKS = 50
MOST_TEXT = {"header": 150, "section": 3_000}
MOST_IN_ALL = 13_200

OK = Said(200, b"ok")
AWAY = Said(503, b"")
REVOKED = Said(404, b"no_service")


def wait(seconds: str) -> Said:
    """An answer that asks to wait."""
    return Said(429, b"rate_limited", (("Retry-After", seconds),))


@contextmanager
def slack_server() -> Iterator[CloudServer]:
    """The stand-in; its webhook is `server.url + PATH`."""
    with CloudServer(_answer) as server:
        yield server


def posted(server: CloudServer) -> list[dict[str, Any]]:
    """The messages that came, those that were not taken too."""
    return [json.loads(each.body) for each in server.asked]


def texts(message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each text of its blocks, with the type of the block."""
    for block in message["blocks"]:
        for element in [*block.get("elements", []), *([block["text"]] if "text" in block else [])]:
            yield block["type"], element["text"]


def _answer(asked: Asked) -> Said:
    if asked.path != PATH or asked.method != "POST":
        return REVOKED
    message = json.loads(asked.body)
    if not message.get("text"):
        return Said(400, b"no_text")
    told = list(texts(message))
    if sum(len(text) for _, text in told) > MOST_IN_ALL:
        return Said(400, b"msg_blocks_too_long")
    if len(message["blocks"]) > MOST_BLOCKS or any(
        not 0 < len(text) <= MOST_TEXT.get(kind, 3_000) for kind, text in told
    ):
        return Said(400, b"invalid_blocks")
    return OK
