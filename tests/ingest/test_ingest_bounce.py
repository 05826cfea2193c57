"""What mail servers write when an answer of ours did not arrive, and what only looks like it."""

import pytest

from ingest import bounce
from ingest.bounce import Bounce
from rules.sent_id import SentId

ABOUT = SentId(17, "0a1b2c3d4e5f")
OURS = "<reply-17.0a1b2c3d4e5f@postlotse.invalid>"
COPY = f"Received: from kassel.example\nMessage-ID: {OURS}\nSubject: Ihre Nachricht\n\nGuten Tag\n"
TOP = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: kassel@arbeitsagentur.example\n"

QMAIL = f"""{TOP}Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<wer@post.example>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 No such user

--- Below this line is a copy of the message.

Return-Path: <kassel@arbeitsagentur.example>
{COPY}"""
HARAKA = f"""From: MAILER-DAEMON@mx.example
To: kassel@arbeitsagentur.example
Subject: failure notice

Hi. This is the Haraka Mailer program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<wer@post.example>: Too many failures (Tried all MXs)

--- Below this line is a copy of the message.

{COPY}"""
EXIM = f"""{TOP}X-Failed-Recipients: wer@post.example
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.
A message that you sent could not be delivered to one or more of its recipients.

  wer@post.example
    SMTP error from remote mail server after RCPT TO: 552 5.2.2 mailbox full

------ This is a copy of the message, including all the headers. ------

{COPY}"""
EXIM_WAITS = f"""{TOP}Subject: Warning: message 1abcDE delayed 24 hours

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its recipients.
No action is required on your part. Delivery attempts will continue.
A message that you sent could not be delivered to all at once.

{COPY}"""
GMAIL = f"""{TOP}Subject: Delivery Status Notification (Failure)
MIME-Version: 1.0
Content-Type: multipart/report; boundary="g"; report-type=delivery-status

--g
Content-Type: text/plain

Address not found
--g
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.example
X-Original-Message-ID: {OURS}

Final-Recipient: rfc822; wer@post.example
Action: failed
Status: 5.1.1
--g--
"""
OF_A_PERSON = f"""Return-Path: <mia@post.example>
From: Mia Kern <mia@post.example>
Subject: AW: Ihre Nachricht

Ihr Anhang konnte nicht geöffnet werden. A message that you sent could not be delivered.

> {COPY}"""
ABSENT = f"""{TOP.replace("MAILER-DAEMON", "mia")}Subject: Abwesend
Auto-Submitted: auto-replied
In-Reply-To: {OURS}

Ich bin im Urlaub.

> Message-ID: {OURS}
"""


@pytest.mark.parametrize(
    ("letter", "status"),
    [(QMAIL, "5.1.1"), (HARAKA, ""), (EXIM, "5.2.2"), (GMAIL, "5.1.1")],
    ids=["qmail", "Haraka", "Exim", "Gmail"],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_an_answer_that_came_back_is_known_whoever_returns_it(
    letter: str, status: str, ends: str
) -> None:
    data = letter.replace("\n", ends).encode()
    assert bounce.read(data) == Bounce(ABOUT, has_failed=True, status=status)


@pytest.mark.parametrize(
    "letter",
    [
        EXIM_WAITS,
        OF_A_PERSON,
        ABSENT,
        QMAIL.replace(OURS, "<a@post.example>"),
        QMAIL.replace("Message-ID:", "In der Message-ID"),
    ],
    ids=["waits", "a person", "absent", "about another mail", "no copy"],
)
def test_what_is_no_failure_of_an_answer_is_none(letter: str) -> None:
    assert bounce.read(letter.encode()) is None
