"""Is an attachment announced, and is one there?"""

import re

from classify.reading import Reading
from rules.mail import Attachment, ParsedMail

_LOGO = re.compile(
    r"^(?:image\d+|logo|signatur|unterschrift_mail|banner|icon)\b.*\.(?:png|gif|jpe?g|svg)$"
)
_SIGNATURE_FILES = (
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
)
_LOGO_MAX_BYTES = 20_000


def is_announced(reading: Reading) -> bool:
    """Whether the new text says that something is attached to this very mail.

    Not announced is what comes by post or was sent by the doctor (eAU): that mail is complete
    without an attachment. Source: § 311 SGB III (since 2024); facts section 1; F29.
    """
    return any(
        "attachment.announced" in sentence.said and "attachment.elsewhere" not in sentence.said
        for sentence in reading.sentences
    )


def real_attachments(mail: ParsedMail) -> tuple[Attachment, ...]:
    """The attachments that carry something: no small inline logos, no signature files."""
    return tuple(part for part in mail.attachments if not _is_decoration(part))


def _is_decoration(part: Attachment) -> bool:
    if part.content_type in _SIGNATURE_FILES:
        return True
    small_inline = part.inline and part.size_bytes <= _LOGO_MAX_BYTES
    return small_inline and bool(_LOGO.match(part.name.lower()))
