"""Which paths may be asked for: names inside them come from the cluster, and are not trusted."""

import re

from seawall.model.errors import NoEntry

# RFC 3986 section 3.3 without percent-encoding: no Kubernetes name in a path needs any.
_PLAIN = re.compile(r"(/[A-Za-z0-9._:~-]+)+")


def checked(path: str) -> str:
    """The path itself, if it can only mean what it says.

    Raises:
        NoEntry: It has empty or dot segments, or characters that servers read differently.
    """
    if not _PLAIN.fullmatch(path) or not {".", ".."}.isdisjoint(path.split("/")):
        raise NoEntry("the cluster uses a name that cannot be part of an API path")
    return path
