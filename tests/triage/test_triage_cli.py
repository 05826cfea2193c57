"""Every command explains itself, speaks JSON where asked, and ends with a code."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from importlib import metadata
from pathlib import Path

import pytest
import sqlalchemy as sa
import typer
from typer.testing import CliRunner

from ingest.maildir.postbox import create_tree
from store.database import schema
from store.mails import keeping
from store.mails.keeping import Arrival
from store.sending import outgoing, outgoing_claims
from store.sending.outgoing import NewOutgoing
from store.tables import ledger as tables
from tests import one_sorter
from tests.commands import call, refusal
from tests.house_fixture import MACHINE, eml, open_house
from triage import accept, wiring
from triage.cli import app as cli
from triage.cli import outbox as outbox_commands

RUN = CliRunner()


def commands(command, path=()) -> list[tuple[str, ...]]:
    if hasattr(command, "commands"):
        return [
            leaf for name, sub in command.commands.items() for leaf in commands(sub, (*path, name))
        ]
    return [path]


ALL = commands(typer.main.get_command(cli.app))


@pytest.fixture
def config(small_config) -> Path:
    return small_config


def test_the_names_that_stay_are_there():
    assert {path[0] for path in ALL} >= {
        "demo", "serve", "work", "judge", "train", "evaluate", "texts", "outbox", "aside",
        "reconcile", "trail", "keys", "migrate",
    }  # fmt: skip


def test_who_asks_hears_which_version_runs_on_which_tables():
    told = RUN.invoke(cli.app, ["--version"])
    assert told.exit_code == 0
    assert told.stdout == f"postlotse {metadata.version('postlotse')}, tables {schema.HEAD}\n"


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_each_command_explains_itself_with_an_example(path):
    assert "Example: postlotse " + path[0] in call(*path, "--help")


def test_judge_prints_one_json_object_a_mail_in_the_order_given(tmp_path):
    for name, subject in (("b.eml", "Krankmeldung"), ("a.eml", "Termin absagen")):
        (tmp_path / name).write_bytes(eml(subject, "Guten Tag, ich melde mich krank. 34117 Kassel"))
    lines = call("judge", str(tmp_path / "b.eml"), str(tmp_path)).splitlines()
    verdicts = [json.loads(line) for line in lines]
    assert [verdict["file"] for verdict in verdicts] == ["b.eml", "a.eml", "b.eml"]
    assert verdicts[0]["concerns"][0]["code"] == "au"
    assert verdicts[0]["agency"] == {
        "code": "435",
        "name": "Kassel",
        "how": "plz",
        "because": verdicts[0]["agency"]["because"],
    }
    assert list(verdicts[0])[:5] == [
        "file",
        "channel",
        "concerns",
        "payment_relevant",
        "payment_because",
    ]


def test_judge_takes_a_mail_from_standard_input():
    result = RUN.invoke(cli.app, ["judge", "-"], input=eml("Krankmeldung"))
    assert json.loads(result.output)["file"] == "-"


def test_a_missing_file_and_a_broken_corpus_are_refused_with_their_codes(tmp_path):
    assert refusal("judge", str(tmp_path / "nowhere.eml")) == "judge.no_file"
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "x"}\nnot json\n')
    out = tmp_path / "model.postlotse"
    assert refusal("train", str(bad), "--out", str(out)) == "corpus.invalid"
    assert not out.exists()


def test_a_changed_model_is_refused(tmp_path):
    changed = tmp_path / "model.postlotse"
    changed.write_bytes(b"not a model")
    assert refusal("judge", "-", "--model", str(changed)) == "model.signature"


def test_texts_are_checked_against_their_approval(tmp_path):
    assert "word for word" in call("texts", "check")
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "approvals.toml").write_text("")
    (folder / "au").mkdir()
    (folder / "au" / "eingang.txt").write_text("titel: x\n\nGuten Tag")
    assert "text." in call("texts", "check", str(folder), code=1)


def test_a_command_that_judges_nothing_does_not_load_the_judge_nor_the_web():
    """Seconds at each start of `postlotse keys new`, and of every container's health check."""
    heavy = ("numpy", "sklearn", "scipy", "fastapi", "lxml", "exchangelib")
    code = f"import sys, triage.cli.app; print([m for m in {heavy} if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert told.stdout.strip() == "[]"


