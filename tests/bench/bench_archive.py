"""An archive of millions of mails on PostgreSQL, made by the server itself within minutes.

As a house has it after years: originals (no bytes), rows, both places of each, spread over five
postboxes and 146 folders; the newest 100,000 are open, all older ones done. Fingerprints look like
SHA-256, so that a new mail falls anywhere into their index, not behind its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

NEWEST_OPEN = 100_000
SECONDS_APART = 3
"""Between two mails: ten million make a year."""

_UNBOUND = """
SET LOCAL session_replication_role = replica;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL maintenance_work_mem = '512MB';
SET LOCAL work_mem = '256MB';
"""
# In the transaction that fills the tables: then the journal is left out (wal_level minimal).
_EMPTY = "TRUNCATE original, message, sighting CASCADE"
_FILL = """
CREATE TEMP VIEW mail AS
SELECT n, md5(n::text) || md5((-n)::text) AS sha256, 'SC-' || n % 5 AS postbox,
       n > {rows} - {newest} AS is_open, '[]'::json AS no_defects,
       timestamptz '2026-11-23 07:00Z' - make_interval(secs => ({rows} - n) * {apart}) AS at
FROM generate_series(1, {rows}) n;
INSERT INTO original (sha256, size_bytes, codec, data)
SELECT sha256, 0, 'none', '' FROM mail ORDER BY sha256;
INSERT INTO message
  (id, sha256, source, postbox, region, sender, received_at, kept_at, state, state_at, defects,
   size_bytes)
SELECT n, sha256, 'postbox', postbox, 'Ost', 'p' || n % 90000 || '@post.example', at, at,
       CASE WHEN is_open THEN 'sorted' ELSE 'done' END, at, no_defects, 5000 FROM mail;
INSERT INTO sighting
  (message_id, postbox, folder, epoch, uid, state, first_seen_at, last_seen_at)
SELECT n, postbox, 'INBOX', '1', n::text, 'gone', at, at FROM mail;
INSERT INTO sighting
  (message_id, postbox, folder, epoch, uid, state, first_seen_at, last_seen_at)
SELECT n, postbox, 'Agentur ' || n % 146, '1', n::text, 'live', at, at FROM mail;
SELECT setval(pg_get_serial_sequence('message', 'id'), {rows});
DROP VIEW mail;
"""
_INDEXES = r"""
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('message', 'sighting', 'item') AND indexname LIKE 'ix\_%'
"""


def fill(url: str, rows: int) -> None:
    """`rows` mails into a database that has its tables and nothing in them; analysed in the end."""
    numbers = {"rows": rows, "newest": NEWEST_OPEN, "apart": SECONDS_APART}
    words = {name: sql.Literal(number) for name, number in numbers.items()}
    with psycopg.connect(url) as connection:
        connection.execute(_EMPTY)
        with quickly(connection):
            connection.execute(sql.SQL(_FILL).format(**words))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@contextmanager
def quickly(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Fill tables in one transaction: no limits of time, no keys looked up, indexes made after."""
    connection.execute(_UNBOUND)
    indexes = connection.execute(_INDEXES).fetchall()
    for name, _ in indexes:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    for _, definition in indexes:
        connection.execute(definition)


def size_bytes(url: str) -> int:
    """What the database takes on the disk."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found is not None
    return int(found[0])
