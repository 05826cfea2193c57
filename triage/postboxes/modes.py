"""How far a postbox has come on its way from watching to working. Source: own decision 0069."""

from rules.errors import Refused
from store.database.engine import Tx
from store.mails import ledger
from store.upkeep import postbox_names
from triage.house import House


def sends(house: House, tx: Tx, postbox: str | None) -> bool:
    """Whether answers, hand-overs and tasks leave for mail of that postbox; None: it has none.

    A door that runs on while a postbox gets another name knows it by the old one. Decision 0141.
    """
    held = {box.name for box in house.policy.postboxes if not box.sends}
    if not held or postbox is None:
        return True
    known = postbox in {box.name for box in house.policy.postboxes}
    names = (postbox,) if known else (postbox, *postbox_names.former(tx, postbox))
    return held.isdisjoint(names)


def require_sends(house: House, tx: Tx, message_id: int) -> None:
    """Refuse what would leave the house for a mail whose postbox is not in mode `full`.

    Mail that came by the door or the API, or whose postbox no configuration names any more, is
    not held back. In the transaction of the order. Raises: Refused: `postbox.not_full`.
    """
    postbox = ledger.message(tx, message_id).postbox
    if not sends(house, tx, postbox):
        raise Refused(
            "postbox.not_full",
            f"{postbox} is in trial: nothing leaves for its mails. Remedy: work on it as before, or"
            ' set mode = "full".',
            postbox=postbox,
        )
