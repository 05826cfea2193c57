"""The agency that a mail addresses in its words: "An die Agentur für Arbeit Kassel".

Only the subject and the first lines are asked, where a letter names whom it is for.
Source: own decision 0116.
"""

import re
from typing import Final

from rules.agencies import Agency
from rules.directory import Directory

_LINES: Final = 4
_LINE_CHARS: Final = 90
_DOUBT: Final = " oder "
_NAMED = re.compile(
    r"(?:(?:[Aa]rbeitsa|\b[Aa])gentur(?: f(?:ü|ue)r Arbeit)?|\bAA)(?: in)? "
    r"(?P<name>[A-ZÄÖÜ][\w.-]+(?:[ -](?:am |an der |im |\()?[A-ZÄÖÜ][\w.)-]+){0,2})"
)


def agency_addressed(directory: Directory, *, subject: str, text: str) -> Agency | None:
    """The one agency that subject or first lines name; None if there is none, or several.

    Source: own decision 0116.
    """
    lines = [subject, *filter(None, map(str.strip, text.splitlines()))][: _LINES + 1]
    named = {
        agency.code: agency
        for line in lines
        if _DOUBT not in line
        for match in _NAMED.finditer(line[:_LINE_CHARS])
        if (agency := _agency(directory, match["name"]))
    }
    return named.popitem()[1] if len(named) == 1 else None


def _agency(directory: Directory, written: str) -> Agency | None:
    """By the longest beginning of what was written that is an agency's name or seat."""
    words = written.split()
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count]).rstrip(".")
        agency = directory.by_mailbox(name).agency
        if agency is not None:
            return agency
    return None
