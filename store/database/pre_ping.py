"""Asks a kept connection to PostgreSQL for a sign of life, but one that just gave one.

Each question is a way to the server and back, once a transaction. A server that goes closes its
connections, which is seen here without asking; one that only falls silent is asked again after
some seconds. Source: own decision 0147.
"""

import select
import time
from typing import Any, Final

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

RESTED_SECONDS: Final = 2.0
"""After so long without a transaction a connection is asked. The network of an office that lost it
meanwhile is noticed at the next question; until then a statement fails as in its middle."""

_USED: Final = "postlotse_used"


def watch(engine: sa.Engine) -> None:
    """Look after the pool of this engine; its own asking must be off."""

    @event.listens_for(engine, "checkin")
    def _on_checkin(_connection: object, entry: ConnectionPoolEntry) -> None:
        entry.info[_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _on_checkout(connection: Any, entry: ConnectionPoolEntry, _given: object) -> None:  # noqa: ANN401 - of the driver
        used = entry.info.get(_USED)
        if used is None:
            return  # it was made this moment
        if time.monotonic() - used < RESTED_SECONDS and not _is_told_something(connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error:
            # All that were made before it are given up, and another is made.
            raise sa.exc.InvalidatePoolError from None


def _is_told_something(connection: psycopg.Connection[Any]) -> bool:
    """The server sent what nobody asked for: that it ends, mostly."""
    try:
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))
    except psycopg.Error:
        return True  # it has no socket any more
