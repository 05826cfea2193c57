"""Alarms and their all-clears on the way to people: by mail, and as signed webhooks.

Whoever notes an alarm orders its messages in the same commit, so that none is lost with a crash and
none is told twice. They are outgoing rows of a kind of their own, and leave while writing is
stopped, too: they tell of it. A name and a number, never content, never a person.
Source: F60; own decision 0068.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from typing import Final

from rules.errors import Refused
from rules.event_types import ALARM_TYPES
from rules.local_day import BERLIN
from rules.machine_mail import LOOP_HEADER
from rules.outgoing import OutgoingKind
from store.database.engine import Tx
from store.sending import outgoing
from store.sending.outgoing import NewOutgoing, Outgoing
from triage.house import House
from triage.ports import HookOutlet, MailOutlet
from triage.sending import posting
from triage.watch import alarm_words

CLAIM_SECONDS: Final = 360
"""As for answers (send.CLAIM_SECONDS): longer than the longest delivery."""

_BEGINS, _ENDS = ALARM_TYPES


@dataclass(frozen=True, slots=True)
class Ways:
    """How alarms leave this process: the house's mail outlet, and the named webhooks."""

    mail: MailOutlet
    hooks: Mapping[str, HookOutlet] = field(default_factory=dict)


def order(house: House, tx: Tx, about: str, *, stands: bool, number: int) -> None:
    """One message to each receiver, in the transaction that notes the alarm."""
    now, plan = house.clock(), house.policy.alarms
    targets = [("mail", one) for one in plan.mail] + [("hook", one) for one in plan.webhooks]
    for way, to in targets:
        key = f"{OutgoingKind.ALARM}-{about}-{int(stands)}-{int(now.timestamp() * 1000)}-{way}-{to}"
        payload = {"about": about, "stands": stands, "number": number, "way": way, "to": to}
        outgoing.order(tx, NewOutgoing(OutgoingKind.ALARM, key, payload), now=now)


def round_(house: House, ways: Ways, worker: str) -> int:
    """Deliver what is due; how many left.

    A dead letter is like others: it stands in `outbox list`, and is itself an alarm.
    """
    return posting.post_due(
        house,
        OutgoingKind.ALARM,
        partial(_hand_over, house, ways),
        worker=worker,
        lease_seconds=CLAIM_SECONDS,
    )


def _hand_over(house: House, ways: Ways, row: Outgoing) -> str:
    to = row.payload["to"]
    if row.payload["way"] == "mail":
        sender = house.policy.alarms.sender
        return ways.mail.send(sender, to, _letter(row, sender=sender))
    hook = ways.hooks.get(to)
    if hook is None:
        raise Refused("webhook.unknown", "the configuration has no such webhook any more")
    return hook.post(row.idempotency_key, _body(row))


def _letter(row: Outgoing, *, sender: str) -> bytes:
    """The same bytes at each try. Source: RFC 5322; RFC 3834 section 5 (Auto-Submitted).

    Numbers come again after a restore, and a server may drop a second mail of one Message-ID.
    """
    said = row.payload
    word, when = ("Alarm", "Seit") if said["stands"] else ("Entwarnung", "Vorbei seit")
    at: datetime = row.created_at.astimezone(BERLIN)
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"] = sender, said["to"]
    letter["Subject"] = f"[Postlotse] {word}: {said['about']}"
    letter["Date"] = format_datetime(at)
    letter["Message-ID"] = (
        f"<alarm-{row.id}.{int(row.created_at.timestamp())}@{sender.partition('@')[2]}>"
    )
    letter["Auto-Submitted"] = "auto-generated"
    letter[LOOP_HEADER] = "1"
    lines = (
        f"{word}: {said['about']}",
        *alarm_words.said(said["about"], stands=said["stands"]),
        "",
        *([f"Anzahl: {said['number']}"] if said["stands"] else []),
        f"{when}: {at:%d.%m.%Y %H:%M} Uhr",
    )
    letter.set_content("\n".join(lines) + "\n")
    return letter.as_bytes()


def _body(row: Outgoing) -> bytes:
    """Source: Standard Webhooks 1.0.0, "Payload structure"."""
    said = row.payload
    body = {
        "type": _BEGINS if said["stands"] else _ENDS,
        "timestamp": row.created_at.isoformat(),
        "data": {"about": said["about"], "number": said["number"]},
    }
    return json.dumps(body, separators=(",", ":")).encode()
