"""A postbox on an Exchange server, by EWS.

A place is the search key of a message, which a move keeps, never its item id, which a move
changes. A move is one step for Exchange: a cut line leaves the message in one place only. The
driver claims a move where the server named the new id and the message was seen under it.
Source: EWS reference (MoveItem); MS-OXPROPS (PidTagSearchKey); own decisions 0033, 0034.
"""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import islice

import structlog
from exchangelib.errors import ErrorItemNotFound

from ingest.exchange import calls
from ingest.exchange.errors import naming
from ingest.exchange.fetch import Reader
from ingest.exchange.folders import FolderTree, Under, make_folder, read_tree
from ingest.exchange.line import ExchangeLine
from ingest.exchange.marks import change_categories
from ingest.exchange.mirror import Mirror
from ingest.exchange.rules import read_rules
from ingest.exchange.wire import ExchangeAccount
from ingest.exchange.xml import Mime
from ingest.login_gate import LoginGate
from ingest.refusals import folder_missing, require_epoch
from rules.errors import Refused
from rules.postbox import (
    Fetched,
    FolderMarks,
    FolderView,
    MarkChange,
    Place,
    TooLarge,
    Watermark,
)
from rules.rulesets.outlook_rules import OutlookRule

_log = structlog.get_logger(__name__)

EPOCH = "exchange"
"""The one epoch of every folder: search keys are never given twice. Source: own decision 0033."""

SIZE_LIMIT_BYTES = 64 * 1024 * 1024
"""Of a message above it only the headers are read. Source: own decision 0004."""

_MOVES_AT_ONCE = 50
"""Source: own decision 0034; as many as the worker files in a pass by default."""


