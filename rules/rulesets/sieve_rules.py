"""Sieve scripts made into rules of ours.

A branch of `if`, `elsif`, `else` is a rule; first match wins says what "elsif" says. What our
rules can't say is left out, and then the later branches of the same `if` too: they would take
mail that was not theirs. Source: RFC 5228; F19, N16; own decision 0041.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from rules.rulesets.ruleset import Action, ActionKind, Condition, Key, Rule
from rules.rulesets.sieve_script import Argument, Command, SieveFault, SieveTest, read_script
from rules.rulesets.taken_over import ORDER, NotTaken, Remark, TakenOver, into_folder, new_rule
from rules.rulesets.terms import RULE_HEADERS

_ADDRESS_KEYS: Final = {
    "from": Key.SENDER, "sender": Key.SENDER, "to": Key.RECIPIENT, "cc": Key.RECIPIENT,
}  # fmt: skip
_ENVELOPE_HEADERS: Final = {"from": "return-path", "to": "delivered-to"}
_OFF: Final = "import.disabled"
_HARMLESS: Final = {"stop", "setflag", "addflag", "removeflag"}
_FORBIDDEN: Final = {
    "discard": "löschen", "redirect": "umleiten", "reject": "ablehnen", "ereject": "ablehnen",
    "vacation": "antworten", "notify": "benachrichtigen",
}  # fmt: skip


@dataclass(slots=True)
class _Logic:
    """The conditions of one rule while they are put together."""

    when: list[Condition] = field(default_factory=list)
    any_of: tuple[tuple[Condition, ...], ...] = ()
    unless: list[Condition] = field(default_factory=list)


def take_over(script: str) -> TakenOver:
    """Rules of ours in the order of the script, and what was left out. Own decision 0041."""
    try:
        commands = read_script(script)
    except SieveFault as exc:
        remark = Remark(f"Zeile {exc.line}", "import.sieve_syntax", f"{exc.message} Nichts ist"
                        " übernommen.")  # fmt: skip
        return TakenOver((), (remark,))
    made: list[Rule] = []
    remarks: list[Remark] = []
    is_left = False
    for number, (name, command) in enumerate(_named(_branches(commands)), start=1):
        is_left = is_left and command.name in {"elsif", "else"}
        if is_left:
            why = "Ein Zweig davor ist nicht übernommen; dieser nähme auch dessen Mails."
            remarks.append(Remark(name, "import.after_left", why))
            continue
        try:
            made.append(_made(command, name, number))
        except NotTaken as exc:
            remarks.append(Remark(name, exc.code, exc.message))
            # What is off takes no mail, so the branches after it take none of its mails.
            is_left = exc.code != _OFF
            continue
        if not any(one.name == "stop" for one in command.block) and ORDER not in remarks:
            remarks.append(ORDER)
    return TakenOver(tuple(made), tuple(remarks))


def _branches(commands: Iterable[Command]) -> Iterator[Command]:
    """Each branch; an action outside of any `if` is a rule for all mail."""
    for command in commands:
        if command.name in {"require", "stop"}:
            continue
        if command.name in {"if", "elsif", "else"}:
            yield command
        else:
            yield Command("if", (), None, (command,), command.line, command.title)


def _named(branches: Iterable[Command]) -> Iterator[tuple[str, Command]]:
    """What each is called: by the program that wrote the script, else by its line."""
    title = ""
    for command in branches:
        line, is_first = f"Zeile {command.line}", command.name == "if"
        title = command.title or ("" if is_first else title)
        yield (f"{title} ({line})" if title and not is_first else title or line), command


def _made(command: Command, name: str, number: int) -> Rule:
    logic = _Logic()
    if command.test is not None and command.test.name == "false":
        raise NotTaken(_OFF, "Diese Regel ist ausgeschaltet.")
    if command.test is not None:
        _add(logic, command.test)
    action = _action(command.block)
    return new_rule(
        name,
        number,
        when=logic.when,
        any_of=logic.any_of,
        unless=logic.unless,
        action=action,
    )


def _action(block: tuple[Command, ...]) -> Action:
    found: list[Action] = []
    for command in block:
        if command.name in _FORBIDDEN:
            raise NotTaken("import.forbidden", f"Die Regel will {_FORBIDDEN[command.name]};"
                           " das tut hier kein Regelsatz.")  # fmt: skip
        if command.name == "fileinto":
            found.append(into_folder(_folder(command.arguments)))
        elif command.name == "keep":
            found.append(Action(ActionKind.KEEP))
        elif command.name not in _HARMLESS:
            raise NotTaken("import.action", f"„{command.name}“ gibt es hier nicht.")
    if len(found) != 1:
        raise NotTaken("import.no_move", "Die Regel legt die Mail nicht in genau einen Ordner.")
    return found[0]


def _folder(arguments: tuple[Argument, ...]) -> str:
    names = next((one for one in arguments if isinstance(one, tuple)), ())
    if len(names) != 1 or not names[0] or any(isinstance(one, str) for one in arguments):
        raise NotTaken("import.action", "„fileinto“ mit Zusätzen gibt es hier nicht.")
    # Dovecot's two separators; a dot inside a name can't be told from one.
    folder = names[0] if "/" in names[0] else names[0].replace(".", "/")
    return folder.removeprefix("INBOX/")


def _add(logic: _Logic, test: SieveTest) -> None:
    """One test that must hold. Raises: NotTaken."""
    if test.name == "true":
        return
    if test.name == "allof":
        for inside in test.tests:
            _add(logic, inside)
    elif test.name == "anyof":
        if logic.any_of:
            raise _nested()
        logic.any_of = tuple(tuple(_all_of(inside)) for inside in test.tests)
    elif test.name == "not":
        logic.unless += _excluded(test.tests[0] if test.tests else test)
    else:
        logic.when.append(_leaf(test))


def _all_of(test: SieveTest) -> Iterator[Condition]:
    for inside in test.tests if test.name == "allof" else (test,):
        yield _leaf(inside)


def _excluded(test: SieveTest) -> Iterator[Condition]:
    """What must not hold: one test, or none of several."""
    for inside in test.tests if test.name == "anyof" else (test,):
        yield _leaf(inside)


def _nested() -> NotTaken:
    return NotTaken("import.nested", "So tief verschachtelt lässt sich das hier nicht sagen.")


def _leaf(test: SieveTest) -> Condition:
    if test.name in {"allof", "anyof", "not"}:
        raise _nested()
    make = {"header": _header, "address": _address, "envelope": _envelope, "size": _size}
    if test.name not in make:
        raise NotTaken("import.condition", f"Die Bedingung „{test.name}“ gibt es hier nicht.")
    return make[test.name](test)


def _lists(test: SieveTest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lists = [one for one in test.arguments if isinstance(one, tuple)]
    if len(lists) != 2:
        raise NotTaken("import.condition", f"„{test.name}“ braucht zwei Listen.")
    return tuple(name.lower() for name in lists[0]), lists[1]


def _tags(test: SieveTest) -> set[str]:
    tags = {one for one in test.arguments if isinstance(one, str)}
    known = {":contains", ":is", ":matches", ":all", ":domain", ":over", ":under"}
    if not tags <= known:
        raise NotTaken("import.condition", f"{', '.join(sorted(tags - known))} gibt es hier nicht.")
    return tags


def _header(test: SieveTest) -> Condition:
    names, values = _lists(test)
    keys = {_ADDRESS_KEYS.get(name) for name in names}
    key = keys.pop() if len(keys) == 1 else None
    if key is not None:
        return _addresses(key, values)
    if len(names) != 1 or names[0] not in {"subject", *RULE_HEADERS}:
        raise NotTaken(
            "import.header", f"Die Kopfzeile {', '.join(names)[:60]} wird hier nicht gelesen."
        )
    phrases = tuple(_phrase(value, _tags(test)) for value in values)
    if names[0] == "subject":
        return Condition(Key.SUBJECT, phrases)
    return Condition(Key.HEADER, phrases, header=names[0])


def _phrase(value: str, tags: set[str]) -> str:
    """The same mails, or none: what would take more or fewer is not taken."""
    if ":contains" in tags:
        return f"*{value}*"
    inside = value.removeprefix("*").removesuffix("*")
    is_open = value.startswith("*") and value.endswith("*")
    if ":matches" in tags and is_open and not set(inside) & set("*?\\"):
        return value
    raise NotTaken(
        "import.match", "Nur „enthält“ lässt sich hier sagen, nicht „ist genau“ oder ein Muster."
    )


def _address(test: SieveTest) -> Condition:
    names, values = _lists(test)
    keys = {_ADDRESS_KEYS.get(name) for name in names}
    tags = _tags(test)
    key = keys.pop() if len(keys) == 1 else None
    if key is None or tags & {":contains", ":matches"}:
        raise NotTaken("import.address", "Nur ganze Adressen oder Domänen von From, To und Cc.")
    return _addresses(key, tuple(f"@{v}" for v in values) if ":domain" in tags else values)


def _addresses(key: Key, values: tuple[str, ...]) -> Condition:
    for value in values:
        if value.count("@") != 1 or " " in value or not value.isascii() or "*" in value:
            raise NotTaken("import.address", f"„{value[:60]}“ ist keine ganze Adresse.")
    return Condition(key, tuple(value.lower() for value in values))


def _envelope(test: SieveTest) -> Condition:
    names, values = _lists(test)
    if len(names) != 1 or names[0] not in _ENVELOPE_HEADERS or _tags(test) - {":is", ":all"}:
        raise NotTaken("import.envelope", "Vom Umschlag nur ganze Adressen in „from“ oder „to“.")
    return Condition(Key.HEADER, values, header=_ENVELOPE_HEADERS[names[0]])


def _size(test: SieveTest) -> Condition:
    limit = next((one for one in test.arguments if isinstance(one, int)), None)
    tags = _tags(test)
    if limit is None or len(tags) != 1:
        raise NotTaken("import.condition", "Die Größe braucht „:over“ oder „:under“ und eine Zahl.")
    key = Key.SIZE_MIN if ":over" in tags else Key.SIZE_MAX
    return Condition(key, (str(limit // 1000),))