def test_a_new_key_is_shown_once_with_its_hash_for_the_file():
    shown = call("keys", "new", "sc-ost")
    assert "sc-ost." in shown
    assert "$argon2id$" in shown


def test_no_dead_letter_is_left_out_of_the_list(config, sqlite_url, monkeypatch):
    house = open_house(sqlite_url, clock=wiring.utc_now)
    with house.db.write() as tx:
        for key in "abc":
            outgoing.order(tx, NewOutgoing("webhook", key, {}), now=house.clock())
        tx.run(sa.update(tables.outgoing).values(state=tables.OutgoingState.DEAD))
    house.db.close()
    monkeypatch.setattr(outbox_commands, "LISTED", 2)
    listed = call("outbox", "list", "-c", str(config), "--json").splitlines()
    assert [json.loads(line)["id"] for line in listed] == [3, 2, 1]


def test_the_sum_the_trail_and_the_lists_of_a_small_house(config, sqlite_url, tmp_path):
    house = open_house(sqlite_url, clock=wiring.utc_now)
    accept.hand_in(house, MACHINE, eml("explodiere"))
    house.db.close()
    box, everything = map(json.loads, call("reconcile", "-c", str(config), "--json").splitlines())
    assert (box["postbox"], box["seen"], box["difference"]) == ("SC-Ost", 0, 0)
    assert (everything["postbox"], everything["seen"], everything["differences"]) == (None, 1, [])
    assert "whole" in call("trail", "verify", "-c", str(config))
    assert call("outbox", "list", "-c", str(config), "--json") == ""
    (row,) = call("aside", "list", "-c", str(config), "--json").splitlines()
    number = str(json.loads(row)["message"])
    exported = tmp_path / "out.eml"
    call("aside", "export", number, "-c", str(config), "--out", str(exported))
    assert b"explodiere" in exported.read_bytes()
    assert exported.stat().st_mode & 0o777 == 0o600
    nowhere = str(tmp_path / "no" / "out.eml")
    assert refusal("aside", "export", number, "-c", str(config), "--out", nowhere) == "aside.file"
    assert number in call("aside", "replay", number, "-c", str(config))
    assert call("aside", "list", "-c", str(config), "--reason", "bug") == ""
    assert call("aside", "replay-all", "-c", str(config)).startswith("0 ")
    assert refusal("outbox", "replay", "7", "-c", str(config)) == "outgoing.unknown"
    assert call("outbox", "replay-all", "-c", str(config)).startswith("0 ")
    assert call("filing", "list", "-c", str(config), "--json") == ""
    assert "0 mails" in call("filing", "again", "-c", str(config))
    assert refusal("outbox", "match", "-c", str(config), "--day", "gestern") == "outbox.day"
    assert refusal("outbox", "match", "-c", str(config)) == "eakte.drop_missing"
    assert refusal("reconcile", "-c", str(config), "--day", "gestern") == "reconcile.day"


def test_a_day_without_a_stranger_closes_and_one_with_does_not(config, tmp_path):
    receipts = tmp_path / "var/eakte/quittungen"
    receipts.mkdir(parents=True)
    words = ("outbox", "match", "-c", str(config), "--day", "2020-03-02")
    assert json.loads(call(*words, "--json"))["closes"]
    told = {"key": "eakte-1-1-abc", "accepted": True, "reference": "EA-1", "sha256": "",
            "received_at": "2020-03-02T09:00:00+00:00", "reason": ""}  # fmt: skip
    (receipts / "x.json").write_text(json.dumps(told), encoding="utf-8")
    assert "missing_here" in call(*words, code=1)


