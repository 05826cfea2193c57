"""The first stock: the files of approved texts, taken in once, and what differs from them since.

A file that was changed by hand after it was taken in changes nothing of what is sent; it is named.
Source: own decisions 0023, 0052.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from rules.access import Caller, Permission, require
from rules.errors import TryLater
from rules.texts.life import TextState
from store.approved import text_versions
from store.approved.text_versions import STOCK, TextVersion, Wording
from store.approved.texts import ShelvedText
from store.database.engine import Tx
from store.trail import audit
from triage.house import House

TURNS: Final = 12
"""Each waits 5 s for a lock (store/database/connections.py), so a minute in all. Hausregel: a slow
machine that takes in the whole stock is ready by then."""

log = structlog.get_logger()


class Kind(StrEnum):
    """How a file and what was taken in part."""

    CHANGED = "text.stock_changed"
    MISSING = "text.stock_missing"
    NOT_TAKEN = "text.stock_not_taken"


@dataclass(frozen=True, slots=True)
class StockDifference:
    """One version that the files and the house tell differently."""

    kind: Kind
    text_id: str
    version: int


def take_in(house: House) -> int:
    """Take in what the files have and the house has not; the number. Idempotent, for each start.

    Where nothing is new this only reads. Raises: TryLater: `store.away`.
    """
    taken = _take_among_others(house)
    if taken:
        house.textbook.forget()
        log.info("text.stock_taken", texts=taken)
    for one in _differences(house):
        log.warning("text.stock_differs", text=one.text_id, version=one.version, code=one.kind)
    return taken


def differences(house: House, caller: Caller) -> tuple[StockDifference, ...]:
    """What differs now between files and house. Raises: Refused: `access.denied`."""
    require(caller, Permission.WRITE_TEXTS)
    return _differences(house)


def _take_among_others(house: House) -> int:
    """Of processes that start together one takes in; who waited too long for it looks again."""
    turn = 1
    while True:
        new = _missing(house)
        try:
            return _take(house, new) if new else 0
        except TryLater:
            if turn == TURNS:
                raise
            turn += 1


def _missing(house: House) -> list[ShelvedText]:
    with house.db.read() as tx:
        known = _keys(text_versions.listing(tx, regions=None))
    return [one for one in house.texts.stock() if (one.text.id, one.text.version) not in known]


def _take(house: House, new: Iterable[ShelvedText]) -> int:
    with house.db.write() as tx:
        return write(house, tx, new)


def write(house: House, tx: Tx, new: Iterable[ShelvedText]) -> int:
    """Take these in, in the caller's transaction, each with its trail entry; how many were new."""
    now, taken = house.clock(), 0
    for one in new:
        proof = one.approval
        if text_versions.take_in(
            tx,
            wording_of(one),
            author=proof.author,
            approved_by=proof.approved_by,
            approved_on=proof.approved_on,
            now=now,
        ):
            taken += 1
            _note(house, tx, one)
    return taken


def wording_of(one: ShelvedText) -> Wording:
    """What of a text on the shelf is kept."""
    text = one.text
    return Wording(text.id, text.version, text.title, one.data, text.regions, text.valid_to)


def _note(house: House, tx: Tx, one: ShelvedText) -> None:
    audit.add(
        tx,
        "worker",
        action="text.taken_in",
        subject=f"text:{one.text.id}.{one.text.version}",
        details={"sha256": one.sha256},
        at=house.clock(),
    )


def _keys(rows: tuple[TextVersion, ...]) -> dict[tuple[str, int], TextVersion]:
    return {(row.text_id, row.version): row for row in rows}


def _differences(house: House) -> tuple[StockDifference, ...]:
    with house.db.read() as tx:
        known = _keys(text_versions.listing(tx, regions=None))
    files = {(one.text.id, one.text.version): one for one in house.texts.stock()}
    found = [
        *(
            StockDifference(Kind.CHANGED, *key)
            for key, one in files.items()
            if key in known and known[key].sha256 != one.sha256
        ),
        *(StockDifference(Kind.NOT_TAKEN, *key) for key in files.keys() - known.keys()),
        *(
            StockDifference(Kind.MISSING, *key)
            for key, row in known.items()
            if row.origin == STOCK and row.state is TextState.APPROVED and key not in files
        ),
    ]
    return tuple(sorted(found, key=lambda one: (one.text_id, one.version)))
