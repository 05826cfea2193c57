"""The pages "Ausgang" (all that is on its way out) and "Abgleich" (sent and received of a day)."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response

from api import cursor
from api.cursor import Cursor
from api.outgoing import eakte_of
from api.web import days, pager, refusals
from api.web.completeness import asked_day
from api.web.render import Notice, csv_file, go, page, slug
from api.web.task_steps import TITLES
from api.web.visit import OpensFigures, OpensReplay, SendsReplay, Visit
from rules.errors import HouseError, Refused
from rules.tasks import kind_of_key
from store.sending.outgoing import Outgoing
from store.sending.outgoing_watch import Departure
from triage.sending import again, day_match, dead_letters
from triage.sending import words as outgoing_words
from triage.sending.day_match import DayMatch
from triage.watch import outgoing_alarms

router = APIRouter(include_in_schema=False)

PAGE_ROWS: Final = 100

STATES: Final = MappingProxyType(
    {
        "": ("braucht jemanden", ("dead", "rejected")),
        "wartet": ("wartet", ("new", "claimed")),
        "gesendet": ("gesendet, ohne Quittung", ("sent",)),
        "quittiert": ("quittiert", ("receipted",)),
    }
)
"""The choices of the list: what each is called, and the states of its rows."""

KINDS: Final = MappingProxyType(
    {"eakte": "Übergabe an die eAkte", "reply": "Antwort", "task": "Auftrag", "webhook": "Webhook"}
)

WORDS: Final = MappingProxyType(
    {
        "new": "wartet",
        "claimed": "wird gerade gesendet",
        "sent": "gesendet",
        "receipted": "quittiert",
        "rejected": "abgelehnt",
        "dead": "nicht zustellbar",
    }
)


def title_of(key: str) -> str:
    """Which task a key stands for, in words; empty where it is no task's."""
    kind = kind_of_key(key)
    return TITLES[kind][0] if kind else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list shows: the choice of states, and the kind or all."""

    state: str
    kind: str

    @property
    def query(self) -> dict[str, str]:
        """For links to the same choice."""
        return {"stand": self.state, "art": self.kind}


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong with the reason for which row; what was typed is kept."""

    row: int
    message: str
    typed: str


@router.get("/ausgang")
def outgoing_page(
    visit: OpensReplay, stand: str = "", art: str = "", nach: int | None = None
) -> Response:
    """Newest first, without content. `nach`: id of the last row of the page before."""
    asked = Asked(stand if stand in STATES else "", art if art in KINDS else "")
    return _listing(visit, asked, after=nach)


def _listing(
    visit: Visit, asked: Asked, *, after: int | None, fault: Fault | None = None
) -> Response:
    rows = dead_letters.listing(
        visit.house,
        visit.caller,
        states=dead_letters.states_of(STATES[asked.state][1]),
        kinds=(asked.kind,) if asked.kind else None,
        limit=PAGE_ROWS,
        after=after,
    )
    more = urlencode(asked.query | {"nach": str(rows[-1].id)}) if len(rows) == PAGE_ROWS else ""
    return page(
        visit.request,
        "ausgang.html",
        status=422 if fault else 200,
        fault=fault,
        may_again=again.is_possible,
        again_because=lambda row: again.reason_of(row.payload),
        rows=rows,
        more=more,
        asked=asked,
        states=STATES,
        kinds=KINDS,
        title_of=title_of,
        words_of=state_words,
        why=outgoing_words.why,
        dead=sum(row.state.value == "dead" for row in rows),
    )


@router.post("/ausgang/alle")
def replay_all(visit: SendsReplay, art: Annotated[str, Form()] = "") -> Response:
    """All dead letters of the person's regions once more, or those of one kind."""
    kind = art if art in KINDS else ""
    done = dead_letters.replay_all(visit.house, visit.caller, kind=kind)
    return go(f"/ausgang?{urlencode({'art': kind})}", Notice("sent_again", str(done)))


@router.post("/ausgang/{outgoing_id}/nochmal")
def replay(visit: SendsReplay, outgoing_id: int) -> Response:
    """One of them, under its old key."""
    dead_letters.replay(visit.house, visit.caller, outgoing_id)
    return go("/ausgang", Notice("sent_again", "1"))


@router.post("/ausgang/{outgoing_id}/erneut")
def send_again(
    visit: SendsReplay, outgoing_id: int, grund: Annotated[str, Form(max_length=1000)] = ""
) -> Response:
    """What was sent leaves once more, since its receiver says that nothing came."""
    try:
        again.send_again(visit.house, visit.caller, outgoing_id, reason=grund)
    except Refused as exc:
        if exc.code != "outgoing.reason":
            raise
        return _listing(
            visit, Asked("gesendet", ""), after=outgoing_id + 1,
            fault=Fault(outgoing_id, refusals.refusal(exc), grund),
        )  # fmt: skip
    return go("/ausgang?stand=gesendet", Notice("sent_again", "1"))


@router.get("/abgleich")
def match_page(visit: OpensFigures, tag: str = "", nach: Cursor = None, ab: str = "") -> Response:
    """One local day beside the eAkte's receipts, and what has no receipt for too long.

    `nach`: cursor of the overdue rows, or the number of one; `ab`: cursor of the hand-overs.
    """
    late = outgoing_alarms.late(visit.house, visit.caller, limit=PAGE_ROWS, after=_place(nach))
    day, fault = asked_day(visit, tag)
    found, away = _found(visit, tag)
    return page(
        visit.request,
        "abgleich.html",
        status=422 if fault else 503 if away else 200,
        day=day,
        typed=tag or f"{day:%d.%m.%Y}",
        fault=fault,
        found=found,
        away=away,
        heaps=day_match.HEAPS,
        late=late,
        odd=pager.part(found.odd if found else (), lambda line: slug(line.key), after=ab),
        more_late=cursor.of_departure(late[-1].departure) if pager.is_full(late) else "",
        is_later=bool(nach),
        kinds=KINDS,
        title_of=title_of,
        stand=visit.house.clock(),
    )


@router.get("/abgleich/datei")
def match_file(visit: OpensFigures, tag: str = "") -> Response:
    """The same day as a file for a spreadsheet, with what is correct."""
    day, fault = asked_day(visit, tag)
    if fault:
        raise days.unreadable()
    found = day_match.report(visit.house, eakte_of(visit.request), visit.caller, day=day)
    return csv_file(day_match.export(found), f"abgleich-{day}.csv")


def _place(told: str | None) -> Departure | int | None:
    """Where the overdue rows go on; an older address holds a number."""
    if not told:
        return None
    return cursor.departure_or_id(cursor.of_id(int(told)) if told.isdecimal() else told)


def state_words(row: Outgoing) -> str:
    """The state in German; what a clerk took back is no rejection."""
    if row.error_code == "task.cancelled":
        return "zurückgenommen"
    return WORDS[row.state.value]


def _found(visit: Visit, typed: str) -> tuple[DayMatch | None, str]:
    """The match, or the code of why the eAkte can't be asked just now; the page is shown anyway."""
    day, _ = asked_day(visit, typed)
    try:
        outlet = eakte_of(visit.request)
        return day_match.report(visit.house, outlet, visit.caller, day=day), ""
    except HouseError as exc:
        if exc.code.startswith("eakte."):
            return None, exc.code
        raise
