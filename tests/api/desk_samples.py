"""Invented items in all states of the desk, and an app that shows each as its page.

The gallery uses the templates, styles and scripts of the desk and no house: what a page shows
is asked without a database, by tests and by axe in a browser.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import FastAPI, Request, Response

from api import errors
from api import session as sessions
from api.errors import Problem
from api.web import assets, words
from api.web.attachment import WHY_NOT, Shown
from api.web.busy import busy_page
from api.web.failures import problem_page
from api.web.faults import Fault
from api.web.item import in_form_order
from api.web.item_page import ReplySide, item_page
from api.web.letters import letter
from api.web.overview import total
from api.web.pager import Part
from api.web.render import page
from api.web.rules_page import ACTION_NAMES, FIRST, KEY_NAMES, Cursors, rule_rows, trial_parts
from api.web.task_steps import left_to_do
from api.web.trial import differing
from api.web.visit import Line
from api.web.wishes import LANGUAGES, Wish
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
from rules.rulesets.taken_over import Remark
from rules.sender_hints import Hint, SenderSeen
from rules.texts.approved import Occasion, Text
from rules.texts.draft_words import Place
from rules.texts.language import Language
from store.acts.marks_seen import SeenMark
from store.approved.rulesets import OffRule
from store.desk.items import Item
from store.mails.arrivals import Difference
from store.mails.arrivals import Fault as Lack
from store.mails.aside import SetAside
from store.mails.ledger import Message
from store.processes.halts import Halt
from store.tables.ledger import OutgoingState
from tests.api import (
    deletion_samples,
    figures_samples,
    filing_samples,
    outgoing_samples,
    rights_samples,
    rules_samples,
    texts_samples,
)
from tests.api.small_door import SESSIONS, ClockHouse, small_app
from triage.admin import Completeness, PostboxRow
from triage.answers.conversation import OtherItem, SettledItem
from triage.answers.draft_view import DraftShown
from triage.desk.attachments import may_be_drawn
from triage.desk.holding import STUCK
from triage.desk.item_view import Gate, ItemView, ReplyTrouble, Step
from triage.desk.named_places import NamedAgency
from triage.desk.story import NoteLeft
from triage.figures import AgencyRow, Overview, Progress
from triage.heads import OnlyHead
from triage.known.perhaps_twice import Pair
from triage.marks import view as mark_view
from triage.observed import AgencyPart, Disagreement, Observed
from triage.relearn import Waiting
from triage.rulesets.drafts import Checked
from triage.rulesets.drafts import Line as RegionLine
from triage.rulesets.drafts import Overview as RulesOverview
from triage.rulesets.trial import Span
from triage.sending.records import RecordShown
from triage.trail.standing import TrailStanding

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


def _desk(request: Request, **changed: object) -> Response:
    counts = AgencyRow("017", "Lindenfurt", "Südost", 12, 1, 2, 1, 3, 1, NOW - timedelta(hours=39))
    values: dict[str, Any] = {
        "line": Line("017", "Lindenfurt"), "counts": counts, "empty": False, "held": None,
        "choices": AGENCIES[:1],
        "progress": None, "now": NOW, "today": TODAY, "wish": Wish(),
        "languages": LANGUAGES, "tour": False,
    }  # fmt: skip
    return page(request, "arbeitsplatz.html", **(values | changed))


_ROWS = (
    AgencyRow("017", "Lindenfurt", "Südost", 1284, 61, 3, 17, 74, 2, NOW - timedelta(days=6)),
    AgencyRow("023", "Haselmoor", "Südost", 88, 4, 0, 0, 8, 0, NOW - timedelta(hours=4)),
    AgencyRow(None, "Klärung", "", 3, 0, 0, 0, 0, 0, NOW - timedelta(minutes=14)),
)


def _overview(request: Request, **changed: object) -> Response:
    found = Overview(_ROWS, (("au", 400), ("termin", 120), ("rente", 1)), 271, 310, 17)
    values: dict[str, Any] = {
        "place": "Alle Agenturen, die Sie sehen dürfen", "url": "/lage", "seconds": 600,
        "stand": "09:47:12", "overview": found, "total": total(_ROWS),
        "ages": {"017": "6 Tage", "023": "4 Std.", None: "14 Min."}, "items": None, "dues": {},
        "limit": 100, "progress": Progress(seen=2000, kept=640, done=310), "may_free": False,
        "may_read": True, "stuck": STUCK, "line_code": "", "by_receipt": False, "feed": "",
        "near": [("Frist heute", 74), ("Frist morgen", 1284)], "more": "", "is_later": False,
        "clearing": "klaerung",
    }  # fmt: skip
    return page(request, "lage.html", **({"wanderers": ()} | values | changed))


def _line(request: Request, **changed: object) -> Response:
    items = (
        item(id=1, due_on=date(2026, 11, 20)),
        item(id=2, state=ItemState.WAITING, payment="no", first_concern="termin"),
        item(id=3, state=ItemState.PENDING, eakte=EakteState.SENT),
    )
    dues = {1: "überfällig seit Fr 20.11.2026", 2: "Frist morgen", 3: "Frist heute"}
    return _overview(request, items=items, dues=dues, place="017 Lindenfurt", **changed)


def _aside(request: Request) -> Response:
    codes = ("mail.too_large", "bug", "mail.machine")
    rows = [
        SetAside(
            id=n, message_id=n, step="sort", reason_code=code, detail="", tries=n, at=NOW,
            resolved_at=None, resolution=None, postbox="Südost", sender="wer@post.example",
            subject="Betreff", received_at=NOW, size_bytes=48_000,
        )
        for n, code in enumerate(codes, start=1)
    ]  # fmt: skip
    return page(request, "beiseite.html", rows=rows, more="grund=&nach=3", reason="bug", total=1284,
                reasons=(("bug", 1284), ("mail.machine", 1)))  # fmt: skip


_TRAIL = TrailStanding(sealed=12840, sealed_at=NOW, waiting=3, checked=1000, broken_at=None)


def _postboxes(request: Request, **changed: object) -> Response:
    since = NOW - timedelta(minutes=95)
    base = PostboxRow("SC-Südost", "Südost", False, True, "ok", "", None, 0, False)
    rows = (
        base,
        replace(base, name="SC-West", oldest_unsorted=since, age_seconds=5700, is_overdue=True,
                marked_at=NOW, marks_today=12, open_marks=2),
        replace(base, name="SC-Ost", is_observed=True, ok=False, message="postbox.away",
                remedy="Erreichbarkeit des Postfachs prüfen.", oldest_unsorted=NOW),
    )  # fmt: skip
    return page(
        request, "postfaecher.html", rows=rows, waits={"SC-West": "1 Std.", "SC-Ost": "0 Min."},
        limit="1 Stunde", stands={row.name: "nicht erreichbar" for row in rows},
        **({"may_stop": False, "fault": "", "typed": "", "trail": _TRAIL} | changed),
    )  # fmt: skip


def _completeness(request: Request) -> Response:
    states = {"kept": 2, "sorted": 790, "done": 0, "aside": 18, "gone": 1, "deleted": 0}
    good = Completeness(TODAY, "SC-West", 811, states, 0, ())
    named = (Difference(40721, Lack.LOST), Difference(40722, Lack.DOUBLED))
    bad = Completeness(TODAY, None, 812, states, 1, named)
    return page(
        request, "vollzaehligkeit.html", status=422, day=TODAY, typed="31.02.2026",
        sums=(good, bad), fault="Diesen Tag gibt es nicht.", closes=False, stand=NOW,
        differences=Part(
            tuple((one.message_id, "–", *words.difference(one.fault)) for one in named), 1284, "ab"
        ),
        pairs=(Pair("SC-West", 40723, 40724, 812, 813),),
    )  # fmt: skip


def _trial(request: Request) -> Response:
    parts = (
        AgencyPart("017", "Lindenfurt", 1284, 310, 12, 7, (("017 Lindenfurt/AU", 1284),)),
        AgencyPart(None, "", 3, 0, 3, 3, (("Klärung", 3),)),
    )
    counts = {"same": 9, "same_agency": 2, "other": 1, "gone": 1, "untouched": 1274}
    differs = (Disagreement(40721, "017 Lindenfurt/AU", "023 Haselmoor"),)
    full = Observed("SC-Ost", TODAY, 1290, 3, (("mail.machine", 2),), parts, counts, 0.75, differs)
    empty = Observed("SC-West", TODAY, 0, 0, (), (), dict.fromkeys(counts, 0), None, ())
    return page(
        request, "probelauf.html", status=422, day=TODAY, typed="31.02.2026", stand=NOW,
        fault="Diesen Tag gibt es nicht.", reports=(full, empty),
        parts={"SC-Ost": replace(differing(full), total=240, more="40721")},
    )  # fmt: skip


def _corrections(request: Request) -> Response:
    one = Waiting(7, 40721, NOW, False, ("termin",), "no", ("anschrift_name", "au"), "yes")
    own = replace(one, message_id=40722, is_own=True, machine_concerns=(), machine_payment="")
    return page(request, "korrekturen.html", rows=(one, own), more=8, after=6, fault=None)


def _attachment(request: Request, **changed: Any) -> Response:
    name = "Arbeitsunfähigkeitsbescheinigung_Seite_1_bis_12_eingescannt_am_23.11.2026.pdf"
    file = Attachment(name, "application/pdf", 2_400_000, "2")
    shown = Shown(file, 7, 1, page=2, zoom=150, turn=90, pages=12, why="")
    return page(request, "anlage.html", shown=replace(shown, **changed), zooms=(100, 150, 200))


def _rulesets(request: Request, **changed: object) -> Response:
    draft, active = rules_samples.version(2), rules_samples.version(1, activated_at=NOW)
    off = OffRule(active.id, "umschulung", "West", "rule.folder_gone", "321 Bochum/X", NOW)
    lines = (RegionLine("", active, NOW, ((draft, NOW),)), RegionLine("West", None, None, ()))
    full = RulesOverview(lines, (draft, active), (off,))
    shown: dict[str, object] = {"overview": full, "versions": {active.id: active}, "mine": {""}}
    shown |= changed
    part = Part(shown["overview"].versions, 214, "regeln.2")
    return page(request, "regeln.html", **shown, shown=part, soon=NOW)


def _ruleset_running(request: Request) -> Response:
    shown = rules_samples.shown()
    run = replace(rules_samples.RUN, done_at=None, trial=None, tried=600)
    return page(
        request, "regelsatz.html", shown=shown, version=shown.version,
        rows=rule_rows(shown, None), whole=(), trial=None, run=run, span=run.span, gate="",
        parts=trial_parts(None, FIRST),
        may_change=True, now=NOW, soon=NOW, fault="", typed="23.11.2026",
    )  # fmt: skip


def _ruleset(request: Request) -> Response:
    shown = rules_samples.shown()
    return page(
        request, "regelsatz.html", status=422, shown=shown, version=shown.version,
        rows=rule_rows(shown, rules_samples.TRIAL), whole=rules_samples.FAULTS[:1],
        trial=rules_samples.TRIAL, run=rules_samples.RUN,
        parts=replace(trial_parts(rules_samples.TRIAL, FIRST), at=Cursors("a", "b")),
        span=Span(14, 500), gate="Eine zweite Person.", may_change=True,
        now=NOW, soon=NOW, fault="Diesen Tag gibt es nicht.", typed="31.02.2026",
    )  # fmt: skip


def _rule_text(request: Request) -> Response:
    return page(
        request, "regeltext.html", status=422, text=rules_samples.TEXT, is_new=False,
        checked=Checked(None, rules_samples.FAULTS), fault="Nicht Ihre Region.", keys=KEY_NAMES,
        actions=ACTION_NAMES, remarks=(Remark("Zeile 3", "import.forbidden", "Löscht."),),
    )  # fmt: skip


FOR_ADMINS = {
    "beiseite", "korrekturen", "korrekturen-leer", "postfaecher", "postfaecher-not-aus",
    "postfaecher-protokoll-gebrochen",
    "postfaecher-angehalten", "vollzaehligkeit", "probelauf",
    "regeln", "regeln-leer", "regelsatz", "regelsatz-laeuft", "regeltext", "regeluebernahme",
    "regeluebernahme-leer",
    "zahlen", "zahlen-leer",
    *rights_samples.IN_BROWSER,
    *texts_samples.IN_BROWSER,
    *deletion_samples.PAGES,
    *outgoing_samples.PAGES,
    *filing_samples.PAGES,
}  # fmt: skip
"""Pages that are for admins; the gallery does not ask, but its bar shows where one is."""

PAGES: dict[str, Callable[[Request], Response]] = (
    {
        "anmelden": lambda r: page(
            r,
            "anmelden.html",
            expired=True,
            kept=False,
            onward="/",
            by_service=False,
            waiting=_ROWS[:2],
            agencies=AGENCIES,
        ),
        "anmelden-dienstkennung": lambda r: page(
            r,
            "anmelden.html",
            expired=True,
            kept=True,
            onward="/vorgang/7",
            by_service=True,
            waiting=(),
            agencies=(),
        ),
        "abgemeldet": lambda r: page(r, "abgemeldet.html", there=True),
        "kein-recht": lambda r: problem_page(r, Problem(403, "access.no_group", "")),
        "anmeldung-ungueltig": lambda r: problem_page(r, Problem(401, "auth.token_nonce", "")),
        "anmeldung-weg": lambda r: problem_page(r, Problem(503, "signin.away", "")),
        "arbeitsplatz": _desk,
        "arbeitsplatz-leer": lambda r: _desk(r, empty=True, choices=AGENCIES),
        "arbeitsplatz-auswahl": lambda r: _desk(
            r, empty=True, wish=Wish(Concern.TERMIN, "other"), choices=AGENCIES
        ),
        "arbeitsplatz-gehalten": lambda r: _desk(r, held=item(), progress=Progress(9, 4, 1)),
        "arbeitsplatz-erster-tag": lambda r: _desk(r, tour=True),
        "hilfe": lambda r: page(r, "hilfe.html"),
        "anlage": _attachment,
        "anlage-kaputt": lambda r: _attachment(r, pages=0, why=WHY_NOT["picture.damaged"]),
        "lage": _overview,
        "lage-irrlaeufer": lambda r: _overview(
            r, wanderers=(item(id=1, hops=2), item(id=2, hops=3))
        ),
        "lage-agentur": _line,
        "lage-leitung": lambda r: _line(r, may_free=True, line_code="017"),
        "lage-weiter": lambda r: _line(r, more="/lage?agentur=017&nach=3", is_later=True),
        "beiseite": _aside,
        "postfaecher": _postboxes,
        "postfaecher-protokoll-gebrochen": lambda r: _postboxes(
            r, trail=replace(_TRAIL, broken_at=12001, checked=0)
        ),
        "postfaecher-not-aus": lambda r: _postboxes(
            r, may_stop=True, fault="Ein Grund hat 10 bis 200 Zeichen.", typed="zu kurz"
        ),
        "postfaecher-angehalten": lambda r: _postboxes(
            r, may_stop=True, halt=Halt("all", NOW, "demo-admin", "Falsche Ordner gemeldet")
        ),
        "vollzaehligkeit": _completeness,
        "probelauf": _trial,
        "zahlen": figures_samples.figures,
        "zahlen-leer": lambda r: figures_samples.figures(r, empty=True),
        "korrekturen": _corrections,
        "korrekturen-leer": lambda r: page(
            r, "korrekturen.html", rows=(), more=0, after=None, fault=None
        ),
        "regeln": _rulesets,
        "regeln-leer": lambda r: _rulesets(r, overview=RulesOverview((), (), ())),
        "regelsatz": _ruleset,
        "regelsatz-laeuft": _ruleset_running,
        "regeltext": _rule_text,
        "regeluebernahme": rules_samples.import_page,
        "regeluebernahme-leer": lambda r: rules_samples.import_page(r, places=()),
        "fehler-409": lambda r: problem_page(
            r, Problem(409, "item.lease_stale", "", {"item_id": 4711})
        ),
        "fehler-403": lambda r: problem_page(r, Problem(403, "access.denied", "")),
        "fehler-404": lambda r: problem_page(r, Problem(404, "http.not_found", "")),
        "fehler-429": lambda _: busy_page("GET", 12),
        "fehler-429-gesendet": lambda _: busy_page("POST", 12),
        "fehler-503": lambda r: problem_page(r, Problem(503, "store.away", "")),
    }
    | rights_samples.PAGES
    | texts_samples.PAGES
    | deletion_samples.PAGES
    | outgoing_samples.PAGES
    | filing_samples.PAGES
    | {f"vorgang-{name}": (lambda r, n=name: item_sample(r, n)) for name in SAMPLES}
)


def gallery() -> FastAPI:
    """`/muster/<name>` for each of PAGES."""
    app = small_app(ClockHouse(lambda: NOW), demo=True)
    app.include_router(assets.router)
    errors.show_with(app, problem_page)

    @app.get("/muster/{name}")
    def sample(request: Request, name: str) -> Response:
        return PAGES[name](request)

    return app


def cookie(caller: Caller = CLERK) -> dict[str, str]:
    """The session of somebody who is signed in."""
    return {sessions.DEMO_COOKIE: SESSIONS.begin(caller)}
