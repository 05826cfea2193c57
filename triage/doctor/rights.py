"""The doctor's look at the service's own rights in a postbox: enough to read, to file, to empty.

What other people may do there is another matter (docs/rights.md). On Exchange nothing is asked: a
folder that can't be had is told by the worker (`postbox.no_right`).
Source: F59; own decision 0045; RFC 4314 section 2.1.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Final

from triage.doctor.finding import Finding, bad, good
from triage.ports import INBOX
from triage.settings.postbox import ImapSettings, MaildirSettings, PostboxSettings
from triage.wiring import postboxes

_WORDS: Final = MappingProxyType(
    {
        "l": "Ordner sehen (l)",
        "r": "lesen (r)",
        "t": "als gelöscht vormerken (t)",
        "e": "Gelöschtes entfernen (e)",
        "i": "einfügen (i)",
    }
)
READING: Final = frozenset("lr")
TAKING_OUT: Final = frozenset("lrte")
"""Moving is copying and removing. Source: RFC 6851 section 3.4."""
LAYING_IN: Final = frozenset("li")


def own(box: PostboxSettings, target: str | None) -> Iterator[Finding]:
    """What is missing, by folder; nothing where nobody can tell. `target`: a folder to file into.

    Raises: TryLater, Refused: as the driver.
    """
    writes = box.mode != "observe"
    wanted = {INBOX: TAKING_OUT if writes else READING}
    if writes and target is not None:
        wanted[target] = LAYING_IN
    if isinstance(box, MaildirSettings):
        yield from _maildir(box.name, box.root, writes=writes)
    elif isinstance(box, ImapSettings):
        found = postboxes.own_rights(box, tuple(wanted))
        lacks = {folder: wanted[folder] - letters for folder, letters in found.items()}
        yield from _told(box.name, lacks)


def _told(box: str, lacks: dict[str, frozenset[str]]) -> Iterator[Finding]:
    name = f"postboxes:{box}:rights"
    if lacks and not any(lacks.values()):
        yield good(name, "Das Konto hat im Postfach die Rechte, die es braucht.")
    for folder, letters in lacks.items():
        if letters:
            words = ", ".join(_WORDS[letter] for letter in sorted(letters))
            told = f"Dem Konto fehlt im Ordner {folder}: {words}."
            yield bad(name, told, "Dem Konto dieses Recht geben (IMAP: SETACL).")


def _maildir(box: str, root: Path, *, writes: bool) -> Iterator[Finding]:
    need = os.R_OK | os.X_OK | (os.W_OK if writes else 0)
    name = f"postboxes:{box}:rights"
    closed = [one for one in ("cur", "new") if not os.access(root / one, need)]
    if closed:
        told = f"In {root / closed[0]} darf der Dienst nicht {'schreiben' if writes else 'lesen'}."
        yield bad(name, told, "Rechte des Kontos an diesem Ordner geben.")
    else:
        yield good(name, "Der Dienst hat im Postfach die Rechte, die er braucht.")
