"""What lies in one folder, kept up to date by SyncFolderItems.

The sync state lives here, in memory, together with what it brought, and nowhere else: the ledger
knows which mail was kept, and what a folder holds beside that is new. So there is no stored mark
that could run ahead of a commit; a new process lists the folder once from the start.
Source: decisions 0004 (never a mark) and 0033; EWS reference (SyncFolderItems).
"""

import hashlib
import time
from dataclasses import dataclass, field

from exchangelib import Account
from exchangelib.errors import ErrorInvalidSyncStateData, MalformedResponseError

from ingest.exchange.calls import changes
from ingest.exchange.xml import Item

RELIST_SECONDS = 3600.0
"""After that the folder is listed from the start, whatever the sync state says: what one answer
left out is found then. Source: own decision 0033."""


@dataclass(slots=True)
class Mirror:
    """The messages of one folder. Used by one thread. `listed_at` is monotonic, 0 for never."""

    folder_id: str
    state: str = ""
    listed_at: float = 0.0
    items: dict[str, Item] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    by_uid: dict[str, Item] = field(default_factory=dict)
    is_whole: bool = False

    def refresh(self, account: Account) -> None:
        """Follow the server to its last page. Raises: as exchangelib; the next call goes on.

        A page and the state after it are taken together.
        """
        self.is_whole = False
        if time.monotonic() - self.listed_at > RELIST_SECONDS:
            self._start_over()
        try:
            self._follow(account)
        except ErrorInvalidSyncStateData:
            if not self.state:
                raise
            self._start_over()
            self._follow(account)
        self._name()
        self.is_whole = True

    def in_order(self) -> tuple[str, ...]:
        """UIDs by time of arrival; those of one second as the server gave them."""
        by_arrival = sorted(self.items.values(), key=lambda item: item.received_at)
        return tuple(self.names[item.id] for item in by_arrival)

    def find(self, uid: str) -> Item | None:
        """The message of that UID, as last seen."""
        return self.by_uid.get(uid)

    def _start_over(self) -> None:
        """Names stay: the same item has the same UID afterwards."""
        self.state, self.listed_at = "", time.monotonic()
        self.items = {}

    def _follow(self, account: Account) -> None:
        while True:
            page = changes(account, self.folder_id, state=self.state)
            for item in page.present:
                self.items[item.id] = item
            for item_id in page.gone:
                self.items.pop(item_id, None)
            is_stuck = page.state == self.state and not page.is_last
            self.state = page.state
            if page.is_last:
                return
            if is_stuck:
                raise MalformedResponseError("a sync state that does not move")

    def _name(self) -> None:
        """Give each message its UID: the search key; a copy beside it gets an ending of its own.

        In the order in which they were made, not that of the answer: after a restart, too, the
        original has the key.
        """
        self.names = {id_: name for id_, name in self.names.items() if id_ in self.items}
        taken = set(self.names.values())
        new = (item for item in self.items.values() if item.id not in self.names)
        for item in sorted(new, key=lambda item: (item.created_at, item.id)):
            name = item.key or f"item-{_digest(item.id)}"
            if name in taken:
                name = f"{item.key}-{_digest(item.id)}"
            self.names[item.id] = name
            taken.add(name)
        self.by_uid = {self.names[item_id]: item for item_id, item in self.items.items()}


def _digest(item_id: str) -> str:
    return hashlib.sha256(item_id.encode()).hexdigest()[:16]
