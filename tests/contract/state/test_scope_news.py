"""News about a scope of discovery, which is no cluster, in every store."""

from tests.contract.state.ports import Ports
from tests.contract.state.values import MONDAY, RUN

from seawall.model.cluster import ClusterKey
from seawall.model.digest import NO_CLUSTER, Notice

SCOPE = Notice(NO_CLUSTER, "aws:1/eu-west-1 could not be looked at: AccessDenied")
CLUSTER = Notice(ClusterKey("a"), SCOPE.text)


def test_a_notice_of_a_scope_is_kept_once_and_apart_from_that_of_a_cluster(
    ports: Ports, others: Ports
) -> None:
    for each in (SCOPE, CLUSTER, SCOPE):
        ports.news.note(RUN, each, now=MONDAY)

    assert (SCOPE, CLUSTER) == others.news.untold().notices
