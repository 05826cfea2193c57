"""Approved texts (Textbausteine): how one is filled, compared with a draft, and proposed.

The file format is read by texts/file.py, the gaps are those of placeholders.py, what a text may
not say is in wording.py.
Source: Weisung 202404002 no. 3; Weisung 202003006 no. 2.1, 2.2 (validity, site, "mit Stand").
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

from rules.codes import Channel, Concern
from rules.errors import Refused
from rules.texts.language import Language
from rules.texts.placeholders import Value, printed
from rules.verdict import Facts

GAP: Final = re.compile(r"\{([a-z_]+)\}")
"""A gap in subject or body; no other brace stands in a text. Source: house rule."""

_DRAFT_WORDS: Final = 2_000
"""Longest draft that is compared word by word; the longest approved text has about 90 words.
Source: measurement 2026-11-25 (2,000 words against it: at most 13 ms)."""


class Occasion(StrEnum):
    """Why a text is offered, apart from the concern.

    `ATTACHMENT_MISSING` is seen in the facts; the others are picked by the clerk.
    """

    NONE = ""
    ATTACHMENT_MISSING = "anlage_fehlt"
    NOT_IN_CHARGE = "nicht_zustaendig"
    AUTHORITY = "vollmacht"
    INTERIM = "zwischennachricht"
    DANGER = "gefahr"


@dataclass(frozen=True, slots=True)
class Text:
    """One version of one approved text. `id` is "<folder>.<name>"; bytes and id make it.

    `concerns` and `channels` are empty where the text fits all; `regions` likewise.
    `valid_to` is the last valid day. `gaps` are the placeholder names, in order of appearance.
    `source` is the Weisung or section of law behind the content.
    """

    id: str
    version: int
    title: str
    short_code: str
    concerns: tuple[Concern, ...]
    channels: tuple[Channel, ...]
    regions: tuple[str, ...]
    occasion: Occasion
    valid_from: date
    valid_to: date
    source: str
    subject: str
    body: str
    gaps: tuple[str, ...]
    discloses: bool = False
    """Whether it tells something of the person, so that who writes must be compared first."""
    language: Language | None = None
    """None is German; else it is a second text, which never goes alone."""
    to_version: int = 0
    """The version of the German text to which a second text was written."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text with its gaps filled: plain text, one-line subject, body lines ending in LF.

    `languages` are those of the body (RFC 3282 section 2), an English text below among them.
    """

    text_id: str
    version: int
    subject: str
    body: str
    languages: str = "de"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a draft leaves the approved text. `where` is "subject" or "body".

    `word` counts the words of the approved text before the place. `missing` stands only in
    the approved text, `surplus` only in the draft; both set is a changed wording.
    """

    where: str
    word: int
    missing: str
    surplus: str


def render(text: Text, values: Mapping[str, Value]) -> Rendered:
    """Fill all gaps in one pass; a value is never read for gaps again.

    Raises:
        Refused: `text.placeholder_missing` (a gap without value), `text.placeholder_extra`
            (a value without gap), `text.placeholder_type`.

    Source: Weisung 202404002 no. 3.
    """
    _same_names(text, values)
    filled = {name: printed(name, value, text.language) for name, value in values.items()}
    return Rendered(
        text.id,
        text.version,
        GAP.sub(lambda found: filled[found[1]], text.subject),
        GAP.sub(lambda found: filled[found[1]], text.body),
    )


def compare(rendered: Rendered, outgoing_body: str) -> tuple[Difference, ...]:
    """Where a draft differs from the approved text, word by word; empty means: the same words.

    Blanks and line breaks count only as bounds of words: what is sent is always the rendered
    text itself, and its subject. The differences hold the draft's words: for the caller's answer,
    never for a log.

    Raises:
        Refused: `reply.too_long`.

    Source: Weisung 202404002 no. 3.
    """
    old, new = rendered.body.split(), outgoing_body.split()
    if len(new) > _DRAFT_WORDS:
        raise Refused(
            "reply.too_long",
            f"The draft has more than {_DRAFT_WORDS} words and is not compared; shorten it.",
            words=len(new),
            most=_DRAFT_WORDS,
        )
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Difference("body", i1, " ".join(old[i1:i2]), " ".join(new[j1:j2]))
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )


