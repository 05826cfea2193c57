"""The kind of machine mail, by the headers that the standards give it."""

import pytest

from ingest import forms
from ingest.parse import parse
from rules.machine_mail import Machine, is_loop, kind

NO_FORMS = forms.load({})


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("X-Postlotse-Loop: au.eingang/3", Machine.LOOP),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", Machine.BOUNCE),
        ("Return-Path: <>", Machine.BOUNCE),
        ("X-Failed-Recipients: weg@post.example", Machine.BOUNCE),
        ('Content-Type: multipart/report; report-type="disposition-notification"; boundary=b',
         Machine.RECEIPT),
        ("Auto-Submitted: auto-replied (vacation)", Machine.AUTOREPLY),
        ("Return-Path: <>\nAuto-Submitted: auto-replied", Machine.AUTOREPLY),
        ("Precedence: auto_reply", Machine.AUTOREPLY),
        ("List-Id: <verein.example>", Machine.NEWSLETTER),
        ("List-Unsubscribe: <mailto:weg@verein.example>", Machine.NEWSLETTER),
        ("X-Autoreply: yes", Machine.AUTOREPLY),
        ("X-Autorespond: yes", Machine.AUTOREPLY),
        # An absence note with an empty return path is nobody's bounce.
        ("Return-Path: <>\nX-Autoreply: yes", Machine.AUTOREPLY),
        # Names and values of these headers know no upper case.
        ("Auto-Submitted: Auto-Replied", Machine.AUTOREPLY),
        ("Precedence: AUTO_REPLY", Machine.AUTOREPLY),
        ("Content-Type: Multipart/Report; boundary=b", Machine.BOUNCE),
        ("Content-Type: multipart/report; Report-Type=Disposition-Notification; boundary=b",
         Machine.RECEIPT),
        ("Auto-Submitted: auto-generated", Machine.OTHER),
        ("Auto-Submitted: no", Machine.OTHER),
    ],
)  # fmt: skip
def test_headers_tell_the_kind(head, expected):
    mail = parse(f"From: a@post.example\n{head}\n\nx\n".encode(), NO_FORMS)
    assert kind(mail) is expected
    assert is_loop(mail) is (expected is Machine.LOOP)
