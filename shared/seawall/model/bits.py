"""Sets of small integers as one Python int behind a window, so that local sets stay small.

Pod classes are numbered namespace by namespace. A set inside one namespace is then a few bits at
an offset: 8 bytes, not one bit for every class before it. Measured on 100,000 classes in 10,000
namespaces, plain integers would need over a gigabyte for the subjects alone.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct


class Bits(Struct, frozen=True, eq=False, gc=False):
    """The numbers `base + i` for every bit i of `bits`; two equal sets may differ in `base`.

    A Struct and no dataclass, like the other values of `peers` and `ir`: an analysis makes tens of
    thousands, at a fifth of the cost, and the garbage collector need not look at them.
    """

    base: int = 0
    bits: int = 0

    def __or__(self, that: "Bits") -> "Bits":
        if self is that or not that.bits:
            return self
        if not self.bits:
            return that
        if self.base <= that.base:
            return Bits(self.base, self.bits | that.bits << that.base - self.base)
        return Bits(that.base, that.bits | self.bits << self.base - that.base)

    def __and__(self, that: "Bits") -> "Bits":
        if self is that:
            return self
        # A set that lies within the other is itself the answer: no copy of a cluster-wide set.
        if self.base <= that.base:
            found = self.bits >> that.base - self.base & that.bits
            return that if found == that.bits else _window(that.base, found)
        found = that.bits >> self.base - that.base & self.bits
        return self if found == self.bits else _window(self.base, found)

    def __sub__(self, that: "Bits") -> "Bits":
        common = self & that
        if not common.bits:
            return self
        return _window(self.base, self.bits & ~(common.bits << common.base - self.base))

    def __bool__(self) -> bool:
        return self.bits != 0

    def __le__(self, that: "Bits") -> bool:
        return not self - that

    def __eq__(self, that: object) -> bool:
        if not isinstance(that, Bits):
            return NotImplemented
        return self is that or self._canonical() == that._canonical()

    def __ne__(self, that: object) -> bool:
        # A Struct brings its own, by identity; it is not derived from `__eq__`.
        return not self == that

    def __hash__(self) -> int:
        return hash(self._canonical())

    def __len__(self) -> int:
        return self.bits.bit_count()

    def __contains__(self, number: int) -> bool:
        return number >= self.base and bool(self.bits >> number - self.base & 1)

    def __iter__(self) -> Iterator[int]:
        """The numbers, ascending."""
        rest, base = self.bits, self.base
        while rest:
            low = rest & -rest
            yield base + low.bit_length() - 1
            rest ^= low

    def __repr__(self) -> str:
        return f"Bits({set(self) or '{}'})"

    @property
    def lowest(self) -> int:
        """The smallest number in the set, which must not be empty."""
        return self.base + (self.bits & -self.bits).bit_length() - 1

    @property
    def highest(self) -> int:
        """The largest number in the set, which must not be empty."""
        return self.base + self.bits.bit_length() - 1

    def _canonical(self) -> tuple[int, int]:
        if not self.bits:
            return (0, 0)
        lowest = self.lowest
        return (lowest, self.bits >> lowest - self.base)


NO_BITS = Bits()


def _window(base: int, bits: int) -> Bits:
    return Bits(base, bits) if bits else NO_BITS


def span(first: int, end: int) -> Bits:
    """All numbers from `first` up to, not including, `end`."""
    return Bits(first, (1 << end - first) - 1) if end > first else NO_BITS


def bits_of(numbers: Iterable[int]) -> Bits:
    """The set of these numbers; linear in their spread."""
    found = tuple(numbers)
    if not found:
        return NO_BITS
    base, end = min(found), max(found)
    octets = bytearray((end - base >> 3) + 1)
    for number in found:
        octets[number - base >> 3] |= 1 << (number - base & 7)
    return Bits(base, int.from_bytes(octets, "little"))


def all_of(parts: Iterable[Bits]) -> Bits:
    """The union of many sets; neighbours first, so that local sets stay small while they grow."""
    found = sorted((part for part in parts if part), key=lambda part: part.base)
    while len(found) > 1:
        odd = found[len(found) & ~1 :]
        found = [a | b for a, b in zip(found[::2], found[1::2], strict=False)] + odd
    return found[0] if found else NO_BITS
