"""Attachments: named safely, measured, never opened; and found again in the original.

Source: own decision 0007; RFC 2183 (names are hints), Unicode TR 36 section 3 (bidi overrides).
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from ingest import body, charset, containers, mime
from ingest.mime import Leaf
from rules.errors import Refused
from rules.mail import Attachment

MAX_NAME_CHARS = 200
"""Longest name. Source: rules.mail.Attachment (255 bytes is what file systems take)."""

_UNSAFE = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/tiff": ".tif",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "application/ms-tnef": ".dat",
}
_OF_THE_MAILER = frozenset(
    str.split(
        "application/pkcs7-signature application/x-pkcs7-signature application/pgp-signature "
        "application/pkcs7-mime application/x-pkcs7-mime application/pgp-encrypted "
        "application/pgp-keys message/delivery-status message/disposition-notification "
        "text/rfc822-headers message/global-delivery-status"
    )
)


def safe_name(name: str, content_type: str, path: str) -> str:
    """A name to show and to save under: no path, no control or direction marks, never empty."""
    bare = re.split(r"[/\\]", charset.composed(_unescaped(name)))[-1]
    # Unprintable are control, direction and zero-width characters, which make names lie.
    bare = _UNSAFE.sub("", "".join(filter(str.isprintable, bare))).strip(" .")
    if not bare:
        return f"Anlage_{path.replace('/', '_')}{_EXTENSIONS.get(content_type, '.bin')}"
    if _DEVICE.match(bare):
        bare = f"_{bare}"
    if len(bare) <= MAX_NAME_CHARS:
        return bare
    stem, dot, extension = bare.rpartition(".")
    tail = f".{extension}" if dot and len(extension) <= 10 else ""
    return (stem if tail else bare)[: MAX_NAME_CHARS - len(tail)] + tail


def _unescaped(name: str) -> str:
    """Some programs write a name as in an address of the web; one that is none stays as it is."""
    if "%" not in name:
        return name
    try:
        plain = unquote(name, errors="strict")
    except UnicodeDecodeError:
        return name
    return name if plain.isascii() else plain


def collect(leaves: Iterable[Leaf]) -> Iterator[Attachment]:
    """All attachments in order; sizes are measured after decoding."""
    for leaf in leaves:
        if not body.is_text(leaf):
            yield _attachment(leaf, leaf.size_bytes())


def extract(data: bytes, path: str) -> tuple[Attachment, bytes]:
    """The attachment at `path` of the original `data`, and its bytes.

    Paths are those of `rules.mail.Attachment.path`; "2/1.1" lies inside the container at "2".

    Raises:
        Refused: no attachment lies there (code `attachment.missing`).
    """
    for leaf in containers.expand(mime.scan(data).leaves, []):
        if leaf.path == path and not body.is_text(leaf):
            content = leaf.content().data
            return _attachment(leaf, len(content)), content
    raise Refused(
        "attachment.missing",
        f"The message has no attachment at {path!r}; list its attachments and use their path.",
        path=path,
    )


def _attachment(leaf: Leaf, size_bytes: int) -> Attachment:
    return Attachment(
        name=safe_name(leaf.name, leaf.content_type, leaf.path),
        content_type=leaf.content_type,
        size_bytes=size_bytes,
        path=leaf.path,
        inline=_inline(leaf),
    )


def _inline(leaf: Leaf) -> bool:
    """Whether a program put it there, not the sender: pictures in the text, signatures."""
    if leaf.content_type in _OF_THE_MAILER:
        return True
    if leaf.disposition == "attachment":
        return False
    return leaf.content_type.startswith("image/") and (leaf.related or bool(leaf.content_id))
