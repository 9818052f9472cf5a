"""Waits for what must come true, never longer than said."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

BETWEEN_S = 0.2


def until(found: Callable[[], Found | None], what: str, within_s: float) -> Found:
    """What `found` gives as soon as it gives anything; what is empty or False is nothing.

    Raises:
        TimeoutError: It did not come true; the text says what was waited for.
    """
    end = time.monotonic() + within_s
    while True:
        if value := found():
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"not within {within_s:g} s: {what}")
        time.sleep(BETWEEN_S)
