"""What a clerk does with one item. Each route: read the form, do the deed, go on to the next page.

A refusal that the form can mend comes back as the same page with the fault at its field;
a stale lease becomes the page "Der Vorgang gehört Ihnen nicht mehr".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse

from api.auth import door_of
from api.web import days
from api.web.claims import with_claim
from api.web.desk import next_of
from api.web.faults import fault
from api.web.forms import SECOND, AgencyCode, LineCode, Reason, Token, TypedDay, typed_gaps
from api.web.item import item_response
from api.web.letters import second_of
from api.web.render import Notice, go
from api.web.visit import SendsItem, Visit
from rules.codes import Concern, PaymentRelevant
from rules.errors import Refused
from rules.identity import Check
from rules.item import CloseReason
from triage import handover, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.desk import identity, undo
from triage.desk.correction import Correction
from triage.doorkeeper import CLEARING

router = APIRouter(prefix="/vorgang/{item_id}", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class CorrectionForm:
    """The form "Einordnung ändern". Ticked concerns come in the order of the page (by weight)."""

    payment: Annotated[PaymentRelevant, Form()]
    concerns: Annotated[list[Concern] | None, Form()] = None
    kundennummer: Annotated[str, Form(max_length=40)] = ""
    reason: Reason = ""

    def correction(self) -> Correction:
        """What is said. Raises: Refused: `correction.no_concern`."""
        said = tuple(self.concerns or ())
        if not said:
            raise Refused("correction.no_concern", "a correction names one concern or more")
        return Correction(said, self.payment, self.kundennummer.strip() or None, self.reason)

    def typed(self) -> dict[str, str]:
        """What stood in the form, to show it again after a refusal."""
        ticked = {code.value: "on" for code in self.concerns or ()}
        fields = {"kundennummer": self.kundennummer, "reason": self.reason}
        return ticked | fields | {"payment": self.payment.value}


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The form of one letter. `choice` is what the list says, where the form carries it.

    Without scripts, or before they are there, the letter below the list stays the first one's.
    """

    text_id: Annotated[str, Form(max_length=100)]
    version: Annotated[int, Form()]
    choice: Annotated[str | None, Form(max_length=100)] = None

    def wanted(self, gaps: Mapping[str, str]) -> Choice:
        """The answer that is both shown and ticked. Raises: Refused: `reply.not_the_shown`."""
        if self.choice not in (None, self.text_id):
            raise Refused("reply.not_the_shown", "another text is ticked than the one shown")
        return Choice(self.text_id, self.version, gaps, second=second_of(gaps.get(SECOND, "")))


async def _gaps(request: Request) -> dict[str, str]:
    """What was typed and chosen in the answer's form, by name."""
    form = await request.form()
    return typed_gaps({key: value for key, value in form.items() if isinstance(value, str)})


@router.post("/uebernehmen")
def take(visit: SendsItem, item_id: int) -> Response:
    """Take this item, from a list or from another of the same sender."""
    claim = work.claim_item(visit.house, visit.caller, item_id)
    response = go(f"/vorgang/{item_id}", Notice("taken"))
    return with_claim(response, claim, secure=not door_of(visit.request).demo)


@router.post("/lease")
def renew(visit: SendsItem, item_id: int, token: Token) -> Response:
    """The open page's sign of life."""
    renewed = work.renew(visit.house, visit.caller, item_id, token)
    until = days.until(renewed.lease_until, visit.today)
    return JSONResponse({"until": until, "eakte": renewed.eakte})


@router.post("/freigeben")
def put_back(visit: SendsItem, item_id: int, token: Token) -> Response:
    """Back into the line, undone."""
    work.release(visit.house, visit.caller, item_id, token)
    return go("/arbeitsplatz", Notice("released"))


@router.post("/parken")
def park(
    visit: SendsItem,
    item_id: int,
    token: Token,
    until: TypedDay = "",
    reason: Reason = "",
    line: LineCode = "",
) -> Response:
    """Aside until the morning of a day, and on to the next one."""
    try:
        wanted = days.typed_ahead(until, today=visit.today)
        day = work.park(visit.house, visit.caller, item_id, token, until=wanted, reason=reason)
    except Refused as refused:
        return _again(visit, item_id, token, "park", refused, {"until": until, "reason": reason})
    told = days.short_day(day)
    name = "parked" if isinstance(wanted, int) or day == wanted else "parked_moved"
    return next_of(visit, line, notice=Notice(f"{name}_next", told), end=Notice(name, told))


@router.post("/zurueck")
def give_back(
    visit: SendsItem, item_id: int, token: Token, reason: Reason = "", line: LineCode = ""
) -> Response:
    """To the Service Center, and on to the next one."""
    try:
        work.give_back(visit.house, visit.caller, item_id, token, reason=reason)
    except Refused as refused:
        return _again(visit, item_id, token, "return", refused, {"reason": reason})
    if line == CLEARING:
        # Both teams' mail lies there in one line: the next would be this one again.
        return go("/arbeitsplatz", Notice("returned"))
    return next_of(visit, line, notice=Notice("returned_next"), end=Notice("returned"))


