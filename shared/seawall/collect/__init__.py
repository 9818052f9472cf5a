"""What a cluster or a folder holds, as one Snapshot.

Comes in: a Reader of one cluster, or manifests (files, folders, dumps, standard input) and saved
snapshots. Goes out: a `Snapshot` of only the fields that are judged; what could not be read is
`Unseen(why)`, what the API server would refuse is a `BrokenObject`. `wire`, `parse`, `validate`,
`documents` and `workloads` are dry: text and bytes in, values out. Must never: decode a field that
is not judged, put a field's value from an unread part of an object into an error, write to a
cluster, or turn a failed read into an empty list.
"""
