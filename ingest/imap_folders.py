"""Listing and creating folders on an IMAP server."""

import imaplib

from ingest.imap_errors import response_code
from ingest.imap_session import ImapSession

_NOT_SELECTABLE = frozenset({b"\\noselect", b"\\nonexistent"})
"""Source: RFC 3501 section 7.2.2; RFC 5258 section 3."""


def selectable(session: ImapSession) -> frozenset[str]:
    """Human names of the account's own folders that can hold mail, as far as one leads to them.

    Folders that others share, with everybody or with this account, belong to another postbox.
    Source: RFC 2342 section 5.
    """
    listed = session.client.list_folders()
    names = (
        session.names.to_human(name)
        for flags, _, name in listed
        if not _NOT_SELECTABLE & {flag.lower() for flag in flags}
    )
    return frozenset(name for name in names if name and not name.startswith(session.others))


def create(session: ImapSession, folder: str) -> bool:
    """True if this call made the folder, False if somebody else was faster.

    Courier says no code with its NO, so the list decides.
    Source: RFC 5530 section 3; measurement 2026-11-27 (Courier-IMAP 5.0.13).
    """
    try:
        session.client.create_folder(session.names.to_server(folder))
    except imaplib.IMAP4.error as exc:
        if response_code(exc) != "ALREADYEXISTS" and folder not in selectable(session):
            raise
        return False
    return True
