"""Observe-only: a postbox that can be read and never written to (promise 9).

During a trial run beside the old way of working, Postlotse judges every mail and moves none.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NoReturn, Protocol

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


class Readable(Protocol):
    """The reading half of a postbox. That it has no writing call is the proof in types."""

    name: str

    def folders(self) -> tuple[str, ...]:
        """See triage.ports.Postbox."""
        ...

    def view(self, folder: str) -> FolderView:
        """See triage.ports.Postbox."""
        ...

    def checked(self) -> dict[str, int | None]:
        """See triage.ports.Postbox."""
        ...

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        """See triage.ports.Postbox."""
        ...

    def watermark(self, folder: str) -> Watermark:
        """See triage.ports.Postbox."""
        ...

    def since(self, mark: Watermark) -> tuple[str, ...]:
        """See triage.ports.Postbox."""
        ...

    def marks(self, folder: str) -> FolderMarks:
        """See triage.ports.Postbox."""
        ...

    def close(self) -> None:
        """See triage.ports.Postbox."""
        ...


class ObservedPostbox:
    """Passes reads through and refuses every write with `postbox.observe_only`.

    It refuses instead of pretending: a move that is reported and never happened would be a
    lie in the ledger. Source: own decision 0004; promise 9.
    """

    def __init__(self, inner: Readable) -> None:
        self.name = inner.name
        self._inner = inner

    def folders(self) -> tuple[str, ...]:
        """As the postbox behind. Raises: TryLater, Refused."""
        return self._inner.folders()

    def view(self, folder: str) -> FolderView:
        """As the postbox behind. Raises: TryLater, Refused."""
        return self._inner.view(folder)

    def checked(self) -> dict[str, int | None]:
        """As the postbox behind."""
        return self._inner.checked()

    def fetch(self, folder: str, epoch: str, uids: tuple[str, ...]) -> Iterator[Fetched | TooLarge]:
        """As the postbox behind. Raises: TryLater, Refused, Conflict."""
        return self._inner.fetch(folder, epoch, uids)

    def watermark(self, folder: str) -> Watermark:
        """As the postbox behind. Raises: TryLater, Refused."""
        return self._inner.watermark(folder)

    def since(self, mark: Watermark) -> tuple[str, ...]:
        """As the postbox behind. Raises: TryLater, Refused, Conflict."""
        return self._inner.since(mark)

    def marks(self, folder: str) -> FolderMarks:
        """As the postbox behind. Raises: TryLater, Refused."""
        return self._inner.marks(folder)

    def close(self) -> None:
        """As the postbox behind; never raises."""
        self._inner.close()

    def ensure_folder(self, folder: str) -> bool:
        """Raises: Refused: always, folder there or not (`postbox.observe_only`)."""
        self._refuse("create a folder", folder)

    def move(self, place: Place, target: str) -> Place | None:
        """Raises: Refused: always (`postbox.observe_only`)."""
        self._refuse(f"move a message of {place.folder!r}", target)

    def move_many(self, places: tuple[Place, ...], target: str) -> dict[Place, Place]:
        """Raises: Refused: always (`postbox.observe_only`)."""
        self._refuse(f"move {len(places)} messages", target)

    def moves_whole(self) -> bool:
        """Always: where nothing is moved, nothing is left behind."""
        return True

    def remove(self, place: Place, sha256: str) -> bool:
        """Raises: Refused: always (`postbox.observe_only`)."""
        self._refuse(f"remove the message {sha256[:12]}", place.folder)

    def set_marks(self, place: Place, change: MarkChange) -> bool:
        """Raises: Refused: always (`postbox.observe_only`)."""
        self._refuse(f"mark a message ({len(change.add)} to set)", place.folder)

    def append(self, folder: str, data: bytes, received_at: datetime | None = None) -> Place | None:
        """Raises: Refused: always (`postbox.observe_only`)."""
        self._refuse(f"put in a message of {len(data)} bytes ({received_at or 'now'})", folder)

    def _refuse(self, act: str, folder: str) -> NoReturn:
        raise Refused(
            "postbox.observe_only",
            f"Postbox {self.name!r} is only observed; will not {act} ({folder!r}). To let Postlotse"
            " file mail, switch observe_only off for this postbox in the configuration.",
            postbox=self.name,
            folder=folder,
        )
