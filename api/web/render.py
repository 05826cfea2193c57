"""From values to a page: the Jinja environment, its filters, and the message after an action.

Everything is escaped; the only HTML that comes as a value is made in marks.py and letters.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.auth import door_of, house_of, session_of
from api.session import Session
from api.web import answer_words, assets, days, mail_words, move_words, words
from rules import scan
from rules.access import Permission, may
from rules.errors import Refused, TryLater
from triage import halting
from triage.desk import undo

NOTICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "address_compared": "Vermerkt: Die Adresse ist abgeglichen.",
        "authority_present": "Vermerkt: Die Vollmacht liegt vor.",
        "closed": "Abgeschlossen.",
        "closes_itself": "Übergabe beauftragt. Der Vorgang schließt, sobald die Quittung da ist.",
        "aside_seen": "Als angesehen vermerkt: {}.",
        "aside_not_shown": "Vermerkt ist, was Ihnen gezeigt wurde. Noch nicht gezeigt: {}. Öffnen"
        " Sie den Grund, dann zählen auch diese.",
        "confirmed": "Korrektur bestätigt.",
        "turned_down": "Korrektur abgelehnt. Sie lehrt das Modell nichts.",
        "corrected": "Einordnung geändert.",
        "filed_again": "Noch einmal abgelegt wird: {}.",
        "forwarded": "Weitergeleitet.",
        "freed": "Vorgang {} wartet wieder in der Warteliste.",
        "handed_over": "Übergabe an die eAkte beauftragt.",
        "hold_placed": "Die Löschsperre {} gilt.",
        "hold_released": "Die Löschsperre ist aufgehoben.",
        "left": "Der Vorgang schließt, sobald die eAkte-Quittung da ist.",
        "open_first": "Dieser Vorgang ist noch offen. Danach kommt der nächste.",
        "parked": "Geparkt bis {}.",
        "parked_moved": "Geparkt bis {}, den nächsten Arbeitstag.",
        "pending": "Der Vorgang kommt wieder, sobald die eAkte-Quittung da ist.",
        "released": "Zurückgelegt. Der Vorgang wartet wieder.",
        "replayed": "Die Nachricht läuft noch einmal durch die Verarbeitung.",
        "replayed_all": "Noch einmal durch die Verarbeitung laufen: {}. Was danach kein Vorgang"
        " ist, liegt gleich wieder hier.",
        "replayed_none": "Davon lag nichts mehr beiseite; vielleicht war jemand schneller.",
        "replied": "Antwort beauftragt.",
        "sent_again": "Noch einmal gesendet wird: {}.",
        "task_cancelled": "Auftrag zurückgenommen.",
        "task_ordered": "Auftrag erteilt.",
        "returned": "Zurückgegeben.",
        "rules_active": "In Kraft ab {}.",
        "rules_back": "Die vorige Version gilt in wenigen Sekunden wieder.",
        "rules_none": "Zurückgenommen. In wenigen Sekunden gilt wieder die Zuordnung ohne diesen"
        " Regelsatz.",
        "rules_saved": "Entwurf gespeichert. Er wirkt erst, wenn eine zweite Person ihn in Kraft"
        " setzt.",
        "rules_reading": "Beauftragt. Ein Worker liest die Regeln, am Postfach ändert sich nichts.",
        "rules_trial": "Probelauf beauftragt. Ein Worker liest Nachrichten, bewegt wird nichts.",
        "rules_withdrawn": "Das Geplante ist zurückgenommen. Was gilt, gilt weiter.",
        "rights_apply": "Der Plan wird ausgeführt, Ordner für Ordner.",
        "rights_approved": "Plan freigegeben. Er kann jetzt ausgeführt werden.",
        "rights_audit": "Prüfung beauftragt. Ein Worker liest die Rechte aller Ordner.",
        "rights_folders_signed": "Abgezeichnet: {}.",
        "rights_kept": "Mit Begründung belassen bis {}.",
        "rights_lists": "Verteiler eingelesen: {}.",
        "rights_marked": "Vermerkt.",
        "rights_proposed": "Plan vorgeschlagen. Freigeben darf ihn eine zweite Person.",
        "rights_rejected": "Plan verworfen. An den Rechten hat sich nichts geändert.",
        "rights_round": "Die Prüfrunde läuft.",
        "rights_signed": "Abgezeichnet.",
        "rights_undo": "Der Plan wird zurückgenommen, Ordner für Ordner.",
        "signed_in_again": "Sie sind wieder angemeldet. Ihre Auswahl ist noch da.",
        "text_approved": "Freigegeben. Die Fassung gilt an ihren Tagen.",
        "text_retired": "Zurückgezogen. Die Fassung wird nicht mehr gesendet.",
        "text_saved": "Entwurf gespeichert. Gesendet wird er erst nach der Freigabe durch eine"
        " zweite Person.",
        "text_submitted": "Zur Prüfung gegeben.",
        "text_turned_down": "Mit Grund an den Entwurf zurückgegeben.",
        "text_withdrawn": "Zurückgeholt. Sie können weiterschreiben.",
        "sweep_ordered": "Löschlauf {} ist angeordnet. Ein Worker führt ihn aus.",
        "sweep_void": "Verworfen. Gelöscht wird dadurch nichts.",
        "taken": "Der Vorgang ist für Sie reserviert.",
        "taken_in": "Als Vorgang {} aufgenommen.",
        "undone": "Der letzte Schritt ist rückgängig gemacht. Der Vorgang ist wieder bei Ihnen.",
        "writing_resumed": "Es läuft weiter. Was gewartet hat, wird nachgeholt.",
        "writing_stopped": "Angehalten. Es wird nichts verschoben und nichts gesendet.",
        "waived": "Begründung gespeichert. Abschließen ist frei.",
        "closed_next": "Abgeschlossen. Das ist der nächste Vorgang.",
        "closes_itself_next": "An die eAkte übergeben. Der Vorgang schließt, sobald die Quittung da"
        " ist. Das ist der nächste.",
        "forwarded_next": "Weitergeleitet. Das ist der nächste Vorgang.",
        "left_next": "Der Vorgang schließt, sobald die eAkte-Quittung da ist. Das ist der nächste.",
        "parked_next": "Geparkt bis {}. Das ist der nächste Vorgang.",
        "parked_moved_next": "Geparkt bis {}, den nächsten Arbeitstag. Das ist der nächste"
        " Vorgang.",
        "returned_next": "Zurückgegeben. Das ist der nächste Vorgang.",
        "signed_out": "Sie sind abgemeldet.",
    }
)
"""What the next page says after an action; `{}` takes a day or a number."""

_AREAS: Final = (
    ("/arbeitsplatz", "Arbeitsplatz", Permission.WORK_ITEM),
    ("/lage", "Lage", None),
    ("/texte", "Texte", Permission.READ_TEXTS),
    ("/beiseite", "Beiseitegelegt", Permission.REPLAY),
    ("/postfaecher", "Postfächer", Permission.MANAGE_POSTBOXES),
    ("/rechte", "Rechte", Permission.REVIEW_RIGHTS),
    ("/zahlen", "Zahlen", Permission.READ_FIGURES),
    ("/vollzaehligkeit", "Vollzähligkeit", Permission.READ_FIGURES),
    ("/ausgang", "Ausgang", Permission.REPLAY),
    ("/nicht-abgelegt", "Nicht abgelegt", Permission.REPLAY),
    ("/abgleich", "Abgleich", Permission.READ_FIGURES),
    ("/loeschung", "Löschung", Permission.RUN_RETENTION),
    ("/probelauf", "Probelauf", Permission.MANAGE_POSTBOXES),
    ("/korrekturen", "Korrekturen", Permission.MANAGE_MODELS),
    ("/regeln", "Regeln", Permission.CHANGE_RULES),
)

_DAILY: Final = ("/arbeitsplatz", "/lage", "/texte", "/beiseite", "/zahlen")
"""Stand in the bar by themselves; where one has more than six areas the rest folds into one."""

_COOKIE: Final = "postlotse_notice"
_UNDOABLE: Final = {
    "closed", "closed_next", "closes_itself", "closes_itself_next", "corrected", "forwarded",
    "forwarded_next", "left", "left_next", "parked", "parked_next", "parked_moved",
    "parked_moved_next", "returned", "returned_next",
}  # fmt: skip
"""Messages beside which the step can be taken back."""
_VALUE: Final = re.compile(r"([a-z_]+)(?:-([0-9][0-9.]{0,9}))?", re.ASCII)
"""A name of the list above and a day or number: a cookie that says anything else says nothing."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the next page. `about` is a day as TT.MM.JJJJ or an item's number."""

    name: str
    about: str = ""


