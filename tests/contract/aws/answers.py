"""Answers of AWS given in the session itself, before anything is sent: no patch, no socket."""

import json
from collections.abc import Callable, Mapping
from http.client import HTTPMessage
from io import BytesIO
from typing import cast

from boto3 import Session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

Body = Mapping[str, object] | str
Answer = tuple[int, Body]
Answering = Callable[[AWSPreparedRequest], Answer]

ACCOUNT = "123456789012"
DENIED: Answer = (403, {"__type": "AccessDeniedException", "message": "not you, eks:ListClusters"})
GONE: Answer = (404, {"__type": "ResourceNotFoundException", "message": "no such cluster"})
PEM = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/x/y</Arn><Account>{ACCOUNT}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


class _Body(BytesIO):
    def stream(self, **_: object) -> "_Body":
        return self


def session(answers: Mapping[str, Answering], asked: list[str] | None = None) -> Session:
    """A session whose calls are answered by name, `eks.ListClusters`; others are refused."""
    made = Session("AKIDEXAMPLE", "not-a-secret", "not-a-token", region_name="eu-central-1")

    def answer(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        operation = event_name.removeprefix("before-send.")
        if asked is not None:
            asked.append(f"{operation} {request.url}")
        status, body = answers.get(operation, always(*DENIED))(request)
        text = body if isinstance(body, str) else json.dumps(body)
        return AWSResponse(
            request.url, status, cast(HTTPHeaders, HTTPMessage()), _Body(text.encode())
        )

    # What such a hook returns is the answer (botocore.httpsession is not asked); its type is older.
    made.events.register("before-send", cast(Callable[..., None], answer))
    return made


def always(status: int, body: Body) -> Answering:
    return lambda _: (status, body)


def regions(*names: str) -> dict[str, Answering]:
    """Who we are, and which regions are on."""
    on = [{"RegionName": name, "RegionOptStatus": "ENABLED_BY_DEFAULT"} for name in names]
    return {
        "sts.GetCallerIdentity": always(200, IDENTITY),
        "account.ListRegions": always(200, {"Regions": on}),
    }


def cluster(name: str, **more: object) -> Answer:
    told = {
        "name": name,
        "status": "ACTIVE",
        "version": "1.34",
        "endpoint": f"https://{name.upper()}.gr7.eu-central-1.eks.amazonaws.com",
        "certificateAuthority": {"data": PEM},
        **more,
    }
    return 200, {"cluster": told}
