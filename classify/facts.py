"""What can be read out of a mail: numbers, own place, days, attachments.

Only the new text is searched: an IBAN in a footer or in quoted mail is not the customer's
news. The Kundennummer stays the same person's, so signature and quoted mail may tell it too.
Source: label guide, "Facts".
"""

import re
from datetime import date
from typing import Final

from classify import attached, numbers
from classify.reading import Reading
from classify.text import fold
from classify.whereabouts import Whereabouts
from rules.verdict import Facts

IBAN_DEFECT: Final = "iban.check_digit"
KUNDENNUMMER_DEFECT: Final = "kundennummer.shape"
"""A number that its writer calls the Kundennummer has not the shape of one: a digit is missing."""
_CALLED_KUNDENNUMMER = re.compile(
    r"\b(?:kunden[- ]?(?:nummer|nr)|kd[.\- ]{0,2}n(?:umme)?r)\b[.:\s]{0,3}(?:ist |lautet |war )?"
    r"(?P<written>\d[\dA-Z]?(?:[ .\-/]?[\dA-Z]){5,12})(?![\dA-Z])",
    re.IGNORECASE,
)
"""Source: own decision 0076; the ten of 9,925 mails that it finds are all such numbers."""
_FEWEST_DIGITS: Final = 6
_OF_COMPANIES: Final = re.compile(
    r"\b(?:g?gmbh|partg\w*|e\.\s?v|hrb|amtsgericht|handelsregister|geschaeftsfuehr\w*|vorstand"
    r"|aufsichtsrat|ust-?id\w*|steuernummer|betriebsn(?:umme)?r|rechtsanw\w+"
    r"|(?:spenden|beitrags|\w*ander|fremdgeld|kanzlei|dienst|praxis)kont[oe]n?|spenden"
    r"|beitragszahlung\w*|bankverbindung der)\b"
)
"""In the imprint, where an account is the company's own. Source: § 35a GmbHG."""
_TO_THE_BA: Final = re.compile(
    r"\b(?:auf ihr konto|konto der (?:ba|bundesagentur)|empfaenger:? (?:ba|bundesagentur))\b"
)
_PAID: Final = re.compile(r"\b(?:ueberwiesen|(?:ein|be|zurueck)?gezahlt)\b")
_OWN_ACCOUNT: Final = re.compile(
    r"\b(?:neue[nmrs]? (?:\w+ )?(?:konto|iban|bank)|mein\w* (?:\w+ )?(?:konto|iban|bank)"
    r"|ab sofort|kuenftig\w*|kontoinhaber\w*|iban lautet|auf (?:das|mein|unser|folgend|ein)\w*"
    r"|anzuweisen|verwendungszweck)"
)
"""Beside an account to which money shall go from now on."""
_NEXT_SENTENCE: Final = re.compile(
    r"(?<=[^\W\d_]{3}[.!?,:])\n|(?<=[^\W\d_]{4}[.!?])[ \t](?=[A-ZÄÖÜ])|\n\s*\n"
)
"""Between what belongs together: no line of an imprint ends as a sentence does."""


def read_facts(
    reading: Reading, *, dates: dict[str, date], where: Whereabouts, kundennummer: str | None
) -> Facts:
    """All facts of a mail.

    `dates` is what `classify.date_roles`, `where` what `classify.whereabouts` found in it,
    `kundennummer` what `kundennummer_of` did.
    """
    mail = reading.mail
    text = mail.body.new
    iban = reading.iban
    if iban.shape_seen:
        iban = numbers.find_iban(_without_accounts_of_others(text))
    signature = mail.body.signature
    malformed = kundennummer is None and _is_malformed(f"{mail.subject}\n{text}\n{signature}")
    broken = iban.shape_seen and iban.value is None
    present = bool(attached.real_attachments(mail))
    return Facts(
        kundennummer=kundennummer,
        iban=iban.value,
        plz=where.plz,
        place=where.place,
        home=where.home,
        phone=numbers.find_phone(f"{text}\n{signature}"),
        dates=dates,
        attachment_announced=attached.is_announced(reading),
        attachment_present=present,
        defects=(
            *((IBAN_DEFECT,) if broken else ()),
            *((KUNDENNUMMER_DEFECT,) if malformed else ()),
        ),
    )


def kundennummer_of(reading: Reading) -> str | None:
    """The Kundennummer of subject, new text, signature or quoted mail."""
    body = reading.mail.body
    # None goes from one part over into the next, so each may be looked at alone.
    return (
        numbers.find_kundennummer(reading.mail.subject)
        or reading.kundennummer
        or numbers.find_kundennummer(body.signature)
        or numbers.find_kundennummer(body.quoted)
    )


def _is_malformed(text: str) -> bool:
    called = _CALLED_KUNDENNUMMER.search(text)
    return called is not None and sum(map(str.isdigit, called["written"])) >= _FEWEST_DIGITS


def _without_accounts_of_others(text: str) -> str:
    """The text without sentences and imprints in which an account is a company's, or the BA's."""
    return "\n".join(part for part in _NEXT_SENTENCE.split(text) if not _is_of_others(fold(part)))


def _is_of_others(part: str) -> bool:
    if _TO_THE_BA.search(part) and _PAID.search(part):
        return True
    return bool(_OF_COMPANIES.search(part)) and not _OWN_ACCOUNT.search(part)
