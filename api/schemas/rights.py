"""What admins see and say about folder permissions."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import In, Out


class RightsStandingOut(Out):
    """How one postbox stands: the last look, the review, and the newest plan.

    `is_stale`: the lists have changed after the look, so look again.
    """

    postbox: str = Field(examples=["SC-West"])
    region: str = Field(examples=["West"])
    audited_at: datetime | None
    is_stale: bool = Field(examples=[False])
    folders: int = Field(examples=[87])
    open: int = Field(examples=[12])
    kept: int = Field(examples=[1])
    agencies: int = Field(examples=[29])
    signed: int = Field(examples=[20])
    overdue: int = Field(examples=[0])
    folders_signed: int = Field(examples=[61])
    folders_overdue: int = Field(examples=[0])
    plan_id: int | None = Field(examples=[7])
    plan_state: str | None = Field(examples=["proposed"])
    waiting_orders: list[str] = Field(examples=[["audit"]])


class RightsOverview(Out):
    """The postboxes of the caller's regions, in the configured order."""

    postboxes: list[RightsStandingOut]


class RightsFindingOut(Out):
    """One thing that differs; texts are German, for people."""

    code: str = Field(examples=["rights.surplus"])
    cause: str | None = Field(examples=[None])
    state: Literal["open", "kept"]
    agency: str = Field(examples=["435"])
    folder: str = Field(examples=["435 Kassel"])
    subject: str = Field(examples=["k-0417@dienst.example"])
    has: str | None = Field(examples=["Bearbeiter"])
    wanted: str | None = Field(examples=["Keine"])
    meaning: str = Field(examples=["k-0417@dienst.example hat ein Recht, steht aber …"])
    remedy: str = Field(examples=["Entziehen (in den Plan), oder mit Begründung belassen."])


class RightsFindings(Out):
    """All findings of one postbox as of its last look."""

    findings: list[RightsFindingOut]


class PostboxIn(In):
    """Which postbox."""

    postbox: str = Field(max_length=100, examples=["SC-West"])


class OrderOut(Out):
    """A worker does it; the overview shows when it is done."""

    order_id: int = Field(examples=[31])


class PlanIdOut(Out):
    """The plan that was made."""

    plan_id: int = Field(examples=[7])


class ChangeOut(Out):
    """One account in one folder, before and after, in German words."""

    folder: str = Field(examples=["435 Kassel"])
    who: str = Field(examples=["k-0417@dienst.example"])
    deed: Literal["+", "~", "-"]
    before: str = Field(examples=["Bearbeiter"])
    after: str = Field(examples=["Keine"])
    code: str = Field(examples=["rights.surplus"])


class StepOut(Out):
    """One folder of a plan that was begun."""

    folder: str = Field(examples=["435 Kassel"])
    kind: Literal["apply", "undo"]
    state: str = Field(examples=["done"])
    error_code: str = Field(examples=[""])


class ReadPlanIn(In):
    """Which plan was read: its `hash`, as the plan gives it; another one is 409."""

    hash: str = Field("", pattern=r"^([0-9a-f]{64})?$", examples=["5f0c" * 16])


class RejectPlanIn(ReadPlanIn):
    """Which plan was read, and why it is put aside; who proposed it reads the reason."""

    reason: str | None = Field(
        None,
        max_length=1000,
        description="At least ten characters, but for a plan of one's own; null: none.",
        examples=["Die Vertretung der 435 endet erst im Januar"],
    )


class PlanOut(Out):
    """A plan with its life so far. `hash` names postbox, changes and what is left out."""

    id: int = Field(examples=[7])
    hash: str = Field(examples=["5f0c" * 16])
    postbox: str = Field(examples=["SC-West"])
    state: str = Field(examples=["approved"])
    made_at: datetime
    made_by: str = Field(examples=["admin-1"])
    decided_by: str | None = Field(examples=["admin-2"])
    reason: str = Field("", description="Why it was put aside.", examples=[""])
    changes: list[ChangeOut]
    blocked: list[str] = Field(examples=[["101 Ort"]])
    steps: list[StepOut]


class KeepIn(In):
    """The finding that stays, why, and until when; `has` as it was read, if the finding gave it."""

    postbox: str = Field(max_length=100, examples=["SC-West"])
    code: str = Field(max_length=60, examples=["rights.surplus"])
    folder: str = Field("", max_length=1000, examples=["435 Kassel"])
    subject: str = Field(max_length=320, examples=["k-0417@dienst.example"])
    has: str | None = Field(None, max_length=1000, examples=["Bearbeiter"])
    reason: str = Field(max_length=1000, examples=["Vertretung bis Jahresende"])
    until: date = Field(examples=["2026-12-31"])


