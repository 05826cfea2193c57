"""What the pages of rule sets show: rules as sentences, hits, faults, what is switched off."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from api.web import pager
from api.web.pager import Part
from api.web.render import slug
from rules.access import Caller
from rules.placename import fold
from rules.rulesets.finding import Finding, has_errors
from rules.rulesets.ruleset import Action, ActionKind, Condition, Key, Rule
from rules.rulesets.terms import action_sentence, rule_sentences
from rules.rulesets.text import read_rules
from rules.rulesets.trial import Change, Moved, Trial
from rules.rulesets.writer import write_rule
from triage.rulesets.drafts import Shown

HELD: Final = {
    "rule.held_payment": "ist oder kann zahlungsrelevant sein",
    "rule.held_proof": "ist nachzuweisen",
    "rule.held_danger": "spricht von Gefahr für das Leben",
    "rule.held_team": "gehört dem anderen Team; der Kanal entscheidet",
    "rule.held_agency": "hat keine Agentur",
}
"""Why a rule that hit changed nothing. Source: own decision 0037."""

KEY_NAMES: Final = (
    (Key.SUBJECT, "Betreff enthält"),
    (Key.BODY, "Text enthält"),
    (Key.WORDS, "Betreff oder Text enthält"),
    (Key.SENDER, "Absender ist"),
    (Key.RECIPIENT, "Empfänger ist"),
    (Key.CHANNEL, "Kanal ist"),
    (Key.CONCERN, "Anliegen ist"),
    (Key.PAYMENT, "zahlungsrelevant ist"),
    (Key.PLZ, "PLZ ist"),
    (Key.PLACE, "Ort ist"),
    (Key.AGENCY, "Agentur ist"),
    (Key.KUNDENNUMMER, "Kundennummer ist"),
    (Key.ATTACHMENT, "Anlage heißt"),
    (Key.HAS_ATTACHMENT, "Anlage dabei (ja, nein)"),
    (Key.LANGUAGE, "Sprache ist"),
    (Key.SIZE_MIN, "Größe ab kB"),
)
"""What the form offers, in its order; the text can say more."""

ACTION_NAMES: Final = (
    ("thema", "Thema (Kennung des Anliegens)"),
    ("agentur", "Agentur (drei Ziffern)"),
    ("ordner", "Ordner"),
    ("klaerung", "in die Klärung"),
    ("beiseite", "beiseitelegen"),
    ("unveraendert", "bleibt, wie eingebaut"),
)

READING_FAILURES: Final = {
    "postbox.no_rules": "Dieses Postfach ist ein Maildir; es kennt keine Regeln.",
    "postbox.no_right": "Dem Dienstkonto fehlt der Vollzugriff auf das Postfach.",
    "postbox.login_refused": "Der Server hat die Anmeldung abgelehnt; Konto und Kennwort prüfen.",
    "postbox.away": "Der Server war nicht erreichbar. Später noch einmal beauftragen.",
    "postbox.busy": "Der Server bat um Ruhe. Später noch einmal beauftragen.",
    "sieve.no_script": "Auf dem Server ist kein Skript aktiv, oder keines heißt so.",
    "sieve.login": "ManageSieve hat die Anmeldung abgelehnt; Konto und Kennwort prüfen.",
    "sieve.away": "ManageSieve war nicht erreichbar; Port und Dienst prüfen (sieve_port).",
    "sieve.certificate": "Dem Zertifikat des Servers traut niemand; ca_file prüfen.",
}
"""Why rules of a postbox could not be read, in words for admins. Own decision 0085."""

SAMPLE: Final = """\
id = "regeln-{region}"
titel = "Eigene Regeln"{line}
quelle = "eigene"
gilt_ab = {day}
"""
"""How a new text begins."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of the list. `hits` None: no dry run yet. `off` names the lost targets."""

    number: int
    id: str
    title: str
    conditions: tuple[str, ...]
    action: str
    source: str
    hits: int | None
    held: tuple[str, ...]
    findings: tuple[Finding, ...]
    off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """The form for one more rule, as it was sent."""

    title: str = ""
    keys: tuple[str, str] = ("betreff", "")
    values: tuple[str, str] = ("", "")
    action: str = "thema"
    target: str = ""


