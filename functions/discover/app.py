"""Discover: a schedule, or a person with {} in the console, in; orders of scans out."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from seawall.invoke.discovering import counts, discover
from seawall.wiring.aws import discover_on_aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from seawall.invoke.asking import Answer
    from seawall.invoke.benches import DiscoverBench

logger, metrics = Logger(), Metrics(namespace="Seawall")


def door(bench: Callable[[], "DiscoverBench"]) -> Callable[[object, "LambdaContext"], "Answer"]:
    """The handler; `bench` is asked at each call."""

    @metrics.log_metrics
    def handle(event: object, context: "LambdaContext") -> "Answer":
        logger.set_correlation_id(context.aws_request_id)
        metrics.add_metric(name="calls", unit=MetricUnit.Count, value=1)
        answer = discover(event, bench(), now=datetime.now(UTC))
        for name, number in counts(answer).items():
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
        logger.info("answered", extra={"answer": answer})
        return answer

    return handle


handler = door(cache(discover_on_aws))
