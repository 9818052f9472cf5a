"""What is remembered from run to run, in one SQLite file.

In: the values of `model` that the flow's ports name. Out: the same, as they were last written.
Never: decides what a finding's turn is, talks to a cluster, or overwrites what it did not read.
"""
