"""Decides what can reach what.

Comes in: a Snapshot and the readings of its data plane. Goes out: an Isolation, the one answer
that every other room reads, and facts about each policy object. Must never: read anything but its
arguments, guess where something was not seen, or let an unread policy look like no policy.
"""
