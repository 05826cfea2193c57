"""What our own login may do in a folder of an IMAP server, as the server itself tells.

Source: RFC 4314 sections 2.1, 2.1.1, 3.5 (MYRIGHTS); measurement 2026-11-26 (Dovecot 2.3.19).
"""

import imaplib
from collections.abc import Iterable
from contextlib import suppress

from ingest.imap.errors import imap_errors
from ingest.imap.session import ImapAccount, ImapSession, connect


def own_rights(account: ImapAccount, folders: Iterable[str]) -> dict[str, frozenset[str]]:
    """The letters of each folder; empty where the server knows no permissions. Only reads.

    Raises: TryLater, Refused: as `connect`.
    """
    session = connect(account)
    try:
        if "ACL" not in session.capabilities:
            return {}
        with imap_errors(account.where):
            return {folder: _of(session, folder) for folder in folders}
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            session.client.logout()


def _of(session: ImapSession, folder: str) -> frozenset[str]:
    name = session.client._normalise_folder(session.names.to_server(folder))  # noqa: SLF001 - no public way
    kind, said = session.client._imap.myrights(name)  # noqa: SLF001 - as above
    if kind != "OK" or not said or not isinstance(said[0], bytes):
        return frozenset()
    # Letters can't be quoted; the name before them may be, with spaces inside.
    letters = frozenset(said[0].decode("ascii", errors="replace").rpartition(" ")[2].strip('"'))
    # Older servers have one letter for both (RFC 2086).
    return letters | {"t", "e"} if "d" in letters else letters
