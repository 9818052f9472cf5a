"""Judges an Isolation by rules.

Comes in: an Isolation. Goes out: one Outcome for each rule and namespace, with findings for all
that is not a PASS. Must never: decide reachability from policy objects, pass what was not seen, or
let one rule call another.
"""
