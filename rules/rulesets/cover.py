"""Whether one rule takes every mail that another would: for shadowed and contradicting rules.

Careful to one side: what it says is so, but it does not see everything. "umschul*" covers
"Umschulung"; that all PLZ of an agency make up that agency it doesn't see.
Source: F18; own decision 0037.
"""

from collections.abc import Iterable
from typing import Final

from rules.placename import fold
from rules.rulesets.ruleset import CONCERN_KEYS, PHRASE_KEYS, Condition, Key, Rule
from rules.rulesets.words import address_fits, covers

_ALSO: Final[dict[Key, frozenset[Key]]] = {
    Key.WORDS: frozenset({Key.SUBJECT, Key.BODY}),
    Key.CONCERN: frozenset({Key.FIRST_CONCERN}),
    Key.HAS_ATTACHMENT: frozenset({Key.ATTACHMENT}),
}
"""Keys that imply another one: words of the subject are words of subject or text."""

_ADDRESSES: Final = {Key.SENDER, Key.RECIPIENT}


def takes_all_of(earlier: Rule, later: Rule) -> bool:
    """Whether each mail that `later` matches is matched by `earlier`. Own decision 0037."""
    return (
        all(_given(condition, later) for condition in earlier.when)
        and all(_ruled_out(condition, later) for condition in earlier.unless)
        and (not earlier.any_of or _some_group_given(earlier, later))
    )


def same_conditions(one: Rule, other: Rule) -> bool:
    """Whether both match the same mails, as far as can be seen. Own decision 0037."""
    return takes_all_of(one, other) and takes_all_of(other, one)


def excludes_itself(rule: Rule) -> Condition | None:
    """The exception that holds for every mail the rule could match. Own decision 0037."""
    return next((condition for condition in rule.unless if _given(condition, rule)), None)


def implies(narrow: Condition, wide: Condition) -> bool:
    """Whether a mail that fits `narrow` fits `wide` for certain. Own decision 0037."""
    if narrow.key is not wide.key:
        return narrow.key in _ALSO.get(wide.key, ()) and _implied_by_other_key(narrow, wide)
    if narrow.header != wide.header:
        return False
    if wide.key in {Key.SIZE_MIN, Key.SIZE_MAX}:
        inner, outer = int(narrow.values[0]), int(wide.values[0])
        return inner >= outer if wide.key is Key.SIZE_MIN else inner <= outer
    if wide.key in CONCERN_KEYS and narrow.least < wide.least:
        return False
    return _each_covered(narrow, wide)


def _implied_by_other_key(narrow: Condition, wide: Condition) -> bool:
    if wide.key is Key.HAS_ATTACHMENT:
        return wide.values == ("ja",)
    if wide.key is Key.CONCERN and narrow.least < wide.least:
        return False
    return _each_covered(narrow, wide)


def _each_covered(narrow: Condition, wide: Condition) -> bool:
    return all(
        any(_value_covers(wide.key, outer, inner) for outer in wide.values)
        for inner in narrow.values
    )


def _value_covers(key: Key, outer: str, inner: str) -> bool:
    if key in PHRASE_KEYS:
        return covers(outer, inner)
    if key in _ADDRESSES:
        return outer.lower() == inner.lower() or (
            outer.startswith("@") and address_fits(outer, inner)
        )
    if key is Key.PLZ:
        return outer == inner or (outer.endswith("*") and inner.startswith(outer[:-1]))
    if key is Key.KUNDENNUMMER:
        return outer == inner or (inner != "nein" and outer == "ja") or _begins(inner, outer)
    return fold(outer) == fold(inner)


def _begins(inner: str, outer: str) -> bool:
    return "nein" not in {inner, outer} and "ja" not in {inner, outer} and inner.startswith(outer)


def _given(condition: Condition, rule: Rule) -> bool:
    """Whether every mail of the rule fits the condition."""
    if _among(condition, rule.when):
        return True
    return bool(rule.any_of) and all(_among(condition, group) for group in rule.any_of)


def _ruled_out(condition: Condition, rule: Rule) -> bool:
    """Whether no mail of the rule fits the condition, by an exception of its own."""
    return any(implies(condition, own) for own in rule.unless)


def _some_group_given(earlier: Rule, later: Rule) -> bool:
    def given_with(extra: tuple[Condition, ...]) -> bool:
        known = (*later.when, *extra)
        return any(all(_among(one, known) for one in group) for group in earlier.any_of)

    return all(given_with(group) for group in later.any_of or ((),))


def _among(condition: Condition, known: Iterable[Condition]) -> bool:
    return any(implies(one, condition) for one in known)
