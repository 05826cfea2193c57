"""Make a real message out of the parts of a corpus line."""

import mimetypes
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

_DUMMY = b"Platzhalter: im Korpus steht nur der Name dieser Anlage.\n"


def compose(
    *,
    identity: str,
    sent_at: datetime,
    headers: dict[str, str],
    text: str,
    html: str,
    attachments: tuple[str, ...],
) -> bytes:
    """The message as bytes with CRLF; deterministic, also the boundary.

    Header values lose their line breaks (a corpus line must not write headers of its own).
    """
    message = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        message[name] = " ".join(value.split())
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = f"<{''.join(c for c in identity if c.isalnum())}@corpus.example>"
    if text or not html:
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
    else:
        message.set_content(html, subtype="html")
    for name in attachments:
        maintype, subtype = _content_type(name)
        message.add_attachment(_DUMMY, maintype=maintype, subtype=subtype, filename=name)
    _fix_boundaries(message)
    return message.as_bytes()


def _content_type(name: str) -> tuple[str, str]:
    """By the name's ending; a dummy can't be a message or a multipart, so these become bytes."""
    guessed, _ = mimetypes.guess_type(name)
    maintype, _, subtype = (guessed or "application/octet-stream").partition("/")
    if maintype in {"message", "multipart", "text"}:
        return "application", "octet-stream"
    return maintype, subtype


def _fix_boundaries(message: EmailMessage) -> None:
    """The standard library draws random boundaries; fixed ones keep the bytes reproducible."""
    parts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(parts, 1):
        part.set_boundary(f"=_postlotse_{number}")
