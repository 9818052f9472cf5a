"""Looks again after a change and compares with what was planned.

In: a plan, what the API server stored, and a new reading. Out: an Undo for `remediate.apply` to
carry out, or nothing where all is as planned.
Never: writes, or takes what it could not see for success.
"""
