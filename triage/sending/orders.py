"""The outgoing rows of a hand-over as they are ordered: one, or one for each named record."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from rules.errors import Refused
from rules.item import EakteState
from rules.outgoing import OutgoingKind
from rules.reasons import SHORTEST, is_too_short
from rules.records import Record
from rules.records import chosen as choose
from rules.records import left_out as leaves_out
from store.database.engine import Tx
from store.desk.items import Item
from store.mails import ledger
from store.mails.verdicts import StoredVerdict
from store.sending import outgoing
from store.sending.outgoing import NewOutgoing, Outgoing
from triage.house import House
from triage.sending import records


def new(
    house: House,
    tx: Tx,
    item: Item,
    verdict: StoredVerdict | None,
    numbers: Sequence[str] | None,
    *,
    left_out: str | None = None,
) -> list[NewOutgoing]:
    """The rows to be ordered, in the order of the numbers in the mail.

    `numbers` None: those that were named for the same verdict before, else the verdict's one.
    `left_out` is why the others were not named; it stands in the payload of the first row. None: a
    program that gives no reason. Raises: Refused: `item.left_out`, and as rules/records.py.
    """
    counting = records.newest(outgoing.of_item(tx, item.id))
    chosen = choose(
        _body(verdict),
        _named_before(counting, verdict) if numbers is None else numbers,
    )
    why = ""
    if numbers is not None and left_out is not None and leaves_out(_body(verdict), chosen):
        why = _written(left_out)
    ids = {row.id for row in counting}
    while _is_of_before(tx, _key(tx, item, verdict, chosen[0]), ids, chosen[0]):
        # What was named, left for others, and is named again is another deed.
        chosen = tuple(replace(one, choice=f"{one.choice}.") for one in chosen)
    first, *others = (_row(house, tx, item, verdict, record) for record in chosen)
    if why:
        first = replace(first, payload={**first.payload, records.LEFT_OUT: why})
    return [first, *others]


def _body(verdict: StoredVerdict | None) -> Mapping[str, Any]:
    return verdict.body if verdict else {}


def _written(reason: str) -> str:
    said = reason.strip()
    if is_too_short(said):
        raise Refused(
            "item.left_out",
            f"Some Kundennummern in the mail are left out. Say why in at least {SHORTEST}"
            " characters, or name them, too.",
            shortest=SHORTEST,
        )
    return said


def are_more(tx: Tx, item: Item, rows: Iterable[NewOutgoing]) -> bool:
    """Whether the receipt is here, and others were named since: then more is owed."""
    return item.eakte is EakteState.RECEIVED and any(
        records.CHOICE in one.payload and outgoing.of_key(tx, one.idempotency_key) is None
        for one in rows
    )


def _named_before(counting: Sequence[Outgoing], verdict: StoredVerdict | None) -> list[str] | None:
    verdict_id = verdict.id if verdict else None
    named = [row for row in counting if records.is_named(row)]
    if not named or named[0].payload["verdict_id"] != verdict_id:
        return None
    return [number for number in records.numbers(named) if number]


def _is_of_before(tx: Tx, key: str, counting: set[int], record: Record) -> bool:
    """Whether it was ordered by a choice that another one has replaced."""
    row = outgoing.of_key(tx, key) if record.choice else None
    return row is not None and row.id not in counting


def _row(
    house: House, tx: Tx, item: Item, verdict: StoredVerdict | None, record: Record
) -> NewOutgoing:
    payload: dict[str, Any] = {
        "verdict_id": verdict.id if verdict else None,
        "agency": _agency_of(house, item),
    }
    if record.choice:
        payload |= {records.NUMBER: record.number, records.CHOICE: record.choice}
    return NewOutgoing(
        kind=OutgoingKind.EAKTE,
        idempotency_key=_key(tx, item, verdict, record),
        payload=payload,
        item_id=item.id,
        message_id=item.message_id,
    )


def _key(tx: Tx, item: Item, verdict: StoredVerdict | None, record: Record) -> str:
    """One hand-over of one verdict; with the content, as numbers come again after a restore.

    To an agency that the verdict doesn't name (forwarded, moved by hand) it is another one, and so
    it is to each record that a person names; no number is in it, as anybody may read it.
    """
    content = ledger.message(tx, item.message_id).sha256
    told = verdict.body.get("agency", {}).get("code") if verdict else None
    if item.agency_code != told:
        content = sha256(f"{content}/{item.agency_code}".encode()).hexdigest()
    if record.choice:
        content = sha256(f"{content}/{record.choice}/{record.mark}".encode()).hexdigest()
    return f"eakte-{item.message_id}-{verdict.id if verdict else 0}-{content[:12]}"


def _agency_of(house: House, item: Item) -> dict[str, str | None]:
    """Where the item is worked on: a clerk may know better than the verdict."""
    agency = house.directory.agency(item.agency_code)
    return {"code": item.agency_code, "name": agency.name if agency else None}
