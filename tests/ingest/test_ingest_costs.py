"""What a stranger sends costs no more than its length: no step of the parser takes its square."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from struct import pack

import pytest

from ingest import attachments, body, charset, forms, headers, html, mime, rtf, tnef
from ingest.mime import Leaf
from ingest.seams import answers, earlier, signature
from rules.mail import TEXT_CUT, FormField
from tests.growth import costs_more, grows_by

LINEAR = 30
"""Of eight times as much: linear is 8, the square 64."""

GROWING: dict[str, tuple[int, Callable[[int], object]]] = {
    "blanks beside a tab": (
        2_000,
        lambda n: html.to_text("<table><tr><td>a<td>b</table>a" + "\xa0" * n + "x"),
    ),
    "braces in RTF": (8_000, lambda n: rtf.text_of(b"{\\rtf1" + b"{" * n + b"}" * n)),
    "blanks before a colour": (
        600,
        lambda n: [*answers._coloured(f"<p color:{' ' * n}>")],
    ),
    "blanks behind a ticked box": (
        100,
        lambda n: forms._ticked(FormField("topic", "Thema", f"[x]{' ' * n}]")),
    ),
    "marks piled up on a letter": (
        1_500,
        lambda n: charset.clean("a" + "\u0315" * n + "\u0300" * n),
    ),
    "marks in the name of a file": (
        1_500,
        lambda n: attachments.safe_name("a" + "\u0315" * n + "\u0300" * n, "", "1"),
    ),
    "marks in HTML": (
        1_500,
        lambda n: charset.clean(html.to_text("a" + "&#x315;" * n + "&#x300;" * n)),
    ),
    "signs of an address in a line of who wrote": (
        1_000,
        lambda n: earlier._WITH_ITS_TEXT.match(f"Am 1.1. schrieb <{'@' * n} >:  "),
    ),
    "accounts over a long text": (
        30,
        lambda n: signature.labels(["Gruß", *["Bankverbindung:"] * n, *["x " * 20] * n]),
    ),
}


@pytest.mark.parametrize("name", GROWING)
def test_the_cost_grows_as_the_length_does(name: str) -> None:
    start, work = GROWING[name]
    assert grows_by(work, start) < LINEAR


def test_a_line_that_may_be_a_boundary_costs_as_any_other() -> None:
    head = b"Content-Type: multipart/mixed\r\n\r\n--x"
    blanks, letters = (head + sign * 200_000 + b"\0" for sign in (b" ", b"y"))
    assert costs_more(lambda: mime.scan(blanks), lambda: mime.scan(letters)) < 20


def test_the_line_that_is_the_boundary_is_found_with_blanks_behind_it() -> None:
    tree = mime.scan(b"Content-Type: multipart/mixed\n\n--x y \t\n\nTeil\n--x y\n\nTeil\n--x y--\n")
    assert len(tree.leaves) == 2


def test_values_that_only_a_number_claims_cost_nothing() -> None:
    def wrapper(values: int) -> bytes:
        properties = pack("<IHHI", 1, 0x101E, 0x1000, values)
        record = b"\x02" + pack("<II", 0x69005, len(properties)) + properties + b"\0\0"
        opened = b"\x02" + pack("<II", 0x69002, 0) + b"\0\0"
        return b"\x78\x9f\x3e\x22\0\0" + opened + record * 300

    many, few = wrapper(0xFFFF_FFFF), wrapper(1)
    assert costs_more(lambda: tnef.read(many), lambda: tnef.read(few)) < 20


def test_names_of_elements_of_a_strangers_own_cost_no_pattern_each() -> None:
    def hidden(names: int) -> str:
        tags = [f"x{n % names}" for n in range(4_000)]
        return "".join(f"<{tag} style=display:none></{tag}>" for tag in tags)

    many, one = hidden(4_000), hidden(1)
    assert costs_more(lambda: html.to_text(many), lambda: html.to_text(one)) < 10
    assert html.to_text("<x1 style=display:none>weg<X1>weg</x1></X1>da") == "da"


def packed_nothing() -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<a>" * 1_000)
    return held.getvalue()


def test_packed_files_that_say_nothing_are_opened_until_it_is_enough_and_then_named() -> None:
    data = packed_nothing()

    def read(files: int) -> tuple[str, ...]:
        file = Leaf(
            *(data, 0, len(data), "2", "application/octet-stream", {}),
            disposition="attachment",
            name="a.docx",
        )
        return body.read([Leaf(b"Hallo", 0, 5, "1", "text/plain", {}), *[file] * files]).defects

    assert TEXT_CUT not in read(20)
    assert TEXT_CUT in read(21)


def test_what_is_cut_for_its_cost_leaves_what_people_write() -> None:
    marked = "Vie\u0302\u0323t Nam"
    assert charset.composed(marked) == "Việt Nam"
    assert charset.composed("😀" * 40) == "😀" * 40
    assert charset.composed("e" + "\u0301" * 31) == "é" + "\u0301" * 29
    ticked = forms._ticked(FormField("topic", "Thema", "[ ] Umzug [x]  Krank \n[X] Kind [ ] Geld"))
    assert ticked.value == "Krank, Kind"
    assert [*answers._coloured('<span style="color: red">so</span>')] == ["so"]


def test_many_encoded_words_are_joined_in_one_go() -> None:
    words = b"=?utf-8?q?=C3?= =?utf-8?q?=BC?= " * 3
    assert headers.text(words) == "üüü"
