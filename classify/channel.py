"""How the mail reached the postbox; decided before any topic, because it decides the team.

Source: Weisung 202404002 no. 2; label guide, "channel"; F9, F22.
"""

import re
from collections.abc import Mapping
from typing import Final

from classify import machine
from classify.reading import Reading
from rules import danger
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
"""So likely may it be that money moves, for a program's letter, or an absence note and the like
that no header tells of. Of 179 machines that the model knew, 170 lie below; of people's
mail taken for theirs the one that moved money lay above (held-out scores of 6,876 mails, November
2026)."""

_SET_ASIDE_WHATEVER_THEY_SAY: Final = frozenset(
    {"absence_words", "bounce_words", "newsletter_words", "advert_words"}
)
"""Words of the kinds of mail that the label guide names so. Receipts are not among them: theirs
("wurde am …") are a program's letter's too."""

_AS_A_CUSTOMER: Final = re.compile(
    r"\bhiermit\b"
    r"|\bich (?:beziehe|brauche|suche)\b|\b(?:ich|wir) (?:arbeite|wohne|heisse)n?\b"
    r"|\b(?:arbeite|wohne|heisse|beziehe|brauche|suche) ich\b"
    r"|\b(?:ich habe|habe ich|wir haben) (?:jetzt|ab|seit|keinen?|eine[nr]?)\b"
    r"|\bmein\w* (?:antrag|bescheid|geld|termin|leistung|kundennummer|arbeitslosengeld|konto"
    r"|adresse|anschrift|stelle)\b"
)
"""In folded text: what people tell the agency of themselves. Of 288 machines that were set aside in
six groups of writers left out and all unseen sets, none says so or names a Kundennummer."""

_PAGES: Final = (".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png", ".heic")
_BY_A_DEVICE: Final = re.compile(
    r"\b(?:scan|scann\w*|gescannt\w*|multifunktions\w*|kopierer\w*|(?:tele)?fax|fax2mail|"
    r"fax(?:nachricht|eingang|empfang)\w*)\b|\be-?mail was sent from \W?rnp"
)
"""In folded text: who brings pages that a person laid on the glass of a copier, or sent by fax."""

_BROUGHT_NOTHING: Final = re.compile(
    r"\b(?:fehlgeschlagen|abgebrochen|failed|keine seiten|0 (?:seiten|pages)|sendebericht|virus)\b"
)


def decide(
    reading: Reading,
    sure: Mapping[Channel, float],
    *,
    money: float = 0.0,
    bound: float = _MACHINE_WITHOUT_MONEY,
) -> Channel:
    """A form that was read tells it; then the marks of machines in headers; then the model.

    `sure` are the model's probabilities, `money` that of money being moved, `bound` the one from
    which on nobody says that none is. A machine's mark never beats a customer's form, and a
    program's or a list's no letter that seems to move money: a newsletter too much in the queue
    costs a minute, a customer's form set aside costs money. For the same reason a doubtful machine
    is none, nor one that might move money and reads like no absence note, bounce or newsletter, nor
    what speaks as a customer does, of danger to life, or names one by number, unless a header says
    so too; nor ever what a copier or a fax gateway brings with pages in it.
    Source: own decisions 0051 and 0136.
    """
    form = reading.mail.form
    if form is not None:
        return form.channel
    likeliest = max(sure, key=sure.__getitem__)
    if _is_marked(reading, likeliest, sure[likeliest], money=money, bound=bound):
        return Channel.MASCHINELL
    if likeliest is Channel.MASCHINELL and (
        sure[likeliest] < _MACHINE_UNSURE_BELOW
        or money >= _harmless_below(reading, bound)
        or _speaks_as_a_customer(reading)
        or _brings_pages(reading)
    ):
        return _of_no_machine(sure)
    return likeliest


def _of_no_machine(sure: Mapping[Channel, float]) -> Channel:
    """What a letter is that isn't set aside: free mail, unless the model is sure of a form.

    The second likeliest is chance where the likeliest has nearly all, and a form that nobody sent
    sends its letter to another team.
    """
    form = max(sorted(FORM_CHANNELS), key=sure.__getitem__)
    return form if sure[form] >= _FORM_AGAINST_MARKS else Channel.FREIE_EMAIL


def _is_marked(
    reading: Reading, likeliest: Channel, sure: float, *, money: float, bound: float
) -> bool:
    """Whether a mark in the headers says it: always where a machine answers or reports.

    What a program sends or a list brings (a Krankenkasse's, an employer's) may move money, whether
    it is written like a person's or not. Source: own decision 0136.
    """
    marked = machine.SURE.intersection(reading.marks)
    if not marked or (likeliest in FORM_CHANNELS and sure >= _FORM_AGAINST_MARKS):
        return False
    replied = reading.mail.header("auto-submitted").strip().lower().startswith("auto-replied")
    if replied or not marked <= _OF_PROGRAMS:
        return True
    if _brings_pages(reading):
        return False
    if likeliest is Channel.MASCHINELL and _is_of_a_kind(reading):
        return True
    if _speaks_as_a_customer(reading):
        return False
    return money < _harmless_below(reading, bound)


def _harmless_below(reading: Reading, bound: float) -> float:
    """Below what probability of money a program's letter, or a machine's by the model, is aside."""
    return _MACHINE_WITHOUT_MONEY if _is_of_a_kind(reading) else min(bound, _MACHINE_WITHOUT_MONEY)


def _is_of_a_kind(reading: Reading) -> bool:
    words = machine.marks_of_words(reading.said)
    return not _SET_ASIDE_WHATEVER_THEY_SAY.isdisjoint(words)


def _speaks_as_a_customer(reading: Reading) -> bool:
    if reading.kundennummer is not None or _AS_A_CUSTOMER.search(reading.text):
        return True
    # Whoever does must be read first: a machine's letter too much in the queue costs a minute.
    mail = reading.mail
    return "review.danger" in reading.said or bool(danger.in_mail(mail.subject, mail.body.new))


def _brings_pages(reading: Reading) -> bool:
    """A scan or a fax: nobody has read the pages, and one of them may be a sick note."""
    files = reading.mail.attachments
    return (
        any(not file.inline and file.name.lower().endswith(_PAGES) for file in files)
        and _BY_A_DEVICE.search(reading.text) is not None
        and _BROUGHT_NOTHING.search(reading.text) is None
    )
