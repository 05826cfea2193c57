"""What is wrong with a rule set that could be read: each with stable code, line and remedy.

Only sound complaints: what is called unreachable never hits, whatever mail comes.
Source: F18; own decision 0037.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from rules import routing
from rules.codes import Channel, Concern, PaymentRelevant, Team
from rules.directory import Directory
from rules.proof import PROOF_DUTY
from rules.rulesets import cover
from rules.rulesets.finding import Finding, Level, in_order
from rules.rulesets.law import agency_of_folder
from rules.rulesets.ruleset import Action, ActionKind, Condition, Key, Rule, RuleSet
from rules.rulesets.terms import RULE_HEADERS

_KNOWN_TREES = (routing.CLEARING_FOLDER, routing.SC_FOLDER)


def lint(
    rules: RuleSet, directory: Directory, *, today: date, in_force: Iterable[RuleSet] = ()
) -> tuple[Finding, ...]:
    """All faults, by line. `today` is the local day.

    `in_force` are the sets valid or planned for the same region. Source: F18; own decision 0037.
    """
    found = [*_of_set(rules, directory), *_days(rules, today), *_beside(rules, in_force)]
    for rule in rules.rules:
        found += _of_rule(rule, directory)
    found += _ids(rules.rules)
    found += _order(rules.rules)
    return in_order(found)


def _of_set(rules: RuleSet, directory: Directory) -> Iterator[Finding]:
    if rules.region and not directory.by_region(rules.region):
        yield _unknown_region(rules.region, directory, 1, "")
    if not rules.rules:
        yield Finding(
            "ruleset.empty", 0, "Der Regelsatz hat keine Regel.",
            "Mit [[regel]] eine anlegen; bis dahin gilt die eingebaute Zuordnung.",
            level=Level.WARNING,
        )  # fmt: skip


def _days(rules: RuleSet, today: date) -> Iterator[Finding]:
    until = rules.valid_until
    if until is not None and until < rules.valid_from:
        yield Finding(
            "ruleset.days_reversed", 0, "„gilt_bis“ liegt vor „gilt_ab“.",
            "Die beiden Tage tauschen oder berichtigen.",
        )  # fmt: skip
    elif until is not None and until < today:
        yield Finding(
            "ruleset.days_over", 0, f"Der Regelsatz gilt nur bis {until:%d.%m.%Y}; das ist vorbei.",
            "„gilt_bis“ verlängern oder weglassen.",
        )  # fmt: skip


def _beside(rules: RuleSet, others: Iterable[RuleSet]) -> Iterator[Finding]:
    """Where the days of the sets of one region don't meet."""
    for other in others:
        if other.valid_until and other.valid_until + timedelta(days=1) < rules.valid_from:
            yield Finding(
                "ruleset.gap", 0,
                f"Zwischen „{other.id}“ (bis {other.valid_until:%d.%m.%Y}) und diesem Regelsatz"
                f" (ab {rules.valid_from:%d.%m.%Y}) gilt kein Regelsatz.",
                "Die Tage aneinander anschließen, wenn die Lücke nicht gewollt ist; in ihr gilt die"
                " eingebaute Zuordnung.",
                level=Level.WARNING,
            )  # fmt: skip
        elif other.id != rules.id and (
            other.valid_until is None or other.valid_until >= rules.valid_from
        ):
            yield Finding(
                "ruleset.overlap", 0,
                f"In denselben Tagen gilt für diese Region schon „{other.id}“.",
                "Eine Region hat einen Regelsatz: Dieser löst den anderen ab, sobald er aktiv ist.",
                level=Level.WARNING,
            )  # fmt: skip


