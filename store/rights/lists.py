"""The reported distribution lists of the regions, and the rounds in which they are reported."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.rights.distribution import DistributionList, ListBook
from rules.rights.distribution_csv import write_lists
from rules.rights.reporting_chain import Mark, Round, Step
from store.database.engine import Tx
from store.database.statements import insert
from store.rights.json import list_from, list_to
from store.tables.rights import rights_lists as table
from store.tables.rights import rights_mark, rights_round

KEPT_WITH_MEMBERS = 2
"""The newest lists, and those before them, which tell who has left. Own decision 0040."""


@dataclass(frozen=True, slots=True)
class Reported:
    """One report of a region's lists. `source` is a file's name or where it was asked for."""

    id: int
    region: str
    at: datetime
    actor: str
    source: str
    lists: tuple[DistributionList, ...]


@dataclass(frozen=True, slots=True)
class RunningRound:
    """The round that runs in a region, with the steps that are done."""

    id: int
    asked: Round
    started_at: datetime
    marks: tuple[Mark, ...]


def put(  # noqa: PLR0913 - a row has these columns
    tx: Tx,
    region: str,
    lists: Iterable[DistributionList],
    *,
    source: str,
    sha256: str,
    actor: str,
    now: datetime,
) -> int:
    """Replace the region's lists; its row id. Members of older reports are forgotten."""
    _in_turn(tx, region)
    values = [list_to(one) for one in lists]
    statement = sa.insert(table).values(
        region=region, at=now, actor=actor, source=source, sha256=sha256, lists=values
    )
    row_id: int = tx.run(statement.returning(table.c.id)).scalar_one()
    _forget_members(tx, region)
    return row_id


def follow(
    tx: Tx, standing: Reported, lists: Iterable[DistributionList], *, actor: str, now: datetime
) -> bool:
    """Put in what the members are by now; False where `standing` is no longer the newest.

    What `actor` put in before is replaced in its row, so that the report of a person stays the
    one before: it tells who has left.
    """
    _in_turn(tx, standing.region)
    found = newest(tx, standing.region)
    if found is None or (found.id, found.at) != (standing.id, standing.at):
        return False
    every = tuple(lists)
    digest = hashlib.sha256(write_lists(every).encode("utf-8")).hexdigest()
    if found.actor != actor:
        put(
            tx, found.region, every, source=found.source, sha256=digest, actor=actor, now=now,
        )  # fmt: skip
        return True
    values = {"lists": [list_to(one) for one in every], "sha256": digest, "at": now}
    tx.run(sa.update(table).where(table.c.id == found.id).values(**values))
    return True


def newest(tx: Tx, region: str) -> Reported | None:
    """The lists that hold in the region now, or None if none were ever reported."""
    return next(iter(_newest(tx, region, limit=1)), None)


def book(tx: Tx, region: str) -> tuple[int | None, ListBook]:
    """The lists that hold now, with who left since the report before; and their row id."""
    found = _newest(tx, region, limit=KEPT_WITH_MEMBERS)
    if not found:
        return None, ListBook()
    before = ListBook(found[1].lists) if len(found) > 1 else ListBook()
    former = {address: before.members(address)[0] for address in before.by_address}
    return found[0].id, ListBook(found[0].lists, former)


def start_round(tx: Tx, asked: Round, *, actor: str, now: datetime) -> int:
    """Start a round in a region; the one before ends with it. Its row id."""
    statement = sa.insert(rights_round).values(
        region=asked.region,
        agencies_due=asked.agencies_due,
        directions_due=asked.directions_due,
        region_due=asked.region_due,
        at=now,
        actor=actor,
    )
    row_id: int = tx.run(statement.returning(rights_round.c.id)).scalar_one()
    return row_id


def running_round(tx: Tx, region: str) -> RunningRound | None:
    """The newest round of the region, or None if there never was one."""
    c = rights_round.c
    statement = (
        sa.select(c.id, c.region, c.agencies_due, c.directions_due, c.region_due, c.at)
        .where(c.region == region)
        .order_by(c.id.desc())
        .limit(1)
    )
    row = tx.run(statement).one_or_none()
    if row is None:
        return None
    asked = Round(row.region, row.agencies_due, row.directions_due, row.region_due)
    m = rights_mark.c
    marks = tx.run(
        sa.select(m.step, m.unit, m.on_day, m.actor, m.note)
        .where(m.round_id == row.id)
        .order_by(m.id)
    )
    done = tuple(Mark(Step(step), unit, on, by, note) for step, unit, on, by, note in marks)
    return RunningRound(row.id, asked, row.at, done)


def mark(tx: Tx, round_id: int, mark: Mark) -> None:
    """Note that a unit did its step; who did it already stays as noted first."""
    statement = insert(tx, rights_mark).values(
        round_id=round_id,
        step=mark.step.value,
        unit=mark.unit,
        on_day=mark.on,
        actor=mark.by,
        note=mark.note,
    )
    tx.run(statement.on_conflict_do_nothing())


def _in_turn(tx: Tx, region: str) -> None:
    """Whoever puts in lists of the region waits for whoever is at it; SQLite has one writer anyway.

    Else `follow` would find a report the newest while the next is being put in, and outdo it.
    """
    if tx.dialect == "postgresql":
        number = sa.func.hashtext(f"rights_lists:{region}")
        tx.run(sa.select(sa.func.pg_advisory_xact_lock(number)))


def _newest(tx: Tx, region: str, *, limit: int) -> list[Reported]:
    c = table.c
    statement = (
        sa.select(c.id, c.region, c.at, c.actor, c.source, c.lists)
        .where(c.region == region)
        .order_by(c.id.desc())
        .limit(limit)
    )
    return [
        Reported(
            row.id, row.region, row.at, row.actor, row.source, tuple(map(list_from, row.lists))
        )
        for row in tx.run(statement)
    ]


def _forget_members(tx: Tx, region: str) -> None:
    old = (
        sa.select(table.c.id, table.c.lists)
        .where(table.c.region == region)
        .order_by(table.c.id.desc())
        .offset(KEPT_WITH_MEMBERS)
        .limit(1)
    )
    for row in tx.run(old).all():
        bare = [{**one, "members": []} for one in row.lists]
        tx.run(sa.update(table).where(table.c.id == row.id).values(lists=bare))
