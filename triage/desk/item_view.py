"""One item as a clerk sees it: mail, verdict, gates, what else is open. Reading it is audited."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ingest import origin
from ingest.html import sanitize
from rules import danger, sender_hints
from rules.access import Caller, Permission
from rules.codes import Channel, Concern
from rules.errors import Refused
from rules.identity import Check, Writer
from rules.item import EakteState, ItemState, receipt_missing
from rules.mail import ParsedMail
from rules.outgoing import OutgoingKind
from rules.reply_policy import may_reply
from rules.scan import Scan, is_program
from rules.sender_hints import NOTHING_SEEN, SenderSeen
from store.acts import marks_seen, reply_drafts
from store.database.engine import Tx
from store.desk import checks
from store.desk.items import Item, case_of
from store.mails import ledger, verdicts
from store.mails.ledger import Message
from store.sending import outgoing
from store.sending.outgoing import Outgoing
from store.tables.ledger import OutgoingState
from store.trail import audit
from triage import heads
from triage.answers import conversation, draft_view, returned
from triage.answers.conversation import OtherItem, SettledItem
from triage.answers.draft_view import DraftShown
from triage.desk import access_trail, identity, named_places, scanning
from triage.desk.named_places import NamedAgency
from triage.desk.story import WORDS, NoteLeft, Step, note_left, steps
from triage.doorkeeper import visible_item
from triage.heads import OnlyHead
from triage.house import House
from triage.marks import view as mark_view
from triage.marks.view import MarkShown
from triage.postboxes import modes
from triage.sending import records
from triage.sending import words as outgoing_words
from triage.sending.records import RecordShown
from triage.tasks import OrderedTask, of_rows

DEAD = OutgoingState.DEAD
_BY_PEOPLE = frozenset({"clerk", "confirmed", "turned_down", "outlook"})
"""Sources of verdicts that correct the machine's, whether or not they may teach."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition on the way to closing, beside the buttons. `text` is German.

    `code` is stable: eakte_receipt, review, reply_optional, reply_forbidden, outlook_mark.
    """

    code: str
    text: str
    done: bool
    must: bool


@dataclass(frozen=True, slots=True)
class ReplyTrouble:
    """The last answer did not arrive: why by code, and the other server's status ("5.1.1") or "".

    `at` is when it was given up or came back (aware UTC).
    """

    outgoing_id: int
    text_id: str
    code: str
    status: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemView:
    """All that the desk and `GET /v1/items/{id}` show. `mail` is None after deletion.

    `writer` is a hint who writes; `checks` what was compared; `alarm_words` what rings of danger.
    `held_by_caller` also where the caller's token is in another browser.
    `verdict` is the public JSON of rules/verdict.py; `handover_error` the eAkte's reason, if
    the last hand-over was rejected; `close_blocked_because` empty where closing is free.
    """

    item: Item
    message: Message
    mail: ParsedMail | None
    verdict: dict[str, Any]
    gates: tuple[Gate, ...]
    story: tuple[Step, ...]
    others: tuple[OtherItem, ...]
    handover_error: str
    close_blocked_because: str
    corrected: bool
    held_by_caller: bool = False
    reply_trouble: ReplyTrouble | None = None
    writer: Writer = Writer.SELF
    checks: frozenset[Check] = frozenset()
    alarm_words: tuple[str, ...] = ()
    marks: tuple[MarkShown, ...] = ()
    tasks: tuple[OrderedTask, ...] = ()
    records: tuple[RecordShown, ...] = ()
    """The records that a person named for the hand-over."""
    left_out: str = ""
    """Why she left other numbers of the mail out."""
    scans: Mapping[str, Scan] = field(default_factory=dict)
    """What the scanner says of each attachment, by path; empty where none is configured."""
    sender: SenderSeen = NOTHING_SEEN
    """What is noticed about who sent it; hints for a person, which decide nothing."""
    settled: tuple[SettledItem, ...] = ()
    """What of the same sender was closed lately."""
    note: NoteLeft | None = None
    """Why it was parked, returned or forwarded last."""
    kontaktcodes: Mapping[str, str] = field(default_factory=dict)
    """Under which Kontaktcode each of its concerns is counted, where one is configured."""
    drafts: tuple[DraftShown, ...] = ()
    """Answers laid into a folder of the postbox that were not taken."""
    only_head: OnlyHead | None = None
    """Why nothing but the head of the mail is here, and where the mail lies."""
    named_agencies: tuple[NamedAgency, ...] = ()
    """Of an item without an agency: where the places lead that its text names. A hint, no fact."""
    handover_dead: bool = False
    """The last hand-over was given up on this side: the eAkte has said nothing."""

    in_trial: bool = False
    """Nothing leaves for the mails of its postbox yet."""

    @property
    def by_hand(self) -> bool:
        """The eAkte gets the mail from a person: no hand-over can be ordered here."""
        return self.only_head is not None or self.in_trial

    @property
    def programs(self) -> tuple[str, ...]:
        """Paths of the attachments that a double click would run, by their names."""
        files = self.mail.attachments if self.mail else ()
        return tuple(file.path for file in files if is_program(file.name))


def view(house: House, caller: Caller, item_id: int) -> ItemView:
    """Show one item, and note the reading in the trail.

    Raises: Refused: `item.unknown`, also where the caller may not see it.
    """
    with house.db.write() as tx:
        item = visible_item(caller, tx, item_id, Permission.READ_ITEM)
        audit.add(
            tx,
            caller.name,
            action="item.read",
            subject=f"message:{item.message_id}",
            details={"item": item.id},
            at=house.clock(),
        )
    with house.db.read() as tx:
        found = _view(house, caller, tx, item)
    return replace(found, scans=scanning.look(house, item.message_id, found.mail))


def _view(house: House, caller: Caller, tx: Tx, item: Item) -> ItemView:
    message = ledger.message(tx, item.message_id)
    latest = verdicts.latest(tx, item.message_id)
    rows = outgoing.of_item(tx, item.id)
    body = latest.body if latest else {}
    content = _content(house, tx, message)
    mail = content.mail
    sender = "" if conversation.shared_sender(mail) else message.sender
    marks = mark_view.shown(marks_seen.of_message(tx, message.id), item.state)
    story = steps(audit.of_subject(tx, f"message:{message.id}", actions=WORDS))
    failed = _last_handover(rows) if item.eakte is EakteState.REJECTED else None
    is_dead = failed is not None and failed.state is DEAD
    return ItemView(
        item=item,
        message=message,
        mail=mail,
        verdict=body,
        gates=(*_gates(item, body, rows), *_mark_gates(marks)),
        story=story,
        others=conversation.others(caller, tx, item, sender),
        settled=conversation.settled(caller, tx, item, sender, now=house.clock()),
        handover_error=_handover_error(failed),
        handover_dead=is_dead,
        close_blocked_because=_blocked(item, dead=is_dead),
        corrected=latest is not None and latest.source in _BY_PEOPLE,
        held_by_caller=item.state is ItemState.HELD and item.holder == caller.name,
        reply_trouble=_reply_trouble(rows),
        writer=identity.writer_of(mail),
        checks=checks.of_item(tx, item.id),
        alarm_words=danger.in_mail(mail.subject, mail.body.new) if mail else (),
        marks=marks,
        tasks=of_rows(rows),
        records=records.shown(rows),
        left_out=records.why_left_out(rows),
        sender=_sender(house, content),
        note=note_left(item.note, story),
        kontaktcodes=_kontaktcodes(house, body),
        drafts=draft_view.shown(
            reply_drafts.of_item(tx, item.id), folder=house.policy.drafts_folder
        ),
        only_head=heads.lying(tx, message, content.only_head) if content.only_head else None,
        in_trial=not modes.sends(house, tx, message.postbox),
        named_agencies=named_places.of_item(house, item, message, mail, verdict=body),
    )


def _kontaktcodes(house: House, body: Mapping[str, Any]) -> dict[str, str]:
    codes = house.policy.kontaktcodes
    found = (Concern(one["code"]) for one in body.get("concerns", ()))
    return {concern.value: codes[concern] for concern in found if concern in codes}


def safe_html(house: House, caller: Caller, item_id: int) -> str:
    """The mail's HTML, sanitised: no script, no style, nothing remote. Empty if it has none.

    The read is audited: the address of the frame can be asked for without the page around it.
    Raises: Refused: `item.unknown`.
    """
    with house.db.read() as tx:
        item = visible_item(caller, tx, item_id, Permission.READ_ITEM)
        mail = _content(house, tx, ledger.message(tx, item.message_id)).mail
    with house.db.write() as tx:
        item = visible_item(caller, tx, item_id, Permission.READ_ITEM)
        access_trail.note(house, tx, caller, item.message_id, {"item": item_id, "part": "html"})
    return sanitize(mail.html) if mail and mail.html else ""


@dataclass(frozen=True, slots=True)
class _Content:
    """What is kept of a mail, and what was read out of it; None after deletion.

    `only_head` is why there is no body (rules/head_only.py), or "".
    """

    original: bytes | None
    mail: ParsedMail | None
    only_head: str


def _content(house: House, tx: Tx, message: Message) -> _Content:
    try:
        original = ledger.original(tx, message.id)
    except Refused:
        return _Content(None, None, "")
    only_head = heads.why(message, original)
    return _Content(original, heads.read(house, original, only_head=only_head), only_head)


def _sender(house: House, content: _Content) -> SenderSeen:
    original, mail = content.original, content.mail
    if original is None or mail is None or not mail.sender:
        return NOTHING_SEEN
    told = origin.read(original)
    return sender_hints.look(mail.sender, mail.sender_name, told, house.policy.trust)


def _gates(item: Item, body: dict[str, Any], rows: tuple[Outgoing, ...]) -> tuple[Gate, ...]:
    gates = []
    if item.eakte is not EakteState.NONE:
        missing = receipt_missing(case_of(item))
        waived = item.eakte is EakteState.WAIVED
        word = "eAkte: begründet verzichtet" if waived else "eAkte-Quittung"
        gates.append(Gate("eakte_receipt", word, done=not missing, must=True))
    if item.review:
        gates.append(Gate("review", "Einordnung prüfen", done=False, must=False))
    concerns = [Concern(found["code"]) for found in body.get("concerns", ())]
    if may_reply(Channel(item.channel), concerns).allowed:
        answered = any(row.kind == OutgoingKind.REPLY and row.state is not DEAD for row in rows)
        word = "Antwort beauftragt" if answered else "Antwort freiwillig"
        gates.append(Gate("reply_optional", word, done=answered, must=False))
    else:
        gates.append(Gate("reply_forbidden", "Keine Antwort vorgesehen", done=True, must=False))
    return tuple(gates)


def _mark_gates(marks: tuple[MarkShown, ...]) -> tuple[Gate, ...]:
    """What a mark in Outlook asked for and did not get: a person decides."""
    if not any(mark.is_open for mark in marks):
        return ()
    return (Gate("outlook_mark", "In Outlook markiert: entscheiden", done=False, must=False),)


def _blocked(item: Item, *, dead: bool) -> str:
    if not receipt_missing(case_of(item)):
        return ""
    if item.eakte is EakteState.SENT:
        return "Die eAkte-Quittung steht aus."
    if dead:
        return "Die Übergabe an die eAkte ging nicht hinaus."
    if item.eakte is EakteState.REJECTED:
        return "Die eAkte hat die Übergabe abgelehnt."
    return "Der Vorgang ist zahlungsrelevant und noch nicht an die eAkte übergeben."


def _handover_error(rejected: Outgoing | None) -> str:
    if rejected is None:
        return ""
    told = (rejected.receipt or {}).get("reason") or outgoing_words.why(rejected.error_code)
    return str(told or f"nicht zustellbar ({rejected.error_code})")


def _last_handover(rows: tuple[Outgoing, ...]) -> Outgoing | None:
    """Of several records the one that was turned down."""
    counting = records.newest(rows)
    bad = (row for row in counting if row.state in outgoing.ENDED_BADLY)
    return next(bad, counting[-1] if counting else None)


def _reply_trouble(rows: tuple[Outgoing, ...]) -> ReplyTrouble | None:
    """Of the last answer only: who answered again has settled the one before."""
    last = next((row for row in reversed(rows) if row.kind == OutgoingKind.REPLY), None)
    if last is None or last.state is not DEAD:
        return None
    came_back = last.error_code == returned.BOUNCED
    status = str((last.receipt or {}).get("status", "")) if came_back else ""
    text_id = str(last.payload.get("text_id", ""))
    return ReplyTrouble(last.id, text_id, last.error_code, status, last.done_at or last.created_at)
