"""What a person wrote as an answer, beside the approved texts: which one it is, and its values.

Only tells; what may leave is decided by comparing the rendered text with what was written
(rules/texts/approved.py). Source: Weisung 202404002 no. 3; own decision 0097.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rules.mail import BodyParts
from rules.texts.approved import GAP, Difference, Rendered, Text
from rules.texts.placeholders import Kind, Value, gap, printed

SHOWN: Final = 20
"""Places that are kept of one draft. House rule: who has more begins anew."""

CONTEXT_WORDS: Final = 4
"""Approved words before a place, so that it is found. House rule."""

ALIKE: Final = 0.4
"""A text with a smaller share of common words was not meant. House rule, own decision 0097."""

_TYPED: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.DATE: r"\d{2}\.\d{2}\.\d{4}",
        Kind.DATE_TIME: r"\d{2}\.\d{2}\.\d{4} um \d{2}:\d{2}",
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a draft leaves the approved text, without a word of who wrote it.

    `before` are the approved words before the place, `missing` those that the draft has not,
    `surplus` how many words it has instead or more.
    """

    before: str
    missing: str
    surplus: int


def written(body: BodyParts) -> str:
    """All that stands in a draft but the mail it answers, which never leaves with an answer.

    Greeting and closing count, so what looks like a signature does. Source: own decision 0097.
    """
    return "\n".join(part for part in (body.new, body.signature, body.disclaimer) if part.strip())


def values_in(text: Text, known: Mapping[str, Value], said: str) -> dict[str, str] | None:
    """The values that somebody typed into this text; None where `said` does not begin with it.

    `known` are those of the house. As `rules.texts.placeholders.read_values` reads them.

    Source: own decision 0097.
    """
    pieces = GAP.split(" ".join(text.body.split()))
    pattern, seen = "", set[str]()
    for number, piece in enumerate(pieces):
        pattern += _gap(piece, known, seen) if number % 2 else re.escape(piece)
    found = re.match(rf"{pattern}(?!\S)", " ".join(said.split()))
    if found is None:
        return None
    return {name: value.replace(" um ", " ") for name, value in found.groupdict().items()}


def nearest(texts: Iterable[Text], said: str) -> Text | None:
    """The text that has most words in common with what was written; None where none was meant.

    Source: own decision 0097.
    """
    mine = Counter(said.split())
    scored = [(_alike(Counter(text.body.split()), mine), text.id, text) for text in texts]
    best = max(scored, key=lambda one: one[:2], default=None)
    return best[2] if best and best[0] >= ALIKE else None


def unfilled(text: Text, known: Mapping[str, Value]) -> Rendered:
    """The text to compare with where nobody knows what should stand in its own gaps.

    Source: own decision 0097.
    """
    body = GAP.sub(
        lambda found: (
            printed(found[1], known[found[1]])
            if found[1] in known
            else f"[{gap(found[1]).label.replace(' ', '-')}]"
        ),
        text.body,
    )
    return Rendered(text.id, text.version, text.subject, body)


def places(rendered: Rendered, differences: Iterable[Difference]) -> tuple[Place, ...]:
    """The differences as they may be kept: approved words only, and how many others.

    Source: own decision 0097 (the draft's own words stay in the draft).
    """
    approved = rendered.body.split()
    return tuple(
        Place(
            " ".join(approved[max(0, one.word - CONTEXT_WORDS) : one.word]),
            one.missing,
            len(one.surplus.split()),
        )
        for one in list(differences)[:SHOWN]
    )


def _gap(name: str, known: Mapping[str, Value], seen: set[str]) -> str:
    if name in known:
        return re.escape(printed(name, known[name]))
    if name in seen:
        return f"(?P={name})"
    seen.add(name)
    kind = gap(name).kind
    taken = f"(?P<{name}>{_TYPED.get(kind, '(?!)')})"
    return rf"\w+, {taken} Uhr" if kind is Kind.DATE_TIME else taken


def _alike(text: Counter[str], mine: Counter[str]) -> float:
    return 2 * (text & mine).total() / max(1, text.total() + mine.total())
