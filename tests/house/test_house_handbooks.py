"""The German handbooks name buttons, messages and commands that are there today."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from triage.cli import app as cli
from triage.settings.marks import MarksSettings

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("handbuch_eingangszone", "handbuch_verwaltung", "personalrat", "deletion", "texts")
QUOTED = re.compile(r"„([^“”]{2,80})“")
COMMAND = re.compile(r"(?:^|`)postlotse ([a-z-]+)(?: ([a-z-]+))?", re.MULTILINE)
ELSEWHERE = {
    "bis zu dieser nachricht angesehen", "von hand verschoben", "postlotse: in arbeit",
}  # fmt: skip
"""Words of the page itself, of a setting, or of Outlook."""


def plain(text: str) -> str:
    """One blank between words, parts of a Python text joined, small letters."""
    return re.sub(r"\s+", " ", re.sub(r'"\s*\n\s*f?"', "", text)).casefold()


def commands(group: Any) -> dict[str, Any]:
    """Those below a command, by name; none where it is no group."""
    return getattr(group, "commands", {})


def said_on_pages() -> str:
    files = [*(ROOT / "api").rglob("*.py"), *(ROOT / "api/web").rglob("*.html")]
    files += [ROOT / "api/web/static/desk.js", *(ROOT / "triage").rglob("*.py")]
    return plain("\n".join(path.read_text("utf-8") for path in files))


@pytest.mark.parametrize("page", PAGES)
def test_what_stands_in_quotes_stands_on_a_page(page: str) -> None:
    text = plain((ROOT / f"docs/{page}.md").read_text("utf-8"))
    on_pages = said_on_pages()
    quoted = {words.rstrip(".") for words in QUOTED.findall(text)} - ELSEWHERE
    assert quoted
    assert sorted(words for words in quoted if words not in on_pages) == []


@pytest.mark.parametrize("page", [*PAGES, "operations", "safety", "deploy", "security"])
def test_each_command_exists(page: str) -> None:
    made = commands(typer.main.get_command(cli.app))
    for word, more in COMMAND.findall((ROOT / f"docs/{page}.md").read_text("utf-8")):
        assert word in made, f"{page}: postlotse {word}"
        below = commands(made[word])
        assert not more or not below or more in below, f"{page}: postlotse {word} {more}"


def test_the_mark_that_the_handbook_names_is_the_default() -> None:
    assert MarksSettings().in_work.casefold() in ELSEWHERE
