"""What went wrong, as a calm German page: what happened, why, what now, in that order, no blame.

Source: desk guide, "Wording".
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response

from api.auth import number_of
from api.errors import Problem
from api.oidc.flow import safe_next
from api.session import csrf_of
from api.web import drafts, refusals
from api.web.render import form_page, go, page


@dataclass(frozen=True, slots=True)
class Failure:
    """The words of one page. `code` is for whoever is called for help; it tells no content.

    Without `href` the button leads to the first page of whoever reads it.
    """

    title: str
    why: str
    now: str
    code: str
    href: str = ""
    link: str = ""


_Words = tuple[str, str, str]

_NOT_ENTERED: Final[_Words] = (
    "Die Anmeldung ist gerade nicht möglich",
    "Postlotse und Anmeldedienst kennen einander nicht so, wie es hier eingetragen ist.",
    "Nennen Sie der Technik die Kennung. Wer schon angemeldet ist, kann weiterarbeiten.",
)

BY_CODE: Final[Mapping[str, _Words]] = MappingProxyType(
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
        "access.no_group": (
            "Sie sind angemeldet, haben hier aber kein Recht",
            "Ihre Dienstkennung gehört zu keiner Gruppe, die im Postlotsen etwas darf.",
            (
                "Bitten Sie Ihre Teamleitung um die Aufnahme in die Gruppe Ihrer Eingangszone oder"
                " Ihres Service Centers, und melden Sie sich danach neu an."
            ),
        ),
        "access.two_roles": (
            "Ihre Gruppen passen nicht zusammen",
            (
                "Ihre Dienstkennung gehört zu Gruppen mit verschiedenen Rollen. Wer Mails"
                " bearbeitet, verwaltet den Postlotsen nicht."
            ),
            "Bitten Sie Ihre Teamleitung, eine der Gruppen austragen zu lassen.",
        ),
        "signin.state": (
            "Die Anmeldung passt nicht zu diesem Browser",
            "Sie hat zu lange gedauert, wurde zweimal abgeschickt oder anderswo begonnen.",
            "Melden Sie sich noch einmal an.",
        ),
        "signin.declined": (
            "Nicht angemeldet",
            "Der Anmeldedienst hat die Anmeldung abgebrochen.",
            "Melden Sie sich noch einmal an. Bleibt es dabei, wenden Sie sich an die Technik.",
        ),
        "signin.client": _NOT_ENTERED,
        "signin.issuer": _NOT_ENTERED,
        "signin.host": _NOT_ENTERED,
        "signin.away": (
            "Die Anmeldung ist gerade nicht möglich",
            "Der Anmeldedienst antwortet nicht. Wer schon angemeldet ist, kann weiterarbeiten.",
            "Versuchen Sie es in einer Minute noch einmal.",
        ),
        "filing.changed": (
            "Das ist schon geschehen",
            "Die Nachricht wird schon noch einmal abgelegt, oder jemand hat sie verschoben.",
            "Nichts wurde geändert. Öffnen Sie „Nicht abgelegt“ noch einmal.",
        ),
        "relearn.corrected_again": (
            "Inzwischen wurde noch einmal korrigiert",
            "Bestätigt wird nur, was die Seite gezeigt hat. Nichts wurde geändert.",
            "Öffnen Sie „Korrekturen“ noch einmal und sehen Sie an, was jetzt dort steht.",
        ),
        "sweep.changed": (
            "Das ist nicht mehr, was die Seite gezeigt hat",
            "Gelöscht, freigegeben und verworfen wird nur, was die Seite gezeigt hat.",
            "Nichts wurde geändert. Öffnen Sie „Löschung“ noch einmal.",
        ),
        "hold.changed": (
            "Das ist nicht mehr, was die Seite gezeigt hat",
            "Aufgehoben wird nur die Sperre, die die Seite gezeigt hat. Alle gelten weiter.",
            "Nichts wurde geändert. Öffnen Sie „Löschung“ noch einmal.",
        ),
        "rights.finding_changed": (
            "Das ist nicht mehr, was die Seite gezeigt hat",
            "Das Konto hat inzwischen andere Rechte. Der Befund bleibt offen.",
            "Nichts wurde geändert. Öffnen Sie „Rechte“ noch einmal, und sehen Sie ihn an.",
        ),
        "rights.plan_changed": (
            "Das ist nicht mehr, was die Seite gezeigt hat",
            "Freigegeben und ausgeführt wird nur der Plan, den die Seite gezeigt hat.",
            "Nichts wurde geändert. Öffnen Sie „Rechte“ noch einmal.",
        ),
        "ruleset.changed": (
            "Inzwischen hat sich an den Regeln etwas geändert",
            (
                "In Kraft gesetzt und zurückgenommen wird nur, was die Seite gezeigt hat. Nichts"
                " wurde geändert."
            ),
            "Öffnen Sie „Regeln“ noch einmal, und sehen Sie an, was jetzt dort steht.",
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
        "mail.head_only": (
            "Nur der Kopf dieser Mail ist hier",
            "Text und Anlagen wurden nicht abgerufen; sie liegen im Postfach.",
            "Öffnen Sie die Mail in Outlook. In welchem Ordner sie liegt, sagt der Vorgang.",
        ),
        "task.left": (
            "Der Auftrag ist schon hinaus",
            "Er wurde übergeben oder wird gerade gesendet. Zurückgenommen wurde nichts.",
            "Wenden Sie sich an den Empfänger, wenn der Auftrag entfallen soll.",
        ),
        "agency.unknown": (
            "Diese Agentur kennt Postlotse nicht",
            "Die Nummer gehört zu keiner Agentur, oder es gibt sie nicht mehr.",
            "Wählen Sie die Agentur auf der Seite „Lage“ aus der Liste.",
        ),
        "date.unreadable": (
            "Dieser Tag ist nicht lesbar",
            "Es gibt ihn nicht, oder er ist nicht als TT.MM.JJJJ geschrieben.",
            "Gehen Sie zurück, und schreiben Sie ihn so: 01.12.2026.",
        ),
        "halt.stands": (
            "Es ist schon angehalten",
            "Jemand hat den Not-Aus vor Ihnen bedient, oder Sie haben zweimal geklickt.",
            "Grund und Zeitpunkt stehen oben auf jeder Seite.",
        ),
        "halt.none": (
            "Es läuft schon weiter",
            "Jemand hat vor Ihnen weiterlaufen lassen, oder Sie haben zweimal geklickt.",
            "Zu tun ist nichts.",
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
            "Gehen Sie zurück, oder wählen Sie oben eine Seite.",
        ),
        409: (
            "Jemand war schneller",
            "Seit dem Laden der Seite hat sich etwas geändert. Ihr Schritt wurde nicht ausgeführt.",
            "Laden Sie die Seite neu und entscheiden Sie dann.",
        ),
        405: (
            "Hier ist nur ein Knopf, keine Seite",
            "Diese Adresse tut etwas, wenn ein Formular sie aufruft. Nichts wurde geändert.",
            "Gehen Sie auf die Seite mit dem Knopf, und drücken Sie ihn dort.",
        ),
        413: (
            "Das ist zu groß",
            "Was Sie senden wollten, ist größer als erlaubt. Nichts wurde geändert.",
            "Gehen Sie zurück, und kürzen Sie den Text, oder nehmen Sie eine kleinere Datei.",
        ),
        422: (
            "Das geht so nicht",
            "Die Angaben passen nicht zu diesem Schritt. Nichts wurde geändert.",
            "Gehen Sie zurück und prüfen Sie die Angaben.",
        ),
        503: (
            "Gerade nicht erreichbar",
            "Ein Dienst, den der Postlotse braucht, antwortet nicht. Verloren geht nichts.",
            "Versuchen Sie es in einer Minute noch einmal.",
        ),
    }
)

_NOT_BELIEVED: Final[_Words] = (
    "Die Anmeldung konnte nicht geprüft werden",
    "Die Antwort des Anmeldedienstes passt nicht zu dieser Anmeldung.",
    "Melden Sie sich noch einmal an. Bleibt es dabei, nennen Sie der Technik die Kennung.",
)

_WRITTEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reason": "Ihre Begründung",
        "grund": "Ihr Grund",
        "text": "Ihr Text",
        "script": "Ihr Skript",
    }
)
"""Fields of the forms in which people write sentences, and what the page calls them."""

_ELSE: Final[_Words] = (
    "Etwas ist schiefgegangen",
    "Der Postlotse konnte diese Seite nicht zeigen. Die Technik sieht den Vorfall im Protokoll.",
    "Versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie die Kennung.",
)


def problem_page(request: Request, problem: Problem) -> Response:
    """The page for a problem outside /v1; who isn't signed in comes to the sign-in page.

    Who calls up the address of a form comes to the page that it stands on.
    """
    if problem.code == "auth.missing":
        return _to_sign_in(request)
    if problem.status == 405 and request.method == "GET":
        # After a refused form its address stands in the browser; who calls it up means the page.
        back = form_page(request.url.path)
        if back != request.url.path:
            return go(back)
    response = page(
        request,
        "fehler.html",
        status=problem.status,
        failure=failure_of(problem),
        written=_written(request),
    )
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def _written(request: Request) -> dict[str, str]:
    """What the person had written in the form that was refused, so that it can be copied.

    Only of a form of this session: a stranger's page must not speak by ours.
    """
    posted: Mapping[str, str] = getattr(request.state, "posted", {})
    own = csrf_of(number_of(request))
    if not hmac.compare_digest(own.encode(), posted.get("csrf", "").encode()):
        return {}
    return {name: posted[key] for key, name in _WRITTEN.items() if posted.get(key, "").strip()}


def _to_sign_in(request: Request) -> Response:
    """To the sign-in page, which leads back to where the person was."""
    asked = {"abgelaufen": "1"} if number_of(request) else {}
    back = safe_next(_page_of(request))
    if back != "/":
        asked["weiter"] = back
    response = go(f"/anmelden?{urlencode(asked)}" if asked else "/anmelden")
    drafts.keep(request, response, getattr(request.state, "posted", {}))
    return response


def _page_of(request: Request) -> str:
    """The page that the person was on: a form leads back to the page that holds it."""
    path, query = request.url.path, request.url.query
    if request.method in {"GET", "HEAD"}:
        return f"{path}?{query}" if query else path
    return form_page(path)


def failure_of(problem: Problem) -> Failure:
    """The words for a problem: by its code where it has its own, else by its status."""
    title, why, now = _words_of(problem)
    number = problem.details.get("request_id")
    code = f"{problem.code} {number}" if number else problem.code
    item_id = problem.details.get("item_id")
    if isinstance(item_id, int) and problem.status == 409:
        return Failure(title, why, now, code, f"/vorgang/{item_id}", "Vorgang noch einmal öffnen")
    if problem.code.startswith(("signin.", "auth.token_", "access.no_group", "access.two_roles")):
        return Failure(title, why, now, code, "/anmelden", "Zur Anmeldung")
    if problem.code == "agency.unknown":
        return Failure(title, why, now, code, "/lage", "Zur Lage")
    return Failure(title, why, now, code)


def _words_of(problem: Problem) -> _Words:
    if problem.code.startswith(("auth.token_", "signin.")) and problem.code not in BY_CODE:
        return _NOT_BELIEVED
    if problem.code in BY_CODE:
        return BY_CODE[problem.code]
    title, why, now = _BY_STATUS.get(problem.status, _ELSE)
    said = refusals.sentence(problem.code, problem.details)
    if not said:
        return title, why, now
    # A sentence says first what is, and then what to do about it; the remedy is told once.
    what, _, remedy = said.partition(". ")
    return title, what.rstrip(".") + ".", remedy or now
