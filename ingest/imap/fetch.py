r"""Reading messages over IMAP: UIDs in windows, bodies in batches, big ones in pieces.

Every read is a PEEK, which leaves \Seen alone. UIDs are always sent as lists of numbers,
because "1:*" brings stale answers along. Batches of 50 reach nearly the speed of one big
FETCH and bound the memory. Source: measurements 2026-11-23 (Dovecot 2.3.19).
"""

import imaplib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import mktime_tz, parsedate_tz
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_message_list, parse_response

from ingest.head_only import HEAD_LIMIT_BYTES
from ingest.imap.errors import is_stale, response_code
from ingest.imap.listing import answers
from ingest.imap.session import OpenFolder
from ingest.keywords import set_by_people

_SEARCH_WINDOW = 20_000
"""UIDs asked for in one SEARCH. imaplib takes no line over 1,000,000 bytes (about 130,000 UIDs)."""

_AT_ONCE = 80_000
"""Where a folder has no more mails, they fit into one answer, be each number of ten digits."""

UNTOLD = datetime(1970, 1, 1, tzinfo=UTC)
"""Where a server tells no time of arrival that can be read: of that, it is when we saw the mail
(triage.receive)."""

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

_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
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
    if folder.message_count <= _AT_ONCE or folder.next_uid is None:
        spans = [f"{lowest}:*"]
    else:
        starts = range(lowest, folder.next_uid, _SEARCH_WINDOW)
        # The last one has no end: mail came meanwhile, and some servers say a UIDNEXT too low.
        spans = [f"{start}:{start + _SEARCH_WINDOW - 1}" for start in starts[:-1]]
        spans.append(f"{starts[-1] if starts else lowest}:*")
    found = {uid for span in spans for uid in _searched(client, span)}
    return tuple(sorted(uid for uid in found if uid >= lowest))


def _searched(client: IMAPClient, span: str) -> Iterator[int]:
    """As `IMAPClient.search`, of servers too that answer in more than one line."""
    typ, data = client._imap.uid("SEARCH", "UID", span)  # noqa: SLF001 - no public way
    client._checkok("search", typ, data)  # noqa: SLF001 - its own errors, with no public way to them
    for line in data:
        yield from parse_message_list([line]) if line else ()


def facts(client: IMAPClient, uids: Sequence[int]) -> dict[int, Facts]:
    """Size, time of arrival (aware UTC) and marks of those messages that are still there."""
    found = _fetch(client, uids, "RFC822.SIZE", "INTERNALDATE", "FLAGS")
    return {uid: _facts(answer) for uid, answer in found.items()}


def flags(client: IMAPClient, uids: Sequence[int]) -> dict[int, frozenset[str]]:
    """All flags, system flags and keywords, of those messages that are still there."""
    found = _fetch(client, uids, "FLAGS")
    return {uid: _words(answer.get(b"FLAGS")) for uid, answer in found.items()}


def _facts(answer: Mapping[bytes, Any]) -> Facts:
    """A mail whose size or time a server can't tell is a mail all the same.

    Source: mailpile/Mailpile#1080 (no RFC822.SIZE), mjs/imapclient#151 (dates that are none).
    """
    size, moment = answer.get(b"RFC822.SIZE"), answer.get(b"INTERNALDATE")
    return Facts(
        size if isinstance(size, int) else 0,
        moment if isinstance(moment, datetime) else _any_moment(moment),
        set_by_people(_words(answer.get(b"FLAGS"))),
    )


