"""The commands for rule sets: a whole life at the console, by two accounts."""

import json
from functools import partial

import pytest
from typer.testing import CliRunner

from store.mails import keeping
from store.mails.keeping import Arrival
from tests import commands, one_sorter
from tests.house_fixture import Clock, eml, open_house
from tests.rules.ruleset_samples import HEAD, rule
from triage import wiring
from triage.cli import app as cli
from triage.cli import console

RUN = CliRunner()

call = partial(commands.call, "ruleset")
refusal = partial(commands.refusal, "ruleset")


@pytest.fixture
def config(sqlite_url, tmp_path, monkeypatch):
    """A small house with one sorted mail; commands get the simple judge instead of a model."""
    file = tmp_path / "postlotse.toml"
    file.write_text(f'[store]\nurl = "{sqlite_url}"\n')
    # It stands still: what is put into force takes effect seconds later, and a machine may be slow.
    house = open_house(sqlite_url, clock=Clock())
    with house.db.write() as tx:
        now = house.clock()
        data = eml("Frage zur Umschulung", "34117 Kassel")
        keeping.keep(tx, Arrival(data, now, "api", None, "Südwest", None), now=now)
    one_sorter.sort_pending(house)
    monkeypatch.setattr(wiring, "house_of", lambda _: house)
    yield file
    house.db.close()


@pytest.fixture
def text(tmp_path):
    file = tmp_path / "regeln.toml"
    file.write_text(HEAD + rule('betreff = "Umschulung"'), encoding="utf-8")
    return file


def test_a_rule_set_from_draft_to_rollback(config, text, monkeypatch):
    conf = ("-c", str(config))
    monkeypatch.setattr(console, "account", lambda: "anna")
    assert "fit to be activated" in call("lint", text, *conf)
    found = json.loads(call("dry-run", text, "--json", "--days", 3, *conf))
    assert (found["moved"], found["hits"]) == (1, {"r1": 1})
    assert "version 1 is a draft" in call("draft", text, *conf)
    assert "1 would lie elsewhere" in call("dry-run", "regeln", *conf)
    assert refusal("activate", "regeln", "--confirm", *conf) == "ruleset.not_named"
    own = ("activate", "regeln", "--confirm", "--version", 1)
    assert refusal(*own, *conf) == "ruleset.same_person"
    monkeypatch.setattr(console, "account", lambda: "berta")
    assert "nothing was changed" in call("activate", "regeln", *conf)
    assert json.loads(call("show", "--json", *conf).splitlines()[0])["now"] is None
    confirmed = call("activate", "regeln", *conf).splitlines()[-1].split()
    wrong = [*confirmed[:-1], "0" * 64]
    assert refusal("activate", "regeln", *wrong, *conf) == "ruleset.changed"
    call("activate", "regeln", *confirmed, *conf)
    assert json.loads(call("show", "--json", *conf).splitlines()[0])["planned"] == ["regeln.1"]
    assert "Betreff enthält" in call("show", "regeln", *conf)
    assert json.loads(call("show", "regeln", "--version", 1, "--json", *conf))["id"] == "regeln"
    unnamed = RUN.invoke(cli.app, ["ruleset", "rollback", *map(str, conf)])
    assert unnamed.exception.code == "ruleset.not_named"
    words = unnamed.exception.message.partition("postlotse ruleset ")[2].split()
    assert words == ["rollback", "--to", "none"]
    assert refusal("rollback", "--to", "regeln.1", *conf) == "ruleset.changed"
    assert "1 planned activation(s) withdrawn" in call(*words, *conf)
    assert "none holds already; nothing was changed" in call(*words, *conf)


def test_lint_names_line_and_remedy_and_ends_with_one(config, text):
    text.write_text(HEAD + rule('kanal = "fax"'))
    found = json.loads(call("lint", text, "--json", "-c", config, code=1))
    assert (found["code"], found["line"]) == ("ruleset.code_unknown", 9)
    assert "kontaktformular" in found["remedy"]
    assert "Zeile 9" in call("lint", text, "-c", config, code=1)


def test_wrong_input_ends_with_its_code(config, text, tmp_path):
    assert refusal("lint", tmp_path / "nothing.toml", "-c", config) == "ruleset.file"
    assert refusal("show", "nothing", "-c", config) == "ruleset.unknown"
    assert refusal("rollback", "-c", config) == "ruleset.none_in_force"
    call("draft", text, "-c", config)
    words = ("activate", "regeln", "--confirm", "--version", 1, "--from", "bald", "-c", config)
    assert refusal(*words) == "ruleset.day"


SIEVE = """require "fileinto";
if header :contains "subject" "Umschulung" { fileinto "435 Kassel/Umschulung"; stop; }
if header :contains "subject" "x" { discard; }
"""


def test_a_sieve_script_becomes_a_text_and_what_was_left_out_is_told(config, tmp_path):
    script, out = tmp_path / "alt.sieve", tmp_path / "neu.toml"
    script.write_text(SIEVE)
    told = call("import", "--sieve", script, "--out", out, "--region", "Südwest", "-c", config)
    assert "import.forbidden" in told
    assert "1 rule in" in told
    assert "can be tried" in told
    assert "version 1 is a draft" in call("draft", out, "-c", config)


def test_a_postbox_gives_its_outlook_rules_where_it_is_exchange(config, tmp_path):
    words = ("import", "--out", tmp_path / "neu.toml", "-c", config)
    assert refusal(*words) == "ruleset.import_source"
    assert refusal(*words, "--postbox", "SC-Ost") == "postbox.unknown"
    config.write_text(
        config.read_text() + '[[postboxes]]\nkind = "maildir"\nname = "SC-Ost"\nregion = "Ost"\n'
        'root = "mail"\n'
    )
    assert refusal(*words, "--postbox", "SC-Ost") == "postbox.no_rules"
