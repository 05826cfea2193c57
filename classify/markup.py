"""What stands in the HTML of a mail and not in its text.

The text is the plain alternative, or what a reader of the HTML sees; a person may have written only
into the other one, and programs put words into titles, fields and descriptions of pictures. Source:
own decision 0136.
"""

import re
from html import unescape
from typing import Final

MAX_CHARS: Final = 2_000_000
"""Characters of markup that are looked at; as many as are shown (ingest/html.py)."""

_UNSAID: Final = re.compile(r"<(style|script)\b", re.IGNORECASE)
_SPOKEN: Final = re.compile(
    r"\s(?:alt|title|value|placeholder|label|summary)\s*=\s*(\"[^\"<>]{12,}\"|'[^'<>]{12,}')",
    re.IGNORECASE,
)
_ENDS: Final = re.compile(
    r"<(?:br|/?(?:p|div|tr|t[dh]|li|ul|ol|table|blockquote|h[1-6]|title|textarea|option|body))\b"
    r"[^<>]*>",
    re.IGNORECASE,
)
_TAG: Final = re.compile(r"<[!/?a-zA-Z][^<>]*>")
_WORD: Final = re.compile(r"\w{2,}")
_FEWEST_WORDS: Final = 3
"""At least this many words of the markup stand nowhere in the text: line ends and links always
differ."""


def beside(html: str, text: str) -> str:
    """The lines of the markup that say something the text does not say; most mails have none."""
    known = frozenset(_WORD.findall(text.casefold()))
    html = _without_code(html[:MAX_CHARS])
    spoken = [unescape(value[1:-1]) for value in _SPOKEN.findall(html)]
    bare = _TAG.sub(" ", _ENDS.sub("\r", html.replace("\n", " ").replace("\r", " ")))
    lines = [*unescape(bare).split("\r"), *spoken]
    words = [frozenset(_WORD.findall(line.casefold())) - known for line in lines]
    if len(frozenset().union(*words)) < _FEWEST_WORDS:
        return ""
    return "\n".join([line.strip() for line, new in zip(lines, words, strict=True) if new])


def _without_code(html: str) -> str:
    """The markup without styles and scripts, in one pass; one that doesn't end goes to the end."""
    kept, at, lower = [], 0, html.lower()
    while found := _UNSAID.search(html, at):
        kept.append(html[at : found.start()])
        end = lower.find(f"</{found[1].lower()}", found.end())
        at = end if end >= 0 else len(html)
    return "".join([*kept, html[at:]])
