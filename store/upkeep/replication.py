"""What PostgreSQL says of its standbys: whether a commit that was acknowledged can be lost.

Source: PostgreSQL documentation, "Synchronous Replication"; own decision 0071.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from store.database.engine import Tx


@dataclass(frozen=True, slots=True)
class Replication:
    """`commit` is `synchronous_commit` of our connections, `names` `synchronous_standby_names`.

    `followers` are standbys, and programs that archive the log as one, that follow now.
    """

    commit: str
    names: str
    followers: int


def look(tx: Tx) -> Replication | None:
    """As the server says at this moment; None on SQLite, which has none."""
    if tx.dialect == "sqlite":
        return None
    setting = sa.func.current_setting
    followers = sa.select(sa.func.count()).select_from(sa.table("pg_stat_replication"))
    statement = sa.select(
        setting("synchronous_commit"),
        setting("synchronous_standby_names"),
        followers.scalar_subquery(),
    )
    commit, names, number = tx.run(statement).one()
    return Replication(commit, names.strip(), number)
