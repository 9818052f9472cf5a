"""A server without a socket, and the requests that the tests of writing send to it."""

from typing import Any

import msgspec

from seawall.demo.access import User
from seawall.demo.answers import Api
from seawall.demo.asks import Ask
from seawall.demo.replies import Reply
from seawall.demo.resources import Json
from seawall.demo.store import Store

ADMIN = User("admin", groups=("system:masters",))
POLICIES = "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies"
DENY = f"{POLICIES}/deny"
SHOP: Json = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


class Desk:
    """Asks one server as somebody who may do everything."""

    def __init__(self, *objects: Json, finalises: bool = True) -> None:
        self.store = Store([SHOP, *objects], finalises=finalises)
        self.api = Api(self.store)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = b"",  # noqa: ANN401  JSON is any
        kind: str = "",
        **query: str,
    ) -> Reply:
        """Send anything; what is not bytes goes out as JSON."""
        sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
        ask = Ask(ADMIN, method, path, query, body=sent, content_type=kind, user_agent="test/1")
        return self.api.reply(ask)

    def apply(self, path: str, body: Any, manager: str = "one", **query: str) -> Reply:  # noqa: ANN401  as above
        """Apply on the server's side."""
        return self.ask("PATCH", path, body, APPLY, fieldManager=manager, **query)

    def read(self, path: str = DENY) -> Json:
        """The object at a path, which must be there."""
        reply = self.ask("GET", path)
        assert reply.status == 200, reply.body
        return body_of(reply)


def body_of(reply: Reply) -> Json:
    return msgspec.json.decode(reply.body, type=Json)


def policy(name: str = "deny", /, labels: Json | None = None, **spec: Any) -> Json:  # noqa: ANN401  JSON is any
    metadata = {"name": name} | ({"labels": labels} if labels is not None else {})
    head = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata}
    return {**head, "spec": {"podSelector": {}} | spec}


def owned(obj: Json) -> dict[str, Json]:
    """What each manager owns."""
    return {entry["manager"]: entry["fieldsV1"] for entry in obj["metadata"]["managedFields"]}
