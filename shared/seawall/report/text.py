"""Untrusted text made harmless for each sink.

Names, labels and messages come from clusters. Control characters move a terminal's cursor or run
its escape codes (CVE-2021-25743 of kubectl); bidirectional controls show a text in another order
than it has ("Trojan Source", CVE-2021-42574); invisible characters make two names look alike.
"""

import json
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are shown as escapes: controls, formats, surrogates, unassigned."""


def for_terminal(text: str) -> str:
    r"""The text on one line, with everything a terminal could obey or hide shown as an escape.

    >>> for_terminal("web\x1b[2J\u202e")
    'web\\x1b[2J\\u202e'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if unicodedata.category(character) in _HIDDEN:
        return character.encode("unicode_escape").decode("ascii")
    return character


def as_json(document: object, *, indent: int | None = 2) -> str:
    """JSON in ASCII, keys in the order given: no terminal that shows it can be harmed."""
    return json.dumps(document, indent=indent, ensure_ascii=True).replace("\x7f", "\\u007f")
