"""Comparing who writes, before a text that discloses may go. The clerk says so."""

from rules import identity
from rules.access import Caller
from rules.errors import Refused
from rules.identity import Check, Writer
from rules.mail import ParsedMail
from rules.texts.approved import Text
from store.database.engine import Tx
from store.desk import checks
from store.desk.items import Item
from triage.desk import transitions
from triage.doorkeeper import workable_item
from triage.house import House


def record(house: House, caller: Caller, item_id: int, token: str, check: Check) -> None:
    """The clerk has compared the address, or the authority lies before her. Idempotent.

    Raises: Refused: `item.unknown`. Conflict: `item.lease_stale`.
    """
    now = house.clock()
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=now)
        if checks.add(tx, item_id, check, actor=caller.name, now=now):
            transitions.note(tx, caller, item, action=f"item.{check.value}", now=now)


def writer_of(mail: ParsedMail | None) -> Writer:
    """Who seems to write, by subject and new text; what is quoted was written by others."""
    return identity.writer_of(f"{mail.subject}. {mail.body.new}") if mail else Writer.SELF


def is_allowed(house: House, text: Text) -> bool:
    """Whether the house sends a text like this at all. Source: own decision 0051."""
    return house.policy.discloses_after_check or not text.discloses


def require_allowed(house: House, text: Text) -> None:
    """Raises: Refused: `text.discloses`: approved while the house allowed it, and no longer."""
    if not is_allowed(house, text):
        raise Refused(
            "text.discloses", f"{text.id} discloses; replies.disclosing must allow that first."
        )


def require_checked(tx: Tx, item: Item, mail: ParsedMail | None) -> None:
    """For a text that discloses. Raises: Refused: `reply.identity_unchecked`: not all compared."""
    done = checks.of_item(tx, item.id)
    identity.require_checked(writer_of(mail), done)
