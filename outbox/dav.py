"""The few verbs of WebDAV that the outlet needs; every path is one folder and one name.

Source: RFC 4918 sections 9.1 (PROPFIND), 9.3 (MKCOL), 9.9 (MOVE); RFC 9110 section 13.1.2.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Final
from urllib.parse import quote, unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from outbox.line import Answer, Line, failure
from rules.errors import TryLater, Unreadable

PACKAGE_BYTES: Final = 200_000_000
"""Largest file that is read back: a mail of the largest size limit and what lies beside it."""

LISTING_BYTES: Final = 100_000_000
"""Largest listing of a folder: receipts that are done stay there, some 400 bytes each in a listing.
Own decision 0143."""

_ASK: Final = (
    b'<?xml version="1.0" encoding="utf-8"?><d:propfind xmlns:d="DAV:"><d:prop>'
    b"<d:resourcetype/><d:getlastmodified/></d:prop></d:propfind>"
)
_XML: Final = {"Content-Type": "application/xml; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a folder there; `changed_at` is aware, by the server's clock."""

    name: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Dav:
    """A WebDAV server below one address. `clock` gives aware UTC. Safe to share between threads.

    Every call may raise TryLater and Refused as line.py tells.
    """

    line: Line
    clock: Callable[[], datetime]

    def require_base(self) -> None:
        """Raises: TryLater: `eakte.drop_missing`: the base is not there; it is never made here."""
        answer = self.line.ask("PROPFIND", "", headers=_XML | {"Depth": "0"}, body=_ASK)
        if answer.status in {404, 409}:
            raise TryLater("eakte.drop_missing", "the folder of eakte.url is not there; make it")
        self._require(answer)

    def files(self, folder: str) -> tuple[Entry, ...]:
        """The files of a folder, by name; none where there is no such folder.

        Raises: Unreadable: `eakte.answer`: no listing that can be read.
        """
        headers = _XML | {"Depth": "1"}
        answer = self.line.ask(
            "PROPFIND", f"{folder}/", headers=headers, body=_ASK, limit_bytes=LISTING_BYTES
        )
        if answer.status == 404:
            return ()
        self._require(answer)
        return tuple(sorted(_entries(answer.body), key=lambda one: one.name))

    def read(self, folder: str, name: str, *, limit_bytes: int) -> bytes | None:
        """The bytes of a file, or None where it is gone. Raises: Unreadable: over the limit."""
        answer = self.line.ask("GET", _path(folder, name), limit_bytes=limit_bytes)
        if answer.status in {404, 410}:
            return None
        self._require(answer)
        return answer.body

    def is_there(self, folder: str, name: str) -> bool:
        """Whether the file is there now."""
        answer = self.line.ask("HEAD", _path(folder, name))
        if answer.status in {404, 409, 410}:
            return False
        self._require(answer)
        return True

    def put_new(self, folder: str, name: str, data: bytes) -> None:
        """Write a file that must not be there yet; makes the folder where it is missing."""
        headers = {"If-None-Match": "*", "Content-Type": "application/octet-stream"}
        answer = self.line.ask("PUT", _path(folder, name), headers=headers, body=data)
        if answer.status in {404, 409}:
            self.make_folder(folder)
            answer = self.line.ask("PUT", _path(folder, name), headers=headers, body=data)
        self._require(answer)

    def make_folder(self, folder: str) -> None:
        """Make a folder and those above it, below the base. Idempotent."""
        steps = folder.split("/")
        for depth in range(1, len(steps) + 1):
            answer = self.line.ask("MKCOL", "/".join(steps[:depth]))
            # 405: it is there already (RFC 4918 section 9.3.1).
            if answer.status != 405:
                self._require(answer)

    def move(self, folder: str, name: str, *, to: tuple[str, str]) -> bool:
        """Move a file to a place that is free; False if it is taken, or the file is gone.

        The target's folder is made where it is missing.
        """
        headers = {"Destination": self.line.address(_path(*to)), "Overwrite": "F"}
        answer = self.line.ask("MOVE", _path(folder, name), headers=headers)
        if answer.status == 409:
            self.make_folder(to[0])
            answer = self.line.ask("MOVE", _path(folder, name), headers=headers)
        if answer.status in {404, 412}:
            return False
        self._require(answer)
        return True

    def remove(self, folder: str, name: str) -> bool:
        """Remove a file; False where it is gone. Idempotent."""
        answer = self.line.ask("DELETE", _path(folder, name))
        if answer.status in {404, 410}:
            return False
        self._require(answer)
        return True

    def _require(self, answer: Answer) -> None:
        if not answer.is_good:
            raise failure(answer, now=self.clock())


def _path(folder: str, name: str) -> str:
    return f"{folder}/{quote(name, safe='')}"


def _entries(body: bytes) -> Iterator[Entry]:
    """Each is forgotten once it is read: a tree of them all takes ten times their bytes."""
    try:
        for _, found in iterparse(BytesIO(body), forbid_dtd=True):
            if found.tag != "{DAV:}response":
                continue
            entry = _entry(found)
            found.clear()
            if entry is not None:
                yield entry
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as exc:
        raise Unreadable("eakte.answer", "the eAkte's listing of a folder can't be read") from exc


def _entry(found: Element) -> Entry | None:
    """A file with a plain name; folders, the folder itself and odd names are left out."""
    href = urlsplit((found.findtext("{DAV:}href") or "").strip()).path
    name = unquote(href.rpartition("/")[2])
    if not name or "/" in name or found.find(".//{DAV:}collection") is not None:
        return None
    try:
        at = parsedate_to_datetime(found.findtext(".//{DAV:}getlastmodified") or "")
    except ValueError:
        return Entry(name, datetime.fromtimestamp(0, tz=UTC))
    return Entry(name, at if at.tzinfo else at.replace(tzinfo=UTC))
