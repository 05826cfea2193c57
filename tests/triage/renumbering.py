"""A postbox on disk with numbers as an IMAP server gives them, and what a restore does to them.

Numbers rise within an epoch and are given when a mail is first seen in its folder. A number of an
older epoch names nothing, and the driver says so; one that was given twice it can't tell.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from rules.errors import Conflict
from rules.postbox import Fetched, FolderView, Place, TooLarge, Watermark
from store.mails import originals
from triage.ports import Postbox


class Renumbering:
    """The port `Postbox`, as far as receiving, filing and reconciling use it."""

    def __init__(self, box: Postbox) -> None:
        self._box = box
        self._epochs: Counter[str] = Counter()
        self._given: dict[str, dict[str, int]] = {}
        self._next: dict[str, int] = {}
        self._checked: dict[str, int | None] = {}
        self.name = box.name

    def number_anew(self, *folders: str) -> None:
        """A restore with another UIDVALIDITY: all numbers begin again."""
        self._epochs.update(folders)
        for folder in folders:
            self._given[folder], self._next[folder] = {}, 1
        self._checked = {}  # another connection

    def set_back(self, folder: str, next_uid: int) -> None:
        """A restore that keeps UIDVALIDITY: numbers from there on are forgotten, and given again.

        The mails stay, found in another order; `lose` removes those that the backup has not.
        """
        before = self._numbers(folder)
        self._given[folder] = {name: n for name, n in before.items() if n < next_uid}
        self._next[folder] = min(next_uid, self._next[folder])
        for name in reversed([name for name, n in before.items() if n >= next_uid]):
            self._given[folder][name] = self._next[folder]
            self._next[folder] += 1
        self._checked = {}  # another connection

    def exchange(self, folder: str, one: int, other: int) -> None:
        """A restore that keeps UIDVALIDITY, and UIDNEXT: these two have each other's number."""
        names = {number: name for name, number in self._numbers(folder).items()}
        self._given[folder] |= {names[one]: other, names[other]: one}
        self._checked = {}  # another connection

    def lose(self, folder: str, *numbers: int) -> None:
        """These mails are not in the backup."""
        for inner, number in self._numbers(folder).items():
            if number in numbers:
                mail = next(iter(self._box.fetch(folder, "maildir", (inner,))))
                assert self._box.remove(mail.place, _sha256(mail))

    def read_by(self, box: Postbox) -> "Renumbering":
        """The same numbers, through another driver of the same postbox."""
        other = Renumbering(box)
        other._epochs, other._given, other._next = self._epochs, self._given, self._next
        return other

    def checked(self) -> dict[str, int | None]:
        return self._checked

    def view(self, folder: str) -> FolderView:
        numbers = sorted(self._numbers(folder).values())
        return FolderView(folder, self._epoch(folder), tuple(map(str, numbers)), self._next[folder])

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        self._require(folder, epoch)
        inner = {u: str(n) for u, n in self._numbers(folder).items()}
        names = {number: name for name, number in inner.items()}
        wanted = tuple(names[uid] for uid in uids if uid in names)
        for mail in self._box.fetch(folder, "maildir", wanted):
            yield replace(mail, place=Place(folder, epoch, inner[mail.place.uid]))

    def watermark(self, folder: str) -> Watermark:
        view = self.view(folder)
        return Watermark(folder, view.epoch, str(view.next_uid))

    def since(self, mark: Watermark) -> tuple[str, ...]:
        self._require(mark.folder, mark.epoch)
        return tuple(u for u in self.view(mark.folder).uids if int(u) >= int(mark.next_uid))

    def move(self, place: Place, target: str) -> Place | None:
        proven = self._box.move(self._inner(place), target)
        return self._outer(proven) if proven else None

    def move_many(self, places: tuple[Place, ...], target: str) -> dict[Place, Place]:
        inner = {self._inner(place): place for place in places}
        proven = self._box.move_many(tuple(inner), target)
        return {inner[place]: self._outer(to) for place, to in proven.items()}

    def moves_whole(self) -> bool:
        return False

    def remove(self, place: Place, sha256: str) -> bool:
        return self._box.remove(self._inner(place), sha256)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return getattr(self._box, name)

    def _epoch(self, folder: str) -> str:
        return str(1 + self._epochs[folder])

    def _numbers(self, folder: str) -> dict[str, int]:
        """The number of each mail that lies there, by its name on disk."""
        lying = self._box.view(folder).uids
        before, following = self._given.get(folder, {}), self._next.get(folder, 1)
        given = {name: before[name] for name in lying if name in before}
        for name in lying:
            if name not in given:
                given[name], following = following, following + 1
        self._given[folder], self._next[folder] = given, following
        return given

    def _outer(self, place: Place) -> Place:
        number = self._numbers(place.folder)[place.uid]
        return Place(place.folder, self._epoch(place.folder), str(number))

    def _inner(self, place: Place) -> Place:
        self._require(place.folder, place.epoch)
        names = {str(n): name for name, n in self._numbers(place.folder).items()}
        return Place(place.folder, "maildir", names.get(place.uid, "gone"))

    def _require(self, folder: str, epoch: str) -> None:
        if epoch != self._epoch(folder):
            raise Conflict("postbox.epoch_changed", f"{folder!r} was numbered anew.", folder=folder)


def _sha256(mail: Fetched | TooLarge) -> str:
    return originals.fingerprint(mail.kept)
