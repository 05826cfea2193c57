"""What can be read out of a mail: numbers, own place, days, attachments.

Only the new text is searched: an IBAN in a footer or in quoted mail is not the customer's
news. The Kundennummer stays the same person's, so signature and quoted mail may tell it too.
Source: label guide, "Facts".
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from classify.facts import attached, customers, numbers, whose_number
from classify.facts.whereabouts import Whereabouts
from classify.reading import Reading
from classify.text import fold
from rules.facts import NUMBER_UNCLEAR, SEVERAL_NUMBERS
from rules.verdict import Facts

IBAN_DEFECT: Final = "iban.check_digit"
KUNDENNUMMER_DEFECT: Final = "kundennummer.shape"
"""A number that its writer calls the Kundennummer has not the shape of one: a digit is missing."""
# Each of these patterns begins with the few signs that a search leaps to; what must not stand
# before them is asked behind. Of those that look like a K one is the sign of Kelvin.
_CALLED_KUNDENNUMMER = re.compile(
    r"[Kk\u212a](?<!\w[Kk\u212a])(?i:(?:unden[- ]?(?:nummer|nr)|d[.\- ]{0,2}n(?:umme)?r)\b"
    r"[.:\s]{0,3}(?:ist |lautet |war )?"
    r"(?P<written>\d[\dA-Z]?(?:[ .\-/]?[\dA-Z]){5,12})(?![\dA-Z]))"
)
"""Source: own decision 0076; the ten of 9,925 mails that it finds are all such numbers."""
_IN_GROUPS: Final = re.compile(
    r"(\d(?<![A-Za-z0-9]\d)\d\d) ?([A-Za-z]) ?(\d{3})(?: [-–/] ?|[-–/] | ?– ?)(\d{3})(?![\d/-])"
)
"""A Kundennummer with a hyphen between blanks: "634 D 207 - 445"."""
_OTHER_NUMBER: Final = re.compile(
    r"[\dI](?:(?<=\d)\d\d ?[A-Za-z] ?20\d\d ?/ ?\d\d(?!\d)"
    r"|(?<=I)(?<!\wI)hre Kundennummer:? [\w ]{10,14}(?= (?:haben wir|bei uns)\b))"
)
"""A number with its year ("Bildungsgutschein Nr. 118A 2026/44"), or of a firm's own customer."""
_DIGIT_BY_DIGIT: Final = re.compile(r"\bD E(?:\s{1,3}\d){20}(?!\s{0,3}\d)")
_FEWEST_DIGITS: Final = 6
_OF_COMPANIES: Final = re.compile(
    r"\b(?:g?gmbh|partg\w*|e\.\s?v|hrb|amtsgericht|handelsregister|geschaeftsfuehr\w*|vorstand"
    r"|aufsichtsrat|ust-?id\w*|steuernummer|betriebsn(?:umme)?r|rechtsanw\w+"
    r"|(?:spenden|beitrags|\w*ander|fremdgeld|kanzlei|dienst|praxis)kont[oe]n?|spenden"
    r"|beitragszahlung\w*|bankverbindung der)\b"
)
"""In the imprint, where an account is the company's own. Source: § 35a GmbHG."""
_FIRM_LINE: Final = re.compile(
    r"^(?:[\w.&-]+ ){0,3}(?:[\w-]*(?:hotel|gasthof|gaststaette|restaurant|spedition|hausverwaltung"
    r"|immobilien|wohnbau|wohnungsbau|praxis|apotheke|klinik|kanzlei|steuerbuero|lohnbuero|bildungswerk"
    r"|akademie|weingut|baeckerei|metzgerei|fleischerei|autohaus|verlag|pflegedienst|landkreis"
    r"|jugendamt|stadtwerke|unternehmung|unternehmen|haustechnik|gebaeudeservice|sanitaetshaus"
    r"|mietkonto|geschaeftskonto|firmenkonto)|(?:e\. ?k\.|inh\.)|(?:eg|ug|kg|ohg|gbr)\b)",
    re.MULTILINE,
)
"""A firm's or an office's own line, where nobody says "I"."""
_PERSON_SPEAKS: Final = re.compile(r"\b(?:ich|mein\w*|mir|mich)\b")
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
_BESIDE_CHARS: Final = 50
_LEFT_BEFORE: Final = re.compile(r"\bnicht (?:mehr|laenger)\b[^.!?,;]{0,30}$")
_LEFT_BEHIND: Final = re.compile(
    r"(?:(?!\b(?:alt|bisher|vorig|frueher|neu)|\b[a-z]{2}\d\d)[^.!?,;]){0,30}?"
    r"\b(?:erloschen|gekuendigt|aufgeloest|geloescht|geschlossen|ungueltig|gesperrt"
    r"|(?:existiert|gibt es) nicht|nicht mehr(?! (?:auf|an|zu)\b))"
)
_FROM_ONE: Final = re.compile(r"\bvon(?: (?!auf\b|zu\b)\w+){0,3}:? ?$")
_TO_ANOTHER: Final = re.compile(r"\W{0,3}(?:\w+ ){0,3}(?:auf|zu) (?:\w+ ){0,3}[a-z]{2}\d\d")
"""An account that is left, beside the one it is left for: "von … auf …", "… wurde gekündigt"."""
_NEXT_SENTENCE: Final = re.compile(
    r"[\n \t](?:(?<=[^\W\d_]{3}[.!?,:]\n)|(?<=[^\W\d_]{4}[.!?][ \t])(?=[A-ZÄÖÜ])"
    r"|(?<=\n)\s*\n)"
)
"""Between what belongs together: no line of an imprint ends as a sentence does."""
_BEGUN: Final = r"(?:[0-9]|[Dd][Ee])[\s.\-/:]{0,3}\Z"
_LONGEST_BEGUN_CHARS: Final = 5
_IBAN_GOES_ON: Final = re.compile(_BEGUN)
"""How a part ends if an IBAN in it may end in a later one."""
_IBAN_BEGINS: Final = re.compile(rf"[A-Z]{{2}}[0-9]{{2}}|[Dd][Ee][\s.\-/:]{{0,3}}[0-9]|{_BEGUN}")
"""Stands in each part in which an IBAN may begin."""


