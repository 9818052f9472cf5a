"""The door to one cluster: short-lived, verified, bounded in time and bytes.

Comes in: a `Door` and `Limits`, or a record and our login at its cloud, which make a door (`eks`,
`gke`, `aks`). Goes out: a `Reader` (`open_reader`: GET and the self-subject reviews), the JSON it
read as bytes, and errors named by what the caller does next. Must never: follow a redirect, trust
an unverified server, wait or read without a bound, put a credential into a text, or hand out the
`Writer`: `writer` is imported by the one module that applies changes.
"""

from seawall.connect.limits import Limits
from seawall.connect.reader import Reader, Review, open_reader

__all__ = ["Limits", "Reader", "Review", "open_reader"]
