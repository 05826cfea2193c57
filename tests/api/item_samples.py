"""Invented items in all states of the desk, and the page of each without a house."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import Request, Response

from api.web.faults import Fault
from api.web.item import in_form_order
from api.web.item_page import ReplySide, item_page
from api.web.letters import letter
from api.web.render import page
from api.web.task_steps import left_to_do
from rules import authentication
from rules.access import Caller
from rules.agencies import Agency
from rules.authentication import Outcome
from rules.codes import Channel, Concern, Role
from rules.identity import Check, Writer
from rules.item import EakteState, ItemState
from rules.ledger import LedgerState
from rules.mail import Attachment, BodyParts, Form, FormField, ParsedMail
from rules.records import named_in
from rules.sender_hints import Hint, SenderSeen
from rules.texts.approved import Occasion, Text
from rules.texts.draft_words import Place
from rules.texts.language import Language
from store.acts.marks_seen import SeenMark
from store.desk.items import Item
from store.mails.ledger import Message
from store.tables.ledger import OutgoingState
from triage.answers.conversation import OtherItem, SettledItem
from triage.answers.draft_view import DraftShown
from triage.desk.attachments import may_be_drawn
from triage.desk.item_view import Gate, ItemView, ReplyTrouble, Step
from triage.desk.named_places import NamedAgency
from triage.desk.story import NoteLeft
from triage.heads import OnlyHead
from triage.marks import view as mark_view
from triage.sending.records import RecordShown

NOW = datetime(2026, 11, 23, 8, 47, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
CLERK = Caller("demo-ez-017", Role.CLERK, agencies=frozenset({"017"}))
ADMIN = Caller("demo-admin", Role.ADMIN, agencies=None)
AGENCIES = tuple(
    Agency(code, name, "RD Süd", "Bayern", "Südost", name, "00999")
    for code, name in [("017", "Lindenfurt"), ("023", "Haselmoor"), ("041", "Tannhagen")]
)

BODY = """Guten Tag,

ich habe die Bank gewechselt. Bitte überweisen Sie ab Dezember auf mein neues Konto: \
DE37 9999 9999 0123 4567 89

Außerdem bin ich seit dem 19.11.2026 krankgeschrieben, voraussichtlich bis zum 02.12.2026. \
Die Bescheinigung vom Arzt hänge ich an.

