"""The door for admins: aside, outgoing, completeness, postboxes, corrections, figures, trail."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, status

from api.auth import (
    HouseHere,
    MayManageModels,
    MayManagePostboxes,
    MayReadFigures,
    MayReadTrail,
    MayReplay,
)
from api.automation import MessageId
from api.cursor import ID_MAX, Cursor, Limit, of_trail, page_of, trail_place
from api.schemas.admin import (
    AsideIn,
    AsidePage,
    CompletenessOut,
    CorrectionList,
    FiguresOut,
    MarkFigureList,
    OutgoingIn,
    OutgoingPage,
    PairOut,
    PeriodOut,
    PostboxList,
    ReplayedOut,
    SentAgainOut,
    TakenInOut,
    TrailPage,
    TurnDownIn,
)
from api.schemas.outgoing import AgainIn
from api.schemas.trial import TrialList
from rules.figures import By
from store.trail.trail_pages import Place
from triage import aside, day_figures, figures, observed
from triage import completeness as day_sum
from triage.completeness import Completeness
from triage.day_figures import Report
from triage.figures import Overview
from triage.known import perhaps_twice
from triage.known.perhaps_twice import Pair
from triage.learning import relearn
from triage.marks import view as mark_view
from triage.postboxes import state as postbox_state
from triage.sending import again, dead_letters
from triage.trail import standing as trail_standing
from triage.trail.words import said

router = APIRouter(prefix="/v1/admin", tags=["admin"])

OutgoingId = Annotated[int, Path(ge=1, le=ID_MAX, description="The id of the outgoing row.")]
OutgoingStateName = Literal["new", "claimed", "sent", "receipted", "rejected", "dead"]
Reason = Annotated[
    str, Query(max_length=100, description="Only this reason.", examples=["mail.machine"])
]
PostboxName = Annotated[str | None, Query(max_length=100, description="Only this postbox.")]


@router.get("/aside", response_model=AsidePage, summary="Mail that was set aside")
def aside_listing(
    house: HouseHere,
    caller: MayReplay,
    reason_code: Reason = "",
    postbox: PostboxName = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """What lies beside the way in the caller's regions, newest first. The read is put on record."""
    page = page_of(
        lambda rows, after: aside.listing(
            house,
            caller,
            limit=rows,
            after=after,
            reason_code=reason_code,
            postbox=postbox or "",
        ),
        lambda row: row.id,
        limit=limit,
        cursor=cursor,
    )
    aside.note_shown(house, caller, page.rows)
    return {"mails": page.rows, "next_cursor": page.next_cursor}


@router.post(
    "/aside/replay", response_model=ReplayedOut, summary="Send all of them through once more"
)
def aside_replay_all(house: HouseHere, caller: MayReplay, choice: AsideIn) -> dict[str, int]:
    """All that lie aside in the caller's regions now, or those of one reason or postbox."""
    done = aside.replay_all(house, caller, reason_code=choice.reason_code, postbox=choice.postbox)
    return {"replayed": done}


@router.post(
    "/aside/{message_id}/replay",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Send it through once more",
)
def aside_replay(house: HouseHere, caller: MayReplay, message_id: MessageId) -> None:
    """Parsing, verdict and sorting again; it may come to lie aside again."""
    aside.replay(house, caller, message_id)


@router.post(
    "/aside/{message_id}/intake",
    response_model=TakenInOut,
    status_code=status.HTTP_201_CREATED,
    summary="It is real mail: take it in",
)
def aside_intake(house: HouseHere, caller: MayReplay, message_id: MessageId) -> dict[str, int]:
    """Makes an item of it, for review by a clerk."""
    return {"item_id": aside.take_in(house, caller, message_id)}


