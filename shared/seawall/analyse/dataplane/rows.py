"""The table of data planes, by row."""

from seawall.analyse.dataplane.row import Row
from seawall.analyse.dataplane.rows_plugins import CILIUM_ROWS, OTHER_ROWS
from seawall.analyse.dataplane.rows_providers import AKS_ROWS, EKS_ROWS, GKE_ROWS

ROWS: dict[str, Row] = {
    row.id: row for row in (*EKS_ROWS, *GKE_ROWS, *AKS_ROWS, *CILIUM_ROWS, *OTHER_ROWS)
}
