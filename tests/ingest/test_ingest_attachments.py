"""Which part of a mail somebody sent, and which a program put there."""

from collections.abc import Iterable

import pytest

from ingest.attachments import MAX_NAME_CHARS
from ingest.parse import parse
from rules.mail import Attachment

PDF, JPEG = "Content-Type: application/pdf; name=au.pdf", "Content-Type: image/jpeg; name=IMG_1.jpg"
ID, INLINE = "Content-ID: <x@post.example>", "Content-Disposition: inline"
FILE = "Content-Disposition: attachment"


def sent(kind: str, *fields: Iterable[str]) -> Attachment:
    """What is made of one part with those fields, beside a text."""
    part = "\r\n".join(["--b", *map(str, fields), "Content-Transfer-Encoding: base64", "", "QUFB"])
    head = f"From: a@post.example\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n"
    text = "--b\r\nContent-Type: text/html\r\n\r\n<p>Hallo</p>\r\n"
    (found,) = parse(f"{head}{text}{part}\r\n--b--\r\n".encode()).attachments
    return found


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("mixed", (PDF, INLINE, ID)),  # as Apple Mail sends a file that it shows
        ("related", (PDF, ID)),
        ("mixed", (JPEG, INLINE)),  # the photo of a sick note, laid into the text by a phone
        ("mixed", (JPEG, FILE, ID)),  # as Outlook numbers whatever it sends
        ("related", (JPEG, FILE)),
    ],
)
def test_what_somebody_sent_is_an_attachment(kind: str, fields: tuple[str, ...]) -> None:
    assert not sent(kind, *fields).inline


@pytest.mark.parametrize(
    ("kind", "fields"), [("mixed", (JPEG, INLINE, ID)), ("related", (JPEG, INLINE))]
)
def test_a_picture_of_the_text_is_none(kind: str, fields: tuple[str, ...]) -> None:
    assert sent(kind, *fields).inline


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a" * 300 + ".pdf", ".pdf"), ("a" * 300 + "." + "b" * 11, "a"), ("a" * 300, "a")],
)
def test_a_name_without_end_is_cut_and_keeps_what_it_is(name: str, shown: str) -> None:
    found = sent("mixed", f"Content-Type: application/pdf; name={name}", FILE).name
    assert len(found) <= MAX_NAME_CHARS
    assert found.endswith(shown)
