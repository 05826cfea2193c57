"""How the mail reached the postbox; decided before any topic, because it decides the team.

Source: Weisung 202404002 no. 2; label guide, "channel"; F9, F22.
"""

from collections.abc import Mapping
from typing import Final

from classify import machine
from classify.reading import Reading
from rules.codes import Channel

FORM_CHANNELS: Final[frozenset[Channel]] = frozenset(
    {
        Channel.ESERVICE_AU,
        Channel.ESERVICE_VERAENDERUNG,
        Channel.KONTAKTFORMULAR,
        Channel.POSTFACHNACHRICHT,
    }
)
_FORM_AGAINST_MARKS: Final = 0.5
"""An unread form may carry Auto-Submitted as its robot's mark; so sure must the model be of it."""

_OF_PROGRAMS: Final = frozenset({"auto_submitted", "list"})
"""Marks of what is no answer and no report. Source: RFC 3834 section 5, RFC 2919."""

_MACHINE_UNSURE_BELOW: Final = 0.6
"""A doubtful guess of the model sets nobody's mail aside: people's notes and sick notes were among
them (docs/evaluation/report.md, November 2026). As below which review doubts the channel."""

_MACHINE_WITHOUT_MONEY: Final = 0.2
"""So likely may it be that money moves, for a machine that no header tells of, or a program's
letter that reads like a person's. Of 179 machines that the model knew, 170 lie below; of people's
mail taken for theirs the one that moved money lay above (held-out scores of 6,876 mails, November
2026)."""


def decide(reading: Reading, sure: Mapping[Channel, float], *, money: float = 0.0) -> Channel:
    """A form that was read tells it; then the marks of machines in headers; then the model.

    `sure` are the model's probabilities, `money` that of money being moved. A machine's mark never
    beats a customer's form, and a program's or a list's no letter that seems to move money: a
    newsletter too much in the queue costs a minute, a customer's form set aside costs money. For
    the same reason a doubtful machine is none, nor one that seems to move money.
    """
    form = reading.mail.form
    if form is not None:
        return form.channel
    likeliest = max(sure, key=sure.__getitem__)
    if _is_settled_by_marks(reading, likeliest, sure[likeliest], money):
        return Channel.MASCHINELL
    doubtful = sure[likeliest] < _MACHINE_UNSURE_BELOW or money >= _MACHINE_WITHOUT_MONEY
    if likeliest is Channel.MASCHINELL and doubtful:
        return max(sure.keys() - {likeliest}, key=lambda channel: (sure[channel], channel))
    return likeliest


def _is_settled_by_marks(reading: Reading, likeliest: Channel, sure: float, money: float) -> bool:
    """Whether a mark in the headers says it: always where a machine answers or reports.

    What a program sends or a list brings (a Krankenkasse's, an employer's) may be written like a
    person's and move money. Source: own decision 0136.
    """
    marked = machine.SURE.intersection(reading.marks)
    if not marked or (likeliest in FORM_CHANNELS and sure >= _FORM_AGAINST_MARKS):
        return False
    if likeliest is Channel.MASCHINELL or money < _MACHINE_WITHOUT_MONEY:
        return True
    replied = reading.mail.header("auto-submitted").strip().lower().startswith("auto-replied")
    return replied or not marked <= _OF_PROGRAMS
