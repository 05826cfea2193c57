"""Versions of texts with their life, and how often each was used. The store of own decision 0052.

`data` is the whole text file. A version changes only as a draft; from its approval on, its bytes
and their hash stay. Trail entries are the caller's, in the same transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from rules.errors import Conflict, Refused
from rules.texts.life import TextState, TextStep, after
from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.text import text_use
from store.tables.text import text_version as table

STOCK = "stock"
DESK = "desk"
"""Where a version comes from: the files that ship, or people at the desk."""


@dataclass(frozen=True, slots=True)
class TextVersion:
    """One version. `authors` are all who wrote on it; `scope` as in `scope_of`.

    `approved_by` is a person at the desk, for the stock the function that its file names.
    """

    id: int
    text_id: str
    version: int
    state: TextState
    origin: str
    scope: str
    title: str
    data: str
    sha256: str
    valid_to: date
    authors: list[str]
    edition: int
    reason: str
    created_at: datetime
    changed_at: datetime
    approved_by: str
    approved_on: date | None
    retired_on: date | None
    warned_at: datetime | None

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that it holds for; empty for all."""
        return tuple(part for part in self.scope.split(",") if part)

    @property
    def is_whole(self) -> bool:
        """Whether the bytes are still those of the hash that was approved."""
        return fingerprint(self.data) == self.sha256


@dataclass(frozen=True, slots=True)
class Wording:
    """What an author wrote: the file, and what of it is kept in columns of its own."""

    text_id: str
    version: int
    title: str
    data: str
    regions: tuple[str, ...]
    valid_to: date


_COLUMNS = rows.columns(TextVersion, table)


def fingerprint(data: str) -> str:
    """The SHA-256 of a text file, hex."""
    return sha256(data.encode()).hexdigest()


def scope_of(regions: Collection[str]) -> str:
    """How regions are kept: ",Nord,West,", empty for all."""
    return "".join(("," if regions else "", *(f"{region}," for region in regions)))


def begin(tx: Tx, wording: Wording, *, author: str, now: datetime) -> TextVersion:
    """A new draft. Raises: Conflict: `text.exists`: that version is there already."""
    values = _written(wording) | {
        "text_id": wording.text_id,
        "version": wording.version,
        "state": TextState.DRAFT,
        "origin": DESK,
        "authors": [author],
        "edition": 1,
        "created_at": now,
        "changed_at": now,
    }
    statement = insert(tx, table).values(values)
    done = rows.one_as(tx, TextVersion, statement.on_conflict_do_nothing().returning(*_COLUMNS))
    if done is None:
        raise Conflict(
            "text.exists",
            f"Version {wording.version} of {wording.text_id!r} is there already. Load it again.",
            text=wording.text_id,
            version=wording.version,
        )
    return done


def save(
    tx: Tx, before: TextVersion, wording: Wording, *, author: str, now: datetime
) -> TextVersion:
    """A draft written over, as long as nobody wrote since `before` was read.

    Raises: Conflict: `text.step` where it is no draft any more, `text.changed`.
    """
    values = _written(wording) | {"authors": [*before.authors, *({author} - {*before.authors})]}
    return _step(tx, before, TextStep.SAVED, values=values, now=now)


def step(  # noqa: PLR0913 - each is a column of the deed
    tx: Tx,
    before: TextVersion,
    what: TextStep,
    *,
    now: datetime,
    today: date,
    by: str = "",
    reason: str = "",
) -> TextVersion:
    """Submit, withdraw, turn down, approve or retire. `by` counts for an approval only.

    Raises: Conflict: `text.step`, `text.changed`: somebody wrote since `before` was read.
    """
    values: dict[str, Any] = {"reason": reason}
    if what is TextStep.APPROVED:
        values |= {"approved_by": by, "approved_on": today}
    if what is TextStep.RETIRED:
        values |= {"retired_on": today}
    return _step(tx, before, what, values=values, now=now)


def take_in(
    tx: Tx, wording: Wording, *, author: str, approved_by: str, approved_on: date, now: datetime
) -> bool:
    """A version of the stock, approved as its file says; False where it is there already.

    Idempotent: what is there stays as it is, whatever the file says now.
    """
    values = _written(wording) | {
        "text_id": wording.text_id,
        "version": wording.version,
        "state": TextState.APPROVED,
        "origin": STOCK,
        "authors": [author],
        "edition": 1,
        "created_at": now,
        "changed_at": now,
        "approved_by": approved_by,
        "approved_on": approved_on,
    }
    statement = insert(tx, table).values(values).on_conflict_do_nothing().returning(table.c.id)
    return tx.run(statement).scalar_one_or_none() is not None


