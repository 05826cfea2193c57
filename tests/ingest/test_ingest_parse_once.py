"""What reading a mail takes: counted in calls of functions, so that no gain is lost unseen."""

import sys
from collections import Counter
from email.message import EmailMessage

from ingest import mime
from ingest.headers import fields
from ingest.parse import parse
from tests.ingest.test_ingest_samples import LAYOUTS

CALLS_A_MAIL = 710
"""Of functions, the interpreter's and its libraries': 627 for this mail, 703 since texts are
made even (own decision 0155), 783 before decision 0074."""


def sample() -> bytes:
    """A mail as most are: traces of servers, an encoded name, umlauts, both kinds of text."""
    mail = EmailMessage()
    for hop in range(4):
        mail["Received"] = f"from mx{hop}.netz.example by post.example; Mon, 23 Nov 2026 08:00:00"
    mail["From"] = "Jürgen Müller <j.mueller@post.example>"
    mail["To"] = "Kassel@arbeitsagentur.de"
    mail["Subject"] = "Änderung meiner Anschrift"
    mail["Date"] = "Mon, 23 Nov 2026 08:15:00 +0100"
    mail["Message-ID"] = "<1@post.example>"
    line = "Ich ziehe im August um, in die Gartenstraße 3; die Miete steigt.\n"
    text = f"Guten Tag,\n\n{line * 30}\nMit freundlichen Grüßen\nJürgen Müller\n"
    mail.set_content(text)
    mail.add_alternative(f"<p>{text}</p>", subtype="html")
    return mail.as_bytes()


def test_reading_a_mail_takes_no_more_calls_than_it_did() -> None:
    """Counted, not timed: the same on every machine."""
    data = sample()
    parse(data, LAYOUTS)
    calls: Counter[str] = Counter()
    sys.setprofile(lambda _frame, event, _what: calls.update([event]))
    try:
        parse(data, LAYOUTS)
    finally:
        sys.setprofile(None)
    assert calls["call"] + calls["c_call"] < CALLS_A_MAIL


def test_more_lines_take_few_more_calls() -> None:
    """The text is looked at as a whole; only lines that may matter are looked at by themselves."""
    counted = []
    for lines in (100, 1_000):
        data = b"Subject: a\n\n" + b"Ich ziehe bald um und melde mich.\n" * lines
        calls: Counter[str] = Counter()
        sys.setprofile(lambda _frame, event, _what, calls=calls: calls.update([event]))
        try:
            parse(data, LAYOUTS)
        finally:
            sys.setprofile(None)
        counted.append(calls["call"] + calls["c_call"])
    assert counted[1] - counted[0] < 100


def test_traces_of_servers_are_passed_over_and_all_else_is_there() -> None:
    head = b"Received: a\n b\nSubject: c\n d\nDKIM-Signature: v=1;\n\tb=e\nTo: f@g.example\n"
    assert [name for name, _ in mime.scan(head + b"\nText").fields] == ["subject", "to"]
    assert [name for name, _ in fields(head)] == ["received", "subject", "dkim-signature", "to"]
