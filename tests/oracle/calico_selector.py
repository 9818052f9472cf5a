"""Calico's selector language, by a recursive descent over its tokens.

Source: docs.tigera.io, NetworkPolicy, "Selectors": `!` binds before `&&`, and that before `||`.
A label that is missing is not equal to anything, and not in any set.
"""

import re

from tests.oracle.cluster import Labels

_TOKENS = re.compile(
    r"""\s*(?:(?P<text>"[^"]*"|'[^']*')"""
    r"""|(?P<sign>==|!=|&&|\|\||[!(){},])"""
    r"""|(?P<test>not\s+in\b|starts\s+with\b|ends\s+with\b)"""
    r"""|(?P<word>[A-Za-z0-9_./-]+))"""
)


def selects(selector: str, labels: Labels) -> bool:
    """Whether a selector selects these labels; an empty one selects all."""
    if not selector.strip():
        return True
    words = [" ".join(found.group().split()) for found in _TOKENS.finditer(selector)]
    reading = _Reading(words, labels)
    answer = reading.either()
    if reading.left:
        raise ValueError(selector)
    return answer


class _Reading:
    """What is still to be read of a selector."""

    def __init__(self, words: list[str], labels: Labels) -> None:
        self.left = words
        self._labels = labels

    def either(self) -> bool:
        """Terms with `||` between them; all are read, whatever the first says."""
        found = [self._all()]
        while self._next_is("||"):
            found.append(self._all())
        return any(found)

    def _all(self) -> bool:
        found = [self._one()]
        while self._next_is("&&"):
            found.append(self._one())
        return all(found)

    def _one(self) -> bool:
        if self._next_is("!"):
            return not self._one()
        if self._next_is("("):
            found = self.either()
            self._take(")")
            return found
        word = self._take()
        if word in {"all", "global"}:
            # "all()" is everything; "global()" is only for namespaces, see `calico._peer`.
            self._take("(")
            self._take(")")
            return True
        if word == "has":
            self._take("(")
            key = self._take()
            self._take(")")
            return key in self._labels
        return self._compared(word)

    def _compared(self, key: str) -> bool:
        value = self._labels.get(key)
        operator = self._take()
        if operator in {"in", "not in"}:
            inside = value is not None and value in self._set()
            if value is None:
                self._set()
            return inside if operator == "in" else not inside
        text = self._take()[1:-1]
        if value is None:
            return operator == "!="
        tests = {
            "==": value == text,
            "!=": value != text,
            "contains": text in value,
            "starts with": value.startswith(text),
            "ends with": value.endswith(text),
        }
        return tests[operator]

    def _set(self) -> set[str]:
        self._take("{")
        found: set[str] = set()
        while not self._next_is("}"):
            found.add(self._take()[1:-1])
            self._next_is(",")
        return found

    def _next_is(self, word: str) -> bool:
        if not self.left or self.left[0] != word:
            return False
        self.left = self.left[1:]
        return True

    def _take(self, expected: str = "") -> str:
        word, *self.left = self.left
        if expected and word != expected:
            raise ValueError(word)
        return word
