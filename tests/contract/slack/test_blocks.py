"""Block Kit: within Slack's limits whatever a fleet holds, and nothing in it is obeyed."""

from dataclasses import replace
from typing import Any

import pytest
from tests.fleets import digest_of
from tests.hostile import HOSTILE

from seawall.demo.slack_server import texts
from seawall.model.digest import Digest
from seawall.report.digest import digest_lines
from seawall.report.slack_blocks import (
    MOST_BLOCKS,
    MOST_HEADER,
    MOST_IN_ALL,
    MOST_SECTION,
    slack_blocks,
    slack_headline,
)

models: Any = pytest.importorskip(
    "slack_sdk.models.blocks", reason="NOT RUN: slack_sdk is not installed"
)


def many(groups: int, places: int = 1, text: str = "open") -> Digest:
    digest = digest_of(text, places=places)
    return replace(digest, groups=digest.groups[:1] * groups)


DIGESTS = {
    "small": digest_of(),
    "many places": digest_of(places=5_000),
    "many groups": many(500),
    "large groups": many(40, places=9),
    "long texts": many(60, places=30, text="x" * 2_000),
    "what takes two units": many(30, places=30, text="🐙" * 2_000),
}


@pytest.mark.parametrize("name", DIGESTS)
def test_a_message_is_within_slacks_limits(name: str) -> None:
    blocks = slack_blocks(DIGESTS[name])
    told = list(texts({"blocks": blocks}))

    assert 3 <= len(blocks) <= MOST_BLOCKS
    assert sum(len(text) for _, text in told) <= MOST_IN_ALL
    assert all(0 < len(text) <= MOST_SECTION for _, text in told)
    assert all(len(text) <= MOST_HEADER for kind, text in told if kind == "header")


@pytest.mark.parametrize("name", DIGESTS)
def test_slacks_own_models_know_every_block(name: str) -> None:
    blocks = slack_blocks(DIGESTS[name])
    parsed = models.Block.parse_all(blocks)
    for block in parsed:
        block.validate_json()

    assert blocks == [block.to_dict() for block in parsed]


def test_a_small_digest_is_told_whole() -> None:
    lines = [line for line in digest_lines(DIGESTS["small"]) if line]
    told = [text for _, text in texts({"blocks": slack_blocks(DIGESTS["small"])})]

    assert lines == [line for text in told for line in text.split("\n")]


def test_what_does_not_fit_is_counted() -> None:
    *_, more, signed = slack_blocks(DIGESTS["many groups"])
    shown = len(slack_blocks(DIGESTS["many groups"])) - 3
    groups = sum(1 for line in digest_lines(DIGESTS["many groups"]) if not line)

    assert f"... and {groups - shown} more groups that did not fit here." in str(more)
    assert "digest d1)" in str(signed)


def test_lines_that_do_not_fit_into_a_section_are_counted() -> None:
    blocks = slack_blocks(many(1, places=11, text="x" * 2_000))
    long = next(str(each) for each in blocks if "more line" in str(each))
    shown = sum("x" * 50 in line for line in long.split("\\n"))

    assert "... and " in long
    assert 0 < shown < 11


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_cluster_says_stands_in_plain_text_alone(name: str) -> None:
    digest = digest_of(HOSTILE[name])
    blocks: list[Any] = slack_blocks(digest)

    for block in blocks:
        for element in [*block.get("elements", []), *([block["text"]] if "text" in block else [])]:
            assert ("plain_text", False) == (element["type"], element["emoji"])


@pytest.mark.parametrize("name", HOSTILE)
def test_the_line_for_phones_has_our_words_alone(name: str) -> None:
    assert slack_headline(digest_of()) == slack_headline(digest_of(HOSTILE[name]))


def test_there_is_nothing_to_show_of_an_empty_digest() -> None:
    nothing = replace(digest_of(), summaries=(), groups=(), notices=())

    assert [] == slack_blocks(nothing)
    assert "Seawall: nothing to tell" == slack_headline(nothing)
