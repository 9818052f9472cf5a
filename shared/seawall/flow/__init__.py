"""The order in which things happen, over Protocols.

Comes in: sources, and the time. Goes out: one result for each source, none lost. Must never: know
an SDK, a queue or a file; read a clock; or let one cluster end the others' scan.
"""