def _ids(rules: tuple[Rule, ...]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for rule in rules:
        if rule.id in seen:
            yield Finding(
                "rule.id_twice", rule.line,
                f"Die Kennung „{rule.id}“ steht schon in Zeile {seen[rule.id]}.",
                "Jeder Regel eine eigene Kennung geben.", rule.id,
            )  # fmt: skip
        seen.setdefault(rule.id, rule.line)


def _order(rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Rules that nothing reaches, because one above takes it all."""
    for position, later in enumerate(rules):
        earlier = next((r for r in rules[:position] if cover.takes_all_of(r, later)), None)
        if earlier is None:
            continue
        above = f"Regel „{earlier.id}“ (Zeile {earlier.line})"
        if earlier.matches_all:
            code, what = "rule.unreachable", f"{above} nimmt alles; diese Regel wirkt nie."
            remedy = "Die Regel für alles Übrige ans Ende stellen."
        elif not cover.same_conditions(earlier, later):
            code, what = "rule.shadowed", f"{above} kommt ihr immer zuvor; diese Regel wirkt nie."
            remedy = "Diese Regel vor die andere stellen oder löschen."
        elif _does(earlier.action) != _does(later.action):
            code, what = "rule.contradiction", f"{above} will dieselben Mails anderswohin legen."
            remedy = "Eine der beiden löschen oder ihre Bedingungen unterscheiden."
        else:
            code, what = "rule.double", f"{above} tut schon dasselbe."
            remedy = "Diese Regel löschen."
        yield Finding(code, later.line, what, remedy, later.id)


def _does(action: Action) -> tuple[object, ...]:
    return action.kind, action.agency, action.topic, action.folder


def _of_rule(rule: Rule, directory: Directory) -> Iterator[Finding]:
    for condition in (*rule.when, *rule.unless, *(one for group in rule.any_of for one in group)):
        yield from _of_condition(rule, condition, directory)
    yield from _of_action(rule, directory)
    yield from _never(rule, directory)


def _of_condition(rule: Rule, condition: Condition, directory: Directory) -> Iterator[Finding]:
    if condition.key is Key.HEADER and condition.header not in RULE_HEADERS:
        yield Finding(
            "rule.header_unknown", condition.line,
            f"Die Kopfzeile „{condition.header[:60]}“ wird nicht gelesen.",
            "Möglich: " + ", ".join(sorted(RULE_HEADERS)) + ".", rule.id,
        )  # fmt: skip
    for value in condition.values:
        if condition.key is Key.REGION and not directory.by_region(value):
            yield _unknown_region(value, directory, condition.line, rule.id)
        elif condition.key is Key.AGENCY and value != "unbekannt":
            yield from _agency(value, directory, condition.line, rule.id)
        elif condition.key is Key.PLZ and "*" not in value and not directory.by_plz(value):
            yield _nowhere(f"Die PLZ {value}", condition.line, rule.id)
        elif condition.key is Key.PLACE and not directory.by_place(value):
            yield _nowhere(f"Der Ort „{value[:60]}“", condition.line, rule.id)


def _nowhere(what: str, line: int, rule_id: str) -> Finding:
    return Finding(
        "rule.place_unknown", line, f"{what} steht in keinem Verzeichnis.",
        "Schreibweise prüfen; so trifft die Bedingung vermutlich nie zu.", rule_id, Level.WARNING,
    )  # fmt: skip


def _unknown_region(name: str, directory: Directory, line: int, rule_id: str) -> Finding:
    return Finding(
        "ruleset.region_unknown", line, f"Die Region „{name[:60]}“ gibt es nicht.",
        "Möglich: " + ", ".join(directory.region_names()) + ".", rule_id,
    )  # fmt: skip


def _agency(code: str, directory: Directory, line: int, rule_id: str) -> Iterator[Finding]:
    found = directory.agency(code)
    if found is None:
        yield Finding(
            "rule.agency_unknown", line, f"Die Agentur „{code[:20]}“ gibt es nicht.",
            "Die drei Ziffern der Agentur prüfen.", rule_id,
        )  # fmt: skip
    elif found.code != code:
        yield Finding(
            "rule.agency_merged", line,
            f"Die Agentur {code} ist aufgegangen in {found.code} {found.name}.",
            f"{found.code} schreiben.", rule_id, Level.WARNING,
        )  # fmt: skip


def _of_action(rule: Rule, directory: Directory) -> Iterator[Finding]:
    action = rule.action
    if action.agency is not None:
        yield from _agency(action.agency, directory, action.line, rule.id)
    if action.folder is None:
        return
    levels = action.folder.split("/")
    if action.folder != "/".join(routing.folder_level(level) for level in levels):
        yield Finding(
            "rule.folder_name", action.line,
            f"Der Ordner „{action.folder[:100]}“ hat Zeichen, die ein Postfach nicht verträgt.",
            "Ebenen mit „/“ trennen; ohne Punkt, Stern, Prozent, „&“ und leere Ebenen.", rule.id,
        )  # fmt: skip
    elif levels[0] not in _KNOWN_TREES and agency_of_folder(action.folder, directory) is None:
        yield Finding(
            "rule.folder_unknown", action.line,
            f"„{levels[0][:60]}“ ist kein Ordner des Postlotsen.",
            "Mit dem Ordner einer Agentur beginnen („435 Kassel/…“), mit „Klärung“ oder mit"
            " „Service Center“.", rule.id,
        )  # fmt: skip


def _never(rule: Rule, directory: Directory) -> Iterator[Finding]:
    """Conditions that exclude each other, and actions that the law never lets happen."""
    excluded = cover.excludes_itself(rule)
    if excluded is not None:
        yield Finding(
            "rule.never", excluded.line or rule.line,
            "Die Ausnahme trifft auf jede Mail dieser Regel zu; die Regel wirkt nie.",
            "Die Ausnahme enger fassen oder die Regel löschen.", rule.id,
        )  # fmt: skip
    sizes = {c.key: int(c.values[0]) for c in rule.when if c.key in {Key.SIZE_MIN, Key.SIZE_MAX}}
    if len(sizes) == 2 and sizes[Key.SIZE_MIN] > sizes[Key.SIZE_MAX]:
        yield Finding(
            "rule.never", rule.line, "Die kleinste Größe liegt über der größten.",
            "Die beiden Zahlen tauschen.", rule.id,
        )  # fmt: skip
    if _agency_outside_region(rule, directory):
        yield Finding(
            "rule.never", rule.line, "Keine der Agenturen liegt in der genannten Region.",
            "Agentur oder Region berichtigen.", rule.id,
        )  # fmt: skip
    yield from _against_law(rule)


def _agency_outside_region(rule: Rule, directory: Directory) -> bool:
    codes, regions = _values(rule, Key.AGENCY), _values(rule, Key.REGION)
    known = [found for code in codes if (found := directory.agency(code))]
    inside = {agency.code for region in regions for agency in directory.by_region(region)}
    return bool(regions and known) and inside.isdisjoint(agency.code for agency in known)


def _against_law(rule: Rule) -> Iterator[Finding]:
    action = rule.action
    if action.kind is ActionKind.ASIDE:
        payment, concerns = _values(rule, Key.PAYMENT), _values(rule, Key.FIRST_CONCERN)
        if payment and PaymentRelevant.NO.value not in payment:
            yield _held(rule, "Zahlungsrelevante Mails werden nie beiseitegelegt.")
        elif concerns and all(Concern(code) in PROOF_DUTY for code in concerns):
            yield _held(rule, "Mails mit Nachweispflicht werden nie beiseitegelegt.")
        return
    wanted = _team_of(action)
    teams = {routing.team_of(Channel(value)) for value in _values(rule, Key.CHANNEL)}
    if wanted is not None and teams and wanted not in teams:
        yield _held(rule, "Der Kanal entscheidet vor jeder Regel, wer zuständig ist.")
    unknown = _values(rule, Key.AGENCY) == ("unbekannt",)
    if action.kind is ActionKind.ROUTE and action.agency is None and unknown:
        yield _held(rule, "Ohne Agentur gibt es keinen Ordner für das Thema.")


def _held(rule: Rule, why: str) -> Finding:
    return Finding(
        "rule.against_law", rule.action.line or rule.line, f"{why} Diese Regel kann nie wirken.",
        "Bedingung oder Folge ändern; siehe „Was ein Regelsatz nicht darf“ in der Anleitung.",
        rule.id,
    )  # fmt: skip


def _team_of(action: Action) -> Team | None:
    """The only team for which the action can take effect; None where both will do."""
    if action.kind is ActionKind.FOLDER:
        is_sc = (action.folder or "").partition("/")[0] == routing.SC_FOLDER
        return Team.SC if is_sc else Team.EZ
    if action.kind is ActionKind.CLEARING or action.agency is not None:
        return Team.EZ
    return None


def _values(rule: Rule, key: Key) -> tuple[str, ...]:
    return next((condition.values for condition in rule.when if condition.key is key), ())
