"""The waiting line, one item in full, and the clerk's deeds on it."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from api.schemas.base import In, Out
from api.schemas.mails import MaybeVerdict
from api.schemas.tasks import TaskOut
from rules.authentication import Outcome
from rules.codes import Concern, PaymentRelevant
from rules.identity import Check, Writer
from rules.item import CloseReason, EakteState, ItemState
from rules.scan import ScanState
from rules.sender_hints import Hint

Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1000,
        examples=["Arbeitgeberanfrage, gehört in den Arbeitgeber-Service."],
    ),
]


class ClaimOut(Out):
    """The right to write on one item; the token goes into `X-Lease-Token` of every write."""

    item_id: int = Field(examples=[1284])
    lease_token: str = Field(validation_alias="token", examples=["m3Zt0k9bQ4uVwA"])
    lease_until: datetime = Field(examples=["2026-11-25T09:15:00Z"])


class LeaseOut(Out):
    """The new end of a lease."""

    lease_until: datetime = Field(examples=["2026-11-25T09:30:00Z"])


class ItemOut(Out):
    """One item of the waiting line. Who holds it is not shown."""

    id: int = Field(examples=[1284])
    message_id: int = Field(examples=[40721])
    agency_code: str | None = Field(examples=["435"])
    region: str = Field(examples=["Südwest"])
    team: str = Field(examples=["EZ"])
    folder: str = Field(examples=["435 Kassel/AU"])
    channel: str = Field(examples=["freie_email"])
    first_concern: str = Field(examples=["au"])
    payment: str = Field(examples=["yes"])
    eakte: EakteState = Field(examples=["owed"])
    state: ItemState = Field(examples=["waiting"])
    review: bool
    due_on: date | None = Field(examples=["2026-11-26"])
    received_at: datetime = Field(examples=["2026-11-25T08:02:11Z"])
    hops: int = Field(examples=[0])
    parked_until: date | None = Field(examples=[None])
    lease_until: datetime | None = Field(examples=[None])
    version: int = Field(examples=[3])
    language: str = Field(examples=["de"])
    alert: str = Field(examples=[""])
    closed_at: datetime | None = Field(examples=[None])
    close_reason: str | None = Field(examples=[None])


class ListedOut(Out):
    """An item in a list, with what a clerk recognises the mail by."""

    item: ItemOut
    sender: str = Field(examples=["erika.muster@post.example"])
    subject: str = Field(examples=["Krankmeldung"])


class ItemPage(Out):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[ListedOut]
    next_cursor: str | None = Field(examples=["aToxMjg0"])


class MessageOut(Out):
    """The ledger's row of the mail."""

    id: int = Field(examples=[40721])
    sha256: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    postbox: str | None = Field(examples=["SC-Südwest"])
    sender: str = Field(examples=["erika.muster@post.example"])
    subject: str = Field(examples=["Krankmeldung"])
    received_at: datetime = Field(examples=["2026-11-25T08:02:11Z"])
    state: str = Field(examples=["sorted"])
    size_bytes: int = Field(examples=[48211])


class AttachmentOut(Out):
    """One attachment, named and measured, never opened."""

    name: str = Field(examples=["AU_Bescheinigung.pdf"])
    content_type: str = Field(examples=["application/pdf"])
    size_bytes: int = Field(examples=[41022])
    path: str = Field(examples=["1.2"])
    inline: bool


class BodyOut(Out):
    """The text, cut at its seams; in this order it is the whole text."""

    new: str = Field(examples=["Guten Tag,\nich bin bis 04.12. krankgeschrieben."])
    quoted: str
    signature: str
    disclaimer: str


class ParsedOut(Out):
    """What could be read out of the mail. Plain text only: HTML is shown by the desk, sanitised."""

    subject: str = Field(examples=["Krankmeldung"])
    sender: str = Field(examples=["erika.muster@post.example"])
    sender_name: str = Field(examples=["Erika Muster"])
    recipients: list[str] = Field(examples=[["kassel.ez@arbeitsagentur.example"]])
    sent_at: datetime | None
    body: BodyOut
    attachments: list[AttachmentOut]
    defects: list[str]


class GateOut(Out):
    """One condition before closing."""

    code: str = Field(examples=["eakte_receipt"])
    text: str = Field(examples=["Quittung der eAkte steht aus"])
    done: bool
    must: bool


