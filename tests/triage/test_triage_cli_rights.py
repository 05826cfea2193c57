"""The commands of folder rights: from a CSV to a plan, and what they refuse."""

import functools
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.maildir.postbox import MaildirPostbox, create_tree
from ingest.maildir.rights import MaildirRights
from rules.access import Caller
from rules.codes import Role
from rules.rights.folder_acl import account
from rules.rights.folder_levels import RIGHTS_OF, Level
from tests.commands import call, refusal, refused
from triage import wiring
from triage.cli import console
from triage.rights import decisions as rights

BERT = Caller("admin-bert", Role.ADMIN, agencies=None)
FOLDER = "071 Annaberg-Buchholz"
EDITOR = RIGHTS_OF[Level.EDITOR]
CSV = "verteiler,agentur,region\r\nez-071@dienst.example,071,\r\nsc-ost@dienst.example,,Ost\r\n"


@pytest.fixture
def config(sqlite_url: str, tmp_path: Path, monkeypatch) -> Path:
    file = tmp_path / "postlotse.toml"
    file.write_text(
        f'[store]\nurl = "{sqlite_url}"\n[rights]\nmode = "write"\n'
        '[[postboxes]]\nkind = "maildir"\nname = "SC-Ost"\nregion = "Ost"\nroot = "mail"\n'
    )
    root = tmp_path / "mail"
    create_tree(root)
    MaildirPostbox("SC-Ost", root).ensure_folder(FOLDER)
    desk = MaildirRights("SC-Ost", root)
    desk.write("INBOX", {account("$sc-ost"): EDITOR})
    desk.write(FOLDER, {account("$sc-ost"): EDITOR, account("k-0417"): EDITOR})
    (tmp_path / "ost.csv").write_text(CSV, encoding="cp1252")
    monkeypatch.setenv("POSTLOTSE_CONFIG", str(file))
    # The real house, opened once: loading the judge takes longer than all the rest.
    monkeypatch.setattr(wiring, "house_of", functools.cache(wiring.house_of))
    return file


def test_from_a_csv_to_the_undo(config: Path) -> None:
    assert "no list was reported" in call("rights", "lists", "show", "--region", "Ost")
    csv = config.with_name("ost.csv")
    assert "2 lists" in call("rights", "lists", "import", str(csv), "--region", "Ost")
    assert "071" in call("rights", "lists", "show", "--region", "Ost")
    told = call("rights", "audit", code=1)
    assert "SC-Ost: 2 folders, " in told
    assert "Zu viel" in told
    rows = call("rights", "audit", "--json", code=1).splitlines()
    codes = {json.loads(row)["code"] for row in rows if row.startswith('{"postbox"')}
    assert {"rights.missing", "rights.surplus", "rights.agency_without_list"} <= codes
    plan = call("rights", "plan", "--postbox", "SC-Ost", "--propose")
    assert "    + $ez-071: Keine → Bearbeiter  (Verteiler fehlt)" in plan
    assert "    - k-0417: Bearbeiter → Keine" not in plan.split("+ $ez-071")[0]
    assert "sum: + 1  ~ 0  - 1" in plan
    read = ("--hash", rights.plan(wiring.house_of(config), BERT, 1)[0].hash)
    assert refusal("rights", "approve", "1", *read) == "rights.same_person"
    rights.approve(wiring.house_of(config), BERT, 1)
    assert refusal("rights", "apply", "1") == "rights.not_confirmed"
    assert "as it should be" in call("rights", "apply", "1", "--confirm", *read)
    file = config.with_name("mail") / FOLDER / "dovecot-acl"
    assert "group=ez-071 lrswipte" in file.read_text()
    assert "done" in call("rights", "show", "1")
    call("rights", "undo", "1", "--confirm", *read)
    assert "k-0417" in file.read_text()
    assert console.account() in call("rights", "show", "1")


