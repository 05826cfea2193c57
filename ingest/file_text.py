"""What files say in which people write: RTF, Word and OpenDocument, calendars, cards, lists.

Only heard beside the message, before anybody says that it moves no money; no text of the message,
but its clerk is shown what was heard. Total and bounded: of a packed file only so much is unpacked
as is read, and its XML is cut by its tags, so that nothing in it is resolved. Source: ECMA-376 part
1 section 17; OpenDocument 1.3 part 3 section 5; RFC 5545 section 3.1; RFC 6350 section 3; own
decision 0136.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from html import unescape
from io import BytesIO
from types import MappingProxyType
from typing import Final

from ingest import charset, rtf
from ingest.mime import Leaf

MAX_XML_BYTES: Final = 1_000_000
"""Of a document so much XML is unpacked. Source: own decision 0136 (some 10 kB a page)."""
MAX_PACKED_BYTES: Final = 5_000_000
"""A larger document is one of pictures, and not opened. Source: own decision 0136."""

MAX_MEMBERS: Final = 1_000
"""Files in a document. Source: own decision 0136 (Word writes some 15, and one a picture)."""

_TAG: Final = re.compile(r"<[^<>]{0,5000}>")
_BEGINS_A_LINE: Final = re.compile(
    r"<(?:w:p|w:br|w:tab|w:tc|text:p|text:h|text:line-break)(?:[\s/][^<>]{0,5000})?>"
)
"""Tags of paragraphs and cells; all others stand inside of words too."""
_FOLDED: Final = re.compile(r"\r?\n[ \t]")
_SAID_IN: Final = {
    ".ics": re.compile(r"(?im)^(?:SUMMARY|DESCRIPTION|COMMENT)(?:;[^:\n]{0,500})?:(.*)$"),
    ".vcf": re.compile(r"(?im)^(?:item\d+\.)?NOTE(?:;[^:\n]{0,500})?:(.*)$"),
}
_ESCAPES: Final = re.compile(r"\\([nN,;\\])")
_SIMPLY_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN: Final = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, OSError, EOFError),
    *(KeyError, ValueError, NotImplementedError, RuntimeError, OverflowError),
)
_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "application/rtf": ".rtf",
        "text/rtf": ".rtf",
        "text/calendar": ".ics",
        "text/vcard": ".vcf",
        "text/x-vcard": ".vcf",
        "text/directory": ".vcf",
        "text/csv": ".csv",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
        "application/vnd.oasis.opendocument.text": ".odt",
    }
)


def kind_of(leaf: Leaf) -> str:
    """As which kind of file it is read, by its type or by the end of its name; "" for none."""
    if known := _TYPES.get(leaf.content_type):
        return known
    if not leaf.content_type.startswith(("application/", "text/")):
        return ""
    end = leaf.name.lower().rpartition(".")[2]
    return f".{end}" if f".{end}" in _READERS else ""


def text_of(leaf: Leaf) -> str:
    """What the file says, "" where it can't be read."""
    return _READERS[kind_of(leaf)](leaf.content().data)


def _word(data: bytes) -> str:
    return _from_zip(data, "word/document.xml")


def _open_document(data: bytes) -> str:
    return _from_zip(data, "content.xml")


def _from_zip(data: bytes, name: str) -> str:
    if not data.startswith(b"PK") or len(data) > MAX_PACKED_BYTES:
        return ""
    if data.count(b"PK\x01\x02") > MAX_MEMBERS:
        return ""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            # Others take as much memory as the file says that they want.
            if packed.getinfo(name).compress_type not in _SIMPLY_PACKED:
                return ""
            with packed.open(name) as member:
                xml = member.read(MAX_XML_BYTES)
    except _BROKEN:
        return ""
    return unescape(_TAG.sub("", _BEGINS_A_LINE.sub("\n", xml.decode("utf-8", "replace"))))


def _calendar(data: bytes) -> str:
    return _values(data, ".ics")


def _card(data: bytes) -> str:
    return _values(data, ".vcf")


def _values(data: bytes, kind: str) -> str:
    text = _FOLDED.sub("", charset.decode(data).text)
    found = _SAID_IN[kind].findall(text.replace("\r", ""))
    return "\n\n".join(_ESCAPES.sub(_plain, value) for value in found)


def _plain(escape: re.Match[str]) -> str:
    return "\n" if escape[1] in "nN" else escape[1]


def _list(data: bytes) -> str:
    text = charset.clean(charset.decode(data).text).text
    return text.replace(";", " ").replace("\t", " ")


_READERS: Final[Mapping[str, Callable[[bytes], str]]] = MappingProxyType(
    {
        ".rtf": rtf.text_of,
        ".docx": _word,
        ".docm": _word,
        ".dotx": _word,
        ".odt": _open_document,
        ".ics": _calendar,
        ".vcf": _card,
        ".csv": _list,
    }
)
