"""A row of the table of data planes: what one state of one plug-in means, says who, until when.

A row is believed until `good_until`. After that day the verdict is UNKNOWN and says so: vendors
change what they enforce, and a table that nobody reads again must not go on saying yes. To renew a
row, read its source, set both dates, and run the cases in `tests/unit/analyse/enforcement`.
"""

import re
from dataclasses import dataclass
from datetime import date

from seawall.model.enforcement import Enforced, Plane

REVIEWED = date(2026, 11, 24)
GOOD_UNTIL = date(2027, 11, 30)

Version = tuple[int, ...]

_NUMBERS = re.compile(r"^v?(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Row:
    """One state of one data plane.

    Attributes:
        says: Why the verdict is what it is; `{version}` is filled in.
        since: The first version that this is true of; empty: whatever the version.
        before: The first version that this is no longer known of; empty: there is none.
        reviewed: When the source was last read.
        good_until: The last day on which the row is believed.
        caveats: What holds besides.
    """

    id: str
    plane: Plane
    enforced: Enforced
    says: str
    source: str
    since: Version = ()
    before: Version = ()
    caveats: tuple[str, ...] = ()
    reviewed: date = REVIEWED
    good_until: date = GOOD_UNTIL

    def covers(self, version: Version | None) -> bool:
        """Whether a version is within the range; where there is a range, no version is not."""
        if not (self.since or self.before):
            return True
        if version is None:
            return False
        return self.since <= version and not (self.before and version >= self.before)


def version_of(tag: str) -> Version | None:
    """The numbers an image tag begins with: `v1.18.2-eksbuild.1` is (1, 18, 2)."""
    found = _NUMBERS.match(tag)
    return tuple(map(int, found[1].split("."))) if found else None
