"""HTML of strangers: to text, and to markup that is safe to show."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.parse.html import HTMLTree

from ingest import html


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>eins</p><p>zwei</p>", "eins\n\nzwei"),
        ("eins<br>zwei", "eins\nzwei"),
        ("<table><tr><td>Kundennummer:</td><td>123A</td></tr></table>", "Kundennummer: 123A"),
        ("<table><tr><td><p>IBAN</p></td><td><p>DE1</p></td></tr></table>", "IBAN\tDE1"),
        ("<style>p{}</style><script>x()</script><p>nur das</p>", "nur das"),
        ("<p>a&nbsp;b&#8203;c&auml;</p>", "a bcä"),
        (
            "<p>neu</p><blockquote>alt<blockquote>älter</blockquote></blockquote>",
            "neu\n\n> alt\n\n> > älter",
        ),
        ("<blockquote>offen", "> offen"),
        ("</blockquote>zu viel", "zu viel"),
        ("<p>\ue0f1 privat</p>", "privat"),
        ("", ""),
    ],
)
def test_html_becomes_text(markup: str, text: str) -> None:
    lines = [line.strip(" ") for line in html.to_text(markup).split("\n")]
    assert "\n".join(lines).strip() == text


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>x",
        '<img src="https://spy.example/p.gif" onerror="alert(1)">x',
        '<p style="background:url(https://spy.example)" onclick="a()">x</p>',
        '<form action="https://spy.example"><input name=a></form>x',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,hallo">x</a>',
        '<iframe src="https://spy.example"></iframe>x',
        '<link rel=stylesheet href="https://spy.example/a.css">x',
        "<svg><script>alert(1)</script></svg>x",
        '<math><mtext><table><mglyph><style><img src=x onerror="a()"></style></table></math>x',
        '<video src="https://spy.example"></video><audio src=x></audio>x',
        '<body background="https://spy.example">x</body>',
        '<meta http-equiv="refresh" content="0;url=https://spy.example">x',
        "<base href='https://spy.example'>x",
        '<td background="https://spy.example">x</td>',
        '<input type=image src="https://spy.example">x',
        '<img src="a>b" onerror="alert(1)">x',
    ],
)
def test_sanitised_markup_loads_and_runs_nothing(markup: str) -> None:
    safe = html.sanitize(markup)
    assert not re.search(r"(?i)<(?!/?(?:p|a|td|table|tr|tbody)\b)", safe)
    assert not re.search(r"(?i)<[^>]*(?:spy\.example|javascript:|data:|\bon\w+=|style=|src=)", safe)
    assert "x" in safe


def test_sanitised_markup_keeps_what_reads_well() -> None:
    markup = (
        '<p>Hallo <b>Welt</b><img src="cid:x"></p><table><tr><td colspan="2">a</td></tr></table>'
        '<a href="https://firma.example">Seite</a><a href="mailto:a@post.example">Mail</a>'
    )
    safe = html.sanitize(markup)
    for kept in (
        "<b>Welt</b>",
        "[Bild]",
        'colspan="2"',
        '<a title="https://firma.example">Seite</a>',
        '<a title="mailto:a@post.example">Mail</a>',
    ):
        assert kept in safe
    assert html.sanitize(safe).count("<b>") == 1


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="https://spy.example">x</a>',
        '<a title="> href=" href="https://spy.example">x</a>',
        "<a title='\"><a href=' HREF=https://spy.example>x</a>",
        '<p title="<a href=&quot;https://spy.example&quot;>">x</p>',
        '<a lang=de target=_top ping="https://spy.example" href="//spy.example">x</a>',
        '<a href="https://spy.example" href="https://other.example" data-href="y">x</a>',
    ],
)
def test_links_lead_nowhere(markup: str) -> None:
    tree = HTMLTree.parse(html.sanitize(markup))
    assert tree.document.query_selector("[href]") is None
    assert "x" in tree.body.text


@given(st.text(alphabet="<>/= \"'ab!-imgscriptdblockquote&;\n", max_size=200))
def test_html_is_total(markup: str) -> None:
    html.to_text(markup)
    assert "<script" not in html.sanitize(markup)
    assert "<img" not in html.sanitize(markup)


@pytest.mark.parametrize(
    "markup",
    [
        *("<div>", "<b><i><a>", "<b></p>", "<i><div></i>", "<div><table></div></table>"),
        *("<span><div></span></div>", "<span><h1></span>", "<form><div></form>"),
    ],
)
def test_elements_without_end_in_each_other_are_read_without_a_parser(markup: str) -> None:
    wild = f"{markup * 5_000}<p>Ich bin <b>krank</b> &amp; <a href='x'>müde</a></p>"
    assert html.is_too_deep(wild)
    assert html.to_text(wild).strip() == "Ich bin krank & müde"
    assert html.sanitize(wild) == "<pre>Ich bin krank &amp; müde</pre>"


def test_long_letters_and_long_threads_are_not_too_deep() -> None:
    rows = "<tr><td><p><b>Tag</b><td><span>3</span><li>x<p>" * 2_000
    letter = f"<div><table>{rows}</table></div><br><img src=x>" * 3
    reply = "<div><blockquote><div><font><span>Gruß</span><p>"
    thread = reply * 100 + "</font></div></blockquote></div>" * 100
    assert not html.is_too_deep(letter)
    assert not html.is_too_deep("<p>" * 5_000 + thread)
