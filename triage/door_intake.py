"""Station 1 for mail that a mail server hands over: kept before the server is told "250".

A server whose "250" got lost delivers the very same bytes again, to the same recipient. That
is the same message: it is counted as seen again, answered as before, and kept once.
An empty envelope sender tells notifications from people's mail: it is written on top of them.
Source: RFC 1047; RFC 5321 section 4.4; own decisions 0026, 0114.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

import structlog

from rules.postbox import Delivered
from store.database.engine import Tx
from store.mails import arrivals, keeping
from store.mails.keeping import Arrival
from store.trail import audit
from store.trail.audit import Note
from triage.house import House

_FIELD: Final = b"return-path:"
_NULL_SENDER: Final = b"Return-Path: <>\r\n"

log = structlog.get_logger()


def keep_all(house: House, delivered: Sequence[Delivered]) -> None:
    """Keep deliveries in one commit; durable when it returns. Idempotent. Sorting comes later.

    Raises: TryLater: `store.away`. Conflict: `store.conflict`: one of them is just being kept by
    another process; the next try finds it. Nothing is kept then.
    """
    with house.db.write() as tx:
        found = _keep(house, tx, [(delivery_key(one), one) for one in delivered])
    for message_id, seen in found:
        log.info("mail.delivered", message=message_id, seen=seen)


def _keep(house: House, tx: Tx, keyed: Sequence[tuple[str, Delivered]]) -> list[tuple[int, str]]:
    """Message, and whether it is seen "first" or "again", for each delivery."""
    first: dict[str, Delivered] = {}
    later: list[tuple[str, Delivered]] = []
    for key, one in keyed:
        if first.setdefault(key, one) is not one:
            later.append((key, one))
    now = house.clock()
    known = arrivals.seen_again_many(tx, first)
    new = [key for key in first if key not in known]
    made = keeping.keep_many(tx, [_arrival(house, key, first[key], now) for key in new], now=now)
    ids = known | {key: kept.message_id for key, kept in zip(new, made, strict=True)}
    audit.add_many(
        tx,
        "door",
        [
            Note(
                "mail.seen_again" if key in known else "mail.kept",
                f"message:{ids[key]}",
                {"sha256": sha256(_as_kept(one)).hexdigest()},
            )
            for key, one in first.items()
        ],
        at=now,
    )
    found = [(ids[key], "again" if key in known else "first") for key in first]
    # The same twice at the same moment: the second is a repetition of the first.
    return found + (_keep(house, tx, later) if later else [])


def _arrival(house: House, key: str, delivered: Delivered, now: datetime) -> Arrival:
    recipient = delivered.recipient.lower()
    return Arrival(
        data=_as_kept(delivered),
        received_at=now,
        source="smtp",
        postbox=recipient,
        region=house.directory.by_mailbox(recipient).region,
        delivery_key=key,
    )


def _as_kept(delivered: Delivered) -> bytes:
    """The bytes as received; under an empty sender with the line that final delivery adds.

    Source: RFC 5321 sections 4.4, 4.5.5; own decision 0114.
    """
    if delivered.sender or delivered.data[: len(_FIELD)].lower() == _FIELD:
        return delivered.data
    return _NULL_SENDER + delivered.data


def delivery_key(delivered: Delivered) -> str:
    """What makes a repetition the same: the bytes, the sender and the recipient."""
    digest = sha256(delivered.data)
    for part in (delivered.sender, delivered.recipient.lower()):
        # Fixed-length parts: no sender and recipient run together into another pair.
        digest.update(sha256(part.encode("utf-8")).digest())
    return digest.hexdigest()
