"""Which IMAP keywords are marks of people, on a server or in a Maildir.

Mail programs set keywords of their own ("forwarded", "not spam"): those say nothing of the work.
Source: RFC 5788 (registry of keywords); RFC 3501 section 2.3.2; own decision 0047.
"""

import re
from collections.abc import Iterable

_LABEL = re.compile(r"\$label\d", re.IGNORECASE)
"""Thunderbird's five labels, which people set. Source: RFC 5788 registry; own decision 0047."""

_OF_PROGRAMS = frozenset(
    {"junk", "nonjunk", "notjunk", "forwarded", "redirected", "receiptchecked"}
)


def set_by_people(flags: Iterable[str]) -> frozenset[str]:
    r"""Those flags that are marks: no system flag ("\Seen") and none that programs set."""
    return frozenset(
        flag
        for flag in flags
        if flag[:1] != "\\"
        and (flag[:1] != "$" or _LABEL.fullmatch(flag))
        and flag.casefold() not in _OF_PROGRAMS
    )
