"""Versions of rule sets, from when they are in force, and rules that switched themselves off.

A version changes only as long as it was never activated. Trail entries are the caller's, in the
same transaction. Source: F17; own decision 0037.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa

from rules.errors import Conflict, Refused
from rules.rulesets.force import Activation
from store.database import rows, statements
from store.database.engine import Tx
from store.database.statements import among, insert
from store.tables.ruleset import ruleset as table
from store.tables.ruleset import ruleset_activation, ruleset_off


@dataclass(frozen=True, slots=True)
class Version:
    """One version. `authors` are all who wrote on it; `activated_at` None: still a draft."""

    id: int
    set_id: str
    version: int
    region: str
    title: str
    text: str
    authors: list[str]
    created_at: datetime
    changed_at: datetime
    activated_at: datetime | None

    @property
    def is_draft(self) -> bool:
        """Whether it may still be changed."""
        return self.activated_at is None

    @property
    def sha256(self) -> str:
        """SHA-256 of the text in hex: by it a caller names what he has read."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NewDraft:
    """What is to be kept as a draft; `region` "" is for all regions without a set of their own."""

    set_id: str
    region: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class OffRule:
    """A rule that is passed over in a region ("": everywhere), and the target that is gone."""

    ruleset_id: int
    rule_id: str
    region: str
    code: str
    target: str
    at: datetime


_COLUMNS = rows.columns(Version, table)
_ACTIVATIONS = rows.columns(Activation, ruleset_activation)
_OFF = rows.columns(OffRule, ruleset_off)


def save(tx: Tx, draft: NewDraft, *, author: str, now: datetime) -> Version:
    """Keep a draft: over the open draft of that set, or as its next version.

    Raises: Conflict: `store.conflict`: two began the same version at once.
    """
    last = newest(tx, draft.set_id)
    if last is None or not last.is_draft:
        return _begin(tx, draft, author=author, version=last.version + 1 if last else 1, now=now)
    values = {
        "region": draft.region,
        "title": draft.title,
        "text": draft.text,
        "authors": [*last.authors, *({author} - set(last.authors))],
        "changed_at": now,
    }
    statement = (
        sa.update(table)
        .where(table.c.id == last.id, table.c.activated_at.is_(None))
        .values(values)
        .returning(*_COLUMNS)
    )
    saved = rows.one_as(tx, Version, statement)
    if saved is None:
        raise changed(draft.set_id)
    return saved


def newest(tx: Tx, set_id: str) -> Version | None:
    """The newest version of a set, draft or not, locked until the transaction ends."""
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.set_id == set_id)
        .order_by(table.c.version.desc())
        .limit(1)
        .with_for_update()
    )
    return rows.one_as(tx, Version, statement)


def get(tx: Tx, set_id: str, version: int | None = None) -> Version:
    """One version; the newest where none is named. Raises: Refused: `ruleset.unknown`."""
    statement = sa.select(*_COLUMNS).where(table.c.set_id == set_id)
    if version is not None:
        statement = statement.where(table.c.version == version)
    found = rows.one_as(tx, Version, statement.order_by(table.c.version.desc()).limit(1))
    if found is None:
        raise unknown(set_id, version)
    return found


def unknown(set_id: str, version: int | None) -> Refused:
    """The error for a version that never was, or of none that the caller may know of."""
    return Refused(
        "ruleset.unknown",
        f"There is no rule set {set_id!r} in that version.",
        ruleset=set_id,
        version=version,
    )


def by_ids(tx: Tx, ids: Collection[int]) -> dict[int, Version]:
    """Those versions, by their row's id."""
    statement = sa.select(*_COLUMNS).where(table.c.id.in_(sorted(ids)))
    return {found.id: found for found in rows.all_as(tx, Version, statement)}


def listing(tx: Tx, *, regions: Collection[str] | None) -> tuple[Version, ...]:
    """All versions of these regions ("" is one) or of all, by set, newest version first."""
    statement = (
        sa.select(*_COLUMNS)
        .where(among(table.c.region, regions))
        .order_by(table.c.set_id, table.c.version.desc())
    )
    return rows.all_as(tx, Version, statement)


