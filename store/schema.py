"""Which version of the tables this program needs, and which one a database has."""

import sqlalchemy as sa

from store import failures

HEAD = "0014"
"""Number of the newest migration; a test holds it against the folder."""


def check(connection: sa.Connection) -> None:
    """Raises: Refused: `store.schema`: the tables are older, newer, or not there at all."""
    found = version(connection)
    if found != HEAD:
        raise failures.wrong_schema(found or "none", HEAD)


def version(connection: sa.Connection) -> str | None:
    """The number of the last migration that ran, or None on an empty database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    table = sa.table("alembic_version", sa.column("version_num", sa.String))
    return connection.execute(sa.select(table.c.version_num)).scalar_one_or_none()
