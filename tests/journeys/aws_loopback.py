"""AWS on the loopback interface, for processes of their own: moto answers, as far as it can.

What moto needs other packages for is answered here: CloudFormation's DescribeStacks, and who
signed a token of EKS.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest
from moto.core.models import botocore_stubber

REGION, ACCOUNT = "eu-central-1", "123456789012"
PERSON = "ada"
Answer = tuple[int, bytes, dict[str, str]]

IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/{PERSON}/session</Arn><Account>{ACCOUNT}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
_SCOPE = re.compile(r"Credential=[^/]+/[0-9]+/[^/]+/([a-z0-9]+)/aws4_request")


class Loopback:
    """What is answered; `stacks` are the parameters and outputs by name, `denied` the calls."""

    def __init__(self) -> None:
        self.stacks: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
        self.denied: set[str] = set()
        self.url = ""
        self._turn = Lock()  # moto is not safe for threads

    @property
    def environment(self) -> dict[str, str]:
        """For a process whose AWS this is."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """What the service says that the request was signed for."""
        if "Action=GetCallerIdentity" in path:
            return 200, IDENTITY.encode(), {}
        signed = _SCOPE.search(headers.get("Authorization", ""))
        service = signed[1] if signed else ""
        if service == "cloudformation":
            return self._stack(parse_qs(body.decode())["StackName"][0])
        call = headers.get("X-Amz-Target", "").rpartition(".")[2] or f"{service}:{method}"
        if call in self.denied:
            said = b'{"__type": "AccessDeniedException", "message": "ada may not, dynamodb:x"}'
            return 400, said, {"Content-Type": "application/x-amz-json-1.0"}
        url = f"https://{service}.{REGION}.amazonaws.com{path}"
        request: Any = AWSPreparedRequest(method, url, headers, body, stream_output=False)  # type: ignore[arg-type]  # a plain dict does
        with self._turn:
            given: Any = botocore_stubber("before-send", request)
        return given.status_code, given.content, dict(given.headers)

    def _stack(self, name: str) -> Answer:
        if "cloudformation" in self.denied:
            return 403, _error("AccessDenied", "ada may not, cloudformation:DescribeStacks"), {}
        if name not in self.stacks:
            return 400, _error("ValidationError", f"Stack with id {name} does not exist"), {}
        parameters, outputs = self.stacks[name]
        body = (
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"
            f"<StackName>{name}</StackName><Parameters>{_members('Parameter', parameters)}"
            f"</Parameters><Outputs>{_members('Output', outputs)}</Outputs>"
            "</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        )
        return 200, body.encode(), {}


def _members(kind: str, said: dict[str, str]) -> str:
    return "".join(
        f"<member><{kind}Key>{name}</{kind}Key><{kind}Value>{value}</{kind}Value></member>"
        for name, value in said.items()
    )


def _error(code: str, text: str) -> bytes:
    said = f"<Code>{code}</Code><Message>{text}</Message>"
    return f"<ErrorResponse><Error>{said}</Error></ErrorResponse>".encode()


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Listens until the block ends; moto must be on."""
    aws = Loopback()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(aws))
    server.daemon_threads = True
    aws.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(aws: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _reply(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name: value for name, value in self.headers.items() if name != "Host"}
            headers["Host"] = urlsplit(aws.url).netloc
            said = aws.answer(self.command, self.path, headers, self.rfile.read(length))
            status, body, more = said
            self.send_response(status)
            for name, value in more.items():
                if name.lower() not in {"content-length", "server", "date", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = _reply  # noqa: N815  its base's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401  its base's
            """Say nothing."""

    return Handler
