r"""Hostile text: nothing that a terminal obeys, reorders or hides gets through as it is.

The cases are what terminals are known to obey (ECMA-48, xterm's control sequences), what reorders
text (UAX #9) and what has no ink of its own (Unicode's Default_Ignorable_Code_Point).
"""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.report.text import as_json, for_terminal

SEQUENCES = {
    "clears the screen": "\x1b[2J",
    "clears the scrollback": "\x1b[3J",
    "clears the line": "\x1b[2K",
    "goes to the top": "\x1b[H",
    "goes up a line": "\x1b[1A",
    "goes to the left": "\x1b[80D",
    "goes to the start of the line": "\x1b[1G",
    "scrolls": "\x1b[5S",
    "sets a scrolling region": "\x1b[1;2r",
    "inserts lines": "\x1b[9L",
    "deletes characters": "\x1b[9P",
    "repeats the last letter": "\x1b[999999b",
    "colours it red": "\x1b[31m",
    "writes black on black": "\x1b[30;40m",
    "hides what follows": "\x1b[8m",
    "ends every colour": "\x1b[0m",
    "hides the cursor": "\x1b[?25l",
    "goes to the other screen": "\x1b[?1049h",
    "asks for mouse reports": "\x1b[?1003h",
    "asks for bracketed paste": "\x1b[?2004h",
    "asks where the cursor is": "\x1b[6n",
    "asks what the terminal is": "\x1b[c",
    "asks for the title, as input": "\x1b[21t",
    "resizes the window": "\x1b[8;1;1t",
    "sets the title": "\x1b]0;root@prod\x07",
    "sets a link": "\x1b]8;;https://evil.invalid\x1b\\",
    "writes the clipboard": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "changes a colour": "\x1b]4;0;#ffffff\x07",
    "notifies the desktop": "\x1b]9;done\x07",
    "shows an image": "\x1b]1337;File=inline=1:AAAA\x07",
    "programs a key": "\x1bP1;1|17/72\x1b\\",
    "asks for a setting": "\x1bP$qm\x1b\\",
    "an application command": "\x1b_G\x1b\\",
    "a privacy message": "\x1b^x\x1b\\",
    "a string": "\x1bXx\x1b\\",
    "resets the terminal": "\x1bc",
    "saves the cursor": "\x1b7",
    "goes up and scrolls": "\x1bM",
    "shifts to line drawing": "\x1b(0",
    "locks another character set": "\x0e",
    "CSI in one character": "\x9b2J",
    "OSC in one character": "\x9d0;x\x9c",
    "never ends": "\x1b]0;",
    "an escape alone": "\x1b",
    "overwrites from the left": "\rok          ",
    "rubs out": "\b\b\b\b",
    "rubs out with DEL": "\x7f\x7f",
    "forges a line": "\nweb  PASS",
    "forges a line, as Windows does": "\r\nweb  PASS",
    "shifts a column": "\tPASS",
    "ends the text": "\x00",
    "ends the input": "\x1a",
}
CONTROLS = {f"U+{n:04X}": chr(n) for n in (*range(0x20), *range(0x7F, 0xA0))}
REORDERS = {
    unicodedata.name(c): c
    for c in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
}
UNSEEN = {
    f"U+{ord(c):04X}": c
    for c in (
        "\u00ad\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\u206a\u206f\ufeff\ufff9\ufffb"
        "\U000e0001\U000e0041\U000e007f"  # tags: a second, unseen alphabet
        "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180e\u180f\u3164\uffa0\ufe00\ufe0f\U000e0100"
        "\u2800"  # a Braille pattern without dots
    )
}
SPACES = {f"U+{ord(c):04X}": c for c in "\u00a0\u1680\u2000\u2007\u2009\u200a\u202f\u205f\u3000"}
BREAKS = {"NEL": "\x85", "line separator": "\u2028", "paragraph separator": "\u2029"}
NO_TEXT = {
    "half a surrogate pair": "\ud800",
    "the other half": "\udfff",
    "a byte that was no UTF-8": "\udc9b",
    "private use": "\ue000",
    "private use, far up": "\U0010fffd",
    "a noncharacter": "\uffff",
    "not assigned": "\u0378",
}
HOSTILE = {
    f"{kind}: {name}": text
    for kind, texts in {
        "sequence": SEQUENCES,
        "control": CONTROLS,
        "bidi": REORDERS,
        "unseen": UNSEEN,
        "space": SPACES,
        "break": BREAKS,
        "no text": NO_TEXT,
    }.items()
    for name, text in texts.items()
}
INK = frozenset({"L", "M", "N", "P", "S"})
"""The first letter of each category that may be shown; of the spaces, only the one of ASCII."""

