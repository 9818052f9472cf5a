"""Sorted, disjoint, closed intervals of integers: the arithmetic under port and address sets.

An `Intervals` value is a tuple of (first, last) pairs, ascending, never touching: equal sets are
equal tuples. Cost of each operation is linear in the number of intervals.
"""

from collections.abc import Iterable

Intervals = tuple[tuple[int, int], ...]


def joined(pairs: Iterable[tuple[int, int]]) -> Intervals:
    """The union of any closed intervals, in canonical form; pairs with first > last are empty."""
    result: list[tuple[int, int]] = []
    for first, last in sorted(pair for pair in pairs if pair[0] <= pair[1]):
        if result and first <= result[-1][1] + 1:
            if last > result[-1][1]:
                result[-1] = (result[-1][0], last)
        else:
            result.append((first, last))
    return tuple(result)


def union(a: Intervals, b: Intervals) -> Intervals:
    """Integers in either."""
    if a == b or not b:
        return a
    return joined((*a, *b)) if a else b


def intersection(a: Intervals, b: Intervals) -> Intervals:
    """Integers in both."""
    if a == b:
        return a
    result: list[tuple[int, int]] = []
    i = j = 0
    while i < len(a) and j < len(b):
        first, last = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if first <= last:
            result.append((first, last))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(result)


def difference(a: Intervals, b: Intervals) -> Intervals:
    """Integers in `a` and not in `b`."""
    if not a or not b:
        return a
    result: list[tuple[int, int]] = []
    j = 0
    for first, last in a:
        start = first
        while j < len(b) and b[j][1] < start:
            j += 1
        k = j
        while k < len(b) and b[k][0] <= last:
            if b[k][0] > start:
                result.append((start, b[k][0] - 1))
            start = b[k][1] + 1
            k += 1
        if start <= last:
            result.append((start, last))
    return tuple(result)


def size(a: Intervals) -> int:
    """How many integers are in `a`."""
    return sum(last - first + 1 for first, last in a)


def contains(a: Intervals, number: int) -> bool:
    """Whether `number` is in `a`."""
    return any(first <= number <= last for first, last in a)


def covers(a: Intervals, b: Intervals) -> bool:
    """Whether every integer of `b` is in `a`."""
    return not difference(b, a)
