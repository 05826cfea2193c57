"""Where each message lies in its postbox, and how the ledger follows what people and servers do.

A place (postbox, folder, epoch, UID) belongs to one message for good. Syncing compares sets of
UIDs, never a high-water mark, so it heals itself. Every call that writes is made under the
lease of the postbox, inside the caller's transaction. Source: own decision 0004; imap guide 4.2.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from rules.postbox import Place
from store.engine import Tx
from store.tables import SightingState


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place of one message. `absences` counts looks in a row at which it was not there."""

    id: int
    message_id: int
    postbox: str
    folder: str
    epoch: str
    uid: str
    state: SightingState
    absences: int
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def place(self) -> Place:
        """The place as postbox drivers know it."""
        return Place(self.folder, self.epoch, self.uid)


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a new epoch means. `messages` by new UID; `unknown_uids` are to be kept as new mail.

    `missing_ids` are messages of the old epoch that were not found: with an op in state `sent`
    the caller looks in its target, else they are gone.
    """

    messages: dict[str, int]
    unknown_uids: tuple[str, ...]
    missing_ids: tuple[int, ...]


def known_uids(tx: Tx, postbox: str, *, folder: str, epoch: str) -> frozenset[str]:
    """UIDs of the folder whose messages lie there according to the ledger."""
    raise NotImplementedError


def unclaimed_in(
    tx: Tx, postbox: str, *, folder: str, epoch: str, uids: Iterable[str]
) -> tuple[str, ...]:
    """Those of `uids`, in their order, that no message of the ledger lies at."""
    raise NotImplementedError


def live(tx: Tx, postbox: str, *, folder: str, epoch: str | None = None) -> tuple[Sighting, ...]:
    """What lies in the folder according to the ledger, oldest first; of all epochs without one."""
    raise NotImplementedError


def folders(tx: Tx, postbox: str) -> tuple[str, ...]:
    """Folders in which messages lie according to the ledger, sorted."""
    raise NotImplementedError


def of_message(tx: Tx, message_id: int) -> tuple[Sighting, ...]:
    """All places of a message, the newest first; live and gone."""
    raise NotImplementedError


def move(tx: Tx, message_id: int, *, to: Place, now: datetime, src: Place | None = None) -> None:
    """The message lies at `to` now and at `src` no more (without `src`: nowhere else).

    Wishes not yet sent to the server start from the new place. Idempotent.
    Raises: Refused: `mail.unknown`, `mail.no_postbox`. Conflict: `place.taken`: another
    message lies there.
    """
    raise NotImplementedError


def mark_absent(tx: Tx, sighting_ids: Iterable[int], *, now: datetime) -> tuple[Sighting, ...]:
    """Count one look at which they were not there; the rows with the new count.

    The caller marks them gone after the second absence in a row.
    """
    raise NotImplementedError


def mark_present(tx: Tx, sighting_ids: Iterable[int], *, now: datetime) -> None:
    """They are there again: the count of absences starts anew."""
    raise NotImplementedError


def mark_gone(tx: Tx, sighting_ids: Iterable[int], *, now: datetime) -> tuple[int, ...]:
    """Nobody finds them any more: ids of messages that now lie nowhere. The originals stay."""
    raise NotImplementedError


def adopt_epoch(
    tx: Tx, postbox: str, *, folder: str, epoch: str, found: Mapping[str, str], now: datetime
) -> Adopted:
    """Follow a folder whose UIDs all changed. `found` maps each new UID to its SHA-256.

    Rows of equal bytes are matched as a multiset: n rows adopt at most n of the new UIDs, rows
    without an op in state `sent` first. Source: imap guide 4.2 (6 mails with a byte-identical pair).
    """
    raise NotImplementedError


def adopt_moved(
    tx: Tx, postbox: str, *, place: Place, sha256: str, candidates: Collection[int], now: datetime
) -> int | None:
    """The oldest of the messages `candidates` with these bytes now lies at `place`; its id.

    For mail that a person moved: absent there, present here. None if none has these bytes.
    """
    raise NotImplementedError


def nowhere(tx: Tx, postbox: str, *, sha256: str) -> tuple[int, ...]:
    """Messages of these bytes in the postbox that lie nowhere now, oldest first."""
    raise NotImplementedError
