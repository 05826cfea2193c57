"""The values of conditions: read from TOML, checked, and written back in the admin's words.

Source: F14; own decision 0037.
"""

from collections.abc import Callable
from typing import Final

from rules.codes import Channel, Concern, PaymentRelevant
from rules.rulesets.ruleset import PHRASE_KEYS, SIZE_KEYS, Key
from rules.rulesets.words import PHRASE_CHARS, phrase

MAX_VALUES: Final = 200
"""Values of one condition. Own decision 0037."""

Problem = tuple[str, str, str]
"""Code, what is wrong, what to do."""

PAYMENT_WORDS: Final = {
    "ja": PaymentRelevant.YES.value,
    "offen": PaymentRelevant.OPEN.value,
    "nein": PaymentRelevant.NO.value,
}

_YES_NO: Final = {Key.KUNDENNUMMER, Key.HAS_ATTACHMENT}
_CHOICES: Final[dict[Key, tuple[str, ...]]] = {
    Key.CHANNEL: tuple(c.value for c in Channel if c is not Channel.MASCHINELL),
    Key.CONCERN: tuple(c.value for c in Concern),
    Key.FIRST_CONCERN: tuple(c.value for c in Concern),
    Key.PAYMENT: tuple(PAYMENT_WORDS),
    Key.LANGUAGE: ("deutsch", "andere"),
    Key.HAS_ATTACHMENT: ("ja", "nein"),
}


def condition_values(key: Key, raw: object) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """The values as conditions keep them, and what is wrong with them. Own decision 0037."""
    if key in SIZE_KEYS:
        return _size(raw)
    texts = [_as_text(key, one) for one in (raw if isinstance(raw, list) else [raw])]
    if not texts or None in texts:
        return (), (_wrong_type(key),)
    values = tuple(text.strip() for text in texts if text is not None)
    if len(values) > MAX_VALUES:
        what = f"„{key.value}“ hat mehr als {MAX_VALUES} Werte."
        return (), (("ruleset.too_long", what, "Auf mehrere Regeln verteilen."),)
    problems = tuple(found for value in values if (found := _problem(key, value)))
    if key is Key.PAYMENT:
        values = tuple(PAYMENT_WORDS.get(value, value) for value in values)
    return values, problems


def shown_value(key: Key, value: str) -> str:
    """A value as the admin writes it. Own decision 0037."""
    if key is Key.PAYMENT:
        return next(word for word, code in PAYMENT_WORDS.items() if code == value)
    return value


def _as_text(key: Key, raw: object) -> str | None:
    if isinstance(raw, bool) and key in _YES_NO:
        return "ja" if raw else "nein"
    return raw if isinstance(raw, str) and raw.strip() else None


def _wrong_type(key: Key) -> Problem:
    remedy = "true oder false schreiben." if key in _YES_NO else "Einen Text oder eine Liste davon."
    return "ruleset.type", f"„{key.value}“ hat einen Wert der falschen Art.", remedy


def _size(raw: object) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= 1_000_000:
        return (str(raw),), ()
    remedy = "Eine ganze Zahl in kB schreiben, ohne Anführungszeichen."
    return ("0",), (("ruleset.type", "Die Größe ist keine Zahl von 0 bis 1000000.", remedy),)


def _problem(key: Key, value: str) -> Problem | None:
    choices = _CHOICES.get(key)
    if choices is not None and value not in choices:
        remedy = "Möglich: " + ", ".join(choices) + "."
        return "ruleset.code_unknown", f"„{value[:60]}“ gibt es bei „{key.value}“ nicht.", remedy
    if key in PHRASE_KEYS and phrase(value) is None:
        remedy = (
            f"Höchstens {PHRASE_CHARS} Zeichen, mindestens ein Buchstabe oder eine Ziffer; ein "
            "Stern nur am Anfang oder Ende."
        )
        return "rule.phrase", f"„{value[:60]}“ ist kein brauchbares Wort.", remedy
    fits = _SHAPES.get(key)
    if fits is not None and not fits(value):
        return "rule.value", f"„{value[:60]}“ passt nicht zu „{key.value}“.", _REMEDIES[key]
    return None


def _is_plz(value: str) -> bool:
    digits = value.removesuffix("*")
    return digits.isascii() and digits.isdigit() and (len(digits) == 5 or value[-1] == "*")


_SHAPES: Final[dict[Key, Callable[[str], bool]]] = {
    Key.PLZ: _is_plz,
    Key.SENDER: lambda value: value.isascii() and value.count("@") == 1 and " " not in value,
    Key.RECIPIENT: lambda value: value.isascii() and value.count("@") == 1 and " " not in value,
    Key.AGENCY: lambda value: value == "unbekannt" or (len(value) == 3 and value.isdigit()),
    Key.KUNDENNUMMER: lambda value: value in {"ja", "nein"} or value.isalnum(),
    Key.ATTACHMENT: lambda value: "*" not in value.removeprefix("*").removesuffix("*"),
}
_REMEDIES: Final[dict[Key, str]] = {
    Key.PLZ: "Fünf Ziffern, oder der Anfang mit Stern: „34*“.",
    Key.SENDER: "Eine Adresse, oder eine Domäne mit „@“ davor: „@firma.example“.",
    Key.RECIPIENT: "Eine Adresse, oder eine Domäne mit „@“ davor.",
    Key.AGENCY: "Die drei Ziffern der Agentur, oder „unbekannt“.",
    Key.KUNDENNUMMER: "true, false, oder der Anfang der Nummer: „435A“.",
    Key.ATTACHMENT: "Ein Name; ein Stern nur am Anfang oder Ende: „*.pdf“.",
}