Am 25.11. um 10:30 Uhr wollte ich eigentlich vorbeikommen, das wird dann wohl nichts.
"""


def span(text: str, words: str) -> dict[str, Any]:
    """Where these words stand in the text."""
    start = text.index(words)
    return {"start": start, "end": start + len(words), "where": "body"}


def verdict(**changed: object) -> dict[str, Any]:
    """The public JSON of a verdict, three concerns, the last one unsure."""
    found = [
        (
            *("bankverbindung", 0.98, True, ["neues Konto", "DE37 9999 9999 0123 4567 89"]),
            ["fact.iban", "text.konto_neu"],
        ),
        ("au", 0.83, True, ["krankgeschrieben", "bis zum 02.12.2026"], ["subject.au_schein"]),
        ("termin", 0.61, False, ["wird dann wohl nichts"], []),
        ("beratung", 0.21, False, ["vorbeikommen"], []),
    ]
    base: dict[str, Any] = {
        "channel": "freie_email",
        "concerns": [
            {
                "code": code,
                "probability": probability,
                "announced": announced,
                "because": words,
                "spans": [span(BODY, word) for word in words],
                "recognisers": [{"name": name, "spans": []} for name in fired],
            }
            for code, probability, announced, words, fired in found
        ],
        "payment_relevant": "yes",
        "payment_because": ["bankverbindung: announced", "au: announced"],
        "facts": {
            "kundennummer": "123A456789",
            "iban": "DE37999999990123456789",
            "plz": "00999",
            "place": "Lindenfurt",
            "phone": "0000 1234567",
            "dates": {
                "au_from": "2026-11-19",
                "au_to": "2026-12-02",
                "valid_from": "2026-12-01",
            },
        },
        "attachments": {"announced": True, "present": False},
        "team": "EZ",
        "agency": {"code": "017", "name": "Lindenfurt", "how": "plz", "because": "00999"},
        "folder": "017 Lindenfurt/Bankverbindung",
        "due": "2026-11-23",
        "due_because": "Zahlungsrelevant: 1 Arbeitstag nach Eingang (Hausregel)",
        "review": True,
        "review_because": ["unsure"],
        "defects": ["charset.guessed"],
        "model": "m1",
        "rules": "r1",
    }
    return base | changed


def item(**changed: object) -> Item:
    """A held item that owes its hand-over."""
    base = Item(
        id=4711, message_id=815, agency_code="017", region="Südost", team="EZ",
        folder="017 Lindenfurt/Bankverbindung", channel="freie_email",
        first_concern="bankverbindung", payment="yes", eakte=EakteState.OWED,
        state=ItemState.HELD, review=True, due_on=TODAY, received_at=NOW - timedelta(hours=39),
        created_at=NOW - timedelta(hours=38), hops=0, parked_until=None, preferred_holder=None,
        holder=CLERK.name, lease_until=NOW + timedelta(minutes=15), version=3,
        close_when_received=False, closed_at=None, close_reason=None,
        proof_duty=False, waiver="", note="",
    )  # fmt: skip
    return replace(base, **changed)


def mail(**changed: object) -> ParsedMail:
    """A customer's mail with a quoted one below."""
    base = ParsedMail(
        subject="Krankmeldung und neue Bankverbindung",
        sender="jana.musterfeld@post.example",
        sender_name="Jana Musterfeld",
        recipients=("lindenfurt@arbeitsagentur.example",),
        sent_at=NOW - timedelta(hours=39),
        message_id="<1@post.example>",
        in_reply_to="",
        references=(),
        body=BodyParts(
            new=BODY,
            quoted="Am 16.11.2026 um 08:12 schrieb Eingangszone Lindenfurt:\n> Guten Tag",
            signature="Viele Grüße\nJana Musterfeld\n",
        ),
        html="<p>Guten Tag</p>",
    )
    return replace(base, **changed)


def message(**changed: object) -> Message:
    """The ledger's row of that mail."""
    base = Message(
        id=815, sha256="4be190c3" * 8, source="postbox", postbox="Südost", region="Südost",
        message_id="<1@post.example>", sender="jana.musterfeld@post.example",
        subject="Krankmeldung und neue Bankverbindung", received_at=NOW - timedelta(hours=39),
        kept_at=NOW - timedelta(hours=39), state=LedgerState.SORTED, state_reason="",
        state_at=NOW - timedelta(hours=38), defects=[], size_bytes=48_312,
    )  # fmt: skip
    return replace(base, **changed)


