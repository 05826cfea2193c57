"""What every table is made of: the metadata, kinds of columns, partial indexes.

One dialect for two engines: SQLite and PostgreSQL get the same tables from the same words.
Times go in and come out as aware UTC.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa


class UtcTime(sa.types.TypeDecorator[datetime]):
    """A moment, aware UTC outside; timestamptz on PostgreSQL, sortable text on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[datetime | None], Any]:
        """The last time is remembered: a batch says `now` in each row, in the same object."""
        bound = super().bind_processor(dialect) or _as_it_is
        last: tuple[datetime | None, Any] = (None, None)

        def remembered(value: datetime | None) -> Any:  # noqa: ANN401 - what the driver takes
            nonlocal last
            known, taken = last  # one name, so that threads never see halves of two
            if value is known:
                return taken
            taken = bound(value)
            last = (value, taken)
            return taken

        return remembered

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Raises: ValueError: the time is naive, which is a bug of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive time came to the store; times inside the house are aware UTC"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def result_processor(
        self, dialect: sa.Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """SQLite's text is read in one step; rows of a batch mostly have the last one's time."""
        if dialect.name == "postgresql":
            return super().result_processor(dialect, coltype)
        last: tuple[str | None, datetime | None] = (None, None)

        def read(text: str | None) -> datetime | None:
            nonlocal last
            known, time = last  # one name, so that threads never see halves of two
            if text != known:
                time = None if text is None else datetime.fromisoformat(f"{text}+00:00")
                last = (text, time)
            return time

        return read

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - signature of SQLAlchemy
        """PostgreSQL answers in the zone of the session."""
        return None if value is None else value.astimezone(UTC)


def _as_it_is(value: datetime | None) -> datetime | None:
    return value


class MailText(sa.types.TypeDecorator[str]):
    """Text that strangers wrote: what no database takes becomes U+FFFD, so no mail stops another.

    PostgreSQL refuses NUL, both drivers refuse lone surrogates (8-bit headers decoded with
    surrogateescape). The original keeps the bytes.
    """

    impl = sa.Text()
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - signature of SQLAlchemy
        """The text without NUL and lone surrogates."""
        if value is None:
            return None
        clean = value.replace("\0", "\N{REPLACEMENT CHARACTER}")
        return clean.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def words(kind: type[StrEnum]) -> sa.Enum:
    """Words, not native enums: adding a state to a native enum can't be rolled back."""
    return sa.Enum(
        kind,
        native_enum=False,
        length=40,
        values_callable=lambda states: [state.value for state in states],
    )


def partial_index(name: str, *columns: str, where: str) -> sa.Index:
    """A partial index, the same on both engines."""
    return sa.Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON_COLUMN = sa.JSON(none_as_null=True)

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
