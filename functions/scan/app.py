"""Scan: orders of a queue in, each cluster read and judged; a record that fails goes back alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from seawall.invoke.letters import Delivery, scan, why
from seawall.wiring.aws import scan_on_aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from seawall.invoke.benches import ScanBench

Event = dict[str, list[dict[str, object]]]

logger, metrics = Logger(), Metrics(namespace="Seawall")


def door(
    bench: Callable[[], "ScanBench"],
) -> Callable[[Event, "LambdaContext"], "PartialItemFailureResponse"]:
    """The handler; `bench` is asked at each call."""
    # A batch of which all failed is no failure of the function: a batch of one, too, goes back by
    # its list of failures, and the alarm on errors means errors.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

    @metrics.log_metrics
    def handle(event: Event, context: "LambdaContext") -> "PartialItemFailureResponse":
        logger.set_correlation_id(context.aws_request_id)
        found = bench()

        def carry_out(record: "SQSRecord") -> None:
            left_s = context.get_remaining_time_in_millis() / 1000
            outcome = "failed"
            try:
                letter = Delivery.of(record.raw_event, left_s=left_s)
                outcome = scan(letter, found, now=datetime.now(UTC))
            except Exception as error:
                logger.warning("failed", extra={"message_id": record.message_id, "why": why(error)})
                raise
            finally:
                metrics.add_metric(name=outcome, unit=MetricUnit.Count, value=1)

        return process_partial_response(
            event=event, record_handler=carry_out, processor=processor, context=context
        )

    return handle


handler = door(cache(scan_on_aws))
