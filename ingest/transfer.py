"""Content-Transfer-Encoding: the bytes of a part, from whatever the sender made of them.

Source: RFC 2045 section 6; own decision 0007 (broken base64 is read as far as it goes).
"""

import binascii
import re
from dataclasses import dataclass

_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_DIGITS + b"="))
_PADDED = re.compile(rb"[^=]+=*")
_RUN = re.compile(rb"[^=]+")
_COUNTED_AT_ONCE = 1 << 20
_PASSED = frozenset(("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"))
_LINE = re.compile(rb"[^\r\n]+")
_SOFT_BREAK = re.compile(rb"=[ \t]{1,100}(\r?\n)")  # blanks there were added on the way
_FOREIGN = re.compile(rb"[^\n]*[^A-Za-z0-9+/=\s]")
_WHITE = re.compile(rb"\s*+")
_DIGIT = re.compile(rb"[A-Za-z0-9+/]")
MAX_BLANK_LINES = 50
"""Blank lines in base64 that are looked behind. Source: own decision 0007 (real mail has none)."""
_HIGH_BYTES = re.compile(rb"(?:=[89A-F][0-9A-F]){2,}")
_SOFT_END = re.compile(rb"=\r?\n|=20(?=\r?\n)")
_LEAST_LOST = 24
"""Characters of base64 that are no word of any language."""
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} .*?\r?\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Content:
    """Decoded bytes and the defects met on the way to them, as stable codes."""

    data: bytes
    defects: tuple[str, ...] = ()


def decode(data: bytes, encoding: str) -> Content:
    """The content of a part. Total; `encoding` in lower case, an unknown one changes nothing."""
    if encoding in _PASSED:
        return Content(data)
    if encoding == "base64":
        return base64(data)
    if encoding == "quoted-printable":
        return Content(binascii.a2b_qp(_SOFT_BREAK.sub(rb"=\1", data)))
    if encoding in {"x-uuencode", "uuencode", "x-uue"}:
        return _uuencoded(data)
    return Content(data, ("mime.unknown_encoding",))


def undeclared(data: bytes) -> bytes:
    """A text whose encoding the header doesn't name, decoded where it can be nothing else.

    Programs that write forms, and gateways that rewrite heads, lose the field. Base64 is the whole
    part, and text inside; of quoted-printable only letters of UTF-8 and soft line ends are read,
    since "Nr=12" is what it says.
    """
    if b"=" in data and data.isascii() and _HIGH_BYTES.search(data):
        read = _HIGH_BYTES.sub(lambda run: bytes.fromhex(run[0].replace(b"=", b"").decode()), data)
        return _SOFT_END.sub(b"", read.replace(b"=3D", b"=")) if _is_text(read) else data
    if b" " in data:
        return data
    pure = b"".join(data.split())
    if len(pure) < _LEAST_LOST or len(pure) % 4 or pure.rstrip(b"=").translate(None, _DIGITS):
        return data
    read = base64(pure).data
    return read if _is_text(read) and b" " in read else data


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(line.isprintable() for line in text.replace("\t", " ").splitlines())


def base64(data: bytes) -> Content:
    """Base64 as far as it goes: foreign bytes are skipped, concatenated pieces are all read."""
    data = data[: _end_of_base64(data, 0, len(data))]
    tail = data[-200:].rstrip()
    try:
        if b"=" not in data[: len(data) - len(data[-200:])] and b"=" not in tail.rstrip(b"="):
            return Content(binascii.a2b_base64(data))
    except binascii.Error:
        pass
    pure = data.translate(None, _NOT_BASE64)
    # One by one into one buffer: pieces may be millions, of a byte or none each.
    out = bytearray()
    for piece in _PADDED.finditer(pure):
        out += _piece(piece[0])
    return Content(bytes(out), ("base64.broken",))


def size_bytes(data: bytes, encoding: str, *, start: int, end: int) -> int:
    """The size of `decode(data[start:end], encoding).data`; of base64 without decoding it.

    Neither a copy of the part is made nor its content: both are as large as the mail.
    """
    if encoding != "base64":
        return len(decode(data[start:end], encoding).data)
    end = _end_of_base64(data, start, end)
    padding = data.find(b"=", start, end)
    if padding < 0 or not _digits(data, padding, end):
        return _bytes_of(_digits(data, start, end))
    return sum(_bytes_of(_digits(data, *run.span())) for run in _RUN.finditer(data, start, end))


def _end_of_base64(data: bytes, start: int, end: int) -> int:
    """Above the words that a list or gateway wrote below, under a blank line."""
    for blank in (b"\n\n", b"\n\r\n"):
        at = start
        for _ in range(MAX_BLANK_LINES):
            at = data.find(blank, at, end)
            if at < 0:
                break
            after = _WHITE.match(data, at, end).end()  # type: ignore[union-attr]  # matches any bytes
            if _FOREIGN.match(data, after, end) and _DIGIT.search(data, start, at):
                return at
            at = after
    return end


def _digits(data: bytes, start: int, end: int) -> int:
    """How many digits of base64 stand there, whatever stands between them."""
    found = 0
    for begin in range(start, end, _COUNTED_AT_ONCE):
        piece = data[begin : min(begin + _COUNTED_AT_ONCE, end)]
        found += len(piece) - len(piece.translate(None, _DIGITS))
    return found


def _bytes_of(digits: int) -> int:
    """What one run of digits decodes to; see `_piece`."""
    return (digits - (digits % 4 == 1)) * 3 // 4


def _piece(piece: bytes) -> bytes:
    """One padded run; a last lone character carries no whole byte and is dropped."""
    digits = piece.rstrip(b"=")
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _uuencoded(data: bytes) -> Content:
    begin = _UU_BEGIN.search(data)
    out = bytearray()
    for found in _LINE.finditer(data, begin.end() if begin else 0):
        line = found[0]
        if line.strip() in (b"end", b"`"):
            break
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            return Content(bytes(out), ("mime.broken_uuencode",))
    return Content(bytes(out))
