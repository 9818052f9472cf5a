"""What leaves a run: messages between its steps, and what people are told.

In: messages and digests. Out: CloudEvents on a queue, files for people.
Never: acts on a message, or takes its word for anything but where to look.
"""
