"""Files that old programs wrote into the text itself: uuencode and yEnc.

Source: POSIX uuencode; yEnc draft 1.3 (yenc.org). What is none of both to its end stays text.
"""

import binascii
import re
from typing import Final

BEGIN: Final = b"begin "
"""What stands in every text that holds such a file."""

_BEGINS: Final = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n|"
    rb"^=ybegin [^\r\n]{0,200}?\bname=([^\r\n]{1,200})\r?\n(?:=ypart [^\r\n]*\r?\n)?",
    re.MULTILINE,
)
_ESCAPED: Final = re.compile(rb"=(.)", re.DOTALL)
_SHIFTED: Final = bytes((byte - 42) & 255 for byte in range(256))


def split(text: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """The text without the files, and the name and bytes of each."""
    files: list[tuple[bytes, bytes]] = []
    kept, at = [], 0
    for begin in _BEGINS.finditer(text):
        if begin.start() < at:
            continue
        read = _uuencoded if begin[1] else _yencoded
        found = read(text, begin.end())
        if found:
            kept.append(text[at : begin.start()])
            files.append(((begin[1] or begin[2]).strip(), found[0]))
            at = found[1]
        elif not begin[1]:
            break
    return b"".join([*kept, text[at:]]), files


def _yencoded(text: bytes, start: int) -> tuple[bytes, int] | None:
    """The bytes up to the line "=yend", and where that ends; None where there is none."""
    stop = text.find(b"\n=yend ", start)
    if stop < 0:
        return None
    lines = text[start:stop].replace(b"\r", b"").replace(b"\n", b"")
    plain = _ESCAPED.sub(lambda one: bytes([(one[1][0] - 64) & 255]), lines)
    return plain.translate(_SHIFTED), text.find(b"\n", stop + 1) + 1 or len(text)


def _uuencoded(text: bytes, start: int) -> tuple[bytes, int] | None:
    """The bytes of the lines from there on, and where "end" ends; None where a line is no such."""
    out = bytearray()
    at = start
    while at < len(text):
        stop = text.find(b"\n", at) + 1 or len(text)
        bare = text[at:stop].rstrip(b"\r\n")
        at = stop
        if bare.strip() == b"end":
            return (bytes(out), at) if out else None
        count = (bare[0] - 32) & 63 if bare else 0
        if len(bare) - 1 < (count * 8 + 5) // 6 - 1:  # blanks at its end were lost on the way
            return None
        try:
            out += binascii.a2b_uu(bare)
        except binascii.Error:
            return None
    return None