class StepOut(Out):
    """One entry of the item's story, without content."""

    at: datetime
    text: str = Field(examples=["In die Warteschlange gelegt"])
    code: str = Field(examples=["mail.sorted"])


class OtherItemOut(Out):
    """Another open item of the same sender or the same conversation; never merged."""

    item_id: int = Field(examples=[1290])
    received_at: datetime
    first_concern: str = Field(examples=["bearbeitungsstand"])
    state: str = Field(examples=["waiting"])
    same_thread: bool = Field(description="Of the same conversation, by the ids in the heads.")


class SettledItemOut(Out):
    """An item of the same sender that was closed within fourteen days."""

    item_id: int = Field(examples=[1211])
    closed_at: datetime
    first_concern: str = Field(examples=["au"])
    close_reason: str = Field(examples=["handed_over"])
    same_concern: bool = Field(description="It was about the same: perhaps settled already.")


class ReplyTroubleOut(Out):
    """The last answer did not arrive: why by code, and the other server's status, if any."""

    outgoing_id: int = Field(examples=[871])
    text_id: str = Field(examples=["au.eingang"])
    code: str = Field(examples=["reply.bounced"])
    status: str = Field(examples=["5.1.1"])
    at: datetime


class MarkOut(Out):
    """A mark that somebody set on the mail in Outlook, and what became of it."""

    name: str = Field(examples=["Erledigt"])
    at: datetime
    gone_at: datetime | None = Field(description="When it was found taken off again.")
    outcome: str = Field(examples=["receipt_missing"])
    text: str = Field(examples=["nicht ausgeführt: die eAkte-Quittung fehlte"])
    is_open: bool = Field(description="Asked for and not done: a person decides.")


class CheckedOut(Out):
    """What our own mail servers found out about the sender; `untold` where they said nothing."""

    spf: Outcome = Field(examples=["pass"])
    dkim: Outcome = Field(examples=["pass"])
    dmarc: Outcome = Field(examples=["fail"])


class SenderOut(Out):
    """Hints for a person about who sent the mail. They decide nothing, and codes are added."""

    is_outside: bool = Field(description="The address is none of the house's.")
    hints: list[Hint] = Field(examples=[["sender.names_the_house"]])
    checked: CheckedOut


class ScanOut(Out):
    """`unscanned`: nobody can say, and `name` is why; never take it for clean."""

    state: ScanState = Field(examples=["infected"])
    name: str = Field(examples=["Win.Test.EICAR"])


class NoteOut(Out):
    """Why it was parked, returned or forwarded last, in the words of who did it."""

    text: str = Field(examples=["Ruft morgen wegen der fehlenden Seite noch einmal an."])
    about: str = Field(examples=["item.parked"])
    at: datetime


class DraftPlaceOut(Out):
    """Where a draft leaves the approved text; its own words are counted, not told."""

    before: str = Field(description="Approved words before it.", examples=["Sie an: 0000 1234567."])
    missing: str = Field(description="Approved words that the draft has not.", examples=["Mit"])
    surplus: int = Field(description="How many words the draft has instead.", examples=[3])


class DraftOut(Out):
    """An answer that somebody laid into a folder of the postbox, and that was not taken."""

    folder: str = Field(examples=["Antworten"])
    code: str = Field(examples=["reply.differs"])
    text_id: str = Field(description="What it is most like; or empty.", examples=["au.eingang"])
    places: list[DraftPlaceOut]
    at: datetime


class OnlyHeadOut(Out):
    """Nothing but the head of the mail was fetched; its text and files are to be read in Outlook.

    The hand-over is refused then (`mail.head_only`): a written reason stands for the receipt.
    """

    reason: str = Field(
        description="`mail.too_large` or `mail.mime_broken`.", examples=["mail.too_large"]
    )
    size_bytes: int = Field(description="Of the whole mail.", examples=[62914560])
    postbox: str = Field(examples=["SC-Südwest"])
    folder: str = Field(
        description="Where the mail lies, or empty where nobody knows.",
        examples=["435 Kassel/Sonstiges"],
    )


class NamedAgencyOut(Out):
    """An agency in charge at places that the text names: a hint for who forwards it, no decision.

    The places may as well be a job's, a clinic's or a trip's.
    """

    code: str = Field(examples=["231"])
    name: str = Field(examples=["Göttingen"])
    places: list[str] = Field(examples=[["Duderstadt"]])