def page(request: Request, template: str, *, status: int = 200, **values: object) -> Response:
    """The page as HTML; it shows the notice of the action before, once."""
    notice = _notice(request)
    session = _shown_session(request)
    undo_item = _undo_item(request, session) if notice else None
    body = _ENVIRONMENT.get_template(template).render(
        session=session,
        areas=_areas(session),
        daily=_DAILY,
        demo=door_of(request).demo,
        path=request.url.path,
        answers_at=_answers_at(request, status),
        notice=notice,
        undo_item=undo_item,
        **({"halt": halting.shown(house_of(request)) if session else None} | values),
    )
    response = HTMLResponse(body, status)
    if notice:
        response.delete_cookie(_COOKIE, httponly=True, samesite="strict")
    return response


def form_page(path: str) -> str:
    """The page on which the form of that address stands."""
    item = re.match(r"/vorgang/[0-9]+", path)
    return item[0] if item else "/" + path.strip("/").partition("/")[0]


def _answers_at(request: Request, status: int) -> str:
    """The address that the answer to a form takes on, or "" for its own.

    Else "back" led to a form that the browser wants to send again. What failed on our side may be
    sent once more by loading it anew.
    """
    is_answer = request.method == "POST" and status < HTTPStatus.INTERNAL_SERVER_ERROR
    return form_page(request.url.path) if is_answer else ""


