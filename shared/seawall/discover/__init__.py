"""Which clusters there are, and the door to each.

Comes in: kubeconfig files, context patterns and the environment, handed in by `wiring`. Goes out:
`ContextRef` values that name clusters before they are seen, and on demand the `Door` to one. Must
never: connect to a cluster, run a program that is not on the allow-list, or let a kubeconfig
choose that program's arguments and environment freely.
"""