def view(**changed: object) -> ItemView:
    """All that the desk shows of one item; by default the one that owes its hand-over."""
    base = ItemView(
        item=item(),
        message=message(),
        mail=mail(),
        verdict=verdict(),
        gates=(
            Gate("review", "Anliegen entscheiden", done=False, must=False),
            Gate("eakte_receipt", "eAkte-Quittung", done=False, must=True),
            Gate("reply_optional", "Antwort freiwillig", done=False, must=False),
        ),
        story=(
            Step(NOW - timedelta(hours=39), "Eingegangen", "mail.kept"),
            Step(NOW - timedelta(minutes=4), "In Arbeit genommen", "item.claimed"),
        ),
        others=(
            OtherItem(4650, NOW - timedelta(days=2), "au", "waiting", same_thread=True),
            OtherItem(4600, NOW - timedelta(days=8), "bearbeitungsstand", "parked"),
        ),
        settled=(
            SettledItem(4500, NOW - timedelta(days=3), "bankverbindung", "handed_over", True),
            SettledItem(4400, NOW - timedelta(days=9), "termin", "answered", False),
        ),
        drafts=(
            DraftShown(
                "Antworten",
                "reply.differs",
                "termin.bestaetigt",
                (Place("wir erwarten Sie am", "[Termin].", 4), Place("", "Guten Tag,", 0)),
                NOW,
            ),
            DraftShown("Antworten", "draft.item_held", "", (), NOW),
        ),
        note=NoteLeft("Ruft morgen noch einmal an.", "item.parked", NOW - timedelta(days=1)),
        handover_error="",
        close_blocked_because="Die eAkte-Quittung steht aus.",
        corrected=False,
        marks=mark_view.shown(
            (
                SeenMark(1, 815, "Lage Süd", "note", "noted", NOW - timedelta(hours=2), NOW),
                SeenMark(2, 815, "Erledigt", "done", "receipt_missing", NOW, None),
            ),
            ItemState.HELD,
        ),
    )
    return replace(base, **changed)


def text(text_id: str = "allgemein.anlage_fehlt", **changed: object) -> Text:
    """An approved text with a gap for the house and none for the clerk."""
    base = Text(
        id=text_id, version=4, title="Anlage fehlt", short_code="AF", concerns=(), channels=(),
        regions=(), occasion=Occasion.NONE, valid_from=date(2026, 1, 1),
        valid_to=date(2027, 12, 31), source="Weisung 202404002, Nr. 3",
        subject="Ihre Nachricht vom {eingangstag}",
        body="Guten Tag,\n\nvielen Dank für Ihre Nachricht vom {eingangstag}.\n\n"
        "Mit freundlichen Grüßen\nEingangszone {agentur}\n",
        gaps=("eingangstag", "agentur"),
    )  # fmt: skip
    return replace(base, **changed)


APPOINTMENT = text(
    "termin.bestaetigt",
    title="Termin bestätigt",
    concerns=(Concern.TERMIN,),
    body="Guten Tag,\n\nwir erwarten Sie am {termin}.\n\nEingangszone {agentur}\n",
    gaps=("eingangstag", "termin", "agentur"),
)
DEFAULTS = {"eingangstag": "2026-11-21", "agentur": "Lindenfurt"}


def _seconds(first: Text) -> list[Text]:
    """Both kinds below the German text; the English one is shown."""
    return [
        replace(first, id=f"{first.id}.{language}", language=language, to_version=1)
        for language in Language
    ]


def reply(*texts: Text, chosen: str = "", typed: dict[str, str] | None = None) -> ReplySide:
    """The answer pane with these texts; without any, an answer is forbidden."""
    if not texts:
        because = "Veränderungen per eService erhalten keine zusätzliche Antwort. (Weisung)"
        return ReplySide((), False, because, "")
    letters = tuple(
        letter(each, DEFAULTS, typed or {}, seconds=_seconds(each), chosen="en") for each in texts
    )
    return ReplySide(letters, True, "Antwort ist möglich. (Hausregel)", chosen or texts[0].id)


@dataclass(frozen=True, slots=True)
class Sample:
    """One state of the item's page."""

    view: ItemView
    reply: ReplySide
    token: str = "a-token"
    fault: Fault | None = None


def _with(eakte: EakteState, **changed: object) -> ItemView:
    gates = (Gate("eakte_receipt", "eAkte-Quittung", done=eakte is EakteState.RECEIVED, must=True),)
    return view(item=item(eakte=eakte), gates=gates, **changed)


BOTH = reply(text(), APPOINTMENT)
UNBROKEN = "Arbeitsunfähigkeitsbescheinigung_" * 9
FOUND_BY_NAME = {
    "code": "au", "probability": 0.9, "announced": True, "because": [f"{UNBROKEN}.pdf"],
    "spans": [], "recognisers": [],
}  # fmt: skip
"""Words without a place to break, as scanners and portals make them."""

