"""Two deeds at one moment on PostgreSQL: one is stopped before each of its statements in turn.

The other then runs to its end, or until it waits for a lock of the first; afterwards the first goes
on. What both leave behind must be what one after the other leaves, in one of both orders. A deed
that ends in a refusal or a conflict may also have left nothing at all.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

from rules.errors import HouseError, TryLater
from store.database.columns import metadata
from tests.waiting import until

Deed = Callable[[], object]

FINE = "fine"
_PATIENCE = 20.0
_NAMES = [table.name for table in metadata.sorted_tables]
_ALL_ROWS = " UNION ALL ".join(
    f"SELECT '{name}', to_jsonb(row) FROM public.\"{name}\" AS row"  # noqa: S608
    for name in _NAMES
)
_EMPTY = """IF EXISTS (SELECT FROM public."{0}") THEN DELETE FROM public."{0}"; END IF;"""
_FILL = """INSERT INTO public."{0}" SELECT * FROM remembered."{0}";"""
_PUT_BACK = """CREATE FUNCTION remembered.put_back() RETURNS void LANGUAGE plpgsql
SET session_replication_role = replica SET lock_timeout = '5s' AS $$ BEGIN
{}
PERFORM setval(format('public.%I', sequencename)::regclass, coalesce(last_value, 1),
  last_value IS NOT NULL) FROM remembered.numbers;
