"""A rule set as text: TOML with German keys, as admins write it (docs/rulesets.md).

Total: whatever comes in, a rule set or findings come out, and never half a rule set.
Source: F13, F14, F17; own decision 0037.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from rules.codes import Concern
from rules.rulesets.finding import Finding, in_order
from rules.rulesets.lines import Path, line_of_error, lines_of, nearest
from rules.rulesets.ruleset import Action, ActionKind, Condition, Key, Rule, RuleSet
from rules.rulesets.values import condition_values

MAX_CHARS: Final = 200_000
"""Longest text of a rule set; a page and its database row stay small. Own decision 0037."""

MAX_RULES: Final = 300
"""Rules in one set. Source: own decision 0037 (Outlook holds about 256 kB, some 100 rules)."""

MAX_LINE_CHARS: Final = 300
"""Longest title, folder or source. Own decision 0037."""

ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
"""Ids of rule sets and rules. Own decision 0037."""

_SET_KEYS: Final = {"id", "titel", "region", "quelle", "gilt_ab", "gilt_bis", "regel"}
_RULE_KEYS: Final = {"id", "titel", "quelle", "wenn", "oder", "ausser", "dann"}
_THEN_KEYS: Final = {"agentur", "thema", "ordner", "klaerung", "beiseite", "unveraendert"}


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: `rules` is None where a finding kept the text from being understood."""

    rules: RuleSet | None
    findings: tuple[Finding, ...]


def read_rules(text: str) -> Read:
    """The rule set in a text, or what keeps it from being one. Source: own decision 0037."""
    if len(text) > MAX_CHARS:
        found = Finding(
            "ruleset.too_long",
            0,
            f"Der Text hat mehr als {MAX_CHARS} Zeichen.",
            "Den Regelsatz teilen oder Regeln zusammenfassen.",
        )
        return Read(None, (found,))
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        return Read(None, (_syntax(str(exc), text),))
    except RecursionError:
        return Read(None, (_syntax("zu tief verschachtelt", text),))
    reader = _Reader(lines_of(text))
    rules = reader.rule_set(raw)
    return Read(None if reader.findings else rules, in_order(reader.findings))


def _syntax(message: str, text: str) -> Finding:
    return Finding(
        "ruleset.syntax",
        line_of_error(message, text),
        f"Der Text ist kein gültiges TOML: {message}.",
        "Die Zeile prüfen: Texte stehen in Anführungszeichen, Listen in eckigen Klammern.",
    )


