"""S/MIME without keys: reads through an opaque signature, and tells an encrypted mail.

No signature is checked; that needs the BA's trust store. Source: RFC 8551 sections 3.3 to 3.5,
RFC 5652 section 5.1, X.690 (BER); own decision 0007.
"""

from dataclasses import dataclass

_SIGNED = bytes.fromhex("2a864886f70d010702")
_ENVELOPED = (bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a864886f70d0109100117"))
_MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Opened:
    """The signed MIME entity (empty if there is none to read), and whether it is encrypted."""

    content: bytes = b""
    encrypted: bool = False


def read(data: bytes) -> Opened:
    """What a pkcs7-mime part holds. Total: anything else than a signed message is empty."""
    start, end = _inside(data, 0, len(data))
    kind, after = _octets(data, start, end)
    if kind in _ENVELOPED:
        return Opened(encrypted=True)
    if kind != _SIGNED:
        return Opened()
    start, end = _inside(data, *_inside(data, after, end))  # [0] and the SignedData in it
    after = _after(data, _after(data, start, end), end)  # version, digest algorithms
    start, end = _inside(data, after, end)
    start, end = _inside(data, _after(data, start, end), end)  # the content type, then [0]
    return Opened(_octets(data, start, end)[0])


def _head(data: bytes, position: int, end: int) -> tuple[bool, int, int | None]:
    """Constructed or not, where the value begins, and where it ends (None: at an end mark)."""
    if position + 2 > end:
        return False, end, end
    first, start = data[position + 1], position + 2
    if first == 0x80:
        return True, start, None
    size = first
    if first > 0x80:
        count = first - 0x80
        size, start = int.from_bytes(data[start : min(start + count, end)], "big"), start + count
    return bool(data[position] & 0x20), min(start, end), min(start + size, end)


def _inside(data: bytes, position: int, end: int) -> tuple[int, int]:
    """The range inside an element."""
    _, start, stop = _head(data, position, end)
    return start, end if stop is None else stop


def _after(data: bytes, position: int, end: int, depth: int = 0) -> int:
    """Behind an element, whether it tells its length or not."""
    _, start, stop = _head(data, position, end)
    if stop is not None:
        return stop
    while start < end and depth < _MAX_DEPTH:
        if data[start : start + 2] == b"\0\0":
            return start + 2
        start = max(_after(data, start, end, depth + 1), start + 2)
    return end


def _octets(data: bytes, position: int, end: int, depth: int = 0) -> tuple[bytes, int]:
    """The bytes of a string, put together if it comes in pieces, and the position behind it."""
    constructed, start, stop = _head(data, position, end)
    if not constructed or depth >= _MAX_DEPTH:
        return data[start : end if stop is None else stop], end if stop is None else stop
    pieces, limit = bytearray(), end if stop is None else stop
    while start < limit and data[start : start + 2] != b"\0\0":
        piece, after = _octets(data, start, limit, depth + 1)
        pieces += piece
        start = max(after, start + 2)
    return bytes(pieces), start + 2 if stop is None else limit