END $$"""
_WAITING = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0"""
_OF_THE_MOMENT = frozenset(
    {
        *("id", "version", "fence", "lease_token", "token", "prev_hash", "hash", "seal_seq"),
        *("outgoing", "outgoing_id", "verdict", "verdict_id", "activation_id", "audit"),
    }
)
"""Columns, and keys of JSON, that tell of the order in which numbers were given."""
_NUMBERED_KEY = re.compile(r"^(eakte|reply|task)-(\d+)-.*$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What deeds left behind: how each ended, and all rows but for numbers and times.

    An end is `FINE`, the code of a refusal, or "!" and an error that nobody at the desk may see.
    """

    ends: tuple[str, ...]
    rows: frozenset[str]

    @property
    def turned(self) -> "Outcome":
        """The same, told of the second deed first."""
        return Outcome(self.ends[::-1], self.rows)


@dataclass(frozen=True, slots=True)
class Found:
    """How many interleavings were run, and what was wrong in some, each once."""

    number: int
    faults: tuple[str, ...]


@dataclass(slots=True)
class Steps:
    """Counts the statements and commits of one thread, and stops it before the `at`-th."""

    at: int
    thread: int = 0
    count: int = 0
    words: str = ""
    is_there: threading.Event = field(default_factory=threading.Event)
    may_go: threading.Event = field(default_factory=threading.Event)

    def before(self, words: str) -> None:
        if threading.get_ident() != self.thread:
            return
        self.count += 1
        if self.count == self.at:
            self.words = words
            self.is_there.set()
            self.may_go.wait(_PATIENCE)


@dataclass(frozen=True, slots=True)
class Explorer:
    """Puts the rows of a database back as they were, and runs pairs of deeds on them."""

    engine: sa.Engine
    onlooker: psycopg.Connection[Any]
    """To the same database, in no transaction."""
    known: dict[tuple[str, ...], Outcome] = field(default_factory=dict)
    """What deeds leave behind one after the other."""

    def remember(self) -> None:
        """The rows of this moment are those at which each run begins."""
        self.known.clear()
        self.onlooker.execute("DROP SCHEMA IF EXISTS remembered CASCADE")
        self.onlooker.execute("CREATE SCHEMA remembered")
        self.onlooker.execute(
            "CREATE TABLE remembered.numbers AS SELECT sequencename, last_value"
            " FROM pg_sequences WHERE schemaname = 'public'"
        )
        steps = [_EMPTY.format(name) for name in _NAMES]
        for name in _NAMES:
            if self.onlooker.execute(f'SELECT FROM public."{name}" LIMIT 1').fetchone() is not None:
                self.onlooker.execute(f'CREATE TABLE remembered."{name}" AS TABLE public."{name}"')
                steps.append(_FILL.format(name))
        self.onlooker.execute(_PUT_BACK.format("\n".join(steps)))

    def put_back(self) -> None:
        """All rows are those that were remembered, and so are the numbers that come next."""
        self.onlooker.execute("SELECT remembered.put_back()")

    def explore(self, deeds: Mapping[str, Deed], first: str, second: str) -> Found:
        """All interleavings of two deeds by name, the first of which is stopped."""
        faults = dict[str, None]()
        at = 1
        while stopped := self._stopped(deeds[first], deeds[second], at=at):
            outcome, words = stopped
            why = self._fault(deeds, first, second, outcome)
            if why:
                faults.setdefault(f"before {words.splitlines()[0][:70]!r}: {why}")
            at += 1
        return Found(at - 1, tuple(faults))

    def _fault(self, deeds: Mapping[str, Deed], first: str, second: str, outcome: Outcome) -> str:
        """What is wrong with it; empty where one of the orders leaves the same."""
        broken = [end for end in outcome.ends if end.startswith("!")]
        if broken:
            return " ".join(broken)
        one, other = outcome.ends
        allowed = [self._in_turn(deeds, first, second), self._in_turn(deeds, second, first).turned]
        # Who is told no, where in its turn it would be a yes, repeats it; nothing was written.
        if one != FINE:
            allowed.append(Outcome((one, FINE), self._in_turn(deeds, second).rows))
        if other != FINE:
            allowed.append(Outcome((FINE, other), self._in_turn(deeds, first).rows))
        if outcome in allowed:
            return ""
        nearest = min(allowed, key=lambda one: len(one.rows ^ outcome.rows))
        more = [f"+ {row[:300]}" for row in sorted(outcome.rows - nearest.rows)]
        less = [f"- {row[:300]}" for row in sorted(nearest.rows - outcome.rows)]
        told = f"{outcome.ends}, in turn {[one.ends for one in allowed]}"
        return "\n  ".join([told, *more, *less])

    def _in_turn(self, deeds: Mapping[str, Deed], *names: str) -> Outcome:
        """One after the other; found out once."""
        if names not in self.known:
            self.put_back()
            ends = tuple(_end(deeds[name]) for name in names)
            self.known[names] = Outcome(ends, self.rows())
        return self.known[names]

    def _stopped(self, first: Deed, second: Deed, *, at: int) -> tuple[Outcome, str] | None:
        """The first stopped before its `at`-th statement while the second runs; and which one.

        None: it has no so many.
        """
        self.put_back()
        steps, ends = Steps(at), dict[int, str]()

        def run(place: int, deed: Deed) -> None:
            if place == 0:
                steps.thread = threading.get_ident()
            ends[place] = _end(deed)

        threads = [
            threading.Thread(target=run, args=pair, daemon=True)
            for pair in enumerate((first, second))
        ]
        with self._watched(steps):
            threads[0].start()
            until(lambda: steps.is_there.is_set() or not threads[0].is_alive(), every=0.001)
            if not steps.is_there.is_set():
                return None
            threads[1].start()
            until(lambda: not threads[1].is_alive() or self._somebody_waits(), every=0.001)
            steps.may_go.set()
            for thread in threads:
                thread.join(_PATIENCE)
                assert not thread.is_alive(), "two wait for each other for good"
        return Outcome((ends[0], ends[1]), self.rows()), steps.words

    @contextmanager
    def _watched(self, steps: Steps) -> Iterator[None]:
        def on_statement(_connection: Any, _cursor: Any, words: str, *_: Any) -> None:
            steps.before(words)

        def on_commit(_connection: Any) -> None:
            steps.before("COMMIT")

        watched = (("before_cursor_execute", on_statement), ("commit", on_commit))
        for name, call in watched:
            event.listen(self.engine, name, call)
        try:
            yield
        finally:
            for name, call in watched:
                event.remove(self.engine, name, call)

    def rows(self) -> frozenset[str]:
        """All rows as words, without numbers that were just given and without times."""
        told = sorted(f"{name} {_told(row)}" for name, row in self.onlooker.execute(_ALL_ROWS))
        return frozenset(_numbered(told))

    def _somebody_waits(self) -> bool:
        row = self.onlooker.execute(_WAITING).fetchone()
        return bool(row and row[0])


def _numbered(told: Iterable[str]) -> Iterator[str]:
    """Each with how many of the same have come by then."""
    seen = Counter[str]()
    for row in told:
        seen[row] += 1
        yield f"{row} ({seen[row]})"


def _told(row: dict[str, Any]) -> str:
    return json.dumps(_bare(row), sort_keys=True, ensure_ascii=False, default=str)


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: _bare(v) for k, v in value.items() if k not in _OF_THE_MOMENT and not _is_time(v)
        }
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if isinstance(value, str):
        return _NUMBERED_KEY.sub(r"\1-\2", value)
    return value


def _is_time(value: Any) -> bool:
    if isinstance(value, datetime):
        return True
    if isinstance(value, str) and len(value) > 18 and value[4:5] == "-" and value[10:11] == "T":
        with suppress(ValueError):
            return bool(datetime.fromisoformat(value))
    return False


def _end(deed: Deed) -> str:
    try:
        deed()
    except TryLater as exc:
        return f"!{exc.code} {exc.details.get('reason', '')}"
    except HouseError as exc:
        return f"!{exc.code}" if exc.code.startswith("store.") else exc.code
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is told
        return f"!{type(exc).__name__}: {exc}"
    return FINE
