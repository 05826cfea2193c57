"""The pages "Regeln": what holds, versions, the text with its faults, the dry run, two persons."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Response

from api.web import days, pager, refusals
from api.web.render import Notice, go, page
from api.web.rules_page import (
    ACTION_NAMES,
    FIRST,
    KEY_NAMES,
    READING_FAILURES,
    SAMPLE,
    Cursors,
    Typed,
    gate,
    rule_rows,
    trial_parts,
    with_rule,
)
from api.web.visit import OpensRules, SendsRules, Visit
from rules.errors import Conflict, Refused
from rules.placename import fold
from rules.rulesets.force import TAKES_EFFECT
from rules.rulesets.taken_over import Remark
from triage.rulesets import drafts as rulesets
from triage.rulesets import importing as rule_import
from triage.rulesets import reading as rule_reading
from triage.rulesets import rollback, trial_run
from triage.rulesets.drafts import Checked, Shown
from triage.rulesets.trial import Span

router = APIRouter(include_in_schema=False)

PAGE_MAILS: Final = 10_000
"""Most mails of a dry run on the page; the command takes more. Own decision 0064."""

RuleText = Annotated[str, Form(max_length=220_000)]


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The form "Regel anfügen" below the text."""

    title: Annotated[str, Form(max_length=200)] = ""
    key1: Annotated[str, Form(max_length=40)] = ""
    value1: Annotated[str, Form(max_length=500)] = ""
    key2: Annotated[str, Form(max_length=40)] = ""
    value2: Annotated[str, Form(max_length=500)] = ""
    action: Annotated[str, Form(max_length=40)] = "thema"
    target: Annotated[str, Form(max_length=200)] = ""

    def typed(self) -> Typed:
        """Its values; keys that the form doesn't offer count as none."""
        known = {key.value for key, _ in KEY_NAMES}
        keys = tuple(key if key in known else "" for key in (self.key1, self.key2))
        values = (self.value1, self.value2)
        return Typed(self.title, (keys[0], keys[1]), values, self.action, self.target)


@router.get("/rules")
def english() -> Response:
    """The page's English name leads to it."""
    return go("/regeln")


@router.get("/regeln")
def rules_page(visit: OpensRules, nach: str = "") -> Response:
    """What holds in each region, all versions from a cursor on, and rules that are off."""
    found = rulesets.overview(visit.house, visit.caller)
    return page(
        visit.request,
        "regeln.html",
        overview=found,
        versions={one.id: one for one in found.versions},
        soon=visit.house.clock() + TAKES_EFFECT,
        shown=pager.part(found.versions, lambda one: f"{one.set_id}.{one.version}", after=nach),
        mine={line.region for line in found.lines if _may_change(visit, line.region)},
    )


@router.get("/regeln/neu")
def new_page(visit: OpensRules) -> Response:
    """The text of a new rule set, with its head."""
    rulesets.overview(visit.house, visit.caller)
    regions = sorted(visit.caller.whole_regions or ())
    name = regions[0] if regions else ""
    line = f'\nregion = "{name}"' if name else ""
    text = SAMPLE.format(region=fold(name) or "haus", line=line, day=visit.today.isoformat())
    return _editor(visit, text, Checked(None, ()), is_new=True)


@router.get("/regeln/uebernehmen")
def import_page(visit: OpensRules, postfach: str = "") -> Response:
    """Where a Sieve script is pasted and a postbox's rules are asked for; or what came out."""
    if postfach:
        return _read_rules(visit, rule_reading.place(visit.house, visit.caller, postfach))
    found = rulesets.overview(visit.house, visit.caller)
    return page(
        visit.request,
        "regeluebernahme.html",
        regions=[line.region for line in found.lines],
        places=rule_reading.places(visit.house, visit.caller),
        failures=READING_FAILURES,
    )


