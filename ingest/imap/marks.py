r"""Marks on a message over IMAP: keywords, never a system flag.

The server adds and removes single keywords, so what people set stays, also what they set at the
same moment. `\Seen` and its like are never touched (promise 9).
Source: RFC 3501 sections 2.3.2, 6.4.6 and 7.1 (PERMANENTFLAGS); own decision 0047.
"""

from ingest.imap import fetch
from ingest.imap.session import ImapSession, OpenFolder
from ingest.keywords import set_by_people
from rules.errors import Refused
from rules.marks import keyword
from rules.postbox import MarkChange

_NEW_ONES = "\\*"


def read(session: ImapSession, folder: OpenFolder) -> dict[str, frozenset[str]]:
    """The marks of each message of the folder, which is open for reading, by UID."""
    uids = fetch.search(session.client, folder, 1)
    found: dict[str, frozenset[str]] = {}
    for start in range(0, len(uids), fetch.FACTS_AT_ONCE):
        chunk = uids[start : start + fetch.FACTS_AT_ONCE]
        for uid, flags in fetch.flags(session.client, chunk).items():
            found[str(uid)] = set_by_people(flags)
    return found


def change(session: ImapSession, folder: OpenFolder, uid: int, wanted: MarkChange) -> bool:
    """Add and remove keywords in the folder, which is open for writing; False if it is gone.

    A tagged OK is no proof: a STORE on a message that is gone is answered with OK, too.
    Raises: Refused: the folder keeps no such keyword (`postbox.no_marks`).
    """
    add, remove = ([keyword(name) for name in names] for names in (wanted.add, wanted.remove))
    _require_kept(folder, add)
    if remove:
        session.client.remove_flags([uid], remove, silent=True)
    if add:
        session.client.add_flags([uid], add, silent=True)
    stands = fetch.flags(session.client, [uid]).get(uid)
    return stands is not None and {a.casefold() for a in add} <= {s.casefold() for s in stands}


def _require_kept(folder: OpenFolder, names: list[str]) -> None:
    kept = {flag.casefold() for flag in folder.permanent}
    lacking = [name for name in names if name.casefold() not in kept]
    if lacking and _NEW_ONES not in kept:
        raise Refused(
            "postbox.no_marks",
            f"Folder {folder.folder!r} keeps no keyword {lacking[0]!r} (PERMANENTFLAGS): give the"
            " account the right to write flags there, or switch marks off.",
            folder=folder.folder,
        )
