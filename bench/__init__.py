"""Benchmarks: each prints a ratio to a named alternative. Results: docs/performance.md.

In: nothing but a seed. Out: a report on stdout. Never: a timed test, or a promise kept by luck.
"""
