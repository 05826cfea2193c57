"""Writing a text and deciding on it: the editor with its checks, and the deeds of a version."""

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Form, Response
from markupsafe import Markup

from api.web import refusals
from api.web.letters import filled
from api.web.render import Notice, go, page
from api.web.texts import text_page
from api.web.visit import OpensDraft, SendsDecision, SendsDraft, SendsDraftOrDecision, Visit
from rules.codes import Concern
from rules.errors import Conflict, HouseError, Refused
from rules.texts.approved import Text
from rules.texts.placeholders import WHITELIST, printed
from rules.texts.wording import GRADE, bounds, readability
from store.approved.text_versions import TextVersion
from triage.texts import checking
from triage.texts import life as text_life
from triage.texts import view as text_view
from triage.texts.checking import Checked
from triage.texts.life import Seen

router = APIRouter(include_in_schema=False)

SAMPLE: Final = """\
titel: 
kuerzel: 
anliegen: sonstiges
kanal: freie_email, kontaktformular, postfachnachricht
gueltig_ab: {begin}
gueltig_bis: {end}
region: {region}
quelle: Weisung 
offenbarend: nein
betreff: Ihre Nachricht vom {{eingangstag}}

Guten Tag,

vielen Dank für Ihre Nachricht vom {{eingangstag}}.

Haben Sie Fragen? Rufen Sie uns an: {{telefon}}.

Mit freundlichen Grüßen
Ihre Agentur für Arbeit {{agentur}}
"""  # noqa: W291 - the author writes behind the colon
"""How a new text begins."""

Typed = Annotated[str, Form(max_length=20_000)]
Reason = Annotated[str, Form(max_length=600)]
Edition = Annotated[int, Form(ge=1)]


@router.get("/texte/neu")
def new_page(visit: OpensDraft) -> Response:
    """A new text with its head."""
    regions = sorted(visit.caller.whole_regions or ())
    today = visit.today
    typed = SAMPLE.format(
        begin=today.isoformat(),
        end=today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat(),
        region=regions[0] if regions else "alle",
    )
    return _editor(visit, "sonstiges.", Checked(typed, None, ()))


@router.get("/texte/{text_id}/{version}/text")
def edit_page(visit: OpensDraft, text_id: str, version: int) -> Response:
    """The text of a version: a draft to write on, an approved one to begin the next with."""
    shown = text_view.show(visit.house, visit.caller, text_id, version)
    found = shown.row.version
    return _editor(visit, text_id, checking.of_version(visit.house, found), of=found)


@router.post("/texte/pruefen")
def check(
    visit: SendsDraftOrDecision,
    text_id: Annotated[str, Form(max_length=120)] = "",
    text: Typed = "",
    version: Annotated[int, Form()] = 0,
    edition: Annotated[int, Form()] = 0,
) -> Response:
    """The text again, with what is wrong with it. Keeps nothing."""
    checked = text_life.check(visit.house, visit.caller, text_id, text)
    return _editor(visit, text_id, checked, of=_draft_of(visit, text_id, version), edition=edition)


@router.post("/texte/speichern")
def save(
    visit: SendsDraft,
    text_id: Annotated[str, Form(max_length=120)] = "",
    text: Typed = "",
    version: Annotated[int, Form()] = 0,
    edition: Annotated[int, Form()] = 0,
) -> Response:
    """Keep a draft and show it; what can't be kept comes back as it was typed."""
    house, caller = visit.house, visit.caller
    try:
        if version:
            seen = Seen(edition=edition)
            saved, _ = text_life.save(house, caller, text_id, version, typed=text, seen=seen)
        else:
            saved, _ = text_life.draft(house, caller, text_id, text)
    except (Refused, Conflict) as refused:
        if refused.code == "access.denied" and "permission" in refused.details:
            raise
        checked = text_life.check(house, caller, text_id, text)
        of = _draft_of(visit, text_id, version)
        status = 409 if isinstance(refused, Conflict) else 422
        fault = "" if refused.code == "text.findings" else refusals.refusal(refused)
        return _editor(visit, text_id, checked, of=of, edition=edition, status=status, fault=fault)
    return go(_place(saved), Notice("text_saved"))


