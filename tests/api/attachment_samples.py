"""Mails with files, and small files of each kind that is drawn."""

import io
from email import message_from_bytes, policy

from PIL import Image

from tests.house_fixture import eml

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF")
HELD_SIDEWAYS = 6
"""The camera was turned: the first row of the bytes is the right edge. Source: Exif 3.0, 4.6.5."""


def mail_with(subject: str, *files: tuple[str, str, bytes]) -> bytes:
    """A mail with those files: name, type as the sender says, bytes."""
    mail = message_from_bytes(eml(subject), policy=policy.default)
    for name, content_type, data in files:
        main, _, sub = content_type.partition("/")
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def image(
    kind: str = "PNG", size: tuple[int, int] = (60, 40), *, pages: int = 1, turned: int = 0
) -> bytes:
    """A picture, red on the left and blue on the right; `turned` is the Exif direction."""
    frames = []
    for n in range(pages):
        one = Image.new("RGB", size, "blue")
        one.paste("red", (0, 0, size[0] // 2 + n, size[1]))
        frames.append(one)
    exif = Image.Exif()
    if turned:
        exif[0x0112] = turned
    out = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:]} if pages > 1 else {}
    frames[0].save(out, kind, exif=exif, **more)
    return out.getvalue()


def pdf(pages: int = 1) -> bytes:
    """A PDF of blank sheets."""
    sheets = [Image.new("RGB", (120, 160), "white") for _ in range(pages)]
    out = io.BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:])
    return out.getvalue()


def opened(png: bytes) -> Image.Image:
    """What came back, read in this process: it is ours."""
    return Image.open(io.BytesIO(png), formats=["PNG"])
