"""Tables of who comes in: sessions of people, keys of machines."""

import sqlalchemy as sa

from store.database.columns import JSON_COLUMN, UtcTime, metadata

session = sa.Table(
    "session",
    metadata,
    # SHA-256 of the cookie's value: who reads the table cannot take a session over.
    sa.Column("id_hash", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("bounds", JSON_COLUMN, nullable=False),
    sa.Column("account_hash", sa.String(64), nullable=False, server_default=""),
    sa.Column("provider_sid_hash", sa.String(64), nullable=False, server_default=""),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.Index("ix_session_ends_at", "ends_at"),
    sa.Index("ix_session_name", "name"),
    sa.Index("ix_session_provider_sid_hash", "provider_sid_hash"),
)
"""People signed in, by pseudonym only. Own decision 0056."""

api_key = sa.Table(
    "api_key",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("bounds", JSON_COLUMN, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("expires_on", sa.Date, nullable=False),
    sa.Column("revoked_at", UtcTime),
    sa.Column("last_used_on", sa.Date),
)
"""Keys of machines, as argon2 hashes. A revoked one stays: its name is not given again."""
