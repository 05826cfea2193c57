"""Rules taken over from elsewhere: what became a rule of ours, and what did not, and why.

Nothing is guessed: what our rules can't say is left out and named. Source: F19, N16; own
decision 0041.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules.placename import fold
from rules.rulesets.ruleset import Action, ActionKind, Condition, Key, Rule, RuleSet
from rules.rulesets.text import MAX_LINE_CHARS as FOLDER_CHARS
from rules.rulesets.values import condition_values
from rules.rulesets.writer import write_rules


@dataclass(frozen=True, slots=True)
class Remark:
    """About one rule of the old place. `is_taken` False: it is not among the new rules.

    `name` is the old rule's name, or its line ("Zeile 12"). German, for admins.
    """

    name: str
    code: str
    message: str
    is_taken: bool = False


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The new rules in their old order, and everything that is to be known about it."""

    rules: tuple[Rule, ...]
    remarks: tuple[Remark, ...]


class NotTaken(Exception):  # noqa: N818 - says what happened; never leaves rules/
    """One old rule can't be said in ours; `code` and `message` as in `Remark`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


ORDER: Remark = Remark(
    "alle",
    "import.order",
    "Bisher liefen nach einer passenden Regel auch die folgenden weiter; hier gilt nur die erste."
    " Die Reihenfolge prüfen.",
    is_taken=True,
)
"""Where an old rule did not stop the ones after it."""


def text_of(taken: TakenOver, *, set_id: str, title: str, region: str, since: date) -> str:
    """The text of a rule set with the new rules, ready to be checked. Own decision 0041."""
    return write_rules(RuleSet(set_id, title, region, "eigene", since, None, taken.rules))


def into_folder(folder: str) -> Action:
    """The action of moving into a folder. Own decision 0041.

    Raises: NotTaken: no rule can name it.
    """
    if not folder.strip() or not folder.isprintable() or len(folder) > FOLDER_CHARS:
        raise NotTaken("import.folder", "Der Name des Ordners ist leer, zu lang oder unlesbar.")
    return Action(ActionKind.FOLDER, folder=folder.strip())


def new_rule(
    name: str,
    number: int,
    *,
    when: Iterable[Condition] = (),
    any_of: tuple[tuple[Condition, ...], ...] = (),
    unless: Iterable[Condition] = (),
    action: Action,
) -> Rule:
    """A rule with an id made of its old name and its place. Own decision 0041."""
    when, unless = merged(when), merged(unless)
    _require_fit((*when, *unless, *(one for group in any_of for one in group)))
    words = "".join(c if c.isalnum() else " " for c in fold(name)).split()
    rule_id = f"{number:03d}-{'-'.join(words)}"[:60].rstrip("-")
    shown = "".join(c for c in name if c.isprintable())[:200]
    return Rule(rule_id, shown, when, tuple(merged(group) for group in any_of), unless, action)


def merged(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """The conditions as they fit into one table. Own decision 0041.

    Raises: NotTaken: two of the same kind, which would have to hold both.
    """
    found = tuple(conditions)
    keys = [(one.key, one.header) for one in found]
    if len(set(keys)) < len(keys):
        raise NotTaken(
            "import.nested",
            "Zwei Bedingungen derselben Art müssten zugleich zutreffen; das lässt sich hier nicht"
            " sagen. Aufteilen oder anders fassen.",
        )
    return found


def _require_fit(conditions: Iterable[Condition]) -> None:
    """Each can be written and read again. Raises: NotTaken."""
    for one in conditions:
        is_size = one.key in {Key.SIZE_MIN, Key.SIZE_MAX}
        raw: object = int(one.values[0]) if is_size else list(one.values)
        _, problems = condition_values(one.key, raw)
        if problems:
            raise NotTaken("import.value", f"{problems[0][1]} {problems[0][2]}")
