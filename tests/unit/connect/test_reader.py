import json
from collections.abc import Callable

import pytest

from seawall.connect import Reader, Review
from seawall.demo.apiserver import ApiServer
from seawall.model.errors import NoEntry

Open = Callable[..., Reader]


@pytest.mark.parametrize(
    "review, spec, answer",
    [
        pytest.param(
            Review.ACCESS,
            {"resourceAttributes": {"verb": "list", "resource": "pods"}},
            ["status", "allowed"],
            id="access",
        ),
        pytest.param(Review.RULES, {"namespace": "shop"}, ["status", "resourceRules"], id="rules"),
    ],
)
def test_a_review_is_answered(
    review: Review, spec: dict[str, object], answer: list[str], opened: Open
) -> None:
    told = json.loads(opened().review(review, spec))
    for word in answer:
        told = told[word]

    assert told


def test_nothing_but_reviews_is_ever_posted(opened: Open, server: ApiServer) -> None:
    opened().review(Review.RULES, {"namespace": "shop"})

    posted = {entry.path for entry in server.journal.entries if entry.method != "GET"}
    assert posted <= {review.path for review in Review}
    assert [name for name in vars(Reader) if not name.startswith("_")] == ["get", "review", "close"]


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/v1/../../secrets", id="dot segments"),
        pytest.param("/api//v1", id="an empty segment"),
        pytest.param("/api/v1/pods?watch=1", id="a query"),
        pytest.param("/api/v1/pods#x", id="a fragment"),
        pytest.param("/api/v1/%2e%2e", id="an encoded dot"),
        pytest.param("/api/v1/pods\r\nX: y", id="a line break"),
        pytest.param("//evil.example/api", id="another host"),
        pytest.param("https://evil.example/api", id="a whole URL"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_path_that_may_mean_something_else_is_not_asked_for(
    path: str, opened: Open, server: ApiServer
) -> None:
    with pytest.raises(NoEntry, match="cannot be part of an API path"):
        opened().get(path)

    assert () == server.journal.entries
