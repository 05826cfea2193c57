"""Whoever sees something of a mail leaves an entry in the trail, before it is shown.

Source: F52 ("reads of content logged"); own decision 0093.
"""

from collections.abc import Mapping, Sequence

from rules.access import Caller
from store.database.engine import Tx
from store.trail import audit
from triage.house import House


def note(
    house: House, tx: Tx, caller: Caller, message_id: int, details: Mapping[str, object]
) -> None:
    """Enter that the caller sees a mail, or the part that `details` name by code or number.

    In the caller's transaction, which commits before anything is shown.
    """
    audit.add(
        tx,
        caller.name,
        action="mail.read",
        subject=f"message:{message_id}",
        details=details,
        at=house.clock(),
    )


def note_list(house: House, caller: Caller, subject: str, message_ids: Sequence[int]) -> None:
    """Senders and subjects of these mails, on one page of a list; an empty page tells nothing.

    `subject` is whose list: "agency:435". Raises: TryLater: `store.away`.
    """
    if not message_ids:
        return
    with house.db.write() as tx:
        audit.add(
            tx,
            caller.name,
            action="list.read",
            subject=subject,
            details={"messages": list(message_ids)},
            at=house.clock(),
        )
