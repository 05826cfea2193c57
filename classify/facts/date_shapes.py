"""How German dates look in folded text, the longest and surest shapes first.

An earlier shape takes its stretch of text before a later one is tried. What must not stand before
a digit is asked behind it, so that a search leaps from digit to digit. Source: facts section 10.
"""

import re
from typing import Final

from classify.facts import day_words, feasts

_MONTHS: Final = (
    "jan(?:uar|ner|uary)?|jaen(?:ner)?|feb(?:ruar|ruary|er)?|maerz|marz|mrz|march|apr(?:il)?|mai|may"
    "|jun[ioe]?|jul[iy]?|aug(?:ust)?|sept?(?:ember)?|okt(?:ober)?|october|nov(?:ember)?"
    "|dez(?:ember)?|december"
)
"""German, Austrian, English, and March as those write it who have no umlaut."""
_NAME: Final = rf"(?P<name>{_MONTHS})\b"
# "ab 1. Juni 12 Stunden" names hours, no year.
_YEAR: Final = (
    r"(?P<year>(?:19|20)\d\d|\d\d(?![\d:]|\.\d|\s?(?:euro?\b|€|%|std|stunden|uhr|prozent)))"
)
_COMING: Final = r"(?:naechste[nr]?|kommende[nr]?)"
_WEEKDAY: Final = "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag"
_COUNT: Final = r"\d{1,2}|ein(?:er?|em)?|zwei|drei|vier|fuenf|sechs|acht|zehn"
_GONE: Final = r"(?:letzte[nr]?|vergangene[nr]?|vorige[nr]?)"

SHAPES: Final = (
    ("iso", r"(?P<year>2(?<!\d2)0\d\d|1(?<!\d1)9\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)"),
    # The first day of "3. bis 14.3.": the month stands with the last one.
    (
        "day_of_range",
        (
            r"(?P<day>\d(?<![\d.,]\d)\d?)\.?(?=(?:,\s\d{1,2}\.){0,4}\s?(?:bis|-|–|—|\+|und)"
            r"(?:\s(?:zum|einschl\w*\.?|inkl\w*\.?|(?:mo|di|mi|do|fr|sa|so)[a-z]*\.?,?))?"
            rf"\s?\d{{1,2}}(?:\.\s?(?P<month>\d{{1,2}})\b\.?|\.?\s?{_NAME}\.?)"
            r"\s?(?P<year>(?:20\d\d|[12]\d(?!\d|[.:]))?))"
        ),
    ),
    ("dashed", r"(?P<day>\d(?<![\d.,/-]\d)\d?)-(?P<month>\d\d?)-(?P<year>20\d\d)(?!\d)"),
    # No year needs a closing dot or a seam, else "12.5 Stunden" were the twelfth of May.
    (
        "numeric",
        (
            rf"(?P<day>\d(?<![\d,]\d)\d?)[./]\s?(?P<month>\d{{1,2}})(?:[./]\s?{_YEAR}"
            r"|\.|(?=[\s,;:!?)–-]|$))(?!\d|\s?(?:uhr|euro|€|%|std|stunden))"
        ),
    ),
    ("worded", rf"(?P<day>\d(?<![\d.,]\d)\d?)\.?\s?{_NAME}\.?(?:\s?{_YEAR})?"),
    # Dictated mail spells the month out too: "am achtzehnten elften".
    (
        "spelled",
        (
            rf"\b(?P<ordinal>{day_words.SHAPE})\s(?:{_NAME}|(?P<nth>{day_words.SHAPE})\b)"
            r"(?:\s(?P<year>20\d\d))?"
        ),
    ),
    (
        "part_of_month",
        (
            rf"(?P<part>a(?<!\wa)nfang|m(?<!\wm)itte|e(?<!\we)nde)\s(?:des\s)?(?:monats?\s)?{_NAME}"
            r"(?:\s?(?P<year>20\d\d))?"
        ),
    ),
    ("feast", rf"\b(?P<feast>{feasts.SHAPE})\b"),
    ("month_end", r"\b(?:monatsende|ultimo|ende (?:des|dieses|diesen) monats)\b"),
    ("next_month", r"\b(?:anfang )?(?:naechsten|kommenden) monat\w*|\bnaechsten ersten\b"),
    ("year_end", r"\b(?:jahresende|silvester\w*|ende (?:des|dieses|diesen) jahres)\b"),
    ("new_year", r"\b(?:neujahr|jahresbeginn|jahresanfang)\b"),
    ("quarter_end", r"\b(?:quartalsende|ende (?:des|dieses) quartals)\b"),
    ("calendar_week", r"\bkw\.?\s?(?P<week>\d{1,2})\b"),
    ("next_week_end", rf"\bende (?:der )?{_COMING} woche\b"),
    ("week_end", r"\b(?:ende (?:der|dieser) woche|wochenende|ende woche)\b"),
    (
        "day_of_next_week",
        (
            rf"\b(?:{_COMING} woche (?:am )?(?P<before>{_WEEKDAY})"
            rf"|(?P<behind>{_WEEKDAY}) {_COMING} woche)\b"
        ),
    ),
    ("today_in", rf"\bheute in (?P<count>{_COUNT}) (?P<unit>tag|woche)\w*\b"),
    ("next_week", rf"\b(?:anfang )?(?:{_COMING}|ab) woche\b"),
    ("days_ago", r"\bvor (?P<count>\d{1,2}|zwei|drei|vier|fuenf) (?P<unit>tagen|wochen)\b"),
    ("heute", r"(?:heut(?<!\wheut)(?:e|igen)?|ab(?<!\wab) sofort|today(?<!\wtoday))\b"),
    ("vorgestern", r"vorgestern(?<!\wvorgestern)\b"),
    ("gestern", r"(?:gestern(?<!\wgestern)|yesterday(?<!\wyesterday))\b"),
    ("uebermorgen", r"uebermorgen(?<!\wuebermorgen)\b"),
    # "Guten Morgen" and "am Morgen" are no day.
    (
        "morgen",
        (
            r"morgen(?<!guten morgen)(?<!heute morgen)(?<!am morgen)(?<!jeden morgen)"
            r"(?<!schoenen morgen)(?<!\wmorgen)\b"
        ),
    ),
    (
        "weekday",
        (
            rf"\b(?:(?P<which>{_GONE}|{_COMING}|diese[nr]?)\s)?"
            rf"(?P<weekday>{_WEEKDAY})(?:frueh|morgen|vormittag|mittag|nachmittag|abend|nacht)?\b"
            # "Montag, dem 30. März" is one day, and its number is the surer name.
            r"(?!,?\s(?:(?:den|dem|der)\s)?\d{1,2}\.(?!\d\d(?![.\d])))"
            r"(?P<last>\sletzter woche)?"
        ),
    ),
    # "Diese Woche (14. bis 18.)": no month at all, only the seam tells that days are meant.
    (
        "day_of_bare_range",
        (
            r"(?P<day>\d(?<![\d.,/]\d)\d?)\.(?=\s?(?:bis|-|–)\s?\d{1,2}\."
            rf"(?!\s?\d|\s?(?:{_MONTHS})\b))"
        ),
    ),
    # "bis 20.", "seit dem 18.": no month; an ordinal ("zum 2. Mal") looks alike, its role tells.
    (
        "day_only",
        (
            r"(?P<day>\d(?<=\s\d)(?=\d?\.)"
            r"(?:(?<=\bbis \d)|(?<=\bseit \d)|(?<=\bab \d)|(?<=\bam \d)|(?<=\bzum \d)"
            r"|(?<=\bvom \d)|(?<=\bdes \d)|(?<=\beinschl\. \d)|(?<=\bdem \d)|(?<=\bden \d)"
            r"|(?<=\bder \d))\d?)"
            rf"\.(?!\s?\d|\s?(?:{_MONTHS})\b)"
        ),
    ),
    (
        "weekday_short",
        (
            r"(?:(?<=bis )|(?<=seit ))(?P<weekday>mo|di|mi|do|fr|sa|so(?<!seit so))"
            r"(?=[\s.,;!)]|$)\b(?!\.?,?\s\d)(?P<last>\sletzter woche)?"
        ),
    ),
    ("month_only", rf"(?<=\bab ){_NAME}(?:\s?(?P<year>20\d\d))?"),
    # "Ab heute für 14 Tage": the last of so many days, the named one counted in (§ 187 (2) BGB).
    ("duration", rf"\b(?:fuer )?(?P<count>{_COUNT}) (?P<unit>tag|woche)[en]?\b"),
)

