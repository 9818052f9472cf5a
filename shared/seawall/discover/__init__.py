"""Which clusters there are, and the door to each.

Comes in: kubeconfig files, context patterns and the environment, and our logins at the clouds,
handed in by `wiring`. Goes out: `Sighting`s of each scope (a region of an account, a location of a
project, a subscription, a kubeconfig), and the `Door` to what a kubeconfig names. Must never:
connect to a cluster, write to a cloud, take an answer that may be short for a whole one, run a
program that is not on the allow-list, or let a kubeconfig choose that program's arguments and
environment freely.
"""
