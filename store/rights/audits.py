"""Looks at the folder permissions of a postbox, and what people keep of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from rules.rights.folder_acl import FolderAcl
from rules.rights.folder_findings import Code, Finding, Key
from store.database.engine import Tx
from store.rights.json import acl_to, finding_from, finding_to
from store.tables.rights import rights_audit as table
from store.tables.rights import rights_keep


@dataclass(frozen=True, slots=True)
class Audit:
    """One look, and what was found. `names` are the folders it saw, `folders` their number."""

    id: int
    postbox: str
    region: str
    at: datetime
    actor: str
    lists_id: int | None
    folders: int
    findings: tuple[Finding, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """A finding that stays by a person's decision, until that day.

    `finding` is how it was then; None where a program from before 0025 has noted its key only.
    """

    id: int
    key: Key
    reason: str
    until: date
    at: datetime
    actor: str
    finding: Finding | None = None


def put(  # noqa: PLR0913 - a row has these columns
    tx: Tx,
    postbox: str,
    acls: Iterable[FolderAcl],
    findings: Iterable[Finding],
    *,
    region: str,
    lists_id: int | None,
    actor: str,
    now: datetime,
) -> int:
    """Note a look; its row id. Of the looks before, who may do what is forgotten."""
    tx.run(
        sa.update(table)
        .where(table.c.postbox == postbox, table.c.acls.is_not(None))
        .values(acls=sa.null())
    )
    seen = [acl_to(acl) for acl in acls]
    statement = sa.insert(table).values(
        postbox=postbox,
        region=region,
        at=now,
        actor=actor,
        lists_id=lists_id,
        folders=len(seen),
        findings=[finding_to(one) for one in findings],
        acls=seen,
        folder_names=[one["folder"] for one in seen],
    )
    row_id: int = tx.run(statement.returning(table.c.id)).scalar_one()
    return row_id


def newest(tx: Tx, postbox: str) -> Audit | None:
    """The last look at this postbox, or None if nobody ever looked."""
    c = table.c
    names = (c.id, c.postbox, c.region, c.at, c.actor, c.lists_id, c.folders, c.findings)
    row = tx.run(
        sa.select(*names, c.folder_names).where(c.postbox == postbox).order_by(c.id.desc()).limit(1)
    ).one_or_none()
    if row is None:
        return None
    return Audit(
        row.id,
        row.postbox,
        row.region,
        row.at,
        row.actor,
        row.lists_id,
        row.folders,
        tuple(finding_from(one) for one in row.findings),
        tuple(_names(tx, row.id) if row.folder_names is None else row.folder_names),
    )


def _names(tx: Tx, audit_id: int) -> Iterable[str]:
    """Of a look by a program that did not note the names by themselves (before 0020)."""
    found = tx.run(sa.select(table.c.acls).where(table.c.id == audit_id)).scalar_one()
    return [one["folder"] for one in found or ()]


def keep(  # noqa: PLR0913 - a row has these columns
    tx: Tx, postbox: str, found: Finding, *, reason: str, until: date, actor: str, now: datetime
) -> int:
    """Note that a finding stays as it is; its row id."""
    statement = sa.insert(rights_keep).values(
        postbox=postbox,
        code=found.code.value,
        folder=found.folder,
        subject=found.subject,
        finding=finding_to(found),
        reason=reason,
        until=until,
        at=now,
        actor=actor,
    )
    row_id: int = tx.run(statement.returning(rights_keep.c.id)).scalar_one()
    return row_id


def keeps(tx: Tx, postbox: str, *, today: date) -> tuple[Keep, ...]:
    """What stays by decision on this day, the newest decision on a finding only."""
    c = rights_keep.c
    statement = (
        sa.select(c.id, c.code, c.folder, c.subject, c.reason, c.until, c.at, c.actor, c.finding)
        .where(c.postbox == postbox, c.until >= today)
        .order_by(c.id)
    )
    newest = {
        Key(Code(row.code), row.folder, row.subject): Keep(
            row.id,
            Key(Code(row.code), row.folder, row.subject),
            row.reason,
            row.until,
            row.at,
            row.actor,
            None if row.finding is None else finding_from(row.finding),
        )
        for row in tx.run(statement)
    }
    return tuple(newest.values())