any_text = st.text(st.characters(exclude_categories=()))
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


def obeyed_or_hidden(text: str) -> list[str]:
    """Each character of a text that is neither a space nor has ink."""
    unseen = frozenset(UNSEEN.values())
    seen = (c == " " or (unicodedata.category(c)[0] in INK and c not in unseen) for c in text)
    return [c for c, ink in zip(text, seen, strict=True) if not ink]


def test_there_are_enough_hostile_texts() -> None:
    assert len(set(HOSTILE.values())) >= 150


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(hostile: str) -> None:
    found = for_terminal(f"web{hostile}db")

    assert "\\" in found
    assert [] == obeyed_or_hidden(found)
    assert hostile not in found
    assert ["web", "db"] == [found[:3], found[-2:]]
    assert found.encode() == found.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "text, shown",
    [
        pytest.param("\x1b[2J", r"\x1b[2J", id="escape"),
        pytest.param("a\r\nb\tc", r"a\r\nb\tc", id="white space"),
        pytest.param("\x7f", r"\x7f", id="DEL"),
        pytest.param("\x9b", r"\x9b", id="C1"),
        pytest.param("\u202e", r"\u202e", id="bidi"),
        pytest.param("\u2028", r"\u2028", id="line separator"),
        pytest.param("\U000e0041", r"\U000e0041", id="tag"),
        pytest.param("\ud800", r"\ud800", id="surrogate"),
        pytest.param("\u3164", r"\u3164", id="Hangul filler"),
        pytest.param("\u00a0", r"\xa0", id="no-break space"),
    ],
)
def test_the_escape_says_which_character_it_was(text: str, shown: str) -> None:
    assert shown == for_terminal(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("web-0.shop_A/b:80", id="ASCII"),
        pytest.param("two words", id="a space"),
        pytest.param("מסד-נתונים", id="Hebrew"),
        pytest.param("قاعدة-البيانات", id="Arabic"),
        pytest.param("数据库", id="Chinese"),
        pytest.param("ฐานข้อมูล", id="Thai, with marks"),
        pytest.param("cafe\u0301", id="a combining accent"),
        pytest.param("Straße №5 ½ €", id="signs"),
        pytest.param("🚀", id="beyond 16 bits"),
        pytest.param(r"\x1b", id="an escape that was text"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_can_be_read_stays_as_it_is(text: str) -> None:
    assert text == for_terminal(text)


@given(any_text)
def test_nothing_obeyed_or_hidden_is_ever_left(text: str) -> None:
    assert [] == obeyed_or_hidden(for_terminal(text))


@given(any_text)
def test_a_second_pass_changes_nothing(text: str) -> None:
    once = for_terminal(text)

    assert once == for_terminal(once)


@given(any_text, any_text)
def test_texts_are_made_harmless_a_character_at_a_time(a: str, b: str) -> None:
    assert for_terminal(a) + for_terminal(b) == for_terminal(a + b)


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_in_json_does_nothing_and_is_kept(hostile: str) -> None:
    found = as_json({hostile: [hostile]}, indent=None)

    assert found.isascii()
    assert found.isprintable()
    assert {hostile: [hostile]} == json.loads(found)


@given(documents)
def test_json_is_ascii_and_loses_nothing(document: object) -> None:
    found = as_json(document)

    assert found.isascii()
    assert found.replace("\n", "").isprintable()
    assert document == json.loads(found)


@given(documents)
def test_json_without_indent_is_one_line(document: object) -> None:
    assert 1 == len(as_json(document, indent=None).splitlines())


def test_json_keeps_the_order_of_keys() -> None:
    assert '{"b": 1, "a": 2}' == as_json({"b": 1, "a": 2}, indent=None)
