"""winmail.dat: the files and the text that Outlook wraps up in application/ms-tnef.

An own reader, because it must be total and bounded: every step moves forward by at least eleven
bytes, short data reads as zero. Source: MS-OXTNEF sections 2.1 and 2.2; own decision 0007.
"""

from dataclasses import dataclass, field

from ingest import charset

_MAGIC = b"\x78\x9f\x3e\x22"
_NEW_FILE, _FILE_NAME, _FILE_DATA, _FILE_PROPERTIES = 0x69002, 0x18010, 0x6800F, 0x69005
_MESSAGE_PROPERTIES, _BODY = 0x69003, 0x2800C
_LONG_NAME, _DISPLAY_NAME, _TEXT, _HTML, _FILE_CONTENT = 0x3707, 0x3001, 0x1000, 0x1013, 0x3701
_RTF = 0x1009
_FIXED_BYTES = {2: 4, 3: 4, 4: 4, 10: 4, 11: 4, 5: 8, 6: 8, 7: 8, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({0x0D, 0x1E, 0x1F, 0x102})
_UTF16_TEXT = 0x1F
_MANY_VALUES = 0x1000
_NAMED = 0x8000

MAX_PROPERTIES = 2_000
"""MAPI properties read of one object. Source: own decision 0007 (Outlook writes about 100)."""


MAX_FILES = 1_000
"""Files read of one wrapper, as parts of one message. Source: own decision 0007."""


@dataclass(frozen=True, slots=True)
class File:
    """One file in the wrapper, its name as written there."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What a winmail.dat holds; `html` as raw bytes, since it names its character set itself.

    `rtf` is packed (rtf.py).
    """

    files: tuple[File, ...] = ()
    text: str = ""
    html: bytes = b""
    rtf: bytes = b""


@dataclass(slots=True)
class _Open:
    """The file that is being read."""

    name: str = ""
    data: bytes = b""
    properties: dict[int, tuple[int, bytes]] = field(default_factory=dict)

    def closed(self) -> File:
        name = _string(self.properties, _LONG_NAME) or self.name
        data = self.data or self.properties.get(_FILE_CONTENT, (0, b""))[1]
        return File(name or _string(self.properties, _DISPLAY_NAME), data)


def read(data: bytes) -> Content:
    """The content of a winmail.dat; empty if it is none. Total."""
    if not data.startswith(_MAGIC):
        return Content()
    files: list[_Open] = []
    text, message = "", dict[int, tuple[int, bytes]]()
    position = 6
    while position + 9 <= len(data):
        kind, size = _number(data, position + 1, 4), _number(data, position + 5, 4)
        value = data[position + 9 : position + 9 + size]
        position += 11 + size
        if kind == _NEW_FILE and len(files) == MAX_FILES:
            break
        if kind == _NEW_FILE:
            files.append(_Open())
        elif kind == _MESSAGE_PROPERTIES:
            message = _properties(value)
        elif kind == _BODY:
            text = charset.decode(value.rstrip(b"\0")).text
        elif files:
            _add(files[-1], kind, value)
    return Content(
        tuple(file.closed() for file in files),
        _string(message, _TEXT) or text,
        html=message.get(_HTML, (0, b""))[1].rstrip(b"\0"),
        rtf=message.get(_RTF, (0, b""))[1],
    )


def _add(file: _Open, kind: int, value: bytes) -> None:
    if kind == _FILE_NAME:
        file.name = charset.decode(value.rstrip(b"\0")).text
    elif kind == _FILE_DATA:
        file.data = value
    elif kind == _FILE_PROPERTIES:
        file.properties = _properties(value)


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """MAPI properties by their number: type and first value, as far as they can be read."""
    found: dict[int, tuple[int, bytes]] = {}
    position = 4
    for _ in range(min(_number(data, 0, 4), MAX_PROPERTIES)):
        if position >= len(data):
            break
        kind, name = _number(data, position, 2), _number(data, position + 2, 2)
        position += 4
        if name >= _NAMED:
            position = _after_name(data, position)
        read = _value(data, position, kind)
        if read is None:
            break
        value, position = read
        found.setdefault(name, (kind, value))
    return found


def _after_name(data: bytes, position: int) -> int:
    """Behind the GUID and the number or text that name a property above 0x8000."""
    if _number(data, position + 16, 4) == 0:
        return position + 24
    return position + 24 + _padded(_number(data, position + 20, 4))


def _value(data: bytes, position: int, kind: int) -> tuple[bytes, int] | None:
    """The first value and the position behind all values; None if the type is unknown."""
    many, kind = kind & _MANY_VALUES, kind & ~_MANY_VALUES
    if kind in _FIXED_BYTES:
        count = _number(data, position, 4) if many else 1
        start = position + (4 if many else 0)
        return data[start : start + _FIXED_BYTES[kind]], start + count * _FIXED_BYTES[kind]
    if kind not in _VARIABLE:
        return None
    count, position = _number(data, position, 4), position + 4
    first = b""
    for index in range(min(count, MAX_PROPERTIES)):
        if position >= len(data):
            break
        size, position = _number(data, position, 4), position + 4
        first = data[position : position + size] if index == 0 else first
        position += _padded(size)
    return first, position


def _string(properties: dict[int, tuple[int, bytes]], name: int) -> str:
    kind, value = properties.get(name, (0, b""))
    label = "utf-16-le" if kind == _UTF16_TEXT else ""
    return charset.decode(value, label).text.rstrip("\0")


def _number(data: bytes, position: int, size_bytes: int) -> int:
    return int.from_bytes(data[position : position + size_bytes], "little")


def _padded(size: int) -> int:
    return size + (-size % 4)
