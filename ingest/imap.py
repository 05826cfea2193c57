"""A postbox on an IMAP server.

The driver claims nothing that the server did not prove: a tagged OK is no proof of a move,
only COPYUID is. It deletes one message only, in one place: the source of a copy that the
server has just proven, on servers without MOVE.
Source: RFC 3501, RFC 4315 (UIDPLUS), RFC 6851 (MOVE); measurements 2026-11-23; own decision 0004.
"""

import imaplib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Literal

from imapclient import DELETED

from ingest import imap_fetch
from ingest.folder_names import parents_first
from ingest.imap_errors import imap_errors, is_broken, response_code
from ingest.imap_fetch import Facts
from ingest.imap_session import ImapAccount, ImapSession, connect
from rules.errors import HouseError, Refused
from rules.postbox import Fetched, FolderView, Place, TooLarge, Watermark

SIZE_LIMIT_BYTES = 64 * 1024 * 1024
"""Of a message above it only the head is read. Source: own decision 0004."""

_LOGIN_PAUSE_SECONDS = 900.0
"""No second try with a refused password before that; directories lock accounts after a few.

Source: own decision 0004.
"""

_NOT_SELECTABLE = frozenset({b"\\noselect", b"\\nonexistent"})
"""Source: RFC 3501 section 7.2.2; RFC 5258 section 3."""


class ImapPostbox:
    """Driver of the port `Postbox` for IMAP. Connects at the first call; one thread only.

    `purpose` "file" asks the server for UIDPLUS when it connects, because without it no move
    can be proven; "read" is enough for a postbox that is only observed.
    """

    def __init__(
        self,
        name: str,
        account: ImapAccount,
        *,
        purpose: Literal["file", "read"] = "file",
        size_limit_bytes: int = SIZE_LIMIT_BYTES,
    ) -> None:
        self.name = name
        self._account = account
        self._purpose = purpose
        self._size_limit_bytes = size_limit_bytes
        self._session: ImapSession | None = None
        self._login_refusal: Refused | None = None
        self._login_again_at = 0.0

    def folders(self) -> tuple[str, ...]:
        """All selectable folders of the personal namespace, sorted. Raises: TryLater, Refused."""
        with self._talk() as session:
            return tuple(sorted(_selectable(session)))

    def ensure_folder(self, folder: str) -> bool:
        """Create `folder` and its parents, each able to hold mail. True if `folder` was made.

        Raises: Refused: name not possible here (`postbox.folder_name`), no right
        (`postbox.no_right`). TryLater.
        """
        levels = parents_first(folder)
        with self._talk() as session:
            known = _selectable(session)
            created = [level for level in levels if level not in known and _create(session, level)]
        return levels[-1] in created

    def view(self, folder: str) -> FolderView:
        """Epoch and UIDs of the folder now, fresh from the server. Raises: TryLater, Refused."""
        with self._talk() as session:
            opened = session.examine(folder)
            uids = imap_fetch.search(session.client, opened, 1)
        return FolderView(folder, opened.epoch, tuple(map(str, uids)))

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        """The messages in the order asked, in batches; what is gone is left out.

        Between two messages the caller may use this postbox for something else.

        Raises: Conflict: epoch changed (`postbox.epoch_changed`). TryLater, Refused.
        """
        with self._talk() as session:
            session.examine(folder).require_epoch(epoch)
        numbers = iter(_numbers(uids))
        while chunk := tuple(islice(numbers, imap_fetch.FACTS_AT_ONCE)):
            with self._reading(folder, epoch) as session:
                known = imap_fetch.facts(session.client, chunk)
            for batch in imap_fetch.batches(chunk, known):
                with self._reading(folder, epoch) as session:
                    messages = self._read(session, Place(folder, epoch, ""), batch, known)
                yield from messages

    def watermark(self, folder: str) -> Watermark:
        """UIDVALIDITY and UIDNEXT of a target, read before the move. Raises: TryLater, Refused."""
        with self._talk() as session:
            server_name = session.names.to_server(folder)
            status = session.client.folder_status(server_name, ["UIDVALIDITY", "UIDNEXT"])
            return Watermark(folder, str(status[b"UIDVALIDITY"]), str(status[b"UIDNEXT"]))

    def since(self, mark: Watermark) -> tuple[str, ...]:
        """UIDs that came at or above the mark. Raises: Conflict, TryLater, Refused."""
        with self._talk() as session:
            opened = session.examine(mark.folder)
            opened.require_epoch(mark.epoch)
            return tuple(map(str, imap_fetch.search(session.client, opened, int(mark.next_uid))))

    def move(self, place: Place, target: str) -> Place | None:
        """Move one message; its new place only if the server proved it by COPYUID.

        None: the message was gone, or the server said nothing. On a server without MOVE the
        move is a copy, proven, then removal of that one message; if the line is cut in
        between, both stand, and the caller finds the copy above its watermark.

        Raises: Conflict: epoch changed. Refused: no such target (`postbox.folder_missing`),
        same folder (`postbox.same_folder`), server without UIDPLUS (`postbox.no_uidplus`).
            TryLater.
        Source: RFC 6851 section 3.3; RFC 4315 section 3.
        """
        if place.folder == target:
            raise Refused(
                "postbox.same_folder",
                f"Message already lies in {target!r} of postbox {self.name!r}: nothing to move.",
                folder=target,
            )
        with self._talk() as session:
            self._require_uidplus(session)
            server_target = session.names.to_server(target)
            session.for_writing(place.folder).require_epoch(place.epoch)
            proof = [
                words
                for number in _numbers((place.uid,))
                if (words := _move_one(session, number, server_target))
            ]
        return Place(target, *proof[0]) if proof else None

    def append(self, folder: str, data: bytes) -> Place | None:
        """Put a message in, unread. Bare CR and LF become CRLF, as IMAP demands.

        Raises: Refused: no such folder, too big for the server (`postbox.too_big`). TryLater.
        Source: RFC 4315 section 3 (APPENDUID); RFC 3501 section 6.3.11.
        """
        with self._talk() as session:
            session.proof("APPENDUID")
            session.client.append(session.names.to_server(folder), data)
            words = session.proof("APPENDUID")
        if not words or len(words) != 2:
            return None
        return Place(folder, words[0].decode("ascii"), words[1].decode("ascii"))

    def close(self) -> None:
        """Log out; never raises."""
        if self._session:
            with suppress(OSError, imaplib.IMAP4.error):
                self._session.client.logout()
        self._drop()

    @contextmanager
    def _talk(self) -> Iterator[ImapSession]:
        """The connection, made if need be; thrown away when an error leaves it in doubt."""
        session = self._connected()
        try:
            with imap_errors(self._account.where):
                yield session
        except HouseError as exc:
            if is_broken(exc):
                self._drop()
            raise

    @contextmanager
    def _reading(self, folder: str, epoch: str) -> Iterator[ImapSession]:
        """The connection with the folder open, whatever was done since the last batch."""
        with self._talk() as session:
            session.for_reading(folder).require_epoch(epoch)
            yield session

    def _connected(self) -> ImapSession:
        if self._session:
            return self._session
        if self._login_refusal and time.monotonic() < self._login_again_at:
            refusal = self._login_refusal
            raise Refused(refusal.code, refusal.message, **refusal.details)
        try:
            session = connect(self._account)
        except Refused as exc:
            if exc.code == "postbox.login_refused":
                self._login_refusal = exc
                self._login_again_at = time.monotonic() + _LOGIN_PAUSE_SECONDS
            raise
        self._session = session
        if self._purpose == "file":
            try:
                self._require_uidplus(session)
            except Refused:
                self.close()
                raise
        return session

    def _drop(self) -> None:
        if self._session:
            self._session.end()
            self._session = None

    def _require_uidplus(self, session: ImapSession) -> None:
        if "UIDPLUS" not in session.capabilities:
            raise Refused(
                "postbox.no_uidplus",
                f"{self._account.where} has no UIDPLUS (RFC 4315): no move could be proven. Switch"
                f" it on at the server, or only observe postbox {self.name!r} (observe_only).",
                postbox=self.name,
                host=self._account.where,
            )

    def _read(
        self, session: ImapSession, source: Place, batch: tuple[int, ...], known: dict[int, Facts]
    ) -> list[Fetched | TooLarge]:
        fitting = [uid for uid in batch if known[uid].size_bytes <= self._size_limit_bytes]
        bodies = imap_fetch.bodies(session.client, fitting, known)
        messages: list[Fetched | TooLarge] = []
        for uid in batch:
            place = Place(source.folder, source.epoch, str(uid))
            fact = known[uid]
            if uid in bodies:
                messages.append(Fetched(place, bodies[uid], fact.received_at))
            elif uid not in fitting and (head := imap_fetch.head(session.client, uid)) is not None:
                messages.append(TooLarge(place, head, fact.size_bytes, fact.received_at))
        return messages


