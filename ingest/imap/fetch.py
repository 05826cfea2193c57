r"""Reading messages over IMAP: UIDs in windows, bodies in batches, big ones in pieces.

Every read is a PEEK, which leaves \Seen alone. UIDs are always sent as lists of numbers,
because "1:*" brings stale answers along. Batches of 50 reach nearly the speed of one big
FETCH and bound the memory. Source: measurements 2026-11-23 (Dovecot 2.3.19).
"""

import imaplib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient import IMAPClient
from imapclient.response_parser import parse_fetch_response

from ingest.head_only import HEAD_LIMIT_BYTES
from ingest.imap.errors import response_code
from ingest.imap.session import OpenFolder
from ingest.keywords import set_by_people

_SEARCH_WINDOW = 20_000
"""UIDs asked for in one SEARCH. imaplib takes no line over 1,000,000 bytes (about 130,000 UIDs)."""

FACTS_AT_ONCE = 500
"""UIDs in one command; servers refuse longer lines. Source: measurement 2026-11-23."""

_BATCH_MESSAGES = 50
_BATCH_BYTES = 8 * 1024 * 1024
_PIECES_FROM_BYTES = 4 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024
_USUAL_BODY = re.compile(rb"\d+ \(UID (\d+) BODY\[\] \{\d+\}")
_USUAL_FACTS = re.compile(
    rb"\d+ \(UID (\d+) RFC822\.SIZE (\d+) INTERNALDATE "
    rb'"([ \d]\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d)"'
    rb" FLAGS \(([^()]*)\)\)"
)
_USUAL_FLAGS = re.compile(rb"\d+ \(UID (\d+) FLAGS \(([^()]*)\)\)")
_STAND_IN_HEAD = (
    b"From: System Administrator <root@localhost>\r\nSubject: message unavailable\r\n\r\n"
)
_STAND_INS = (
    _STAND_IN_HEAD,
    _STAND_IN_HEAD + b"This message is no longer available on the server.\r\n",
)
"""What Courier gives, with OK, for a message that vanished or whose file it can't read. Compared,
not hashed: of a mail of 77 kB the length is enough.
Source: measurement 2026-11-27 (Courier-IMAP 5.0.13); RFC 2180 section 4.1."""