@dataclass(slots=True)
class _Reader:
    """Walks through the tables and collects what is wrong."""

    lines: dict[Path, int]
    findings: list[Finding] = field(default_factory=list)
    rule: str = ""

    def fault(self, code: str, path: Path, message: str, *, remedy: str) -> None:
        self.findings.append(Finding(code, nearest(self.lines, path), message, remedy, self.rule))

    def rule_set(self, raw: dict[str, Any]) -> RuleSet:
        self._known(raw, _SET_KEYS, ())
        since = self._day(raw, "gilt_ab", needed=True)
        return RuleSet(
            id=self._id(raw, ()),
            title=self._text(raw, "titel", ()),
            region=self._text(raw, "region", ()),
            source=self._text(raw, "quelle", ()) or "eigene",
            valid_from=since or date.min,
            valid_until=self._day(raw, "gilt_bis", needed=False),
            rules=self._rules(raw.get("regel", [])),
        )

    def _rules(self, raw: object) -> tuple[Rule, ...]:
        if not isinstance(raw, list):
            self.fault(
                "ruleset.type", ("regel",), "„regel“ ist keine Liste.",
                remedy="Jede Regel mit [[regel]] beginnen, mit doppelten Klammern.",
            )  # fmt: skip
            return ()
        if len(raw) > MAX_RULES:
            self.fault(
                "ruleset.too_long", ("regel", MAX_RULES), f"Mehr als {MAX_RULES} Regeln.",
                remedy="Regeln zusammenfassen: Eine Bedingung nimmt mehrere Werte.",
            )  # fmt: skip
        rules = tuple(self._rule(one, ("regel", n)) for n, one in enumerate(raw[:MAX_RULES]))
        self.rule = ""
        return rules

    def _rule(self, raw: Any, path: Path) -> Rule:  # noqa: ANN401 - whatever TOML gives
        if not isinstance(raw, dict):
            self.fault("ruleset.type", path, "Eine Regel ist eine Tabelle.", remedy="[[regel]]")
            raw = {}
        self.rule = str(raw.get("id", ""))
        self._known(raw, _RULE_KEYS, path)
        groups = raw.get("oder", [])
        groups = groups if isinstance(groups, list) else [groups]
        return Rule(
            id=self._id(raw, path),
            title=self._text(raw, "titel", path),
            when=self._conditions(raw.get("wenn", {}), (*path, "wenn")),
            any_of=tuple(
                self._conditions(group, (*path, "oder", n)) for n, group in enumerate(groups)
            ),
            unless=self._conditions(raw.get("ausser", {}), (*path, "ausser")),
            action=self._action(raw.get("dann"), (*path, "dann")),
            source=self._text(raw, "quelle", path),
            line=nearest(self.lines, path),
        )

    def _conditions(self, raw: object, path: Path) -> tuple[Condition, ...]:
        if not isinstance(raw, Mapping):
            self.fault(
                "ruleset.type", path, f"„{path[-1]}“ ist keine Tabelle.",
                remedy="Bedingungen als Zeilen „merkmal = wert“ darunter schreiben.",
            )  # fmt: skip
            return ()
        self._known(raw, {*(key.value for key in Key), "sicherheit"}, path)
        if "oder" in path and not raw:
            self.fault(
                "rule.group_empty", path, "Unter [[regel.oder]] steht keine Bedingung.",
                remedy="Eine Bedingung nennen oder den Abschnitt löschen.",
            )  # fmt: skip
        least = self._least(raw, path)
        found: list[Condition] = []
        for key in (key for key in Key if key.value in raw):
            here = (*path, key.value)
            if key is Key.HEADER:
                found += self._headers(raw[key.value], here)
            else:
                values = self._values(key, raw[key.value], here)
                at = nearest(self.lines, here)
                is_judged = key in {Key.CONCERN, Key.FIRST_CONCERN}
                found.append(Condition(key, values, least if is_judged else 0.0, line=at))
        return tuple(found)

    def _headers(self, raw: object, path: Path) -> list[Condition]:
        if not isinstance(raw, Mapping):
            self.fault(
                "ruleset.type", path, "„kopfzeile“ braucht den Namen der Kopfzeile.",
                remedy='Schreiben Sie kopfzeile.list-id = "…".',
            )  # fmt: skip
            return []
        return [
            Condition(
                Key.HEADER,
                self._values(Key.HEADER, value, (*path, name)),
                header=name.lower(),
                line=nearest(self.lines, (*path, name)),
            )
            for name, value in raw.items()
        ]

    def _values(self, key: Key, raw: object, path: Path) -> tuple[str, ...]:
        values, problems = condition_values(key, raw)
        for code, message, remedy in problems:
            self.fault(code, path, message, remedy=remedy)
        return values

    def _least(self, raw: Mapping[str, object], path: Path) -> float:
        least = raw.get("sicherheit", 0.0)
        here = (*path, "sicherheit")
        is_number = isinstance(least, int | float) and not isinstance(least, bool)
        if not (is_number and 0 <= float(str(least)) <= 1):
            self.fault(
                "ruleset.type", here, "„sicherheit“ ist keine Zahl von 0 bis 1.",
                remedy="Zum Beispiel sicherheit = 0.8 für „sicher“.",
            )  # fmt: skip
            return 0.0
        if "sicherheit" in raw and not {"anliegen", "erstes_anliegen"} & raw.keys():
            self.fault(
                "ruleset.key_missing", here, "„sicherheit“ steht ohne Anliegen.",
                remedy="Daneben „anliegen“ oder „erstes_anliegen“ nennen.",
            )  # fmt: skip
        return float(str(least))

    def _action(self, raw: object, path: Path) -> Action:
        line = nearest(self.lines, path)
        if not isinstance(raw, Mapping) or not raw:
            self.fault(
                "rule.no_action", path, "Die Regel sagt nicht, was geschehen soll.",
                remedy="Unter [regel.dann] eines nennen: " + ", ".join(sorted(_THEN_KEYS)) + ".",
            )  # fmt: skip
            return Action(ActionKind.KEEP, line=line)
        self._known(raw, _THEN_KEYS, path)
        kinds = [kind for key, kind in _FLAGS.items() if self._flag(raw, key, path)]
        kinds += [ActionKind.FOLDER] if "ordner" in raw else []
        kinds += [ActionKind.ROUTE] if {"agentur", "thema"} & raw.keys() else []
        if len(kinds) != 1:
            self.fault(
                "rule.actions_conflict", path, "Die Regel will mehreres, das sich ausschließt.",
                remedy="Genau eines nennen; nur „agentur“ und „thema“ dürfen zusammenstehen.",
            )  # fmt: skip
            return Action(ActionKind.KEEP, line=line)
        return Action(
            kinds[0],
            agency=self._text(raw, "agentur", path) or None,
            topic=self._topic(raw, path),
            folder=self._text(raw, "ordner", path) or None,
            line=line,
        )

    def _topic(self, raw: Mapping[str, object], path: Path) -> Concern | None:
        word = self._text(raw, "thema", path)
        if word and word not in {code.value for code in Concern}:
            self.fault(
                "ruleset.code_unknown", (*path, "thema"), f"Das Thema „{word}“ gibt es nicht.",
                remedy="Möglich: " + ", ".join(code.value for code in Concern) + ".",
            )  # fmt: skip
            return None
        return Concern(word) if word else None

    def _flag(self, raw: Mapping[str, object], key: str, path: Path) -> bool:
        if key in raw and raw[key] is not True:
            self.fault(
                "ruleset.type", (*path, key), f"„{key}“ kennt nur den Wert true.",
                remedy=f"{key} = true schreiben oder die Zeile weglassen.",
            )  # fmt: skip
        return key in raw

    def _known(self, raw: Mapping[str, object], keys: set[str], path: Path) -> None:
        for key in raw:
            if key not in keys:
                self.fault(
                    "ruleset.key_unknown", (*path, key), f"„{key[:60]}“ ist hier nicht bekannt.",
                    remedy="Möglich: " + ", ".join(sorted(keys)) + ".",
                )  # fmt: skip

    def _id(self, raw: Mapping[str, object], path: Path) -> str:
        found = raw.get("id")
        if isinstance(found, str) and ID.fullmatch(found):
            return found
        what = "ohne Kennung" if found is None else f"mit der Kennung „{str(found)[:60]}“"
        self.fault(
            "ruleset.id", (*path, "id"), f"{'Regel' if path else 'Regelsatz'} {what}.",
            remedy="id aus kleinen Buchstaben, Ziffern und Bindestrichen, höchstens 60 Zeichen.",
        )  # fmt: skip
        return ""

    def _text(self, raw: Mapping[str, object], key: str, path: Path) -> str:
        found = raw.get(key, "")
        if isinstance(found, str) and len(found) <= MAX_LINE_CHARS and found.isprintable():
            return found.strip()
        self.fault(
            "ruleset.type", (*path, key), f"„{key}“ ist kein kurzer Text.",
            remedy="In Anführungszeichen schreiben, höchstens 300 Zeichen in einer Zeile.",
        )  # fmt: skip
        return ""

    def _day(self, raw: Mapping[str, object], key: str, *, needed: bool) -> date | None:
        found = raw.get(key)
        if isinstance(found, date) and not isinstance(found, datetime):
            return found
        if found is not None or needed:
            self.fault(
                "ruleset.type" if found is not None else "ruleset.key_missing",
                (key,), f"„{key}“ ist kein Tag." if found is not None else f"„{key}“ fehlt.",
                remedy=f"Ohne Anführungszeichen schreiben: {key} = 2026-12-01.",
            )  # fmt: skip
        return None


_FLAGS: Final = {
    "klaerung": ActionKind.CLEARING,
    "beiseite": ActionKind.ASIDE,
    "unveraendert": ActionKind.KEEP,
}