def valid_on(text: Text, day: date, region: str) -> bool:
    """Whether the text may be sent on that local day from that region (both bounds count).

    Source: Weisung 202003006 no. 2.1 (valid from, to, and per site).
    """
    return covers(text, region) and text.valid_from <= day <= text.valid_to


def covers(text: Text, region: str) -> bool:
    """Whether the text is for that region. Source: Weisung 202003006 no. 2.1 (per site)."""
    return not text.regions or region in text.regions


def proposals(
    texts: Iterable[Text],
    *,
    channel: Channel,
    concerns: tuple[Concern, ...],
    facts: Facts,
    day: date,
    region: str,
) -> tuple[Text, ...]:
    """The texts to offer, best first.

    First the missing attachment, then by weight of the concerns (given most weighty first),
    then the interim reply. Texts for other occasions are found by search. Whether an answer
    is allowed at all is asked before (rules/reply_policy.py).

    Source: Weisung 202404002 no. 3; order: house rule.
    """
    missing = facts.attachment_announced and not facts.attachment_present
    ranked = sorted(
        (rank, text.id, text)
        for text in texts
        if valid_on(text, day, region)
        and (not text.channels or channel in text.channels)
        and (rank := _rank(text, concerns, attachment_missing=missing)) is not None
    )
    return tuple(text for _, _, text in ranked)


def approval_line(
    text: Text, *, sha256: str, author: str, approved_by: str, approved_on: date
) -> str:
    """The entry of approvals.toml for these bytes, ending in an empty line.

    `author` and `approved_by` are functions, never persons, and must differ.

    Raises:
        Refused: `text.same_person`; `text.approval_word`, if a function name has quotes,
            backslashes or control characters.

    Source: Weisung 202404002 no. 3; second person: house rule, as § 77 BHO asks of payments.
    """
    if author == approved_by:
        raise Refused(
            "text.same_person",
            f"{text.id}: author and approver are both {author!r}; a second function approves",
            text=text.id,
        )
    for word in (author, approved_by):
        if not word or re.search(r'["\\\x00-\x1f\x7f]', word):
            raise Refused("text.approval_word", f"{text.id}: not usable in TOML: {word!r}")
    return (
        f'[[text]]\nid = "{text.id}"\nversion = {text.version}\nsha256 = "{sha256}"\n'
        f'author = "{author}"\napproved_by = "{approved_by}"\napproved_on = {approved_on}\n\n'
    )


def _same_names(text: Text, values: Mapping[str, Value]) -> None:
    if missing := [name for name in text.gaps if name not in values]:
        raise Refused(
            "text.placeholder_missing",
            f"The text {text.id!r} lacks a value for: {', '.join(missing)}.",
            text=text.id,
            placeholders=tuple(missing),
        )
    if extra := sorted(values.keys() - set(text.gaps)):
        raise Refused(
            "text.placeholder_extra",
            f"The text {text.id!r} has no place for: {', '.join(extra)}.",
            text=text.id,
            placeholders=tuple(extra),
        )


def _rank(
    text: Text, concerns: tuple[Concern, ...], *, attachment_missing: bool
) -> tuple[int, int] | None:
    """Order of offer, or None where the text isn't offered. Fewer concerns means closer fit."""
    if text.occasion is Occasion.ATTACHMENT_MISSING:
        return (0, 0) if attachment_missing else None
    if text.occasion is Occasion.INTERIM:
        return (2, 0)
    if text.occasion is not Occasion.NONE:
        return None
    places = [concerns.index(code) for code in text.concerns if code in concerns]
    return (1, min(places)) if places else None
