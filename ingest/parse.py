"""Bytes to `ParsedMail`. Total: there are no bytes it does not read; it lists defects instead.

Source: station 2 of docs/way.md; own decision 0007.
"""

from dataclasses import replace

from ingest import attachments, body, containers, dates, forms, headers, html, mime
from ingest.body import Body
from ingest.evened import evened
from ingest.forms import NO_LAYOUTS, Layouts
from ingest.seams import answers
from ingest.seams.cut import cut
from rules.mail import BodyParts, ParsedMail

MAX_RECIPIENTS = 500
"""Recipients that are kept. Source: own decision 0007 (no rule asks for more)."""

KEPT_HEADERS = frozenset(
    str.split(
        "auto-submitted bcc content-language content-type delivered-to disposition-notification-to "
        "feedback-id importance list-id list-unsubscribe precedence reply-to return-path sender "
        "subject thread-topic user-agent x-auto-response-suppress x-autoreply x-autorespond "
        "x-failed-recipients x-loop x-mailer x-original-to x-postlotse-loop "
        "x-priority x-spam-flag x-spam-status"
    )
)
"""Headers that rules and the channel ask for. Source: RFC 3834, RFC 2919; own decision 0007."""


def parse(data: bytes, layouts: Layouts = NO_LAYOUTS) -> ParsedMail:
    """Everything the house reads out of a message. Never raises; time linear in the size.

    Pure: the same bytes and layouts give the same value.
    """
    tree = mime.scan(data)
    first = _first_of_each(tree)
    inner_defects: list[str] = []
    leaves = containers.expand(tree.leaves, inner_defects)
    read = body.read(leaves)
    kept = tuple((name, headers.text(raw)) for name, raw in tree.fields if name in KEPT_HEADERS)
    subject = next((value for name, value in kept if name == "subject"), "")
    senders = headers.mailboxes(first.get("from", b"")) or headers.mailboxes(
        first.get("sender", b"")
    )
    sender = senders[0] if senders else headers.Mailbox("")
    form = forms.read(subject, sender.address, read.text, layouts)
    parts, elsewhere = (BodyParts(read.text), read.elsewhere) if form else _parts(read, sender.name)
    sent_at = dates.when(first.get("date", b""))
    gaps = _gaps(first, has_sender=bool(senders), has_date=bool(sent_at))
    recipients, crowd = _recipients(tree)
    return ParsedMail(
        subject=subject,
        sender=sender.address,
        sender_name=sender.name,
        recipients=recipients,
        sent_at=sent_at,
        message_id=next(iter(headers.message_ids(first.get("message-id", b""))), ""),
        in_reply_to=next(iter(headers.message_ids(first.get("in-reply-to", b""))), ""),
        references=headers.message_ids(first.get("references", b"")),
        body=parts,
        html=read.html,
        attachments=tuple(attachments.collect(leaves)),
        form=form,
        headers=kept,
        defects=tuple(dict.fromkeys([*tree.defects, *gaps, *crowd, *inner_defects, *read.defects])),
        elsewhere=elsewhere,
    )


def _parts(read: Body, name: str) -> tuple[BodyParts, str]:
    """The same as `_cut`, with the new text made even."""
    parts, elsewhere = _cut(read, name)
    even = evened(parts.new)
    return (parts if even == parts.new else replace(parts, new=even)), elsewhere


def _cut(read: Body, name: str) -> tuple[BodyParts, str]:
    """The parts of the text, and what stands elsewhere.

    Some programs write the quotation or their own line as plain text, and what was typed into the
    HTML alone.
    """
    parts = cut(read.text)
    if parts.quoted:
        parts = answers.between(parts, read.html, name)
    if not read.html or parts.new.strip():
        return parts, read.elsewhere
    shown = cut(html.to_text(read.html))
    if _letters(shown.new) in _letters(read.text):
        return parts, read.elsewhere
    return shown, "\n\n".join(filter(str.strip, [read.elsewhere, read.text]))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _first_of_each(tree: mime.Tree) -> dict[str, bytes]:
    first: dict[str, bytes] = {}
    for name, value in tree.fields:
        first.setdefault(name, value)
    return first


def _gaps(first: dict[str, bytes], *, has_sender: bool, has_date: bool) -> list[str]:
    """What a reader would miss in the header."""
    gaps = [] if has_sender else ["from.missing"]
    if not has_date:
        gaps.append("date.unreadable" if first.get("date") else "date.missing")
    return gaps


def _recipients(tree: mime.Tree) -> tuple[tuple[str, ...], tuple[str, ...]]:
    boxes = (
        address
        for name, value in tree.fields
        if name in {"to", "cc"}
        for address in headers.addresses(value)
    )
    found = tuple(dict.fromkeys(boxes))
    return found[:MAX_RECIPIENTS], ("recipients.too_many",) if len(found) > MAX_RECIPIENTS else ()
