"""Mends drift: planning is dry, and `apply` is the only writer of the whole project.

In: an Isolation and what leads to its pods. Out: plans with what they would cut and what forbids
them; for `apply`, an object in a cluster.
Never: opens what was closed, overwrites what others made, or writes what no plan says.
"""
