"""Bringing a database to the tables of this program: forward only, by numbered migrations.

Two programs that start at once wait for each other. A migration is one transaction on both
engines: it is done, or it never was.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from store.database import connections, failures, schema

FOLDER = Path(__file__).parents[1] / "migrations"

LOCK_NUMBER = 0x706F7374
"""Of the advisory lock on PostgreSQL: "post" in ASCII; nobody else uses it. Own decision 0003."""

_WAIT = "SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '60s'"
_LIMITS = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '15min'"
"""A migration may work long, but must not queue for a table lock: all others queue behind it."""


def upgrade(url: str) -> str:
    """Make or update all tables; the version number afterwards. Idempotent.

    Creates the SQLite file, readable for its owner only, and its folder. On PostgreSQL the
    database must exist.
    Raises: Refused: `store.url`; `store.schema`: the database is newer. TryLater: `store.away`.
    """
    parsed = connections.parse_url(url)
    _make_file(connections.file_of(parsed))
    reader, writer = connections.open_engines(parsed)
    try:
        with failures.translated(), writer.begin() as connection:
            _take_turn(connection)
            found = schema.version(connection)
            # Alembic reads and compiles all its scripts to find that there is nothing to do.
            if found != schema.HEAD:
                _refuse_newer(found)
                command.upgrade(config(connection), "head")
    finally:
        reader.dispose()
        writer.dispose()
    return schema.HEAD


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's configuration, without any file."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def _make_file(file: Path | None) -> None:
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as exc:
        raise failures.away(type(exc).__name__) from exc


def _take_turn(connection: sa.Connection) -> None:
    """SQLite's writer has its turn already; on PostgreSQL an advisory lock gives it."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_WAIT)
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})")
        connection.exec_driver_sql(_LIMITS)


def _refuse_newer(found: str | None) -> None:
    scripts = ScriptDirectory.from_config(config())
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        raise failures.wrong_schema(found, schema.HEAD)
