"""Which version of the tables this program needs, and which one a database has.

While a new version is rolled out, programs of the last one run on the new tables: migrations only
add, and the database says which programs it still bears. Source: own decision 0003.
"""

import sqlalchemy as sa

from store.database import failures

HEAD = "0027"
"""Number of the newest migration; a test holds it against the folder."""


def check(connection: sa.Connection) -> None:
    """Tables of this version, or of a newer one that bears this program.

    Raises: Refused: `store.schema`: the tables are older, too new, or not there at all.
    """
    found = version(connection)
    if found == HEAD:
        return
    if found is None or found < HEAD or not _bears(connection):
        raise failures.wrong_schema(found or "none", HEAD)


def version(connection: sa.Connection) -> str | None:
    """The number of the last migration that ran, or None on an empty database."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    table = sa.table("alembic_version", sa.column("version_num", sa.String))
    return connection.execute(sa.select(table.c.version_num)).scalar_one_or_none()


def _bears(connection: sa.Connection) -> bool:
    """Whether the newer tables say that a program of this version may run on them.

    Migrations are numbered with four digits, so they sort as text.
    """
    floor = sa.table("schema_floor", sa.column("oldest", sa.Text))
    oldest = connection.execute(sa.select(sa.func.max(floor.c.oldest))).scalar_one_or_none()
    return oldest is not None and oldest <= HEAD
