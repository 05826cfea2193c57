"""Signed webhooks: events of the feed ordered as outgoing rows, delivered by a loop of their own.

Own rows, own claims: a receiver that hangs never holds up answers and hand-overs. At least once,
in no certain order; the receiver drops doubles by `webhook-id`. Own decision 0050.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from rules.errors import Refused
from rules.outgoing import OutgoingKind
from store.database.engine import Tx
from store.sending import outgoing, outgoing_claims
from store.sending.outgoing import NewOutgoing, Outgoing
from store.trail import audit, events
from store.trail.events import Reach
from triage.events import as_json
from triage.house import House
from triage.ports import HookOutlet
from triage.sending import posting
from triage.sending.posting import Turn

ORDER_BATCH: Final = 200
"""How many events are ordered at once; none while as many wait for that receiver: what waits
behind them stands in the feed, where no other receiver's rows are looked for. Decision 0050."""
CLAIM_SECONDS: Final = 240
"""Longer than the longest exchange: to look up the name, to connect, and three times as long for
all the rest, 30 s each at most (settings/hooks.py; own decision 0050)."""
KEPT_DAYS: Final = 7
"""Delivered rows are kept that long, for questions; then they go."""
FORGET_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Subscription:
    """One receiver: its name (part of keys, never change it), what it hears, and the way there."""

    name: str
    reach: Reach
    outlet: HookOutlet


def round_(house: House, subscriptions: tuple[Subscription, ...], worker: str) -> int:
    """Order what is new, post what is due; the number of both."""
    done = sum(order(house, one) for one in subscriptions)
    by_name = {one.name: one for one in subscriptions}
    begins = tuple(outgoing_claims.begins(OutgoingKind.WEBHOOK, name) for name in by_name)
    # Each in its turn: one that hangs, or is slow with a thousand rows before it, costs the others
    # one wait a round. Last, what is of a receiver that left the configuration.
    turns = [Turn(of=(begin,), seconds=posting.TURN_SECONDS) for begin in begins]
    for turn in [*turns, Turn(none_of=begins)]:
        done += posting.post_due(
            house,
            OutgoingKind.WEBHOOK,
            partial(_post, by_name),
            worker=worker,
            lease_seconds=CLAIM_SECONDS,
            dead=partial(_note_dead, house),
            turn=turn,
        )
    return done + _forget(house)


def order(house: House, subscription: Subscription) -> int:
    """Put the next events of a subscription into the outgoing rows; how many.

    A new subscription begins with what happens from now on. Two workers at once order each
    event once: its row is known by its key.
    """
    name, now = subscription.name, house.clock()
    begin = outgoing_claims.begins(OutgoingKind.WEBHOOK, name)
    with house.db.write() as tx:
        after = events.reached(tx, name)
        if after is None:
            events.reach(tx, name, events.tail(tx), now=now)
            return 0
        waiting = outgoing_claims.waiting(tx, OutgoingKind.WEBHOOK, begin, limit=ORDER_BATCH)
        if waiting >= ORDER_BATCH:
            return 0
        page = events.page(tx, subscription.reach, after=after, limit=ORDER_BATCH)
        for event in page.events:
            # With the seal: who has an event drops what comes under its key, also after a restore.
            key = f"{begin}{event.seq}-{event.seal}"
            payload = {"subscription": name, "event": as_json(event)}
            outgoing.order(tx, NewOutgoing(OutgoingKind.WEBHOOK, key, payload), now=now)
        if page.cursor != after:
            events.reach(tx, name, page.cursor, now=now)
    return len(page.events)


def _post(subscriptions: dict[str, Subscription], row: Outgoing) -> str:
    subscription = subscriptions.get(row.payload["subscription"])
    if subscription is None:
        raise Refused("webhook.unknown", "the configuration has no such webhook any more")
    return subscription.outlet.post(row.idempotency_key, body_of(row))


def body_of(row: Outgoing) -> bytes:
    """The same bytes at each try. Source: Standard Webhooks 1.0.0, "Payload structure"."""
    event = row.payload["event"]
    body = {"type": event["type"], "timestamp": event["at"], "data": event}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _note_dead(house: House, tx: Tx, row: Outgoing, code: str) -> None:
    audit.add(
        tx,
        "worker",
        action="webhook.dead",
        subject=f"webhook:{row.payload['subscription']}",
        details={"outgoing": row.id, "code": code},
        at=house.clock(),
    )


def _forget(house: House) -> int:
    before = house.clock() - timedelta(days=KEPT_DAYS)
    with house.db.write() as tx:
        outgoing.forget_webhooks(tx, before=before, limit=FORGET_BATCH)
    return 0