def _in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def test_review_report_and_round(config: Path) -> None:
    csv = config.with_name("ost.csv")
    call("rights", "lists", "import", str(csv), "--region", "Ost")
    assert refusal("rights", "plan", "--postbox", "SC-Ost") == "rights.no_audit"
    call("rights", "audit", "--postbox", "SC-Ost", code=1)
    days = ("--agencies-due", _in_days(7), "--directions-due", _in_days(12))
    start = ("rights", "round", "start", "--region", "Ost", *days, "--region-due")
    assert refusal(*start, "gestern") == "rights.day"
    assert "runs in Ost" in call(*start, _in_days(21))
    mark = ("rights", "round", "mark", "--region", "Ost", "--step")
    call(*mark, "agency", "--unit", "071")
    assert "071 Annaberg-Buchholz" in call("rights", "round", "show", "--region", "Ost")
    here = ("--postbox", "SC-Ost", "--folder", FOLDER, "--subject", "k-0417")
    call("rights", "keep", *here, "--reason", "Vertretung bis Jahresende")
    again = ("rights", "keep", *here, "--reason", "noch einmal dasselbe")
    assert refusal(*again) == "finding.unknown"
    sign = ("rights", "signoff", "--postbox", "SC-Ost", "--agency", "071")
    call(*sign, "--reason", "Plan folgt dann")
    told = call("rights", "folders", "--postbox", "SC-Ost", "--state", "signed")
    assert f"signed    {FOLDER}: " in told
    assert "Plan folgt dann" in told
    rows = call("rights", "folders", "--postbox", "SC-Ost", "--json").splitlines()
    assert {"signed", "open"} == {json.loads(row)["state"] for row in rows if row[:1] == "{"}
    here_too = ("rights", "signoff", "--postbox", "SC-Ost", "--folder")
    assert "signed off: 1 folder\n" in call(*here_too, FOLDER, "--reason", "noch einmal angesehen")
    assert refusal(*here_too, FOLDER, "--agency", "071") == "rights.no_folder"
    out = config.with_name("bericht.html")
    call("rights", "report", "--out", str(out))
    pdf = str(out.with_suffix(".pdf"))
    assert refusal("rights", "report", "--out", pdf) == "file.ending"
    assert refusal("rights", "lists", "export", "--region", "Ost", "--out", pdf) == "file.ending"
    assert "Vertretung bis Jahresende" in out.read_text(encoding="utf-8")
    table = config.with_name("liste.csv")
    call("rights", "lists", "export", "--region", "Ost", "--out", str(table))
    assert "ez-071@dienst.example" in table.read_text(encoding="utf-8-sig")
    for command in (("lists", "export", "--region", "Ost"), ("report",)):
        book = config.with_name(f"{command[0]}.xlsx")
        call("rights", *command, "--out", str(book))
        assert zipfile.is_zipfile(book)
    call("rights", "plan", "--postbox", "SC-Ost", "--propose")
    read = rights.plan(wiring.house_of(config), BERT, 1)[0].hash
    assert "put aside" in call("rights", "reject", "1", "--hash", read)


def test_who_proposed_a_plan_is_shown_why_it_was_put_aside(config: Path) -> None:
    csv = config.with_name("ost.csv")
    call("rights", "lists", "import", str(csv), "--region", "Ost")
    call("rights", "audit", "--postbox", "SC-Ost", code=1)
    call("rights", "plan", "--postbox", "SC-Ost", "--propose")
    rights.reject(wiring.house_of(config), BERT, 1, reason="Die Agentur löst sich auf")
    assert "put aside because: Die Agentur löst sich auf" in call("rights", "show", "1")
    rights.propose(wiring.house_of(config), BERT, "SC-Ost")
    read = rights.plan(wiring.house_of(config), BERT, 2)[0].hash
    assert refusal("rights", "reject", "2", "--hash", read) == "rights.reason_too_short"
    why = ("--reason", "The agency is dissolved")
    assert "put aside" in call("rights", "reject", "2", "--hash", read, *why)


def test_no_command_is_given_out_that_is_refused_then(config: Path) -> None:
    csv = config.with_name("ost.csv")
    call("rights", "lists", "import", str(csv), "--region", "Ost")
    call("rights", "audit", "--postbox", "SC-Ost", code=1)
    call("rights", "plan", "--postbox", "SC-Ost", "--propose")
    assert refusal("rights", "approve", "1") == "rights.plan_not_named"
    rights.reject(wiring.house_of(config), BERT, 1)
    for deed in ("approve", "reject", "apply", "undo"):
        assert refusal("rights", deed, "1") == "rights.plan_state"


def test_what_does_not_fit_is_refused(config: Path) -> None:
    assert refusal("rights", "lists", "import", "nirgends.csv", "--region", "Ost") == "rights.file"
    assert refusal("rights", "lists", "expand", "--postbox", "SC-Ost") == "rights.no_directory"
    assert refusal("exchange", "smoke", "--postbox", "SC-Ost") == "postbox.not_exchange"
    assert refusal("rights", "apply", "9", "--confirm") == "plan.unknown"
    assert refusal("rights", "plan", "--postbox", "SC-Nirgends") == "postbox.unknown"
    for command in (
        ("rights", "audit", "--postbox", "SC-West"),
        ("begin-writing", "SC-West", "--from", "now"),
        ("backfill", "alt", "--postbox", "SC-West"),
        ("aside", "list", "--postbox", "SC-West"),
    ):
        told = refused(*command)
        assert told.code == "postbox.unknown"
        assert "SC-Ost" in str(told), "names those that there are"
