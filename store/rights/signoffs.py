"""That people have looked at folder permissions: by folder, with the findings there were.

Of an agency that is signed off at once there is a row more in the older table, which programs from
before 0020 read and write; what such a program noted holds for all folders of the agency.
Source: R4, F57; own decisions 0039, 0081.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.rights.folder_findings import Finding, Kept, Key
from store.database.engine import Tx
from store.rights.json import finding_from, key_from, key_to
from store.tables.rights import rights_audit
from store.tables.rights import rights_folder_signoff as parts
from store.tables.rights import rights_signoff as units


@dataclass(frozen=True, slots=True)
class SignOff:
    """That somebody looked, and what there was. `agency` is empty for folders of none.

    `folder` is empty for what the lists of the agency are, and where the whole agency is meant.
    """

    agency: str
    folder: str
    round_id: int | None
    audit_id: int
    keys: frozenset[Key]
    reason: str
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class SignOffs:
    """The newest of each part of a postbox; `whole` are those of programs from before 0020.

    `looks` are the findings of the looks that were signed, by number and key.
    """

    parts: Mapping[tuple[str, str], SignOff]
    whole: Mapping[str, SignOff]
    looks: Mapping[int, Mapping[Key, Finding]] = field(default_factory=dict)

    def of(self, agency: str, folder: str) -> SignOff | None:
        """The newest that holds for this folder, or None if nobody ever signed it."""
        found = [self.parts.get((agency, folder)), self.whole.get(agency)]
        return max((one for one in found if one), key=lambda one: one.at, default=None)

    def seen(self, signed: SignOff | None, folder: str) -> Kept:
        """What was signed of this folder, as it was then; nothing where nobody signed."""
        if signed is None:
            return {}
        look = self.looks.get(signed.audit_id, {})
        return {key: look.get(key) for key in signed.keys if key.folder == folder}


def put_agency(tx: Tx, postbox: str, whole: SignOff) -> int:
    """Note that a whole agency was signed off; its row id, for the rows of its folders."""
    statement = sa.insert(units).values(postbox=postbox, agency=whole.agency, **_columns(whole))
    row_id: int = tx.run(statement.returning(units.c.id)).scalar_one()
    return row_id


def put(tx: Tx, postbox: str, signed: Iterable[SignOff], *, signoff_id: int | None = None) -> None:
    """Note the sign-offs of these folders, in one statement."""
    rows = [
        {
            "postbox": postbox,
            "agency": one.agency,
            "folder": one.folder,
            "signoff_id": signoff_id,
            **_columns(one),
        }
        for one in signed
    ]
    if rows:
        tx.run(sa.insert(parts), rows)


def newest(tx: Tx, postbox: str) -> SignOffs:
    """The newest sign-off of each part of this postbox."""
    c = parts.c
    last = (
        sa.select(sa.func.max(c.id))
        .where(c.postbox == postbox)
        .group_by(c.agency, c.folder)
        .scalar_subquery()
    )
    by_part = {
        (row.agency, row.folder): _signed(row, row.folder)
        for row in tx.run(sa.select(parts).where(c.id.in_(last)))
    }
    whole = _whole(tx, postbox)
    return SignOffs(by_part, whole, _looks(tx, (*by_part.values(), *whole.values())))


def _looks(tx: Tx, signed: Iterable[SignOff]) -> dict[int, dict[Key, Finding]]:
    """Of the looks with findings that these sign-offs speak of: what they found."""
    ids = sorted({one.audit_id for one in signed if one.keys})
    c = rights_audit.c
    rows = tx.run(sa.select(c.id, c.findings).where(c.id.in_(ids))) if ids else ()
    return {row.id: {one.key: one for one in map(finding_from, row.findings)} for row in rows}


def _whole(tx: Tx, postbox: str) -> dict[str, SignOff]:
    c = units.c
    has_parts = sa.exists().where(parts.c.signoff_id == c.id)
    last = (
        sa.select(sa.func.max(c.id))
        .where(c.postbox == postbox, ~has_parts)
        .group_by(c.agency)
        .scalar_subquery()
    )
    return {row.agency: _signed(row, "") for row in tx.run(sa.select(units).where(c.id.in_(last)))}


def _columns(one: SignOff) -> dict[str, Any]:
    return {
        "round_id": one.round_id,
        "audit_id": one.audit_id,
        "findings": sorted(key_to(key) for key in one.keys),
        "reason": one.reason,
        "at": one.at,
        "actor": one.actor,
    }


def _signed(row: Any, folder: str) -> SignOff:  # noqa: ANN401 - a row of either table
    return SignOff(
        row.agency,
        folder,
        row.round_id,
        row.audit_id,
        frozenset(key_from(one) for one in row.findings),
        row.reason,
        row.at,
        row.actor,
    )
