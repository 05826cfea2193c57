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
_OF_COMPANIES: Final = (
    *("hrb", "amtsgericht", "handelsregister", "geschäftsführ", "vorstand", "ust-id", "ustid"),
    *("beitragskonto", "spendenkonto", "bankverbindung der", "steuernummer", "aufsichtsrat"),
)


def read_facts(reading: Reading, *, dates: dict[str, date], where: Whereabouts) -> Facts:
    """All facts of a mail.

    `dates` is what `classify.date_roles`, `where` what `classify.whereabouts` found in it.
    """
    mail = reading.mail
    text = mail.body.new
    iban = reading.iban
    if iban.shape_seen and _is_of_company(text):
        iban = numbers.find_iban(_without_footer(text))
    signature = mail.body.signature
    # None goes over the end of a line, so each part may be looked at alone.
    kundennummer = (
        numbers.find_kundennummer(mail.subject)
        or reading.kundennummer
        or numbers.find_kundennummer(signature)
        or numbers.find_kundennummer(mail.body.quoted)
    )
    malformed = kundennummer is None and _is_malformed(f"{mail.subject}\n{text}\n{signature}")
    broken = iban.shape_seen and iban.value is None
    present = bool(attached.real_attachments(mail))
    return Facts(
        kundennummer=kundennummer,
        iban=iban.value,
        plz=where.plz,
        place=where.place,
        phone=numbers.find_phone(f"{text}\n{signature}"),
        dates=dates,
        attachment_announced=attached.is_announced(reading),
        attachment_present=present,
        defects=(
            *((IBAN_DEFECT,) if broken else ()),
            *((KUNDENNUMMER_DEFECT,) if malformed else ()),
        ),
    )


def _is_malformed(text: str) -> bool:
    called = _CALLED_KUNDENNUMMER.search(text)
    return called is not None and sum(map(str.isdigit, called["written"])) >= _FEWEST_DIGITS


def _is_of_company(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in _OF_COMPANIES)


def _without_footer(text: str) -> str:
    """The text without lines of a company's imprint: the account there is the company's own."""
    return "\n".join(line for line in text.splitlines() if not _is_of_company(line))
