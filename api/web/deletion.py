"""The page "Löschung": what may be deleted today and what not, runs and proofs, holds.

A click orders exactly what the page showed; a worker deletes.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from api.web import pager
from api.web.render import Notice, go, page, slug
from api.web.visit import OpensRetention, SendsRetention
from rules.errors import Refused
from rules.retention import Keep
from rules.sweep import HoldKind, Tally
from store.deletion.holds import NewHold
from triage import aside
from triage.sweep import holds as sweep_holds
from triage.sweep import orders as sweep
from triage.sweep import proof as sweep_proof
from triage.sweep import words as sweep_words

router = APIRouter(include_in_schema=False)


@router.get("/loeschung")
def deletion_page(
    visit: OpensRetention,
    nach: str = "",
    laeufe: int | None = None,
    sperren: int | None = None,
    aufgehoben: int | None = None,
) -> Response:
    """Preview above, then runs, holds, and what nobody has looked at.

    Each list has its cursor: `nach` of the preview, the others the last number shown.
    """
    house, caller = visit.house, visit.caller
    found = sweep.preview(house, caller)
    runs = sweep.plans(house, caller, limit=pager.PAGE_ROWS, after=laeufe)
    holds = sweep_holds.holds_in_force(house, caller, limit=pager.PAGE_ROWS, after=sperren)
    over = sweep_holds.holds_over(house, caller, limit=pager.PAGE_ROWS, after=aufgehoben)
    lying = aside.listing(house, caller, limit=1)
    return page(
        visit.request,
        "loeschung.html",
        preview=found,
        rows=pager.part(_by_postbox(found.tallies), _key, after=nach),
        reasons=sweep_words.REASONS,
        kinds=sweep_words.KINDS,
        states=sweep_words.STATES,
        hold_words=sweep_words.HOLDS,
        runs=runs,
        more_runs=pager.next_id(runs, lambda run: run.id),
        holds=holds,
        more_holds=pager.next_id(holds, lambda hold: hold.id),
        over=over,
        over_open=aufgehoben is not None,
        more_over=pager.next_id(over, lambda hold: hold.id),
        own=caller.name,
        aside_reasons=aside.reasons(house, caller),
        newest_aside=lying[0].message_id if lying else 0,
    )


@router.get("/loeschung/{run_id}")
def proof_page(visit: OpensRetention, run_id: int) -> Response:
    """The proof of a run, to print."""
    found = sweep_proof.proof(visit.house, visit.caller, run_id)
    return page(
        visit.request,
        "loeschnachweis.html",
        run=found.plan,
        is_complete=found.is_complete,
        lines=tuple(sweep_words.proof_lines(found)),
        stand=visit.house.clock(),
    )


@router.post("/loeschung/anordnen")
def order(visit: SendsRetention, pruefsumme: Annotated[str, Form()]) -> Response:
    """Exactly what the page showed, or nothing."""
    number = sweep.order(visit.house, visit.caller, hash_=pruefsumme)
    return go("/loeschung", Notice("sweep_ordered", str(number)))


@router.post("/loeschung/{run_id}/freigeben")
def approve(
    visit: SendsRetention, run_id: int, pruefsumme: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """By a second person; exactly the one that the page showed."""
    sweep.approve(visit.house, visit.caller, run_id, seen=pruefsumme or "-")
    return go("/loeschung", Notice("sweep_ordered", str(run_id)))


@router.post("/loeschung/{run_id}/verwerfen")
def reject(
    visit: SendsRetention, run_id: int, pruefsumme: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """Nothing is deleted by it."""
    sweep.reject(visit.house, visit.caller, run_id, seen=pruefsumme or "-")
    return go("/loeschung", Notice("sweep_void"))


@router.post("/loeschung/sperre/neu")
def hold(
    visit: SendsRetention,
    art: Annotated[HoldKind, Form()],
    zeichen: Annotated[str, Form()],
    nachricht: Annotated[str, Form()] = "",
    postfach: Annotated[str, Form()] = "",
) -> Response:
    """A message by its number, or a postbox by its name."""
    typed = nachricht.strip()
    if typed and not (typed.isdecimal() and len(typed) <= 15):
        raise Refused("hold.target", "The number of a message has digits only.")
    new = NewHold(art, zeichen, int(typed) if typed else None, postfach.strip() or None)
    return go(
        "/loeschung", Notice("hold_placed", str(sweep_holds.hold(visit.house, visit.caller, new)))
    )


@router.post("/loeschung/sperre/{hold_id}/aufheben")
def release(
    visit: SendsRetention, hold_id: int, gelesen: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """From now on only work, hand-over and period count. `gelesen` is the hold's reference."""
    sweep_holds.release(visit.house, visit.caller, hold_id, seen=gelesen or "-")
    return go("/loeschung", Notice("hold_released"))


@router.post("/loeschung/angesehen")
def seen(
    visit: SendsRetention, grund: Annotated[str, Form()], bis: Annotated[int, Form()]
) -> Response:
    """Mail aside of that reason, up to the newest that lay there when the page was made.

    What was never shown to this person doesn't count, and is told.
    """
    found = sweep_holds.see(visit.house, visit.caller, reason_code=grund, until=bis)
    if found.not_shown:
        return go("/loeschung", Notice("aside_not_shown", str(found.not_shown)))
    return go("/loeschung", Notice("aside_seen", str(found.mails)))


def _key(row: tuple[str, str, str, int]) -> str:
    """The row's cursor: what it counts, without the number."""
    return slug("/".join(row[:3]))


def _by_postbox(tallies: tuple[Tally, ...]) -> tuple[tuple[str, str, str, int], ...]:
    """(postbox, agency, reason, number), what may go first."""
    ordered = sorted(tallies, key=lambda one: (one.keep is not Keep.NOT, one.postbox, one.agency))
    return tuple((one.postbox, one.agency, one.keep.value, one.number) for one in ordered)
