"""The MIME scanner: finds the parts of a message by their byte ranges, and decodes none of them.

Total and bounded: any bytes give a tree, in time linear in the size; what lies beyond a limit
is named by a defect. Source: RFC 2045, RFC 2046; own decision 0007 (tolerance, limits).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from ingest import headers, transfer

MAX_DEPTH = 40
"""Levels of multipart that are opened. Source: own decision 0007 (real mail stays below 10)."""

MAX_PARTS = 1_000
"""Parts of one message that are listed. Source: own decision 0007."""

MAX_HEAD_BYTES = 1_000_000
"""Bytes of one header that are read (10,000 recipients: 400 kB). Source: own decision 0007."""

_TRACES = frozenset(
    bytes.split(
        b"received dkim-signature arc-seal arc-message-signature arc-authentication-results "
        b"authentication-results received-spf x-received x-google-dkim-signature"
    )
)
"""Long fields that servers add on the way; nobody asks a tree for them. RFC 5321 4.4, RFC 6376."""

_TIDY = re.compile(rb"(?:[!-9;-~]{1,200}+[ \t]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)*+")
_NO_FIELD = re.compile(rb"^(?![!-9;-~]+[ \t]*:|[ \t]|>?From |\r?$)", re.MULTILINE)
_KNOWN_FIELD = re.compile(
    rb"^(?:Subject|From|To|Date|Message-ID|Content-[A-Za-z-]+|MIME-Version|Received)[ \t]*:",
    re.MULTILINE | re.IGNORECASE,
)
_BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n]{0,100}")
"""What scanners and gateways leave above the first field."""
_FILE_NAME = re.compile(r"[^/\\]{1,180}\.[A-Za-z0-9]{2,5}")
_ANY_BOUNDARY = re.compile(rb"^--([^\s-][^\r\n]{0,199})\r?$", re.MULTILINE)
_DECODED = frozenset({"base64", "quoted-printable"})
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part without parts: where it lies in `source`, and what its header says.

    `path` counts as IMAP does ("2.1"); `choice` is the path of the nearest multipart/alternative
    around it, or empty; `related` tells that it lies in a multipart/related. `message_subject`
    is set on parts of an attached message only.
    """

    source: bytes
    start: int
    end: int
    path: str
    content_type: str
    params: dict[str, str]
    encoding: str = ""
    disposition: str = ""
    name: str = ""
    content_id: str = ""
    choice: str = ""
    related: bool = False
    message_subject: str = ""

    def content(self) -> transfer.Content:
        """The decoded bytes of the part."""
        return transfer.decode(self.source[self.start : self.end], self.encoding)

    def size_bytes(self) -> int:
        """The size after decoding, measured without decoding where that is exact."""
        return transfer.size_bytes(self.source, self.encoding, start=self.start, end=self.end)


@dataclass(frozen=True, slots=True)
class Tree:
    """A message taken apart: its fields in order, its leaves in order, its defects."""

    fields: tuple[tuple[str, bytes], ...]
    leaves: tuple[Leaf, ...]
    defects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _At:
    """The place of the walk in the tree."""

    path: str = ""
    depth: int = 0
    choice: str = ""
    related: bool = False
    default: str = "text/plain"


def scan(data: bytes) -> Tree:
    """Take a message apart. Never raises, whatever the bytes."""
    if b"\n" not in data and b"\r" in data:  # old Macs, and systems that lose line feeds
        data = data.replace(b"\r", b"\n")
    data = data[_above(data) :]
    defects: list[str] = []
    head, body = _split(data, 0, len(data), defects)
    found = tuple(headers.fields(data[:head], passed=_TRACES))
    walk = _walk(data, (body, len(data)), found, _At(), defects)
    leaves = tuple(islice(walk, MAX_PARTS))
    if len(leaves) == MAX_PARTS and next(walk, None):
        defects.append("mime.too_many_parts")
    return Tree(found, leaves, tuple(dict.fromkeys(defects)))


def head(data: bytes) -> bytes:
    """The fields above the text, as `scan` finds them, with those that servers added on the way."""
    if b"\n" not in data and b"\r" in data:
        data = data[:MAX_HEAD_BYTES].replace(b"\r", b"\n")
    above = _above(data)
    return data[: above + _split(data[above : above + MAX_HEAD_BYTES], 0, len(data), [])[0]]


def _above(data: bytes) -> int:
    """How many bytes stand above the first field: a byte order mark, blank lines."""
    if data[:1] not in {b"\xef", b"\r", b"\n"}:
        return 0
    end = _BEFORE.match(data).end()  # type: ignore[union-attr]  # matches any bytes
    return end if _KNOWN_FIELD.match(data[end : end + 200]) else 0


def _split(data: bytes, start: int, end: int, defects: list[str]) -> tuple[int, int]:
    """Where the header ends and where the body begins."""
    if data.startswith((b"\n", b"\r\n"), start):
        return start, data.index(b"\n", start) + 1
    limit = min(end, start + MAX_HEAD_BYTES)
    head = data.find(b"\r\n\r\n", start, limit)
    bare = data.find(b"\n\n", start, limit if head < 0 else head)
    head, body = (
        (bare, bare + 2) if bare >= 0 else (head, head + 4) if head >= 0 else (limit, limit)
    )
    blank = data.find(b"\n", head, body) + 1  # the last field ends there
    if blank and _TIDY.match(data, start, blank).end() == blank:  # type: ignore[union-attr]  # matches any bytes
        return head, body
    odd = _NO_FIELD.search(data, start, head)
    if odd is None:
        if limit < end and head == limit:
            defects.append("header.too_long")
        return head, body
    if odd.start() > start and _KNOWN_FIELD.search(data, odd.end(), head):
        defects.append("header.malformed")
        return head, body
    defects.append("header.no_blank_line" if odd.start() > start else "header.missing")
    return odd.start(), odd.start()


