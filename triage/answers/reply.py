"""Answers: which approved texts fit, how one would read, and ordering one to be sent.

Nothing leaves that is not, word for word, the approved version (promise 5): the outgoing row
holds id, version, hash and values, and the letter is made from the shelf when it leaves.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from ingest.parse import parse
from outbox import compose
from rules import sent_id
from rules.access import Caller, Permission
from rules.codes import Channel, Concern
from rules.errors import Conflict, Refused
from rules.mail import ParsedMail
from rules.placename import fold
from rules.reply_policy import ReplyRule, by_mail, may_reply, require_room
from rules.texts import approved as text_rules
from rules.texts import second_text
from rules.texts.approved import Rendered, Text
from rules.texts.language import Language
from rules.texts.placeholders import Value, plain_values, read_values
from rules.texts.second_text import Second
from rules.verdict import Facts
from store.approved import text_versions
from store.approved.texts import TextShelf
from store.database.engine import Tx
from store.desk.items import Item
from store.mails import ledger, originals, verdicts
from store.sending import outgoing, reply_room
from store.sending.outgoing import NewOutgoing, Outgoing
from store.trail import audit
from triage.answers import reply_text
from triage.answers.reply_text import Wanted, Wording
from triage.desk import identity
from triage.doorkeeper import visible_item, workable_item
from triage.house import House
from triage.postboxes import modes


@dataclass(frozen=True, slots=True)
class Proposals:
    """Fitting texts, best first, and whether an answer is allowed at all (R10).

    `seconds` are all that may stand below one of them, `suggested` what the mail's language says.
    """

    rule: ReplyRule
    texts: tuple[Text, ...]
    seconds: tuple[Text, ...] = ()
    suggested: Language | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The answer that a clerk or machine chose.

    `values` fill the gaps that the house doesn't know. `body`, where given, is what the caller
    believes to send; it is compared word by word and never sent itself. `second` stands below.
    """

    text_id: str
    version: int
    values: Mapping[str, str]
    body: str | None = None
    second: Second | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished answer, ready for a mail outlet."""

    envelope_from: str
    recipient: str
    data: bytes


def proposals(house: House, caller: Caller, item_id: int) -> Proposals:
    """The texts offered for an item; empty where the rule forbids an answer."""
    with house.db.read() as tx:
        item = visible_item(caller, tx, item_id, Permission.READ_ITEM)
        channel, concerns, facts = _verdict(tx, item)
        rule = may_reply(channel, concerns)
        if rule.allowed and by_mail(channel, ""):
            mail = parse(ledger.original(tx, item.message_id), house.layouts)
            rule = by_mail(channel, _filled_in(mail)) or rule
    if not rule.allowed:
        return Proposals(rule, ())
    day = house.today()
    valid = house.shelf().valid(day, item.region)
    shelf = [text for text in valid if identity.is_allowed(house, text)]
    found = text_rules.proposals(
        shelf, channel=channel, concerns=concerns, facts=facts, day=day, region=item.region
    )
    below = tuple(one for text in found for one in reply_text.seconds(house, item, text))
    return Proposals(rule, found, below, second_text.suggested(item.language))


def defaults(house: House, caller: Caller, item_id: int, text_id: str) -> dict[str, str]:
    """Values for the gaps of a text that the house knows, as they are typed (TT.MM.JJJJ)."""
    with house.db.read() as tx:
        item = visible_item(caller, tx, item_id, Permission.READ_ITEM)
    text = house.shelf().get(text_id)
    known = reply_text.house_values(house, item)
    return plain_values({name: known[name] for name in text.gaps if name in known})


def preview(
    house: House, caller: Caller, item_id: int, wanted: Wanted, values: Mapping[str, str]
) -> Rendered:
    """The letter as it would leave. Raises: Refused: `text.placeholder_*`, `text.unknown`."""
    with house.db.read() as tx:
        item = visible_item(caller, tx, item_id, Permission.READ_ITEM)
    chosen = reply_text.wording(house, house.shelf(), item, wanted)
    filled = reply_text.checked_values(house, item, chosen.first, values)
    return reply_text.rendered(chosen, filled)


def order(house: House, caller: Caller, item_id: int, token: str, choice: Choice) -> int:
    """Put an answer into the outgoing rows, under the lease; the id of the row.

    If the choice's body differs by one word from the approved text, nothing is sent. The same
    answer ordered twice on one item is sent once; one that ended badly is tried again.
    Raises: Conflict: `reply.differs` with the differences in details, `text.version` if
    another version is approved now. Refused: `reply.forbidden` (R10), `reply.recipient`,
    `reply.portal`, `reply.too_many` (F10), `reply.identity_unchecked` (N19), `text.no_second`,
    `postbox.not_full`.
    """
    shelf = house.shelf()
    with house.db.read() as tx:
        message_id = visible_item(caller, tx, item_id, Permission.WORK_ITEM).message_id
        data = ledger.original(tx, message_id)
    # Before the write: a mail of 40 MB takes 0.4 s to read, and SQLite has one writer.
    mail = parse(data, house.layouts)
    with house.db.write() as tx:
        item = workable_item(caller, tx, item_id, token=token, now=house.clock())
        return place(house, tx, item, choice, mail=mail, shelf=shelf, by=caller.name)


def place(  # noqa: PLR0913 - what is answered, with what, from which shelf, by whom
    house: House,
    tx: Tx,
    item: Item,
    choice: Choice,
    *,
    mail: ParsedMail,
    shelf: TextShelf,
    by: str,
) -> int:
    """The order itself, in the caller's transaction; who calls has checked whose item it is.

    `mail` is the one that is answered. Nothing is written where it raises. Raises: as `order`.
    """
    modes.require_sends(house, tx, item.message_id)
    _require_allowed(tx, item)
    wanted = Wanted(choice.text_id, choice.version, choice.second)
    chosen = reply_text.wording(house, shelf, item, wanted)
    if any(text.discloses for text in chosen.texts):
        identity.require_checked(tx, item, mail)
    filled = reply_text.checked_values(house, item, chosen.first, choice.values)
    _require_same_words(reply_text.rendered(chosen, filled), choice.body)
    to = recipient(item, mail, sender=ledger.message(tx, item.message_id).sender)
    payload = reply_text.named(shelf, chosen) | _payload(house, item, filled, to=to)
    key = _key(tx, item, chosen, filled)
    _require_room(house, tx, item, to, but_key=key)
    row = _put(house, tx, NewOutgoing("reply", key, payload, item.id, item.message_id), chosen)
    audit.add(
        tx,
        by,
        action="reply.ordered",
        subject=f"message:{item.message_id}",
        details=_told(item, chosen) | {"outgoing": row},
        at=house.clock(),
    )
    return row


def _put(house: House, tx: Tx, new: NewOutgoing, chosen: Wording) -> int:
    """The row of the answer; a new one counts as a use of its texts."""
    if outgoing.of_key(tx, new.idempotency_key) is None:
        for text in chosen.texts:
            text_versions.used(tx, text.id, text.version, day=house.today())
    row = outgoing.order(tx, new, now=house.clock())
    if outgoing.get(tx, row).state in outgoing.ENDED_BADLY:
        # Who orders once more what could not be sent, or came back, means: try again.
        outgoing.replay(tx, row, now=house.clock())
    return row


def letter(house: House, row: Outgoing) -> Letter:
    """The letter of an outgoing row, made from the approved text when it leaves.

    Raises: Refused: `text.unknown` or `text.changed`: the version is no longer what was
    approved when the clerk chose it; `text.retired`: it was withdrawn since; `text.expired`: its
    last day is over, the mail server was away for so long; `text.discloses`; `mail.deleted`.
    """
    today = house.today()
    for shelved in reply_text.kept(house, row.payload):
        if shelved.retired_on is not None:
            raise Refused("text.retired", f"{shelved.text.id} was withdrawn; choose another text.")
        if shelved.text.valid_to < today:
            raise Refused(
                "text.expired",
                f"{shelved.text.id} was valid until {shelved.text.valid_to}; choose another text.",
                valid_to=shelved.text.valid_to,
            )
        identity.require_allowed(house, shelved.text)
    return sent_letter(house, row)


def sent_letter(house: House, row: Outgoing) -> Letter:
    """The letter once more, byte for byte, also of a text that was retired since it left.

    Raises: as `letter`, but for `text.retired`.
    """
    payload = row.payload
    if row.message_id is None:
        raise AssertionError("an answer belongs to a message")
    # First: with the mail's content the payload went, too.
    with house.db.read() as tx:
        original = parse(ledger.original(tx, row.message_id), house.layouts)
    first, *rest = [shelved.text for shelved in reply_text.kept(house, payload)]
    chosen = Wording(first, rest[0] if rest else None)
    data = compose.reply(
        reply_text.rendered(chosen, read_values(payload["values"])),
        original=original,
        recipient=payload["recipient"],
        sender=compose.Mailbox(payload["from_name"], payload["from_address"]),
        date=datetime.fromisoformat(payload["ordered_at"]),
        message_id=f"<{sent_id.of(row.id, row.idempotency_key)}>",
    )
    return Letter(payload["from_address"], payload["recipient"], data)


def _verdict(tx: Tx, item: Item) -> tuple[Channel, tuple[Concern, ...], Facts]:
    latest = verdicts.latest(tx, item.message_id)
    body = latest.body if latest else {}
    concerns = tuple(Concern(found["code"]) for found in body.get("concerns", ()))
    attachments = body.get("attachments", {})
    facts = Facts(
        attachment_announced=bool(attachments.get("announced")),
        attachment_present=bool(attachments.get("present")),
    )
    return Channel(item.channel), concerns or (Concern(item.first_concern),), facts


def _require_allowed(tx: Tx, item: Item) -> None:
    channel, concerns, _ = _verdict(tx, item)
    rule = may_reply(channel, concerns)
    if not rule.allowed:
        raise Refused(
            "reply.forbidden",
            f"No answer is provided for a mail of this channel and these concerns ({rule.source}).",
            source=rule.source,
        )


def _require_same_words(rendered: Rendered, body: str | None) -> None:
    differences = () if body is None else text_rules.compare(rendered, body)
    if differences:
        raise Conflict(
            "reply.differs",
            f"The answer differs from the approved text in {len(differences)} place(s).",
            differences=[asdict(difference) for difference in differences],
        )


def recipient(item: Item, mail: ParsedMail, *, sender: str) -> str:
    """The customer's address: of a form the one that was filled in, else where the mail came from.

    `sender` is that of the ledger. All forms of the portal come from one address, which nobody
    reads. Raises: Refused: `reply.recipient`, `reply.portal`.
    """
    filled_in = _filled_in(mail)
    if rule := by_mail(Channel(item.channel), filled_in):
        raise Refused(
            "reply.portal",
            "What came by a form or portal without an address of its writer is not answered by"
            f" mail; answer it where it was written ({rule.source}).",
            channel=item.channel,
        )
    return compose.usable_recipient(filled_in or sender)


def _filled_in(mail: ParsedMail) -> str:
    """The address that its writer put into a form, or ""."""
    return mail.form.get("email").strip() if mail.form else ""


def _require_room(house: House, tx: Tx, item: Item, to: str, *, but_key: str) -> None:
    since = house.clock() - timedelta(days=1)
    sender = ledger.message(tx, item.message_id).sender
    require_room(reply_room.ordered_to(tx, to, sender=sender, since=since, but_key=but_key))


def _told(item: Item, chosen: Wording) -> dict[str, object]:
    """What the trail says of the choice."""
    first, second = chosen.first, chosen.second
    below = {"second": second.id} if second else {}
    return {"item": item.id, "text": first.id, "version": first.version} | below


def _payload(
    house: House, item: Item, values: Mapping[str, Value], *, to: str
) -> dict[str, object]:
    agency = house.directory.agency(item.agency_code)
    name = agency.name if agency else "Postlotse"
    return {
        "values": plain_values(values),
        "recipient": to,
        "from_address": house.policy.reply_from.format(agency=_mailbox_name(name)),
        "from_name": house.policy.reply_name.format(agency=name),
        "ordered_at": house.clock().isoformat(),
    }


def _mailbox_name(agency_name: str) -> str:
    """The agency's name as its mailbox spells it: umlauts spelled out, no blanks.

    Source: facts section 5 (Place@arbeitsagentur.de, umlauts spelled out).
    """
    return re.sub(r"[^a-z0-9-]+", "-", fold(agency_name)).strip("-")


def _key(tx: Tx, item: Item, chosen: Wording, values: Mapping[str, Value]) -> str:
    """One answer of one mail in the same words; with the content, as for hand-overs.

    Its end stands in the Message-ID, by which reports and copies are known (rules/sent_id.py).
    """
    content = ledger.message(tx, item.message_id).sha256
    filled = "|".join(f"{k}={v}" for k, v in sorted(plain_values(values).items()))
    named = "|".join(f"{text.id}|{text.version}" for text in chosen.texts)
    digest = originals.fingerprint(f"{named}|{filled}|{content}".encode())[:16]
    return f"reply-{item.message_id}-{digest}"
