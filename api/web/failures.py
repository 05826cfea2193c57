"""What went wrong, as a calm German page: what happened, why, what now, in that order, no blame.

Source: desk guide, "Wording".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from fastapi import Request, Response

from api.errors import Problem
from api.web.render import go, page


@dataclass(frozen=True, slots=True)
class Failure:
    """The words of one page. `code` is for whoever is called for help; it tells no content."""

    title: str
    why: str
    now: str
    code: str
    href: str = "/arbeitsplatz"
    link: str = "Zum Arbeitsplatz"


_Words = tuple[str, str, str]

_BY_CODE: Final[Mapping[str, _Words]] = MappingProxyType(
    {
        "access.csrf": (
            "Das Formular war veraltet",
            "Seit dem Laden der Seite wurde neu angemeldet. Nichts wurde geändert.",
            "Öffnen Sie den Vorgang noch einmal und wiederholen Sie den Schritt.",
        ),
        "access.no_agency": (
            "Keine Eingangszone",
            "Diese Anmeldung steht auf keinem Verteiler einer Eingangszone.",
            "Wenden Sie sich an die Teamleitung; nötig ist der EZ-Verteiler Ihrer Agentur.",
        ),
        "item.lease_stale": (
            "Der Vorgang gehört Ihnen nicht mehr",
            "Die Reservierung war abgelaufen, oder es wurde an anderer Stelle weitergearbeitet.",
            "Ihr letzter Schritt wurde nicht ausgeführt. Öffnen Sie den Vorgang noch einmal.",
        ),
        "item.state": (
            "Der Vorgang ist schon weiter",
            "Jemand war schneller, oder der Schritt ist schon ausgeführt.",
            "Ihr letzter Schritt wurde nicht ausgeführt. Öffnen Sie den Vorgang noch einmal.",
        ),
        "item.open_claim": (
            "Ihr Vorgang ist noch offen",
            "Sie haben schon einen Vorgang in Arbeit. Es wurde kein zweiter geholt.",
            "Schließen Sie ihn ab, parken Sie ihn oder legen Sie ihn zurück.",
        ),
        "item.changed": (
            "Der Vorgang ist schon weiter",
            "Seit dem Laden der Seite hat sich an diesem Vorgang etwas geändert.",
            "Ihr letzter Schritt wurde nicht ausgeführt. Laden Sie die Seite neu.",
        ),
        "item.nothing_to_undo": (
            "Rückgängig geht nicht mehr",
            "Die Zeit dafür ist um, oder jemand hat seither an dem Vorgang gearbeitet.",
            "Öffnen Sie den Vorgang und entscheiden Sie dann.",
        ),
        "item.receipt_missing": (
            "Noch nicht abgeschlossen",
            "Der Vorgang ist zahlungsrelevant, und die eAkte-Quittung steht aus.",
            "Warten Sie auf die Quittung, oder begründen Sie, warum er nicht zahlungsrelevant ist.",
        ),
        "text.version": (
            "Der Text hat eine neue Fassung",
            "Seit dem Laden der Seite wurde eine neue Fassung freigegeben. Nichts wurde gesendet.",
            "Öffnen Sie den Vorgang noch einmal und prüfen Sie den neuen Wortlaut.",
        ),
        "mail.deleted": (
            "Der Inhalt ist gelöscht",
            "Die Aufbewahrungsfrist dieser Nachricht ist abgelaufen.",
            "Der Nachweis ohne Inhalt bleibt erhalten.",
        ),
    }
)

_BY_STATUS: Final[Mapping[int, _Words]] = MappingProxyType(
    {
        403: (
            "Das ist Ihnen nicht freigegeben",
            "Sie sehen nur die Agenturen und Bereiche, auf deren Verteiler Sie stehen.",
            "Wenn Sie den Zugang brauchen, wenden Sie sich an die Teamleitung.",
        ),
        404: (
            "Nicht gefunden",
            "Hier ist nichts, oder es ist für Sie nicht freigegeben.",
            "Gehen Sie zurück zum Arbeitsplatz.",
        ),
        409: (
            "Jemand war schneller",
            "Seit dem Laden der Seite hat sich etwas geändert. Ihr Schritt wurde nicht ausgeführt.",
            "Laden Sie die Seite neu und entscheiden Sie dann.",
        ),
        422: (
            "Das geht so nicht",
            "Die Angaben passen nicht zu diesem Schritt. Nichts wurde geändert.",
            "Gehen Sie zurück und prüfen Sie die Angaben.",
        ),
        503: (
            "Gerade nicht erreichbar",
            "Ein Nachbar des Postlotsen antwortet nicht. Verloren geht nichts.",
            "Versuchen Sie es in einer Minute noch einmal.",
        ),
    }
)

_ELSE: Final[_Words] = (
    "Etwas ist schiefgegangen",
    "Der Postlotse konnte diese Seite nicht zeigen. Die Technik sieht den Vorfall im Protokoll.",
    "Versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie die Kennung.",
)


def problem_page(request: Request, problem: Problem) -> Response:
    """The page for a problem outside /v1; who isn't signed in comes to the sign-in page."""
    if problem.code == "auth.missing":
        return go("/anmelden?abgelaufen=1" if request.cookies else "/anmelden")
    response = page(request, "fehler.html", status=problem.status, failure=failure_of(problem))
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def failure_of(problem: Problem) -> Failure:
    """The words for a problem: by its code where it has its own, else by its status."""
    title, why, now = _BY_CODE.get(problem.code) or _BY_STATUS.get(problem.status, _ELSE)
    number = problem.details.get("request_id")
    code = f"{problem.code} {number}" if number else problem.code
    item_id = problem.details.get("item_id")
    if isinstance(item_id, int) and problem.status == 409:
        return Failure(title, why, now, code, f"/vorgang/{item_id}", "Vorgang noch einmal öffnen")
    return Failure(title, why, now, code)
