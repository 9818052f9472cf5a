"""Words of the fleet's reports: ages, times, counts, and texts that end somewhere."""

from datetime import UTC, datetime, timedelta

from seawall.report.text import for_terminal

NOTHING = "-"
"""Never scanned is no zero."""

MOST_CHARACTERS = 240
"""A cell ends here: a name has 253 at most, and only an attack or a stack trace has thousands."""

_UNITS = (
    (timedelta(days=2), timedelta(days=1), "d"),
    (timedelta(hours=2), timedelta(hours=1), "h"),
    (timedelta(minutes=2), timedelta(minutes=1), "min"),
    (timedelta(0), timedelta(seconds=1), "s"),
)
"""From how long on, in which unit."""


def age(then: datetime, now: datetime) -> str:
    """How long ago that was; a clock that went back is said, never hidden as "0 s"."""
    if then > now:
        return "ahead of this clock"
    passed = now - then
    size, unit = next((size, unit) for least, size, unit in _UNITS if passed >= least)
    return f"{passed // size} {unit} ago"


def moment(time: datetime) -> str:
    """A time in UTC to the second, as every document of Seawall has it."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def counted(number: int, noun: str, nouns: str = "") -> str:
    """`1 cluster`, `12 clusters`."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


def shown(text: str, most: int = MOST_CHARACTERS) -> str:
    """Untrusted text on one line, nothing in it that reorders or hides, and not without end."""
    found, step = "", most // 8 + 1  # in steps: what is shown as escapes is soon long enough
    for start in range(0, min(len(text), most + 1), step):
        found += for_terminal(text[start : start + step])
        if len(found) > most:
            return f"{found[:most]}... ({len(text)} characters)"
    return found
