"""Rule sets at the door: versions, findings, what holds where, and what a dry run tells."""

from datetime import date, datetime

from pydantic import Field

from api.schemas.base import In, Out

EXAMPLE = (
    'id = "regeln-west"\ntitel = "Regeln"\nregion = "West"\ngilt_ab = 2026-12-01\n\n'
    '[[regel]]\nid = "umschulung"\n[regel.wenn]\nbetreff = "umschul*"\n'
    '[regel.dann]\nthema = "beratung"\n'
)


class TextIn(In):
    """The text of a rule set (docs/rulesets.md)."""

    text: str = Field(max_length=250_000, examples=[EXAMPLE])


class DryRunIn(In):
    """Which stored mails are tried: newest first."""

    days: int | None = Field(None, ge=1, le=3650, examples=[14])
    mails: int = Field(1000, ge=1, le=100_000, examples=[1000])


class TextDryRunIn(DryRunIn):
    """A text that need not be kept, and which stored mails are tried."""

    text: str = Field(max_length=250_000, examples=[EXAMPLE])


class ActivateIn(In):
    """From which local day on; without: at once."""

    day: date | None = Field(None, examples=["2026-12-01"])
    sha256: str = Field(
        "",
        max_length=64,
        examples=[""],
        description="Of the text that was read; another one is 409.",
    )


class RollbackIn(In):
    """Which region; empty: the set for all regions that have none of their own.

    With `stand` nothing is done if something else holds or is planned there by now.
    """

    region: str = Field("", max_length=60, examples=["West"])
    stand: str = Field("", max_length=200, examples=["12+"], description="Of the line shown.")


class SieveIn(In):
    """A Sieve script, and the region of the new set (empty: all)."""

    script: str = Field(max_length=200_000, examples=["if true { keep; }"])
    region: str = Field("", max_length=60, examples=["West"])


class RemarkOut(Out):
    """About one old rule; `is_taken` false: it is not among the new ones. Texts are German."""

    name: str = Field(examples=["Zeile 12"])
    code: str = Field(examples=["import.forbidden"])
    message: str = Field(examples=["Die Regel will löschen; das tut hier kein Regelsatz."])
    is_taken: bool = Field(examples=[False])


class ReadingIn(In):
    """Whose rules a worker shall read; `script` names one of several Sieve scripts."""

    postbox: str = Field(max_length=100, examples=["SC-West"])
    script: str = Field("", max_length=200, examples=[""])


class ReadingOut(Out):
    """The newest reading of a postbox; without `ordered_at` there is none.

    `text` is there once it is done without `error_code`. Nothing of it is kept as a rule set.
    """

    postbox: str = Field(examples=["SC-West"])
    region: str = Field(examples=["West"])
    ordered_at: datetime | None = Field(examples=["2026-12-01T07:00:00Z"])
    done_at: datetime | None = Field(examples=["2026-12-01T07:00:09Z"])
    error_code: str = Field(examples=["postbox.no_right"])
    rules: int = Field(examples=[5], description="Rules in the text.")
    text: str = Field(examples=[EXAMPLE])
    remarks: list[RemarkOut]


class ReadingsOut(Out):
    """All postboxes of the caller's regions."""

    postboxes: list[ReadingOut]


class FindingOut(Out):
    """One fault; an `error` keeps the version from being activated. Texts are German."""

    code: str = Field(examples=["rule.shadowed"])
    level: str = Field(examples=["error"])
    line: int = Field(examples=[14], description="From 1; 0 is the whole text.")
    rule: str = Field(examples=["umschulung"])
    message: str = Field(examples=["Regel „a“ (Zeile 4) kommt ihr immer zuvor."])
    remedy: str = Field(examples=["Diese Regel vor die andere stellen oder löschen."])


class CheckedOut(Out):
    """All faults by line; `readable` false: the text could not be read."""

    readable: bool
    findings: list[FindingOut]