@router.post("/weiterleiten")
def forward(
    visit: SendsItem,
    item_id: int,
    token: Token,
    agency: AgencyCode = "",
    reason: Reason = "",
    line: LineCode = "",
) -> Response:
    """To another agency, and on to the next one of the line it came from."""
    try:
        work.forward(visit.house, visit.caller, item_id, token, agency_code=agency, reason=reason)
    except Refused as refused:
        typed = {"agency": agency, "reason": reason}
        return _again(visit, item_id, token, "forward", refused, typed)
    return next_of(visit, line, notice=Notice("forwarded_next"), end=Notice("forwarded"))


@router.post("/korrektur")
def correct(
    visit: SendsItem, item_id: int, token: Token, form: Annotated[CorrectionForm, Depends()]
) -> Response:
    """The clerk's verdict instead of the machine's."""
    try:
        work.correct(visit.house, visit.caller, item_id, token, form.correction())
    except Refused as refused:
        return _again(visit, item_id, token, "correct", refused, form.typed())
    return go(f"/vorgang/{item_id}", Notice("corrected"))


@router.post("/rueckgaengig")
def take_back(visit: SendsItem, item_id: int) -> Response:
    """The person's last step on the item, undone; it is in her hands again."""
    claim = undo.take_back(visit.house, visit.caller, item_id)
    response = go(f"/vorgang/{item_id}", Notice("undone"))
    return with_claim(response, claim, secure=not door_of(visit.request).demo)


@router.post("/abgleich")
def compare(
    visit: SendsItem, item_id: int, token: Token, check: Annotated[Check, Form()]
) -> Response:
    """The clerk says what she has compared."""
    identity.record(visit.house, visit.caller, item_id, token, check)
    return go(f"/vorgang/{item_id}", Notice(check.value))


@router.post("/eakte")
def hand_over(  # noqa: PLR0913, PLR0917 - one argument a field of the form
    visit: SendsItem,
    item_id: int,
    token: Token,
    close_when_received: Annotated[str, Form()] = "",
    line: LineCode = "",
    record: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    left_out: Reason = "",
) -> Response:
    """To the eAkte; with the box ticked the item closes by itself, and the next one comes.

    `record` are the numbers that she has ticked, and "" for none of them; `left_out` is why others
    are not.
    """
    try:
        handover.order(
            visit.house,
            visit.caller,
            item_id,
            token,
            close_when_received=bool(close_when_received),
            numbers=[*filter(None, record)] if record else None,
            left_out=left_out,
        )
    except Refused as refused:
        typed = {"left_out": left_out, "record": " ".join(record)}
        return _again(visit, item_id, token, "", refused, typed)
    if close_when_received:
        told = Notice("closes_itself_next")
        return next_of(visit, line, notice=told, end=Notice("closes_itself"))
    return go(f"/vorgang/{item_id}", Notice("handed_over"))


@router.post("/bei-quittung")
def leave(visit: SendsItem, item_id: int, token: Token, line: LineCode = "") -> Response:
    """What was handed over closes by itself when the receipt comes, and the next one comes now."""
    try:
        handover.leave(visit.house, visit.caller, item_id, token)
    except Refused as refused:
        return _again(visit, item_id, token, "", refused, {})
    return next_of(visit, line, notice=Notice("left_next"), end=Notice("left"))


@router.post("/nicht-zahlungsrelevant")
def waive(visit: SendsItem, item_id: int, token: Token, reason: Reason = "") -> Response:
    """The reasoned no."""
    try:
        handover.waive(visit.house, visit.caller, item_id, token, reason=reason)
    except Refused as refused:
        return _again(visit, item_id, token, "waive", refused, {"reason": reason})
    return go(f"/vorgang/{item_id}", Notice("waived"))


@router.post("/antwort")
def send_reply(
    visit: SendsItem,
    item_id: int,
    token: Token,
    form: Annotated[AnswerForm, Depends()],
    gaps: Annotated[dict[str, str], Depends(_gaps)],
) -> Response:
    """Order the answer. The wording comes from the shelf, never from the form (promise 5)."""
    try:
        reply.order(visit.house, visit.caller, item_id, token, form.wanted(gaps))
    except Refused as refused:
        return _again(visit, item_id, token, "reply", refused, gaps, wanted=form.text_id)
    return go(f"/vorgang/{item_id}", Notice("replied"))


@router.post("/abschliessen")
def close(
    visit: SendsItem,
    item_id: int,
    token: Token,
    reason: Annotated[CloseReason, Form()],
    line: LineCode = "",
) -> Response:
    """End the item and go on to the next one of the same agency."""
    try:
        work.close(visit.house, visit.caller, item_id, token, reason=reason)
    except Refused as refused:
        return _again(visit, item_id, token, "", refused, {})
    return next_of(visit, line, notice=Notice("closed_next"), end=Notice("closed"))


def _again(  # noqa: PLR0913 - what the page needs to come back as it was
    visit: Visit,
    item_id: int,
    token: str,
    dialog: str,
    refused: Refused,
    typed: Mapping[str, str],
    *,
    wanted: str = "",
) -> Response:
    found = fault(dialog, refused, typed)
    return item_response(visit, item_id, token=token, wanted=wanted, fault=found)
