"""winmail.dat, S/MIME and attached messages: read like the reference, and total."""

import binascii
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import tnefparse
from hypothesis import given
from hypothesis import strategies as st

from ingest import attachments, inline_files, smime, tnef
from ingest.attachments import safe_name
from ingest.parse import parse
from tests.memory import most_bytes

MAILS = Path(__file__).parents[1] / "mails"


def part_of(name: str, path: str) -> bytes:
    return attachments.extract((MAILS / f"{name}.eml").read_bytes(), path)[1]


def test_a_signed_mail_in_pieces_of_nothing_takes_no_more_memory_than_in_one() -> None:
    signed = (
        b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010702") + b"\xa0\x80\x30\x80"
        b"\x02\x01\x01\x31\x00\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010701")
    )
    data = signed + b"\xa0\x80\x24\x80" + b"\x04\x00" * 40_000
    assert most_bytes(lambda: smime.read(data)) < 2 * len(data)


@pytest.mark.parametrize(("name", "path"), [("winmail_dat", "2"), ("winmail_dat_html", "1")])
def test_our_reader_of_winmail_dat_agrees_with_tnefparse(name: str, path: str) -> None:
    data = part_of(name, path)
    ours, reference = tnef.read(data), tnefparse.TNEF(data)
    assert [file.data for file in ours.files] == [bytes(f.data) for f in reference.attachments]
    assert [file.name for file in ours.files] == [
        (f.long_filename() or f.name).rstrip("\0") for f in reference.attachments
    ]
    assert ours.html == bytes(reference.htmlbody or b"")


@given(st.binary(max_size=200), st.data())
def test_winmail_dat_and_smime_are_total(data: bytes, draw: st.DataObject) -> None:
    tnef.read(b"\x78\x9f\x3e\x22\0\0" + data)
    smime.read(data)
    for name, path in (("winmail_dat", "2"), ("smime_signed_opaque_ber", "1")):
        known = bytearray(part_of(name, path))
        at = draw.draw(st.integers(0, len(known) - 1))
        known[at] = draw.draw(st.integers(0, 255))
        tnef.read(bytes(known[: draw.draw(st.integers(0, len(known)))]))
        smime.read(bytes(known))


def test_a_signed_message_is_read_through_whole() -> None:
    opened = smime.read(part_of("smime_signed_opaque", "1"))
    assert opened.content.endswith(b"Ich bin krank, unterschrieben.")
    assert smime.read(part_of("smime_signed_opaque_ber", "1")) == opened


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("AU.pdf", "AU.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\AU.pdf", "AU.pdf"),
        ("a/../", "Anlage_2.pdf"),
        ("", "Anlage_2.pdf"),
        (" . ", "Anlage_2.pdf"),
        ("con", "_con"),
        ("LPT1.txt", "_LPT1.txt"),
        ("a<b>:c|d?.pdf", "abcd.pdf"),
        ("gpj.\u202efdp.exe", "gpj.fdp.exe"),
        ("u\u0308.pdf", "ü.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300, "x" * 200),
        ("Befund 1.\npdf", "Befund 1.pdf"),
    ],
)
def test_attachment_names_are_safe(name: str, safe: str) -> None:
    assert safe_name(name, "application/pdf", "2") == safe


@given(st.text(max_size=300))
def test_any_name_becomes_a_safe_one(name: str) -> None:
    safe = safe_name(name, "image/jpeg", "1/2")
    assert 0 < len(safe) <= 200
    assert safe == Path(safe).name
    assert safe.isprintable()
    assert safe_name(safe, "image/jpeg", "1/2") == safe


def test_a_well_formed_mail_reads_like_the_standard_library_reads_it() -> None:
    for name in (
        "plain_utf8",
        "quoted_printable",
        "base64_text",
        "attachment_rfc2231",
        "alternative",
    ):
        data = (MAILS / f"{name}.eml").read_bytes()
        reference = message_from_bytes(data, policy=policy.default)
        assert isinstance(reference, EmailMessage)
        body = reference.get_body(("plain",))
        assert body is not None
        ours = parse(data)
        assert ours.body.new.split() == body.get_content().split()
        assert ours.subject == str(reference["subject"])
        assert [a.name for a in ours.attachments] == [
            part.get_filename() for part in reference.iter_attachments()
        ]


@given(st.binary(min_size=1, max_size=400), st.booleans())
def test_a_file_written_into_a_text_comes_out_byte_by_byte(data: bytes, blanks: bool) -> None:
    lines = [
        binascii.b2a_uu(data[n : n + 45], backtick=not blanks) for n in range(0, len(data), 45)
    ]
    text = b"Guten Tag\nbegin 644 AU.pdf\n" + b"".join(lines) + b"`\nend\nMia Kern\n"
    assert inline_files.split(text) == (b"Guten Tag\nMia Kern\n", [(b"AU.pdf", data)])


@given(st.binary(max_size=400))
def test_what_only_begins_like_a_file_stays_text(data: bytes) -> None:
    text = b"begin 644 AU.pdf\nich bin krank\n" + data.replace(b"begin", b"")
    assert inline_files.split(text) == (text, [])
