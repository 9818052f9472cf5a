"""How long a cluster may take and how much it may say, before it is given up."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one visit to one cluster.

    Attributes:
        connect_s: To open a connection.
        read_s: Of silence, while an answer is awaited.
        cluster_s: For everything that is asked of the cluster, retries and pauses included.
        answer_bytes: Of one answer, decompressed.
        cluster_bytes: Of all answers together, decompressed.
        pauses_s: Before each further try of a GET that may pass; jittered by half.
        in_flight: Requests at the same time.
    """

    connect_s: float = 3.0
    read_s: float = 15.0
    cluster_s: float = 90.0
    answer_bytes: int = 64 * MIB
    cluster_bytes: int = 256 * MIB
    pauses_s: tuple[float, ...] = (0.25, 1.0)
    in_flight: int = 2
