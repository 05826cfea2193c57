"""Mails for the benchmarks: German, of several makes and charsets, each with the text it must show.

Small ones are 5 to 6 kB on average, large ones carry files; the mixed set has both and what is
broken. The same number gives the same mails on every machine.
"""

import base64
import quopri
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.header import Header

from triage.demo import mails as demo_mails

CRLF = "\r\n"
STYLE = 'p.MsoNormal{margin:0cm;font-size:11.0pt;font-family:"Calibri",sans-serif;} ' * 12
NAMES = ("Jürgen Müller", "Käthe Größmann", "Sören Weiß", "Bärbel Höß", "Zoë Krüger")
CITIES = ("Kassel", "Hanau", "Fulda", "Essen", "Leipzig", "Heilbronn", "Bremen", "Rostock")
FILES = ("Krankmeldung.pdf", "Bescheinigung März.pdf", "Foto (größer).jpg", "Lohn_2026.pdf")


@dataclass(frozen=True, slots=True)
class Made:
    """One mail, and a line of its text with umlauts that a reader must find."""

    data: bytes
    marker: str


@dataclass(frozen=True, slots=True)
class _Draft:
    number: int
    text: str
    marker: str
    random: random.Random


def small(count: int, seed: int = 42) -> list[Made]:
    """Plain, alternative and HTML mails without files."""
    return [_made(draft, _SMALL) for draft in _drafts(count, seed)]


def large(count: int, seed: int = 43) -> list[Made]:
    """The same with one file each: about 77 kB."""
    return [_made(draft, (_with_file,)) for draft in _drafts(count, seed)]


def mixed(count: int, seed: int = 44) -> list[Made]:
    """Small ones, 19 % with files of 50 to 500 kB, forwarded and nested ones, 3 % broken ones."""
    return [_made(draft, _MIXED) for draft in _drafts(count, seed)]


def _drafts(count: int, seed: int) -> Iterator[_Draft]:
    texts = [line.body for line in demo_mails.corpus_lines()]
    dice = random.Random(seed)  # noqa: S311 - a repeatable order, not a secret
    for number in range(count):
        marker = f"Mäusefüße-Übergröße {number:05d} ÄÖÜß"
        wanted = dice.choice((300, 600, 1200, 2500))
        text = ""
        while len(text) < wanted:
            text += dice.choice(texts) + "\n\n"
        words = f"Sehr geehrte Damen und Herren,\n\n{marker}\n\n{text[:wanted]}\n\nMit Gruß\n"
        yield _Draft(number, words.replace("\n", CRLF) + dice.choice(NAMES) + CRLF, marker, dice)


def _made(draft: _Draft, makers: tuple[Callable[[_Draft], bytes], ...]) -> Made:
    body = makers[draft.number * 37 % len(makers)](draft)
    return Made(_head(draft) + body, draft.marker)


def _head(draft: _Draft) -> bytes:
    number, dice = draft.number, draft.random
    hops = [
        f"Received: from mx{hop}.netz.example (mx{hop}.netz.example [192.0.2.{hop + 1}])\r\n\tby"
        f" mail.post.example (Postfix) with ESMTPS id 4X{number:06d}\r\n\tfor"
        f" <eingang@post.example>; Mon, 23 Nov 2026 08:{number % 60:02d}:0{hop} +0100 (CET)"
        for hop in range(dice.choice((1, 3, 5)))
    ]
    seal = base64.b64encode(dice.randbytes(192)).decode()
    signed = f"bh={seal[:44]};\r\n\tb={seal[44:110]}\r\n\t {seal[110:]}"
    lines = [
        f"Return-Path: <absender{number}@post.example>",
        *hops,
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=post.example;\r\n\t{signed}",
        f"From: {_word(dice.choice(NAMES))} <absender{number}@post.example>",
        f"To: {dice.choice(CITIES)}@arbeitsagentur.de",
        f"Subject: {_word(f'Änderung Nr. {number}')}",
        f"Date: Mon, 23 Nov 2026 08:{number // 60 % 60:02d}:{number % 60:02d} +0100",
        f"Message-ID: <{number}.{dice.getrandbits(32):08x}@post.example>",
        "MIME-Version: 1.0",
        "X-Mailer: Microsoft Outlook 16.0",
    ]
    return (CRLF.join(lines) + CRLF).encode()


def _word(text: str) -> str:
    return Header(text, "utf-8").encode()


def _part(kind: str, charset: str, text: str, coding: str) -> bytes:
    data = text.encode(charset, "replace")
    head = f'Content-Type: {kind}; charset="{charset}"\r\nContent-Transfer-Encoding: {coding}'
    return f"{head}\r\n\r\n".encode() + _coded(data, coding) + b"\r\n"


