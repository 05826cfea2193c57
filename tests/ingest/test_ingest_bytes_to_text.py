"""Character sets, transfer encodings and headers: tables of what strangers send."""

import base64
import unicodedata
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import charset, dates, headers, transfer
from tests.memory import most_bytes

GERMAN = "Größe „Straße“ – 5 €"


@pytest.mark.parametrize(
    ("data", "label", "text", "defects"),
    [
        (b"Hallo", "", "Hallo", ()),
        (b"Hallo", "us-ascii", "Hallo", ()),
        (GERMAN.encode(), "UTF-8", GERMAN, ()),
        (GERMAN.encode(), '"utf8"', GERMAN, ()),
        (GERMAN.encode(), "", GERMAN, ()),
        (GERMAN.encode("cp1252"), "windows-1252", GERMAN, ()),
        (GERMAN.encode("cp1252"), "iso-8859-1", GERMAN, ()),
        (GERMAN.encode("cp1252"), "latin1", GERMAN, ()),
        (GERMAN.encode("cp1252"), "", GERMAN, ("charset.guessed",)),
        (GERMAN.encode("cp1252"), "utf-8", GERMAN, ("charset.wrong",)),
        (GERMAN.encode(), "iso-8859-1", GERMAN, ("charset.wrong",)),
        (GERMAN.encode(), "us-ascii", GERMAN, ("charset.wrong",)),
        (GERMAN.encode(), "x-none", GERMAN, ("charset.unknown",)),
        (GERMAN.encode("cp1252"), "x-none", GERMAN, ("charset.unknown",)),
        (b"+ADw-", "utf-7", "+ADw-", ("charset.refused",)),
        (b"\\u0041", "raw_unicode_escape", "\\u0041", ("charset.refused",)),
        (b"xn--mller-kva", "idna", "xn--mller-kva", ("charset.refused",)),
        (b"ab", "hex", "ab", ("charset.unknown",)),
        (b"ab", "utf-8\0", "ab", ("charset.unknown",)),
        ("5 €".encode("iso-8859-15"), "iso-8859-15", "5 €", ()),
        ("ğış".encode("iso-8859-9"), "iso-8859-9", "ğış", ()),
        ("中文".encode("gbk"), "gb2312", "中文", ()),
        ("日本".encode("cp932"), "x-sjis", "日本", ()),
        (b"\x81\x8d\x8f\x90\x9d", "cp1252", "\x81\x8d\x8f\x90\x9d", ()),
        (b"a\xff\xfe", "utf-16", "aÿþ", ("charset.wrong",)),
    ],
)
def test_bytes_become_text(data: bytes, label: str, text: str, defects: tuple[str, ...]) -> None:
    assert charset.decode(data, label) == charset.Decoded(text, defects)


@given(st.binary(max_size=60), st.text(max_size=20) | st.sampled_from(["utf-8", "utf-16", "big5"]))
def test_decoding_and_cleaning_are_total(data: bytes, label: str) -> None:
    text = charset.clean(charset.repair(charset.decode(data, label).text).text).text
    text.encode("utf-8")
    assert all(letter in "\n\t" or unicodedata.category(letter) != "Cc" for letter in text)


@given(st.text(alphabet="äöüÄÖÜß€éèñçğışŞ abc.", max_size=40))
def test_right_text_is_never_repaired_and_double_encoded_text_is(text: str) -> None:
    assert charset.repair(text).text == text
    wrong = charset.decode(text.encode(), "cp1252x").text
    assert charset.repair(wrong).text == text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("GrÃ¼ÃŸe", "Grüße"),
        ("â€žAnfÃ¼hrungâ€œ â€“ 5 â‚¬", "„Anführung“ – 5 €"),
        ("Ã¤ und ğ", "ä und ğ"),
        ("§\xa05 bleibt", "§\xa05 bleibt"),
        ("Ã bleibt", "Ã bleibt"),
    ],
)
def test_mojibake_is_put_right_where_it_is_certain(wrong: str, right: str) -> None:
    assert charset.repair(wrong).text == right


@pytest.mark.parametrize(
    ("data", "encoding", "content", "defects"),
    [
        (b"SGFsbG8=", "base64", b"Hallo", ()),
        (b"SGFs\r\n bG8=\r\n", "base64", b"Hallo", ()),
        (b"SGFsbG8", "base64", b"Hallo", ("base64.broken",)),
        (b"SGFsb", "base64", b"Hal", ("base64.broken",)),
        (b"SGFs*bG8=", "base64", b"Hallo", ()),
        (b"SGE=SGE=", "base64", b"HaHa", ("base64.broken",)),
        (b"====", "base64", b"", ()),
        (b"", "base64", b"", ()),
        (b"a=3Db=\r\nc", "quoted-printable", b"a=bc", ()),
        (b"x", "8bit", b"x", ()),
        (b"x", "strange", b"x", ("mime.unknown_encoding",)),
    ],
)
def test_a_transfer_encoding_is_undone_and_its_faults_are_named(
    data: bytes, encoding: str, content: bytes, defects: tuple[str, ...]
) -> None:
    assert transfer.decode(data, encoding) == transfer.Content(content, defects)


@given(
    st.binary(max_size=120)
    | st.binary(max_size=200).map(base64.encodebytes)
    | st.lists(st.sampled_from([b"QUJD", b"QQ==", b"=", b"\r\n", b"*", b"Q"])).map(b"".join)
)
def test_the_counted_size_is_the_decoded_size(data: bytes) -> None:
    around, where = b"QQ==" + data + b"=Q", {"start": 4, "end": 4 + len(data)}
    for encoding in ("base64", "quoted-printable", "x-uuencode", ""):
        size = transfer.size_bytes(around, encoding, **where)
        assert size == len(transfer.decode(data, encoding).data)