def _numbers(uids: tuple[str, ...]) -> tuple[int, ...]:
    """UIDs as numbers; what is none (a name out of a Maildir) can't be on this server."""
    return tuple(int(uid) for uid in uids if uid.isascii() and uid.isdigit() and int(uid) > 0)


def _selectable(session: ImapSession) -> frozenset[str]:
    listed = session.client.list_folders()
    names = (
        session.names.to_human(name)
        for flags, _, name in listed
        if not _NOT_SELECTABLE & {flag.lower() for flag in flags}
    )
    return frozenset(name for name in names if name is not None)


def _create(session: ImapSession, folder: str) -> bool:
    """True if this call made the folder, False if somebody else was faster."""
    try:
        session.client.create_folder(session.names.to_server(folder))
    except imaplib.IMAP4.error as exc:
        if response_code(exc) != "ALREADYEXISTS":
            raise
        return False
    return True


def _move_one(session: ImapSession, uid: int, target: str) -> tuple[str, str] | None:
    """Epoch and UID in the target as proven by COPYUID, or None."""
    session.proof("COPYUID")
    if "MOVE" in session.capabilities:
        session.client.move([uid], target)
        return _copyuid(session, uid)
    session.client.copy([uid], target)
    proven = _copyuid(session, uid)
    if proven:
        session.client.add_flags([uid], [DELETED], silent=True)
        # Never a bare EXPUNGE: it would remove what other people have marked as deleted.
        session.client.uid_expunge([uid])
    return proven


def _copyuid(session: ImapSession, uid: int) -> tuple[str, str] | None:
    words = session.proof("COPYUID")
    if not words or len(words) != 3 or words[1] != str(uid).encode("ascii"):
        return None
    return words[0].decode("ascii"), words[2].decode("ascii")
