"""What the IT-Fachbetreuer needs to set up Outlook: a list of categories, and the guide.

The guide is docs/outlook.md with the names of the configuration. Source: Weisung 202404002
(support by IT-Fachbetreuende for QuickSteps); R7.
"""

import csv
import io
import re
from importlib.resources import files
from pathlib import Path
from typing import Final

from rules.errors import Refused
from rules.marks import OWN_NAMES, Effect, MarkBook, MarkRule, OwnMark, keyword
from rules.routing import CONCERN_FOLDER

LIST_FILE: Final = "kategorien.csv"
GUIDE_FILE: Final = "leitfaden-outlook.md"

_OWN: Final = {
    OwnMark.IN_WORK: ("Orange", "Vorgang ist in Arbeit"),
    OwnMark.DONE: ("Grün", "Vorgang ist abgeschlossen"),
    OwnMark.HANDED_OVER: ("Blau", "Vorgang geht anderswo weiter"),
}
_PEOPLE: Final = {
    Effect.DONE: ("Dunkelgrün", "schließt den Vorgang: erledigt"),
    Effect.ELSEWHERE: ("Dunkelblau", "schließt den Vorgang: weitergegeben"),
    Effect.CORRECT: ("Gelb", "berichtigt das Anliegen"),
    Effect.NOTE: ("Grau", "wird gezählt"),
}
"""Colours of Outlook's palette, and the effect in words."""

_LINK: Final = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def categories(book: MarkBook) -> str:
    """The list as CSV for Excel: semicolons, one line a category, with its keyword for IMAP."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(("Kategorie", "Farbe", "Wer setzt sie", "Bedeutung", "Schlüsselwort (IMAP)"))
    for mark in OwnMark:
        name = book.own[mark]
        table.writerow((name, _OWN[mark][0], "Postlotse", _OWN[mark][1], keyword(name)))
    for rule in book.people:
        colour = _PEOPLE[rule.effect][0]
        table.writerow((rule.name, colour, "Menschen", _effect(rule), keyword(rule.name)))
    return out.getvalue()


def guide(book: MarkBook) -> str:
    """The guide with the names of the house; links are left out, they lead nowhere there."""
    text = _LINK.sub(r"\1", _source())
    for mark, name in OWN_NAMES.items():
        text = text.replace(name, book.own[mark])
    lines = [f"| {rule.name} | {_effect(rule)} |" for rule in book.people]
    if not lines:
        return text
    head = ["", "## Ihre Kategorien", "", "| Kategorie | Wirkung |", "|---|---|"]
    return text.rstrip("\n") + "\n" + "\n".join((*head, *lines)) + "\n"


def _effect(rule: MarkRule) -> str:
    """What the category does; a concern is called as its folder, which people see in Outlook."""
    meaning = _PEOPLE[rule.effect][1]
    return f"{meaning}: {CONCERN_FOLDER[rule.concern]}" if rule.concern else meaning


def write(book: MarkBook, folder: Path) -> tuple[Path, Path]:
    """Both files, written anew. Raises: Refused: `quicksteps.folder`."""
    listed, guided = folder / LIST_FILE, folder / GUIDE_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # With the mark that Excel needs to read umlauts.
        listed.write_text(categories(book), encoding="utf-8-sig", newline="")
        guided.write_text(guide(book), encoding="utf-8")
    except OSError as exc:
        raise Refused(
            "quicksteps.folder",
            f"Can't write into {folder} ({exc.strerror}). Give a folder that you may write to.",
            folder=str(folder),
        ) from exc
    return listed, guided


def _source() -> str:
    """docs/outlook.md: in the wheel it lies beside the data, in a source tree in docs/."""
    packed = files("domain") / "outlook.md"
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    path = Path(__file__).resolve().parents[2] / "docs" / "outlook.md"
    return path.read_text(encoding="utf-8")
