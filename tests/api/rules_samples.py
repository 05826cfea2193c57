"""An invented rule set in the states that its pages show."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request, Response

from api.web.render import page
from api.web.rules_page import READING_FAILURES
from rules.rulesets.finding import Finding, Level
from rules.rulesets.text import read_rules
from rules.rulesets.trial import AgencySum, Change, Moved, Trial
from store.approved.rule_readings import Reading
from store.approved.rulesets import OffRule, Version
from tests.rules.ruleset_samples import HEAD, rule
from triage.rulesets.drafts import Checked, Shown
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
