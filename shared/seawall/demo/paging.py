"""Lists in pieces: continue tokens, and pages cut from one view.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

import base64
import binascii
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

import msgspec

from seawall.demo.selectors import Predicate, everything
from seawall.demo.store import Held, View

TOKEN_KIND: Final = "meta.k8s.io/v1"  # noqa: S105  the format's name, not a secret
ANY_VERSION: Final = -1
"""In a token: carry on in whatever is there now, at the price of an inconsistent list."""

EXPIRED: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)


class BadTokenError(ValueError):
    """The continue token is none of ours."""


class Token(msgspec.Struct, frozen=True):
    """What a continue token says: the view's version and the first key that was not sent."""

    v: str
    rv: int
    start: str

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def token_from(source: str) -> Token:
    """Read a token that a client sent back."""
    try:
        raw = base64.urlsafe_b64decode(source + "=" * (-len(source) % 4))
        token = msgspec.json.decode(raw, type=Token)
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise BadTokenError(f"continue key is not valid: {error}") from error
    if token.v != TOKEN_KIND or not token.start:
        raise BadTokenError("continue key is not valid: incorrect encoded start key")
    return token


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list; `start` is where the next begins, `remaining` what is left if known."""

    items: tuple[Held, ...]
    start: str = ""
    remaining: int | None = None


def page_of(view: View, namespace: str, start: str, limit: int, wanted: Predicate) -> Page:
    """Cut the page that begins at `start`; a limit of 0 means everything.

    As in a real server the next page may be empty: whether more follows is decided by what is
    stored, not by what the selectors admit; and with selectors the remaining number is not known.
    """
    low, high = view.bounds(namespace)
    low = max(low, bisect_left(view.keys, start))
    if wanted is everything:
        cut = min(low + limit, high) if limit else high
        rest = high - cut
        return _page(view, view.items[low:cut], cut, rest, rest)
    picked: list[Held] = []
    while low < high and not (limit and len(picked) == limit):
        if wanted(view.items[low]):
            picked.append(view.items[low])
        low += 1
    return _page(view, tuple(picked), low, high - low, None)


def _page(view: View, items: tuple[Held, ...], cut: int, rest: int, remaining: int | None) -> Page:
    if not rest:
        return Page(items)
    return Page(items, view.keys[cut - 1] + "\0", remaining)
