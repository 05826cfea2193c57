"""A rule set: routing rules of an admin as a value. Ordered, the first rule that matches wins.

It lies over the built-in routing (rules/routing.py) and changes only what law.py lets it. Written
as text (text.py), checked (lint.py), compiled once a version (match.py).
Source: Weisung 202404002 no. 3 ("Nutzung von entsprechenden Outlook-Regeln wird empfohlen");
F13, F14; own decision 0037.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from rules.codes import Concern


class Key(StrEnum):
    """What a condition looks at. The value is the word in the text of a rule set."""

    SUBJECT = "betreff"
    BODY = "text"
    WORDS = "betreff_oder_text"
    HEADER = "kopfzeile"
    SENDER = "absender"
    RECIPIENT = "empfaenger"
    CHANNEL = "kanal"
    CONCERN = "anliegen"
    FIRST_CONCERN = "erstes_anliegen"
    PAYMENT = "zahlungsrelevant"
    PLZ = "plz"
    PLACE = "ort"
    REGION = "region"
    AGENCY = "agentur"
    KUNDENNUMMER = "kundennummer"
    ATTACHMENT = "anlage"
    HAS_ATTACHMENT = "hat_anlage"
    LANGUAGE = "sprache"
    SIZE_MIN = "groesse_ab_kb"
    SIZE_MAX = "groesse_bis_kb"


PHRASE_KEYS: Final = {Key.SUBJECT, Key.BODY, Key.WORDS, Key.HEADER}
CONCERN_KEYS: Final = {Key.CONCERN, Key.FIRST_CONCERN}
SIZE_KEYS: Final = {Key.SIZE_MIN, Key.SIZE_MAX}


class ActionKind(StrEnum):
    """What a rule does. None of these deletes, answers or forwards."""

    ROUTE = "route"
    """Another agency, another topic, or both."""
    FOLDER = "folder"
    """A folder named in full."""
    CLEARING = "clearing"
    ASIDE = "aside"
    KEEP = "keep"
    """Stays as the built-in routing has it: an exception to the rules below."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: any of `values` is enough.

    `least` is the smallest probability of a concern (0..1); `header` the header's name in lower
    case for `Key.HEADER`; `line` where it stands in the text, from 1.
    """

    key: Key
    values: tuple[str, ...]
    least: float = 0.0
    header: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    """What happens on a hit. `agency` is a code, `folder` a whole path in the postbox."""

    kind: ActionKind
    agency: str | None = None
    topic: Concern | None = None
    folder: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """All of `when`, one whole group of `any_of` (where there are any), and none of `unless`.

    `source` empty: that of the rule set.
    """

    id: str
    title: str
    when: tuple[Condition, ...]
    any_of: tuple[tuple[Condition, ...], ...]
    unless: tuple[Condition, ...]
    action: Action
    source: str = ""
    line: int = 0

    @property
    def matches_all(self) -> bool:
        """Whether it has no condition at all. Own decision 0037."""
        return not (self.when or self.any_of or self.unless)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule set as it stands in its text. Version and author are the store's.

    `region` empty: for all regions that have no set of their own. Days are local, both count;
    `valid_until` None: without end. `source` is "eigene" or a Weisung.
    """

    id: str
    title: str
    region: str
    source: str
    valid_from: date
    valid_until: date | None
    rules: tuple[Rule, ...]

    def valid_on(self, day: date) -> bool:
        """Whether the local day lies in its days. Source: R16; own decision 0037."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
