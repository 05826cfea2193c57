"""Moving one message over IMAP, with proof.

A tagged OK is no proof: the move of a vanished message is answered with OK, too. Only COPYUID
counts. One message a command, so that a proof belongs to one message.
Source: RFC 6851 section 3.3; RFC 4315 section 3; measurement 2026-11-23 (Dovecot 2.3.19).
"""

from imapclient import DELETED

from ingest.imap_session import ImapSession


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


def remove_one(session: ImapSession, uid: int) -> None:
    """Remove one message for good; its folder is open for writing.

    Never a bare EXPUNGE: it would remove what other people have marked as deleted.
    """
    session.client.add_flags([uid], [DELETED], silent=True)
    session.client.uid_expunge([uid])


def _copyuid(session: ImapSession, uid: int) -> tuple[str, str] | None:
    words = session.proof("COPYUID")
    if not words or len(words) != 3 or words[1] != str(uid).encode("ascii"):
        return None
    return words[0].decode("ascii"), words[2].decode("ascii")