@router.post("/texte/{text_id}/{version}/vorlegen")
def submit(visit: SendsDraft, text_id: str, version: int, edition: Edition) -> Response:
    """To the approvers."""
    return _deed(visit, text_id, version, "text_submitted", lambda: text_life.submit(
        visit.house, visit.caller, text_id, version, seen=Seen(edition=edition)
    ))  # fmt: skip


@router.post("/texte/{text_id}/{version}/zurueckholen")
def withdraw(visit: SendsDraft, text_id: str, version: int) -> Response:
    """Out of the review, to write on."""
    return _deed(visit, text_id, version, "text_withdrawn", lambda: text_life.withdraw(
        visit.house, visit.caller, text_id, version
    ))  # fmt: skip


@router.post("/texte/{text_id}/{version}/ablehnen")
def turn_down(visit: SendsDecision, text_id: str, version: int, grund: Reason = "") -> Response:
    """Back to the draft, with a reason."""
    return _deed(visit, text_id, version, "text_turned_down", lambda: text_life.turn_down(
        visit.house, visit.caller, text_id, version, reason=grund
    ), typed=grund)  # fmt: skip


@router.post("/texte/{text_id}/{version}/freigeben")
def approve(
    visit: SendsDecision, text_id: str, version: int, sha256: Annotated[str, Form(max_length=64)]
) -> Response:
    """By a second person, of exactly what the page showed."""
    return _deed(visit, text_id, version, "text_approved", lambda: text_life.approve(
        visit.house, visit.caller, text_id, version, seen=Seen(sha256=sha256 or "-")
    ))  # fmt: skip


@router.post("/texte/{text_id}/{version}/zurueckziehen")
def retire(visit: SendsDraftOrDecision, text_id: str, version: int, grund: Reason = "") -> Response:
    """At once and for good, with a reason."""
    return _deed(visit, text_id, version, "text_retired", lambda: text_life.retire(
        visit.house, visit.caller, text_id, version, reason=grund
    ), typed=grund)  # fmt: skip


def _deed(
    visit: Visit,
    text_id: str,
    version: int,
    notice: str,
    do: Callable[[], TextVersion],
    *,
    typed: str = "",
) -> Response:
    """Do it and show the version; a refusal stands on the page, where the person is."""
    try:
        saved = do()
    except (Refused, Conflict) as refused:
        if refused.code in {"access.denied", "text.unknown"}:
            raise
        shown = text_view.show(visit.house, visit.caller, text_id, version)
        status = 409 if isinstance(refused, Conflict) else 422
        return text_page(visit, shown, status=status, fault=refusals.refusal(refused), typed=typed)
    return go(_place(saved), Notice(notice))


def _place(version: TextVersion) -> str:
    return f"/texte?text={version.text_id}&version={version.version}"


def _draft_of(visit: Visit, text_id: str, version: int) -> TextVersion | None:
    """The version that the editor was opened on; None for a new text, or where it is gone."""
    try:
        return text_view.show(visit.house, visit.caller, text_id, version or None).row.version
    except HouseError:
        return None


def _editor(  # noqa: PLR0913 - what the page needs to come back as it was
    visit: Visit,
    text_id: str,
    checked: Checked,
    *,
    of: TextVersion | None = None,
    edition: int = 0,
    status: int = 200,
    fault: str = "",
) -> Response:
    is_draft = of is not None and of.approved_on is None and of.retired_on is None
    return page(
        visit.request,
        "textbearbeiten.html",
        status=status,
        text_id=text_id,
        checked=checked,
        # An approved version is the beginning of the next one, never written over.
        version=of.version if of and is_draft else 0,
        edition=edition or (of.edition if of else 0),
        of=of,
        fault=fault,
        gaps=tuple(WHITELIST.values()),
        concerns=tuple(Concern),
        preview=_preview(checked.text) if checked.text else "",
        measured=readability(checked.text.body, checked.text.language) if checked.text else None,
        target=bounds(checked.text)[1] if checked.text else GRADE,
    )


def _preview(text: Text) -> Markup:
    """The letter with the sample values of its gaps."""
    values = {name: printed(name, WHITELIST[name].sample, text.language) for name in text.gaps}
    return filled(f"{text.subject}\n\n{text.body}", values)
