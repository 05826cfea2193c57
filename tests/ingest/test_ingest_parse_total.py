"""The parser is total: no bytes make it raise, none make it slow, nothing grows without a limit."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import attachments, forms, parse
from ingest.mime import MAX_DEPTH, MAX_PARTS
from rules import head_only
from rules.errors import Refused
from rules.mail import ParsedMail

ROOT = Path(__file__).parents[2]
SAMPLES = [path.read_bytes() for path in sorted((ROOT / "tests" / "mails").glob("*.eml"))]
LAYOUTS = forms.load(
    {path.name: path.read_text("utf-8") for path in (ROOT / "domain" / "forms").glob("*.toml")}
)
HEAD = b"From: a@post.example\r\nDate: Mon, 04 Mar 2024 10:15:00 +0100\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def nested(depth: int) -> bytes:
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(depth)
    )
    return HEAD + opening + b"\r\nganz innen"


def many_parts(count: int) -> bytes:
    return HEAD + MIXED + b"--b\r\n\r\nTeil\r\n" * count + b"--b--"


def many_recipients(count: int) -> bytes:
    boxes = b",\r\n ".join(b"Name %d <n%d@post.example>" % (n, n) for n in range(count))
    return HEAD + b"To: " + boxes + b"\r\n\r\nHallo"


def messages_in_messages(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + HEAD + b"\r\nganz innen"


BOMBS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "60 MB attachment": (
        lambda: (
            HEAD + MIXED + b"--b\r\n\r\nanbei\r\n--b\r\nContent-Type: application/pdf\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 15_000_000 + b"\r\n--b--"
        ),
        set(),
    ),
    "60 MB of text": (lambda: HEAD + b"\r\n" + b"krank " * 10_000_000, {"text.cut"}),
    "60 MB of NULs": (lambda: b"\0" * 60_000_000, {"header.missing"}),
    "60 MB of header": (lambda: HEAD + b"X: y\r\n" * 10_000_000, {"header.too_long"}),
    "60 MB of blank lines": (lambda: HEAD + b"\r\n" * 30_000_000, {"text.empty"}),
    "60 MB of quotes": (lambda: HEAD + b"\r\n" + b"> x\n" * 15_000_000, {"text.cut"}),
    "one line of 20 MB": (lambda: HEAD + b"\r\n" + b"a" * 20_000_000, {"text.cut"}),
    "2,000 parts": (lambda: many_parts(2_000), {"mime.too_many_parts"}),
    "200 levels": (lambda: nested(200), {"mime.too_deep", "mime.unclosed"}),
    "2,000 parts 200 deep": (lambda: nested(200) + many_parts(2_000), {"mime.too_deep"}),
    "10,000 recipients": (lambda: many_recipients(10_000), {"recipients.too_many"}),
    "50 messages in messages": (lambda: messages_in_messages(50), {"text.empty"}),
    "open quotes in addresses": (lambda: HEAD + b'To: "' + b'\\"' * 200_000 + b"\r\n\r\nx", set()),
    "open brackets in addresses": (lambda: HEAD + b"To: " + b"<(" * 200_000 + b"\r\n\r\nx", set()),
    "encoded words": (lambda: HEAD + b"Subject: " + b"=?u?Q?a" * 100_000 + b"\r\n\r\nx", set()),
    "parameters": (
        lambda: HEAD + b"Content-Type: text/plain" + b'; a="' * 100_000 + b"\r\n\r\nx",
        set(),
    ),
    "deep HTML": (
        lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div><table><td>" * 50_000 + b"x",
        set(),
    ),
    "open tags": (lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<td " * 400_000, set()),
    "quotes in quotes": (
        lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<blockquote>" * 100_000 + b"x",
        {"html.too_deep"},
    ),
    "letters of type without end": (
        lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<b><i><a>" * 200_000 + b"x",
        {"html.too_deep"},
    ),
    "dashes": (lambda: HEAD + b"\r\n" + b"-- " * 150_000 + b"\n" + b"-" * 300_000, {"text.cut"}),
    "labels": (
        lambda: HEAD + b"Subject: Kontaktformular\r\n\r\n" + b"Thema ....: " * 30_000,
        set(),
    ),
    "files without end in TNEF": (
        lambda: (
            HEAD
            + b"Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\0\0"
            + b"\x02\x02\x90\x06\0\0\0\0\0\0\0" * 2_000_000
        ),
        {"mime.too_many_parts"},
    ),
    "blank lines in base64": (
        lambda: b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A\n\n" * 700_000,
        {"text.control_characters"},
    ),
    "quotes before an at": (lambda: b"From: " + b'"a"@' * 200_000 + b"\r\n\r\nx", set()),
    "blanks behind equals": (
        lambda: (
            b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + (b"=" + b" " * 99) * 20_000
        ),
        {"text.cut"},
    ),
    "forged TNEF": (
        lambda: (
            HEAD + b"Content-Type: application/ms-tnef\r\n\r\n\x78\x9f\x3e\x22\0\0"
            b"\x01\x03\x90\x06\x00\x08\0\0\0\xff\xff\xff\xff\x02\x10\0\0"
        ),
        {"tnef.unreadable", "text.empty"},
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_in_bounded_time_and_named(name: str) -> None:
    make, expected = BOMBS[name]
    data = make()
    begin = time.process_time()
    mail = parse.parse(data, LAYOUTS)
    assert time.process_time() - begin < 6, "bounded: less than a second on a quiet machine"
    assert expected <= set(mail.defects)
    is_sound(mail)


def test_the_limits_cut_and_keep_the_beginning() -> None:
    assert len(parse.parse(many_parts(2_000)).body.new.split()) == MAX_PARTS
    recipients = parse.parse(many_recipients(10_000)).recipients
    assert recipients[0] == "n0@post.example"
    assert len(recipients) == parse.MAX_RECIPIENTS
    assert "ganz innen" in parse.parse(nested(MAX_DEPTH)).body.new
    assert parse.parse(nested(MAX_DEPTH + 1)).body.new == ""


@given(st.binary(max_size=400))
def test_random_bytes_are_read(data: bytes) -> None:
    is_sound(parse.parse(data, LAYOUTS))


WORDS = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b":",
            b";",
            b'"',
            b"<",
            b">",
            b"=?",
            b"?=",
            b"--b",
            b"=",
        ),
        *(b"Content-Type: ", b"multipart/mixed", b"boundary=b", b"text/html", b"message/rfc822"),
        *(
            b"charset=",
            b"utf-8",
            b"utf-16",
            b"Content-Transfer-Encoding: base64\r\n",
            b"QUJD",
            b"\0",
        ),
        *(
            b"filename*0*=",
            b"name=",
            b"%FC",
            b"Subject: ",
            b"From: ",
            b"\xfc",
            b"\xff\xfe",
            b"\r\n\r\n",
        ),
        *(
            b"Von: a\nGesendet: b\n",
            b"> x\n",
            b"-- \n",
            b"application/ms-tnef",
            b"\x78\x9f\x3e\x22",
        ),
        *(
            b"application/pkcs7-mime",
            b"\x30\x80\x06\x09",
            b"format=flowed",
            b"<blockquote>",
            b"Thema: ",
        ),
    ]
)


@given(st.lists(WORDS, max_size=60).map(b"".join))
def test_grammar_in_disorder_is_read(data: bytes) -> None:
    is_sound(parse.parse(data, LAYOUTS))


@settings(suppress_health_check=[HealthCheck.large_base_example, HealthCheck.too_slow])
@given(st.data())
def test_mutated_samples_are_read_and_their_attachments_extracted(data: st.DataObject) -> None:
    mail = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mail)))
        length = data.draw(st.integers(0, 40))
        mail[at : at + length] = data.draw(st.binary(max_size=20) | WORDS)
    parsed = parse.parse(bytes(mail), LAYOUTS)
    is_sound(parsed)
    for listed in parsed.attachments:
        found, content = attachments.extract(bytes(mail), listed.path)
        assert (found.name, len(content)) == (listed.name, listed.size_bytes)


def test_no_attachment_there_is_refused_with_a_code() -> None:
    with pytest.raises(Refused) as refused:
        attachments.extract(SAMPLES[0], "9.9/9")
    assert refused.value.code == "attachment.missing"


def test_every_documented_defect_occurs_and_no_other() -> None:
    documented = {
        line.split("`")[1]
        for line in (ROOT / "docs" / "defects.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    }
    occurring = {code for data in SAMPLES for code in parse.parse(data).defects}
    occurring |= {code for _, codes in BOMBS.values() for code in codes}
    # Of a mail whose body was never fetched; no reader of bytes can tell.
    assert occurring | set(head_only.CODES) == documented


def is_sound(mail: ParsedMail) -> None:
    """What every consumer relies on: storable text, safe names, unique codes."""
    body = mail.body
    texts = [mail.subject, mail.sender, mail.sender_name, mail.message_id, mail.html]
    texts += [body.new, body.quoted, body.signature, body.disclaimer, *mail.recipients]
    texts += [value for _, value in mail.headers]
    for text in texts:
        assert "\0" not in text
        text.encode("utf-8")
    for attachment in mail.attachments:
        name = attachment.name
        assert 0 < len(name) <= 200
        assert name == Path(name).name
        assert name.isprintable()
        assert not name.startswith(".")
        assert attachment.size_bytes >= 0
    assert len({a.path for a in mail.attachments}) == len(mail.attachments)
    assert len(set(mail.defects)) == len(mail.defects)
    assert json.dumps(mail.defects)
