"""PostgreSQL plans a claim once and then reads what it hands out, not the line behind it."""

import pytest
import sqlalchemy as sa

from rules.codes import Concern
from store.claim_batches import Want, claim_each
from store.claims import Line
from store.engine import Database
from tests.bench import bench_stock
from tests.bench.bench_stock import AGENCY
from tests.store.samples import NOW

WAITING, RUNS, TOGETHER = 3_000, 4, 8
CUSTOM_PLANS = 5
"""So many PostgreSQL makes before it weighs one for all. Source: manual, PREPARE, Notes."""


@pytest.mark.parametrize(
    "line",
    [
        Line(AGENCY, today=NOW.date()),
        Line(AGENCY, concern=Concern.AU, today=NOW.date()),
        Line(AGENCY, language="other", today=NOW.date()),
    ],
    ids=["any", "concern", "language"],
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
            plans = tx.run(
                sa.text(
                    "SELECT custom_plans, generic_plans FROM pg_prepared_statements"
                    " WHERE statement LIKE 'UPDATE item%'"
                )
            ).one()
            fetched = tx.run(
                sa.text(
                    "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables"
                    " WHERE relname = 'item'"
                )
            ).scalar_one()
    finally:
        db.close()
    claims = RUNS * TOGETHER
    assert plans.custom_plans <= CUSTOM_PLANS
    assert plans.generic_plans >= claims - CUSTOM_PLANS - TOGETHER
    # The item itself twice: found, and written.
    assert fetched <= claims * 4
