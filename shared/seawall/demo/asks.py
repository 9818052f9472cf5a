"""One request of somebody who is known, as the server's parts hand it to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from seawall.demo.access import User


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a known user."""

    user: User
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    accept: str = ""
    accept_encoding: str = ""
    body: bytes = b""
    content_type: str = ""
    user_agent: str = ""
