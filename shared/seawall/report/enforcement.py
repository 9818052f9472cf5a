"""Whether policies are carried out, for people and machines."""

from collections import Counter
from collections.abc import Iterator

from seawall.analyse.enforcement import Enforcement
from seawall.model.enforcement import NodePool, Ruling
from seawall.report.fleet_text import counted
from seawall.report.peers import where_document

Document = dict[str, object]


def enforcement_document(found: Enforcement) -> Document:
    """The verdict on the cluster with its evidence, and on each pool of nodes."""
    return {
        **ruling_document(found.whole),
        "evidence": [
            {"where": where_document(each.where), "says": each.says}
            for each in found.whole.evidence
        ],
        "planes": {str(plane): version for plane, version in sorted(found.planes.items())},
        "pools": [_pool(pool) for pool in found.pools],
    }


def ruling_document(ruling: Ruling) -> Document:
    """A verdict: `enforced` is yes, partly, no or unknown; `why` says it in a sentence."""
    return {
        "enforced": str(ruling.enforced),
        "why": ruling.why,
        "source": ruling.source,
        "caveats": list(ruling.caveats),
    }


def _pool(pool: NodePool) -> Document:
    return {"name": pool.name, "nodes": len(pool.nodes), **ruling_document(pool.ruling)}


def enforcement_lines(found: Enforcement) -> Iterator[str]:
    """The verdict, its caveats, and the pools where they differ."""
    yield f"enforced: {found.whole}"
    if len(Counter(str(pool.ruling) for pool in found.pools)) > 1:
        for pool in found.pools:
            yield f"  {pool.name} ({counted(len(pool.nodes), 'node')}): {pool.ruling}"
    for caveat in found.whole.caveats:
        yield f"  but: {caveat}"
