"""Texts as their authors and approvers see them: states, differences, uses, what ends soon.

Source: F40-F45; own decision 0052.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from rules.access import Caller
from rules.rulesets.finding import Finding
from rules.texts.approved import Text
from rules.texts.diff import Piece, diff
from rules.texts.life import Phase, TextState, phase
from rules.texts.use import USE_DAYS
from store.approved import text_versions
from store.approved.text_versions import TextVersion
from store.database.engine import Tx
from triage.house import House
from triage.texts import checking, life


@dataclass(frozen=True, slots=True)
class TextRow:
    """One version in a list. `short_code` and `valid_from` as its header says.

    `is_replaced`: a newer version of the same regions has begun, so this one is not sent.
    """

    version: TextVersion
    phase: Phase
    is_replaced: bool
    ends_soon: bool


@dataclass(frozen=True, slots=True)
class TextShown:
    """One version in full. `before` is the approved one it would follow, `changes` against it.

    `uses` counts orders of this version in the last `USE_DAYS` days; told by `text_use.told`.
    """

    row: TextRow
    text: Text | None
    findings: tuple[Finding, ...]
    before: TextVersion | None
    changes: tuple[Piece, ...]
    uses: int
    versions: tuple[TextRow, ...]


def listing(house: House, caller: Caller) -> tuple[TextRow, ...]:
    """All versions of the caller's regions and of all, by text, newest first.

    Raises: Refused: `access.denied`.
    """
    life.require_either(caller)
    with house.db.read() as tx:
        rows = text_versions.listing(tx, regions=caller.whole_regions)
    return _rows(house, rows)


def show(house: House, caller: Caller, text_id: str, version: int | None = None) -> TextShown:
    """One version; the newest where none is named.

    Raises: Refused: `access.denied`, `text.unknown`, also out of scope.
    """
    life.require_either(caller)
    with house.db.read() as tx:
        found = text_versions.get(tx, text_id, version, regions=caller.whole_regions)
        family = _family(tx, caller, text_id)
        since = house.today() - timedelta(days=USE_DAYS - 1)
        uses = text_versions.uses(tx, since=since).get((found.text_id, found.version), 0)
    rows = _rows(house, family)
    before = _before(found, family)
    checked = checking.of_version(house, found)
    return TextShown(
        row=next(row for row in rows if row.version.version == found.version),
        text=checked.text,
        findings=checked.findings,
        before=before,
        changes=diff(before.data, found.data) if before else (),
        uses=uses,
        versions=rows,
    )


def compared(
    house: House, caller: Caller, text_id: str, older: int, newer: int
) -> tuple[Piece, ...]:
    """What differs between two versions, word by word. Raises: as `show`."""
    life.require_either(caller)
    with house.db.read() as tx:
        one = text_versions.get(tx, text_id, older, regions=caller.whole_regions)
        other = text_versions.get(tx, text_id, newer, regions=caller.whole_regions)
    return diff(one.data, other.data)


def uses(house: House, caller: Caller) -> dict[tuple[str, int], int]:
    """Orders of each version in the last `USE_DAYS` days. Raises: Refused: `access.denied`."""
    life.require_either(caller)
    with house.db.read() as tx:
        return text_versions.uses(tx, since=house.today() - timedelta(days=USE_DAYS - 1))


def ending(house: House, tx: Tx) -> tuple[TextVersion, ...]:
    """Versions in force whose end is near and which nothing follows; the earliest first.

    Those that ended are no longer told: their absence shows on the page.
    """
    today = house.today()
    until = today + timedelta(days=house.policy.text_warn_days)
    near = [one for one in text_versions.ending(tx, until=until) if one.valid_to >= today]
    if not near:
        return ()
    others = text_versions.decided(tx)
    return tuple(one for one in near if not _is_followed(one, others))


def _is_followed(one: TextVersion, others: tuple[TextVersion, ...]) -> bool:
    return any(
        other.text_id == one.text_id
        and other.version > one.version
        and other.state is TextState.APPROVED
        and other.valid_to > one.valid_to
        and _covers(other, one)
        for other in others
    )


def _covers(other: TextVersion, one: TextVersion) -> bool:
    """Whether `other` holds wherever `one` does."""
    return not other.regions or set(other.regions) >= set(one.regions or ("",))


def _family(tx: Tx, caller: Caller, text_id: str) -> tuple[TextVersion, ...]:
    rows = text_versions.listing(tx, regions=caller.whole_regions)
    return tuple(row for row in rows if row.text_id == text_id)


def _rows(house: House, versions: tuple[TextVersion, ...]) -> tuple[TextRow, ...]:
    day = house.today()
    until = day + timedelta(days=house.policy.text_warn_days)
    begins = {row.id: _valid_from(row) for row in versions}
    rows = []
    for one in versions:
        now = phase(one.state, valid_from=begins[one.id], valid_to=one.valid_to, day=day)
        followed = any(
            other.text_id == one.text_id
            and other.version > one.version
            and other.approved_on is not None
            and begins[other.id] <= day
            and (other.retired_on is None or other.retired_on >= begins[other.id])
            and _covers(other, one)
            for other in versions
        )
        ends = now is Phase.IN_FORCE and one.valid_to <= until and not _is_followed(one, versions)
        rows.append(TextRow(one, now, followed, ends and not followed))
    return tuple(rows)


def _valid_from(version: TextVersion) -> date:
    line = next(x for x in version.data.split("\n") if x.startswith("gueltig_ab:"))
    return date.fromisoformat(line.partition(":")[2].strip())


def _before(found: TextVersion, family: tuple[TextVersion, ...]) -> TextVersion | None:
    """The newest older one that was approved: what readers know."""
    return next(
        (one for one in family if one.version < found.version and one.approved_on is not None),
        None,
    )
