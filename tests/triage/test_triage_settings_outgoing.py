"""Each machine that is spoken to stands in the configuration, and on the list if there is one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rules.errors import Refused
from triage.cli import app as cli
from triage.doctor import safe as doctor_safe
from triage.settings import check
from triage.settings.outgoing import neighbours

BOX = {"name": "SC-Ost", "region": "Ost"}
IMAP = BOX | {"kind": "imap", "host": "IMAP.dienst.example", "user": "x", "password_env": "X"}
EXCHANGE = BOX | {
    "kind": "exchange", "name": "SC-West", "endpoint": "https://ews.dienst.example/EWS/x",
    "mailbox": "x@dienst.example", "user": "x", "password_env": "X", "auth": "oauth2",
    "token_url": "https://token.example/t", "scope": "s",
}  # fmt: skip
WHOLE = {
    "store": {"url": "postgresql://p@/p?host=db1.dienst.example:5433&host=db2.dienst.example"},
    "postboxes": [IMAP, EXCHANGE],
    "oidc": {
        "issuer": "https://anmeldung.example:8443/realms/ba", "client_id": "p",
        "public_url": "https://postlotse.example",
    },
    "groups": [{"name": "EZ-{agency}", "role": "clerk"}],
    "replies": {"outlet": "smtp", "host": "smtp.dienst.example"},
    "eakte": {
        "outlet": "http", "url": "https://eakte.example/in",
        "record_url": "https://akten.example/{kundennummer}", "client_cert": "c", "client_key": "k",
    },
    "tasks": {"hooks": [{"receiver": "atv", "url": "https://atv.example/", "secret_env": "A"}]},
    "rights": {"ldap": {"host": "ad.example", "user": "x", "password_env": "L", "base": "DC=x"}},
    "webhooks": [{"name": "sc", "url": "https://sc.example/hook", "secret_env": "H"}],
    "scanner": {"address": "tcp:127.0.0.1:3310"},
}  # fmt: skip
EVERY = {
    ("db1.dienst.example", 5433), ("db2.dienst.example", 5432), ("imap.dienst.example", 993),
    ("ews.dienst.example", 443), ("token.example", 443), ("anmeldung.example", 8443),
    ("smtp.dienst.example", 587), ("eakte.example", 443), ("akten.example", 443),
    ("atv.example", 443), ("ad.example", 636), ("sc.example", 443),
}  # fmt: skip


def test_each_setting_that_names_a_machine_is_known(tmp_path: Path) -> None:
    found = neighbours(check(WHOLE, base=tmp_path))
    assert {(one.host, one.port) for one in found} == EVERY


def test_with_a_list_a_machine_that_is_not_on_it_is_an_error_and_named(tmp_path: Path) -> None:
    hosts = sorted(host.upper() for host, _ in EVERY)
    assert check(WHOLE | {"outgoing": {"hosts": hosts}}, base=tmp_path).outgoing.hosts
    for host, _ in sorted(EVERY):
        short = [one for one in hosts if one != host.upper()]
        with pytest.raises(Refused) as refused:
            check(WHOLE | {"outgoing": {"hosts": short}}, base=tmp_path)
        assert f"not in outgoing.hosts: {host} (" in refused.value.message


def test_this_machine_needs_no_line_on_it(tmp_path: Path) -> None:
    here = {
        "store": {"url": "sqlite:///p.sqlite"},
        "replies": {"outlet": "smtp", "host": "localhost"},
        "outgoing": {"hosts": []},
    }
    assert neighbours(check(here, base=tmp_path)) == ()
    socket = here | {"store": {"url": "postgresql://p@/p?host=/run/postgresql"}}
    assert neighbours(check(socket, base=tmp_path)) == ()


def test_the_command_lists_them_for_the_firewall(tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('[replies]\noutlet = "smtp"\nhost = "smtp.example"\nport = 465\n', "utf-8")
    told = CliRunner().invoke(cli.app, ["hosts", "--json", "-c", str(file)])
    assert json.loads(told.stdout) == {
        "setting": "replies.host", "host": "smtp.example", "port": 465,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "mode", "told"),
    [
        ("postgresql://p@db.example/p", "", True),
        ("postgresql://p@db.example/p?sslmode=require", "", True),
        ("postgresql://p@db.example/p?sslmode=verify-full", "", False),
        ("postgresql://p@db.example/p", "verify-full", False),
        ("postgresql://p@db.example/p?sslmode=prefer", "verify-full", True),
        ("postgresql://p@localhost/p", "", False),
        ("sqlite:///p.sqlite", "", False),
    ],
)
def test_a_line_to_the_database_that_may_fall_back_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, mode: str, *, told: bool
) -> None:
    monkeypatch.setenv("PGSSLMODE", mode)
    found = list(doctor_safe.database_line(check({"store": {"url": url}}, base=tmp_path)))
    assert [one.name for one in found] == (["store:tls"] if told else [])
