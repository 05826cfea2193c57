"""Highlighting: marks where words spoke, and never a character that the customer didn't write."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.marks import marked, spoken


class _Reader(HTMLParser):
    """Collects the text outside of <sup>, and every tag."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tags: list[str] = []
        self.depth = 0
        self.in_sup = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.in_sup += tag == "sup"

    def handle_endtag(self, tag: str) -> None:
        self.in_sup -= tag == "sup"

    def handle_data(self, data: str) -> None:
        if not self.in_sup:
            self.text.append(data)


def read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


# An HTML parser turns CR into LF and drops NUL; the text of a mail has neither (ingest/body.py).
texts = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]), max_size=60)
spans = st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70), st.integers(1, 5)), max_size=8)


@given(text=texts | st.sampled_from(["<b>&amp;</b>", '"><script>alert(1)</script>', "a&lt;b"]),
       found=spans)  # fmt: skip
def test_the_text_of_the_marked_html_is_the_text_of_the_mail(
    text: str, found: list[tuple[int, int, int]]
) -> None:
    reader = read(str(marked(text, found)))
    assert "".join(reader.text) == text
    assert set(reader.tags) <= {"mark", "sup", "span"}


@pytest.mark.parametrize(
    ("text", "found", "pieces"),
    [
        ("neues Konto", [(0, 5, 1)], [("1", "neues")]),
        ("neues Konto", [(0, 11, 1), (6, 11, 2)], [("1", "neues "), ("1 2", "Konto")]),
        ("neues Konto", [(0, 8, 1), (3, 11, 2)], [("1", "neu"), ("1 2", "es Ko"), ("2", "nto")]),
        ("Konto", [(0, 5, 2), (0, 5, 1)], [("1 2", "Konto")]),
        ("Konto", [(2, 2, 1), (4, 1, 1), (9, 12, 1)], []),
        ("Konto", [(-3, 99, 1)], [("1", "Konto")]),
        ("<b> & co", [(0, 3, 1)], [("1", "&lt;b&gt;")]),
    ],
    ids=["one", "inside", "crossing", "same", "outside", "cut", "escaped"],
)
def test_spans_become_marks_that_never_nest(
    text: str, found: list[tuple[int, int, int]], pieces: list[tuple[str, str]]
) -> None:
    html = str(marked(text, found))
    assert re.findall(r'<mark data-n="([\d ]+)">(.*?)<sup>', html) == pieces


def test_a_concern_keeps_its_number_and_the_subject_its_own_spans() -> None:
    concerns = [
        {"code": "au", "spans": [{"start": 1, "end": 2, "where": "subject"}]},
        {"code": "termin", "spans": [{"start": 3, "end": 4, "where": "body"}]},
    ]
    assert spoken(concerns) == [(3, 4, 2)]
    assert spoken(concerns, where="subject") == [(1, 2, 1)]
