"""The page "Texte": all approved texts with version, validity, source and proof of approval."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from api.web import words
from api.web.letters import filled
from api.web.render import page
from api.web.visit import Reading, Visit
from rules.access import Permission, require
from rules.texts import Text

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class _Row:
    text: Text
    valid: bool
    href: str


@router.get("/texte")
def texts_page(
    visit: Reading, text: str = "", version: int | None = None, suche: str = "", vorgang: int = 0
) -> Response:
    """List and one text. `suche` is a word of a title, short code or concern, never of a mail."""
    require(visit.caller, Permission.READ_TEXTS)
    found = [row for row in _newest(visit) if fits(row, suche)]
    valid = {(t.id, t.version) for t in found if t.valid_from <= visit.today <= t.valid_to}
    rows = [_Row(t, (t.id, t.version) in valid, _href(t, suche, vorgang)) for t in found]
    chosen = text or (found[0].id if found else "")
    values = _detail(visit, chosen, version) if chosen else {"text": None}
    return page(visit.request, "texte.html", shown=rows, query=suche, item_id=vorgang, **values)


def fits(text: Text, query: str) -> bool:
    """Whether each word of the query stands in title, short code, id or the names of concerns."""
    names = [words.concern(code) for code in text.concerns]
    haystack = " ".join([text.title, text.short_code, text.id, *text.concerns, *names]).casefold()
    return all(word in haystack for word in query.casefold().split())


def _newest(visit: Visit) -> list[Text]:
    newest = {text.id: text for text in visit.house.texts.all()}
    return sorted(newest.values(), key=lambda text: text.title.casefold())


def _detail(visit: Visit, text_id: str, version: int | None) -> dict[str, object]:
    shelved = visit.house.texts.shelved(text_id, version)
    text = shelved.text
    return {
        "text": text,
        "valid": text.valid_from <= visit.today <= text.valid_to,
        "subject": filled(text.subject, {}),
        "body": filled(text.body, {}),
        "fits": ", ".join(words.concern(code) for code in text.concerns) or "alle",
        "approval": shelved.approval,
        "sha256": shelved.sha256,
        "versions": visit.house.texts.versions(text_id),
    }


def _href(text: Text, query: str, item_id: int) -> str:
    asked = {"text": text.id, "suche": query, "vorgang": item_id}
    return "/texte?" + urlencode({key: value for key, value in asked.items() if value})
