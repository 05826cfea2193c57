"""`postlotse health`: alive as long as one loop gave a sign, whatever the round ended with."""

from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from store.database.engine import Database
from store.processes import heartbeats
from triage.cli import app as cli


@pytest.mark.parametrize(
    ("minutes", "code", "name", "exit_code"),
    [
        (1, "", "sort", 0),
        (1, "postbox.away", "postbox:SC-Ost", 0),
        (6, "", "sort", 1),
        (1, "", "alarm:outgoing:dead", 1),
        (1, "", "folders:SC-Ost", 1),
    ],
)
def test_a_worker_is_alive_while_a_loop_gives_signs(
    tmp_path, sqlite_url, minutes, code, name, exit_code
):
    file = tmp_path / "p.toml"
    file.write_text(f'store.url = "{sqlite_url}"\n', encoding="utf-8")
    db = Database.open(sqlite_url)
    at = datetime.now(tz=UTC) - timedelta(minutes=minutes)
    with db.write() as tx:
        heartbeats.beat(tx, name, code=code, message="", now=at)
    db.close()
    told = CliRunner().invoke(cli.app, ["health", "--config", str(file)])
    assert told.exit_code == exit_code


def test_without_a_worker_or_a_database_it_is_not(tmp_path, sqlite_url):
    file = tmp_path / "p.toml"
    for url in (sqlite_url, f"sqlite:///{tmp_path}/nowhere.sqlite"):
        file.write_text(f'store.url = "{url}"\n', encoding="utf-8")
        assert CliRunner().invoke(cli.app, ["health", "--config", str(file)]).exit_code == 1
