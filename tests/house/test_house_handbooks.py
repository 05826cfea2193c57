"""The German handbooks name buttons, messages and commands that are there today."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from triage.cli import app as cli
from triage.settings.marks import MarksSettings

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("handbuch_eingangszone", "handbuch_verwaltung", "personalrat", "deletion", "texts")
QUOTED = re.compile(r"„([^“”]{2,80})“")
COMMAND = re.compile(r"(?:^ *|`|bin/|Example: )postlotse ([a-z][^`#|;&>\"\n…]*)", re.MULTILINE)
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


@cache
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


def told_commands() -> list[tuple[str, list[str]]]:
    """Place and words of each command that a page, an example or a unit gives, in one line."""
    files = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "triage/cli").glob("*.py"),
    ]
    files += [path for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    return [
        (f"{path.relative_to(ROOT)}: postlotse {words}", words.partition("  ")[0].split())
        for path in files
        for words in COMMAND.findall(path.read_text("utf-8"))
    ]


def test_each_command_exists_with_its_options() -> None:
    told = told_commands()
    assert len(told) > 300
    everything = typer.main.get_command(cli.app)
    for place, words in told:
        node: Any = everything
        while words and commands(node):
            word = words.pop(0)
            assert word in commands(node), place
            node = commands(node)[word]
        known = {name for one in node.params for name in (*one.opts, *one.secondary_opts)}
        given = {word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)}
        assert given <= known | {"--help"}, place


def test_the_mark_that_the_handbook_names_is_the_default() -> None:
    assert MarksSettings().in_work.casefold() in ELSEWHERE
