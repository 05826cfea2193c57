"""A postbox on disk whose folders a test numbers anew, as a restored mail server does.

Each folder has an epoch of its own; a UID of an older one names nothing, and the driver says so.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from rules.errors import Conflict
from rules.postbox import Fetched, FolderView, Place, TooLarge, Watermark
from triage.ports import Postbox


class Renumbering:
    """The port `Postbox`, as far as receiving, filing and reconciling use it."""

    def __init__(self, box: Postbox) -> None:
        self._box = box
        self._epochs: Counter[str] = Counter()
        self._marked: list[frozenset[str]] = []
        self.name = box.name

    def number_anew(self, *folders: str) -> None:
        self._epochs.update(folders)

    def view(self, folder: str) -> FolderView:
        view = self._box.view(folder)
        return FolderView(
            folder, self._epoch(folder), tuple(self._told(folder, u) for u in view.uids)
        )

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        places = [self._inner(Place(folder, epoch, uid)) for uid in uids]
        inner_epoch = self._box.view(folder).epoch
        for mail in self._box.fetch(folder, inner_epoch, tuple(place.uid for place in places)):
            yield replace(mail, place=self._outer(mail.place))

    def watermark(self, folder: str) -> Watermark:
        self._marked.append(frozenset(self._box.view(folder).uids))
        return Watermark(folder, self._epoch(folder), str(len(self._marked) - 1))

    def since(self, mark: Watermark) -> tuple[str, ...]:
        self._require(mark.folder, mark.epoch)
        before = self._marked[int(mark.next_uid)]
        uids = self._box.view(mark.folder).uids
        return tuple(self._told(mark.folder, uid) for uid in uids if uid not in before)

    def move(self, place: Place, target: str) -> Place | None:
        proven = self._box.move(self._inner(place), target)
        return self._outer(proven) if proven else None

    def move_many(self, places: tuple[Place, ...], target: str) -> dict[Place, Place]:
        inner = {self._inner(place): place for place in places}
        proven = self._box.move_many(tuple(inner), target)
        return {inner[place]: self._outer(to) for place, to in proven.items()}

    def remove(self, place: Place, sha256: str) -> bool:
        return self._box.remove(self._inner(place), sha256)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._box, name)

    def _epoch(self, folder: str) -> str:
        return str(1 + self._epochs[folder])

    def _told(self, folder: str, uid: str) -> str:
        return f"{self._epoch(folder)}-{uid}"

    def _outer(self, place: Place) -> Place:
        return Place(place.folder, self._epoch(place.folder), self._told(place.folder, place.uid))

    def _inner(self, place: Place) -> Place:
        self._require(place.folder, place.epoch)
        return Place(place.folder, "maildir", place.uid.partition("-")[2])

    def _require(self, folder: str, epoch: str) -> None:
        if epoch != self._epoch(folder):
            raise Conflict("postbox.epoch_changed", f"{folder!r} was numbered anew.", folder=folder)
