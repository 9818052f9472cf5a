"""What a cloud function does with what woke it: one call of the flow, one answer.

In: an event as plain values (what a person typed in a console, a record of a queue, a tick of a
clock, a notice of a topic) and a bench of ports. Out: an answer in words, or a word for the
metrics. Never: imports an SDK, reads the environment, or decides anything about a cluster.
"""
