"""Untrusted text made harmless for each sink.

Names, labels and messages come from clusters. Control characters move a terminal's cursor or run
its escape codes (CVE-2021-25743 of kubectl); bidirectional controls show a text in another order
than it has ("Trojan Source", CVE-2021-42574); invisible characters make two names look alike.
"""

import json
import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
"""Unicode categories shown as escapes: controls, formats, surrogates, unassigned, other spaces."""

_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"  # fillers
    "\u2800"  # a Braille pattern without dots
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))  # variation selectors
"""No ink, though the category says letter, mark or symbol (Default_Ignorable_Code_Point)."""


def for_terminal(text: str) -> str:
    r"""The text on one line, with everything a terminal could obey or hide shown as an escape.

    >>> for_terminal("web\x1b[2J\u202e")
    'web\\x1b[2J\\u202e'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character == " ":
        return character
    if character in _BLANK or unicodedata.category(character) in _HIDDEN:
        return character.encode("unicode_escape").decode("ascii")
    return character


def as_json(document: object, *, indent: int | None = 2) -> str:
    """JSON in printable ASCII, DEL escaped too: no terminal that shows it can be harmed."""
    return json.dumps(document, indent=indent, ensure_ascii=True)
