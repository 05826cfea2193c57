"""Mail of an archive on disk: Maildir trees, folders of .eml files, mbox files. Only read.

Everything comes in an order that stays the same from run to run. One bad file is named and left
out, and holds up no other. Source: F64; RFC 4155 (mbox); maildir(5); own decision 0032.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from ingest import dates, headers
from ingest.head_only import HEAD_LIMIT_BYTES, head_of
from ingest.maildir.disk import MailFile, is_mail_directory
from rules.errors import Refused
from rules.postbox import TOO_LARGE

_FROM_LINE: Final = re.compile(rb"From \S+ .*\d{4}")
"""A line that begins the next mail, where it comes after an empty one. Source: RFC 4155."""
_QUOTED_FROM: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
"""How mbox writers hide such a line in a text. Source: mbox(5), "mboxrd"."""
_HEAD_BYTES: Final = 64_000
"""Where the date of a mail is looked for. Own decision 0007."""
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")


class Kind(StrEnum):
    """What a file of an archive is."""

    MAIL = "mail"
    MBOX = "mbox"


@dataclass(frozen=True, slots=True)
class Source:
    """One file with one mail or many."""

    path: Path
    kind: Kind


@dataclass(frozen=True, slots=True)
class ArchiveMail:
    """One mail: where it was found (for people), its bytes, when it was received (aware UTC).

    `reason` is why `data` is no more than its head, and `whole_bytes` the size of the mail then.
    """

    name: str
    data: bytes
    received_at: datetime
    reason: str = ""
    whole_bytes: int | None = None

    @property
    def size_bytes(self) -> int:
        """As it lies in the archive. Own decision 0108."""
        return len(self.data) if self.whole_bytes is None else self.whole_bytes


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One mail or file that could not be read, with the code of the reason."""

    name: str
    code: str


def find(paths: tuple[Path, ...]) -> tuple[Source, ...]:
    """All files with mail at and below these paths, sorted by path.

    A folder with cur/ and new/ is a Maildir; elsewhere .eml and .mbox files count. A path that is
    a file is a mail if it is named .eml, and an mbox if it begins like one.
    Raises: Refused: `archive.missing`, `archive.not_mail`.
    """
    found: dict[Path, Source] = {}
    for path in paths:
        if path.is_dir():
            found |= {source.path: source for source in _below(path)}
        elif path.is_file():
            found[path] = _single(path)
        else:
            raise Refused("archive.missing", f"There is no {path}. Remedy: check the path.")
    return tuple(found[path] for path in sorted(found))


def count(sources: tuple[Source, ...]) -> int:
    """How many mails these are; mbox files are read through for that. Unreadable ones count 1."""
    return sum(1 if source.kind is Kind.MAIL else _count_mbox(source.path) for source in sources)


def read(
    sources: tuple[Source, ...], *, size_limit_bytes: int, now: datetime
) -> Iterator[ArchiveMail | LeftOut]:
    """The mails one by one, in the order of `find`.

    When a mail was received tells its first Received field, else its Date field, else the file;
    never later than `now`. Of larger ones only the head is read.
    """
    for source in sources:
        try:
            yield from _read(source, size_limit_bytes=size_limit_bytes, now=now)
        except OSError:
            yield LeftOut(str(source.path), "archive.unreadable")


def _below(root: Path) -> Iterator[Source]:
    for folder, _, names in os.walk(root):
        directory = Path(folder)
        if directory.name in {"cur", "new"} and is_mail_directory(directory.parent):
            yield from (Source(directory / name, Kind.MAIL) for name in names if name[0] != ".")
            continue
        for name in names:
            if name.lower().endswith(".eml"):
                yield Source(directory / name, Kind.MAIL)
            elif name.lower().endswith(".mbox"):
                yield Source(directory / name, Kind.MBOX)


def _single(path: Path) -> Source:
    if path.suffix.lower() == ".eml":
        return Source(path, Kind.MAIL)
    with path.open("rb") as file:
        if _FROM_LINE.match(file.readline(1000)):
            return Source(path, Kind.MBOX)
    raise Refused(
        "archive.not_mail",
        f"{path} is neither an .eml nor an mbox file. Remedy: name a Maildir, a folder, or such a"
        " file.",
    )


def _read(
    source: Source, *, size_limit_bytes: int, now: datetime
) -> Iterator[ArchiveMail | LeftOut]:
    path = source.path
    if source.kind is Kind.MBOX:
        with path.open("rb") as file:
            for number, (data, size) in enumerate(_mails(file, size_limit_bytes), 1):
                name = f"{path}#{number}"
                yield _mail(name, data, size, limit_bytes=size_limit_bytes, now=now, file=path)
        return
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(HEAD_LIMIT_BYTES if size > size_limit_bytes else -1)
    yield _mail(str(path), data, size, limit_bytes=size_limit_bytes, now=now, file=path)


def _mail(
    name: str, data: bytes, size: int, *, limit_bytes: int, now: datetime, file: Path
) -> ArchiveMail:
    """The mail; `data` of one over the limit begins with its head."""
    at = received_at(data, at_most=now, file=file)
    if size <= limit_bytes:
        return ArchiveMail(name, data, at)
    return ArchiveMail(name, head_of(data[:HEAD_LIMIT_BYTES]), at, TOO_LARGE, size)


def _mails(file: BinaryIO, limit_bytes: int) -> Iterator[tuple[bytes, int]]:
    """The mails of an mbox, without their From lines and the empty line after them, and their size.

    Of one over the limit no more is held in memory than the limit, or a head.
    """
    most = max(limit_bytes, HEAD_LIMIT_BYTES)
    lines: list[bytes] = []
    size = 0
    begun = False
    for line, begins in _lines(file):
        if begins:
            if begun:
                yield _unquoted(lines), size
            lines, size, begun = [], 0, True
            continue
        if size < most:
            lines.append(line[: most - size])
        size += len(line)
    if begun:
        yield _unquoted(lines), size


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Each line, and whether it begins a mail."""
    after_empty = True
    for line in file:
        yield line, after_empty and _FROM_LINE.match(line) is not None
        after_empty = not line.strip(b"\r\n")


def _unquoted(lines: list[bytes]) -> bytes:
    if lines and not lines[-1].strip(b"\r\n"):
        lines = lines[:-1]
    return _QUOTED_FROM.sub(rb"\1", b"".join(lines))


def _count_mbox(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(begins for _, begins in _lines(file))
    except OSError:
        return 1


def received_at(data: bytes, *, at_most: datetime, file: Path | None = None) -> datetime:
    """When a mail was received, by its own fields or its file; `at_most` where nothing tells."""
    head = _HEAD_END.split(data[:_HEAD_BYTES], maxsplit=1)[0]
    told: dict[str, bytes] = {}
    for name, value in headers.fields(head + b"\n"):
        told.setdefault(name, value)
    found = dates.when(told.get("received", b"").rpartition(b";")[2])
    found = found or dates.when(told.get("date", b""))
    if found is None and file is not None:
        uid = file.name.partition(":")[0]
        seconds = MailFile(file.parent, file.name, uid, "").arrival()[0]
        found = datetime.fromtimestamp(seconds, tz=UTC)
    return min(found, at_most) if found else at_most
