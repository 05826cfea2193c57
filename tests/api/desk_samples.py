"""All pages of the desk in all their states, from invented values, and an app that shows each.

The gallery uses the templates, styles and scripts of the desk and no house: what a page shows
is asked without a database, by tests and by axe in a browser.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from fastapi import FastAPI, Request, Response

from api import errors
from api import session as sessions
from api.errors import Problem
from api.web import assets
from api.web.attachment import WHY_NOT, Shown
from api.web.busy import busy_page
from api.web.failures import problem_page
from api.web.overview import total
from api.web.render import page
from api.web.visit import Line
from api.web.wishes import LANGUAGES, Wish
from rules.access import Caller
from rules.codes import Concern
from rules.item import EakteState, ItemState
from rules.mail import Attachment
from tests.api import (
    admin_samples,
    deletion_samples,
    figures_samples,
    filing_samples,
    outgoing_samples,
    rights_samples,
    rules_samples,
    texts_samples,
)
from tests.api.item_samples import AGENCIES, CLERK, NOW, SAMPLES, TODAY, item, item_sample
from tests.api.small_door import SESSIONS, ClockHouse, small_app
from triage.desk.holding import STUCK
from triage.figures import AgencyRow, Overview, Progress


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


def _attachment(request: Request, **changed: Any) -> Response:
    name = "Arbeitsunfähigkeitsbescheinigung_Seite_1_bis_12_eingescannt_am_23.11.2026.pdf"
    file = Attachment(name, "application/pdf", 2_400_000, "2")
    shown = Shown(file, 7, 1, page=2, zoom=150, turn=90, pages=12, why="")
    return page(request, "anlage.html", shown=replace(shown, **changed), zooms=(100, 150, 200))


FOR_ADMINS = {
    "zahlen", "zahlen-leer",
    *admin_samples.PAGES,
    *rules_samples.PAGES,
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
        "zahlen": figures_samples.figures,
        "zahlen-leer": lambda r: figures_samples.figures(r, empty=True),
        "fehler-409": lambda r: problem_page(
            r, Problem(409, "item.lease_stale", "", {"item_id": 4711})
        ),
        "fehler-403": lambda r: problem_page(r, Problem(403, "access.denied", "")),
        "fehler-404": lambda r: problem_page(r, Problem(404, "http.not_found", "")),
        "fehler-429": lambda _: busy_page("GET", 12),
        "fehler-429-gesendet": lambda _: busy_page("POST", 12),
        "fehler-503": lambda r: problem_page(r, Problem(503, "store.away", "")),
    }
    | admin_samples.PAGES
    | rules_samples.PAGES
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
