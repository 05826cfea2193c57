"""Days are counted for good when they are over, and big ones while they run. For keeping order.

What is told of them is in day_figures.py. Source: R17, F54; own decisions 0044, 0080.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from store.counts import day_figures, mark_figures, open_days
from store.database.engine import Tx
from triage.house import House

CLOSED_FROM_HOUR: Final = 6
"""From this local hour on the day before is counted for good. Hausregel: late mail is sorted then,
and nobody works at night."""

DAYS_A_ROUND: Final = 3
"""A first start with an archive closes its days bit by bit. Own decision 0044."""

BIG_DAY_MAILS: Final = 2000
"""A running day of fewer mails is counted when somebody asks: some ms. Own decision 0080."""

STAND_SECONDS: Final = 60
"""How old the stand of a big day gets before a worker counts it anew. Own decision 0080."""


class _Figures(Protocol):
    """One kind of figures, as its module in store/counts/ keeps it."""

    def last_closed(self, tx: Tx, /) -> date | None: ...

    def first_day(self, tx: Tx, /) -> date | None: ...

    def close_day(self, tx: Tx, day: date, /, *, now: datetime) -> None: ...


def close_days(house: House) -> int:
    """Count days that are over for good, the oldest first; how many were. For keeping order.

    Each day in a transaction of its own. Any number of workers may do it at once.
    """
    now = house.local_now()
    last = now.date() - timedelta(days=1 if now.hour >= CLOSED_FROM_HOUR else 2)
    _close(house, mark_figures, last)
    return _close(house, day_figures, last)


def _close(house: House, kind: _Figures, last: date) -> int:
    with house.db.read() as tx:
        newest = kind.last_closed(tx)
        first = newest + timedelta(days=1) if newest else kind.first_day(tx)
    missing = () if first is None else tuple(days(first, last))[:DAYS_A_ROUND]
    for day in missing:
        with house.db.write() as tx:
            kind.close_day(tx, day, now=house.clock())
    return len(missing)


def keep_stands(house: House) -> int:
    """Count the running days that are big, so that no page has to; how many. For keeping order.

    At most once in `STAND_SECONDS`, and by the worker that keeps order. The counting itself is a
    reading transaction, the writing one a single row.
    """
    now, today = house.clock(), house.today()
    counted = 0
    for day in (today - timedelta(days=1), today):
        with house.db.read() as tx:
            fresh = open_days.since(tx, now - timedelta(seconds=STAND_SECONDS), days=[day])
            is_closed = day in day_figures.closed_days(tx, since=day, until=day)
            if fresh or is_closed or not open_days.is_big(tx, day, mails=BIG_DAY_MAILS):
                continue
            stand = open_days.count(tx, day, now=now)
        with house.db.write() as tx:
            open_days.note(tx, stand)
            open_days.forget(tx, before=today - timedelta(days=1))
        counted += 1
    return counted


def days(first: date, last: date) -> Iterable[date]:
    """All days from the first to the last, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
