"""A postbox on an IMAP server.

The driver claims nothing that the server did not prove: a tagged OK is no proof of a move,
only COPYUID is. It deletes one message only: the source of a copy that is proven, where the server
left it there.
Source: RFC 3501, RFC 4315 (UIDPLUS), RFC 6851 (MOVE); measurements 2026-11-23; own decision 0004.
"""

import hashlib
import imaplib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Literal, TypeVar

import structlog
from imapclient import IMAPClient

from ingest.folder_names import parents_first
from ingest.head_only import HEAD_LIMIT_BYTES
from ingest.imap import fetch as imap_fetch
from ingest.imap import folders as imap_folders
from ingest.imap import marks as imap_marks
from ingest.imap.errors import imap_errors, is_broken
from ingest.imap.fetch import Facts
from ingest.imap.limit import limited
from ingest.imap.move import move_one, move_set, remove_one
from ingest.imap.session import ImapAccount, ImapSession, connect
from ingest.imap.singly import Singly
from ingest.login_gate import LoginGate
from rules.errors import HouseError, Refused, TryLater
from rules.postbox import (
    Fetched,
    FolderMarks,
    FolderView,
    MarkChange,
    Place,
    TooLarge,
    Watermark,
)

_log = structlog.get_logger(__name__)
_One = TypeVar("_One")

