"""What of a finding a reader would call its state: a new substance is a change worth telling.

Pods come and go, and their names and numbers with them: a rollout, a scaling, a night without load
must not be told. So pods are left out of the words. What stays is how bad it is, who decides, and
whom a rule names (a namespace that a label admits today, say).
"""

import hashlib
import re

from seawall.model.finding import Finding

_DIGITS = 32
_COUNTED = re.compile(r"\b[0-9]+ pods\b")
_PODS = "pods"


def substance(finding: Finding) -> str:
    """A digest of a finding's severity, words and evidence, without its pods."""
    said = [str(finding.severity), finding.summary]
    said += sorted(f"{each.where} {each.says}" for each in finding.evidence)
    text = _COUNTED.sub(_PODS, "\0".join(said))
    if len(finding.pods) == 1:  # only a single pod is called by its name
        text = text.replace(finding.pods[0], _PODS)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
