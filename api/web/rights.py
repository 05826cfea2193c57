"""The pages "Rechte": matrix of agencies and rights, plan, sign-off, lists, printable report.

Writing into postboxes is ordered here and done by a worker: the doors hold no passwords.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response

from api.web import days, refusals, rights_words
from api.web.render import Notice, go, page
from api.web.visit import OpensRights, SendsRights, Visit
from rules.errors import Refused
from rules.rights.folder_findings import Code, Key
from rules.rights.plan import make_plan
from store.rights.plans import OrderKind, StoredStep
from triage.rights import decisions as rights
from triage.rights import matrix as rights_matrix
from triage.rights import signoff as rights_signoff
from triage.rights.decisions import Standing
from triage.rights.matrix import Row
from triage.rights.review import ReviewState

router = APIRouter(include_in_schema=False)

CHANGES_SHOWN: Final = 12
"""Of a longer plan the page of the matrix shows the beginning; the plan has its own page."""

ReadHash = Annotated[str, Form(max_length=64)]
"""The hash of the plan that the page has shown."""

_OPEN_REVIEW: Final = frozenset({ReviewState.OPEN, ReviewState.NEW_SINCE, ReviewState.OVERDUE})


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of the page asks for: filters, and the row that is looked at."""

    postfach: str = ""
    agentur: str = ""
    suche: str = ""
    befund: str = ""
    stand: str = ""

    def href(self, **changed: str) -> str:
        """The same page with other wishes; the row's details are jumped to."""
        values = {name: getattr(self, name) for name in self.__slots__} | changed
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/rechte?{query}" if query else "/rechte"

    def shows(self, row: Row) -> bool:
        """Whether the row passes the filters."""
        words = f"{row.code} {row.name} {row.region}".casefold()
        state = {
            "": True,
            "befund": row.has_findings,
            "offen": bool(row.code) and row.review in _OPEN_REVIEW,
            "abgezeichnet": row.review is ReviewState.SIGNED,
            "neu": row.new > 0,
            "ueberfaellig": row.review is ReviewState.OVERDUE,
        }
        return (
            self.postfach in {"", row.postbox}
            and all(word in words for word in self.suche.casefold().split())
            and rights_matrix.has_kind(row, self.befund)
            and state.get(self.stand, True)
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """What was wrong with a form: which, and in words; what was typed is kept."""

    form: str
    message: str
    typed: dict[str, str]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at the page, on which local day, and whether plans may be carried out."""

    name: str
    today: date
    may_write: bool


@router.get("/rechte")
def rights_page(
    visit: OpensRights,
    postfach: str = "",
    agentur: str = "",
    suche: str = "",
    befund: str = "",
    stand: str = "",
) -> Response:
    """The matrix of the person's regions; what is wrong comes first."""
    return _matrix(visit, Asked(postfach, agentur, suche, befund, stand))


def _matrix(visit: Visit, asked: Asked, fault: Fault | None = None) -> Response:
    found = rights.standings(visit.house, visit.caller)
    rows = rights_matrix.rows(visit.house, found)
    viewer = Viewer(visit.caller.name, visit.today, visit.house.policy.rights.may_write)
    return matrix_page(visit.request, found, rows, asked=asked, viewer=viewer, fault=fault)


def matrix_page(
    request: Request,
    found: Sequence[Standing],
    every: Sequence[Row],
    *,
    asked: Asked,
    viewer: Viewer,
    fault: Fault | None = None,
) -> Response:
    """The page of the matrix from its values."""
    by_name = {one.box.name: one for one in found}
    # A row of folders without an agency is shown only where something is wrong with them.
    rows = [row for row in every if asked.shows(row) and (row.code or row.has_findings or row.kept)]
    chosen = _chosen(rows, asked)
    standing = by_name.get(
        chosen.postbox if chosen else asked.postfach, found[0] if found else None
    )
    return page(
        request,
        "rechte.html",
        status=422 if fault else 200,
        asked=asked,
        rows=rows,
        row=chosen,
        sums=rights_matrix.sums([row for row in every if asked.postfach in {"", row.postbox}]),
        boxes=[one.box for one in found],
        standing=standing,
        plan=_plan_view(viewer.name, standing),
        read_at=_last_read(found),
        keeps=standing.keeps if standing else {},
        fault=fault,
        until=days.short_day(viewer.today + timedelta(days=90)),
        may_write=viewer.may_write,
        w=rights_words,
    )


@router.get("/rechte/plan/{plan_id}")
def plan_page(visit: OpensRights, plan_id: int) -> Response:
    """A whole plan: what it changes, who has decided, how far it has come."""
    return _plan_page(visit, plan_id)


def _plan_page(visit: Visit, plan_id: int, fault: Fault | None = None) -> Response:
    stored, steps = rights.plan(visit.house, visit.caller, plan_id)
    standing = rights.standing(visit.house, visit.caller, stored.postbox)
    return page(
        visit.request,
        "rechte_plan.html",
        status=422 if fault else 200,
        fault=fault,
        stored=stored,
        steps=steps,
        folders=[(name, stored.plan.of_folder(name)) for name in stored.plan.folders()],
        counts=stored.plan.counts(),
        done=_done(steps),
        may_write=visit.house.policy.rights.may_write and not standing.box.is_observed,
        mine=stored.made_by == visit.caller.name,
        decided_by_you=stored.decided_by == visit.caller.name,
        orders=standing.orders,
        w=rights_words,
    )


@router.get("/rechte/bericht")
def report_page(visit: OpensRights, postfach: str = "") -> Response:
    """The review on paper: figures, findings, decisions, sign-offs."""
    found = [
        one for one in rights.standings(visit.house, visit.caller) if postfach in {"", one.box.name}
    ]
    parts = []
    for one in found:
        rows = sorted(rights_matrix.rows(visit.house, [one]), key=lambda row: row.code)
        parts.append((one, rows, rights_matrix.sums(rows)))
    return page(
        visit.request,
        "rechte_bericht.html",
        parts=parts,
        stand=visit.house.clock(),
        w=rights_words,
    )


@router.post("/rechte/pruefen")
def order_audit(visit: SendsRights, postfach: Annotated[str, Form()] = "") -> Response:
    """Ask a worker to read the permissions of all folders."""
    rights.order(visit.house, visit.caller, postfach, "audit")
    return go(Asked(postfach=postfach).href(), Notice("rights_audit"))


@router.post("/rechte/vorschlagen")
def propose(visit: SendsRights, postfach: Annotated[str, Form()] = "") -> Response:
    """Make a plan of what is open; it waits for somebody else."""
    plan_id = rights.propose(visit.house, visit.caller, postfach)
    return go(f"/rechte/plan/{plan_id}", Notice("rights_proposed"))


@router.post("/rechte/plan/{plan_id}/freigeben")
def approve(visit: SendsRights, plan_id: int, gelesen: ReadHash = "") -> Response:
    """Approve what somebody else has proposed."""
    rights.approve(visit.house, visit.caller, plan_id, seen=gelesen or "-")
    return go(f"/rechte/plan/{plan_id}", Notice("rights_approved"))


@router.post("/rechte/plan/{plan_id}/verwerfen")
def reject(
    visit: SendsRights,
    plan_id: int,
    gelesen: ReadHash = "",
    grund: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Put a plan aside that has touched no folder, with a reason for who proposed it."""
    try:
        rights.reject(visit.house, visit.caller, plan_id, seen=gelesen or "-", reason=grund)
    except Refused as exc:
        if exc.code not in rights_words.MENDABLE:
            raise
        fault = Fault("verwerfen", refusals.refusal(exc), {"grund": grund})
        return _plan_page(visit, plan_id, fault)
    return go("/rechte", Notice("rights_rejected"))


@router.post("/rechte/plan/{plan_id}/ausfuehren")
def apply(visit: SendsRights, plan_id: int, gelesen: ReadHash = "") -> Response:
    """Ask a worker to carry out an approved plan."""
    _order(visit, plan_id, "apply", gelesen)
    return go(f"/rechte/plan/{plan_id}", Notice("rights_apply"))


@router.post("/rechte/plan/{plan_id}/zuruecknehmen")
def undo(visit: SendsRights, plan_id: int, gelesen: ReadHash = "") -> Response:
    """Ask a worker to put back what a plan has changed."""
    _order(visit, plan_id, "undo", gelesen)
    return go(f"/rechte/plan/{plan_id}", Notice("rights_undo"))


def _order(visit: Visit, plan_id: int, kind: OrderKind, read: str) -> None:
    house, caller = visit.house, visit.caller
    stored, _ = rights.plan(house, caller, plan_id)
    rights.order(house, caller, stored.postbox, kind, plan_id=plan_id, seen=read or "-")


@router.post("/rechte/belassen")
def keep(  # noqa: PLR0913, PLR0917 - one argument a field of the form
    visit: SendsRights,
    postfach: Annotated[str, Form()] = "",
    agentur: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    ordner: Annotated[str, Form()] = "",
    wer: Annotated[str, Form()] = "",
    ist: Annotated[str, Form()] = "",
    grund: Annotated[str, Form()] = "",
    bis: Annotated[str, Form()] = "",
) -> Response:
    """Let a finding stay until a day, with a reason."""
    asked = Asked(postfach=postfach, agentur=agentur)
    try:
        key = Key(Code(code), ordner, wer)
        until = days.typed(bis, today=visit.today)
        rights.keep(visit.house, visit.caller, postfach, key, reason=grund, until=until, seen=ist)
    except ValueError as exc:
        raise Refused(
            "finding.unknown", "There is no such finding; look at the newest audit."
        ) from exc
    except Refused as exc:
        form = f"belassen-{code}-{ordner}-{wer}"
        return _again(
            visit, asked, exc, Fault(form, refusals.refusal(exc), {"grund": grund, "bis": bis})
        )
    return go(asked.href(), Notice("rights_kept", days.short_day(until)))


@router.post("/rechte/abzeichnen")
def sign_off(
    visit: SendsRights,
    postfach: Annotated[str, Form()] = "",
    agentur: Annotated[str, Form()] = "",
    grund: Annotated[str, Form()] = "",
    audit: Annotated[int | None, Form()] = None,
) -> Response:
    """Note that an agency's folders were looked at, all of them, and its lists."""
    asked = Asked(postfach=postfach, agentur=agentur)
    try:
        rights_signoff.agency(
            visit.house, visit.caller, postfach, agentur, reason=grund, audit=audit
        )
    except Refused as exc:
        return _again(
            visit, asked, exc, Fault("abzeichnen", refusals.refusal(exc), {"grund": grund})
        )
    return go(asked.href(), Notice("rights_signed"))


def _again(visit: Visit, asked: Asked, refused: Refused, fault: Fault) -> Response:
    """The page with what was wrong beside the form; what no form can mend is raised again."""
    if refused.code not in rights_words.MENDABLE:
        raise refused
    return _matrix(visit, asked, fault)


def _chosen(rows: list[Row], asked: Asked) -> Row | None:
    """The row that is looked at: the one asked for, else the first."""
    wanted = [
        row
        for row in rows
        if row.code == asked.agentur.removeprefix("-") and asked.postfach in {"", row.postbox}
    ]
    if asked.agentur and wanted:
        return wanted[0]
    return rows[0] if rows else None


@dataclass(frozen=True, slots=True)
class PlanView:
    """The newest plan of a postbox as this person may act on it."""

    mine: bool
    fixable: int
    by_hand: int
    more: int
    is_busy: bool


def _plan_view(viewer: str, standing: Standing | None) -> PlanView | None:
    if standing is None:
        return None
    made = make_plan(standing.open)
    plan = standing.plan
    return PlanView(
        mine=plan is not None and plan.made_by == viewer,
        fixable=len(made.changes),
        by_hand=sum(not one.is_fixable for one in standing.open),
        more=max(0, len(plan.plan.changes) - CHANGES_SHOWN) if plan else 0,
        is_busy=bool(standing.orders),
    )


def _done(steps: Iterable[StoredStep]) -> dict[str, StoredStep]:
    """The newest step of each folder."""
    return {step.folder: step for step in steps}


def _last_read(found: Iterable[Standing]) -> datetime | None:
    times = [one.audit.at for one in found if one.audit]
    return min(times) if times else None
