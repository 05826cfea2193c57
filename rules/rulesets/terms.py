"""Which headers rules may ask for, and what conditions and actions are called in a sentence."""

from typing import Final

from rules.rulesets.ruleset import Action, ActionKind, Condition, Key, Rule
from rules.rulesets.values import shown_value

RULE_HEADERS: Final = frozenset(
    str.split(
        "auto-submitted content-language delivered-to importance list-id list-unsubscribe "
        "precedence reply-to return-path sender thread-topic user-agent x-mailer x-original-to "
        "x-priority x-spam-flag x-spam-status"
    )
)
"""A part of what the parser keeps of a mail's header. Source: own decisions 0007, 0037."""

_NAMES: Final[dict[Key, str]] = {
    Key.SUBJECT: "Betreff enthält",
    Key.BODY: "Text enthält",
    Key.WORDS: "Betreff oder Text enthält",
    Key.HEADER: "Kopfzeile enthält",
    Key.SENDER: "Absender ist",
    Key.RECIPIENT: "Empfänger ist",
    Key.CHANNEL: "Kanal ist",
    Key.CONCERN: "Anliegen ist",
    Key.FIRST_CONCERN: "erstes Anliegen ist",
    Key.PAYMENT: "zahlungsrelevant ist",
    Key.PLZ: "PLZ ist",
    Key.PLACE: "Ort ist",
    Key.REGION: "Region ist",
    Key.AGENCY: "Agentur ist",
    Key.KUNDENNUMMER: "Kundennummer ist",
    Key.ATTACHMENT: "Anlage heißt",
    Key.HAS_ATTACHMENT: "Anlage dabei:",
    Key.LANGUAGE: "Sprache ist",
    Key.SIZE_MIN: "Größe ab kB:",
    Key.SIZE_MAX: "Größe bis kB:",
}


def condition_sentence(condition: Condition) -> str:
    """„Betreff enthält „Umschulung“ oder „Weiterbildung“". Source: own decision 0037."""
    values = " oder ".join(f"„{shown_value(condition.key, one)}“" for one in condition.values)
    name = _NAMES[condition.key]
    if condition.header:
        name = f"Kopfzeile {condition.header} enthält"
    least = f", mindestens {round(condition.least * 100)} von 100" if condition.least else ""
    return f"{name} {values}{least}"


def rule_sentences(rule: Rule) -> tuple[str, ...]:
    """The conditions of a rule, one sentence each. Source: own decision 0037."""
    said = [condition_sentence(condition) for condition in rule.when]
    if rule.any_of:
        groups = (" und ".join(condition_sentence(c) for c in group) for group in rule.any_of)
        said.append("mindestens eines: " + "; ".join(groups))
    said += [f"außer {condition_sentence(condition)}" for condition in rule.unless]
    return tuple(said) or ("alle Mails",)


def action_sentence(action: Action) -> str:
    """What happens on a hit. Source: own decision 0037."""
    if action.kind is ActionKind.ROUTE:
        parts = [f"Agentur {action.agency}"] if action.agency else []
        parts += [f"Thema {action.topic.value}"] if action.topic else []
        return ", ".join(parts)
    if action.kind is ActionKind.FOLDER:
        return f"Ordner {action.folder}"
    return _FIXED[action.kind]


_FIXED: Final[dict[ActionKind, str]] = {
    ActionKind.CLEARING: "in die Klärung",
    ActionKind.ASIDE: "beiseitelegen",
    ActionKind.KEEP: "bleibt wie eingebaut",
}
