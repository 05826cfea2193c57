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

_MACHINE_UNSURE_BELOW: Final = 0.6
"""A doubtful guess of the model sets nobody's mail aside: people's notes and sick notes were among
them (docs/evaluation/report.md, November 2026). As below which review doubts the channel."""

_MACHINE_WITHOUT_MONEY: Final = 0.2
"""So likely may it be that money moves, for a machine that no header tells of. Of 179 machines that
the model knew, 170 lie below; of people's mail taken for theirs the one that moved money lay above
(held-out scores of 6,876 mails, November 2026)."""


def decide(reading: Reading, sure: Mapping[Channel, float], *, money: float = 0.0) -> Channel:
    """A form that was read tells it; then the marks of machines in headers; then the model.

    `sure` are the model's probabilities, `money` that of money being moved. A machine's mark never
    beats a customer's form: a bounce too much in the queue costs a minute, a customer's form set
    aside costs money. For the same reason a doubtful machine is none, nor one that seems to move
    money.
    """
    form = reading.mail.form
    if form is not None:
        return form.channel
    likeliest = max(sure, key=sure.__getitem__)
    marked = machine.SURE.intersection(reading.marks)
    if marked and not (likeliest in FORM_CHANNELS and sure[likeliest] >= _FORM_AGAINST_MARKS):
        return Channel.MASCHINELL
    doubtful = sure[likeliest] < _MACHINE_UNSURE_BELOW or money >= _MACHINE_WITHOUT_MONEY
    if likeliest is Channel.MASCHINELL and doubtful:
        return max(sure.keys() - {likeliest}, key=lambda channel: (sure[channel], channel))
    return likeliest
