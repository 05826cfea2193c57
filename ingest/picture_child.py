"""The process that decodes one attachment of a stranger. Started by picture.py, used for one page.

It loads its decoders, gives up every right it can, and only then reads a byte of the file. After
that it has no way to open a file or a socket: each needs a descriptor, and it may have no more.
"""

import io
import json
import os
import resource
import sys
import warnings
from contextlib import AbstractContextManager
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageFile, ImageOps

MEMORY_BYTES: Final = 1_200_000_000
"""Address space. Source: measurement 2026-11-26: interpreter and decoders 0.25 GB, 64 megapixels
in three steps of three bytes 0.6 GB."""
CPU_SECONDS: Final = 10
"""Source: own decision 0067."""
OUTPUT_BYTES: Final = 60_000_000
"""Longest answer: a picture of noise of 3,200 x 3,200 pixels has 31 MB."""
PIXELS_MAX: Final = 64_000_000
"""More is a bomb, or nothing a phone takes by default. Source: own decision 0067."""
SIDE_PX_MAX: Final = 3200
NOBODY: Final = 65534
"""Account without rights. Source: Linux, kernel/user.c (overflowuid)."""
POINT_SCALE_MAX: Final = 4.0
"""Pixels a point (1/72 inch) at most: 288 dpi; more shows nothing new of a scan."""


class Unfit(Exception):  # noqa: N818 - a word of the answer, not a fault
    """This file gives no picture; the one argument is a code of picture.CODES."""


def main(words: list[str]) -> None:
    """`KIND PAGE SIDE_PX TURN`, the file on standard input; the answer goes to standard output."""
    Image.init()
    lock()
    kind, page, side_px, turn = words[0], int(words[1]), int(words[2]), int(words[3])
    try:
        answer = drawn(sys.stdin.buffer.read(), kind, page=page, side_px=side_px, turn=turn)
    except Unfit as unfit:
        answer = json.dumps({"code": unfit.args[0]}).encode() + b"\n"
    except MemoryError:
        answer = b'{"code": "large"}\n'
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def lock() -> None:
    """Give up rights, for good: memory, seconds, size of the answer, children, descriptors."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        # The process that starts us may allow less already.
        allowed = resource.getrlimit(what)[1]
        limit = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
        resource.setrlimit(what, (limit, limit))
    if os.geteuid() == 0:
        # Root could lift its limits again.
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def drawn(data: bytes, kind: str, *, page: int, side_px: int, turn: int) -> bytes:
    """The answer: one line of JSON, then the PNG. Raises: Unfit."""
    side = min(side_px, SIDE_PX_MAX)
    if kind == "pdf":
        picture, pages = _of_pdf(data, page, side)
    else:
        picture, pages = _of_image(data, kind, page=page, side=side)
    if turn in (90, 180, 270):
        picture = picture.rotate(-turn, expand=True)
    out = io.BytesIO()
    # Metadata of the sender (place, camera, profiles) is left behind. Level 1: half the time.
    picture.save(out, "PNG", compress_level=1)
    return json.dumps({"pages": pages}).encode() + b"\n" + out.getvalue()


def _of_image(data: bytes, kind: str, *, page: int, side: int) -> tuple[Image.Image, int]:
    """The frame; a photo is turned as its camera was held. See-through parts become white."""
    # Ours is PIXELS_MAX; Pillow's own bound is a warning first.
    Image.MAX_IMAGE_PIXELS = None
    # A fax that lost its end still shows its beginning.
    ImageFile.LOAD_TRUNCATED_IMAGES = kind == "tiff"
    try:
        with _quiet(), Image.open(io.BytesIO(data), formats=[kind.upper()]) as opened:
            pages = int(getattr(opened, "n_frames", 1))
            if page > pages:
                raise Unfit("page")
            opened.seek(page - 1)
            if opened.width * opened.height > PIXELS_MAX or not opened.width * opened.height:
                raise Unfit("large")
            opened.draft("RGB", (side, side))
            return _shrunk(opened, side), pages
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError) as exc:
        # What Pillow raises on damaged files; a photo has no other way to be wrong.
        raise Unfit("damaged") from exc


def _quiet() -> AbstractContextManager[object]:
    """Pillow warns of what is odd in a file; the picture shows it."""
    return warnings.catch_warnings(action="ignore")


def _shrunk(opened: Image.Image, side: int) -> Image.Image:
    upright = ImageOps.exif_transpose(opened)
    if upright.mode not in ("RGB", "L"):
        seen = upright.convert("RGBA")
        upright = Image.new("RGB", seen.size, "white")
        upright.paste(seen, mask=seen.getchannel("A"))
    upright.thumbnail((side, side))
    upright.info.clear()
    return upright


def _of_pdf(data: bytes, page: int, side: int) -> tuple[Image.Image, int]:
    """The page without forms, scripts or comments being run: only its drawing."""
    try:
        opened = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        locked = exc.err_code == pdfium.FPDF_ERR_PASSWORD
        raise Unfit("locked" if locked else "damaged") from exc
    try:
        pages = len(opened)
        if page > pages:
            raise Unfit("page")
        sheet = opened[page - 1]
        longer = max(sheet.get_size())
        if not 1 <= longer <= 20_000:
            raise Unfit("large")
        bitmap = sheet.render(scale=min(POINT_SCALE_MAX, side / longer), rev_byteorder=True)
        return bitmap.to_pil().convert("RGB"), pages
    except (pypdfium2.PdfiumError, ValueError) as exc:
        raise Unfit("damaged") from exc


if __name__ == "__main__":
    main(sys.argv[1:])