@dataclass(frozen=True, slots=True)
class Cursors:
    """Where the lists of a dry run go on: changes from place to place, single mails."""

    places: str = ""
    mails: str = ""


FIRST: Final = Cursors()


@dataclass(frozen=True, slots=True)
class TrialParts:
    """The parts of a dry run's lists that a page shows."""

    changes: Part[Change]
    mails: Part[Moved]
    at: Cursors


def trial_parts(trial: Trial | None, at: Cursors) -> TrialParts:
    """Those after the cursors; empty without a dry run."""
    return TrialParts(
        pager.part(
            trial.changes if trial else (),
            lambda one: slug(f"{one.rule}/{one.before}/{one.after}"),
            after=at.places,
        ),
        pager.part(trial.listed if trial else (), lambda one: str(one.message_id), after=at.mails),
        at,
    )


def rule_rows(shown: Shown, trial: Trial | None) -> tuple[RuleRow, ...]:
    """The rules of a version in their order; none where the text can't be read any more."""
    rules = shown.checked.rules
    hits = dict(trial.hits) if trial else {}
    return (
        tuple(
            RuleRow(
                number=number,
                id=rule.id,
                title=rule.title or rule.id,
                conditions=rule_sentences(rule),
                action=action_sentence(rule.action),
                source=rule.source or rules.source,
                hits=hits.get(rule.id, 0) if trial else None,
                held=_held(rule, trial),
                findings=tuple(one for one in shown.checked.findings if one.rule == rule.id),
                off=tuple(
                    f"{one.target}{f' (Region {one.region})' if one.region else ''}"
                    for one in shown.off
                    if one.rule_id == rule.id
                ),
            )
            for number, rule in enumerate(rules.rules, start=1)
        )
        if rules
        else ()
    )


def gate(shown: Shown, caller: Caller) -> str:
    """Why this person can't put the version into force; empty where nothing stands against it."""
    if has_errors(shown.checked.findings):
        return "Die Prüfung hat Fehler gefunden. Erst sie beheben."
    if caller.name in shown.version.authors:
        return "Sie haben daran geschrieben. Eine zweite Person setzt den Regelsatz in Kraft."
    return ""


def with_rule(text: str, typed: Typed) -> str:
    """The text with the rule of the form behind it; what is wrong with it the lint says."""
    conditions = tuple(
        Condition(Key(key), _several(value))
        for key, value in zip(typed.keys, typed.values, strict=True)
        if key and value.strip()
    )
    rule = Rule(
        id=_free_id(text, typed.title),
        title=typed.title.strip(),
        when=conditions,
        any_of=(),
        unless=(),
        action=_action(typed),
    )
    written = write_rule(rule)
    if rule.action.kind is ActionKind.ROUTE and rule.action.topic is None:
        # Written as typed, so that a wrong code is a fault with a line, not an error here.
        written = f'{written.rstrip()}\n{typed.action} = "{_plain(typed.target)}"\n'
    return text.rstrip() + "\n" + written


def _action(typed: Typed) -> Action:
    if typed.action == "ordner":
        return Action(ActionKind.FOLDER, folder=_plain(typed.target))
    fixed = {
        "klaerung": ActionKind.CLEARING,
        "beiseite": ActionKind.ASIDE,
        "unveraendert": ActionKind.KEEP,
    }
    return Action(fixed.get(typed.action, ActionKind.ROUTE))


def _plain(target: str) -> str:
    return "".join(c for c in target.strip() if c.isprintable() and c not in '"\\')


def _several(value: str) -> tuple[str, ...]:
    """Values between commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _free_id(text: str, title: str) -> str:
    """An id made of the title that no rule of the text has yet."""
    words = "".join(c if c.isalnum() else " " for c in fold(title)).split()
    base = "-".join(words)[:50].strip("-") or "regel"
    read = read_rules(text).rules
    taken = {rule.id for rule in read.rules} if read else set()
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(one for one in numbered if one not in taken)


def _held(rule: Rule, trial: Trial | None) -> tuple[str, ...]:
    found: Iterable[tuple[str, str, int]] = trial.held if trial else ()
    return tuple(
        f"{number} ohne Wirkung: {HELD.get(law, law)}"
        for rule_id, law, number in found
        if rule_id == rule.id
    )
