"""A page of an attachment as a picture that this house has drawn, never the sender's bytes.

What a stranger sent is decoded in a child process that can open nothing (picture_child.py). What
comes back is a PNG of ours, or a code. Nothing is kept: bytes and picture lie in memory only.
Source: own decision 0067.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rules.errors import Refused

KINDS: Final = (
    ("png", b"\x89PNG\r\n\x1a\n"),
    ("jpeg", b"\xff\xd8\xff"),
    ("gif", b"GIF87a"),
    ("gif", b"GIF89a"),
    ("tiff", b"II*\x00"),
    ("tiff", b"MM\x00*"),
    ("pdf", b"%PDF-"),
)
"""What is drawn, by its first bytes; the sender's word for it is not asked.
Source: PNG 3rd ed. 5.2, JPEG B.1.1.3, GIF89a 17, TIFF 6.0 section 2, ISO 32000-2 7.5.2."""

PAGES_MAX: Final = 10
"""Pages of one file that are drawn; the rest is read from the saved file. Own decision 0067."""

INPUT_BYTES_MAX: Final = 40_000_000
"""Larger files are only saved. Source: own decision 0067; a scan of ten pages has 2 to 8 MB."""

SECONDS_MAX: Final = 12
"""Wall time of a child. Source: own decision 0067; a photo of 50 megapixels takes two."""

CODES: Final = frozenset({"kind", "damaged", "locked", "page", "large", "slow"})
"""What a child may say instead of a picture."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which picture: `page` counts from 1, `side_px` bounds the longer side, `turn` is clockwise.

    A photo's own direction (EXIF) is followed first; `turn` is 0, 90, 180 or 270 degrees on top.
    """

    page: int = 1
    side_px: int = 1600
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """One page as PNG; `pages` is how many the file has, also those beyond `PAGES_MAX`."""

    png: bytes
    pages: int


def kind_of(data: bytes) -> str | None:
    """`png`, `jpeg`, `gif`, `webp`, `tiff`, `pdf`, or None: that is not drawn."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((kind for kind, first in KINDS if data.startswith(first)), None)


def draw(data: bytes, wanted: Wanted) -> Picture:
    """The picture of one page of `data`. Takes 0.2 to 2 s and one process of its own.

    Raises: Refused: `picture.kind`, `.damaged`, `.locked`, `.page`, `.large`, `.slow`.
    """
    kind = kind_of(data)
    if kind is None:
        raise _refused("kind")
    if len(data) > INPUT_BYTES_MAX:
        raise _refused("large")
    if not 1 <= wanted.page <= PAGES_MAX:
        raise _refused("page")
    order = [kind, str(wanted.page), str(wanted.side_px), str(wanted.turn)]
    with _in_memory(data) as given, _in_memory(b"") as answered:
        _run(order, given, answered)
        return _read(answered)


def _run(order: list[str], given: int, answered: int) -> None:
    """One child, killed when its time is over. It inherits two files in memory and nothing else."""
    # -I: no environment, no folder of the caller on the path of imports.
    command = [sys.executable, "-I", "-m", "ingest.picture_child", *order]
    try:
        subprocess.run(  # noqa: S603 - our own module; the order is a kind and three numbers
            command,
            stdin=given,
            stdout=answered,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            timeout=SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise _refused("slow") from exc


def _read(answered: int) -> Picture:
    """Believes the child nothing that it can't see: one line of numbers, then a PNG."""
    os.lseek(answered, 0, os.SEEK_SET)
    with os.fdopen(os.dup(answered), "rb") as answer:
        line, png = answer.readline(200), answer.read()
    try:
        said = json.loads(line)
    except ValueError as exc:
        # Killed in the middle: out of memory, over its seconds, or a fault in a decoder.
        raise _refused("damaged") from exc
    if not isinstance(said, dict) or not png.startswith(KINDS[0][1]):
        code = said.get("code") if isinstance(said, dict) else None
        raise _refused(code if code in CODES else "damaged")
    return Picture(png, int(said["pages"]))


@contextmanager
def _in_memory(data: bytes) -> Iterator[int]:
    """A file that lies on no disk, open for the child too."""
    file = os.memfd_create("picture")
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.lseek(file, 0, os.SEEK_SET)
        yield file
    finally:
        os.close(file)


def _refused(code: object) -> Refused:
    return Refused(
        f"picture.{code}", f"The attachment can't be drawn ({code}); save it to look at it."
    )