@router.post("/regeln/uebernehmen/postfach")
def order_reading(
    visit: SendsRules,
    postfach: Annotated[str, Form(max_length=100)] = "",
    skript: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Ask a worker to read the rules of a postbox; it changes nothing there."""
    rule_reading.order(visit.house, visit.caller, postfach, script=skript)
    return go("/regeln/uebernehmen", Notice("rules_reading"))


@router.post("/regeln/uebernehmen")
def import_sieve(
    visit: SendsRules, script: RuleText = "", region: Annotated[str, Form(max_length=60)] = ""
) -> Response:
    """The text that came out, with what was left out. Keeps nothing."""
    found = rule_import.from_sieve(visit.house, visit.caller, _unix(script), region=region)
    return _editor(visit, found.text, found.checked, remarks=found.remarks, is_new=True)


@router.post("/regeln/pruefen")
def check(visit: SendsRules, text: RuleText = "") -> Response:
    """The text again, with what is wrong with it. Keeps nothing."""
    return _editor(visit, text, rulesets.check(visit.house, visit.caller, _unix(text)))


@router.post("/regeln/anfuegen")
def append(
    visit: SendsRules, form: Annotated[RuleForm, Depends()], text: RuleText = ""
) -> Response:
    """The text with the rule of the form behind it, checked. Keeps nothing."""
    longer = with_rule(_unix(text), form.typed())
    return _editor(visit, longer, rulesets.check(visit.house, visit.caller, longer))


@router.post("/regeln/speichern")
def save(visit: SendsRules, text: RuleText = "") -> Response:
    """Keep the draft and show it; a text that can't be read comes back with its faults."""
    plain = _unix(text)
    checked = rulesets.check(visit.house, visit.caller, plain)
    if checked.rules is None:
        return _editor(visit, plain, checked, status=422)
    try:
        saved, _ = rulesets.save(visit.house, visit.caller, plain)
    except Refused as refused:
        return _editor(visit, plain, checked, status=403, fault=refusals.refusal(refused))
    return go(f"/regeln/{saved.set_id}/{saved.version}", Notice("rules_saved"))


@router.post("/regeln/zuruecknehmen")
def take_back(
    visit: SendsRules,
    region: Annotated[str, Form(max_length=60)] = "",
    stand: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Withdraw what is planned; where nothing is, the version before holds again.

    Of what the page showed: pressed again, or beside somebody else, it takes back nothing more.
    """
    done = rollback.rollback(visit.house, visit.caller, region, seen=stand or "-")
    name = "rules_withdrawn" if done.withdrawn else "rules_back" if done.to else "rules_none"
    return go("/regeln", Notice(name))


@router.get("/regeln/{set_id}/{version}")
def version_page(
    visit: OpensRules,
    set_id: str,
    version: int,
    orte: str = "",
    nach: str = "",
) -> Response:
    """One version: its rules, and what it would change by the last dry run, which is kept.

    `orte` is the cursor of the changes from place to place, `nach` that of the single mails.
    """
    shown = rulesets.show(visit.house, visit.caller, set_id, version)
    return _version(visit, shown, at=Cursors(orte, nach))


@router.post("/regeln/{set_id}/{version}/probelauf")
def order_trial(
    visit: SendsRules,
    set_id: str,
    version: int,
    tage: Annotated[int, Form(ge=1, le=3650)] = 14,
    mails: Annotated[int, Form(ge=1, le=PAGE_MAILS)] = 1_000,
) -> Response:
    """Ask a worker for a dry run; it reads stored mails and moves nothing."""
    trial_run.order(visit.house, visit.caller, set_id, version, span=Span(tage, mails))
    return go(f"/regeln/{set_id}/{version}", Notice("rules_trial"))


@router.get("/regeln/{set_id}/{version}/text")
def text_page(visit: OpensRules, set_id: str, version: int) -> Response:
    """The text of a version, to go on from."""
    shown = rulesets.show(visit.house, visit.caller, set_id, version)
    return _editor(visit, shown.version.text, shown.checked)


@router.post("/regeln/{set_id}/{version}/aktivieren")
def activate(
    visit: SendsRules,
    set_id: str,
    version: int,
    ab: Annotated[str, Form(max_length=30)] = "",
    sha256: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Put the version into force as the page showed it, from today or from a day on."""
    try:
        day = days.typed(ab, today=visit.today)
        from_at = rulesets.activate(
            visit.house, visit.caller, set_id, version, day=day, seen=sha256 or "-"
        )
    except (Refused, Conflict) as refused:
        if refused.code.startswith("access.") or refused.code == "ruleset.changed":
            raise
        shown = rulesets.show(visit.house, visit.caller, set_id, version)
        return _version(visit, shown, fault=refusals.refusal(refused), typed=ab)
    return go(f"/regeln/{set_id}/{version}", Notice("rules_active", days.short_day(from_at)))


def _read_rules(visit: Visit, found: rule_reading.Place) -> Response:
    """The text that a worker has read, with what was left out; else the list of postboxes."""
    if found.reading is None or not found.reading.text:
        return go("/regeln/uebernehmen")
    checked = rulesets.check(visit.house, visit.caller, found.reading.text)
    return _editor(visit, found.reading.text, checked, remarks=found.remarks, is_new=True)


def _may_change(visit: Visit, region: str) -> bool:
    return visit.caller.whole_regions is None or region in visit.caller.whole_regions


def _unix(text: str) -> str:
    """Browsers send line feeds as two characters. Source: HTML Living Standard, 4.10.21."""
    return text.replace("\r\n", "\n")


def _version(
    visit: Visit, shown: Shown, *, at: Cursors = FIRST, fault: str = "", typed: str = ""
) -> Response:
    run = trial_run.kept(visit.house, visit.caller, shown)
    trial = None if run is None or run.is_stale else run.trial
    return page(
        visit.request,
        "regelsatz.html",
        status=422 if fault else 200,
        shown=shown,
        version=shown.version,
        rows=rule_rows(shown, trial),
        whole=tuple(one for one in shown.checked.findings if not one.rule),
        trial=trial,
        parts=trial_parts(trial, at),
        run=run,
        span=run.span if run else Span(14, 1_000),
        gate=gate(shown, visit.caller),
        may_change=_may_change(visit, shown.version.region),
        now=visit.house.clock(),
        soon=visit.house.clock() + TAKES_EFFECT,
        fault=fault,
        typed=typed or days.short_day(visit.today),
    )


def _editor(  # noqa: PLR0913 - what the page needs to come back as it was
    visit: Visit,
    text: str,
    checked: Checked,
    *,
    is_new: bool = False,
    status: int = 200,
    fault: str = "",
    remarks: tuple[Remark, ...] = (),
) -> Response:
    return page(
        visit.request,
        "regeltext.html",
        status=status,
        remarks=remarks,
        text=text,
        checked=checked,
        is_new=is_new,
        fault=fault,
        keys=KEY_NAMES,
        actions=ACTION_NAMES,
    )
