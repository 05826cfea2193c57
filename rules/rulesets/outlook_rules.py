"""Inbox rules of Outlook, as Exchange tells them, made into rules of ours.

Source: MS-OXWSRULES (RuleType, RulePredicatesType, RuleActionsType); F19, N16; own decision 0041.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rules.rulesets.ruleset import Condition, Key, Rule
from rules.rulesets.taken_over import ORDER, NotTaken, Remark, TakenOver, into_folder, new_rule

Part = tuple[str, tuple[str, ...]]
"""An element's name and its values: texts, addresses, or a folder's human name."""


@dataclass(frozen=True, slots=True)
class OutlookRule:
    """One inbox rule as told. Parts in their order; `MoveToFolder` without value: folder gone.

    `WithinSizeRange` has minimum and maximum in kB, each possibly empty.
    """

    name: str
    priority: int
    is_enabled: bool
    is_supported: bool
    is_in_error: bool
    conditions: tuple[Part, ...]
    exceptions: tuple[Part, ...]
    actions: tuple[Part, ...]


def take_over(rules: Iterable[OutlookRule]) -> TakenOver:
    """Rules of ours in the order of priority, and what became of the others.

    Source: own decision 0041.
    """
    made: list[Rule] = []
    remarks: list[Remark] = []
    for number, old in enumerate(sorted(rules, key=lambda one: one.priority), start=1):
        try:
            made.append(_made(old, number))
        except NotTaken as exc:
            remarks.append(Remark(old.name, exc.code, exc.message))
        else:
            remarks += _dropped(old)
            if "StopProcessingRules" not in dict(old.actions) and ORDER not in remarks:
                remarks.append(ORDER)
    return TakenOver(tuple(made), tuple(remarks))


def _made(old: OutlookRule, number: int) -> Rule:
    if old.is_in_error:
        raise NotTaken("import.in_error", "Outlook meldet diese Regel als fehlerhaft.")
    if not old.is_supported:
        raise NotTaken(
            "import.client_only",
            "Diese Regel läuft nur in Outlook selbst; der Server kennt ihre Bedingungen nicht.",
        )
    if not old.is_enabled:
        raise NotTaken("import.disabled", "Diese Regel ist in Outlook ausgeschaltet.")
    actions = dict(old.actions)
    for name in actions:
        if name in _FORBIDDEN:
            raise NotTaken("import.forbidden", f"Die Regel will {_FORBIDDEN[name]}.")
    if "MoveToFolder" not in actions:
        raise NotTaken("import.no_move", "Die Regel verschiebt nichts.")
    if not actions["MoveToFolder"]:
        raise NotTaken(
            "import.folder_gone",
            "Den Zielordner gibt es nicht mehr, oder er ist keiner für Nachrichten.",
        )
    return new_rule(
        old.name,
        number,
        when=_conditions(old.conditions),
        unless=_conditions(old.exceptions),
        action=into_folder(actions["MoveToFolder"][0]),
    )


def _conditions(parts: Iterable[Part]) -> Iterator[Condition]:
    for name, values in parts:
        if name == "WithinSizeRange":
            yield from _sizes(values)
            continue
        make = _CONDITIONS.get(name)
        if make is None:
            raise NotTaken("import.condition", f"Die Bedingung „{name}“ gibt es hier nicht.")
        yield make(values)


def _phrases(key: Key) -> Callable[[tuple[str, ...]], Condition]:
    def made(values: tuple[str, ...]) -> Condition:
        return Condition(key, tuple(f"*{value.strip('*')}*" for value in values))

    return made


def _addresses(key: Key) -> Callable[[tuple[str, ...]], Condition]:
    def made(values: tuple[str, ...]) -> Condition:
        for value in values:
            if value.count("@") != 1 or not value.isascii() or " " in value:
                raise NotTaken(
                    "import.address",
                    f"„{value[:60]}“ ist keine ganze Adresse und keine Domäne mit „@“.",
                )
        return Condition(key, tuple(value.lower() for value in values))

    return made


def _fixed(condition: Condition) -> Callable[[tuple[str, ...]], Condition]:
    def made(values: tuple[str, ...]) -> Condition:
        if values and values[0].lower() == "false":
            raise NotTaken("import.condition", "Eine verneinte Eigenschaft gibt es hier nicht.")
        return condition

    return made


def _importance(values: tuple[str, ...]) -> Condition:
    return Condition(Key.HEADER, values, header="importance")


def _sizes(values: tuple[str, ...]) -> Iterator[Condition]:
    for key, value in zip((Key.SIZE_MIN, Key.SIZE_MAX), values, strict=False):
        if value.isdigit():
            yield Condition(key, (value,))


def _dropped(old: OutlookRule) -> Iterator[Remark]:
    """What a rule that was taken over did besides moving."""
    extra = [name for name, _ in old.actions if name not in {"MoveToFolder", "StopProcessingRules"}]
    if extra:
        yield Remark(
            old.name,
            "import.extra_dropped",
            f"Verschieben ist übernommen; {', '.join(extra)} nicht.",
            is_taken=True,
        )


_CONDITIONS: Final[dict[str, Callable[[tuple[str, ...]], Condition]]] = {
    "ContainsSubjectStrings": _phrases(Key.SUBJECT),
    "ContainsBodyStrings": _phrases(Key.BODY),
    "ContainsSubjectOrBodyStrings": _phrases(Key.WORDS),
    "ContainsSenderStrings": _addresses(Key.SENDER),
    "FromAddresses": _addresses(Key.SENDER),
    "ContainsRecipientStrings": _addresses(Key.RECIPIENT),
    "SentToAddresses": _addresses(Key.RECIPIENT),
    "HasAttachments": _fixed(Condition(Key.HAS_ATTACHMENT, ("ja",))),
    "Importance": _importance,
}

_FORBIDDEN: Final = {
    "Delete": "löschen; Nachrichten werden hier nie durch eine Regel gelöscht",
    "PermanentDelete": "endgültig löschen; Nachrichten werden hier nie durch eine Regel gelöscht",
    "ForwardToRecipients": "weiterleiten; das tut hier kein Regelsatz",
    "ForwardAsAttachmentToRecipients": "weiterleiten; das tut hier kein Regelsatz",
    "RedirectToRecipients": "umleiten; das tut hier kein Regelsatz",
    "SendSMSAlertToRecipients": "eine SMS senden; das tut hier kein Regelsatz",
    "ServerReplyWithMessage": "antworten; gesendet werden hier nur freigegebene Texte",
    "CopyToFolder": "kopieren; eine Nachricht liegt hier an einem Ort",
}
