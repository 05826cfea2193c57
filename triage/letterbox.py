"""Station 1 for mail that a mail server hands over: kept before the server is told "250".

A server whose "250" got lost delivers the very same bytes again, to the same recipient. That
is the same message: it is counted as seen again, answered as before, and kept once.
Source: RFC 1047; own decision 0026.
"""

from hashlib import sha256

import structlog

from rules.postbox import Delivered
from store import arrivals, audit, keeping
from store.keeping import Arrival
from triage.house import House

log = structlog.get_logger()


def keep(house: House, delivered: Delivered) -> None:
    """Keep one delivery; durable when it returns. Idempotent. Sorting comes later.

    Raises: TryLater: `store.away`. Conflict: `store.conflict`: the same delivery is just being
    kept; the next try finds it.
    """
    now = house.clock()
    recipient = delivered.recipient.lower()
    key = delivery_key(delivered)
    with house.db.write() as tx:
        message_id = arrivals.seen_again(tx, key)
        is_new = message_id is None
        if message_id is None:
            arrival = Arrival(
                data=delivered.data,
                received_at=now,
                source="smtp",
                postbox=recipient,
                region=house.directory.by_mailbox(recipient).region,
                delivery_key=key,
            )
            message_id = keeping.keep(tx, arrival, now=now).message_id
        audit.add(
            tx,
            "door",
            action="mail.kept" if is_new else "mail.seen_again",
            subject=f"message:{message_id}",
            details={"sha256": sha256(delivered.data).hexdigest()},
            at=now,
        )
    log.info("mail.delivered", message=message_id, seen="first" if is_new else "again")


def delivery_key(delivered: Delivered) -> str:
    """What makes a repetition the same: the bytes, the sender and the recipient."""
    digest = sha256(delivered.data)
    for part in (delivered.sender, delivered.recipient.lower()):
        # Fixed-length parts: no sender and recipient run together into another pair.
        digest.update(sha256(part.encode("utf-8")).digest())
    return digest.hexdigest()
