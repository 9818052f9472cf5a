"""Exit codes, and the errors that lead to them.

Incomplete beats findings: a scan that missed half of a fleet must not look like one that found
only this. Usage errors have a code of their own, so that no gate takes a typing error for findings.
"""

from enum import IntEnum


class Exit(IntEnum):
    """What a script learns from `$?`."""

    OK = 0
    INCOMPLETE = 1
    FINDINGS = 2
    TROUBLE = 3
    USAGE = 5
    INTERRUPTED = 130
