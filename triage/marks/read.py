"""Marks that people set in Outlook are read back, and do what the configuration says.

The marks of each folder are compared with those known; what is new is tried by rules/mark_law.py,
what is missing is noted and undoes nothing. No person is known and none is noted: the trail says
"Outlook". Source: F11, F34, N11; Weisung 202404002 (QuickStep); own decision 0046.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from rules.errors import Refused
from rules.item import MarkedConcern
from rules.ledger import LedgerState
from rules.mark_law import asked
from rules.marks import OPEN_MATTERS, Effect, MarkRule, Outcome, OwnMark, fold
from rules.postbox import FolderMarks, Place
from store.acts import mark_wishes, marks_seen
from store.acts.mark_wishes import MarkWish
from store.acts.marks_seen import NewMark, SeenMark
from store.database.engine import Tx
from store.desk import items
from store.desk.items import Item, case_of
from store.mails import ledger
from store.places import sightings
from store.processes import leases
from store.processes.leases import Lease
from store.trail import audit
from triage.desk import transitions
from triage.house import House
from triage.known import set_back
from triage.marks import outlook_correction
from triage.marks.outlook_correction import OUTLOOK
from triage.ports import Postbox

_WITH_ITEM = frozenset({LedgerState.SORTED, LedgerState.GONE, LedgerState.DONE})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MarksRead:
    """What one look at all folders found: new marks, marks taken off, and open matters of these."""

    found: int = 0
    taken_off: int = 0
    open_matters: int = 0


@dataclass(frozen=True, slots=True)
class _Change:
    """What differs on one message. `own_left` is None where our own marks are as we left them."""

    message_id: int
    new: tuple[str, ...]
    gone: tuple[SeenMark, ...]
    own_left: frozenset[OwnMark] | None


def read(house: House, box: Postbox, lease: Lease) -> MarksRead:
    """Look at the marks in all folders where the ledger knows mail, under the postbox's lease.

    Idempotent; each message is a transaction of its own, so a cut leaves nothing half done.
    Raises: TryLater: the postbox is away. Conflict: `lease.lost`.
    """
    with house.db.read() as tx:
        folders = sightings.folders(tx, box.name)
    found = taken_off = matters = 0
    for folder in folders:
        try:
            seen = box.marks(folder)
        except Refused as exc:
            log.warning("marks.unreadable", postbox=box.name, folder=folder, code=exc.code)
            continue
        for change in _sure(house, box, lease, _changes(house, box.name, seen)):
            outcomes = _take(house, box.name, lease, change)
            found += len(outcomes)
            taken_off += len(change.gone)
            matters += sum(outcome in OPEN_MATTERS for outcome in outcomes)
    if found or taken_off:
        log.info("marks.read", postbox=box.name, found=found, taken_off=taken_off)
    return MarksRead(found, taken_off, matters)


def _sure(
    house: House, box: Postbox, lease: Lease, changes: Mapping[Place, _Change]
) -> list[_Change]:
    """Those on mails whose numbers hold; what others bear counts when the look has followed them.

    Raises: as `read`.
    """
    looked = set_back.look(house, box, lease, changes)
    if not looked.held:
        return []
    return [change for place, change in changes.items() if place not in looked.unread]


def brought_along(
    house: House, tx: Tx, new: Iterable[tuple[int, frozenset[str]]], *, postbox: str
) -> None:
    """Note marks that mails bear when they are kept: they do nothing, and ours are taken off.

    In the transaction that keeps the mails.
    """
    book, now = house.policy.marks.book, house.clock()
    marked = [(message_id, marks) for message_id, marks in new if marks]
    ours = [(i, postbox, frozenset(filter(None, map(book.own_of, marks)))) for i, marks in marked]
    mark_wishes.found_on(tx, [one for one in ours if one[2]], now=now)
    marks_seen.add_many(
        tx,
        [
            NewMark(message_id, postbox, mark, _effect(book.rule_of(mark)), Outcome.BROUGHT, None)
            for message_id, marks in marked
            for mark in sorted(marks)
            if book.own_of(mark) is None
        ],
        now=now,
    )


def _changes(house: House, postbox: str, seen: FolderMarks) -> dict[Place, _Change]:
    with house.db.read() as tx:
        live = sightings.live(tx, postbox, folder=seen.folder, epoch=seen.epoch)
        places = {s.message_id: s.place for s in live if s.uid in seen.by_uid}
        standing = marks_seen.standing(tx, places)
        wishes = mark_wishes.of_messages(tx, places)
        return {
            place: change
            for message_id, place in sorted(places.items())
            for change in _compared(
                house,
                message_id,
                seen.by_uid[place.uid],
                standing.get(message_id, ()),
                wishes.get(message_id),
            )
            # What people typed went with the content, and is not written down again.
            if ledger.message(tx, message_id).state is not LedgerState.DELETED
        }


def _compared(
    house: House,
    message_id: int,
    marks: frozenset[str],
    known: tuple[SeenMark, ...],
    wish: MarkWish | None,
) -> Iterator[_Change]:
    book = house.policy.marks.book
    ours = wish.ours if wish else frozenset()
    folded = {fold(mark): mark for mark in sorted(marks)}
    before = {fold(one.mark) for one in known}
    new = tuple(m for f, m in folded.items() if f not in before and book.own_of(m) not in ours)
    gone = tuple(one for one in known if fold(one.mark) not in folded)
    own = frozenset(filter(None, map(book.own_of, marks)))
    own_left = None
    if wish is not None and wish.is_settled and mark_wishes.words(wish.shown) - own:
        own_left = mark_wishes.words(wish.shown) & own
    if new or gone or own_left is not None:
        yield _Change(message_id, new, gone, own_left)


def _take(house: House, postbox: str, lease: Lease, change: _Change) -> tuple[Outcome, ...]:
    """All that differs on one message, in one commit; a clerk who writes at that moment is first.

    Raises: Conflict: `lease.lost`. TryLater.
    """
    with house.db.write() as tx:
        leases.hold(tx, lease, now=house.clock())
        items.wait_for(tx, change.message_id)
        _take_off(house, tx, lease, change)
        return _set(house, tx, postbox, change)


def _take_off(house: House, tx: Tx, lease: Lease, change: _Change) -> None:
    now, book = house.clock(), house.policy.marks.book
    marks_seen.taken_off(tx, (one.id for one in change.gone), now=now)
    named = [_name(book.rule_of(one.mark)) for one in change.gone]
    if change.own_left is not None:
        wish = mark_wishes.of_messages(tx, [change.message_id])[change.message_id]
        named += [book.own[m] for m in OwnMark if m in wish.ours - change.own_left]
        mark_wishes.taken_off(tx, change.message_id, left=change.own_left, lease=lease, now=now)
    for name in named:
        _note(tx, change.message_id, "mark.removed", {"mark": name}, now=now)


def _set(house: House, tx: Tx, postbox: str, change: _Change) -> tuple[Outcome, ...]:
    """The new marks one after the other, by name."""
    if not change.new:
        return ()
    row = ledger.locked(tx, change.message_id)
    if row.state is LedgerState.KEPT:
        return ()  # not sorted yet: the next look knows its item
    item = items.of_message(tx, change.message_id) if row.state in _WITH_ITEM else None
    now = house.clock()
    found: list[NewMark] = []
    for mark in change.new:
        rule = house.policy.marks.book.rule_of(mark)
        outcome, item = _tried(house, tx, item, rule, now=now)
        agency = item.agency_code if item else None
        name = rule.name if rule else mark
        found.append(NewMark(change.message_id, postbox, name, _effect(rule), outcome, agency))
        details = {"mark": _name(rule), "effect": _effect(rule), "outcome": outcome.value}
        _note(tx, change.message_id, "mark.set", details, now=now)
    marks_seen.add_many(tx, found, now=now)
    return tuple(one.outcome for one in found)


def _tried(
    house: House, tx: Tx, item: Item | None, rule: MarkRule | None, *, now: datetime
) -> tuple[Outcome, Item | None]:
    """What the mark does to the item, and the item afterwards."""
    if item is None:
        noted = rule is None or rule.effect is Effect.NOTE
        return (Outcome.NOTED if noted else Outcome.NO_ITEM), None
    wish = asked(case_of(item), rule, first_concern=item.first_concern)
    if wish.event is None or rule is None:
        return wish.outcome, item
    if rule.concern is not None and isinstance(wish.event, MarkedConcern):
        return wish.outcome, outlook_correction.concern(
            house, tx, item, rule.concern, event=wish.event
        )
    saved = transitions.by_machine(tx, item, wish.event, now=now)
    reason = saved.close_reason.value if saved.close_reason else ""
    details = {"item": item.id, "reason": reason, "mark": rule.name}
    _note(tx, item.message_id, "item.closed", details, now=now)
    return wish.outcome, saved


def _note(
    tx: Tx, message_id: int, action: str, details: Mapping[str, object], *, now: datetime
) -> None:
    subject = f"message:{message_id}"
    audit.add(tx, OUTLOOK, action=action, subject=subject, details=details, at=now)


def _effect(rule: MarkRule | None) -> str:
    return rule.effect.value if rule else ""


def _name(rule: MarkRule | None) -> str:
    """For the trail: configured names only, what people type may be a name."""
    return rule.name if rule else ""
