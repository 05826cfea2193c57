"""The door for rule sets: keep drafts, check, try, put into force, take back."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, status

from api.auth import HouseHere, MayChangeRules
from api.cursor import LIMIT_MAX, Cursor, Limit, page_of
from api.schemas.rulesets import (
    ActivateIn,
    CheckedOut,
    DryRunIn,
    FromOut,
    ImportedOut,
    RollbackIn,
    RulesetsOut,
    SavedOut,
    ShownOut,
    SieveIn,
    TextDryRunIn,
    TextIn,
    TrialOut,
    WentBackOut,
)
from rules.rulesets.trial import Trial
from store.approved.rulesets import Version
from triage.rulesets import drafts as rulesets
from triage.rulesets import importing as rule_import
from triage.rulesets import rollback as rule_rollback
from triage.rulesets import trial as rule_trial
from triage.rulesets.rollback import WentBack
from triage.rulesets.trial import Span

router = APIRouter(prefix="/v1/admin/rulesets", tags=["admin"])

SetId = Annotated[str, Path(max_length=60, examples=["regeln-west"], description="The set's id.")]
VersionNumber = Annotated[int, Path(ge=1, le=1_000_000, description="The version.")]


@router.get("", response_model=RulesetsOut, summary="What holds where, and all versions")
def listing(
    house: HouseHere, caller: MayChangeRules, limit: Limit = LIMIT_MAX, cursor: Cursor = None
) -> dict[str, Any]:
    """The rule sets of the caller's regions and the one for all, by set, newest version first.

    Every page says what holds and which rules are off; only versions go on on the next.
    """
    found = rulesets.overview(house, caller)
    order = [one.id for one in found.versions]

    def read(rows: int, after: int | None) -> tuple[Version, ...]:
        first = 0 if after is None else order.index(after) + 1 if after in order else len(order)
        return found.versions[first : first + rows]

    page = page_of(read, lambda one: one.id, limit=limit, cursor=cursor)
    return {
        "lines": found.lines,
        "versions": page.rows,
        "off": found.off,
        "next_cursor": page.next_cursor,
    }


@router.post(
    "", response_model=SavedOut, status_code=status.HTTP_201_CREATED, summary="Keep a draft"
)
def save(house: HouseHere, caller: MayChangeRules, sent: TextIn) -> dict[str, Any]:
    """Over the open draft of the set that the text names, or as its next version.

    A text that can't be read is refused whole (`ruleset.findings`), and nothing is kept.
    """
    version, checked = rulesets.save(house, caller, sent.text)
    return {"version": version, "findings": checked.findings}


@router.post("/check", response_model=CheckedOut, summary="What is wrong with a text")
def check(house: HouseHere, caller: MayChangeRules, sent: TextIn) -> dict[str, Any]:
    """All faults with code, line and remedy. Keeps nothing."""
    checked = rulesets.check(house, caller, sent.text)
    return {"readable": checked.rules is not None, "findings": checked.findings}


@router.post("/import", response_model=ImportedOut, summary="Take over a Sieve script")
def import_sieve(house: HouseHere, caller: MayChangeRules, sent: SieveIn) -> dict[str, Any]:
    """A text made of the script, and what of it could not be said. Keeps nothing."""
    found = rule_import.from_sieve(house, caller, sent.script, region=sent.region)
    return {
        "text": found.text,
        "rules": found.rules,
        "remarks": found.remarks,
        "findings": found.checked.findings,
    }


@router.post("/dry-run", response_model=TrialOut, summary="Try a text on stored mails")
def try_text(house: HouseHere, caller: MayChangeRules, sent: TextDryRunIn) -> dict[str, Any]:
    """What the text would change, held against what is in force. Writes nothing."""
    return _trial(rule_trial.trial(house, caller, sent.text, span=Span(sent.days, sent.mails)))


@router.post("/rollback", response_model=WentBackOut, summary="Take back")
def rollback(house: HouseHere, caller: MayChangeRules, sent: RollbackIn) -> WentBack:
    """Withdraws what is planned for the region; where nothing is, the version before holds.

    With `stand`, as its line gives it, it is 409 `ruleset.changed` if that is over: so a repeated
    call goes back once.
    """
    return rule_rollback.rollback(house, caller, sent.region, seen=sent.stand)


@router.get("/{set_id}", response_model=ShownOut, summary="One version")
def show(
    house: HouseHere,
    caller: MayChangeRules,
    set_id: SetId,
    version: Annotated[
        int | None, Query(ge=1, le=1_000_000, description="Without: the newest.")
    ] = None,
) -> dict[str, Any]:
    """Its text, its faults as of today, and where it holds or will hold."""
    shown = rulesets.show(house, caller, set_id, version)
    return {
        "version": shown.version,
        "text": shown.version.text,
        "findings": shown.checked.findings,
        "activations": shown.activations,
        "off": shown.off,
    }


@router.post(
    "/{set_id}/versions/{version}/dry-run",
    response_model=TrialOut,
    summary="Try a version on stored mails",
)
def try_version(
    house: HouseHere, caller: MayChangeRules, set_id: SetId, version: VersionNumber, sent: DryRunIn
) -> dict[str, Any]:
    """What the version would change, held against what is in force. Writes nothing."""
    text = rulesets.show(house, caller, set_id, version).version.text
    return _trial(rule_trial.trial(house, caller, text, span=Span(sent.days, sent.mails)))


@router.post(
    "/{set_id}/versions/{version}/activate", response_model=FromOut, summary="Put into force"
)
def activate(
    house: HouseHere,
    caller: MayChangeRules,
    set_id: SetId,
    version: VersionNumber,
    sent: ActivateIn,
) -> dict[str, Any]:
    """From a local day on. Refused to whoever wrote on it, and to machines.

    With `sha256` it is 409 `ruleset.changed` if somebody wrote on it since it was read.
    """
    from_at = rulesets.activate(house, caller, set_id, version, day=sent.day, seen=sent.sha256)
    return {"from_at": from_at}


def _trial(found: Trial) -> dict[str, Any]:
    return {
        "mails": found.mails,
        "unread": found.unread,
        "moved": found.moved,
        "payment_moved": found.payment_moved,
        "changes": found.changes,
        "agencies": found.agencies,
        "hits": dict(found.hits),
        "held": found.held,
        "listed": [
            {
                "message_id": one.message_id,
                "before": one.before,
                "after": one.after,
            }
            for one in found.listed
        ],
    }
