"""Which rule of a set hits a mail, and what failed in those before it.

A set is compiled once a version; a mail is brought to form once, and only as far as a rule asks.
Source: F13, F15; own decision 0037.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Final

from rules.codes import Channel, Concern, PaymentRelevant, Team
from rules.placename import fold, place_key
from rules.rulesets.ruleset import CONCERN_KEYS, SIZE_KEYS, Action, Condition, Key, Rule, RuleSet
from rules.rulesets.words import Phrase, address_fits, name_fits, phrase, words_of

OFF: Final = "abgeschaltet"
"""Why a rule that is switched off did not hit."""

ONLY_HEAD: Final = "nur der Kopf"
"""Why a rule that asks for what a body does not say did not hit a mail without its body."""

_MET_BY_NONE: Final = {
    Key.KUNDENNUMMER: "nein",
    Key.HAS_ATTACHMENT: "nein",
    Key.LANGUAGE: "deutsch",
}
"""What a condition asks for where a missing body seems to meet it. Source: own decision 0108."""

_OF_THE_BODY: Final = _MET_BY_NONE.keys() | {Key.BODY, Key.WORDS, Key.ATTACHMENT}
"""What a body may tell: as an exception it is not known to be untrue. Own decision 0108."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What rules see of a mail: of the mail itself, of the judgement, of the built-in routing.

    `agency` and `region` are those of the built-in routing; `region` empty if unknown.
    `concerns` with their probabilities, in descending weight. `headers` as in `ParsedMail`.
    """

    subject: str
    body: str
    sender: str
    recipients: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    attachments: tuple[str, ...]
    size_bytes: int
    channel: Channel
    concerns: tuple[tuple[Concern, float], ...]
    payment: PaymentRelevant
    plz: str | None
    place: str | None
    kundennummer: str | None
    is_foreign: bool
    team: Team
    agency: str | None
    region: str
    only_head: bool = False
    """The body was not read; what asks for it is not known."""
    heard_danger: bool = False
    """The judge heard danger to life in it, whatever its words are."""

    @cached_property
    def subject_words(self) -> str:
        """The subject, brought to form. Own decision 0037."""
        return words_of(self.subject)

    @cached_property
    def body_words(self) -> str:
        """The new text without quotation and signature, brought to form. Own decision 0037."""
        return words_of(self.body)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule set says of one mail.

    `hit` is the rule, None if none matched. `because` are the conditions that held, in German
    and in the admin's own words. `misses` gives each rule asked before the hit and the first
    condition of it that failed ("betreff", "ausser", "abgeschaltet", "nur der Kopf").
    """

    hit: Rule | None
    because: tuple[str, ...]
    misses: tuple[tuple[str, str], ...]

    @property
    def action(self) -> Action | None:
        """What is to happen. Own decision 0037."""
        return self.hit.action if self.hit else None


Test = Callable[[Seen], str]
"""What held, in the admin's words; empty if nothing did."""


@dataclass(frozen=True, slots=True)
class _Tested:
    """A rule with its conditions as functions."""

    rule: Rule
    when: tuple[tuple[str, Test], ...]
    any_of: tuple[tuple[Test, ...], ...]
    unless: tuple[Test, ...]
    needs_body: bool


@dataclass(frozen=True, slots=True)
class CompiledSet:
    """A rule set ready for mail; immutable, safe to share between threads."""

    rules: RuleSet
    version: int
    _tested: tuple[_Tested, ...]

    @property
    def label(self) -> str:
        """Id and version, as verdicts name it: "regeln-west.3". Own decision 0037."""
        return f"{self.rules.id}.{self.version}"

    def valid_on(self, day: date) -> bool:
        """Whether the local day lies in its days. Source: R16; own decision 0037."""
        return self.rules.valid_on(day)

    def ask(self, seen: Seen, *, off: Collection[str] = ()) -> Outcome:
        """The first rule that matches. `off` are ids of rules that are switched off.

        Machine mail is asked nothing. Source: F13; own decision 0037.
        """
        misses: list[tuple[str, str]] = []
        for tested in self._tested if seen.team is not Team.NONE else ():
            if tested.rule.id in off:
                misses.append((tested.rule.id, OFF))
                continue
            if seen.only_head and tested.needs_body:
                misses.append((tested.rule.id, ONLY_HEAD))
                continue
            failed, because = _try(tested, seen)
            if not failed:
                return Outcome(tested.rule, because, tuple(misses))
            misses.append((tested.rule.id, failed))
        return Outcome(None, (), tuple(misses))


def compile_set(rules: RuleSet, version: int) -> CompiledSet:
    """The rule set ready for mail; takes only what the lint passed. Own decision 0037."""
    return CompiledSet(rules, version, tuple(_tested(rule) for rule in rules.rules))


def _tested(rule: Rule) -> _Tested:
    return _Tested(
        rule,
        when=tuple((condition.key.value, _test(condition)) for condition in rule.when),
        any_of=tuple(tuple(_test(condition) for condition in group) for group in rule.any_of),
        unless=tuple(_test(condition) for condition in rule.unless),
        needs_body=_needs_body(rule),
    )