def _coded(data: bytes, coding: str) -> bytes:
    if coding == "base64":
        return base64.encodebytes(data).replace(b"\n", b"\r\n")
    if coding == "quoted-printable":
        flat = quopri.encodestring(data.replace(b"\r\n", b"\n"))
        return flat.replace(b"\n", b"\r\n")
    return data


def _multi(kind: str, *parts: bytes) -> bytes:
    line = f"----=_Teil_{sum(map(len, parts)):08x}"
    head = f'Content-Type: multipart/{kind}; boundary="{line}"\r\n\r\n'.encode()
    inner = b"".join(f"\r\n--{line}\r\n".encode() + part for part in parts)
    return head + inner + f"\r\n--{line}--\r\n".encode()


def _plain(draft: _Draft, charset: str = "utf-8") -> bytes:
    coding = draft.random.choice(("quoted-printable", "base64", "8bit"))
    return _part("text/plain", charset, draft.text, coding)


def _western(draft: _Draft) -> bytes:
    return _plain(draft, draft.random.choice(("iso-8859-15", "windows-1252")))


def _markup(draft: _Draft) -> str:
    lines = "".join(
        f'<p class=MsoNormal><span style="font-size:11.0pt">{line}<o:p></o:p></span></p>'
        for line in draft.text.replace("&", "&amp;").replace("<", "&lt;").split(CRLF)
    )
    row = "<tr><td><b>Pos.</b></td><td>Geb&uuml;hr 3,00&nbsp;&euro;</td></tr>"
    rows = row * draft.random.choice((0, 5, 40))
    return (
        '<html><head><meta http-equiv=Content-Type content="text/html">'
        f'<style><!-- {STYLE} --></style><script>var x="nicht";</script></head>'
        f"<body lang=DE><div>{lines}<table>{rows}</table></div></body></html>"
    )


def _html(draft: _Draft) -> bytes:
    charset = draft.random.choice(("utf-8", "windows-1252"))
    return _part("text/html", charset, _markup(draft), "quoted-printable")


def _alternative(draft: _Draft) -> bytes:
    plain = _part("text/plain", "utf-8", draft.text, "quoted-printable")
    return _multi("alternative", plain, _html(draft))


def _with_file(draft: _Draft) -> bytes:
    size = int(min(400_000, max(8_000, draft.random.lognormvariate(10.7, 0.5))))
    return _multi("mixed", _alternative(draft), _file(draft, size))


def _with_files(draft: _Draft) -> bytes:
    dice = draft.random
    sizes = [dice.lognormvariate(11.7, 0.7) for _ in range(dice.choice((1, 1, 2, 3)))]
    files = [_file(draft, int(min(500_000, max(50_000, size)))) for size in sizes]
    return _multi("mixed", _alternative(draft), *files)


def _file(draft: _Draft, size: int) -> bytes:
    name = draft.random.choice(FILES)
    head = (
        f'Content-Type: application/pdf; name="{_word(name)}"\r\nContent-Disposition: attachment;'
        f' filename="{_word(name)}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return head.encode() + _coded(b"%PDF-1.4\n" + draft.random.randbytes(size), "base64")


def _nested(draft: _Draft) -> bytes:
    inner = _head(draft) + _part("text/plain", "utf-8", "Innen.\r\n", "8bit")
    plain = _part("text/plain", "utf-8", draft.text, "quoted-printable")
    return _multi("mixed", plain, b"Content-Type: message/rfc822\r\n\r\n" + inner)


def _forward(draft: _Draft) -> bytes:
    old = "-----Ursprüngliche Nachricht-----\r\nVon: J <j@post.example>\r\nBetreff: WG\r\n\r\n"
    return _part("text/plain", "utf-8", draft.text + old + draft.text, "quoted-printable")


def _broken(draft: _Draft) -> bytes:
    """One of six ways in which real mail is wrong; the text must be read all the same."""
    plain = _part("text/plain", "utf-8", draft.text, "8bit")
    whole = _multi("mixed", plain)
    ways = (
        whole[: whole.rstrip().rfind(b"\r\n")],
        _part("text/plain", "utf-8", draft.text, "base64")[:-5] + b"!\r\n",
        plain.replace(b'"utf-8"', b'"x-unbekannt-8"'),
        plain.replace(draft.text.encode(), draft.text.encode("cp1252", "replace")),
        whole.replace(whole[whole.index(b"; boundary") : whole.index(b"\r\n")], b"", 1),
        plain.replace(b"\r\n", b"\n"),
    )
    return ways[draft.number // 100 % len(ways)]


_SMALL = (_plain, _plain, _western, _western, _alternative, _alternative, _html, _forward)
_MIXED = (_plain,) * 22 + (_western,) * 24 + (_alternative,) * 20 + (_with_files,) * 19 + (
    _html, _html, _html, _html, _nested, _nested, _nested, _nested,
    _forward, _forward, _forward, _forward, _broken, _broken, _broken,
)  # fmt: skip
