"""What admins see: mail set aside, outgoing rows, completeness, postboxes, figures, health."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from api.schemas.base import In, Out


class AsideOut(Out):
    """One mail beside the way, with the reason."""

    message_id: int = Field(examples=[40730])
    postbox: str | None = Field(examples=["SC-West"])
    sender: str = Field(examples=["newsletter@verein.example"])
    subject: str = Field(examples=["Monatsbrief"])
    received_at: datetime
    set_aside_at: datetime = Field(validation_alias="at")
    step: str = Field(examples=["sort"])
    reason_code: str = Field(examples=["mail.machine"])
    detail: str = Field(examples=["maschinell"])
    tries: int = Field(examples=[1])
    size_bytes: int = Field(examples=[9120])


class AsidePage(Out):
    """One page, newest first; `next_cursor` is null on the last."""

    mails: list[AsideOut]
    next_cursor: str | None = Field(examples=["aTo0MDczMA"])


class AsideIn(In):
    """Which of them; without anything: all."""

    reason_code: str = Field("", max_length=100, examples=["mail.machine"])
    postbox: str = Field("", max_length=100, examples=["SC-West"])


class ReplayedOut(Out):
    """How many go through the next sorting rounds."""

    replayed: int = Field(examples=[12])


class TakenInOut(Out):
    """The item that was made of the mail."""

    item_id: int = Field(examples=[1301])


class CorrectionOut(Out):
    """A clerk's correction beside what the machine had said. No content, no person."""

    id: int = Field(examples=[1284])
    message_id: int = Field(examples=[40721])
    at: datetime
    is_own: bool = Field(examples=[False])
    machine_concerns: list[str] = Field(examples=[["termin"]])
    machine_payment: str = Field(examples=["no"])
    concerns: list[str] = Field(examples=[["anschrift_name"]])
    payment: str = Field(examples=["yes"])


class CorrectionList(Out):
    """The oldest first."""

    corrections: list[CorrectionOut]
    next_cursor: str | None = Field(examples=["aToxMjg0"])


class TurnDownIn(In):
    """Why a correction is wrong, 10 characters or more; it goes with the mail's content.

    `correction` is the `id` of the one that was looked at.
    """

    reason: str = Field(
        min_length=1, max_length=1000, examples=["Es geht um den Termin, nicht um den Umzug."]
    )
    correction: int | None = Field(default=None, ge=1, le=2**53, examples=[1284])


class OutgoingOut(Out):
    """One thing on its way out; its content is not shown here."""

    id: int = Field(examples=[871])
    kind: str = Field(examples=["eakte"])
    item_id: int | None = Field(examples=[1284])
    message_id: int | None = Field(examples=[40721])
    state: str = Field(examples=["dead"])
    tries: int = Field(examples=[10])
    next_try_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    error_code: str = Field(examples=["eakte.away"])


class OutgoingPage(Out):
    """One page, newest first; `next_cursor` is null on the last."""

    outgoing: list[OutgoingOut]
    next_cursor: str | None = Field(examples=["aTo4NzE"])


class OutgoingIn(In):
    """Which dead letters; without anything: all."""

    kind: str = Field("", max_length=20, examples=["eakte"])
    error_code: str = Field("", max_length=100, examples=["eakte.drop_missing"])


class SentAgainOut(Out):
    """How many are due again."""

    replayed: int = Field(examples=[12])


class DifferenceOut(Out):
    """One mail that is not accounted for exactly once."""

    message_id: int = Field(examples=[40721])
    fault: str = Field(
        examples=["lost"], description="lost, uncounted, doubled, stateless or placeless"
    )


class CompletenessOut(Out):
    """The sum of one local day; `closes` false means that the house has lost count."""

    day: date = Field(examples=["2026-11-25"])
    postbox: str | None = Field(examples=["SC-West"])
    seen: int = Field(examples=[812])
    states: dict[str, int] = Field(examples=[{"sorted": 790, "aside": 20, "kept": 2}])
    difference: int = Field(examples=[0])
    closes: bool = Field(examples=[True])
    differences: list[DifferenceOut] = Field(examples=[[]])


class PairOut(Out):
    """Two messages that may be one mail, the older one first, and their items."""

    postbox: str = Field(examples=["SC-West"])
    message_id: int = Field(examples=[4711])
    other_id: int = Field(examples=[4903])
    item_id: int | None = Field(examples=[4655])
    other_item_id: int | None = Field(examples=[4840])


class EntryOut(Out):
    """Who did what to what, without content; number and hashes are null until it is sealed."""

    id: int = Field(examples=[90211])
    at: datetime
    actor: str = Field(examples=["k-4711"], description="A pseudonymous id.")
    action: str = Field(examples=["item.closed"])
    text: str = Field(examples=["Abgeschlossen"], description="The action in German.")
    subject: str = Field(examples=["message:40721"])
    details: dict[str, Any] = Field(examples=[{"item": 1284}])
    seal_seq: int | None = Field(examples=[90200])
    prev_hash: str | None
    hash: str | None


