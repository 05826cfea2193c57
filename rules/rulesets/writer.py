"""A rule set written as text: what was taken over from elsewhere, or put together in a form.

Reading it gives the same rule set again. Source: F19; own decision 0037.
"""

from typing import Final

from rules.rulesets.ruleset import SIZE_KEYS, Action, ActionKind, Condition, Rule, RuleSet
from rules.rulesets.values import shown_value

_FLAGS: Final = {
    ActionKind.CLEARING: "klaerung = true",
    ActionKind.ASIDE: "beiseite = true",
    ActionKind.KEEP: "unveraendert = true",
}


def write_rules(rules: RuleSet) -> str:
    """The whole text. Source: own decision 0037."""
    head = [f"id = {_quoted(rules.id)}", f"titel = {_quoted(rules.title)}"]
    head += [f"region = {_quoted(rules.region)}"] if rules.region else []
    head += [f"quelle = {_quoted(rules.source)}", f"gilt_ab = {rules.valid_from.isoformat()}"]
    head += [f"gilt_bis = {rules.valid_until.isoformat()}"] if rules.valid_until else []
    return "\n".join(["\n".join(head), *(write_rule(rule) for rule in rules.rules)])


def write_rule(rule: Rule) -> str:
    """One rule, from `[[regel]]` on; ends with a line feed. Source: own decision 0037."""
    lines = ["", "[[regel]]", f"id = {_quoted(rule.id)}", f"titel = {_quoted(rule.title)}"]
    lines += [f"quelle = {_quoted(rule.source)}"] if rule.source else []
    lines += _table("[regel.wenn]", rule.when)
    for group in rule.any_of:
        lines += _table("[[regel.oder]]", group)
    lines += _table("[regel.ausser]", rule.unless)
    lines += ["[regel.dann]", *_action(rule.action), ""]
    return "\n".join(lines)


def _table(head: str, conditions: tuple[Condition, ...]) -> list[str]:
    if not conditions:
        return []
    least = next((one.least for one in conditions if one.least), 0.0)
    lines = [_condition(one) for one in conditions]
    return [head, *lines, *([f"sicherheit = {least}"] if least else [])]


def _condition(condition: Condition) -> str:
    key = condition.key.value
    if condition.header:
        key = f"{key}.{condition.header}"
    values = [shown_value(condition.key, one) for one in condition.values]
    if condition.key in SIZE_KEYS:
        return f"{key} = {values[0]}"
    shown = [_quoted(one) for one in values]
    return f"{key} = {shown[0] if len(shown) == 1 else '[' + ', '.join(shown) + ']'}"


def _action(action: Action) -> list[str]:
    if action.kind in _FLAGS:
        return [_FLAGS[action.kind]]
    lines = [f"agentur = {_quoted(action.agency)}"] if action.agency else []
    lines += [f"thema = {_quoted(action.topic.value)}"] if action.topic else []
    lines += [f"ordner = {_quoted(action.folder)}"] if action.folder else []
    return lines


def _quoted(text: str) -> str:
    """A TOML basic string. Source: TOML 1.0, "String"."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