class SignOffIn(In):
    """The agency whose folders were looked at, `-` for those of none; why, with open findings."""

    postbox: str = Field(max_length=100, examples=["SC-West"])
    agency: str = Field(max_length=3, examples=["435"])
    reason: str = Field("", max_length=1000, examples=[""])
    audit_id: int | None = Field(None, ge=1, le=2**63 - 1, examples=[12])


class FolderSignOffIn(In):
    """The folders that were looked at, all or none; why, where findings are open.

    With `audit_id` it is refused (`rights.newer_audit`) when a newer look has been taken.
    """

    postbox: str = Field(max_length=100, examples=["SC-West"])
    folders: list[Annotated[str, Field(max_length=1000)]] = Field(
        min_length=1, max_length=1000, examples=[["435 Kassel", "435 Kassel/AU"]]
    )
    reason: str = Field("", max_length=1000, examples=["Sonderrecht fällt mit Plan 7 weg"])
    audit_id: int | None = Field(None, ge=1, le=2**63 - 1, examples=[12])


class KeyOut(Out):
    """Which finding it is, in every look again."""

    code: str = Field(examples=["rights.surplus"])
    subject: str = Field(examples=["k-0417@dienst.example"])


class FolderReviewOut(Out):
    """One folder and its last sign-off. `folder` is empty for what an agency's lists are.

    `new` is open now and was not there at the sign-off; `gone` was there and is no more.
    """

    folder: str = Field(examples=["435 Kassel"])
    agency: str = Field(examples=["435"])
    state: Literal["signed", "new_since", "open", "overdue"]
    open: int = Field(examples=[2])
    kept: int = Field(examples=[0])
    new: list[KeyOut]
    gone: list[KeyOut]
    signed_at: datetime | None
    signed_by: str | None = Field(examples=["admin-1"])
    reason: str = Field(examples=[""])
    due: date | None = Field(examples=["2026-12-18"])


class FolderReviews(Out):
    """All folders of a postbox as of its last look; `audit_id` is null where nobody looked."""

    audit_id: int | None = Field(examples=[12])
    folders: list[FolderReviewOut]


class ListsIn(In):
    """A CSV as the lists of a region, all or nothing."""

    region: str = Field(max_length=60, examples=["West"])
    csv: str = Field(
        max_length=5_000_000, examples=["verteiler;agentur\nez-435@dienst.example;435"]
    )
    source: str = Field("api", max_length=200, examples=["west.csv"])


class ImportedOut(Out):
    """What the import brought, and the agencies that have no list."""

    lists: int = Field(examples=[30])
    members: int = Field(examples=[412])
    without: list[str] = Field(examples=[["311"]])


class ListOut(Out):
    """One reported list, without its members."""

    address: str = Field(examples=["ez-435@dienst.example"])
    agency: str | None = Field(examples=["435"])
    region: str | None = Field(examples=[None])
    level: str = Field(examples=["Editor"])
    members: int = Field(examples=[14])


class ListsOut(Out):
    """The lists that hold in a region; `reported_at` is null where none were reported."""

    region: str = Field(examples=["West"])
    reported_at: datetime | None
    source: str = Field(examples=["west.csv"])
    lists: list[ListOut]


class RoundIn(In):
    """A round of review with its three last days."""

    region: str = Field(max_length=60, examples=["West"])
    agencies_due: date = Field(examples=["2026-12-04"])
    directions_due: date = Field(examples=["2026-12-09"])
    region_due: date = Field(examples=["2026-12-18"])


class RoundOut(Out):
    """The round that was started."""

    round_id: int = Field(examples=[3])


class LinkOut(Out):
    """One unit in the reporting chain."""

    step: Literal["agency", "direction", "region"]
    unit: str = Field(examples=["435"])
    name: str = Field(examples=["Kassel"])
    due: date
    done_on: date | None
    is_overdue: bool
    waits_for: list[str] = Field(examples=[[]])


class ChainOut(Out):
    """The chain of the running round; empty where none was started."""

    links: list[LinkOut]


class MarkIn(In):
    """That a unit did its step today."""

    region: str = Field(max_length=60, examples=["West"])
    step: Literal["agency", "direction", "region"] = Field(examples=["agency"])
    unit: str = Field(max_length=100, examples=["435"])
    note: str = Field("", max_length=1000, examples=[""])
