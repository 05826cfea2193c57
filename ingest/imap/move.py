"""Moving one message over IMAP, with proof.

A tagged OK is no proof: the move of a vanished message is answered with OK, too. Only COPYUID
counts. In a set each message has its own proof: the two sets of COPYUID belong together pair
by pair.
Source: RFC 6851 section 3.3; RFC 4315 section 3; measurement 2026-11-23 (Dovecot 2.3.19).
"""

from collections.abc import Sequence

from imapclient import DELETED

from ingest.imap import fetch
from ingest.imap.session import ImapSession
from rules.errors import TryLater

_REMOVAL_TRIES = 3
"""Each takes a moment in which nobody else may change the flags. Source: own decision 0118."""


def move_one(session: ImapSession, uid: int, target: str) -> tuple[str, str] | None:
    """Epoch and UID in the target as proven by COPYUID, or None.

    The source is open for writing; `target` is the server's name. Without MOVE it is a copy,
    and only a proven copy lets the source be removed.
    """
    session.proof("COPYUID")
    if "MOVE" in session.capabilities:
        session.client.move([uid], target)
        return _copyuid(session, uid)
    session.client.copy([uid], target)
    proven = _copyuid(session, uid)
    if proven:
        remove_one(session, uid)
    return proven


def move_set(session: ImapSession, uids: Sequence[int], target: str) -> dict[int, tuple[str, str]]:
    """Epoch and UID in the target of each message that COPYUID proves; one MOVE for all.

    Only for servers with MOVE. Source: RFC 4315 section 3 (order of the sets).
    """
    session.proof("COPYUID")
    session.client.move(list(uids), target)
    words = session.proof("COPYUID")
    if not words or len(words) != 3:
        return {}
    sources, places = _expanded(words[1], len(uids)), _expanded(words[2], len(uids))
    if len(sources) != len(places) or not set(sources) <= set(uids):
        return {}
    epoch = words[0].decode("ascii")
    return {uid: (epoch, str(place)) for uid, place in zip(sources, places, strict=True)}


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

    Never a bare EXPUNGE: it would remove what other people have marked as deleted. An OK is no
    proof: where somebody changes its flags in between, Courier leaves the message where it is.
    Raises: TryLater: it is there still (`postbox.busy`).
    Source: measurement 2026-11-27 (Courier-IMAP 5.0.13: OK without EXPUNGE, the file is there).
    """
    for _ in range(_REMOVAL_TRIES):
        session.client.add_flags([uid], [DELETED], silent=True)
        session.client.uid_expunge([uid])
        if not fetch.flags(session.client, [uid]):
            return
    raise TryLater(
        "postbox.busy",
        f"Message {uid} is there still after {_REMOVAL_TRIES} removals: others change its flags.",
    )


def _copyuid(session: ImapSession, uid: int) -> tuple[str, str] | None:
    words = session.proof("COPYUID")
    if not words or len(words) != 3 or words[1] != str(uid).encode("ascii"):
        return None
    return words[0].decode("ascii"), words[2].decode("ascii")
