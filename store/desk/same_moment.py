"""The claims of several clerks who ask at the same moment, on PostgreSQL: read once, written once.

What waits at the heads of their lines, and what came back to one of them, is read and locked by one
statement. Who gets what is dealt out here, to one after the other, as if each had asked alone. One
more statement writes whose it is. Claim by claim the server would go through the same index for
each, and our process would wake up for each answer. Source: own decision 0156.
"""

import json
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeAlias

from rules.item import ItemState
from store.database import failures
from store.database.engine import Tx
from store.tables.ledger import FIRST_DAY

MOST: Final = 64
"""Clerks of one look. It stands in the statement as a number: bound, it would let PostgreSQL expect
a tenth of the backlog, as in `claims`. What is not handed out is not read, and so not locked."""

Line: TypeAlias = tuple[str, str]
"""Agency and team."""

Asking: TypeAlias = tuple[Line, str]
"""A line, and the clerk who wants the next item of it."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that nobody else can take before the transaction ends."""

    id: int
    message_id: int
    queue_day: date


@dataclass(frozen=True, slots=True)
class Holding:
    """Whose an item is from now on, by which token, until when."""

    item_id: int
    holder: str
    token: str
    until: datetime


def next_of_each(tx: Tx, asking: Sequence[Asking]) -> list[Waiting | None]:
    """What each gets, locked for him; in the order of asking. At most `MOST` ask."""
    lines = Counter(line for line, _ in asking)
    given = {
        "lines": _listed([*line, most] for line, most in lines.items()),
        # As many of his own as ask in the line: each of the others may be dealt one of them.
        "wants": _listed([*line, clerk, lines[line]] for line, clerk in dict.fromkeys(asking)),
    }
    heads: dict[Line, list[Waiting]] = {}
    back: dict[Asking, list[Waiting]] = {}
    driver: Any = tx.connection.connection
    with failures.translated(), closing(driver.cursor()) as cursor:
        with tx.one_way():
            cursor.execute(_LOOK, given)
        for agency, team, clerk, *item in cursor:
            if clerk is None:
                heads.setdefault((agency, team), []).append(Waiting(*item))
            else:
                back.setdefault(((agency, team), clerk), []).append(Waiting(*item))
    return deal(asking, heads=heads, back=back)


def deal(
    asking: Sequence[Asking],
    *,
    heads: Mapping[Line, Iterable[Waiting]],
    back: Mapping[Asking, Iterable[Waiting]],
) -> list[Waiting | None]:
    """To each in turn an alert, else what came back to him, else the head of his line. Pure.

    As `claims` hands out to one who asks alone; both are given in the order of hand-out.
    """
    lines = {line: deque(waiting) for line, waiting in heads.items()}
    own = {one: deque(waiting) for one, waiting in back.items()}
    dealt: list[Waiting | None] = []
    taken: set[int] = set()
    for one in asking:
        head, mine = _first(lines.get(one[0]), taken), _first(own.get(one), taken)
        is_alert = head is not None and head.queue_day == FIRST_DAY
        got = head if is_alert or mine is None else mine
        if got is not None:
            taken.add(got.id)
        dealt.append(got)
    return dealt


def hand(tx: Tx, holdings: Sequence[Holding]) -> None:
    """Write whose they are; they are locked by `next_of_each`."""
    rows = [[one.item_id, one.holder, one.token, one.until.isoformat()] for one in holdings]
    driver: Any = tx.connection.connection
    with failures.translated(), closing(driver.cursor()) as cursor:
        cursor.execute(_HAND, {"given": _listed(rows)})


def _first(waiting: deque[Waiting] | None, taken: set[int]) -> Waiting | None:
    while waiting and waiting[0].id in taken:
        waiting.popleft()
    return waiting[0] if waiting else None


def _listed(rows: Iterable[list[Any]]) -> str:
    return json.dumps(list(rows), ensure_ascii=False)


_LOOK: Final = f"""
WITH line AS (SELECT given.value ->> 0 AS agency, given.value ->> 1 AS team,
  CAST(given.value ->> 2 AS integer) AS most
  FROM json_array_elements(CAST(%(lines)s AS json)) AS given (value)),
want AS (SELECT given.value ->> 0 AS agency, given.value ->> 1 AS team,
  given.value ->> 2 AS clerk, CAST(given.value ->> 3 AS integer) AS most
  FROM json_array_elements(CAST(%(wants)s AS json)) AS given (value))
SELECT want.agency, want.team, want.clerk, back.*
FROM want CROSS JOIN LATERAL (SELECT * FROM (
  SELECT id, message_id, queue_day FROM item
  WHERE state = '{ItemState.WAITING}' AND preferred_holder = want.clerk
  AND agency_code = want.agency AND team || '' = want.team
  ORDER BY queue_day NULLS FIRST, received_at, id LIMIT {MOST} FOR UPDATE SKIP LOCKED
) AS own LIMIT want.most) AS back
UNION ALL
SELECT line.agency, line.team, NULL, head.*
FROM line CROSS JOIN LATERAL (SELECT * FROM (
  SELECT id, message_id, queue_day FROM item
  WHERE state = '{ItemState.WAITING}' AND agency_code = line.agency AND team = line.team
  ORDER BY queue_day, received_at, id LIMIT {MOST} FOR UPDATE SKIP LOCKED
) AS own LIMIT line.most) AS head
"""  # noqa: S608 - our own words

_HAND: Final = f"""
WITH given AS (SELECT value FROM json_array_elements(CAST(%(given)s AS json)) AS given (value))
UPDATE item SET state = '{ItemState.HELD}', holder = given.value ->> 1,
  lease_token = given.value ->> 2, lease_until = CAST(given.value ->> 3 AS timestamptz),
  version = item.version + 1
FROM given
WHERE item.id = CAST(given.value ->> 0 AS bigint)
AND item.id = ANY (ARRAY(SELECT CAST(given.value ->> 0 AS bigint) FROM given))
"""  # noqa: S608 - our own words
"""Found by the array as well: of the list alone PostgreSQL does not know that it is short. It would
read a small table whole, by a plan that it keeps while the table grows."""
