"""An invented rule set in the states that its pages show."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request, Response

from api.web.pager import Part
from api.web.render import page
from api.web.rules_page import (
    ACTION_NAMES,
    FIRST,
    KEY_NAMES,
    READING_FAILURES,
    Cursors,
    rule_rows,
    trial_parts,
)
from rules.rulesets.finding import Finding, Level
from rules.rulesets.taken_over import Remark
from rules.rulesets.text import read_rules
from rules.rulesets.trial import AgencySum, Change, Moved, Trial
from store.approved.rule_readings import Reading
from store.approved.rulesets import OffRule, Version
from tests.rules.ruleset_samples import HEAD, rule
from triage.rulesets.drafts import Checked, RegionLine, Shown
from triage.rulesets.drafts import Overview as RulesOverview
from triage.rulesets.reading import Place
from triage.rulesets.trial import Span
from triage.rulesets.trial_run import Kept

NOW = datetime(2026, 11, 23, 8, 47, 12, tzinfo=UTC)
TEXT = HEAD + rule(
    'betreff = ["Umschulung", "Weiterbildung*"]\nkanal = "freie_email"',
    'ordner = "321 Bochum/Umschulungen und sehr lange Namen von Ordnern"',
    rule_id="umschulung",
    more='[regel.ausser]\nabsender = "@traeger.example"',
)
FAULTS = (
    Finding("ruleset.gap", 0, "Dazwischen gilt kein Regelsatz.", "Tage anschließen.",
            level=Level.WARNING),
    Finding("rule.shadowed", 6, "Regel „a“ (Zeile 4) kommt ihr immer zuvor.", "Davor stellen.",
            "umschulung"),
    Finding("rule.place_unknown", 9, "Der Ort steht in keinem Verzeichnis.", "Prüfen.",
            "umschulung", Level.WARNING),
)  # fmt: skip
TRIAL = Trial(
    mails=1284,
    unread=3,
    moved=71,
    payment_moved=2,
    changes=(
        Change("321 Bochum/Sonstiges", "321 Bochum/Umschulungen", "umschulung", 69, 2, (40721,)),
        Change("321 Bochum/AU", "Klärung", "", 2, 0, (40722, 40723)),
    ),
    agencies=(AgencySum("321 Bochum", 71, 69), AgencySum("", 0, 2)),
    hits=(("umschulung", 71),),
    held=(("umschulung", "rule.held_payment", 3),),
    listed=(Moved(40721, "321 Bochum/Sonstiges", "321 Bochum/Umschulungen"),),
)


RUN = Kept(
    span=Span(14, 2000), at=NOW, tried=1284, done_at=NOW, error_code="", is_stale=False, trial=TRIAL
)


def version(number: int, *, activated_at: datetime | None = None) -> Version:
    return Version(
        id=number, set_id="regeln-west", version=number, region="", title="Eigene Regeln",
        text=TEXT, authors=["a-1"], created_at=NOW, changed_at=NOW, activated_at=activated_at,
    )  # fmt: skip


def shown() -> Shown:
    off = OffRule(2, "umschulung", "West", "rule.folder_gone", "321 Bochum/Umschulungen", NOW)
    return Shown(version(2), Checked(read_rules(TEXT).rules, FAULTS), (), (off,))


def _reading(postbox: str, *, rules: int = 0, code: str = "", left_out: int = 0) -> Reading:
    remark = {
        "name": "Weiterleiten an die Vertretung", "code": "import.forbidden",
        "message": "Die Regel leitet weiter; das tut hier kein Regelsatz.", "is_taken": False,
    }  # fmt: skip
    done = NOW + timedelta(seconds=9)
    text = "" if code else TEXT
    return Reading(
        1, postbox, "West", "", "p-anna", NOW, 1, done, code, rules, text, [remark] * left_out
    )


WAITING = Reading(2, "SC-Nord", "Nord", "alt", "p-anna", NOW, 2, None, "", 0, "", None)
PLACES = (
    Place("SC-West", "West", _reading("SC-West", rules=17, left_out=3)),
    Place("SC-Nord", "Nord", WAITING),
    Place("SC-Ost", "Ost", _reading("SC-Ost", code="postbox.no_right")),
    Place("SC-Süd", "Süd", _reading("SC-Süd", left_out=2)),
    Place("SC-Postfach-mit-einem-langen-Namen", "Südwest", None),
    Place("SC-Mitte", "Mitte", _reading("SC-Mitte", code="bug")),
)


def import_page(request: Request, places: tuple[Place, ...] = PLACES) -> Response:
    """The page where old rules are taken over."""
    shown: dict[str, Any] = {"regions": ["", "West"], "places": places}
    return page(request, "regeluebernahme.html", failures=READING_FAILURES, **shown)


def _rulesets(request: Request, **changed: object) -> Response:
    draft, active = version(2), version(1, activated_at=NOW)
    off = OffRule(active.id, "umschulung", "West", "rule.folder_gone", "321 Bochum/X", NOW)
    lines = (RegionLine("", active, NOW, ((draft, NOW),)), RegionLine("West", None, None, ()))
    full = RulesOverview(lines, (draft, active), (off,))
    shown: dict[str, object] = {"overview": full, "versions": {active.id: active}, "mine": {""}}
    shown |= changed
    part = Part(shown["overview"].versions, 214, "regeln.2")
    return page(request, "regeln.html", **shown, shown=part, soon=NOW)


def _ruleset_running(request: Request) -> Response:
    found = shown()
    run = replace(RUN, done_at=None, trial=None, tried=600)
    return page(
        request, "regelsatz.html", shown=found, version=found.version,
        rows=rule_rows(found, None), whole=(), trial=None, run=run, span=run.span, gate="",
        parts=trial_parts(None, FIRST),
        may_change=True, now=NOW, soon=NOW, fault="", typed="23.11.2026",
    )  # fmt: skip


def _ruleset(request: Request) -> Response:
    found = shown()
    return page(
        request, "regelsatz.html", status=422, shown=found, version=found.version,
        rows=rule_rows(found, TRIAL), whole=FAULTS[:1],
        trial=TRIAL, run=RUN,
        parts=replace(trial_parts(TRIAL, FIRST), at=Cursors("a", "b")),
        span=Span(14, 500), gate="Eine zweite Person.", may_change=True,
        now=NOW, soon=NOW, fault="Diesen Tag gibt es nicht.", typed="31.02.2026",
    )  # fmt: skip


def _rule_text(request: Request) -> Response:
    return page(
        request, "regeltext.html", status=422, text=TEXT, is_new=False,
        checked=Checked(None, FAULTS), fault="Nicht Ihre Region.", keys=KEY_NAMES,
        actions=ACTION_NAMES, remarks=(Remark("Zeile 3", "import.forbidden", "Löscht."),),
    )  # fmt: skip


PAGES: dict[str, Callable[[Request], Response]] = {
    "regeln": _rulesets,
    "regeln-leer": lambda r: _rulesets(r, overview=RulesOverview((), (), ())),
    "regelsatz": _ruleset,
    "regelsatz-laeuft": _ruleset_running,
    "regeltext": _rule_text,
    "regeluebernahme": import_page,
    "regeluebernahme-leer": lambda r: import_page(r, places=()),
}