def get(
    tx: Tx, text_id: str, version: int | None = None, *, regions: Collection[str] | None = None
) -> TextVersion:
    """One version; the newest where none is named. `regions` as in `listing`.

    Raises: Refused: `text.unknown`, also out of scope.
    """
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.text_id == text_id, _in_scope(regions))
        .order_by(table.c.version.desc())
        .limit(1)
    )
    if version is not None:
        statement = statement.where(table.c.version == version)
    found = rows.one_as(tx, TextVersion, statement)
    if found is None:
        raise Refused(
            "text.unknown",
            f"There is no text {text_id!r} in that version.",
            text=text_id,
            version=version,
        )
    return found


def listing(tx: Tx, *, regions: Collection[str] | None) -> tuple[TextVersion, ...]:
    """All versions that hold for all, or for one of these regions; by text, newest first.

    None means all of all regions.
    """
    statement = (
        sa.select(*_COLUMNS)
        .where(_in_scope(regions))
        .order_by(table.c.text_id, table.c.version.desc())
    )
    return rows.all_as(tx, TextVersion, statement)


def decided(tx: Tx) -> tuple[TextVersion, ...]:
    """All that were approved once, retired ones too; by text, oldest version first."""
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.approved_on.is_not(None))
        .order_by(table.c.text_id, table.c.version)
    )
    return rows.all_as(tx, TextVersion, statement)


def stamp(tx: Tx) -> tuple[int, int]:
    """Changes whenever any version was written: how many there are, and the sum of editions."""
    found = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(table.c.edition), 0))
    number, editions = tx.run(found).one()
    return int(number), int(editions)


def ending(tx: Tx, *, until: date) -> tuple[TextVersion, ...]:
    """Approved versions whose last day is that day or before, the earliest first."""
    statement = (
        sa.select(*_COLUMNS)
        .where(sa.literal_column("state") == sa.literal_column("'approved'"))
        .where(table.c.valid_to <= until)
        .order_by(table.c.valid_to, table.c.text_id, table.c.version)
    )
    return rows.all_as(tx, TextVersion, statement)


def warned(tx: Tx, ids: Collection[int], *, now: datetime) -> None:
    """Note that the end of these was told. No new edition: the text itself is untouched."""
    tx.run(sa.update(table).where(table.c.id.in_(sorted(ids))).values(warned_at=now))


def used(tx: Tx, text_id: str, version: int, *, day: date) -> None:
    """One more use on that local day, in the transaction of the order."""
    statement = insert(tx, text_use).values(text_id=text_id, version=version, day=day, uses=1)
    keys = [text_use.c.text_id, text_use.c.version, text_use.c.day]
    more = {"uses": text_use.c.uses + 1}
    tx.run(statement.on_conflict_do_update(index_elements=keys, set_=more))


def uses(tx: Tx, *, since: date) -> dict[tuple[str, int], int]:
    """Uses of each version from that local day on; without uses left out."""
    statement = (
        sa.select(text_use.c.text_id, text_use.c.version, sa.func.sum(text_use.c.uses))
        .where(text_use.c.day >= since)
        .group_by(text_use.c.text_id, text_use.c.version)
    )
    return {(text_id, version): int(total) for text_id, version, total in tx.run(statement)}


def _written(wording: Wording) -> dict[str, Any]:
    return {
        "title": wording.title,
        "data": wording.data,
        "sha256": fingerprint(wording.data),
        "scope": scope_of(wording.regions),
        "valid_to": wording.valid_to,
    }


def _step(
    tx: Tx, before: TextVersion, what: TextStep, *, values: dict[str, Any], now: datetime
) -> TextVersion:
    state = after(before.state, what)
    statement = (
        sa.update(table)
        .where(table.c.id == before.id, table.c.edition == before.edition)
        .values(**values, state=state, changed_at=now, edition=before.edition + 1)
        .returning(*_COLUMNS)
    )
    saved = rows.one_as(tx, TextVersion, statement)
    if saved is None:
        raise Conflict(
            "text.changed",
            f"{before.text_id!r} was changed since. Load it again, then decide.",
            text=before.text_id,
            version=before.version,
        )
    return saved


def _in_scope(regions: Collection[str] | None) -> sa.ColumnElement[bool]:
    if regions is None:
        return sa.true()
    mine = (table.c.scope.contains(f",{region},", autoescape=True) for region in sorted(regions))
    return sa.or_(table.c.scope == "", *mine)
