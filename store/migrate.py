"""Bringing a database to the tables of this program: forward only, by numbered migrations."""


def upgrade(url: str) -> str:
    """Make or update all tables; the version number afterwards. Idempotent.

    Creates the SQLite file and its folder. On PostgreSQL the database must exist; two
    programs that start at once wait for each other.
    Raises: Refused: `store.url`; `store.schema`: the database is newer. TryLater: `store.away`.
    """
    raise NotImplementedError