SIZE_LIMIT_BYTES = 64 * 1024 * 1024
"""Of a message above it only the head is read. Source: own decision 0004."""


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
        gate: LoginGate | None = None,
    ) -> None:
        self.name = name
        self._account = account
        self._purpose = purpose
        self._size_limit_bytes = size_limit_bytes
        self._session: ImapSession | None = None
        self._gate = gate or LoginGate()
        self._no_facts, self._no_body = Singly(), Singly()

    def folders(self) -> tuple[str, ...]:
        """All selectable folders of the personal namespace, sorted. Raises: TryLater, Refused."""
        with self._talk() as session:
            return tuple(sorted(imap_folders.selectable(session)))

    def ensure_folder(self, folder: str) -> bool:
        """Create `folder` and its parents, each able to hold mail. True if `folder` was made.

        Raises: Refused: name not possible here (`postbox.folder_name`), no right
        (`postbox.no_right`). TryLater.
        """
        levels = parents_first(folder)
        with self._talk() as session:
            known = imap_folders.selectable(session)
            created = [
                level
                for level in levels
                if level not in known and imap_folders.create(session, level)
            ]
        return levels[-1] in created

    def view(self, folder: str) -> FolderView:
        """Epoch and UIDs of the folder now, fresh from the server. Raises: TryLater, Refused."""
        with self._talk() as session:
            opened = session.examine(folder)
            uids = imap_fetch.search(session.client, opened, 1)
        return FolderView(folder, opened.epoch, tuple(map(str, uids)), opened.next_uid)

    def checked(self) -> dict[str, int | None]:
        """Folders that the caller held against the ledger on this connection; none where it broke.

        Own decision 0107.
        """
        return self._session.checked if self._session else {}

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        """The messages in the order asked, in batches; what is gone is left out.

        So is a message that the server can't read: it is named in the log and holds up no
        other. Between two messages the caller may use this postbox for something else.

        Raises: Conflict: epoch changed (`postbox.epoch_changed`). TryLater, Refused.
        """
        with self._talk() as session:
            session.examine(folder).require_epoch(epoch)
        source = Place(folder, epoch, "")
        numbers = iter(_numbers(uids))
        while chunk := tuple(islice(numbers, imap_fetch.FACTS_AT_ONCE)):
            known = self._ask(source, chunk, imap_fetch.facts, singly=self._no_facts, sizes={})
            read = partial(self._read, source, known)
            sizes = {uid: self._comes(fact.size_bytes) for uid, fact in known.items()}
            for batch in imap_fetch.batches(chunk, known):
                messages = self._ask(source, batch, read, singly=self._no_body, sizes=sizes)
                yield from (messages[uid] for uid in batch if uid in messages)

    def watermark(self, folder: str) -> Watermark:
        """UIDVALIDITY and UIDNEXT of a target, read before the move. Raises: TryLater, Refused."""
        with self._talk() as session:
            return Watermark(folder, *imap_folders.numbers(session, folder))

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
        between, both stand, and the caller finds the copy above its watermark. Where the server
        does not remove it, both stand, too.

        Raises: Conflict: epoch changed. Refused: no such target (`postbox.folder_missing`),
        same folder (`postbox.same_folder`), no UIDPLUS (`postbox.no_uidplus`). TryLater.
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
                if (words := move_one(session, number, server_target))
            ]
        return Place(target, *proof[0]) if proof else None

    def move_many(self, places: tuple[Place, ...], target: str) -> dict[Place, Place | None]:
        """One MOVE for all, which are of one folder; None of what COPYUID does not prove.

        Nothing is tried without MOVE, and nothing is proven where the server refuses the set
        (one of its mails is to blame): then they are moved one by one.
        Raises: Conflict: epoch changed. Refused: no UIDPLUS (`postbox.no_uidplus`). TryLater.
        Source: speed measurement 2026-11-23 (29 times as many moves a second as one by one).
        """
        by_uid = {uid: place for place in places for uid in _numbers((place.uid,))}
        if not by_uid:
            return {}
        source = places[0]
        with self._talk() as session:
            if "MOVE" not in session.capabilities:
                return {}
            self._require_uidplus(session)
            session.for_writing(source.folder).require_epoch(source.epoch)
        try:
            with self._talk() as session:
                proven = move_set(session, tuple(by_uid), session.names.to_server(target))
        except Refused as exc:
            _log.warning("postbox.set_refused", postbox=self.name, mails=len(places), code=exc.code)
            return {}
        return {
            by_uid[uid]: Place(target, *words) if words else None for uid, words in proven.items()
        }

    def moves_whole(self) -> bool:
        """Never: a server that is killed in the middle of MOVE leaves the mail in both folders.

        Source: measurement 2026-11-25 (Dovecot 2.3.19, 1 of 400 mails in a run with 17 kills).
        """
        return False

    def remove(self, place: Place, sha256: str) -> bool:
        r"""Read it, compare, then \Deleted and UID EXPUNGE of that UID; True if it is gone then.

        Raises: Conflict: epoch changed. Refused: no UIDPLUS (`postbox.no_uidplus`). TryLater.
        Source: RFC 4315 section 2.1; own decision 0004.
        """
        found = tuple(self.fetch(place.folder, place.epoch, (place.uid,)))
        same = [mail for mail in found if hashlib.sha256(mail.kept).hexdigest() == sha256]
        if not same:
            return False
        with self._talk() as session:
            self._require_uidplus(session)
            session.for_writing(place.folder).require_epoch(place.epoch)
            remove_one(session, int(place.uid))
        return place.uid not in self.view(place.folder).uids

    def marks(self, folder: str) -> FolderMarks:
        """The keywords of each message. Raises: TryLater, Refused."""
        with self._talk() as session:
            opened = session.examine(folder)
            return FolderMarks(folder, opened.epoch, imap_marks.read(session, opened))

    def set_marks(self, place: Place, change: MarkChange) -> bool:
        """Change keywords of one message; False if it is gone. Source: RFC 3501 section 6.4.6.

        Raises: Conflict: epoch changed. Refused: the folder keeps no keywords
        (`postbox.no_marks`). TryLater.
        """
        numbers = _numbers((place.uid,))
        with self._talk() as session:
            opened = session.for_writing(place.folder)
            opened.require_epoch(place.epoch)
            return all(imap_marks.change(session, opened, uid, change) for uid in numbers) and bool(
                numbers
            )

    def append(self, folder: str, data: bytes, received_at: datetime | None = None) -> Place | None:
        """Put a message in, unread. Bare CR and LF become CRLF, as IMAP demands.

        Raises: Refused: no such folder, too big for the server (`postbox.too_big`). TryLater.
        Source: RFC 4315 section 3 (APPENDUID); RFC 3501 section 6.3.11.
        """
        with self._talk(carries=len(data)) as session:
            session.proof("APPENDUID")
            session.client.append(session.names.to_server(folder), data, msg_time=received_at)
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
    def _talk(self, *, carries: int = 0) -> Iterator[ImapSession]:
        """The connection, made if need be; thrown away when an error leaves it in doubt.

        It is for so many bytes at most, and has an end (limit.py).
        """
        session = self._connected()
        try:
            with (
                imap_errors(self._account.where),
                limited(session.client, self._account.timeout_seconds, carries=carries),
            ):
                yield session
        except HouseError as exc:
            if is_broken(exc):
                self._drop()
            raise

    @contextmanager
    def _reading(self, source: Place, *, carries: int = 0) -> Iterator[ImapSession]:
        """The connection with the folder open, whatever was done since the last batch."""
        with self._talk(carries=carries) as session:
            session.for_reading(source.folder).require_epoch(source.epoch)
            yield session

    def _ask(
        self,
        source: Place,
        uids: Sequence[int],
        ask: Callable[[IMAPClient, Sequence[int]], dict[int, _One]],
        *,
        singly: Singly,
        sizes: Mapping[int, int],
    ) -> dict[int, _One]:
        """Ask for many messages at once; if that fails, one by one, to find the one to blame.

        Dovecot cuts the connection when it can't read one file; without this, one broken mail
        would stop the whole postbox at every pass (promise 3).
        Source: measurement 2026-11-25 (unreadable file: "BYE FETCH failed").
        """
        together, late = singly.parted(source.folder, source.epoch, uids)
        found: dict[int, _One] = {}
        try:
            with self._reading(source, carries=_sum(sizes, together)) as session:
                found = ask(session.client, together) if together else {}
        except (TryLater, Refused) as exc:
            _log.warning("postbox.batch_failed", postbox=self.name, mails=len(uids), code=exc.code)
            late = [*together, *late]

        def alone(uid: int) -> dict[int, _One]:
            with self._reading(source, carries=_sum(sizes, [uid])) as session:
                return ask(session.client, [uid])

        def ready() -> None:
            with self._reading(source):
                pass

        tell = partial(self._tell_unreadable, source)
        return found | singly.read(
            source.folder, source.epoch, late, ready=ready, ask=alone, tell=tell
        )

    def _connected(self) -> ImapSession:
        if self._session:
            return self._session
        with self._gate.passing():
            session = connect(self._account)
        self._session = session
        if self._purpose == "file":
            try:
                self._require_uidplus(session)
            except Refused:
                self.close()
                raise
        return session

    def _comes(self, size_bytes: int) -> int:
        """How much of such a mail is read: of one over the limit the head."""
        return size_bytes if size_bytes <= self._size_limit_bytes else HEAD_LIMIT_BYTES

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
        self, source: Place, known: dict[int, Facts], client: IMAPClient, uids: Sequence[int]
    ) -> dict[int, Fetched | TooLarge]:
        fitting = [uid for uid in uids if known[uid].size_bytes <= self._size_limit_bytes]
        bodies = imap_fetch.bodies(client, fitting, known)
        messages: dict[int, Fetched | TooLarge] = {}
        for uid in uids:
            data = bodies.get(uid) if uid in fitting else imap_fetch.head(client, uid)
            if data is None or imap_fetch.is_stand_in(data, known[uid].size_bytes):
                # Vanished meanwhile, or its file is lost: both servers say OK to that.
                self._tell_unreadable(source, uid, "postbox.no_body")
                continue
            place = Place(source.folder, source.epoch, str(uid))
            fact = known[uid]
            if uid in fitting:
                messages[uid] = Fetched(place, data, fact.received_at, fact.marks)
            else:
                messages[uid] = TooLarge(
                    place, data, fact.size_bytes, fact.received_at, marks=fact.marks
                )
        return messages

    def _tell_unreadable(self, source: Place, uid: int, code: str) -> None:
        _log.warning(
            "postbox.message_unreadable",
            postbox=self.name,
            folder=source.folder,
            uid=uid,
            code=code,
        )


def _sum(sizes: Mapping[int, int], uids: Sequence[int]) -> int:
    return sum(sizes.get(uid, 0) for uid in uids)


def _numbers(uids: tuple[str, ...]) -> tuple[int, ...]:
    """UIDs as numbers; what is none (a name out of a Maildir) can't be on this server."""
    return tuple(int(uid) for uid in uids if uid.isascii() and uid.isdigit() and int(uid) > 0)
