"""One item as the desk shows it: the item view cut into what each pane needs. Pure.

Templates decide how something looks, this file decides what is said; so it is what tests ask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from markupsafe import Markup

from api.web import days, mail_words, recogniser_words, words
from api.web.facts import FactRow, code_rows, fact_rows
from api.web.letters import Letter
from api.web.marks import marked, spoken
from api.web.money_words import MoneyOpen, money_open
from api.web.sender_words import SenderWords, said
from api.web.steps import NextStep, next_steps
from api.web.task_steps import TaskStep, task_steps
from rules.codes import Concern, PaymentRelevant
from rules.identity import Writer
from rules.item import CloseReason, EakteState, ItemState
from triage.answers.conversation import SettledItem
from triage.desk.item_view import ItemView
from triage.desk.story import BY_HAND

ASSERTED_FROM = 60
"""Below 60 of 100 a concern is no assertion. Source: desk guide, "Words for probability"."""

SETTLED_SHOWN = 3
"""Items in the hint "Vielleicht schon erledigt"; the others stand below. Hausregel."""

_LONGEST_SENTENCE: Final = 300
"""Characters shown of a sentence about money; the rest stands in the text. Hausregel."""

NO_VERDICT: Final[dict[str, Any]] = {
    "concerns": [],
    "payment_relevant": PaymentRelevant.NO,
    "payment_because": [],
    "payment_spans": [],
    "facts": {},
    "attachments": {},
    "agency": {},
    "due_because": "",
    "review_because": [],
    "defects": [],
}
"""Stands for what a verdict doesn't say: a deleted mail has none, an old one had fewer keys."""