@router.get("/outgoing", response_model=OutgoingPage, summary="What is on its way out")
def outgoing_listing(
    house: HouseHere,
    caller: MayReplay,
    state: Annotated[
        list[OutgoingStateName] | None, Query(description="Only these; without: dead and rejected.")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """Hand-overs and answers by state, newest first; without their content."""
    states = dead_letters.ENDED_BADLY if state is None else dead_letters.states_of(state)
    page = page_of(
        lambda rows, after: dead_letters.listing(
            house, caller, states=states, limit=rows, after=after
        ),
        lambda row: row.id,
        limit=limit,
        cursor=cursor,
    )
    return {"outgoing": page.rows, "next_cursor": page.next_cursor}


@router.post(
    "/outgoing/replay",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=SentAgainOut,
    summary="Try to deliver all dead letters again",
)
def outgoing_replay_all(house: HouseHere, caller: MayReplay, choice: OutgoingIn) -> dict[str, int]:
    """All of one kind or error, or all; without hand-overs that were settled otherwise."""
    done = dead_letters.replay_all(house, caller, kind=choice.kind, code=choice.error_code)
    return {"replayed": done}


@router.post(
    "/outgoing/{outgoing_id}/replay",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=None,
    summary="Try to deliver it again",
)
def outgoing_replay(house: HouseHere, caller: MayReplay, outgoing_id: OutgoingId) -> None:
    """A dead or rejected row goes out again, under its old key, so that it is one delivery."""
    dead_letters.replay(house, caller, outgoing_id)


@router.post(
    "/outgoing/{outgoing_id}/again",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=None,
    summary="Send once more what was sent",
)
def outgoing_again(
    house: HouseHere, caller: MayReplay, outgoing_id: OutgoingId, asked: AgainIn
) -> None:
    """Its receiver says that nothing came. Under the same key, so who has it has it once.

    409 `outgoing.not_sent` where it has a receipt, or did not leave; `outgoing.overtaken` for a
    hand-over that was ordered anew since.
    """
    again.send_again(house, caller, outgoing_id, reason=asked.reason)


@router.get("/completeness", response_model=CompletenessOut, summary="Does the day's sum close?")
def completeness(
    house: HouseHere,
    caller: MayReadFigures,
    day: Annotated[date | None, Query(description="Local day; without: today.")] = None,
    postbox: PostboxName = None,
) -> Completeness:
    """Seen = open + done + aside + gone + deleted, for one local day and all or one postbox."""
    return day_sum.of_day(house, caller, day=day, postbox=postbox)


@router.get(
    "/perhaps-twice", response_model=list[PairOut], summary="Which mails may be here twice?"
)
def may_be_twice(house: HouseHere, caller: MayReadFigures) -> tuple[Pair, ...]:
    """Once whole, once by its head, and nothing proves it; until somebody has closed one item.

    The first 1,000 of each postbox, oldest first. Look at both; if they are one mail, a clerk takes
    one of the items and closes it with the reason `settled_elsewhere`.
    """
    return perhaps_twice.listing(house, caller)


@router.get("/trail", response_model=TrailPage, summary="Who did what to what")
def trail(
    house: HouseHere,
    caller: MayReadTrail,
    subject: Annotated[str | None, Query(max_length=60, examples=["message:40721"])] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> dict[str, Any]:
    """The audit trail without content, of one thing or all: sealed entries in their order.

    What waits for its seal (`seal_seq` null) stands at the end. Come back with `sealed_cursor`.
    """
    after = Place() if cursor is None else trail_place(cursor)
    page = trail_standing.page(house, caller, limit=limit, after=after, subject=subject)
    return {
        "entries": [asdict(entry) | {"text": said(entry.action)} for entry in page.entries],
        "next_cursor": None if page.going_on is None else of_trail(page.going_on),
        "sealed_cursor": of_trail(page.sealed),
    }


@router.get("/postboxes", response_model=PostboxList, summary="The postboxes, as last found")
def postboxes(house: HouseHere, caller: MayManagePostboxes) -> dict[str, Any]:
    """Whether each answers, and since when its oldest unsorted mail waits."""
    return {"postboxes": postbox_state.of_each(house, caller)}


@router.get("/trial", response_model=TrialList, summary="What would have been done")
def trial(
    house: HouseHere,
    caller: MayManagePostboxes,
    day: Annotated[date | None, Query(description="Local day; without: today.")] = None,
) -> dict[str, Any]:
    """Postboxes that are only observed, and what people did with the same mails meanwhile."""
    return {"reports": observed.report(house, caller, day=day)}


@router.get(
    "/corrections", response_model=CorrectionList, summary="Corrections that nobody confirmed yet"
)
def corrections(
    house: HouseHere, caller: MayManageModels, limit: Limit = 100, cursor: Cursor = None
) -> dict[str, Any]:
    """The oldest first, beside what the machine had said; confirmed ones may be trained on."""
    page = page_of(
        lambda rows, after: relearn.waiting(house, caller, limit=rows, after=after),
        lambda row: row.id,
        limit=limit,
        cursor=cursor,
    )
    return {"corrections": page.rows, "next_cursor": page.next_cursor}


@router.post(
    "/corrections/{message_id}/confirm",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="The correction is right",
)
def correction_confirm(
    house: HouseHere,
    caller: MayManageModels,
    message_id: MessageId,
    correction: Annotated[
        int | None, Query(ge=1, le=ID_MAX, description="The `id` of the one that was looked at.")
    ] = None,
) -> None:
    """Said by a second person; from then on the mail may be exported for training.

    With `correction` it is 409 `relearn.corrected_again` if a clerk corrected again since.
    """
    relearn.confirm(house, caller, message_id, seen=correction)


@router.post(
    "/corrections/{message_id}/turn-down",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="The correction is wrong",
)
def correction_turn_down(
    house: HouseHere, caller: MayManageModels, message_id: MessageId, said: TurnDownIn
) -> None:
    """It stops waiting and is never trained on; the item stays as the clerk left it."""
    relearn.turn_down(house, caller, message_id, reason=said.reason, seen=said.correction)


@router.get("/figures", response_model=FiguresOut, summary="What waits, by agency and concern")
def overview(
    house: HouseHere,
    caller: MayReadFigures,
    agency: Annotated[str | None, Query(max_length=20, description="Only this agency.")] = None,
) -> Overview:
    """The live picture of the waiting lines. No person, no working time."""
    return figures.overview(house, caller, agency_code=agency)


@router.get(
    "/figures/period", response_model=PeriodOut, summary="What came and was done in a period"
)
def period(
    house: HouseHere,
    caller: MayReadFigures,
    since: Annotated[date, Query(description="First local day.", examples=["2026-11-01"])],
    until: Annotated[date, Query(description="Last local day.", examples=["2026-11-30"])],
    by: By = By.CONCERN,
    agency: Annotated[str | None, Query(max_length=20, description="Only this agency.")] = None,
) -> Report:
    """By day, concern, channel, agency or region. Small numbers are null; no person, ever."""
    return day_figures.report(house, caller, since=since, until=until, by=by, agency_code=agency)


@router.get("/marks", response_model=MarkFigureList, summary="Marks set in Outlook, by agency")
def marks(
    house: HouseHere,
    caller: MayReadFigures,
    since: Annotated[date | None, Query(description="First local day; without: today.")] = None,
    until: Annotated[date | None, Query(description="Last local day; without: as `since`.")] = None,
) -> dict[str, Any]:
    """For the picture of the region: how often which mark. No person, no small number."""
    first = since or house.today()
    last = max(until or first, first)
    found = mark_view.figures(house, caller, since=first, until=last)
    return {"since": first, "until": last, "marks": found}
