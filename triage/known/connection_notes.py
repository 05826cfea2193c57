"""What was found out about folders and UIDs on one connection of a postbox; it ends with that.

A mail server that was set back has broken the connection before, so each new one begins with
nothing. The notes stand in `Postbox.checked`; under which names is known to this file alone.
Source: own decisions 0107, 0112.
"""

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeVar

from rules.postbox import FolderView, Place, is_numbered
from triage.ports import Postbox

REST_SECONDS = 3600
"""So long what the server left of a filed mail is neither read nor removed again, or until there is
another connection. Source: own decision 0144."""

_Known = TypeVar("_Known")

_READ_FROM, _UNREAD, _FORGOTTEN = "\0from ", "\0unread ", "\0forgotten "
_ANOTHER_WAY, _REST = "\0another way", "\0rest "
"""Begin names that no folder can have. A folder's own name stands where its newest are compared."""


@dataclass(frozen=True, slots=True)
class ConnectionNotes:
    """Notes on the connection that the postbox has at this moment.

    After another call to the postbox, which may have connected anew, ask `are_of` before the rest.
    """

    noted: dict[str, int | None]

    @classmethod
    def of(cls, box: Postbox) -> Self:
        """The notes. Without a connection they are empty, and nothing noted then is kept."""
        return cls(box.checked())

    def are_of(self, box: Postbox, epoch: str) -> bool:
        """Whether the postbox still has that connection, where places of `epoch` need one."""
        return not is_numbered(epoch) or self.noted is box.checked()

    def is_compared(self, folder: str) -> bool:
        """Whether the newest known numbers of the folder were held against the ledger."""
        return folder in self.noted

    def note_compared(self, view: FolderView) -> None:
        """The newest known numbers of the folder were held against the ledger, as it is now."""
        self.noted[view.folder] = view.next_uid

    def compare_again_if_grown(self, view: FolderView) -> None:
        """Mails came since the newest were compared; the ledger has only the server's word."""
        if self.noted.get(view.folder) != view.next_uid:
            self.noted.pop(view.folder, None)

    def read_from(self, folder: str) -> int:
        """The number from which on all known ones of the folder were read; 0 where none was."""
        return self.noted.get(_READ_FROM + folder) or 0

    def note_read(self, view: FolderView, *, lowest: str | None, unread: Iterable[Place]) -> None:
        """All known numbers from `lowest` on were read, but for the `unread`, which could not be.

        None: of those that are there now, none counts as read.
        """
        if lowest is None:
            above = int(view.uids[-1]) + 1 if view.uids else 1
            self.noted[_READ_FROM + view.folder] = view.next_uid or above
        else:
            before = self.read_from(view.folder) or int(lowest)
            self.noted[_READ_FROM + view.folder] = min(int(lowest), before)
        self.noted.update({_unread_key(place): None for place in unread})

    def has_unread(self, folder: str, uids: Iterable[str]) -> bool:
        """Whether one of these known numbers was not read yet, in a folder where some were."""
        read_from = self.read_from(folder)
        return bool(read_from) and any(int(uid) < read_from for uid in uids)

    def is_unsure(self, place: Place) -> bool:
        """Whether its bytes were not read, though the number was known before the connection."""
        is_below = int(place.uid) < self.read_from(place.folder)
        return is_below or _unread_key(place) in self.noted

    def came_another_way(self) -> bool | None:
        """Whether the postbox was served another way before; None where nobody asked yet."""
        noted = self.noted.get(_ANOTHER_WAY)
        return None if noted is None else bool(noted)

    def note_came_another_way(self, *, came: bool) -> None:
        """Whether the postbox was served another way before."""
        self.noted[_ANOTHER_WAY] = int(came)

    def note_rest(self, place: Place, *, now: datetime) -> None:
        """What lies there is left of a filed mail, and the server did not take it away."""
        self.noted[_rest_key(place)] = int(now.timestamp())

    def rests(self, view: FolderView, *, now: datetime) -> frozenset[str]:
        """Numbers under which lies what was noted so less than an hour ago."""
        begin = _rest_key(Place(view.folder, view.epoch, ""))
        since = now.timestamp() - REST_SECONDS
        return frozenset(
            key.removeprefix(begin)
            for key, at in self.noted.items()
            if key.startswith(begin) and at is not None and at > since
        )

    def forget(self, memory: MutableMapping[Place, _Known], *, of: str) -> None:
        """Empty a memory of numbered places, once a connection: a number may name another mail now.

        `of` tells one memory from the others.
        """
        if _FORGOTTEN + of in self.noted:
            return
        for place in [place for place in memory if is_numbered(place.epoch)]:
            del memory[place]
        self.noted[_FORGOTTEN + of] = None


def _rest_key(place: Place) -> str:
    return f"{_REST}{place.folder}\0{place.epoch}\0{place.uid}"


def _unread_key(place: Place) -> str:
    return f"{_UNREAD}{place.folder}\0{place.uid}"
