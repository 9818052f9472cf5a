"""Selectors answered with sets: an inverted index over the labels of numbered things."""

from collections.abc import Iterable, Sequence

from seawall.model.bits import NO_BITS, Bits, all_of, bits_of
from seawall.model.selector import Labels, Operator, Requirement, Selector


class LabelIndex:
    """Which of the things numbered 0, 1, 2, ... carry which label, for the keys asked about."""

    def __init__(self, labels: Sequence[Labels], keys: Iterable[str]) -> None:
        wanted = frozenset(keys)
        by_pair: dict[tuple[str, str], list[int]] = {}
        for number, pairs in enumerate(labels):
            for pair in pairs:
                if pair[0] in wanted:
                    by_pair.setdefault(pair, []).append(number)
        self._pairs = {pair: bits_of(numbers) for pair, numbers in by_pair.items()}
        by_key: dict[str, list[Bits]] = {}
        for (key, _), bits in self._pairs.items():
            by_key.setdefault(key, []).append(bits)
        self._keys = {key: all_of(parts) for key, parts in by_key.items()}

    def matching(self, selector: Selector, within: Bits) -> Bits:
        """The members of `within` that `selector` matches; it must use only the keys indexed."""
        found = within
        for requirement in selector.requirements:
            found = self._meeting(requirement, found)
            if not found:
                break
        return found

    def values(self, key: str) -> dict[str, Bits]:
        """Every value that a key indexed has, and who carries it."""
        return {value: bits for (found, value), bits in self._pairs.items() if found == key}

    def _meeting(self, requirement: Requirement, within: Bits) -> Bits:
        match requirement.operator:
            case Operator.IN:
                return all_of(within & self._having(requirement.key, v) for v in requirement.values)
            case Operator.NOT_IN:
                for value in requirement.values:
                    within -= self._having(requirement.key, value)
                return within
            case Operator.EXISTS:
                return within & self._keys.get(requirement.key, NO_BITS)
            case Operator.DOES_NOT_EXIST:
                return within - self._keys.get(requirement.key, NO_BITS)

    def _having(self, key: str, value: str) -> Bits:
        return self._pairs.get((key, value), NO_BITS)
