"""Files in which people write letters are heard beside the message, bounded, and never fail."""

import zipfile
from email.message import EmailMessage
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import file_text, rtf
from ingest.parse import parse
from tests.memory import most_bytes

JOB = "Ab 1.12. fange ich bei Müller & Söhne an."
RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil Calibri;}}{\colortbl ;\red0\green0\blue0;}"
    rb"{\*\generator Riched20 10.0;}{\info{\author Mia}}\pard\f0\fs22 Ab 1.12. fange ich\par"
    b"\r\n"
    rb"bei M\'fcller {\b &} S\u246?hne an.{\pict\wmetafile8 0123}\par}"
)
WORD = (
    '<?xml version="1.0"?><w:document xmlns:w="w"><w:body><w:p w:rsidR="1"><w:pPr/><w:r>'
    '<w:t xml:space="preserve">Ab 1.12. fange </w:t></w:r><w:proofErr/><w:r><w:t>ich bei Mül</w:t>'
    "</w:r><w:r><w:t>ler &amp; Söhne an.</w:t></w:r></w:p><w:p><w:r><w:t>Gruß</w:t></w:r></w:p>"
    "</w:body></w:document>"
)
OPEN = (
    '<office:text><text:h>Brief</text:h><text:p text:style-name="P1">Ab 1.12. fange ich bei '
    "<text:span>Müller &amp; Söhne</text:span> an.</text:p></office:text>"
)
CALENDAR = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY;LANGUAGE=de:Arbeit\r\n"
    "DESCRIPTION:Ab 1.12. fange ich\r\n  bei Müller & Söhne an.\\nGruß\\, Mia\r\nEND:VEVENT\r\n"
)
CARD = (
    f"BEGIN:VCARD\r\nFN:Mia Kern\r\nADR:;;Seestr. 1;Kassel;;34117;\r\nNOTE:{JOB}\r\nEND:VCARD\r\n"
)
LIST = f"Name;Notiz\nMia;{JOB}\n"


def packed(name: str, xml: str, *, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", how) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(name, xml)
    return data.getvalue()


DOCX, ODT = packed("word/document.xml", WORD), packed("content.xml", OPEN)


def heard(data: bytes, name: str, kind: str = "application/octet-stream") -> str:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "mia@post.example", "Unterlagen"
    mail.set_content("Anbei.")
    main, _, sub = kind.partition("/")
    mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    read = parse(mail.as_bytes())
    assert (read.body.new.strip(), [one.name for one in read.attachments]) == ("Anbei.", [name])
    return read.elsewhere


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (RTF, "Brief.rtf", "application/rtf"),
        (RTF, "Brief.rtf", "text/rtf"),
        (RTF, "Brief.RTF", "application/octet-stream"),
        (DOCX, "Brief.docx", "application/octet-stream"),
        (ODT, "Brief.odt", "application/vnd.oasis.opendocument.text"),
        (CALENDAR.encode(), "Termin.ics", "text/calendar"),
        (CARD.encode(), "Mia.vcf", "text/vcard"),
        (LIST.encode("cp1252"), "Liste.csv", "text/csv"),
    ],
)
def test_what_a_file_says_is_heard(data: bytes, name: str, kind: str) -> None:
    said = " ".join(heard(data, name, kind).split())
    assert JOB in said
    assert not {"Calibri", "Seestr", "0123", "Riched20", "<w", "UID"}.intersection(said.split())


def test_paragraphs_end_a_line_and_words_stay_whole() -> None:
    assert heard(DOCX, "Brief.docx").split("\n")[-2:] == [JOB, "Gruß"]
    assert heard(CALENDAR.encode(), "a.ics").endswith("Söhne an.\nGruß, Mia")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"PK\3\4 broken", "a.docx"),
        (packed("other.xml", WORD), "a.docx"),
        (packed("word/document.xml", WORD, how=zipfile.ZIP_LZMA), "a.docx"),
        (b"\xd0\xcf\x11\xe0 with a password", "a.docx"),
        (b"no rtf", "a.rtf"),
        (b"BEGIN:VCARD\r\nFN:Mia\r\nEND:VCARD\r\n", "a.vcf"),
        (DOCX, "a.jpg"),
    ],
)
def test_what_cannot_be_read_says_nothing(data: bytes, name: str) -> None:
    assert heard(data, name) == ""


def test_a_document_that_grows_is_read_up_to_its_bound() -> None:
    bomb = packed("word/document.xml", "<w:p>" + " " * 60_000_000)
    assert len(bomb) < 100_000
    assert most_bytes(lambda: heard(bomb, "a.docx")) < 30_000_000
    many = DOCX + b"PK\x01\x02" * (file_text.MAX_MEMBERS + 1)
    assert heard(many, "a.docx") == ""


def test_entities_of_a_document_are_not_resolved() -> None:
    xml = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:p><w:t>&b; krank</w:t></w:p>'
    assert "aaaa aaaa" not in heard(packed("word/document.xml", xml), "a.docx")
    assert "krank" in heard(packed("word/document.xml", xml), "a.docx")


@given(st.sampled_from([RTF, DOCX, ODT, CALENDAR.encode(), CARD.encode()]), st.data())
def test_files_are_read_whatever_is_wrong_with_them(known: bytes, draw: st.DataObject) -> None:
    data = bytearray(known)
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = bytes(data[: draw.draw(st.integers(0, len(data)))])
    for reader in file_text._READERS.values():
        reader(cut).encode()


FIRST = (
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c64"
    "7d0a800fa0"
)


@pytest.mark.parametrize(
    ("packed_rtf", "plain"),
    [
        (
            FIRST,
            rb"{\rtf1\ansi\ansicpg1252\pard hello world}" + b"\r\n",
        ),
        (
            "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0",
            rb"{\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
        ),
        ("0f000000030000004d454c4100000000616263", b"abc"),
    ],
)
def test_packed_rtf_is_unpacked_as_in_the_examples_of_its_description(
    packed_rtf: str, plain: bytes
) -> None:
    """Source: MS-OXRTFCP sections 3.1.1.1, 3.1.2.1."""
    assert rtf.unpacked(bytes.fromhex(packed_rtf)) == plain


@given(st.binary(max_size=300))
def test_packed_rtf_is_total_and_bounded(data: bytes) -> None:
    assert len(rtf.unpacked(b"\0" * 8 + b"LZFu" + b"\0" * 4 + data)) <= 17 * len(data)
    rtf.text_of(rb"{\rtf1 " + data).encode()
