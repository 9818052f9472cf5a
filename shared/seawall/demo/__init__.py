"""A fleet in a box: API servers that behave like the real ones, for demos, tests and docs.

In: manifests of a cluster (`clusters/*.yaml`, or any objects a test puts into a `Store`), users
with their grants, and faults to commit on command.
Out: HTTPS servers on the loopback interface that can be read and written, a kubeconfig for them, a
journal of who asked what.
Never: judges anything, listens beyond the loopback interface, or is imported by another room than
`wiring` and `cli`. aiohttp and trustme are guests here and nowhere else.
"""
