"""What a scanner for malicious code said of one attachment. Never a reason to lose a mail."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NAME_CHARS: Final = 80
"""Longest name of a finding that is shown; what the scanner sends is a stranger's text."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")

PROGRAMS: Final = frozenset(
    str.split(
        "ade adp apk app appx bat chm cmd com cpl dll docm exe hta img inf iso jar js jse lnk mde"
        " msc msi msix msp mst one pif potm ppam pptm ps1 ps2 psc1 reg rgs scf scr sct shb sys url"
        " vb vbe vbs vhd vhdx vxd wsc wsf wsh xlam xlsm xltm"
    )
)
"""Endings that Windows or Office runs. Source: Microsoft, blocked attachments in Outlook; own
decision 0071: documents with macros, too."""


class ScanState(StrEnum):
    """`unscanned`: nobody can say; shown as such, and never taken for clean. Own decision 0071."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNED = "unscanned"


@dataclass(frozen=True, slots=True)
class Scan:
    """`name` is the finding's, or why nothing is known, as a code."""

    state: ScanState
    name: str = ""


def infected(name: str) -> Scan:
    """Found; its name cut down to letters that are safe to show. Own decision 0071."""
    return Scan(ScanState.INFECTED, _UNSAFE.sub("", name)[:NAME_CHARS] or "unnamed")


def unscanned(code: str) -> Scan:
    """Not looked at, with the reason as a code. Own decision 0071."""
    return Scan(ScanState.UNSCANNED, code)


def is_program(name: str) -> bool:
    """Whether a double click would run a file of that name, by its ending. Own decision 0071."""
    _, dot, ending = name.rpartition(".")
    return bool(dot) and ending.lower().strip() in PROGRAMS
