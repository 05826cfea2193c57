"""A claim reads what it hands out, not the line behind it; PostgreSQL plans it once for all."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from rules.codes import Concern
from store.database.engine import Database, Tx
from store.desk.claim_batches import Want, claim_each
from store.desk.claims import Line
from tests.bench import bench_stock
from tests.bench.bench_stock import AGENCY
from tests.store.samples import NOW, sqlite_steps

WAITING, RUNS, TOGETHER = 3_000, 4, 8
RUNS_TO_A_PLAN = 24
"""Statements of one run each: the driver prepares at the sixth, and then `CUSTOM_PLANS` follow."""
CUSTOM_PLANS = 5
"""So many PostgreSQL makes before it weighs one for all. Source: manual, PREPARE, Notes."""


def planned(tx: Tx, like: str) -> tuple[Sequence[sa.Row[Any]], int]:
    """The plans of statements like this, and how many rows of items were read so far."""
    plans = tx.run(
        sa.text(
            "SELECT custom_plans, generic_plans FROM pg_prepared_statements"
            " WHERE statement LIKE :words"
        ),
        {"words": like},
    ).all()
    fetched = tx.run(
        sa.text(
            "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables"
            " WHERE relname = 'item'"
        )
    ).scalar_one()
    return plans, fetched


@pytest.mark.parametrize(
    "line",
    [
        Line(None, today=NOW.date()),
        Line(AGENCY, concern=Concern.AU, today=NOW.date()),
        Line(AGENCY, language="other", today=NOW.date()),
    ],
    ids=["clearing", "concern", "language"],
)
def test_many_claims_share_a_plan_that_reads_no_backlog(
    own_postgresql_url: str, line: Line
) -> None:
    bench_stock.fill(own_postgresql_url, WAITING)
    db = Database.open(own_postgresql_url)
    try:
        with db.write() as tx:
            for _ in range(RUNS):
                claim_each(tx, [Want(line, f"k-{n}", 60) for n in range(TOGETHER)], now=NOW)
            [plans], fetched = planned(tx, "UPDATE item%")
    finally:
        db.close()
    claims = RUNS * TOGETHER
    assert plans.custom_plans <= CUSTOM_PLANS
    assert plans.generic_plans >= claims - CUSTOM_PLANS - TOGETHER
    # The item itself twice: found, and written.
    assert fetched <= claims * 4


def test_clerks_of_one_moment_share_plans_that_read_no_backlog(own_postgresql_url: str) -> None:
    bench_stock.fill(own_postgresql_url, WAITING)
    line = Line(AGENCY, today=NOW.date())
    db = Database.open(own_postgresql_url)
    try:
        with db.write() as tx:
            for _ in range(RUNS_TO_A_PLAN):
                claim_each(tx, [Want(line, f"k-{n}", 60) for n in range(TOGETHER)], now=NOW)
            plans, fetched = planned(tx, "%json_array_elements%")
    finally:
        db.close()
    assert len(plans) == 2
    assert all(one.custom_plans <= CUSTOM_PLANS < one.generic_plans for one in plans)
    # Each item found, and found again to be written.
    assert fetched <= RUNS_TO_A_PLAN * TOGETHER * 4


SHAPES = list(product((AGENCY, None), (Concern.AU, None), ("other", None)))


@pytest.mark.parametrize("is_analysed", [True, False], ids=["analysed", "fresh"])
def test_a_claim_on_sqlite_costs_the_same_before_a_long_line(
    sqlite_template: Path, tmp_path: Path, *, is_analysed: bool
) -> None:
    short, long = (
        _instructions(sqlite_template, tmp_path / f"{waiting}.sqlite", waiting, is_analysed)
        for waiting in (WAITING // 10, WAITING)
    )
    dearer = {shape: (short[shape], long[shape]) for shape in SHAPES}
    assert all(after <= before * 2 for before, after in dearer.values()), dearer


def _instructions(
    template: Path, file: Path, waiting: int, is_analysed: bool
) -> dict[tuple[str | None, Concern | None, str | None], int]:
    """Of SQLite's machine, for one claim of each shape; nothing stays claimed."""
    shutil.copyfile(template, file)
    bench_stock.fill(f"sqlite:///{file}", waiting)
    if is_analysed:
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("ANALYZE")
    db, counted = Database.open(f"sqlite:///{file}"), {}
    try:
        for shape in SHAPES:
            with db.write() as tx:
                agency, concern, language = shape
                line = Line(agency, concern=concern, language=language, today=NOW.date())
                counted[shape] = sqlite_steps(
                    tx, lambda line=line: claim_each(tx, [Want(line, "k", 60)], now=NOW)
                )
                tx.connection.rollback()
    finally:
        db.close()
    return counted