def bare(template: str, **values: object) -> str:
    """A page for nobody in particular: it asks neither request nor house."""
    return _ENVIRONMENT.get_template(template).render(
        session=None,
        areas=(),
        daily=_DAILY,
        demo=False,
        path="",
        answers_at="",
        notice="",
        undo_item=None,
        halt=None,
        **values,
    )


def _shown_session(request: Request) -> Session | None:
    """Whose page it is; a page that tells that the database is away must not need it."""
    try:
        return session_of(request)
    except TryLater:
        return None


def csv_file(text: str, name: str) -> Response:
    """A table for a spreadsheet, to be saved under that name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    # The mark lets spreadsheets see that it is UTF-8.
    return Response("\ufeff" + text, media_type="text/csv; charset=utf-8", headers=headers)


def go(url: str, notice: Notice | None = None) -> Response:
    """On to another page after a POST, with a message for it. Source: RFC 9110 section 15.4.4."""
    response = RedirectResponse(url, 303)
    if notice:
        value = f"{notice.name}-{notice.about}" if notice.about else notice.name
        response.set_cookie(_COOKIE, value, max_age=60, httponly=True, samesite="strict")
    return response


def number(count: int) -> str:
    """1.284, as German figures are written. Source: desk guide, "Wording"."""
    return f"{count:,}".replace(",", ".")


def size(size_bytes: int) -> str:
    """48 kB, 61 MB; never 0 kB for something that is there."""
    if size_bytes >= 1_000_000:
        return f"{number(round(size_bytes / 1_000_000))} MB"
    return f"{max(1, round(size_bytes / 1000)) if size_bytes else 0} kB"


def slug(text: str) -> str:
    """An id for an element of the page, the same for the same text; it tells nothing of it."""
    return sha256(text.encode()).hexdigest()[:12]


def _areas(session: Session | None) -> tuple[tuple[str, str], ...]:
    """The pages that this person may open, in the order of the bar above."""
    if session is None:
        return ()
    return tuple(
        (path, name)
        for path, name, needed in _AREAS
        if needed is None or may(session.caller, needed)
    )


def _notice(request: Request) -> str:
    found = _VALUE.fullmatch(request.cookies.get(_COOKIE, ""))
    if found is None or found[1] not in NOTICES:
        return ""
    about = found[2] or ""
    return NOTICES[found[1]].format(_with_weekday(about) if "." in about else about)


def _undo_item(request: Request, session: Session | None) -> int | None:
    """The item whose step, just done, can be taken back on this page."""
    name = request.cookies.get(_COOKIE, "").partition("-")[0]
    if session is None or name not in _UNDOABLE:
        return None
    try:
        return undo.offer(house_of(request), session.caller)
    except TryLater:
        # The page that tells that the database is away is made here, too.
        return None


def _with_weekday(typed: str) -> str:
    try:
        return days.day(days.typed(typed, today=date.min))
    except Refused:
        return typed


def _made() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        # A page is made of six files; without this each is asked on the disk for its age.
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "aside_reason": words.aside_reason,
        "aside_why": words.aside_why,
        "clock": days.clock,
        "concern": words.concern,
        "day": days.day,
        "defect": mail_words.defect,
        "moment": days.moment,
        "money_word": words.money_word,
        "move_reason": move_words.move_reason,
        "move_remedy": move_words.move_remedy,
        "needs_person": words.needs_person,
        "number": number,
        "short_day": days.short_day,
        "runs": scan.is_program,
        "size": size,
        "slug": slug,
        "until": days.until,
    }
    made.globals |= {"words": words, "answers": answer_words, "asset": assets.url}
    return made


_ENVIRONMENT: Final = _made()
