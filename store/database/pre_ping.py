"""Pings a pooled connection to PostgreSQL before it is used, unless it has just been in use.

A ping costs a round trip, once a transaction. A server that stops closes its connections, which is
seen without a ping; one that only falls silent is found by the ping after some idle seconds.
Source: own decision 0147.
"""

import select
import time
from typing import Any, Final

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry

RESTED_SECONDS: Final = 2.0
"""A connection that was idle for so long is pinged. Where the line broke within that time, the
first statement fails, as it does where the line breaks in the middle of a transaction."""

_USED: Final = "postlotse_used"


def watch(engine: sa.Engine) -> None:
    """Watch the pool of this engine, made without SQLAlchemy's own `pool_pre_ping`."""

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
