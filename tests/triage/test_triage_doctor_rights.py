"""The doctor says which right the service's own account lacks, before mail piles up."""

import os
from pathlib import Path

import pytest

from ingest.maildir.postbox import create_tree
from tests.servers.dovecot import DovecotServer
from triage.doctor import ways as doctor_ways
from triage.doctor.finding import Finding, Grade
from triage.settings import Settings, check

RIGHTS = "postboxes:SC-Ost:rights"


def imap(server: DovecotServer, tmp_path: Path, mode: str) -> Settings:
    box = {
        "kind": "imap", "name": "SC-Ost", "region": "Ost", "host": "localhost",
        "port": server.imaps_port, "user": "mitte", "password_env": "P_MITTE",
        "ca_file": str(server.ca_file), "mode": mode,
    }  # fmt: skip
    return check({"postboxes": [box]}, base=tmp_path)


def rights(settings: Settings) -> list[Finding]:
    return [one for one in doctor_ways.postboxes(settings, None) if one.name == RIGHTS]


def test_on_imap_the_server_is_asked_what_the_login_may_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DovecotServer(users=("mitte",)) as server:
        monkeypatch.setenv("P_MITTE", server.password)
        (sound,) = rights(imap(server, tmp_path, "sort"))
        assert sound.grade is Grade.GOOD
        acl = server.maildir("mitte") / "dovecot-acl"
        acl.write_text("owner lr\n", encoding="ascii")
        server.hand_over_to_server("mitte")
        (lacking,) = rights(imap(server, tmp_path, "sort"))
        assert lacking.grade is Grade.BAD
        assert "(t)" in lacking.message
        assert "(e)" in lacking.message
        assert lacking.remedy
        (reading,) = rights(imap(server, tmp_path, "observe"))
        assert reading.grade is Grade.GOOD, "who only reads needs no more"


def test_in_a_maildir_the_system_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_tree(tmp_path / "mail")
    box = {"kind": "maildir", "name": "SC-Ost", "region": "Ost", "root": "mail"}
    (sound,) = rights(check({"postboxes": [box]}, base=tmp_path))
    assert sound.grade is Grade.GOOD
    # The answer of the system to another account; the tests may run as root, who may all.
    monkeypatch.setattr(os, "access", lambda _path, mode: not mode & os.W_OK)
    (lacking,) = rights(check({"postboxes": [box]}, base=tmp_path))
    assert (lacking.grade, bool(lacking.remedy)) == (Grade.BAD, True)
    (reading,) = rights(check({"postboxes": [box | {"mode": "observe"}]}, base=tmp_path))
    assert reading.grade is Grade.GOOD