def activate(tx: Tx, version: Version, *, from_at: datetime, by: str, now: datetime) -> int:
    """Let a version hold from a moment on; from now on it never changes. The activation's id.

    Raises: Conflict: `ruleset.changed`: somebody saved the draft since it was read.
    """
    statement = (
        sa.update(table)
        .where(table.c.id == version.id, table.c.changed_at == version.changed_at)
        .values(activated_at=sa.func.coalesce(table.c.activated_at, sa.bindparam("now", now)))
        .returning(table.c.id)
    )
    if tx.run(statement).scalar_one_or_none() is None:
        raise changed(version.set_id)
    tx.run(sa.delete(ruleset_off).where(ruleset_off.c.ruleset_id == version.id))
    return put_in_force(tx, version.id, region=version.region, from_at=from_at, by=by, now=now)


def put_in_force(
    tx: Tx, ruleset_id: int | None, *, region: str, from_at: datetime, by: str, now: datetime
) -> int:
    """Let a version, or none, hold in the region from a moment on; the activation's id."""
    statement = (
        sa.insert(ruleset_activation)
        .values(region=region, ruleset_id=ruleset_id, from_at=from_at, at=now, by=by)
        .returning(ruleset_activation.c.id)
    )
    activation_id: int = tx.run(statement).scalar_one()
    return activation_id


def withdraw(tx: Tx, activation_id: int, *, now: datetime) -> None:
    """Take back what was planned. Raises: Conflict: `ruleset.changed`: it has begun meanwhile."""
    statement = (
        sa.update(ruleset_activation)
        .where(
            ruleset_activation.c.id == activation_id,
            ruleset_activation.c.withdrawn_at.is_(None),
            ruleset_activation.c.from_at > now,
        )
        .values(withdrawn_at=now)
    )
    if not tx.run(statement).rowcount:
        raise changed(str(activation_id))


def alone(tx: Tx, region: str) -> None:
    """Nobody else puts a set of the region into force or takes one back meanwhile.

    Until the transaction ends; before it is read what holds there.
    """
    statements.alone(tx, f"ruleset:{region}")


def activations(tx: Tx) -> tuple[Activation, ...]:
    """All of all regions, oldest first, withdrawn ones too."""
    statement = sa.select(*_ACTIVATIONS).order_by(ruleset_activation.c.id)
    return rows.all_as(tx, Activation, statement)


def wait_for(tx: Tx, ruleset_id: int) -> None:
    """Lock the version until this transaction ends; who is activating it now commits first."""
    tx.run(sa.select(table.c.id).where(table.c.id == ruleset_id).with_for_update())


def newest_activation(tx: Tx, ruleset_id: int) -> int:
    """The id of the last one of that version, in any state and region; 0 where there is none."""
    newest = sa.func.coalesce(sa.func.max(ruleset_activation.c.id), 0)
    found: int = tx.run(
        sa.select(newest).where(ruleset_activation.c.ruleset_id == ruleset_id)
    ).scalar_one()
    return found


def switch_off(tx: Tx, off: OffRule) -> bool:
    """Pass a rule over from now on; False where it was off already. Idempotent."""
    statement = insert(tx, ruleset_off).values(
        ruleset_id=off.ruleset_id, rule_id=off.rule_id, region=off.region, code=off.code,
        target=off.target, at=off.at,
    )  # fmt: skip
    done = tx.run(statement.on_conflict_do_nothing().returning(ruleset_off.c.rule_id))
    return done.scalar_one_or_none() is not None


def off_rules(tx: Tx) -> tuple[OffRule, ...]:
    """All rules that are switched off, by version and rule."""
    statement = sa.select(*_OFF).order_by(ruleset_off.c.ruleset_id, ruleset_off.c.rule_id)
    return rows.all_as(tx, OffRule, statement)


def _begin(tx: Tx, draft: NewDraft, *, author: str, version: int, now: datetime) -> Version:
    statement = (
        sa.insert(table)
        .values(
            set_id=draft.set_id,
            version=version,
            region=draft.region,
            title=draft.title,
            text=draft.text,
            authors=[author],
            created_at=now,
            changed_at=now,
        )
        .returning(*_COLUMNS)
    )
    saved = rows.one_as(tx, Version, statement)
    if saved is None:
        raise AssertionError("an INSERT with RETURNING gives its row")
    return saved


def changed(what: str) -> Conflict:
    """The error for who decides on what is no longer there as he read it."""
    return Conflict(
        "ruleset.changed",
        f"{what!r} was changed since. Load it again, then decide.",
        ruleset=what,
    )