def test_the_size_of_a_file_is_counted_without_its_content_in_memory() -> None:
    half = (b"QUJD" * 19 + b"\r\n") * 40_000
    for between in (b"", b"QQ==\r\n"):
        data = half + between + half
        size = transfer.size_bytes(data, "base64", start=0, end=len(data))
        assert size == 2 * 40_000 * 57 + len(between) // 6
        counting = partial(transfer.size_bytes, data, "base64", start=0, end=len(data))
        assert most_bytes(counting) < len(data) / 2


@pytest.mark.parametrize(
    ("piece", "encoding"), [(b"QQ==", "base64"), (b"Q=", "base64"), (b"!00\n", "x-uuencode")]
)
def test_content_in_a_million_pieces_takes_no_more_memory_than_in_one(
    piece: bytes, encoding: str
) -> None:
    data = piece * 40_000
    assert most_bytes(lambda: transfer.decode(data, encoding)) < 4 * len(data)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?ISO-8859-1?B?R3L832U=?=", "Grüße"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?= und =?utf-8?Q?b?=", "a und b"),
        ("=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?Q?a?= =?latin1?Q?=FC?=", "aü"),
        ("=?utf-8*de?Q?a_b?=", "a b"),
        ("=?utf-8?Q?zwei Worte?=", "zwei Worte"),
        ("=?utf-8?X?nein?=", "=?utf-8?X?nein?="),
        ("=?utf-8?Q?offen", "=?utf-8?Q?offen"),
        ("vor=?utf-8?Q?mitten?=nach", "vormittennach"),
        ("  viel \t Luft\x00\x07 ", "viel Luft"),
        ("=?utf-8?Q?a=0D=0AB:_c?=", "a B: c"),
        ("x" * 5_000, "x" * headers.MAX_VALUE_CHARS),
    ],
)
def test_header_text_is_decoded(raw: str, text: str) -> None:
    assert headers.text(raw.encode()) == text


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("Mon, 04 Mar 2024 10:15:30 +0100", (2024, 3, 4, 9, 15, 30)),
        ("4 Mar 24 10:15 GMT", (2024, 3, 4, 10, 15, 0)),
        ("Mon, 4-Mar-2024 10:15:00 EST", (2024, 3, 4, 15, 15, 0)),
        ("Di, 4. Dezember 2024, 10:15 MEZ (Winter)", (2024, 12, 4, 9, 15, 0)),
        ("2024-03-04 10:15:00.123 -02:30", (2024, 3, 4, 12, 45, 0)),
        ("Mon, 04 Mar 2024 10:15:60 +0000", (2024, 3, 4, 10, 15, 59)),
    ],
)
def test_dates_are_read_as_utc(raw: str, moment: tuple[int, int, int, int, int, int]) -> None:
    assert dates.when(raw.encode()) == datetime(*moment, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw", ["", "gestern", "32 Mar 2024 10:15", "4 Xyz 2024 10:15", "4 Mar 1850 10:15", "9" * 9_000]
)
def test_nonsense_is_no_date(raw: str) -> None:
    assert dates.when(raw.encode()) is None


@pytest.mark.parametrize(
    ("raw", "value", "params"),
    [
        ("text/plain", "text/plain", {}),
        ('Text/HTML; Charset="UTF-8"; x=1', "text/html", {"charset": "UTF-8", "x": "1"}),
        ("a; name=zwei Worte.pdf; b=c", "a", {"name": "zwei Worte.pdf", "b": "c"}),
        ('a; name="mit \\"Zitat\\".pdf"', "a", {"name": 'mit "Zitat".pdf'}),
        ('a; name="offen', "a", {"name": "offen"}),
        ("a; name*=utf-8''%C3%BC.pdf", "a", {"name": "ü.pdf"}),
        ("a; name*1=b; name*0=a; name*2=c", "a", {"name": "abc"}),
        ("a; name=plain; name*=utf-8''%C3%BC", "a", {"name": "ü"}),
        ("a; name=eins; name=zwei", "a", {"name": "eins"}),
        ("a; name=eins;;; b=zwei;", "a", {"name": "eins", "b": "zwei"}),
        ("", "", {}),
    ],
)
def test_parameters_are_read(raw: str, value: str, params: dict[str, str]) -> None:
    assert headers.structured(raw.encode()) == headers.Structured(value, params)


@given(st.binary(max_size=200))
def test_headers_are_total(data: bytes) -> None:
    headers.text(data)
    headers.mailboxes(data)
    headers.structured(data)
    dates.when(data)
    headers.message_ids(data)
    list(headers.fields(data))


@pytest.mark.parametrize(
    ("raw", "boxes"),
    [
        ("a@x.example", [("a@x.example", "")]),
        ("Anna A <A@X.example>", [("a@x.example", "Anna A")]),
        (
            '"A, B" <a@x.example>, c@x.example (C C)',
            [("a@x.example", "A, B"), ("c@x.example", "C C")],
        ),
        (
            "G: a@x.example, b@x.example;; c@x.example",
            [(f"{n}@x.example", "G:"[: 2 * (n == "a")]) for n in "abc"],
        ),
        ("a@x.example <>", []),
        ('"offen <a@x.example>', [("a@x.example", "offen <>")]),
        ("'Anna' <a@x.example>", [("a@x.example", "Anna")]),
        ("kein Postfach", []),
        ("<a@x.example", [("a@x.example", "")]),
    ],
)
def test_addresses_are_found(raw: str, boxes: list[tuple[str, str]]) -> None:
    found = headers.mailboxes(raw.encode())
    assert [(box.address, box.name) for box in found] == boxes
    assert headers.addresses(raw.encode()) == tuple(box.address for box in found)