def _needs_body(rule: Rule) -> bool:
    """Whether a mail without its body could be hit by what the body doesn't say."""
    wanted = (*rule.when, *chain.from_iterable(rule.any_of))
    return any(_MET_BY_NONE.get(one.key) in one.values for one in wanted) or any(
        condition.key in _OF_THE_BODY for condition in rule.unless
    )


def _try(tested: _Tested, seen: Seen) -> tuple[str, tuple[str, ...]]:
    """What failed first, or "" with all that held."""
    because: list[str] = []
    for key, test in tested.when:
        held = test(seen)
        if not held:
            return key, ()
        because.append(held)
    if tested.any_of:
        group = _first_group(tested.any_of, seen)
        if not group:
            return "oder", ()
        because += group
    if any(test(seen) for test in tested.unless):
        return "ausser", ()
    return "", tuple(because)


def _first_group(groups: tuple[tuple[Test, ...], ...], seen: Seen) -> list[str]:
    for group in groups:
        held = [test(seen) for test in group]
        if all(held):
            return held
    return []


def _test(condition: Condition) -> Test:
    key = condition.key
    if key in _TEXTS:
        return _phrase_test(condition, _TEXTS[key])
    if key is Key.HEADER:
        return _phrase_test(condition, _header_words(condition.header))
    if key in CONCERN_KEYS:
        return _concern_test(condition)
    if key in SIZE_KEYS:
        return _size_test(condition)
    return _value_test(condition, _VALUES[key])


_TEXTS: Final[dict[Key, Callable[[Seen], str]]] = {
    Key.SUBJECT: lambda seen: seen.subject_words,
    Key.BODY: lambda seen: seen.body_words,
    # Words at the end of the subject and the beginning of the text are no phrase.
    Key.WORDS: lambda seen: f"{seen.subject_words}\n{seen.body_words}",
}


def _header_words(name: str) -> Callable[[Seen], str]:
    def read(seen: Seen) -> str:
        return words_of("\n".join(value for key, value in seen.headers if key == name))

    return read


def _phrase_test(condition: Condition, read: Callable[[Seen], str]) -> Test:
    named = f"{condition.key.value} {condition.header}".strip()
    wanted: list[Phrase] = [found for value in condition.values if (found := phrase(value))]

    def test(seen: Seen) -> str:
        words = read(seen)
        for one in wanted:
            if one.within(words):
                return f"{named}: „{one.shown}“"
        return ""

    return test


def _concern_test(condition: Condition) -> Test:
    wanted, only_first = frozenset(condition.values), condition.key is Key.FIRST_CONCERN

    def test(seen: Seen) -> str:
        for code, probability in seen.concerns[:1] if only_first else seen.concerns:
            if code.value in wanted and probability >= condition.least:
                return f"{condition.key.value}: {code.value}"
        return ""

    return test


def _size_test(condition: Condition) -> Test:
    limit_bytes, wants_more = int(condition.values[0]) * 1000, condition.key is Key.SIZE_MIN

    def test(seen: Seen) -> str:
        fits = seen.size_bytes >= limit_bytes if wants_more else seen.size_bytes <= limit_bytes
        return f"{condition.key.value}: {condition.values[0]}" if fits else ""

    return test


def _value_test(condition: Condition, fits: Callable[[str, Seen], bool]) -> Test:
    def test(seen: Seen) -> str:
        for value in condition.values:
            if fits(value, seen):
                return f"{condition.key.value}: {value}"
        return ""

    return test


def _number_fits(value: str, seen: Seen) -> bool:
    """Whether a number is there ("ja"), is not ("nein"), or begins so."""
    number = seen.kundennummer or ""
    return {"ja": bool(number), "nein": not number}.get(value, number.startswith(value.upper()))


_VALUES: Final[dict[Key, Callable[[str, Seen], bool]]] = {
    Key.SENDER: lambda value, seen: address_fits(value, seen.sender),
    Key.RECIPIENT: lambda value, seen: any(address_fits(value, one) for one in seen.recipients),
    Key.CHANNEL: lambda value, seen: value == seen.channel.value,
    Key.PAYMENT: lambda value, seen: value == seen.payment.value,
    Key.PLZ: lambda value, seen: (
        (seen.plz or "").startswith(value[:-1]) if value.endswith("*") else value == seen.plz
    ),
    Key.PLACE: lambda value, seen: place_key(value) == place_key(seen.place or ""),
    Key.REGION: lambda value, seen: fold(value) == fold(seen.region),
    Key.AGENCY: lambda value, seen: value == (seen.agency or "unbekannt"),
    Key.KUNDENNUMMER: _number_fits,
    Key.ATTACHMENT: lambda value, seen: any(name_fits(value, name) for name in seen.attachments),
    Key.HAS_ATTACHMENT: lambda value, seen: (value == "ja") is bool(seen.attachments),
    Key.LANGUAGE: lambda value, seen: (value == "andere") is seen.is_foreign,
}
