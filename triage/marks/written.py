"""Station 7 for marks: what the desk knows becomes visible in Outlook.

Intent first, then the command, then the proof, each in a commit. A mark is a state, so a command
in doubt is simply given again, but only after the grace time: one of a dead worker may still be
under way, and must not come last. Nothing here holds up sorting or filing.
Source: F34; own decisions 0046, 0047.
"""

import itertools
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import structlog

from rules.backoff import next_try
from rules.errors import Conflict, Refused
from rules.marks import OwnMark
from rules.postbox import MarkChange, Place
from store.acts import mark_wishes
from store.acts.mark_wishes import MarkWish
from store.places import sightings
from store.processes import halts, leases
from store.processes.leases import Lease
from triage.house import House
from triage.known import set_back
from triage.ports import Postbox

MARKS_A_PASS = 50
"""Of Exchange that is some seconds; then new mail is looked for again. Own decision 0047."""

NO_MAIL = "mark.no_mail"
"""The mail does not lie where the ledger knows it: moved or removed by hand, or just being filed.
"""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the marks of one pass; `put_off` also counts those that were given up."""

    done: int = 0
    put_off: int = 0


def write_due(house: House, box: Postbox, lease: Lease) -> Written:
    """Set the marks that are due in this postbox, under its lease.

    One mail that can't be marked never stops another. Raises: TryLater: the postbox is away (what
    was sent is in doubt, and given again). Conflict: `lease.lost`.
    """
    ready = _ready(house, box, lease)
    if not ready:
        return Written()
    places, unread = _where(house, box, lease, ready)
    with house.db.write() as tx:
        sent = mark_wishes.sent_many(
            tx, [wish.message_id for wish in ready], lease=lease, now=house.clock()
        )
    before = {wish.message_id: wish for wish in ready}
    proven: list[MarkWish] = []
    refused: list[tuple[MarkWish, str]] = []
    try:
        for wish in sent:
            place = places.get(wish.message_id)
            code = set_back.UNREAD if place in unread else ""
            if not code and not _shows_already(before[wish.message_id], wish):
                code = _set(house, box, lease, wish, place)
            if code:
                refused.append((wish, code))
            else:
                proven.append(wish)
    finally:
        # What was answered before the connection broke is no more in doubt.
        _settle(house, lease, proven, refused)
    return _told(box, len(proven), refused)


def _ready(house: House, box: Postbox, lease: Lease) -> list[MarkWish]:
    """What is due, but for what a dead worker may be at still."""
    with house.db.read() as tx:
        if not halts.may_write(tx, box.name):
            return []
        due = mark_wishes.due(tx, box.name, now=house.clock(), limit=MARKS_A_PASS)
    return [wish for wish in due if wish.sent is None or _grace_is_over(house, lease, wish)]


def _where(
    house: House, box: Postbox, lease: Lease, wishes: Collection[MarkWish]
) -> tuple[dict[int, Place], frozenset[Place]]:
    """Where the mails of these wishes lie, by message; and places that can't be relied on now."""
    places = _lying(house, wishes)
    looked = set_back.look(house, box, lease, itertools.chain.from_iterable(places.values()))
    if not looked.held:
        places = _lying(house, wishes)
    return {message: at[0] for message, at in places.items() if at}, looked.unread


def _lying(house: House, wishes: Collection[MarkWish]) -> dict[int, tuple[Place, ...]]:
    with house.db.read() as tx:
        return sightings.lying(tx, (wish.message_id for wish in wishes))


def _shows_already(before: MarkWish, wish: MarkWish) -> bool:
    """The mail shows what is wanted, and no command that may come late says otherwise."""
    return before.sent is None and wish.sent == wish.shown


def _grace_is_over(house: House, lease: Lease, wish: MarkWish) -> bool:
    """As for moves: no command of a dead or paused owner can be under way any more."""
    if wish.sent_at is None:
        return True
    since = max(wish.sent_at, lease.taken_over_from_until or wish.sent_at)
    return since + timedelta(seconds=house.policy.grace_seconds) <= house.clock()


def _set(house: House, box: Postbox, lease: Lease, wish: MarkWish, place: Place | None) -> str:
    """The command itself; the code of what stood against it, or "".

    Raises: Conflict: `lease.lost`. TryLater.
    """
    if place is None:
        return NO_MAIL
    # The server asks for no fence, so whose time is over gives no command.
    leases.require_time(lease, now=house.clock())
    names, marks = house.policy.marks.book.own, mark_wishes.words(wish.sent or "")
    change = MarkChange(
        add=tuple(names[mark] for mark in OwnMark if mark in marks),
        remove=tuple(names[mark] for mark in OwnMark if mark not in marks),
    )
    try:
        return "" if box.set_marks(place, change) else NO_MAIL
    except (Refused, Conflict) as exc:
        return exc.code


def _settle(
    house: House, lease: Lease, proven: list[MarkWish], refused: list[tuple[MarkWish, str]]
) -> None:
    """Raises: Conflict: `lease.lost`."""
    if not proven and not refused:
        return
    now = house.clock()
    with house.db.write() as tx:
        mark_wishes.done_many(tx, proven, lease=lease, now=now)
        for wish, code in refused:
            wait = next_try(wish.tries + 1, house.backoff)
            again = None if wait is None else now + timedelta(seconds=wait)
            mark_wishes.put_off(tx, wish, error_code=code, next_try_at=again, lease=lease, now=now)


def _told(box: Postbox, done: int, refused: list[tuple[MarkWish, str]]) -> Written:
    if done:
        log.info("marks.written", postbox=box.name, mails=done)
    for code, mails in Counter(code for _, code in refused).items():
        log.warning("marks.put_off", postbox=box.name, mails=mails, code=code)
    return Written(done=done, put_off=len(refused))
