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
_COMPANY_FOOTER = re.compile(
    r"(?:HRB|Amtsgericht|Handelsregister|Geschäftsführ|Vorstand|USt-?Id|Beitragskonto|Spendenkonto"
    r"|Bankverbindung der|Steuernummer|Aufsichtsrat)",
    re.IGNORECASE,
)


def read_facts(reading: Reading, *, dates: dict[str, date], where: Whereabouts) -> Facts:
    """All facts of a mail.

    `dates` is what `classify.date_roles`, `where` what `classify.whereabouts` found in it.
    """
    mail = reading.mail
    text = mail.body.new
    iban = reading.iban
    if iban.shape_seen and _COMPANY_FOOTER.search(text):
        iban = numbers.find_iban(_without_footer(text))
    signature = mail.body.signature
    present = bool(attached.real_attachments(mail))
    return Facts(
        # None goes over the end of a line, so each part may be looked at alone.
        kundennummer=numbers.find_kundennummer(mail.subject)
        or reading.kundennummer
        or numbers.find_kundennummer(signature)
        or numbers.find_kundennummer(mail.body.quoted),
        iban=iban.value,
        plz=where.plz,
        place=where.place,
        phone=numbers.find_phone(f"{text}\n{signature}"),
        dates=dates,
        attachment_announced=attached.is_announced(reading),
        attachment_present=present,
        defects=(IBAN_DEFECT,) if iban.shape_seen and iban.value is None else (),
    )


def _without_footer(text: str) -> str:
    """The text without lines of a company's imprint: the account there is the company's own."""
    lines = text.splitlines()
    return "\n".join(line for line in lines if not _COMPANY_FOOTER.search(line))
