"""The page of one item: read, judge, act. The deeds are in deeds.py."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.web import drafts
from api.web.claims import claimed
from api.web.desk import holds
from api.web.faults import Fault
from api.web.forms import SECOND
from api.web.item_page import ReplySide, item_page
from api.web.letters import Letter, letter
from api.web.render import page
from api.web.task_steps import left_to_do
from api.web.visit import OpensItem, Visit
from rules.codes import Concern
from rules.item import EakteState
from rules.records import named_in
from rules.texts.approved import Text
from store.desk.items import Item
from triage.answers import reply, reply_text
from triage.desk import holding, item_view
from triage.desk.attachments import may_be_drawn
from triage.desk.item_view import ItemView

router = APIRouter(include_in_schema=False)

LETTERS = 8
"""Texts offered at once; with "Keine Antwort" they have the keys 1 to 9. Source: desk guide."""

PARK_DAYS: Final = 10
"""Arbeitstage that the field for parking offers: two weeks. Hausregel."""

RECEIPT_LOOK_SECONDS = 3
"""A receipt comes within moments; a clerk who waits for it should not have to reload."""

MAIL_HTML_POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"
"""Nothing of a mail acts, loads or sends. Source: CSP Level 3, directive sandbox."""


@router.get("/vorgang/{item_id}")
def show(visit: OpensItem, item_id: int, text: str = "") -> Response:
    """The item; `text` is the id of a text found by search.

    An answer that was cut off by the end of the session is there again, once.
    """
    draft = drafts.taken(visit.request, visit.caller, item_id)
    wanted, gaps = (draft.text_id, draft.gaps) if draft else (text, None)
    response = item_response(visit, item_id, token=claimed(visit.request), wanted=wanted, kept=gaps)
    if draft:
        drafts.forget(response)
    return response


@router.get("/vorgang/{item_id}/html")
def mail_html(visit: OpensItem, item_id: int) -> Response:
    """The sanitised HTML of the mail, for the frame on the item's page."""
    html = item_view.safe_html(visit.house, visit.caller, item_id)
    headers = {"Content-Security-Policy": MAIL_HTML_POLICY}
    return HTMLResponse(f'<!doctype html><meta charset="utf-8">{html}', headers=headers)


def item_response(
    visit: Visit,
    item_id: int,
    *,
    token: str,
    wanted: str = "",
    fault: Fault | None = None,
    kept: Mapping[str, str] | None = None,
) -> Response:
    """The item's page, after a refusal with the fault at its field (422)."""
    if fault and visit.is_unseen:
        return Response(status_code=422)
    view = item_view.view(visit.house, visit.caller, item_id)
    typed = fault.typed if fault else kept or {}
    shown = item_page(
        view,
        token=token if holds(visit, view.item) else "",
        reply=_reply_side(visit, view, wanted, typed),
        today=visit.today,
    )
    return page(
        visit.request,
        "vorgang.html",
        status=422 if fault else 200,
        shown=shown,
        fault=fault,
        typed=typed,
        agency=visit.house.directory.agency(view.item.agency_code),
        agencies=visit.house.directory.active(),
        park_days=_park_days(visit, view.item),
        all_concerns=in_form_order(view),
        named_numbers=named_in(view.verdict),
        gives_tasks=visit.house.policy.gives_tasks,
        drawn=may_be_drawn,
        steps=left_to_do(shown.steps, shown.tasks if visit.house.policy.gives_tasks else ()),
        heartbeat_seconds=_heartbeat_seconds(visit, view),
    )


def _park_days(visit: Visit, item: Item) -> tuple[date, ...]:
    """The Arbeitstage of the agency that come next: what the field offers."""
    ahead = range(1, PARK_DAYS + 1)
    return tuple(holding.park_day(visit.house, item.agency_code, number) for number in ahead)


def _heartbeat_seconds(visit: Visit, view: ItemView) -> int:
    """How often the page gives a sign of life; faster while it waits for the receipt."""
    if view.item.eakte is EakteState.SENT:
        return RECEIPT_LOOK_SECONDS
    return max(15, visit.house.policy.lease_seconds // 3)


def in_form_order(view: ItemView) -> tuple[str, ...]:
    """The concerns of the correction form: the verdict's by weight, then the rest.

    Browsers send ticked boxes in this order, so the weights of the verdict are kept.
    """
    first = [found["code"] for found in view.verdict.get("concerns", ())]
    return (*first, *(code for code in Concern if code not in first))


def _reply_side(visit: Visit, view: ItemView, wanted: str, typed: Mapping[str, str]) -> ReplySide:
    if view.mail is None:
        return ReplySide((), False, "Der Inhalt ist gelöscht; es gibt nichts zu beantworten.", "")
    proposed = reply.proposals(visit.house, visit.caller, view.item.id)
    rule = proposed.rule
    because = f"{rule.because} ({rule.source})"
    if not rule.allowed:
        return ReplySide((), False, because, "")
    texts = _with_wanted(visit, view, proposed.texts, wanted)[:LETTERS]
    language = typed.get(SECOND, proposed.suggested or "")
    letters = tuple(_letter(visit, view.item, text, typed, language) for text in texts)
    # Who only thanks is not told that we need more time, unless somebody says so.
    nothing = view.item.first_concern == Concern.KEIN_ANLIEGEN and not wanted
    chosen = letters[0].text.id if letters and not nothing else ""
    return ReplySide(letters, True, because, chosen)


def _with_wanted(visit: Visit, view: ItemView, texts: Iterable[Text], wanted: str) -> list[Text]:
    """The text that was looked up goes first; it must be valid, or it isn't offered."""
    offered = list(texts)
    valid = visit.house.shelf().valid(visit.today, view.item.region)
    usable = [text for text in valid if text.id == wanted]
    return [*usable[-1:], *(text for text in offered if text.id != wanted or not usable)]


def _letter(
    visit: Visit, item: Item, text: Text, typed: Mapping[str, str], language: str
) -> Letter:
    defaults = reply.defaults(visit.house, visit.caller, item.id, text.id)
    seconds = reply_text.seconds(visit.house, item, text)
    return letter(text, defaults, typed, seconds=seconds, chosen=language)
