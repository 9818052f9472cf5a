"""Runs ministack, mended where this stack needs more truth. Its own environment's Python runs this.

It leans on private names of exactly the version that requirements/ministack.txt pins; every repair
first looks whether what it replaces is there. Without them:
- ListClusters gives the first 100 clusters of a region and no `nextToken`
  (docs.aws.amazon.com/eks/latest/APIReference/API_ListClusters.html says at most 100 a page);
- DescribeCluster names an endpoint at which nothing listens, and no authority. A cluster's tags
  `seawall-endpoint` and `seawall-ca` (the path of a PEM file) say where the demo server is;
- a number that a template takes from a parameter stays a text, and a mapping of a queue whose
  MaximumConcurrency is one is never polled. CloudFormation makes a number of it;
- a batch of messages asks for a permission of its own, which IAM does not know: who may send one
  may send many (docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html);
- a topic invokes a function once. SNS invokes it asynchronously: it is tried again, then goes to
  whoever takes failures (docs.aws.amazon.com/lambda/latest/dg/with-sns.html).
"""

import base64
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

# It is in an environment of its own: for whoever checks types in ours its modules are unknown.
eks: Any = import_module("ministack.services.eks")
iam: Any = import_module("ministack.core.iam_actions")
functions: Any = import_module("ministack.services.lambda_svc")
sns: Any = import_module("ministack.services.sns")
app: Any = import_module("ministack.app")  # ministack.__main__ would start a second server

MOST_A_PAGE: Final = 100
ENDPOINT: Final = "seawall-endpoint"
AUTHORITY: Final = "seawall-ca"

sanitized = eks._sanitize  # noqa: SLF001  what is mended is private
action_of = iam.extract_iam_action
concurrency = functions._sqs_esm_concurrency  # noqa: SLF001  as above
for part, name in (
    (eks, "_list_clusters"),
    (eks, "_clusters"),
    (app, "_port_is_bindable"),
    (sns, "_deliver_to_lambda"),
):
    getattr(part, name)  # it is there, or this is another version


def list_clusters(query: dict[str, str]) -> object:
    """A page of the names, and where the next one begins."""
    names = sorted(eks._clusters.keys())  # noqa: SLF001  as above
    most = min(int(query.get("maxResults", MOST_A_PAGE)), MOST_A_PAGE)
    start = int(query.get("nextToken", 0))
    more = {"nextToken": str(start + most)} if start + most < len(names) else {}
    return eks._json_resp(200, {"clusters": names[start : start + most], **more})  # noqa: SLF001  as above


def with_endpoint(cluster: dict[str, Any]) -> dict[str, Any]:
    """What DescribeCluster says, with the endpoint and the authority that its tags name."""
    said: dict[str, Any] = dict(sanitized(cluster))
    tags = said.get("tags") or {}
    if ENDPOINT in tags:
        said["endpoint"] = tags[ENDPOINT]
        pem = Path(tags[AUTHORITY]).read_bytes()
        said["certificateAuthority"] = {"data": base64.b64encode(pem).decode()}
    return said


def concurrency_of_numbers(mapping: dict[str, Any], *words: object) -> object:
    """How many batches of a queue may be worked at, whatever the type it was given in."""
    scaling = mapping.get("ScalingConfig")
    if scaling and "MaximumConcurrency" in scaling:
        scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
    return concurrency(mapping, *words)


def action_that_iam_knows(service: str, *words: object, **named: object) -> object:
    """What a caller must be allowed to do."""
    action = action_of(service, *words, **named)
    return str(action).removesuffix("Batch") if service == "sqs" and action else action


def told_to_function(
    function: str, envelope: str, _topic: str, subscription: str, *_: object
) -> None:
    """What a topic says, on its way to a function."""
    found, settings, _ = functions._get_func_record_for_ref(function)  # noqa: SLF001  as above
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": json.loads(envelope),
    }
    made = functions._execution_record_for_config(found, settings)  # noqa: SLF001  as above
    functions.invoke_async_with_retry(made, {"Records": [record]})


def never(*_: object) -> bool:
    """With TLS it would listen at 443 as well, for Cognito."""
    return False


app._port_is_bindable = never  # noqa: SLF001  as above
eks._list_clusters, eks._sanitize = list_clusters, with_endpoint  # noqa: SLF001  as above
iam.extract_iam_action = action_that_iam_knows
sns._deliver_to_lambda = told_to_function  # noqa: SLF001  as above
functions._sqs_esm_concurrency = concurrency_of_numbers  # noqa: SLF001  as above

if __name__ == "__main__":
    sys.exit(app.main())
