"""The page "Texte": all texts with version, state, source and proof of approval.

Readers see what was approved. Who may write or approve sees drafts, differences, checks and uses,
and decides here; the editor is in text_editor.py.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from api.web import pager, words
from api.web.letters import filled
from api.web.pager import Part
from api.web.render import page
from api.web.text_search import fits
from api.web.visit import OpensTexts, Visit
from rules.access import Caller, Permission, may
from rules.errors import Refused
from rules.rulesets.finding import has_errors
from rules.texts.approved import Text
from rules.texts.file import parse_text
from rules.texts.life import Phase, TextState, phase
from rules.texts.use import SMALL_CELL, told
from store.approved.texts import ShelvedText
from triage.texts import life as text_life
from triage.texts import stock as text_stock
from triage.texts import view as text_view
from triage.texts.view import TextRow, TextShown

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """One text in the list, by the version that is shown of it."""

    id: str
    title: str
    version: int
    phase: Phase
    note: str
    ends_soon: bool
    href: str


@router.get("/texte")
def texts_page(  # noqa: PLR0913, PLR0917 - FastAPI's parameters
    visit: OpensTexts,
    text: str = "",
    version: int | None = None,
    suche: str = "",
    vorgang: int = 0,
    stand: str = "",
    gegen: int = 0,
    nach: str = "",
) -> Response:
    """List and one text. `suche` is a word of a title, short code or concern, never of a mail.

    `gegen` is another version of the text, for editors: what differs from it. `nach` is the
    cursor of the list.
    """
    asked = {"suche": suche, "vorgang": vorgang, "stand": stand, "nach": nach}
    if is_editor(visit.caller):
        return _for_editors(visit, text, version, asked, against=gegen)
    return _for_readers(visit, text, version, asked)


def is_editor(caller: Caller) -> bool:
    """Whether the page shows more than what was approved."""
    return may(caller, Permission.WRITE_TEXTS) or may(caller, Permission.APPROVE_TEXTS)


def text_page(  # noqa: PLR0913 - what the page needs to come back as it was
    visit: Visit,
    shown: TextShown,
    *,
    asked: dict[str, object] | None = None,
    against: int = 0,
    status: int = 200,
    fault: str = "",
    typed: str = "",
) -> Response:
    """The page of an editor with that version, after a refusal with its fault."""
    wanted = asked or {"suche": "", "vorgang": 0, "stand": "", "nach": ""}
    rows = text_view.listing(visit.house, visit.caller)
    return page(
        visit.request,
        "texte.html",
        status=status,
        shown=_part(_listed_rows(rows, wanted), wanted),
        total=_count(rows),
        ending=[row for row in rows if row.ends_soon],
        stock=_stock(visit),
        query=wanted["suche"],
        stand=wanted["stand"],
        item_id=wanted["vorgang"],
        editor=True,
        may_write=may(visit.caller, Permission.WRITE_TEXTS),
        fault=fault,
        typed=typed,
        **_editor_detail(visit, shown, against),
    )


def _for_editors(
    visit: Visit, text_id: str, version: int | None, asked: dict[str, object], *, against: int
) -> Response:
    every = text_view.listing(visit.house, visit.caller)
    rows = _part(_listed_rows(every, asked), asked).rows
    chosen = text_id or (rows[0].id if rows else "")
    if not chosen:
        return page(
            visit.request,
            "texte.html",
            shown=_part((), asked),
            total=_count(every),
            ending=[row for row in every if row.ends_soon],
            stock=_stock(visit),
            query=asked["suche"],
            stand=asked["stand"],
            item_id=asked["vorgang"],
            editor=True,
            may_write=may(visit.caller, Permission.WRITE_TEXTS),
            text=None,
        )
    shown = text_view.show(visit.house, visit.caller, chosen, version)
    return text_page(visit, shown, asked=asked, against=against)


def _count(rows: tuple[TextRow, ...]) -> int:
    return len({row.version.text_id for row in rows})


def _for_readers(
    visit: Visit, text_id: str, version: int | None, asked: dict[str, object]
) -> Response:
    newest = {one.text.id: one for one in visit.house.shelf().stock() if one.retired_on is None}
    found = [one for one in newest.values() if fits(one.text, str(asked["suche"]))]
    shown = _part(tuple(_listed(visit, one, asked) for one in _by_title(found)), asked)
    chosen = text_id or (shown.rows[0].id if shown.rows else "")
    detail = _reader_detail(visit, chosen, version) if chosen else {"text": None}
    return page(
        visit.request,
        "texte.html",
        shown=shown,
        total=len(newest),
        query=asked["suche"],
        stand="",
        item_id=asked["vorgang"],
        editor=False,
        focus=_focus(asked, is_chosen=bool(text_id), is_found=bool(shown.rows)),
        **detail,
    )


def _focus(asked: dict[str, object], *, is_chosen: bool, is_found: bool) -> str:
    """Where the keyboard goes on, for who came here from an item with one key."""
    if not asked["vorgang"]:
        return ""
    if is_chosen:
        return "take"
    return "hit" if asked["suche"] and is_found else "search"


def _part(rows: tuple[Listed, ...], asked: dict[str, object]) -> Part[Listed]:
    return pager.part(rows, lambda row: row.id, after=str(asked["nach"]))


def _by_title(found: list[ShelvedText]) -> list[ShelvedText]:
    return sorted(found, key=lambda one: one.text.title.casefold())


def _listed(visit: Visit, one: ShelvedText, asked: dict[str, object]) -> Listed:
    text = one.text
    return Listed(
        id=text.id,
        title=text.title,
        version=text.version,
        phase=_phase_of(visit, one),
        note=f"Fassung {text.version} · bis {text.valid_to:%d.%m.%Y}",
        ends_soon=False,
        href=_href(text.id, asked),
    )


def _phase_of(visit: Visit, one: ShelvedText) -> Phase:
    state = TextState.APPROVED if one.retired_on is None else TextState.RETIRED
    text = one.text
    return phase(state, valid_from=text.valid_from, valid_to=text.valid_to, day=visit.today)


def _listed_rows(rows: tuple[TextRow, ...], asked: dict[str, object]) -> tuple[Listed, ...]:
    """One row a text: its newest version, or the newest in the state that was asked for."""
    stand, query = str(asked["stand"]), str(asked["suche"])
    newest: dict[str, Listed] = {}
    for row in rows:
        version = row.version
        if version.text_id in newest or (stand and row.phase != stand):
            continue
        text = parse_text(version.data.encode(), id=version.text_id)
        if fits(text, query):
            newest[version.text_id] = _editor_row(row, text, asked)
    return tuple(sorted(newest.values(), key=lambda one: one.title.casefold()))


def _editor_row(row: TextRow, text: Text, asked: dict[str, object]) -> Listed:
    scope = f" · {', '.join(text.regions)}" if text.regions else ""
    return Listed(
        id=text.id,
        title=text.title,
        version=text.version,
        phase=row.phase,
        note=f"Fassung {text.version} · bis {text.valid_to:%d.%m.%Y}{scope}",
        ends_soon=row.ends_soon,
        href=_href(text.id, asked, version=text.version),
    )


def _stock(visit: Visit) -> tuple[text_stock.StockDifference, ...]:
    if not may(visit.caller, Permission.WRITE_TEXTS):
        return ()
    return text_stock.differences(visit.house, visit.caller)


def _reader_detail(visit: Visit, text_id: str, version: int | None) -> dict[str, object]:
    """An approved version; a retired one only where its number is named."""
    shelf = visit.house.shelf()
    family = [one for one in shelf.stock() if one.text.id == text_id]
    usable = [one for one in family if one.retired_on is None]
    if version is None and family and not usable:
        raise Refused("text.unknown", "this text was withdrawn", text=text_id)
    shelved = shelf.shelved(text_id, version) if version else usable[-1] if usable else None
    if shelved is None:
        shelved = shelf.shelved(text_id)
    text = shelved.text
    return {
        "text": text,
        "phase": _phase_of(visit, shelved),
        "subject": filled(text.subject, {}),
        "body": filled(text.body, {}),
        "fits": _fits_words(text),
        "approval": shelved.approval,
        "sha256": shelved.sha256,
        "versions": family,
    }


def _editor_detail(visit: Visit, shown: TextShown, against: int) -> dict[str, object]:
    version, text = shown.row.version, shown.text
    pair = sorted((against, version.version)) if against else []
    older = pair[0] if pair else shown.before.version if shown.before else 0
    changes = (
        text_view.compared(visit.house, visit.caller, version.text_id, *pair)
        if pair
        else shown.changes
    )
    return {
        "row": shown.row,
        "version": version,
        "text": text or parse_text(version.data.encode(), id=version.text_id),
        "phase": shown.row.phase,
        "subject": filled(text.subject, {}) if text else "",
        "body": filled(text.body, {}) if text else "",
        "fits": _fits_words(text) if text else "",
        "sha256": version.sha256,
        "findings": shown.findings,
        "errors": has_errors(shown.findings),
        "older": older,
        "newer": pair[1] if pair else version.version,
        "changes": changes,
        "family": shown.versions,
        "uses": told(shown.uses),
        "small": SMALL_CELL,
        "gate": gate(visit.caller, shown),
        "may_edit": text_life.may_edit(visit.caller, version),
        "may_decide": text_life.may_decide(visit.caller, version),
    }


def gate(caller: Caller, shown: TextShown) -> str:
    """Why this person can't approve the version; empty where nothing stands against it."""
    version = shown.row.version
    if not may(caller, Permission.APPROVE_TEXTS):
        return "Freigeben darf, wer das Recht dazu hat; schreiben und freigeben sind getrennt."
    if not text_life.may_decide(caller, version):
        return "Der Text gilt nicht nur in Ihrer Region."
    if caller.name in version.authors:
        return "Sie haben daran geschrieben. Eine zweite Person gibt frei."
    if has_errors(shown.findings):
        return "Die Prüfung hat Fehler gefunden. Geben Sie die Fassung mit Grund zurück."
    return ""


def _fits_words(text: Text) -> str:
    return ", ".join(words.concern(code) for code in text.concerns) or "alle"


def _href(text_id: str, asked: dict[str, object], *, version: int | None = None) -> str:
    wanted = {"text": text_id, "version": version, **asked}
    return "/texte?" + urlencode({key: value for key, value in wanted.items() if value})
