"""Sieve scripts are read from a real Dovecot by ManageSieve, and nothing is changed there."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from ingest.managesieve import ManageSieve, Script, SieveAccount
from rules.errors import HouseError, Refused
from tests.house_fixture import open_house
from tests.servers.dovecot import DovecotOptions, DovecotServer
from triage import settings, wiring
from triage.cli import app as cli
from triage.wiring import postboxes

SCRIPT = (
    'require ["fileinto"];\r\n# Büro {3}\r\nif header :contains "subject" "Umschulung" {\r\n'
    '  fileinto "435 Kassel/Beratung";\r\n}\r\n'
)
OTHER = 'keep;\r\n"OK"\r\n'


@pytest.fixture(scope="module")
def dovecot() -> Iterator[DovecotServer]:
    with DovecotServer(users=("nord", "leer"), options=DovecotOptions(sieve=True)) as server:
        server.add_script("nord", "alt", OTHER)
        server.add_script("nord", 'regeln "neu"', SCRIPT, active='regeln "neu"')
        yield server


@pytest.fixture
def account(dovecot: DovecotServer) -> SieveAccount:
    return SieveAccount(
        "localhost", dovecot.sieve_port, "nord", dovecot.password, dovecot.ca_file, 20
    )


def code_of(account: SieveAccount) -> str:
    with pytest.raises(HouseError) as raised:
        ManageSieve(account)
    assert account.password not in raised.value.message
    return raised.value.code


def test_scripts_are_listed_and_read_letter_by_letter(account: SieveAccount) -> None:
    server = ManageSieve(account)
    found = set(server.scripts())
    texts = (server.script('regeln "neu"'), server.script("alt"))
    with pytest.raises(HouseError) as raised:
        server.script("gibtesnicht")
    # After a refusal the conversation goes on.
    assert server.script("alt") == OTHER
    server.close()
    assert found == {Script("alt", is_active=False), Script('regeln "neu"', is_active=True)}
    assert texts == (SCRIPT, OTHER)
    assert raised.value.code == "sieve.no_script"


def test_each_refusal_has_its_code(account: SieveAccount) -> None:
    assert code_of(replace(account, password="falsch")) == "sieve.login"
    assert code_of(replace(account, ca_file=None)) == "sieve.certificate"
    assert code_of(replace(account, port=1)) == "sieve.away"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b'"SASL" "PLAIN"\r\nOK "no tls here"\r\n', "sieve.no_tls"),
        # What is sent behind the OK of STARTTLS, before TLS, may be an attacker's.
        (b'"STARTTLS"\r\nOK\r\nOK\r\n"SASL" "PLAIN"\r\nOK\r\n', "sieve.away"),
        (b"{99999999}\r\n", "sieve.away"),
        (b"x" * 10_000, "sieve.away"),
        (b'"STARTTLS"\r\n', "sieve.away"),
    ],
)
def test_a_server_that_says_odd_things_gets_no_password(said: bytes, code: str) -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line, _ = door.accept()
            with line:
                line.sendall(said)
                line.shutdown(socket.SHUT_WR)
                while part := line.recv(1024):
                    heard.append(part)

        thread = threading.Thread(target=serve)
        thread.start()
        found = SieveAccount("127.0.0.1", door.getsockname()[1], "nord", "geheim", None, 20)
        assert code_of(found) == code
        thread.join(20)
    assert b"AUTHENTICATE" not in b"".join(heard)


def test_the_command_takes_over_the_active_script(
    dovecot: DovecotServer, sqlite_url, tmp_path, monkeypatch
) -> None:
    config = tmp_path / "postlotse.toml"
    boxes = "".join(
        f'[[postboxes]]\nkind = "imap"\nname = "{user}"\nregion = "Südwest"\nhost = "localhost"\n'
        f'port = {dovecot.imaps_port}\nsieve_port = {dovecot.sieve_port}\nuser = "{user}"\n'
        f'password_env = "SIEVE_PASSWORD"\nca_file = "{dovecot.ca_file}"\n'
        for user in ("nord", "leer")
    )
    config.write_text(boxes)
    monkeypatch.setenv("SIEVE_PASSWORD", dovecot.password)
    monkeypatch.setenv("POSTLOTSE_CONFIG", str(config))
    house = open_house(sqlite_url)
    # The house without a judge: loading one takes longer than all the rest.
    monkeypatch.setattr(wiring, "house_of", lambda _: house)
    out = tmp_path / "regeln.toml"
    words = ["ruleset", "import", "--out", str(out), "--region", "Südwest", "--postbox"]
    result = CliRunner().invoke(cli.app, [*words, "nord"])
    assert result.exit_code == 0, (result.output, result.exception)
    assert "1 rule in" in result.stdout
    assert "435 Kassel/Beratung" in out.read_text(encoding="utf-8")
    none = CliRunner().invoke(cli.app, [*words, "leer"])
    assert none.exception.code == "sieve.no_script"
    nord, leer = postboxes.postbox_jobs(settings.load(config))
    assert len(nord.read_rules("").rules) == 1
    with pytest.raises(Refused) as caught:
        leer.read_rules("")
    assert caught.value.code == "sieve.no_script"
    house.db.close()
