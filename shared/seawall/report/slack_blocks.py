"""A digest as Block Kit, for a Slack channel: the words of a mail, within Slack's limits.

What a cluster says stands in `plain_text` alone, where nothing is a link, a mention or an emoji
(docs.slack.dev/reference/block-kit/composition-objects/text-object). The gravest comes first, so
that what does not fit is the least; how much that is, is said.
"""

from collections.abc import Iterator
from itertools import groupby

from seawall.model.digest import Digest
from seawall.report.digest import digest_lines
from seawall.report.fleet_text import counted

MOST_BLOCKS = 50
MOST_SECTION = 3_000
MOST_HEADER = 150
MOST_IN_ALL = 12_000
"""Characters of all blocks. Slack refuses about 13,200 (msg_blocks_too_long) and does not say so
in its reference."""

ROOM_FOR_MORE = 200
"""Characters kept free for the sentence on what was left out."""

Block = dict[str, object]


def slack_headline(digest: Digest) -> str:
    """What a phone shows before the message is opened; nothing in it comes from a cluster."""
    return _cut(next(iter(digest_lines(digest)), "Seawall: nothing to tell"), MOST_SECTION)


def slack_blocks(digest: Digest) -> list[Block]:
    """The blocks of a message; none for an empty digest."""
    lines = digest_lines(digest)
    if not lines:
        return []
    headline, *told, signed = lines
    paragraphs = ["\n".join(each) for each in _paragraphs(told)]
    room = MOST_IN_ALL - MOST_HEADER - len(signed) - ROOM_FOR_MORE
    shown = list(_fitting(paragraphs, room))
    left = len(paragraphs) - len(shown)
    more = [_section(f"... and {counted(left, 'more group')} that did not fit here.")]
    return [
        {"type": "header", "text": _plain(_cut(headline, MOST_HEADER))},
        *map(_section, shown),
        *(more if left else []),
        {"type": "context", "elements": [_plain(_cut(signed, MOST_SECTION))]},
    ]


def _paragraphs(lines: list[str]) -> Iterator[list[str]]:
    """What stands between empty lines: a group, the notices, the summaries."""
    for filled, some in groupby(lines, key=bool):
        if filled:
            yield list(some)


def _fitting(paragraphs: list[str], room: int) -> Iterator[str]:
    """From the first on, as many as there are blocks and characters for."""
    for text in paragraphs[: MOST_BLOCKS - 3]:
        short = _cut_lines(text)
        room -= len(short)
        if room < 0:
            return
        yield short


def _cut_lines(text: str) -> str:
    """Whole lines of it, as many as a section takes."""
    if len(text) <= MOST_SECTION:
        return text
    lines = text.split("\n")
    while len("\n".join(lines)) > MOST_SECTION - ROOM_FOR_MORE and len(lines) > 1:
        lines.pop()
    left = text.count("\n") + 1 - len(lines)
    kept = _cut("\n".join(lines), MOST_SECTION - ROOM_FOR_MORE)
    return f"{kept}\n  ... and {counted(left, 'more line')}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _section(text: str) -> Block:
    return {"type": "section", "text": _plain(text)}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
