"""A message on its way: the bytes as they came, and what could be read out of them.

All values are frozen; all times are aware UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from rules.codes import Channel

TEXT_CUT: Final = "text.cut"
"""Defect: there is more text than was read. Source: own decision 0007."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the text, named and measured.

    Of files in which people write the words are in `ParsedMail.elsewhere`. `name` is safe to show
    and to use as a file name (no path, no control characters, at most 200 characters, never empty);
    `content_type` is what the sender claims; `size_bytes` is measured after decoding; `path` is the
    place in the MIME tree ("1.2"), by which `ingest.attachments.extract` finds it again in the
    original.
    """

    name: str
    content_type: str
    size_bytes: int
    path: str
    inline: bool = False


@dataclass(frozen=True, slots=True)
class FormField:
    """One line of a machine-made form: its label as printed, the value as typed."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Form:
    """A message made by an eService, the contact form or the portal, read by a layout description.

    `layout` is the id of the description (domain/forms), `topic` the printed topic,
    `fields` in the order of the message, `free_text` what the customer wrote himself.
    """

    layout: str
    channel: Channel
    topic: str
    fields: tuple[FormField, ...]
    free_text: str

    def get(self, key: str) -> str:
        """The first value of the field `key`, or an empty string."""
        return next((f.value for f in self.fields if f.key == key), "")


@dataclass(frozen=True, slots=True)
class BodyParts:
    """The readable text, cut at its seams; concatenated in this order it is the whole text.

    `new` is what counts for the verdict. `quoted` is an earlier mail, `signature` and
    `disclaimer` are shown greyed, never lost. Source: label guide ("only in quoted earlier
    mail, in a signature or in a disclaimer does not count").
    """

    new: str
    quoted: str = ""
    signature: str = ""
    disclaimer: str = ""


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """Everything the house reads out of a message. Made by `ingest.parse.parse`, which is total.

    `sender` and `recipients` are bare addresses in lower case, `sender_name` the display
    name. `sent_at` is the Date header as aware UTC, or None if it is missing or nonsense.
    `headers` holds the headers that rules ask for (lower-case names, decoded values, in
    order). `html` is the untrusted HTML part as it came, or empty; show it only through
    `ingest.html.sanitize`. `defects` are stable codes (`charset.guessed`, `mime.too_deep`),
    in the order found, without repetition.
    """

    subject: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    sent_at: datetime | None
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    body: BodyParts
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    form: Form | None = None
    headers: tuple[tuple[str, str], ...] = ()
    defects: tuple[str, ...] = field(default=())
    elsewhere: str = ""

    def header(self, name: str) -> str:
        """The first value of the header `name` (any case), or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), "")
