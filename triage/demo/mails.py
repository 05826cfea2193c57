"""The demo's mail: corpus mails as real messages, and ugly ones that a postbox gets too.

All persons, numbers and addresses are invented. The corpus trained the model, so the demo
shows how the house works, not how well it judges; `postlotse evaluate` shows that.
"""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage
from importlib.resources import files
from pathlib import Path
from zlib import crc32

from classify.corpus.lines import LabelledMail, as_eml, read
from rules.directory import Directory

OLDEST = timedelta(days=4)
"""Age of the oldest mail of the backlog, so that some are due. Own decision 0024."""

HUGE_BYTES = 8_000_000
"""Large enough to be seen on the page, small enough for a laptop. Own decision 0024."""


@dataclass(frozen=True, slots=True)
class SampleMail:
    """One message for the postbox of `region`; `age` is how long it lies there already."""

    name: str
    region: str
    data: bytes
    age: timedelta = timedelta()


def corpus_lines() -> tuple[LabelledMail, ...]:
    """All mails of the corpus that ships with the house, in file order."""
    return read([Path(str(files("corpus")))])


def backlog(directory: Directory, *, count: int) -> Iterator[SampleMail]:
    """What lies in the postboxes when the demo starts: ugly mails, then the corpus'."""
    yield from ugly()
    lines = _shuffled()[:count]
    for turn, line in enumerate(lines):
        age = OLDEST * (1 - turn / len(lines)) ** 2
        yield replace(_sample(directory, line), age=age)


def fresh(directory: Directory, *, skip: int) -> Iterator[SampleMail]:
    """Endless new mail: what the backlog left over, then from the start again under new ids."""
    lines = _shuffled()
    turn = skip
    while True:
        yield _sample(directory, lines[turn % len(lines)])
        turn += 1


def _shuffled() -> list[LabelledMail]:
    lines = list(corpus_lines())
    random.Random(7).shuffle(lines)  # noqa: S311 - a repeatable order, not a secret
    return lines


def _sample(directory: Directory, line: LabelledMail) -> SampleMail:
    regions = directory.region_names()
    hint = directory.by_mailbox(line.recipient)
    region = hint.region or regions[crc32(line.id.encode()) % len(regions)]
    return SampleMail(line.id, region, as_eml(line))


def ugly() -> Iterator[SampleMail]:
    """What real postboxes hold beside tidy mail. Each breaks another habit of mail software."""
    makers = {
        "ugly-charset": _wrong_charset,
        "ugly-html": _html_only,
        "ugly-winmail": _winmail,
        "ugly-nested": _nested,
        "ugly-empty": lambda: b"",
        "ugly-headers-only": lambda: (
            b"From: leer@post.example\r\nTo: Kassel@arbeitsagentur.de\r\n\r\n"
        ),
        "ugly-huge": _huge,
        "ugly-garbage": lambda: random.Random(1).randbytes(4000),  # noqa: S311 - repeatable
        "ugly-no-id": _no_message_id,
        "ugly-base64": _bad_base64,
        "ugly-names": _dangerous_names,
    }
    for turn, (name, make) in enumerate(makers.items()):
        yield SampleMail(name, ("Nord", "West", "Südwest", "Süd", "Ost")[turn % 5], make())


def _message(subject: str, text: str, *, to: str = "Kassel@arbeitsagentur.de") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Alex Beispiel <alex.beispiel@post.example>"
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = "Mon, 16 Nov 2026 08:15:00 +0100"
    mail["Message-ID"] = f"<{crc32(subject.encode())}@post.example>"
    mail.set_content(text)
    return mail


def _wrong_charset() -> bytes:
    text = "Guten Tag,\n\nich bin ab heute krankgeschrieben, bis einschließlich Freitag.\nGrüße\n"
    head = (
        "From: Umlaut Müller <u.mueller@post.example>\r\nTo: Fulda@arbeitsagentur.de\r\n"
        "Subject: Krankmeldung für diese Woche\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return (head + text).encode("cp1252")


def _html_only() -> bytes:
    mail = EmailMessage()
    mail["From"] = "Robin Muster <robin.muster@post.example>"
    mail["To"] = "Essen@arbeitsagentur.de"
    mail["Subject"] = "Neue Adresse"
    mail.set_content(
        "<html><head><style>p{color:red}</style><script>alert(1)</script></head><body>"
        "<p>Guten Tag,</p><p>ich bin zum 01.12.2026 umgezogen.<br>Neue Anschrift: "
        "Lindenweg 3, 45127 Essen</p><img src='http://track.example/p.gif'>"
        "<p>Kundennummer: 343A456789</p></body></html>",
        subtype="html",
    )
    return mail.as_bytes()


def _winmail() -> bytes:
    mail = _message("Unterlagen", "Anbei die Bescheinigung.", to="Heilbronn@arbeitsagentur.de")
    mail.add_attachment(
        _tnef("Arbeitsbescheinigung.pdf"),
        maintype="application",
        subtype="ms-tnef",
        filename="winmail.dat",
    )
    return mail.as_bytes()


def _tnef(name: str) -> bytes:
    """The smallest TNEF stream with one attached file. Source: MS-OXTNEF 2.1."""

    def attribute(level: int, ident: int, data: bytes) -> bytes:
        return (
            struct.pack("<BII", level, ident, len(data))
            + data
            + struct.pack("<H", sum(data) & 0xFFFF)
        )

    title = name.encode("cp1252") + b"\x00"
    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
        + attribute(2, 0x00069002, b"\x01\x00" + b"\xff" * 4 + b"\x00" * 8)
        + attribute(2, 0x00018010, title)
        + attribute(2, 0x0006800F, b"%PDF-1.4 Beispiel")
    )


def _nested() -> bytes:
    inner = _message(
        "Neue Bankverbindung", "Mein neues Konto: DE02 1203 0000 0000 2020 51, Kd 123A456789"
    )
    outer = _message("WG: Neue Bankverbindung", "", to="Leipzig@arbeitsagentur.de")
    outer.add_attachment(inner)
    return outer.as_bytes()


def _huge() -> bytes:
    mail = _message("Scan", "Anbei der Scan.", to="Nürnberg@arbeitsagentur.de")
    mail.add_attachment(
        b"\x00" * HUGE_BYTES, maintype="application", subtype="pdf", filename="scan_600dpi.pdf"
    )
    return mail.as_bytes()


def _no_message_id() -> bytes:
    mail = _message("Termin am Montag", "Ich kann am Montag um 9 Uhr nicht kommen. 39104 Magdeburg")
    del mail["Message-ID"]
    del mail["Date"]
    return mail.as_bytes()


def _bad_base64() -> bytes:
    return (
        b"From: kaputt@post.example\r\nTo: Bremen@arbeitsagentur.de\r\nSubject: Krank\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\nSWNoIGJpbiBrcmFua2dlc2NocmllYmVuIQ=*=?\r\n"
    )


def _dangerous_names() -> bytes:
    mail = _message(
        "Lohnabrechnung Nebenjob", "Hier die Abrechnung.", to="Rostock@arbeitsagentur.de"
    )
    mail.add_attachment(
        b"MZ",
        maintype="application",
        subtype="octet-stream",
        filename="../../Abrechnung\u202efdp.exe",
    )
    return mail.as_bytes()