def _words(flags: object) -> frozenset[str]:
    """A keyword of digits alone comes out of imapclient's parser as a number."""
    return frozenset(
        flag.decode("ascii", "replace") if isinstance(flag, bytes) else str(flag)
        for flag in (flags if isinstance(flags, tuple | list) else ())
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
    said = _fetch(client, whole, "BODY.PEEK[]")
    found: dict[int, bytes | None] = {uid: _data(a, b"BODY[]") for uid, a in said.items()}
    for uid in uids:
        if uid not in whole:
            found[uid] = _in_pieces(client, uid, known[uid].size_bytes)
    return {uid: data for uid, data in found.items() if data is not None}


def head(client: IMAPClient, uid: int) -> bytes | None:
    """The header block with its blank line, at most 256 KiB; None if the message is gone."""
    answer = _fetch(client, [uid], f"BODY.PEEK[HEADER]<0.{HEAD_LIMIT_BYTES}>").get(uid, {})
    return _data(answer, b"BODY[HEADER]<0>", b"BODY[HEADER]")


def _data(answer: Mapping[bytes, Any], *names: bytes) -> bytes | None:
    """The bytes under the first of these names; None where there are none, or NIL."""
    found = next((answer[name] for name in names if answer.get(name) is not None), None)
    # A quoted text of digits alone comes out of imapclient's parser as a number.
    return str(found).encode("ascii") if isinstance(found, int) else found


def is_stand_in(data: bytes, size_bytes: int) -> bool:
    """Whether this is no mail, but what a server says in its place.

    No mail that was sent is equal to it: each server on its way puts a line on top. Nor is a mail
    of `size_bytes` empty: some servers say OK to the reading of one that they have lost.
    Source: imapsync/imapsync#79, OfflineIMAP/offlineimap#429.
    """
    return data in _STAND_INS or (not data and size_bytes > 0)


def _in_pieces(client: IMAPClient, uid: int, size_bytes: int) -> bytes | None:
    """A big message in pieces of 1 MiB, so that no single answer runs into the timeout.

    The end is a piece shorter than asked, at RFC822.SIZE or behind it; where that is only an
    estimate, an empty one: a server may give less at once than it is asked for. Where it is none,
    a message that vanished on the way is told by another size: Courier ends it early.
    Source: RFC 3501 section 6.4.5 (partial fetch, truncated at the end); measurement 2026-11-27
    (Courier-IMAP 5.0.13).
    """
    pieces: list[bytes] = []
    offset = 0
    while not pieces or (pieces[-1] and (len(pieces[-1]) == _PIECE_BYTES or offset < size_bytes)):
        is_behind = bool(pieces) and len(pieces[-1]) < _PIECE_BYTES
        answer = _piece(client, uid, offset, is_behind=is_behind)
        whole = None if pieces else _data(answer, b"BODY[]")
        if whole is not None:  # a server that gives no pieces
            return whole
        name = f"BODY[]<{offset}>".encode("ascii")
        if name not in answer:
            return None
        pieces.append(_data(answer, name) or b"")
        offset += len(pieces[-1])
    if offset != size_bytes:
        again = facts(client, [uid]).get(uid)
        if again is None or again.size_bytes != size_bytes:
            return None
    return b"".join(pieces)


def _piece(client: IMAPClient, uid: int, offset: int, *, is_behind: bool) -> dict[bytes, Any]:
    """The answer to one partial FETCH; what lies behind the end may be refused, or not answered."""
    wanted = f"BODY.PEEK[]<{offset}.{_PIECE_BYTES}>"
    nothing: dict[bytes, Any] = {f"BODY[]<{offset}>".encode("ascii"): b""} if is_behind else {}
    try:
        return nothing | _fetch(client, [uid], wanted).get(uid, {})
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as exc:
        if not is_behind or is_stale(exc):
            raise
        return nothing


def _fetch(client: IMAPClient, uids: Sequence[int], *items: str) -> dict[int, dict[bytes, Any]]:
    """One FETCH; once more after NOOP if another client removed a message meanwhile.

    Source: RFC 5530 section 3 (EXPUNGEISSUED); RFC 2180 section 4.1.
    """
    if not uids:
        return {}
    try:
        found = _asked(client, uids, items)
    except imaplib.IMAP4.error as exc:
        if response_code(exc) != "EXPUNGEISSUED":
            raise
        client.noop()
        found = _asked(client, uids, items)
    # What the server says of other messages by the way is not asked for.
    return {uid: found[uid] for uid in uids if uid in found}


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
    return _unusual(data)


def _unusual(data: Sequence[Any]) -> dict[int, dict[bytes, Any]]:
    """As imapclient reads it, but each answer by itself, and only where it names a UID.

    Of one without, imapclient takes the place in the folder for the UID: what another client just
    did to the third mail would be said of number 3.
    Source: RFC 3501 section 7.4.2; mjs/imapclient#334.
    """
    found: dict[int, dict[bytes, Any]] = {}
    for answer in answers(data):
        _, *items = parse_response(answer)
        words = items[0] if len(items) == 1 and isinstance(items[0], tuple) else None
        if words is None or len(words) % 2:
            raise ProtocolError("no answer to FETCH")
        named = {name.upper(): value for name, value in zip(words[::2], words[1::2], strict=True)}
        if isinstance(uid := named.pop(b"UID", None), int):
            found.setdefault(uid, {}).update(named)
    return found


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


def _any_moment(word: object) -> datetime:
    """An INTERNALDATE that is written in another way than it should be; `UNTOLD` at worst."""
    if not isinstance(word, bytes):
        return UNTOLD
    text = word.decode("latin-1")
    parts = parsedate_tz(text) or parsedate_tz(text.replace("-", " "))
    year = _YEAR.search(text)
    if parts is None or year is None or parts[0] != int(year[0]):
        return UNTOLD
    try:
        return datetime.fromtimestamp(mktime_tz(parts), UTC)
    except (ValueError, OverflowError, OSError):
        return UNTOLD


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
