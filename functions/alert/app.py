"""Alert: each minute a run that is due is closed and told of; the topic's notices go to Slack."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from seawall.invoke.telling import tell
from seawall.wiring.aws import alert_on_aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from seawall.invoke.asking import Answer
    from seawall.invoke.benches import AlertBench

logger, metrics = Logger(), Metrics(namespace="Seawall")


def door(bench: Callable[[], "AlertBench"]) -> Callable[[object, "LambdaContext"], "Answer"]:
    """The handler; a notice that it raises at comes again, and in the end lies in Undelivered."""

    @metrics.log_metrics
    def handle(event: object, context: "LambdaContext") -> "Answer":
        logger.set_correlation_id(context.aws_request_id)
        metrics.add_metric(name="calls", unit=MetricUnit.Count, value=1)
        told = tell(event, bench, now=datetime.now(UTC))
        for name in ("closed", "told", "untold", "forwarded"):
            metrics.add_metric(name=name, unit=MetricUnit.Count, value=told.counts.get(name, 0))
        if told.counts.get("untold"):
            logger.warning("untold", extra={"answer": told.answer})
        elif any(told.counts.values()):
            logger.info("told", extra={"answer": told.answer})
        return told.answer

    return handle


handler = door(cache(alert_on_aws))
