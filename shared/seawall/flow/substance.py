"""What of a finding a reader would call its state: a new substance is a change worth telling.

Part of it are how bad it is, the words (whom a label admits today, which address is reached), and
the objects that decide with what they say. No part of it are:

- the pods: their names and number change with every rollout, scaling, and night without load;
- the place of a rule inside its policy (`spec.ingress[2]`): it moves when others come and go.

A version of Seawall that puts a summary in other words changes the substance of every finding it
is about: that is told once, as one group a rule.
"""

import hashlib

from seawall.judge.directions import counted
from seawall.model.finding import Finding

_DIGITS = 32
_PODS = "pods"


def substance(finding: Finding) -> str:
    """A digest of a finding's severity, words and evidence, without its pods."""
    evidence = sorted({f"{each.where.ref} {each.says}" for each in finding.evidence})
    said = "\0".join((finding.severity, _without_pods(finding), *evidence))
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]


def _without_pods(finding: Finding) -> str:
    """The summary as it is for any pods: every rule that speaks of them says `counted(pods)`.

    Once: a Service that leads there is often called as its one pod is.
    """
    if not finding.pods:
        return finding.summary
    return finding.summary.replace(counted(finding.pods), _PODS, 1)
