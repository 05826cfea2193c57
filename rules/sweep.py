"""What a deletion run is made of: the plan with its hash, holds, grounds, and what was left.

A plan names messages by number and fingerprint; its hash binds the run to what was previewed.
Source: Weisung 202404002 "Regelungen"; § 84 SGB X; Art. 17 DSGVO; F51, N10; own decision 0054.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from rules.ledger import LedgerState
from rules.retention import Keep, RetentionRules


class HoldKind(StrEnum):
    """Why people keep something back from deletion; the words are shown as they are."""

    LEGAL = "rechtsstreit"
    ACCESS = "auskunft"
    AUDIT = "pruefung"
    OTHER = "sonstiges"


class OrderBasis(StrEnum):
    """On what ground a person's data are deleted before their period."""

    ART17 = "art17"
    SGB84 = "sgb84"


BASIS_WORDS: Final = {
    OrderBasis.ART17: "auf Anordnung: Art. 17 DSGVO",
    OrderBasis.SGB84: "auf Anordnung: § 84 SGB X",
}

REFERENCE_MAX_CHARS: Final = 60
"""A file number fits, a story does not: the trail holds no content. Source: own decision 0054."""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A message whose content may go. `ended_on` is the local day on which its work ended."""

    message_id: int
    sha256: str
    state: LedgerState
    ended_on: date
    postbox: str
    agency: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages of one postbox, agency and answer of the rules. "" is unknown or none."""

    postbox: str
    agency: str
    keep: Keep
    number: int


def plan_hash(rows: Iterable[PlanRow], *, day: date, rules: RetentionRules) -> str:
    """The name of a plan: SHA-256 over the day, the periods, and one line a message, by number.

    The same mails on the same day under the same periods give the same hash; one mail more or less
    gives another. Source: own decision 0054.
    """
    digest = hashlib.sha256(f"{day.isoformat()}\n{rules_line(rules)}\n".encode())
    for row in sorted(rows, key=lambda row: row.message_id):
        line = (row.message_id, row.sha256, row.state.value, row.ended_on.isoformat())
        digest.update((" ".join(map(str, line)) + "\n").encode())
    return digest.hexdigest()


def rules_line(rules: RetentionRules) -> str:
    """The periods as one line of JSON, keys sorted, for hash and proof. Own decision 0054."""
    periods = {"done": rules.done, "aside": rules.aside, "gone": rules.gone}
    told = {name: [period.days, period.source] for name, period in periods.items()}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def tallies(found: Iterable[tuple[str, str, Keep, int]]) -> tuple[Tally, ...]:
    """Sum up (postbox, agency, answer, number); sorted. Source: own decision 0054."""
    counted: Counter[tuple[str, str, Keep]] = Counter()
    for postbox, agency, keep, number in found:
        counted[postbox, agency, keep] += number
    return tuple(
        Tally(postbox, agency, keep, number)
        for (postbox, agency, keep), number in sorted(counted.items())
        if number
    )