def test_the_match_of_today_names_what_is_overdue_since_days(config, sqlite_url, tmp_path):
    """The alarm's remedy leads here, and mostly it stands for a day before."""
    (tmp_path / "var/eakte/quittungen").mkdir(parents=True)
    house = open_house(sqlite_url, clock=wiring.utc_now)
    with house.db.write() as tx:
        long_ago = house.clock() - timedelta(days=9)
        row = outgoing.order(tx, NewOutgoing("eakte", "eakte-1", {}), now=long_ago)
        (claimed,) = outgoing_claims.claim(
            tx, kinds=("eakte",), worker="w", now=long_ago, limit=1, lease_seconds=60
        )
        outgoing_claims.sent(tx, row, fence=claimed.fence, answer="", now=long_ago)
    house.db.close()
    words = ("outbox", "match", "-c", str(config))
    assert "receipts overdue, of all days: 1\n  eakte-1 left " in call(*words)
    (told,) = json.loads(call(*words, "--json"))["overdue"]
    assert told["key"] == "eakte-1"


def test_an_archive_is_filled_in_once_and_reported(config, tmp_path):
    create_tree(tmp_path / "mail")
    folder = tmp_path / "archive"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.eml").write_bytes(eml(f"Termin {number}"))
    words = ("backfill", str(folder), "-c", str(config), "--postbox", "SC-Ost", "--rate", "0")
    first = json.loads(call(*words, "--json").splitlines()[-1])
    assert (first["in_archive"], first["kept"], first["known"]) == (3, 3, 0)
    assert "0 of 3 mails filled in, 3 known already, 0 left out" in call(*words)
    (folder / "large.eml").write_bytes(eml("Unterlagen"))
    os.truncate(folder / "large.eml", 60_000_001)
    assert "large.eml [mail.too_large] by its head only, as message 4" in call(*words)
    (folder / "x.eml").symlink_to(tmp_path / "gone")
    assert "x.eml [archive.unreadable]" in call(*words, code=1)
    assert refusal("backfill", "-c", str(config), "--postbox", "SC-Ost") == "archive.none"
    inbox = ("--postbox", "SC-Ost", "--folder", "INBOX")
    assert refusal("backfill", "-c", str(config), *inbox) == "archive.inbox"
    assert refusal(*words[:2], "-c", str(config), "--postbox", "SC-West") == "postbox.unknown"


def test_a_trial_run_is_reported_by_postbox_and_agency(config, sqlite_url):
    config.write_text(config.read_text() + 'mode = "observe"\n')
    house = open_house(sqlite_url, clock=wiring.utc_now)
    with house.db.write() as tx:
        arrival = Arrival(eml("Krank", "34117 Kassel"), house.clock(), "postbox", "SC-Ost", "Ost")
        keeping.keep(tx, arrival, now=house.clock())
    one_sorter.sort_pending(house)
    house.db.close()
    (line,) = call("observed", "-c", str(config), "--json").splitlines()
    found = json.loads(line)
    assert (found["postbox"], found["seen"], found["filed"]) == ("SC-Ost", 1, 1)
    assert "435 Kassel/AU: 1" in call("observed", "-c", str(config))
    assert "0 mails seen" in call("observed", "-c", str(config), "--day", "2026-01-01")
    assert refusal("observed", "-c", str(config), "--day", "gestern") == "observed.day"


def test_reconcile_names_the_mail_that_vanished_and_ends_with_one(sqlite_url, tmp_path):
    config = tmp_path / "postlotse.toml"
    config.write_text(f'[store]\nurl = "{sqlite_url}"\n')
    house = open_house(sqlite_url, clock=wiring.utc_now)
    with house.db.write() as tx:
        kept = keeping.keep(tx, Arrival(eml("x"), house.clock(), "api"), now=house.clock())
    house.db.close()
    with sqlite3.connect(tmp_path / "postlotse.sqlite") as database:
        database.execute("DELETE FROM message")
    database.close()
    told = call("reconcile", "-c", str(config), code=1)
    assert f"message {kept.message_id} is lost" in told
    assert "seen=1" in told


def test_a_house_without_tables_names_the_remedy(tmp_path):
    file = tmp_path / "postlotse.toml"
    file.write_text('[store]\nurl = "sqlite:///neu.sqlite"\n')
    assert refusal("aside", "list", "-c", str(file)) == "store.schema"
    assert "revision" in call("migrate", "-c", str(file))
    assert call("aside", "list", "-c", str(file)) == ""


def test_an_error_ends_with_its_code_on_standard_error(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["postlotse", "judge", "nowhere.eml"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert "[judge.no_file]" in capsys.readouterr().err
