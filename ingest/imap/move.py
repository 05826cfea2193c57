"""Moving messages over IMAP, with proof.

A tagged OK is no proof: the move of a vanished message is answered with OK, too. Only COPYUID
counts. In a set each message has its own proof: the two sets of COPYUID belong together pair
by pair. That the source is empty, only EXPUNGE tells, or a look.
Source: RFC 6851 section 3.3; RFC 4315 section 3; measurement 2026-11-23 (Dovecot 2.3.19);
own decision 0144.
"""

import imaplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from imapclient import DELETED

from ingest.imap import fetch
from ingest.imap.errors import response_code
from ingest.imap.session import ImapSession
from rules.errors import TryLater

_REMOVAL_TRIES = 3
"""Each takes a moment in which nobody else may change the flags. Source: own decision 0118."""

_log = structlog.get_logger(__name__)


def move_one(session: ImapSession, uid: int, target: str) -> tuple[str, str] | None:
    """Epoch and UID in the target as proven by COPYUID, or None.

    The source is open for writing; `target` is the server's name. Without MOVE it is a copy,
    and only a proven copy lets the source be removed.
    """
    if "MOVE" in session.capabilities:
        return move_set(session, [uid], target)[uid]
    session.proof("COPYUID")
    session.client.copy([uid], target)
    proven = _copyuid(session, uid)
    if proven:
        _empty_source(session, [uid])
    return proven


def move_set(
    session: ImapSession, uids: Sequence[int], target: str
) -> dict[int, tuple[str, str] | None]:
    """Epoch and UID in the target of each message; None of what no COPYUID proves.

    One MOVE for all, only for servers with MOVE. Source: RFC 4315 section 3 (order of the sets).
    """
    session.proof("COPYUID")
    session.removals()
    session.client.move(list(uids), target)
    proven = _proven(session, uids)
    # A server tells of each mail that it took away, so of a usual one nothing more is asked.
    if session.removals() < len(proven):
        with _proven_all_the_same():
            _empty_source(session, list(proven))
    return dict.fromkeys(uids) | proven


def _proven(session: ImapSession, uids: Sequence[int]) -> dict[int, tuple[str, str]]:
    words = session.proof("COPYUID")
    if not words or len(words) != 3:
        return {}
    sources, places = _expanded(words[1], len(uids)), _expanded(words[2], len(uids))
    if len(sources) != len(places) or not set(sources) <= set(uids):
        return {}
    epoch = words[0].decode("ascii")
    return {uid: (epoch, str(place)) for uid, place in zip(sources, places, strict=True)}


def _empty_source(session: ImapSession, uids: Sequence[int]) -> None:
    """Remove what lies in the source still, though its copy is proven. What stays is only told."""
    left = removed(session, list(fetch.flags(session.client, uids)))
    if left:
        host, folder = session.client.host, session.writing.folder if session.writing else ""
        _log.warning("postbox.source_stays", host=host, folder=folder, mails=len(left))


@contextmanager
def _proven_all_the_same() -> Iterator[None]:
    """A refused look takes nothing of a proof; a line that broke does: it is in doubt then."""
    try:
        yield
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as exc:
        _log.warning("postbox.source_unseen", answer=response_code(exc))


def _expanded(words: bytes, limit: int) -> list[int]:
    """The UIDs of a set such as 4:6,9, in its order; none if it is no set or longer than asked."""
    uids: list[int] = []
    for part in words.split(b","):
        first, _, last = part.partition(b":")
        if not (first.isdigit() and (last or first).isdigit()):
            return []
        low, high = sorted((int(first), int(last or first)))
        if high - low >= limit:
            return []
        uids.extend(range(low, high + 1))
    return uids if len(uids) <= limit else []


def remove_one(session: ImapSession, uid: int) -> None:
    """Remove one message for good; its folder is open for writing.

    Raises: TryLater: it is there still (`postbox.busy`).
    """
    if removed(session, [uid]):
        raise TryLater(
            "postbox.busy",
            f"Message {uid} is there still after {_REMOVAL_TRIES} removals: others change its"
            " flags, or the server removes nothing.",
        )


def removed(session: ImapSession, uids: Sequence[int]) -> list[int]:
    """Remove these messages; those that are there still.

    Never a bare EXPUNGE: it would remove what other people have marked as deleted. An OK is no
    proof: where somebody changes its flags in between, Courier leaves the message where it is.
    Source: measurement 2026-11-27 (Courier-IMAP 5.0.13: OK without EXPUNGE, the file is there).
    """
    left = list(uids)
    for _ in range(_REMOVAL_TRIES if left else 0):
        session.client.add_flags(left, [DELETED], silent=True)
        session.client.uid_expunge(left)
        left = list(fetch.flags(session.client, left))
        if not left:
            break
    return left


def _copyuid(session: ImapSession, uid: int) -> tuple[str, str] | None:
    words = session.proof("COPYUID")
    if not words or len(words) != 3 or words[1] != str(uid).encode("ascii"):
        return None
    return words[0].decode("ascii"), words[2].decode("ascii")
