"""Two messages that may be one mail, once whole and once by its head, where nothing proves it.

Exchange counts sizes its own way, and may write heads anew. Such a pair is kept as two, told in log
and trail, and named on the page "Vollzähligkeit" until a person has ended one of them.
Source: own decision 0132.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

import structlog

from ingest.archive import received_at
from ingest.head_only import HEAD_LIMIT_BYTES, head_of
from ingest.parse import parse
from rules import access
from rules.access import Caller, Permission
from rules.errors import Refused
from rules.ledger import LedgerState
from rules.postbox import Fetched, TooLarge
from store.database.engine import Tx
from store.desk import items
from store.mails import ledger, same_mail
from store.trail import audit
from store.trail.audit import Note
from store.upkeep import postbox_names
from triage.house import House
from triage.known import same_head
from triage.ports import INBOX

MOST: Final = 1_000
"""Of each postbox, the first that are open. Own decision 0132."""

_PAGE: Final = 1_000

_OPEN: Final = frozenset({LedgerState.KEPT, LedgerState.SORTED})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pair:
    """Numbers of two messages of a postbox, the older one first, and of their items, if any."""

    postbox: str
    message_id: int
    other_id: int
    item_id: int | None = field(default=None, compare=False)
    other_item_id: int | None = field(default=None, compare=False)


def note(
    tx: Tx, new: Iterable[tuple[Fetched | TooLarge, int]], *, postbox: str, now: datetime
) -> None:
    """Name those of the new messages that another one may be, in the transaction that keeps them.

    Only what `same_head` could not prove comes as far as this.
    """
    large = [one for one in new if same_head.may_be_known(one[0])]
    if not large:
        return
    comes_two_ways = same_mail.came_another_way(
        tx, postbox, folder=INBOX, epoch=large[0][0].place.epoch
    ) or same_mail.has_archive(tx, postbox)
    for mail, message_id in large:
        # Whole mail is mostly large by its attachments, and there is nothing to look for.
        if isinstance(mail, Fetched) and not comes_two_ways:
            continue
        head = head_of(mail.kept[:HEAD_LIMIT_BYTES])
        others = same_mail.of_message_id(
            tx,
            postbox,
            parse(head).message_id,
            at=[mail.received_at, received_at(head, at_most=now)],
            within=same_head.A_DAY,
            size_bytes=mail.size_bytes,
            is_whole=isinstance(mail, TooLarge),
        )
        _tell(tx, [(other, message_id) for other in others], postbox=postbox, now=now)


def listing(house: House, caller: Caller) -> tuple[Pair, ...]:
    """Pairs in the caller's postboxes of which nobody has ended one yet, oldest first.

    Raises: Refused: `access.denied`. TryLater: `store.away`.
    """
    access.require(caller, Permission.READ_FIGURES)
    plans = house.policy.postboxes
    boxes = [one.name for one in plans if access.may_see_region(caller, one.region)]
    with house.db.read() as tx:
        return tuple(pair for box in boxes for pair in islice(_open_pairs(tx, box), MOST))


def _open_pairs(tx: Tx, postbox: str) -> Iterator[Pair]:
    """However many were ended before them, also under the postbox's former names."""
    for name in (postbox, *postbox_names.former(tx, postbox)):
        after = 0
        while entries := audit.listing(tx, after=after, limit=_PAGE, subject=_subject(name)):
            for entry in entries:
                number, other = entry.details["message"], entry.details["other"]
                if _is_open(tx, number, other):
                    yield Pair(postbox, number, other, _item(tx, number), _item(tx, other))
            after = entries[-1].id


def _item(tx: Tx, message_id: int) -> int | None:
    found = items.of_message(tx, message_id)
    return found.id if found else None


def _tell(tx: Tx, pairs: list[tuple[int, int]], *, postbox: str, now: datetime) -> None:
    notes = [
        Note("mail.perhaps_twice", _subject(postbox), {"message": other, "other": message_id})
        for other, message_id in pairs
    ]
    audit.add_many(tx, "worker", notes, at=now)
    for other, message_id in pairs:
        log.warning("mail.perhaps_twice", postbox=postbox, message=message_id, other=other)


def _is_open(tx: Tx, *numbers: int) -> bool:
    """Not where one of them was lost: the page names that, too."""
    try:
        return all(ledger.message(tx, number).state in _OPEN for number in numbers)
    except Refused:
        return False


def _subject(postbox: str) -> str:
    return f"perhaps_twice:{postbox}"
