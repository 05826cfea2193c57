"""Whose turn it is to leave: no way out holds up another.

One thread sends all. A mail server that hangs takes a minute of each answer, and where thousands
wait, a hand-over would leave after days. So the kinds take turns, and a way that is shut or slow
has no more turns in this round. Source: own decision 0140.
"""

from datetime import timedelta
from typing import Final

import structlog

from rules.errors import Conflict, TryLater
from rules.outgoing import OutgoingKind
from store.sending.outgoing import Outgoing
from triage import send
from triage.house import House
from triage.send import Ended, Outlets

BATCH: Final = 20
"""Rows sent before receipts are looked for again. Own decision 0024."""

SLOW: Final = timedelta(seconds=20)
"""A worker that takes longer for one row has had its turn; but hand-overs go on. Own decision 0140.
"""

log = structlog.get_logger()


def deliver_due(house: House, outlets: Outlets, worker: str) -> int:
    """Deliver what is due, `BATCH` rows at most; how many left."""
    kinds, last, sent = outlets.kinds, "", 0
    for _ in range(BATCH):
        row = _next_row(house, kinds, last, worker)
        if row is None:
            break
        begun, last = house.clock(), row.kind
        ended = _delivered(house, outlets, row)
        sent += ended is Ended.LEFT
        is_slow = last != OutgoingKind.EAKTE and house.clock() - begun > SLOW
        if ended is Ended.SHUT or is_slow:
            kinds = tuple(kind for kind in kinds if kind != last)
    return sent


def _next_row(house: House, kinds: tuple[str, ...], last: str, worker: str) -> Outgoing | None:
    """Of another kind than the last one where such a row is due; else of the same."""
    others = tuple(kind for kind in kinds if kind != last)
    row = send.claim_due(house, others, worker=worker) if others else None
    if row is None and last in kinds:
        row = send.claim_due(house, (last,), worker=worker)
    return row


def _delivered(house: House, outlets: Outlets, row: Outgoing) -> Ended:
    """One row that breaks the sender becomes a dead letter and never stops the next."""
    try:
        return send.deliver(house, outlets, row)
    except TryLater:
        raise
    except Conflict as exc:
        # The receipt was faster than our note of the sending, or the claim ran out.
        log.info("outgoing.overtaken", kind=row.kind, outgoing=row.id, code=exc.code)
    except Exception as exc:
        log.exception("outgoing.broken", kind=row.kind, outgoing=row.id)
        send.give_up(house, row, getattr(exc, "code", "bug"))
    return Ended.OTHERWISE