class Main(StrEnum):
    """The next right step: the one filled button of the page."""

    HANDOVER = "handover"
    WAIVE = "waive"
    LEAVE = "leave"
    SEND = "send"
    CLOSE = "close"
    TAKE = "take"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ConcernRow:
    """A concern as opinion: word, number, reason, in this order. `number` is that of its marks.

    `fired` are the recognisers in German words.
    """

    number: int
    code: str
    name: str
    words: str
    hundred: int
    boxes: int
    because: tuple[str, ...]
    payment: bool
    fired: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bar:
    """The strip over the panes about payment and eAkte. `tone` is a class of desk.css."""

    tone: str
    icon: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ReplySide:
    """The answer pane: letters to choose from (`chosen` is a text id or ""), or why none may go."""

    letters: tuple[Letter, ...]
    allowed: bool
    because: str
    chosen: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """All that templates/vorgang.html shows. `token` is empty where the viewer holds no lease."""

    view: ItemView
    verdict: Mapping[str, Any]
    token: str
    title: Markup
    text: Markup
    concerns: tuple[ConcernRow, ...]
    hints: tuple[ConcernRow, ...]
    facts: tuple[FactRow, ...]
    steps: tuple[NextStep, ...]
    tasks: tuple[TaskStep, ...]
    bar: Bar | None
    due: str
    overdue: bool
    until: str
    reply: ReplySide
    main: Main
    close_reason: CloseReason
    sender: SenderWords
    money_open: MoneyOpen
    money_said: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether an answer was ordered for this item."""
        return replied(self.view)

    @property
    def settled_same(self) -> tuple[SettledItem, ...]:
        """What was closed lately about the same: a hint while this one is open (N12)."""
        if self.view.item.state is ItemState.CLOSED:
            return ()
        return tuple(one for one in self.view.settled if one.same_concern)[:SETTLED_SHOWN]

    @property
    def identity_shown(self) -> bool:
        """Whether who writes matters here: somebody else may, or a text on offer discloses."""
        if self.view.mail is None:
            return False
        discloses = any(letter.text.discloses for letter in self.reply.letters)
        return self.view.writer is not Writer.SELF or discloses or bool(self.view.checks)

    @property
    def mine(self) -> bool:
        """Whether the viewer may write."""
        return bool(self.token)

    @property
    def where(self) -> str:
        """Postbox and folder in which a mail lies of which only the head is here."""
        head = self.view.only_head
        source = self.view.message.source
        return mail_words.lying(head.postbox, head.folder, source=source) if head else ""


def item_page(view: ItemView, *, token: str, reply: ReplySide, today: date) -> ItemPage:
    """Cut the view for the page. `today` is the local day."""
    verdict = NO_VERDICT | view.verdict
    found: Sequence[Mapping[str, Any]] = verdict["concerns"]
    rows = tuple(_row(n, f, verdict) for n, f in enumerate(found, start=1))
    shown = _asserted(rows)
    codes = tuple(row.code for row in shown)
    numbers = {row.number for row in shown}
    body = view.mail.body.new if view.mail else ""
    return ItemPage(
        view=view,
        verdict=verdict,
        token=token,
        title=_highlighted(view.message.subject or "(ohne Betreff)", found, numbers, "subject"),
        text=_highlighted(body, found, numbers, "body"),
        concerns=shown,
        hints=tuple(row for row in rows if row not in shown),
        facts=(*code_rows(codes, view.kontaktcodes), *fact_rows(verdict["facts"])),
        steps=next_steps(
            codes, handover_owed=_owed(view), dates=verdict["facts"].get("dates", {}), today=today
        ),
        tasks=task_steps(codes, view.tasks),
        bar=bar(view, mine=bool(token)),
        due=days.due(view.item.due_on, today=today),
        overdue=view.item.due_on is not None and view.item.due_on < today,
        until=days.until(view.item.lease_until, today) if view.item.lease_until else "",
        reply=reply,
        main=main_step(view, reply, mine=bool(token)),
        money_said=_money_said(verdict, {"subject": view.message.subject, "body": body}),
        money_open=money_open(view, verdict),
        close_reason=close_reason(view),
        sender=said(view.sender),
    )


def main_step(view: ItemView, reply: ReplySide, *, mine: bool) -> Main:
    """Which button is filled: what went wrong, the chosen answer, what must be, closing last.

    The hand-over takes the item out of the clerk's hands and can't be forgotten; an answer can.
    Source: own decision 0103.
    """
    if not mine:
        return (
            Main.TAKE if view.item.state is ItemState.WAITING or view.held_by_caller else Main.NONE
        )
    is_rejected = view.item.eakte is EakteState.REJECTED
    if reply.chosen and not replied(view) and not is_rejected and not view.in_trial:
        return Main.SEND
    if _owed(view):
        return Main.WAIVE if view.by_hand else Main.HANDOVER
    return Main.LEAVE if view.close_blocked_because else Main.CLOSE


def bar(view: ItemView, *, mine: bool) -> Bar | None:
    """What the strip says about the eAkte, and to the holder what now; None: no money moves."""
    match view.item.eakte:
        case EakteState.NONE:
            return None
        case EakteState.OWED:
            return _bar_of_owed(view)
        case EakteState.SENT:
            leave = " Mit A schließt er dann von selbst, und Sie bekommen den nächsten."
            text = "Bis dahin bleibt der Vorgang offen." + (leave if mine else "")
            return Bar("info", "clock", "An die eAkte übergeben, Quittung steht aus.", text)
        case EakteState.RECEIVED:
            return Bar("good", "check", "eAkte-Quittung erhalten.", "Abschließen ist frei.")
        case EakteState.REJECTED:
            return _bar_of_rejected(view)
        case EakteState.WAIVED:
            by_hand = any(one.text == BY_HAND for one in view.story)
            waived = "Ohne Quittung" if by_hand else "Nicht zahlungsrelevant"
            title = f"{waived}, von Hand begründet."
            return Bar("info", "check", title, "Die Begründung bleibt gespeichert.")


def _bar_of_owed(view: ItemView) -> Bar:
    relevance = words.PAYMENT[view.item.payment]
    if view.item.payment == PaymentRelevant.OPEN:
        relevance += " (gilt wie ja)"
    text = (
        "Die Übergabe geht hier nicht: Legen Sie die Mail aus Outlook von Hand in die eAkte und"
        " begründen Sie das."
        if view.by_hand
        else "Abschließen geht erst mit Quittung."
    )
    return Bar("pay", "lock", f"{relevance}, eAkte-Quittung steht aus.", text)


def _bar_of_rejected(view: ItemView) -> Bar:
    """Turned down by the eAkte, or given up on this side."""
    why = view.handover_error.rstrip(".") or "nicht genannt"
    text = f"Grund: {why}. Der Vorgang bleibt offen."
    if not view.handover_dead:
        return Bar("bad", "warn", "Die eAkte hat die Übergabe abgelehnt.", text)
    text += " Die Verwaltung kann sie noch einmal senden, oder Sie übergeben sie neu."
    return Bar("bad", "warn", "Die Übergabe an die eAkte ging nicht hinaus.", text)


def close_reason(view: ItemView) -> CloseReason:
    """The reason that fits what was done; the clerk may choose another."""
    if view.item.eakte is EakteState.RECEIVED:
        return CloseReason.HANDED_OVER
    if replied(view):
        return CloseReason.ANSWERED
    nothing = view.item.first_concern == Concern.KEIN_ANLIEGEN
    return CloseReason.NOTHING_TO_DO if nothing else CloseReason.DONE


def replied(view: ItemView) -> bool:
    """Whether an answer was ordered for this item, and did not come back."""
    return view.reply_trouble is None and any(step.code == "reply.ordered" for step in view.story)


def _owed(view: ItemView) -> bool:
    return view.item.eakte in (EakteState.OWED, EakteState.REJECTED)


def _row(number: int, found: Mapping[str, Any], verdict: Mapping[str, Any]) -> ConcernRow:
    code, probability = found["code"], float(found["probability"])
    paid_by = {reason.partition(":")[0] for reason in verdict["payment_because"]}
    return ConcernRow(
        number=number,
        code=code,
        name=words.concern(code),
        words=words.sure(probability),
        hundred=round(probability * 100),
        boxes=words.boxes(probability),
        because=tuple(found["because"]),
        payment=code in paid_by and verdict["payment_relevant"] != PaymentRelevant.NO,
        # Older verdicts have none.
        fired=recogniser_words.said(found.get("recognisers", ())),
    )


def _money_said(verdict: Mapping[str, Any], texts: Mapping[str, str]) -> tuple[str, ...]:
    """The sentences that make the mail relevant for payment; offsets beyond the text give none."""
    said = (texts[one["where"]][one["start"] : one["end"]] for one in verdict["payment_spans"])
    return tuple(one[:_LONGEST_SENTENCE] for one in said if one)


def _asserted(rows: tuple[ConcernRow, ...]) -> tuple[ConcernRow, ...]:
    """What the page asserts: sure enough, or reason of a duty; never nothing at all."""
    sure = tuple(row for row in rows if row.hundred >= ASSERTED_FROM or row.payment)
    return sure or rows[:1]


def _highlighted(
    text: str, found: Sequence[Mapping[str, Any]], numbers: set[int], where: str
) -> Markup:
    return marked(text, [span for span in spoken(found, where=where) if span[2] in numbers])
