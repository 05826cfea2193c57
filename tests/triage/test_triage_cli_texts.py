"""The commands for texts, and the way out into files and back."""

import json
from functools import partial

import pytest
from typer.testing import CliRunner

from rules.errors import HouseError
from store.approved import texts
from tests import commands
from tests.house_fixture import open_house
from tests.rules.text_samples import typed
from triage import wiring
from triage.cli import app as cli
from triage.cli import console
from triage.cli.console import operator
from triage.texts import life as text_life
from triage.texts import stock as text_stock
from triage.texts.life import Seen

RUN = CliRunner()

call = partial(commands.call, "texts")


@pytest.fixture
def house(sqlite_url, monkeypatch):
    house = open_house(sqlite_url)
    monkeypatch.setattr(wiring, "house_of", lambda _: house)
    yield house
    house.db.close()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "termin" / "neu.txt"
    path.parent.mkdir()
    path.write_text(typed(), encoding="utf-8")
    return path


def test_lint_names_errors_and_hints_and_ends_with_one_on_errors(house, file):
    assert "fit to be approved" in call("lint", file)
    file.write_text(typed(kanal="fax"), encoding="utf-8")
    found = json.loads(call("lint", file, "--json", code=1))
    assert (found["code"], found["line"], found["level"]) == ("text.header", 4, "error")
    assert "Zeile 4" in call("lint", file, code=1)


def test_a_file_with_the_mark_that_windows_writes_is_the_same_text(house, file):
    file.write_text(typed(), encoding="utf-8-sig")
    assert "fit to be approved" in call("lint", file)
    call("import", file)
    assert call("show", "termin.neu").startswith(typed().rstrip())


def test_files_are_imported_as_stock_and_one_as_a_draft(house, file):
    assert "106 texts taken in" in call("import")
    assert "0 texts taken in" in call("import")
    assert "version 1 is a draft" in call("import", file)
    lines = [json.loads(line) for line in call("list", "--json").splitlines()]
    assert {line["phase"] for line in lines} == {"in_force", "draft"}
    assert "-- version 1, draft" in call("show", "termin.neu")
    file.write_text(typed(titel="Zweiter"), encoding="utf-8")
    result = RUN.invoke(cli.app, ["texts", "import", str(file)])
    assert isinstance(result.exception, HouseError)
    assert result.exception.code == "text.open_draft"


def test_what_is_exported_passes_the_check_and_is_the_same_stock(
    house, file, tmp_path, monkeypatch
):
    text_stock.take_in(house)
    monkeypatch.setattr(console, "account", lambda: "anna")
    for version, title in ((1, "Eins"), (2, "Zwei")):
        text_life.draft(house, operator(), "termin.neu", typed(titel=title))
        text_life.submit(house, operator(), "termin.neu", version)
        monkeypatch.setattr(console, "account", lambda: "berta")
        text_life.approve(house, operator(), "termin.neu", version, seen=Seen())
        monkeypatch.setattr(console, "account", lambda: "anna")
    text_life.retire(house, operator(), "au.eingang", 1, reason="Gibt es nicht mehr.")
    out = tmp_path / "out"
    assert "107 versions" in call("export", out)
    assert texts.check(out) == ()
    loaded = texts.load(out)
    assert [text.title for text in loaded.versions("termin.neu")] == ["Eins", "Zwei"]
    assert loaded.versions("au.eingang") == ()
    assert "{+Zwei+}" in call("diff", "termin.neu", 1, 2)
    result = RUN.invoke(cli.app, ["texts", "export", str(out)])
    assert result.exception.code == "texts.folder"
