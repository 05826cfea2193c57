"""When a person must look before anything happens by itself.

That money may move is none of them: then the payment answer is `open` (so it is at least where the
text is `STRANGE`), and an open item can't be closed without a hand-over or a person's waiver
(decision 0005), so nothing happens by itself. The reasons are stable codes; the pages show them in
German. Source: F23 (abstain), F24; label guide ("siehe Anhang": a person must look); facts section
10 (danger to self: at once).
"""

from collections.abc import Iterator
from typing import Final

from classify.channel import FORM_CHANNELS
from classify.facts.facts import IBAN_DEFECT
from classify.one_line import is_one_line
from classify.reading import Reading
from rules.codes import Channel
from rules.facts import NUMBER_DEFECTS
from rules.mail import TEXT_CUT, ParsedMail
from rules.verdict import Facts

UNSURE_BELOW: Final = 0.7
"""So sure must the first concern be. Nine in ten mails of writers left out are, and 0.975 of their
first concerns are among the label's. Source: own decision 0073; measured in docs/judge.md."""
_CHANNEL_UNSURE_BELOW: Final = 0.6
_SHORT_WORDS: Final = 5
_ENOUGH_WORDS_FOR_LANGUAGE: Final = 8
_GERMAN_SHARE: Final = 0.12

REASONS: Final = (
    *("danger", "empty", "attachment_only", "short", "one_line", "language", "long", "unlike"),
    *("unsure", "channel_unsure", "form_unread", "iban", "kundennummer"),
)
"""All codes, the gravest first; the desk has a sentence for each."""

STRANGE: Final = frozenset({"language", "unlike", "attachment_only"})
"""Of such mail the model has read too little to say that it moves no money. Own decisions 0117 and
0136."""

_WRITTEN_FREELY: Final = frozenset(
    {Channel.FREIE_EMAIL, Channel.KONTAKTFORMULAR, Channel.POSTFACHNACHRICHT}
)
"""Only where a person chose the words does a lack of German ones mean another language."""


def reasons(
    reading: Reading,
    sure: float,
    *,
    channel: tuple[Channel, float],
    unlike: bool,
    facts: Facts,
) -> tuple[str, ...]:
    """All reasons to look, the gravest first; empty if the judgement may stand as it is.

    `sure` is the probability of the first concern, by which the mail goes its way. `channel` is
    the channel with its probability (1.0 where a form or a header settled it).
    `unlike` tells that the text is unlike anything seen (classify/familiar.py); of mail that no
    person wrote that says nothing.
    """
    checks = (
        ("danger", "review.danger" in reading.said),
        *_text_checks(reading, channel[0]),
        ("long", reading.is_cut or TEXT_CUT in reading.mail.defects),
        ("unlike", unlike and channel[0] is not Channel.MASCHINELL),
        ("unsure", sure < UNSURE_BELOW),
        ("channel_unsure", channel[1] < _CHANNEL_UNSURE_BELOW),
        ("form_unread", channel[0] in FORM_CHANNELS and reading.mail.form is None),
        ("iban", IBAN_DEFECT in facts.defects),
        ("kundennummer", not NUMBER_DEFECTS.isdisjoint(facts.defects)),
    )
    return tuple(code for code, holds in checks if holds)


def _text_checks(reading: Reading, came_by: Channel) -> Iterator[tuple[str, bool]]:
    mail = reading.mail
    words, german = reading.words, reading.german
    yield "empty", not words
    yield "attachment_only", bool(mail.attachments) and words < _SHORT_WORDS
    yield "short", 0 < words < _SHORT_WORDS and not mail.attachments
    yield "one_line", _is_by_a_person(mail, came_by) and is_one_line(reading)
    yield "language", came_by in _WRITTEN_FREELY and is_foreign(words, german)


def _is_by_a_person(mail: ParsedMail, came_by: Channel) -> bool:
    """Written, not filled in: the fields of a form tell more than its text. Own decision 0122."""
    return mail.form is None and came_by is not Channel.MASCHINELL


def is_foreign(words: int, german: int) -> bool:
    """Too few of the commonest German words for a German text of this length.

    Source: house rule, measured on the training mails.
    """
    return words >= _ENOUGH_WORDS_FOR_LANGUAGE and german < _GERMAN_SHARE * words
