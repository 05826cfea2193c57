"""Alarms and their all-clears on the way to people: by mail, and as signed webhooks.

Whoever notes an alarm orders its messages in the same commit, so that none is lost with a crash and
none is told twice. They are outgoing rows of a kind of their own, and leave while writing is
stopped, too: they tell of it. A name and a number, never content, never a person.
Source: F60; own decision 0068.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import structlog

from rules.backoff import next_try
from rules.errors import HouseError, Refused, TryLater
from rules.machine_mail import LOOP_HEADER
from store import outgoing, outgoing_claims
from store.engine import Tx
from store.outgoing import NewOutgoing, Outgoing
from triage.house import BERLIN, House
from triage.ports import HookOutlet, MailOutlet

KIND: Final = "alarm"
BATCH: Final = 20
"""Messages of one round. Own decision 0024."""
CLAIM_SECONDS: Final = 360
"""As for answers (send.CLAIM_SECONDS): longer than the longest delivery."""

_BEGINS, _ENDS = "house.alarm", "house.alarm_over"

log = structlog.get_logger()


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
        key = f"{KIND}-{about}-{int(stands)}-{int(now.timestamp() * 1000)}-{way}-{to}"
        payload = {"about": about, "stands": stands, "number": number, "way": way, "to": to}
        outgoing.order(tx, NewOutgoing(KIND, key, payload), now=now)


def round_(house: House, ways: Ways, worker: str) -> int:
    """Deliver what is due; how many left. One receiver that is away holds up no other."""
    done = 0
    for _ in range(BATCH):
        with house.db.write() as tx:
            rows = outgoing_claims.claim(
                tx,
                kinds=(KIND,),
                worker=worker,
                now=house.clock(),
                limit=1,
                lease_seconds=CLAIM_SECONDS,
            )
        if not rows:
            break
        done += _delivered(house, ways, rows[0])
    return done


def _delivered(house: House, ways: Ways, row: Outgoing) -> int:
    try:
        answer = _hand_over(house, ways, row)
    except TryLater as exc:
        _again(house, row, exc.code)
        return 0
    except HouseError as exc:
        _give_up(house, row, exc.code)
        return 0
    with house.db.write() as tx:
        outgoing_claims.sent(tx, row.id, fence=row.fence, answer=answer, now=house.clock())
    log.info("outgoing.sent", kind=row.kind, outgoing=row.id)
    return 1


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
    word = "Alarm" if said["stands"] else "Entwarnung"
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
    letter.set_content(
        f"{word}: {said['about']}\nAnzahl: {said['number']}\nSeit: {at:%d.%m.%Y %H:%M} Uhr\n\n"
        "Was zu tun ist, sagen `postlotse doctor` und /health/ready unter diesem Namen.\n"
    )
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


def _again(house: House, row: Outgoing, code: str) -> None:
    wait = next_try(row.tries, house.backoff)
    if wait is None:
        _give_up(house, row, code)
        return
    log.warning("outgoing.later", kind=row.kind, outgoing=row.id, code=code)
    at = house.clock() + timedelta(seconds=wait)
    with house.db.write() as tx:
        outgoing_claims.later(tx, row.id, fence=row.fence, error_code=code, next_try_at=at)


def _give_up(house: House, row: Outgoing, code: str) -> None:
    """A dead letter like others: it stands in `outbox list`, and is itself an alarm."""
    log.error("outgoing.dead", kind=row.kind, outgoing=row.id, code=code)
    with house.db.write() as tx:
        outgoing_claims.dead(tx, row.id, fence=row.fence, error_code=code, now=house.clock())