class HandedRecordOut(Out):
    """One of the records that a mail was handed over to; null: without a number."""

    kundennummer: str | None = Field(examples=["123A456789"])
    state: str = Field(description="As of an outgoing row.", examples=["receipted"])


class ItemDetailOut(Out):
    """All that the desk shows of one item. `mail` is null after deletion."""

    item: ItemOut
    message: MessageOut
    mail: ParsedOut | None
    verdict: MaybeVerdict
    gates: list[GateOut]
    story: list[StepOut]
    others: list[OtherItemOut]
    settled: list[SettledItemOut]
    handover_error: str
    close_blocked_because: str
    corrected: bool
    reply_trouble: ReplyTroubleOut | None
    writer: Writer = Field(examples=["self"])
    checks: list[Check] = Field(examples=[["address_compared"]])
    alarm_words: list[str]
    marks: list[MarkOut]
    tasks: list[TaskOut]
    sender: SenderOut
    scans: dict[str, ScanOut] = Field(
        description="What the scanner said of each attachment, by `path`; empty without scanner.",
        examples=[{"1.2": {"state": "infected", "name": "Win.Test.EICAR"}}],
    )
    programs: list[str] = Field(
        description="The `path` of each attachment that is a program or holds macros, by its name.",
        examples=[["1.2"]],
    )
    note: NoteOut | None = Field(description="What whoever had it last left for the next.")
    kontaktcodes: dict[str, str] = Field(
        description="Of each concern the Kontaktcode it is counted under, where configured.",
        examples=[{"au": "4711"}],
    )
    records: list[HandedRecordOut] = Field(
        description="The records that a person named for the hand-over; else empty."
    )
    drafts: list[DraftOut] = Field(description="Answers laid into the postbox and not taken.")
    only_head: OnlyHeadOut | None = Field(
        description="Set where nothing but the head of the mail is here; null for a whole mail."
    )
    in_trial: bool = Field(
        description="Nothing leaves for the mails of its postbox yet: hand-over, answers and tasks"
        " are refused (`postbox.not_full`)."
    )
    named_agencies: list[NamedAgencyOut] = Field(
        description="Of an open item without an agency: five at most, in the order of the text."
    )


class CorrectionIn(In):
    """What the clerk says instead of the machine; a reason where payment goes down to `no`."""

    concerns: list[Concern] = Field(min_length=1, max_length=8, examples=[["bearbeitungsstand"]])
    payment_relevant: PaymentRelevant = Field(examples=["no"])
    kundennummer: str | None = Field(default=None, max_length=20, examples=["123A456789"])
    reason: str = Field(
        default="", max_length=1000, examples=["Reine Nachfrage, keine Änderung der Verhältnisse."]
    )


class ParkIn(In):
    """Lay the item aside until the morning of a local day."""

    until: date = Field(
        examples=["2026-12-02"],
        description="A free day moves on to the next Arbeitstag of the agency.",
    )
    reason: Reason


class ReasonIn(In):
    """A reason, kept for good. It holds no data of the customer."""

    reason: Reason


class ForwardIn(In):
    """The agency that is in charge instead."""

    agency_code: str = Field(min_length=1, max_length=20, examples=["411"])
    reason: Reason


class HopsOut(Out):
    """How often the item has changed hands between teams and agencies."""

    hops: int = Field(examples=[1])


class HandoverIn(In):
    """Whether the item closes by itself when the receipt comes, and into whose records it goes."""

    kundennummern: list[str] | None = Field(
        default=None,
        max_length=50,
        description="Of the numbers in the mail those whose records it goes into, each with a"
        " package and a receipt of its own; `[]`: without a number. Null: as the verdict has it.",
        examples=[None],
    )

    close_when_received: bool = Field(default=False, examples=[True])


class OrderedOut(Out):
    """The outgoing row that was ordered, or that was there already."""

    outgoing_id: int = Field(examples=[871])


class CheckIn(In):
    """What was compared before a text that discloses."""

    check: Check = Field(examples=["address_compared"])


class CloseIn(In):
    """Why the item is done; figures count by it."""

    reason: CloseReason = Field(examples=["answered"])
