"""deploy/postgresql/trail.sql: the house writes and seals, and can't change or drop an entry."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from rules.errors import HouseError
from store.database.engine import Database
from store.tables.ledger import audit as table
from store.trail import audit
from tests.store.samples import NOW

SCRIPT = Path(__file__).resolve().parents[2] / "deploy/postgresql/trail.sql"
ROLE = "house_of_grants"


def run(url: str, *said: str) -> subprocess.CompletedProcess[str]:
    """As an administrator runs it (docs/deploy.md)."""
    there = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    command = ["psql", f"--dbname={there}", "--no-psqlrc", "--quiet", *said, f"--file={SCRIPT}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def house(own_postgresql_url: str) -> Iterator[Database]:
    """The database as an account of its own sees it, that owns neither table nor schema."""
    with psycopg.connect(own_postgresql_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {ROLE} LOGIN")
        admin.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}")
        admin.execute(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE}")
        for _ in range(2):
            done = run(own_postgresql_url, f"--set=role={ROLE}")
            assert done.returncode == 0, done.stderr
    url = sa.make_url(own_postgresql_url).set(username=ROLE)
    database = Database.open(url.render_as_string(hide_password=False))
    yield database
    database.close()
    with psycopg.connect(own_postgresql_url, autocommit=True) as admin:
        admin.execute(f"DROP OWNED BY {ROLE}")
        admin.execute(f"DROP ROLE {ROLE}")


def test_it_fails_loudly_where_it_can_not_protect(own_postgresql_url: str) -> None:
    owner = sa.make_url(own_postgresql_url).username
    for said in ((), ("--set=role=nobody_of_that_name",), (f"--set=role={owner}",)):
        done = run(own_postgresql_url, *said)
        assert done.returncode == 3, (said, done.stdout, done.stderr)
    with psycopg.connect(own_postgresql_url) as admin:
        told = admin.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'audit_sealed_stays'")
        assert told.fetchone() == (0,)


def add(house: Database) -> None:
    with house.write() as tx:
        audit.add(tx, "k-1", action="item.read", subject="message:1", details={}, at=NOW)


DEEDS = (
    sa.update(table).values(actor="k-2"),
    sa.update(table).values(details={}),
    sa.update(table).values(seal_seq=None, hash="0" * 64),
    sa.update(table).where(table.c.seal_seq == 1).values(prev_hash="1" * 64),
    sa.delete(table),
    sa.text("TRUNCATE audit"),
    sa.text("DROP TABLE audit"),
    sa.text("DROP TRIGGER audit_sealed_stays ON audit"),
    sa.text("ALTER TABLE audit DISABLE TRIGGER ALL"),
)


def taken(house: Database, deed: sa.Executable) -> bool:
    try:
        with house.write() as tx:
            tx.run(deed)
    except (sa.exc.DBAPIError, HouseError):
        return False
    return True


def test_the_trail_is_written_and_sealed_and_never_changed(house: Database) -> None:
    for _ in range(2):
        add(house)
        with house.write() as tx:
            assert audit.seal(tx, limit=10) == 1
    assert [str(deed) for deed in DEEDS if taken(house, deed)] == []
    with house.read() as tx:
        assert audit.verify(tx) == audit.Verified(2, 2, None)
        assert {entry.actor for entry in audit.listing(tx, limit=9)} == {"k-1"}