def _walk(
    data: bytes,
    span: tuple[int, int],
    found: tuple[tuple[str, bytes], ...],
    at: _At,
    defects: list[str],
) -> Iterator[Leaf]:
    """The leaves of one part with header `found` and body `span`, depth first."""
    leaf = _leaf(data, span, found, at, defects)
    if not leaf.content_type.startswith("multipart/"):
        yield leaf
        return
    if at.depth >= MAX_DEPTH:
        defects.append("mime.too_deep")
        yield leaf
        return
    if leaf.encoding in _DECODED and b"--" not in data[slice(*span)]:  # forbidden, and done
        data = leaf.content().data
        span = (0, len(data))
    boundary = _boundary(data, span, leaf.params.get("boundary", ""), defects)
    if not boundary:
        yield replace(leaf, content_type="text/plain")
        return
    inner = _inside(at, leaf)
    for number, part in enumerate(_parts(data, span, boundary, defects), 1):
        head, body = _split(data, *part, defects)
        place = replace(inner, path=f"{at.path}.{number}" if at.path else str(number))
        found_here = tuple(headers.fields(data[part[0] : head], passed=_TRACES))
        yield from _walk(data, (body, part[1]), found_here, place, defects)


def _inside(at: _At, leaf: Leaf) -> _At:
    kind = leaf.content_type
    return _At(
        depth=at.depth + 1,
        choice=at.choice or (at.path or "0" if kind == "multipart/alternative" else ""),
        related=at.related or kind == "multipart/related",
        default="message/rfc822" if kind == "multipart/digest" else "text/plain",
    )


def _leaf(
    data: bytes,
    span: tuple[int, int],
    found: tuple[tuple[str, bytes], ...],
    at: _At,
    defects: list[str],
) -> Leaf:
    by_name: dict[str, bytes] = {}
    for name, value in found:
        if name.startswith("content-"):
            by_name.setdefault(name, value)
    kind = headers.structured(by_name.get("content-type", b""))
    shown = headers.structured(by_name.get("content-disposition", b""))
    content_type = kind.value or at.default
    if not _TYPE.fullmatch(content_type):
        defects.append("mime.bad_type")
        is_text = content_type.rstrip("/") == "text"
        content_type = "text/plain" if is_text else "application/octet-stream"
    described = _described(content_type, by_name.get("content-description", b""))
    return Leaf(
        source=data,
        start=span[0],
        end=span[1],
        path=at.path or "1",
        content_type=content_type,
        params=kind.params,
        encoding=_bare(_word(by_name.get("content-transfer-encoding", b""))),
        disposition=shown.value,
        name=shown.params.get("filename", "") or kind.params.get("name", "") or described,
        content_id=_word(by_name.get("content-id", b"")),
        choice=at.choice,
        related=at.related,
    )


def _described(content_type: str, raw: bytes) -> str:
    """The name of a file that is told nowhere but in its description."""
    if not raw or content_type.startswith(("text/", "multipart/", "message/")):
        return ""
    said = headers.text(raw)
    return said if _FILE_NAME.fullmatch(said) else ""


def _bare(word: str) -> str:
    """Without quotes, and without what stands behind it."""
    return word.split(maxsplit=1)[0].strip("\"'") if word else ""


def _word(raw: bytes) -> str:
    """The first word of a field in lower case."""
    if not raw:
        return ""
    return raw.partition(b";")[0].strip().lower().decode("ascii", "replace")


def _boundary(data: bytes, span: tuple[int, int], claimed: str, defects: list[str]) -> bytes:
    """The boundary really used: the claimed one, or else the first line that looks like one."""
    line = b"--" + claimed.rstrip().encode("utf-8", "replace")
    if claimed and (data.startswith(line, span[0]) or data.find(b"\n" + line, *span) >= 0):
        return line
    defects.append("mime.boundary_not_found" if claimed else "mime.boundary_missing")
    match = _ANY_BOUNDARY.search(data, *span)
    return b"--" + match[1].rstrip() if match else b""


def _parts(
    data: bytes, span: tuple[int, int], line: bytes, defects: list[str]
) -> Iterator[tuple[int, int]]:
    """The ranges between the boundary lines; a missing last boundary is a defect, not a loss."""
    mark = _next_mark(data, span[0], span, line)
    while mark >= 0:
        if data.startswith(b"--", mark + len(line)):
            return
        begin = data.find(b"\n", mark, span[1]) + 1
        if not begin:
            break
        after = _next_mark(data, begin, (begin, span[1]), line)
        stop = span[1] if after < 0 else after - 1
        if after >= 0 and stop > begin and data[stop - 1 : stop] == b"\r":
            stop -= 1
        yield begin, max(stop, begin)
        mark = after
    defects.append("mime.unclosed")


def _next_mark(data: bytes, start: int, span: tuple[int, int], line: bytes) -> int:
    """The next line that is the boundary, not one that only begins like it."""
    if (
        start == span[0]
        and data.startswith(line, start)
        and _ends(data, start + len(line), span[1])
    ):
        return start
    position = data.find(b"\n" + line, start, span[1])
    while position >= 0 and not _ends(data, position + 1 + len(line), span[1]):
        position = data.find(b"\n" + line, position + 1, span[1])
    return position + 1 if position >= 0 else -1


def _ends(data: bytes, position: int, end: int) -> bool:
    return position >= end or data[position] in b"\r\n \t" or data.startswith(b"--", position)