@dataclass(frozen=True, slots=True)
class Kundennummern:
    """The Kundennummer that counts for a mail, and all of them if there are several, else none."""

    counts: str | None
    several: tuple[str, ...]


def read_facts(
    reading: Reading, *, dates: dict[str, date], where: Whereabouts, told: Kundennummern
) -> Facts:
    """All facts of a mail.

    `dates` is what `date_roles`, `where` what `whereabouts` found in it, `told` what
    `kundennummern_of` did.
    """
    kundennummer = told.counts
    doubt, named = _doubt_of(reading, kundennummer, told.several) if kundennummer else ("", ())
    mail = reading.mail
    text = mail.body.new
    iban = _iban_of(reading)
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
            *((doubt,) if doubt else ()),
        ),
        kundennummern=named,
    )


def _iban_of(reading: Reading) -> numbers.IbanFound:
    """That of the new text; else of the subject, unless it is that of an answer."""
    text = reading.mail.body.new
    if reading.iban.shape_seen:
        return _not_left(_without_accounts_of_others(text))
    if "D E" in text and (apart := _DIGIT_BY_DIGIT.search(text)):
        return numbers.find_iban("".join(apart.group().split()))
    if reading.iban.value or attached.is_answer(reading):
        return reading.iban
    return numbers.find_iban(reading.mail.subject)


def _not_left(text: str) -> numbers.IbanFound:
    """The IBAN of the text; of several none that its sentence says to be left, if another stands.

    What is called "alt" or "bisher" is known to `numbers.find_iban`. Source: label guide.
    """
    told, shape_seen = numbers.ibans(text)
    first = next(iter(told), numbers.IbanFound(shape_seen=shape_seen))
    return next((one for one in told if not _is_left(text, one)), first)


def _is_left(text: str, found: numbers.IbanFound) -> bool:
    before = fold(text[max(0, found.start - _BESIDE_CHARS) : found.start])
    after = fold(text[found.end : found.end + _BESIDE_CHARS])
    if _LEFT_BEFORE.search(before) or _LEFT_BEHIND.match(after):
        return True
    return bool(_FROM_ONE.search(before) and _TO_ANOTHER.match(after))


def kundennummern_of(reading: Reading) -> Kundennummern:
    """The Kundennummern of subject, new text, signature, names of files and quoted mail.

    Of several the one counts that is called the writer's own, else the first.
    """
    body = reading.mail.body
    # None goes from one part over into the next, so each may be looked at alone.
    found = (
        numbers.find_kundennummer(reading.mail.subject)
        or reading.kundennummer
        or (body.signature and numbers.find_kundennummer(body.signature))
        or (body.quoted and numbers.find_kundennummer(body.quoted))
    )
    if not found:
        found = _kundennummer_in_groups(f"{reading.mail.subject}\n{body.new}\n{body.signature}")
        return Kundennummern(found, _several(reading) if found else ())
    several = _several(reading)
    if found == reading.kundennummer and _OTHER_NUMBER.search(body.new):
        bare = numbers.find_kundennummer(_OTHER_NUMBER.sub("", body.new))
        return Kundennummern(bare, several)
    return Kundennummern(next(iter(several), found), several)


def _several(reading: Reading) -> tuple[str, ...]:
    """All of them, if there are several; else none."""
    if not customers.may_be_several(reading):
        return ()
    return customers.told_in(reading, other=_OTHER_NUMBER)


def _doubt_of(
    reading: Reading, number: str, several: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """The defect of a mail in which not one number stands that is surely its sender's, or "".

    With all numbers of which a person names the right ones then.
    """
    if len(several) > 1:
        return SEVERAL_NUMBERS, several
    return (NUMBER_UNCLEAR, (number,)) if whose_number.is_unclear(reading, number) else ("", ())


def _kundennummer_in_groups(text: str) -> str | None:
    groups = _IN_GROUPS.search(text)
    return "".join(groups.groups()).upper() if groups else None


def _is_malformed(text: str) -> bool:
    called = _CALLED_KUNDENNUMMER.search(text)
    if called is None or _OTHER_NUMBER.search(text):
        return False
    return sum(map(str.isdigit, called["written"])) >= _FEWEST_DIGITS


def _without_accounts_of_others(text: str) -> str:
    """The text without sentences and imprints in which an account is a company's, or the BA's.

    Of a part in which no IBAN begins or goes on nothing is asked: without it the same are found.
    """
    kept = [""]
    for part in _NEXT_SENTENCE.split(text):
        has_iban = _IBAN_BEGINS.search(part) or _IBAN_GOES_ON.search(
            kept[-1][-_LONGEST_BEGUN_CHARS:]
        )
        if not (has_iban and _is_of_others(fold(part))):
            kept.append(part)
    return "\n".join(kept)


def _is_of_others(part: str) -> bool:
    if _TO_THE_BA.search(part) and _PAID.search(part):
        return True
    firm = _OF_COMPANIES.search(part) or (
        _FIRM_LINE.search(part) and not _PERSON_SPEAKS.search(part)
    )
    return bool(firm) and not _OWN_ACCOUNT.search(part)