_SEAM, _FROM, _BEGINS = "seam", "from", "begins"
ALSO: Final = {
    "day_of_range": (_SEAM,),
    "day_of_bare_range": (_SEAM,),
    "month_only": (_FROM,),
    "duration": (_BEGINS,),
}
"""What else must stand in the sentence; no shapes, but watched for beside them."""
SIGNS: Final = {name: [shape] for name, shape in SHAPES} | {
    _SEAM: [r"(?:bis|und)(?![a-z])|[-–—+](?![a-z])"],
    _FROM: [r"\bab\b"],
    _BEGINS: [r"\b(?:ab|seit|vom)\b"],
    "day_of_range": [r"\d\.?(?:(?![\w./:])|bis|und)"],
    "iso": [r"\d\d\d\d-\d\d-\d"],
    "dashed": [r"\d-\d\d?-20"],
    "numeric": [r"\d[./]"],
    "worded": [rf"(?:{_MONTHS})\b"],
    "part_of_month": [r"\b(?:anfang|mitte|ende)\b"],
    "weekday_short": [r"\b(?:mo|di|mi|do|fr|sa|so)\b"],
    "day_only": [r"\b\d\d?\."],
    "day_of_bare_range": [r"\d\."],
    "month_only": [rf"\b(?:{_MONTHS})\b"],
    "duration": [r"\b(?:tage?|wochen?)\b"],
}
"""What to watch for: the shapes, but of those that would be suspected everywhere what stands in
each of them, between two blanks."""

PATTERNS: Final = tuple((name, re.compile(shape)) for name, shape in SHAPES)
"""Name of the shape and its pattern; groups are what `classify.facts.dates` computes with."""
