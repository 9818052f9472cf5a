"""One set of findings, every format.

Comes in: what was judged, and what could not be. Goes out: documents, lines and tables with the
same findings in each. Must never: decide anything, drop what was not seen, or hand text from a
cluster to a sink that would obey it.
"""
