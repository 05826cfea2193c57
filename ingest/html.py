"""HTML from strangers: to readable text, and to markup that is safe to show.

Source: own decision 0007 (resiliparse: 7,155 parts/s, table rows stay on one line, measured
2024 on 480 Outlook parts; nh3 as the allowlist sanitiser).
"""

import re
from html import escape, unescape

import nh3
from resiliparse.extract.html2text import extract_plain_text

from ingest import charset

MAX_HTML_CHARS = 2_000_000
"""Characters of HTML that are read. Source: own decision 0007."""

_CELL_OPENS = re.compile(r"(<t[dh]\b[^<>]{0,500}>)\s{0,50}<(?:p|div)\b[^<>]{0,500}>", re.IGNORECASE)
_CELL_CLOSES = re.compile(r"</(?:p|div)>\s{0,50}(</t[dh]>)", re.IGNORECASE)
_QUOTE_OPENS = re.compile(r"<blockquote\b", re.IGNORECASE)
_QUOTE_TAG = re.compile(r"<(/?)blockquote\b([^<>]{0,500})>", re.IGNORECASE)
_INDENTS = re.compile(
    r"webkit-indent-blockquote|"
    r"(?!.*(?:\bcite\b|quote\b|border-(?:left|right)))(?=.*border\s*:\s*none).*margin",
    re.IGNORECASE | re.DOTALL,
)
"""How webmailers and Macs write what somebody moved to the right: a quotation without its line."""
_OPENED, _CLOSED = "\ue0f1", "\ue0f2"  # private use: survive the conversion as lines of their own
_MARKS = re.compile("[\ue0f1\ue0f2]")
_AFTER_LABEL = re.compile(r":[ \t]*\t[ \t]*")
_TABS = re.compile(r"(?<![ ])[ ]*\t[ \t]*")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_OPENS = re.compile(r"<([a-z][a-z0-9]{0,20})\b([^<>]{0,2000})>", re.IGNORECASE)
_HIDES = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0\s*(?:[;\"']|$)", re.IGNORECASE
)
"""Not a size of letters of 0, which frames of newsletters have whose insides set their own; nor
mso-hide, which hides from Outlook alone."""
_MAY_HIDE = re.compile(r"none|hidden|opacity", re.IGNORECASE)
_LINK = re.compile(r"<a((?: [a-z-]+=\"[^\"]*\")*)>")
"""A link as nh3 writes it; inside a value a quote is always escaped, so none can end it early."""
_HREF = re.compile(r" href=(\"[^\"]*\")")
_IMAGE = re.compile(r"<img\b[^<>]*>", re.IGNORECASE)
# One by one: `str.translate` takes as long for a text as all else here together.
_SPACES = (("\xa0", " "), ("\u2007", " "), ("\u202f", " "))

MAX_OPEN = 500
"""Elements that may stand open in each other; long threads from Outlook have some hundred. Parsers
look through all of them at each tag: 2 MB of a hostile mail took a quarter of an hour. Source:
measurement 2026-11-27."""

_FEW = 5_000
"""So few tags can't take long, however deep."""
_ANY_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_WHOLE_TAG = re.compile(r"<(/?)([a-z][a-z0-9]{0,20})\b[^<>]{0,2000}>", re.IGNORECASE)
_CLOSE_THEMSELVES = frozenset(
    str.split(
        "area base basefont bgsound br col embed frame hr img input link meta param source track "
        "wbr p li dd dt td th tr tbody thead tfoot option optgroup rp rt"
    )
)
_WALLS = frozenset(str.split("table marquee object applet template select button svg math"))
_BLOCKS = _WALLS | frozenset(
    str.split(
        "address article aside blockquote center details dialog dir div dl fieldset figcaption "
        "figure footer form h1 h2 h3 h4 h5 h6 header hgroup iframe main menu nav noscript ol pre "
        "section summary textarea ul"
    )
)
_NEVER = _CLOSE_THEMSELVES | {"html", "body"}
_OF_TYPE = frozenset(str.split("a b big code em font form i nobr s small strike strong tt u"))
_NEW_LINE = re.compile(r"<(?:br|/?(?:p|div|tr|li|table|blockquote|h[1-6]))\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[!/?a-zA-Z][^<>]*>")

_TAGS = frozenset(
    str.split(
        "a abbr b blockquote br caption center code col colgroup dd del div dl dt em h1 h2 h3 h4 "
        "h5 h6 hr i li ol p pre q s small span strike strong sub sup table tbody td tfoot th "
        "thead tr tt u "
        "ul"
    )
)
_DROPPED = frozenset(
    str.split("script style head title noscript iframe object embed svg math form template")
)
_ATTRIBUTES = {
    "a": {"href"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}


def to_text(html: str) -> str:
    """The readable text: a table row is one line ("Kundennummer: 123…"), quotes get "> "."""
    html = html[:MAX_HTML_CHARS]
    if is_too_deep(html):
        return _without_tags(html)
    if _OPENED in html or _CLOSED in html:
        html = _MARKS.sub("", html)
    seen = _without_hidden(html)
    text = _converted(seen)
    return text if text.strip() or seen is html else _converted(html)


def _without_hidden(html: str) -> str:
    """Without what its own style hides from all readers: previews of newsletters, bait for filters.

    Only where the end of such an element is found; the rules of a style sheet are not followed.
    """
    if not _MAY_HIDE.search(html):
        return html
    out: list[str] = []
    at = 0
    for found in _OPENS.finditer(html):
        if found.start() < at or found[1].lower() in _NEVER or not _HIDES.search(found[2]):
            continue
        end = _end_of(html, found[1].lower(), found.end())
        if end < 0:
            break
        out.append(html[at : found.start()])
        at = end
    return "".join([*out, html[at:]]) if at else html


def _end_of(html: str, tag: str, start: int) -> int:
    """Behind the end tag of the element whose start tag ends at `start`; -1 where there is none.

    One pattern for all names: a stranger may give each element one of its own.
    """
    depth = 1
    for found in _WHOLE_TAG.finditer(html, start):
        if found[2].lower() != tag:
            continue
        depth += -1 if found[1] else 1
        if not depth:
            return found.end()
    return -1


def _converted(html: str) -> str:
    html = _CELL_CLOSES.sub(r"\1", _CELL_OPENS.sub(r"\1", html))
    if _QUOTE_OPENS.search(html):
        html = _with_quotes_marked(html)
    text = extract_plain_text(html, preserve_formatting=True, links=False, alt_texts=False)
    for space, plain in _SPACES:
        text = text.replace(space, plain)
    text = charset.visible(text)
    if "\t" in text:
        text = _TABS.sub("\t", _AFTER_LABEL.sub(": ", text))
    return _BLANK_LINES.sub("\n\n", _with_quote_marks(text)).strip("\n")


def _with_quotes_marked(html: str) -> str:
    """With a mark at both ends of each quotation; what only indents the sender's words is none."""
    indents: list[bool] = []

    def marked(tag: re.Match[str]) -> str:
        if not tag[1]:
            indents.append(bool(_INDENTS.match(tag[2])))
            return "<div>" if indents[-1] else f"<blockquote><p>{_OPENED}</p>"
        is_indent = bool(indents) and indents.pop()
        return "</div>" if is_indent else f"<p>{_CLOSED}</p></blockquote>"

    return _QUOTE_TAG.sub(marked, html)


def sanitize(html: str) -> str:
    """Markup that is safe to show: no script, style, form, remote content; images are "[Bild]".

    Links lead nowhere: a click with Ctrl leaves any sandbox (measured, Chromium 156). Where one
    led (http, https, mailto, tel) is shown when the mouse rests on it.
    """
    html = html[:MAX_HTML_CHARS]
    if is_too_deep(html):
        return f"<pre>{escape(_without_tags(html))}</pre>"
    html = _IMAGE.sub("[Bild]", html)
    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    return _LINK.sub(_shown_link, clean)


def is_too_deep(html: str) -> bool:
    """Whether more than `MAX_OPEN` elements are open at once, seen without parsing."""
    if html.count("<") < _FEW:
        return False
    open_ones: list[str] = []
    for found in _ANY_TAG.finditer(html):
        tag = found[2].lower()
        if tag in _CLOSE_THEMSELVES:
            continue
        if not found[1]:
            open_ones.append(tag)
        elif tag in open_ones:
            _close(open_ones, tag)
        if len(open_ones) > MAX_OPEN:
            return True
    return False


def _close(open_ones: list[str], tag: str) -> None:
    """As HTML does: not through a wall, and an element of type leaves open what it held.

    Source: HTML standard, section 13.2.6.4.7 (end tags in the body).
    """
    at = len(open_ones) - 1 - open_ones[::-1].index(tag)
    if tag in _OF_TYPE:
        del open_ones[at]
        return
    walls = frozenset() if tag in _WALLS else _WALLS if tag in _BLOCKS else _BLOCKS
    if walls.isdisjoint(open_ones[at + 1 :]):
        del open_ones[at:]


def _without_tags(html: str) -> str:
    text = unescape(_TAG.sub("", _NEW_LINE.sub("\n", html)))
    return _BLANK_LINES.sub("\n\n", charset.visible(text)).strip("\n")


def _shown_link(found: re.Match[str]) -> str:
    href = _HREF.search(found[1])
    return f"<a title={href[1]}>" if href else "<a>"


def _with_quote_marks(text: str) -> str:
    """Lines between the private marks get one "> " a level."""
    if _OPENED not in text:
        return _MARKS.sub("", text) if _CLOSED in text else text
    depth, out = 0, []
    for line in text.split("\n"):
        depth = min(depth + line.count(_OPENED), 20)
        bare = _MARKS.sub("", line)
        if bare.strip() or bare == line:
            out.append("> " * depth + bare if depth and bare.strip() else bare)
        depth = max(depth - line.count(_CLOSED), 0)
    return "\n".join(out)
