"""The command line.

Comes in: arguments. Goes out: what was asked for on stdout, everything else on stderr, and an
exit code that a script can rely on. Must never: decide anything about a cluster, or import what
another verb needs.
"""

from seawall.cli.main import main

__all__ = ["main"]