_MONTHS = {name: number for number, name in enumerate(
    b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server says of a message before it is read. The size can be an estimate."""

    size_bytes: int
    received_at: datetime
    marks: frozenset[str] = frozenset()


def search(client: IMAPClient, folder: OpenFolder, lowest: int) -> tuple[int, ...]:
    """UIDs of the open folder from `lowest` up, ascending, which is the order of arrival.

    Source: RFC 3501 sections 2.3.1.1 (ascending) and 6.4.8 ("n:*" always names the last
    message, even below n: therefore the filter).
    """
    if folder.message_count <= _SEARCH_WINDOW or folder.next_uid is None:
        spans = [f"{lowest}:*"]
    else:
        starts = range(lowest, folder.next_uid, _SEARCH_WINDOW)
        spans = [f"{start}:{start + _SEARCH_WINDOW - 1}" for start in starts]
    found = {uid for span in spans for uid in client.search(["UID", span])}
    return tuple(sorted(uid for uid in found if uid >= lowest))


def facts(client: IMAPClient, uids: Sequence[int]) -> dict[int, Facts]:
    """Size, time of arrival (aware UTC) and marks of those messages that are still there."""
    answers = _fetch(client, uids, "RFC822.SIZE", "INTERNALDATE", "FLAGS")
    return {
        uid: Facts(
            answer[b"RFC822.SIZE"],
            answer[b"INTERNALDATE"].astimezone(UTC),
            set_by_people(_words(answer.get(b"FLAGS", ()))),
        )
        for uid, answer in answers.items()
        if b"RFC822.SIZE" in answer and b"INTERNALDATE" in answer
    }


def flags(client: IMAPClient, uids: Sequence[int]) -> dict[int, frozenset[str]]:
    """All flags, system flags and keywords, of those messages that are still there."""
    answers = _fetch(client, uids, "FLAGS")
    return {uid: _words(answer.get(b"FLAGS", ())) for uid, answer in answers.items()}


def _words(flags: Iterable[bytes | int]) -> frozenset[str]:
    """A keyword of digits alone comes out of imapclient's parser as a number."""
    return frozenset(
        flag.decode("ascii", "replace") if isinstance(flag, bytes) else str(flag) for flag in flags
    )


def batches(uids: Sequence[int], known: Mapping[int, Facts]) -> Iterator[tuple[int, ...]]:
    """Cut `uids` into runs of at most 50 messages and 8 MB; a bigger message is a run of its own.

    UIDs without facts are gone and left out. Source: measurement 2026-11-23 (batch 50).
    """
    run: list[int] = []
    run_bytes = 0
    for uid in (uid for uid in uids if uid in known):
        size_bytes = known[uid].size_bytes
        if run and (len(run) == _BATCH_MESSAGES or run_bytes + size_bytes > _BATCH_BYTES):
            yield tuple(run)
            run, run_bytes = [], 0
        run.append(uid)
        run_bytes += size_bytes
    if run:
        yield tuple(run)


def bodies(client: IMAPClient, uids: Sequence[int], known: Mapping[int, Facts]) -> dict[int, bytes]:
    """The whole messages; what vanished meanwhile is left out."""
    whole = [uid for uid in uids if known[uid].size_bytes < _PIECES_FROM_BYTES]
    answers = _fetch(client, whole, "BODY.PEEK[]")
    found: dict[int, bytes | None] = {uid: a.get(b"BODY[]") for uid, a in answers.items()}
    for uid in uids:
        if uid not in whole:
            found[uid] = _in_pieces(client, uid, known[uid].size_bytes)
    return {uid: data for uid, data in found.items() if data is not None}


def head(client: IMAPClient, uid: int) -> bytes | None:
    """The header block with its blank line, at most 256 KiB; None if the message is gone."""
    answer = _fetch(client, [uid], f"BODY.PEEK[HEADER]<0.{HEAD_LIMIT_BYTES}>").get(uid, {})
    data: bytes | None = answer.get(b"BODY[HEADER]<0>")
    return data


def is_stand_in(data: bytes) -> bool:
    """Whether this is no mail, but what a server says in its place.

    No mail that was sent is equal to it: each server on its way puts a line on top.
    """
    return data in _STAND_INS


def _in_pieces(client: IMAPClient, uid: int, size_bytes: int) -> bytes | None:
    """A big message in pieces of 1 MiB, so that no single answer runs into the timeout.

    The end is a piece shorter than asked: RFC822.SIZE is only an estimate on some servers. Where
    it is none, a message that vanished on the way is told by another size: Courier ends it early.
    Source: RFC 3501 section 6.4.5 (partial fetch, truncated at the end); measurement 2026-11-27
    (Courier-IMAP 5.0.13).
    """
    pieces: list[bytes] = []
    while not pieces or len(pieces[-1]) == _PIECE_BYTES:
        offset = len(pieces) * _PIECE_BYTES
        answer = _fetch(client, [uid], f"BODY.PEEK[]<{offset}.{_PIECE_BYTES}>").get(uid, {})
        piece = answer.get(f"BODY[]<{offset}>".encode("ascii"))
        if piece is None:
            return None
        pieces.append(piece)
    if sum(map(len, pieces)) != size_bytes:
        again = facts(client, [uid]).get(uid)
        if again is None or again.size_bytes != size_bytes:
            return None
    return b"".join(pieces)


def _fetch(client: IMAPClient, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
    """One FETCH; once more after NOOP if another client removed a message meanwhile.

    Source: RFC 5530 section 3 (EXPUNGEISSUED); RFC 2180 section 4.1.
    """
    if not uids:
        return {}
    try:
        answers = _asked(client, uids, items)
    except imaplib.IMAP4.error as exc:
        if response_code(exc) != "EXPUNGEISSUED":
            raise
        client.noop()
        answers = _asked(client, uids, items)
    # What the server says of other messages by the way is not asked for.
    return {uid: answers[uid] for uid in uids if uid in answers}


def _asked(
    client: IMAPClient, uids: Sequence[int], items: Sequence[str]
) -> dict[int, dict[bytes, Any]]:
    """As `IMAPClient.fetch`, but usual answers are not read letter by letter.

    Source: measurement 2026-11-26: its parser took half of the time of small mails.
    """
    wanted = ",".join(map(str, uids))
    typ, data = client._imap.uid("FETCH", wanted, f"({' '.join(items)})")  # noqa: SLF001 - as below
    client._checkok("fetch", typ, data)  # noqa: SLF001 - its own errors, with no public way to them
    usual = _usual(data)
    if usual is not None:
        return usual
    whole: dict[int, dict[bytes, Any]] = parse_fetch_response(data, normalise_times=False)
    return whole


def _usual(data: Sequence[Any]) -> dict[int, dict[bytes, Any]] | None:
    """The answers, where each is written as servers usually do; None where one is not.

    imaplib gives a literal as a pair: the words before it, and its bytes.
    """
    found: dict[int, dict[bytes, Any]] = {}
    for piece in data:
        if isinstance(piece, tuple):
            body = _USUAL_BODY.fullmatch(piece[0])
            if body is None:
                return None
            found.setdefault(int(body[1]), {})[b"BODY[]"] = piece[1]
        elif piece != b")":
            answer = _usual_facts(piece or b"")
            if answer is None:
                return None
            found.setdefault(int(answer.pop(b"UID")), {}).update(answer)
    return found


def _usual_facts(piece: bytes) -> dict[bytes, Any] | None:
    """What one answer without a literal says, or None where it is written in another way."""
    if flags := _USUAL_FLAGS.fullmatch(piece):
        return {b"UID": flags[1], b"FLAGS": flags[2].split()}
    facts = _USUAL_FACTS.fullmatch(piece)
    moment = _moment(*facts.groups()[2:-1]) if facts else None
    if facts is None or moment is None:
        return None
    return {
        b"UID": facts[1],
        b"RFC822.SIZE": int(facts[2]),
        b"INTERNALDATE": moment,
        b"FLAGS": facts.groups()[-1].split(),
    }


def _moment(*words: bytes) -> datetime | None:
    """An INTERNALDATE; None where there is no such day. Source: RFC 3501 section 9."""
    day, month, year, hour, minute, second, zone_hours, zone_minutes = words
    try:
        local = datetime(
            int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_hours[:1] + zone_minutes))
        return local - offset
    except (ValueError, KeyError, OverflowError):
        return None
