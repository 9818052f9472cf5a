"""Pods by the labels they carry: workloads share them, so few label sets stand for many pods."""

from collections.abc import Iterable, Iterator

from seawall.model.selector import Labels
from seawall.model.snapshot import Pod


class Census:
    """The pods of a cluster, asked for by plain labels, as `ServiceSpec.selector` has them."""

    def __init__(self, pods: Iterable[Pod]) -> None:
        self._here: dict[str, dict[Labels, list[Pod]]] = {}
        for pod in pods:
            found = self._here.setdefault(pod.namespace, {})
            found.setdefault(pod.labels, []).append(pod)
        self._anywhere: dict[Labels, tuple[Pod, ...]] = {}

    def matching(self, wanted: Labels, namespace: str) -> Iterator[Pod]:
        """The pods of a namespace that carry all these labels."""
        pairs = set(wanted)
        for labels, pods in self._here.get(namespace, {}).items():
            if pairs.issubset(labels):
                yield from pods

    def anywhere(self, wanted: Labels) -> tuple[Pod, ...]:
        """The pods of all namespaces that do; nobody where nothing is asked for."""
        found = self._anywhere.get(wanted)
        if found is None:
            homes = self._here if wanted else ()
            found = tuple(pod for home in homes for pod in self.matching(wanted, home))
            self._anywhere[wanted] = found
        return found
