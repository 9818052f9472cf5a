"""Calico's selector language: text to an expression.

Source: `libcalico-go/lib/selector/{tokenizer,parser}` of projectcalico/calico. `||` binds weaker
than `&&`, `!` strongest; strings have no escapes; only blanks and tabs stand between words. Written
by hand, since a grammar library would weigh more than these few rules.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from seawall.model.calico import (
    ALL,
    NAMESPACE_KEY,
    AllOf,
    AnyOf,
    Compare,
    Expression,
    LabelTest,
    Not,
)

DEEPEST = 64
"""Parentheses within each other. A selector in a cluster has at most 1024 characters and rarely
three of these; without an end, a text could exhaust the stack."""

IN_A_NAMESPACE = LabelTest(NAMESPACE_KEY, Compare.HAS)

_LABEL = r"[a-zA-Z0-9_./-]+"
_TOKEN = re.compile(
    rf"""[ \t]*(?:
    (?P<end>\Z)
    |(?P<symbol>==|!=|&&|\|\||[!(){{}},])
    |"(?P<double>[^"]*)"
    |'(?P<single>[^']*)'
    |has\([ \t]*(?P<has>{_LABEL})[ \t]*\)
    |(?P<call>all|global)\([ \t]*\)
    |(?P<label>{_LABEL})
    )""",
    re.VERBOSE,
)
_OPERATOR = re.compile(r"[ \t]*(==|!=|contains|starts[ \t]*with|ends[ \t]*with|not[ \t]*in|in)")
_TESTS = {
    "contains": Compare.CONTAINS,
    "startswith": Compare.STARTS_WITH,
    "endswith": Compare.ENDS_WITH,
    "==": Compare.IN,
    "!=": Compare.IN,
    "in": Compare.IN,
    "notin": Compare.IN,
}
_NEGATED = frozenset({"!=", "notin"})


def parsed(text: str, prefix: str = "") -> Expression:
    """The expression of a selector; every label key gets `prefix`. Blank is `all()`.

    Raises:
        ValueError: Calico would refuse it, or it is nested too deeply.
    """
    return _Parser(text, prefix, ALL, ALL).whole()


def parsed_namespaces(text: str, prefix: str) -> Expression:
    """The same for a namespaceSelector: `all()` is any namespace, `global()` is none.

    Raises:
        ValueError: As `parsed`.
    """
    return _Parser(text, prefix, IN_A_NAMESPACE, Not(IN_A_NAMESPACE)).whole()


@dataclass(slots=True)
class _Parser:
    text: str
    prefix: str
    everything: Expression
    in_no_namespace: Expression
    at: int = 0
    depth: int = 0
    kind: str = field(default="", init=False)
    value: str = field(default="", init=False)

    def whole(self) -> Expression:
        self._next()
        if self.kind == "end":
            return self.everything
        found = self._any()
        if self.kind != "end":
            raise self._wrong("expected the end")
        return found

    def _any(self) -> Expression:
        parts = tuple(self._parts("||", self._all))
        return parts[0] if len(parts) == 1 else AnyOf(parts)

    def _all(self) -> Expression:
        parts = tuple(self._parts("&&", self._one))
        return parts[0] if len(parts) == 1 else AllOf(parts)

    def _parts(self, between: str, part: Callable[[], Expression]) -> Iterator[Expression]:
        yield part()
        while self._takes(between):
            yield part()

    def _one(self) -> Expression:
        negated = False
        while self._takes("!"):
            negated = not negated
        found = self._term()
        return Not(found) if negated else found

    def _term(self) -> Expression:
        kind, value = self.kind, self.value
        match kind:
            case "symbol" if value == "(":
                return self._group()
            case "label":
                return self._comparison(value)
            case "has":
                self._next()
                return LabelTest(self.prefix + value, Compare.HAS)
            case "call":
                self._next()
                return self.everything if value == "all" else self.in_no_namespace
            case _:
                raise self._wrong("expected a condition")

    def _group(self) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self._wrong(f"more than {DEEPEST} parentheses within each other")
        self._next()
        found = self._any()
        self._expect(")")
        self.depth -= 1
        return found

    def _comparison(self, key: str) -> Expression:
        # The words are operators only behind a label: `in in {"in"}` is a selector, too.
        operator = _OPERATOR.match(self.text, self.at)
        if operator is None:
            raise self._wrong("expected an operator")
        self.at = operator.end()
        self._next()
        word = "".join(operator[1].split())
        values = tuple(self._set()) if word in {"in", "notin"} else (self._string(),)
        found = LabelTest(self.prefix + key, _TESTS[word], values)
        return Not(found) if word in _NEGATED else found

    def _set(self) -> Iterator[str]:
        self._expect("{")
        while self.kind == "string":
            yield self._string()
            if not self._takes(","):
                break
        self._expect("}")

    def _string(self) -> str:
        if self.kind != "string":
            raise self._wrong("expected a string in quotes")
        found = self.value
        self._next()
        return found

    def _takes(self, symbol: str) -> bool:
        found = (self.kind, self.value) == ("symbol", symbol)
        if found:
            self._next()
        return found

    def _expect(self, symbol: str) -> None:
        if not self._takes(symbol):
            raise self._wrong(f"expected {symbol}")

    def _next(self) -> None:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise self._wrong("not a word of the language")
        self.at = found.end()
        kind = found.lastgroup or ""
        self.kind = "string" if kind in {"double", "single"} else kind
        self.value = found[kind]

    def _wrong(self, what: str) -> ValueError:
        return ValueError(f"selector, before character {self.at + 1}: {what}")
