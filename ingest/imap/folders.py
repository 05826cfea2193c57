"""Listing and creating folders on an IMAP server, and the numbers that one gives next."""

import imaplib
import re
from collections.abc import Sequence
from functools import lru_cache

from imapclient import imap_utf7
from imapclient.response_parser import parse_response

from ingest.folder_names import NAMES_KEPT
from ingest.imap.errors import OddAnswerError, response_code
from ingest.imap.listing import listed
from ingest.imap.session import ImapSession

_USUAL_STATUS = re.compile(rb".* \((UIDNEXT|UIDVALIDITY) (\d+) (UIDNEXT|UIDVALIDITY) (\d+)\)")


def numbers(session: ImapSession, folder: str) -> tuple[str, str]:
    """UIDVALIDITY and UIDNEXT of a folder, as STATUS says them.

    As `IMAPClient.folder_status`, but a name that was asked for before is not encoded again, and a
    usual answer is not read letter by letter: filing asks this for each folder of each pass.
    """
    client, server_name = session.client, session.names.to_server(folder)
    name = _on_the_wire(server_name)
    with session.telling_missing(server_name):
        typ, data = client._imap.status(name, "(UIDVALIDITY UIDNEXT)")  # noqa: SLF001 - as below
        client._checkok("status", typ, data)  # noqa: SLF001 - its own errors, with no public way to them
    said = _said(data)
    lacking = [word for word in (b"UIDVALIDITY", b"UIDNEXT") if word not in said]
    if lacking:
        raise OddAnswerError(f"STATUS of {folder!r} without {lacking[0].decode()}")
    return said[b"UIDVALIDITY"], said[b"UIDNEXT"]


def _said(data: Sequence[bytes | tuple[bytes, bytes]]) -> dict[bytes, str]:
    usual = _USUAL_STATUS.fullmatch(data[0]) if len(data) == 1 and type(data[0]) is bytes else None
    words = usual.groups() if usual else (parse_response(data) or ((),))[-1]
    return {
        name: value.decode("ascii") if isinstance(value, bytes) else str(value)
        for name, value in zip(words[::2], words[1::2], strict=False)
    }


@lru_cache(maxsize=NAMES_KEPT)
def _on_the_wire(server_name: str) -> bytes:
    encoded: bytes = imap_utf7.encode(server_name)
    escaped = encoded.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + escaped + b'"'


def selectable(session: ImapSession) -> frozenset[str]:
    """Human names of the account's own folders that can hold mail, as far as one leads to them.

    Folders that others share, with everybody or with this account, belong to another postbox;
    their levels may be parted in another way. Source: RFC 2342 section 5.
    """
    found = listed(session.client, "*")
    own = (o.name for o in found if o.selectable and not o.name.startswith(session.others))
    return frozenset(name for name in map(session.names.to_human, own) if name)


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