class ExchangePostbox:
    """Driver of the port `Postbox` for Exchange. Connects at the first call; one thread only.

    `under` is the folder below which people's folder names start: "inbox", or "top" where the
    agencies' folders stand beside the inbox. Drivers of one login share a `gate`.
    """

    def __init__(
        self,
        name: str,
        account: ExchangeAccount,
        *,
        under: Under = "inbox",
        size_limit_bytes: int = SIZE_LIMIT_BYTES,
        gate: LoginGate | None = None,
    ) -> None:
        self.name = name
        self._under = under
        self._mailbox = account.mailbox
        self._line = ExchangeLine(account, gate or LoginGate())
        self._reader = Reader(name, account.where, size_limit_bytes, self._line.heed)
        self._tree: FolderTree | None = None
        self._mirrors: dict[str, Mirror] = {}

    def folders(self) -> tuple[str, ...]:
        """All mail folders, INBOX included, sorted. Raises: TryLater, Refused."""
        return self._folder_tree(fresh=True).names()

    def ensure_folder(self, folder: str) -> bool:
        """Create `folder` and its parents. True if `folder` was made.

        Raises: Refused: name not possible (`postbox.folder_name`), no right
        (`postbox.no_right`). TryLater.
        """
        if self._folder_tree().find(folder):
            return False
        tree = self._folder_tree(fresh=True)
        self._tree = None
        with self._may(f"make the folder {folder!r}"), self._line.talk() as opened:
            return make_folder(opened, tree, folder)

    def inbox_rules(self) -> tuple[OutlookRule, ...]:
        """Outlook's inbox rules of this mailbox, with human names of folders; reads only.

        A folder outside of those that filing knows bears its whole name from the top. Raises:
        TryLater, Refused.
        """
        own = self._folder_tree(fresh=True).by_id()
        return self._line.read(
            lambda opened: read_rules(opened, read_tree(opened, "top").by_id() | own)
        )

    def view(self, folder: str) -> FolderView:
        """All messages of the folder now, by time of arrival. Raises: Refused, TryLater."""
        return FolderView(folder, EPOCH, self._followed(folder).in_order())

    def checked(self) -> dict[str, int | None]:
        """Nothing to check: a search key is never given twice."""
        return {}

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        """The messages in the order asked, in batches; what is gone is left out.

        So is a message that the server can't give: it is named in the log and holds up no other.
        One without MIME comes as `TooLarge` of that reason, with its headers, and is named, too.

        Raises: Conflict: epoch of another kind of postbox (`postbox.epoch_changed`). TryLater,
        Refused.
        """
        require_epoch(self.name, folder, epoch, ours=EPOCH)
        mirror = self._mirror(folder)
        if not mirror.is_whole or any(uid not in mirror.by_uid for uid in uids):
            mirror = self._followed(folder)
        wanted = [
            (Place(folder, EPOCH, uid), item) for uid in uids if (item := mirror.by_uid.get(uid))
        ]
        yield from self._reader.read(self._line.read, wanted)

    def watermark(self, folder: str) -> Watermark:
        """Without next UID: a search key survives the move. Raises: Refused, TryLater."""
        self._existing(folder)
        return Watermark(folder, EPOCH, "")

    def since(self, mark: Watermark) -> tuple[str, ...]:
        """All UIDs of the folder. Raises: Conflict, Refused, TryLater."""
        require_epoch(self.name, mark.folder, mark.epoch, ours=EPOCH)
        return self.view(mark.folder).uids

    def move(self, place: Place, target: str) -> Place | None:
        """Move one message; its new place if the server named it and it lies there.

        None: the message was gone. Never sent twice: after a cut line the caller looks.

        Raises: Conflict: epoch changed. Refused: no such target (`postbox.folder_missing`),
        same folder (`postbox.same_folder`), no right (`postbox.no_right`). TryLater.
        """
        require_epoch(self.name, place.folder, place.epoch, ours=EPOCH)
        source_id, target_id = self._existing(place.folder), self._existing(target)
        if source_id == target_id:
            raise Refused(
                "postbox.same_folder",
                f"Message already lies in {target!r} of postbox {self.name!r}: nothing to move.",
                folder=target,
            )
        item = self._lying(place)
        if item is None:
            return None
        deed = f"move mail from {place.folder!r} into {target!r}"
        with self._may(deed), self._line.talk() as opened:
            (answer,) = calls.move(opened, [item], target_id=target_id)
            if isinstance(answer, Exception) and not isinstance(answer, ErrorItemNotFound):
                raise answer
        if isinstance(answer, ErrorItemNotFound):
            self._forget_folders()
            self._existing(target)  # the target may be what is gone
            return None
        return self._proven(answer, place, target)

    def move_many(self, places: tuple[Place, ...], target: str) -> dict[Place, Place]:
        """Sets of one MoveItem each; those whose new id was named and lies in the target.

        What was refused, gone or busy is left out, as are all where the target is missing.
        Raises: Conflict: epoch changed. TryLater.
        """
        for place in places:
            require_epoch(self.name, place.folder, place.epoch, ours=EPOCH)
        moved: dict[Place, Place] = {}
        known = iter(places)
        while chunk := tuple(islice(known, _MOVES_AT_ONCE)):
            try:
                moved |= self._move_set(chunk, target)
            except Refused as exc:
                _log.warning(
                    "postbox.set_refused", postbox=self.name, mails=len(chunk), code=exc.code
                )
                break
        return moved

    def moves_whole(self) -> bool:
        """Always: the store of a mailbox moves in one transaction."""
        return True

    def remove(self, place: Place, sha256: str) -> bool:
        """Compare and delete past the deleted items. Raises: Conflict, Refused, TryLater.

        A server that makes the MIME anew each time never gives the same bytes twice: those that it
        gave last count, if nobody changed the message since.
        """
        before = self._reader.last
        found = next(self.fetch(place.folder, place.epoch, (place.uid,)), None)
        if found is None:
            return False
        if not _is(found.kept, sha256) and not (
            before is not None
            and _is_unchanged(before, self._reader.last)
            and _is(before[1].data, sha256)
        ):
            return False
        item = self._mirror(place.folder).by_uid[place.uid]
        self._mirror(place.folder).is_whole = False
        with self._may(f"delete mail of {place.folder!r}"), self._line.talk() as opened:
            return calls.delete(opened, item.id)

    def marks(self, folder: str) -> FolderMarks:
        """The categories of each message. Raises: Refused, TryLater."""
        found = self._followed(folder).by_uid
        by_uid = {uid: frozenset(item.categories) for uid, item in found.items()}
        return FolderMarks(folder, EPOCH, by_uid)

    def set_marks(self, place: Place, change: MarkChange) -> bool:
        """Change the categories of one message, keeping those of people; False if it is gone.

        Raises: Conflict: epoch changed; somebody changes it all the time
        (`postbox.mark_conflict`). Refused, TryLater.
        """
        require_epoch(self.name, place.folder, place.epoch, ours=EPOCH)
        item = self._lying(place)
        if item is None:
            return False
        with self._may(f"change mail of {place.folder!r}"), self._line.talk() as opened:
            if change_categories(opened, item, change):
                return True
        self._mirror(place.folder).is_whole = False  # it has another id now, or none
        again = self._lying(place)
        if again is None or again == item:
            return False
        with self._line.talk() as opened:
            return change_categories(opened, again, change)

    def append(self, folder: str, data: bytes, received_at: datetime | None = None) -> Place | None:
        """Put in an unread message; durable when it returns. Raises: Refused, TryLater."""
        folder_id = self._existing(folder)
        with self._may(f"put mail into {folder!r}"), self._line.talk() as opened:
            item_id = calls.create(opened, folder_id, mime=data, received_at=received_at)
        name = self._followed(folder).names.get(item_id)
        return Place(folder, EPOCH, name) if name else None

    def close(self) -> None:
        """Close the connection; never raises. What was seen stays known."""
        self._line.close()

    def _move_set(self, places: tuple[Place, ...], target: str) -> dict[Place, Place]:
        target_id = self._existing(target)
        lying = {place: item for place in places if (item := self._lying(place))}
        if not lying:
            return {}
        with self._line.talk() as opened:
            answers = calls.move(opened, list(lying.values()), target_id=target_id)
        for place in lying:
            self._mirror(place.folder).is_whole = False
        # What moved all the same is in doubt until the server may be asked again.
        self._line.require_unbusy(answers)
        mirror = self._followed(target)
        moved: dict[Place, Place] = {}
        for place, answer in zip(lying, answers, strict=True):
            name = None if isinstance(answer, Exception) else mirror.names.get(answer)
            # The order of the answers is the server's word; the search key is the proof.
            if name and _key(name) == _key(place.uid):
                moved[place] = Place(target, EPOCH, name)
        return moved

    def _proven(self, new_id: str, place: Place, target: str) -> Place | None:
        self._mirror(place.folder).is_whole = False
        name = self._followed(target).names.get(new_id)
        return Place(target, EPOCH, name) if name else None

    def _lying(self, place: Place) -> str | None:
        """Item id of a message as last seen; asked anew where it was not seen."""
        mirror = self._mirror(place.folder)
        if not mirror.is_whole or place.uid not in mirror.by_uid:
            mirror = self._followed(place.folder)
        item = mirror.by_uid.get(place.uid)
        return item.id if item else None

    def _mirror(self, folder: str) -> Mirror:
        folder_id = self._existing(folder)
        return self._mirrors.setdefault(folder_id, Mirror(folder_id))

    def _followed(self, folder: str) -> Mirror:
        """The mirror after a look at the server. Raises: Refused, TryLater."""
        mirror = self._mirror(folder)
        try:
            with self._may(f"read {folder!r}"):
                self._line.read(mirror.refresh)
        except Refused as exc:
            is_gone = isinstance(exc.__cause__, ErrorItemNotFound)
            if not is_gone and exc.code != "postbox.folder_missing":
                raise
            del self._mirrors[mirror.folder_id]  # the folder was removed, perhaps made anew
            self._forget_folders()
            mirror = self._mirror(folder)
            self._line.read(mirror.refresh)
        return mirror

    def _folder_tree(self, *, fresh: bool = False) -> FolderTree:
        tree = self._tree
        if fresh or tree is None or not tree.is_fresh():
            with self._may("see the folders"):
                tree = self._line.read(lambda opened: read_tree(opened, self._under))
            self._tree = tree
        return tree

    def _may(self, deed: str) -> AbstractContextManager[None]:
        return naming(self._mailbox, deed)

    def _forget_folders(self) -> None:
        self._tree = None

    def _existing(self, folder: str) -> str:
        """Id of a folder. Raises: Refused: `postbox.folder_missing`. TryLater."""
        folder_id = self._folder_tree().find(folder) or self._folder_tree(fresh=True).find(folder)
        if not folder_id:
            raise folder_missing(self.name, folder)
        return folder_id


def _is(data: bytes, sha256: str) -> bool:
    return hashlib.sha256(data).hexdigest() == sha256


def _is_unchanged(before: tuple[str, Mime], now: tuple[str, Mime] | None) -> bool:
    """Whether both are the same message, as the server says."""
    if now is None or not before[1].change_key:
        return False
    return (before[0], before[1].change_key) == (now[0], now[1].change_key)


def _key(uid: str) -> str:
    """The search key in a UID; a copy beside its original has an ending after it."""
    return uid.partition("-")[0]