CLEARING = view(
    item=item(agency_code=None, folder="Klärung"),
    drafts=(), note=None, settled=(), others=(), marks=(),
    verdict=verdict(
        agency={"code": None, "name": "", "how": "unknown", "because": "Kein Wohnort"},
        folder="Klärung", review_because=["agency.unknown"],
    ),
    named_agencies=(
        NamedAgency("023", "Haselmoor", ("Moorende", "Hasel am Bruch")),
        NamedAgency("041", "Tannhagen", ("Tannhagen",)),
    ),
)  # fmt: skip
NUMBERS = ("123A456789", "234B567890", "345C678901")
SEVERAL = verdict(
    defects=["kundennummer.several"], facts={"kundennummer": NUMBERS[0], "kundennummern": NUMBERS}
)
LONG = "Sehr geehrte Damen und Herren, " * 400 + "x" * 3000
SAMPLES: dict[str, Sample] = {
    "owed": Sample(view(), BOTH),
    "plain": Sample(
        view(drafts=(), note=None, settled=(), others=(), marks=()),
        reply(
            text(), APPOINTMENT, *(text(f"allgemein.n{n}", title=f"Text {n}") for n in (3, 4, 5))
        ),
    ),
    "records": Sample(view(verdict=SEVERAL), BOTH),
    "unclear": Sample(view(verdict=SEVERAL | {"defects": ["kundennummer.unclear"]}), BOTH),
    "records-sent": Sample(
        _with(
            EakteState.SENT,
            verdict=SEVERAL,
            records=(
                RecordShown(NUMBERS[0], OutgoingState.RECEIPTED),
                RecordShown(NUMBERS[2], OutgoingState.SENT),
            ),
        ),
        BOTH,
    ),
    "alarm": Sample(
        view(
            item=item(alert="self_harm", first_concern="bearbeitungsstand"),
            writer=Writer.MESSENGER,
            checks=frozenset({Check.ADDRESS}),
            alarm_words=("will nicht mehr leben",),
            verdict=verdict(
                concerns=[
                    {"code": "bearbeitungsstand", "probability": 0.9, "because": [], "spans": []}
                ],
                facts={"dates": {"job_end": "2026-11-30"}},
            ),
        ),
        BOTH,
    ),
    "sender": Sample(
        view(
            sender=SenderSeen(
                is_outside=True,
                hints=(Hint.NAMES_THE_HOUSE, Hint.REPLY_ELSEWHERE),
                checked=authentication.Checked(dkim=Outcome.PASS, dkim_domains=("a.example",)),
                replies_to=("antwort@anderswo.example",),
            )
        ),
        BOTH,
    ),
    "sent": Sample(_with(EakteState.SENT), BOTH),
    "received": Sample(_with(EakteState.RECEIVED, close_blocked_because="", corrected=True), BOTH),
    "rejected": Sample(_with(EakteState.REJECTED, handover_error="Kundennummer unbekannt"), BOTH),
    "returned": Sample(
        _with(
            EakteState.WAIVED,
            close_blocked_because="",
            reply_trouble=ReplyTrouble(7, "au.eingang", "reply.bounced", "5.1.1", NOW),
        ),
        BOTH,
    ),
    "waived": Sample(_with(EakteState.WAIVED, close_blocked_because=""), BOTH),
    "trial": Sample(view(in_trial=True), BOTH),
    "open": Sample(
        view(
            item=item(payment="open"),
            mail=mail(elsewhere="Anschreiben\n\nDas Konto bei der alten Bank ist gekündigt."),
            verdict=verdict(payment_relevant="open", payment_because=["message: elsewhere"]),
        ),
        BOTH,
    ),
    "head": Sample(
        view(
            item=item(payment="open"),
            message=message(size_bytes=62_914_560, defects=["mail.too_large"]),
            mail=mail(body=BodyParts(""), html=""),
            verdict=verdict(
                payment_relevant="open",
                payment_because=["message: only_head"],
                review_because=["mail.too_large"],
                attachments={"announced": False, "present": False},
                defects=["mail.too_large"],
            ),
            only_head=OnlyHead("mail.too_large", 62_914_560, "SC-Südost", "017 Lindenfurt/Konto"),
        ),
        reply(),
    ),
    "forbidden": Sample(
        view(
            item=item(payment="no", eakte=EakteState.NONE, channel="eservice_au", review=False),
            verdict=verdict(payment_relevant="no", payment_because=[], review=False, defects=[]),
            gates=(Gate("reply_forbidden", "Keine Antwort vorgesehen", done=False, must=False),),
            mail=mail(
                form=Form(
                    "eservice",
                    Channel.ESERVICE_AU,
                    "Arbeitsunfähigkeit",
                    (FormField("von", "Arbeitsunfähig von", "19.11.2026"),),
                    "",
                )
            ),
            close_blocked_because="",
        ),
        reply(),
    ),
    "long": Sample(
        view(
            mail=mail(
                body=BodyParts(new=LONG),
                sender=f"{UNBROKEN}@post.example",
                attachments=(Attachment(f"{UNBROKEN}.pdf.exe", "application/pdf", 1000, "1"),),
            ),
            message=message(subject="Betreff " * 40 + UNBROKEN),
            verdict=verdict(concerns=[FOUND_BY_NAME]),
        ),
        BOTH,
    ),
    "rtl": Sample(
        view(
            mail=mail(body=BodyParts(new="مرحبا، أنا مريض\nGuten Tag"), sender_name="مرحبا"),
            message=message(subject="مرحبا، أنا مريض"),
            verdict=verdict(concerns=[]),
        ),
        BOTH,
    ),
    "attachments": Sample(
        view(
            mail=mail(
                attachments=tuple(
                    Attachment(f"Anlage {n}.pdf", "application/pdf", n * 1000, str(n))
                    for n in range(1, 301)
                )
            )
        ),
        BOTH,
    ),
    "deleted": Sample(
        view(
            mail=None,
            item=item(state=ItemState.CLOSED, holder=None, lease_until=None, close_reason="done"),
        ),
        reply(),
        token="",
    ),
    "clearing": Sample(CLEARING, BOTH),
    "clearing_waiting": Sample(
        replace(CLEARING, item=replace(CLEARING.item, state=ItemState.WAITING, holder=None)),
        BOTH,
        token="",
    ),
    "waiting": Sample(
        view(item=item(state=ItemState.WAITING, holder=None, lease_until=None)), BOTH, token=""
    ),
    "typed_wrong": Sample(
        view(),
        BOTH,
        fault=Fault("park", "until", "Diesen Tag gibt es nicht.", {"until": "31.02.2026"}),
    ),
    "gap_missing": Sample(
        view(),
        reply(APPOINTMENT, text()),
        fault=Fault("reply", "termin", "Es fehlt noch: Termin.", {}),
    ),
}


def item_sample(request: Request, name: str) -> Response:
    """The page of one sample."""
    sample = SAMPLES[name]
    shown = item_page(sample.view, token=sample.token, reply=sample.reply, today=TODAY)
    return page(
        request,
        "vorgang.html",
        status=422 if sample.fault else 200,
        shown=shown,
        fault=sample.fault,
        typed=sample.fault.typed if sample.fault else {},
        agency=AGENCIES[0] if sample.view.item.agency_code else None,
        agencies=AGENCIES,
        park_days=(TODAY, TODAY + timedelta(days=1)),
        all_concerns=in_form_order(sample.view),
        named_numbers=named_in(sample.view.verdict),
        gives_tasks=True,
        drawn=may_be_drawn,
        steps=left_to_do(shown.steps, shown.tasks),
        heartbeat_seconds=300,
    )