class ImportedOut(Out):
    """The text that came out, what was left out, and what the check finds; nothing is kept."""

    text: str
    rules: int = Field(examples=[14])
    remarks: list[RemarkOut]
    findings: list[FindingOut]


class VersionOut(Out):
    """One version; a draft may still change, an activated one never."""

    id: str = Field(validation_alias="set_id", examples=["regeln-west"])
    version: int = Field(examples=[3])
    region: str = Field(examples=["West"])
    title: str = Field(examples=["Regeln der Region West"])
    authors: list[str] = Field(examples=[["a-17"]], description="Pseudonymous ids.")
    changed_at: datetime
    activated_at: datetime | None
    is_draft: bool
    sha256: str = Field(description="Of the text; for `activate`.")


class SavedOut(Out):
    """The draft that was kept, and what is still wrong with it."""

    version: VersionOut
    findings: list[FindingOut]


class ActivationOut(Out):
    """From when it holds; `withdrawn_at` if it was taken back before."""

    from_at: datetime
    by: str = Field(examples=["a-18"])
    withdrawn_at: datetime | None


class OffOut(Out):
    """A rule that is passed over because its target is gone."""

    rule: str = Field(validation_alias="rule_id", examples=["umschulung"])
    region: str = Field(examples=["West"], description="Empty: everywhere.")
    code: str = Field(examples=["rule.folder_gone"])
    target: str = Field(examples=["321 Bochum/Umschulung"])
    at: datetime


class ShownOut(Out):
    """One version with its text, its faults, and where it holds."""

    version: VersionOut
    text: str
    findings: list[FindingOut]
    activations: list[ActivationOut]
    off: list[OffOut]


class LineOut(Out):
    """What holds in a region; empty region: all without a set of their own."""

    region: str = Field(examples=["West"])
    now: VersionOut | None
    since: datetime | None
    planned: list[tuple[VersionOut | None, datetime]]
    stand: str = Field(examples=["12+"], description="Names what holds and is planned.")


class RulesetsOut(Out):
    """What holds where, a page of versions, and rules that are off; the last has no cursor."""

    lines: list[LineOut]
    versions: list[VersionOut]
    off: list[OffOut]
    next_cursor: str | None = Field(examples=["aToxMjg0"])


class FromOut(Out):
    """From when it holds, UTC."""

    from_at: datetime


class WentBackOut(Out):
    """Planned ones withdrawn, or the version that holds again (null: none) and from when."""

    withdrawn: int = Field(examples=[0])
    to: VersionOut | None
    from_at: datetime | None


class ChangeOut(Out):
    """So many mails would go from one folder to another; `payment` of them may move money."""

    before: str = Field(examples=["321 Bochum/Sonstiges"])
    after: str = Field(examples=["321 Bochum/Beratung"])
    rule: str = Field(examples=["umschulung"])
    mails: int = Field(examples=[71])
    payment: int = Field(examples=[0])
    examples: list[int] = Field(examples=[[40721, 40690]])


class AgencySumOut(Out):
    """Mails of an agency before and after; empty: nobody's yet."""

    agency: str = Field(examples=["321 Bochum"])
    before: int
    after: int


class MovedOut(Out):
    """One mail that would lie elsewhere."""

    message_id: int = Field(examples=[40721])
    before: str
    after: str


class TrialOut(Out):
    """What would change for stored mails; nothing was written."""

    mails: int = Field(examples=[1000])
    unread: int = Field(examples=[0], description="Content deleted; could not be tried.")
    moved: int = Field(examples=[87])
    payment_moved: int = Field(examples=[2])
    changes: list[ChangeOut]
    agencies: list[AgencySumOut]
    hits: dict[str, int] = Field(examples=[{"umschulung": 71}])
    held: list[tuple[str, str, int]] = Field(examples=[[("weg", "rule.held_payment", 3)]])
    listed: list[MovedOut]