class TrailPage(Out):
    """One page in the order of the seals; `next_cursor` is null on the last.

    Entries that wait for their seal stand at the end; behind `sealed_cursor` they come once more,
    sealed.
    """

    entries: list[EntryOut]
    next_cursor: str | None = Field(examples=["czo5MDIwMDo1ZjhhMDE3YzI5ZTQ"])
    sealed_cursor: str = Field(
        examples=["czo5MDIwMDo1ZjhhMDE3YzI5ZTQ"],
        description="Behind the last sealed entry shown: keep it, and come back with it.",
    )


class PostboxOut(Out):
    """A postbox as the worker last found it."""

    name: str = Field(examples=["SC-West"])
    region: str = Field(examples=["West"])
    is_observed: bool = Field(description="Read only: nothing is ever moved there.")
    ok: bool
    message: str = Field(examples=["ok"])
    remedy: str
    oldest_unsorted: datetime | None
    age_seconds: int = Field(examples=[95], description="How long the oldest one has waited.")
    is_overdue: bool = Field(description="Longer than `worker.overdue_minutes`.")
    marked_at: datetime | None = Field(description="When a mark of a person was last found.")
    marks_today: int = Field(examples=[12], description="Marks found today.")
    open_marks: int = Field(examples=[1], description="Items with a mark that waits for a person.")


class MarkFigureOut(Out):
    """How often a mark was set; `count` is null below 5, `mark` empty for unknown ones together."""

    agency_code: str | None = Field(examples=["435"])
    mark: str = Field(examples=["Lage Nord"])
    count: int | None = Field(examples=[17])


class MarkFigureList(Out):
    """Marks set in Outlook from `since` to `until`, both days included."""

    since: date = Field(examples=["2026-11-25"])
    until: date = Field(examples=["2026-11-25"])
    marks: list[MarkFigureOut]


class PostboxList(Out):
    """All postboxes."""

    postboxes: list[PostboxOut]


class AgencyRowOut(Out):
    """One agency's waiting line now."""

    code: str | None = Field(examples=["435"])
    name: str = Field(examples=["Kassel"])
    region: str = Field(examples=["Südwest"])
    waiting: int
    held: int
    parked: int
    pending: int
    due_today: int
    overdue: int
    oldest: datetime | None


class FiguresOut(Out):
    """The live picture; no person, no working time."""

    agencies: list[AgencyRowOut]
    concerns: list[tuple[str, int]] = Field(examples=[[("au", 31), ("termin", 12)]])
    aside: int
    closed_today: int
    receipts_open: int
    near: list[tuple[date, int]] = Field(examples=[[("2026-11-26", 31)]])


class FigureLine(Out):
    """Numbers in the order of their table.

    Of mails: received, done, handed over, corrected, sorted (became an item). Null where a number
    is too small to be shown.
    """

    key: str = Field(examples=["au"])
    numbers: list[int | None] = Field(examples=[[412, 398, 377, 12, 406]])


class MachineOut(Out):
    """How often the machine's first concern and payment were left as they were."""

    concern: str = Field(examples=["au"])
    share: float | None = Field(examples=[0.97])
    has_fallen: bool = Field(description="Lower in the last 7 days than in the 28 before.")


class TrendConcernOut(Out):
    """The agreement of one concern, as the machine saw it, in each part of the period."""

    concern: str = Field(examples=["au"])
    shares: list[float | None] = Field(examples=[[0.97, 0.96, None]])


class TrendOut(Out):
    """How the machine's agreement went, week by week, of more than half a year by months."""

    starts: list[date] = Field(description="First days of the parts.")
    is_monthly: bool
    overall: list[float | None] = Field(examples=[[0.98, 0.97, 0.97]])
    concerns: list[TrendConcernOut]


class MarkPeriodOut(Out):
    """Marks that people set in Outlook; null where a number is too small to be shown."""

    names: list[str] = Field(
        description="The columns; empty for all that nobody configured, together.",
        examples=[["Erledigt", "Lage Nord", ""]],
    )
    lines: list[FigureLine]
    total: list[int | None] = Field(examples=[[412, 37, None]])
    days: list[FigureLine] = Field(description="All marks of a day together.")


class PeriodOut(Out):
    """A period of local days; `open_days` may still change, a big one is as of `counted_at`."""

    since: date
    until: date
    by: str = Field(examples=["concern"])
    lines: list[FigureLine]
    days: list[FigureLine]
    total: list[int | None] = Field(examples=[[1290, 1204, 655, 40, 1271]])
    minutes: float | None = Field(description="Mean from receipt to closing.", examples=[1310.5])
    week: list[list[float]] = Field(
        description="Monday to Sunday, 24 hours each: mails received on average."
    )
    machine: list[MachineOut]
    open_days: list[date]
    trend: TrendOut
    marks: MarkPeriodOut
    counted_at: datetime | None


class CheckOut(Out):
    """One neighbour of the house; `needed` false means: it goes on without."""

    name: str = Field(examples=["database"])
    ok: bool
    needed: bool
    message: str = Field(examples=["antwortet"])
    remedy: str


class ReadyOut(Out):
    """Fit to work, and why not."""

    ready: bool
    checks: list[CheckOut]


class LiveOut(Out):
    """The process answers."""

    live: bool
