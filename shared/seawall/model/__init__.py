"""The nouns every room speaks.

Comes in: nothing; these are plain values. Goes out: frozen dataclasses, closed unions, sets that
obey the laws of algebra. Must never: read a file, a clock, the environment or a network.
"""
