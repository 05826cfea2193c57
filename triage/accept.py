"""Mail that is handed in instead of being fetched, and mail that is only judged."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from ingest.parse import parse
from rules.access import (
    Caller,
    Permission,
    may,
    may_see_region,
    may_work_agency,
    require,
)
from rules.errors import Refused, TryLater
from rules.verdict import as_json
from store.database.engine import Tx
from store.desk import items
from store.desk.items import Item
from store.mails import heads, keeping, ledger, verdicts
from store.mails.keeping import Arrival
from store.trail import audit
from triage import deciding, rounds
from triage.desk import access_trail
from triage.house import House

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MailView:
    """Where a message stands, for automation. `verdict` is the public JSON, or None before it."""

    message_id: int
    sha256: str
    state: str
    state_reason: str
    item_id: int | None
    verdict: dict[str, Any] | None
    only_head: str = ""


def judge(house: House, data: bytes, *, mailbox: str = "") -> dict[str, Any]:
    """The verdict on these bytes as public JSON, by the rule set in force now; stores nothing."""
    mail, now = parse(data, house.layouts), house.clock()
    rules = house.rules_at(now, house.directory.by_mailbox(mailbox).region or "", len(data))
    return as_json(
        deciding.decide(house.judging, mail, received_at=now, mailbox=mailbox, rules=rules)
    )


def _promised_to_nobody(_tx: Tx, _kept: MailView) -> None:
    """Without an `Idempotency-Key` a repetition is another mail."""


def hand_in(
    house: House,
    caller: Caller,
    data: bytes,
    *,
    mailbox: str = "",
    promise: Callable[[Tx, MailView], None] = _promised_to_nobody,
) -> MailView:
    """Keep these bytes as a new message and sort it at once. Durable when it returns.

    Where the database fails between the two, the mail is `kept`, and the worker sorts it. `promise`
    is called in the commit that keeps it, with what stands then; if it raises, nothing is kept.

    Raises: Refused: `access.denied`, also where the mailbox belongs to a region out of scope.
    """
    require(caller, Permission.HAND_IN)
    now = house.clock()
    region = house.directory.by_mailbox(mailbox).region if mailbox else None
    # To give is not to see: a key that is limited to agencies may hand in for their postbox.
    if region is not None and caller.regions is not None and region not in caller.regions:
        raise Refused(
            "access.denied",
            "That mailbox belongs to a region that is not yours; use the key of that region.",
            permission=Permission.HAND_IN.value,
        )
    with house.db.write() as tx:
        kept = keeping.keep(
            tx, Arrival(data=data, received_at=now, source="api", region=region), now=now
        )
        audit.add(
            tx,
            caller.name,
            action="mail.handed_in",
            subject=f"message:{kept.message_id}",
            details={"sha256": kept.sha256, "twins": len(kept.twin_ids)},
            at=now,
        )
        at_first = _view(tx, kept.message_id)
        promise(tx, at_first)
    return _sorted(house, at_first)


def _sorted(house: House, kept: MailView) -> MailView:
    """Sort it, and how it stands then. An error now would make the caller hand it in again."""
    try:
        rounds.sort_guarded(house, kept.message_id)
        with house.db.read() as tx:
            return _view(tx, kept.message_id)
    except TryLater as exc:
        log.warning("mail.sorted_later", message=kept.message_id, code=exc.code)
        return kept


def mail(house: House, caller: Caller, message_id: int) -> MailView:
    """Where a message stands; once it is judged, the read is audited: a verdict quotes the mail.

    Raises: Refused: `mail.unknown`, also where out of scope.
    """
    with house.db.read() as tx:
        _require_visible(caller, tx, message_id)
        found = _view(tx, message_id)
    if found.verdict is not None:
        with house.db.write() as tx:
            access_trail.note(house, tx, caller, message_id, {"part": "verdict"})
    return found


def original(house: House, caller: Caller, message_id: int) -> bytes:
    """The original bytes; the read is audited. Raises: Refused: `mail.unknown`, `mail.deleted`."""
    with house.db.read() as tx:
        _require_visible(caller, tx, message_id)
        data = ledger.original(tx, message_id)
    with house.db.write() as tx:
        _require_visible(caller, tx, message_id)
        access_trail.note(house, tx, caller, message_id, {})
    return data


def _require_visible(caller: Caller, tx: Tx, message_id: int) -> None:
    """Clerks see mail of their items; automation and admins all of their scope.

    What lies aside has no agency yet; only who may replay it sees it.
    """
    message = ledger.message(tx, message_id)
    item = items.of_message(tx, message_id)
    if item is None:
        allowed = may(caller, Permission.REPLAY) or may(caller, Permission.HAND_IN)
        in_scope = may_see_region(caller, message.region)
    else:
        allowed = may(caller, Permission.READ_ITEM) or may(caller, Permission.HAND_IN)
        in_scope = may_work_agency(caller, item.agency_code, item.region)
    if not (allowed and in_scope):
        raise ledger.unknown(message_id)


def _view(tx: Tx, message_id: int) -> MailView:
    message = ledger.message(tx, message_id)
    item: Item | None = items.of_message(tx, message_id)
    latest = verdicts.latest(tx, message_id)
    return MailView(
        message_id=message.id,
        sha256=message.sha256,
        state=message.state.value,
        state_reason=message.state_reason,
        item_id=item.id if item else None,
        verdict=latest.body if latest else None,
        only_head=heads.why(tx, message_id) if message.postbox else "",
    )
