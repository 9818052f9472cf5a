"""Remediate: hints of a FIFO queue in, plans of each cluster offered, applied or looked after.

A cluster is a group of the queue: after one of its hints failed, later ones wait for it.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response

from seawall.invoke.letters import Delivery, mend, why
from seawall.wiring.aws import mend_on_aws

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

    from seawall.invoke.benches import MendBench

Event = dict[str, list[dict[str, object]]]

logger, metrics = Logger(), Metrics(namespace="Seawall")


def door(
    bench: Callable[[], "MendBench"],
) -> Callable[[Event, "LambdaContext"], "PartialItemFailureResponse"]:
    """The handler; `bench` is asked at each call."""
    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    processor.raise_on_entire_batch_failure = False  # as for scans

    @metrics.log_metrics
    def handle(event: Event, context: "LambdaContext") -> "PartialItemFailureResponse":
        logger.set_correlation_id(context.aws_request_id)
        found = bench()

        def carry_out(record: "SQSRecord") -> None:
            left_s = context.get_remaining_time_in_millis() / 1000
            outcome = "failed"
            try:
                letter = Delivery.of(record.raw_event, left_s=left_s)
                outcome = mend(letter, found, now=datetime.now(UTC))
            except Exception as error:
                logger.warning("failed", extra={"message_id": record.message_id, "why": why(error)})
                raise
            finally:
                metrics.add_metric(name=outcome, unit=MetricUnit.Count, value=1)

        return process_partial_response(
            event=event, record_handler=carry_out, processor=processor, context=context
        )

    return handle


handler = door(cache(mend_on_aws))
