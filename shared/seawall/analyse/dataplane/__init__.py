"""Which data plane a cluster has, and whether it carries policies out.

In: the PlaneFacts, nodes and pods of a Snapshot. Out: an Enforcement with a Ruling for each node
and pod. What facts mean is a table (`rows`), each row with its source and the date after which
nobody should believe it unread. Never: a guess; two plug-ins at once, or none, is UNKNOWN.
"""
