"""A mail on which work begins again, though a person may have taken it out of its postbox since."""

from datetime import datetime

from rules.ledger import LedgerState
from store.database.engine import Tx
from store.mails import ledger
from store.places import sightings


def open_again(tx: Tx, message_id: int, *, reason: str, now: datetime) -> None:
    """It is `sorted`; where it lies nowhere any more, `gone` right after. Own decision 0030.

    A look at the folders calls a mail gone once, and one that was done then stayed done. In the
    transaction that opens its item. Raises: Refused: `mail.unknown`. Conflict: `ledger.step`.
    """
    ledger.set_state(tx, message_id, LedgerState.SORTED, reason=reason, now=now)
    if sightings.has_left(tx, message_id):
        ledger.take_out(tx, message_id, now=now)
