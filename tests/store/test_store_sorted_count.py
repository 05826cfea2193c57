"""How far the mails of a day are worked off, counted without reading them."""

from datetime import timedelta

from rules.ledger import LedgerState
from store.counts import ledger_counts
from store.database.engine import Database
from store.mails import ledger
from tests.store.samples import NOW, keep


def test_what_left_the_state_kept_is_counted_by_the_local_day(db: Database) -> None:
    first, second = keep(db, "1").message_id, keep(db, "2").message_id
    with db.write() as tx:
        assert ledger_counts.sorted_count(tx, day=NOW.date()) == 0
        ledger.set_state(tx, first, LedgerState.ASIDE, reason="bug", now=NOW)
        assert ledger_counts.sorted_count(tx, day=NOW.date()) == 1
        ledger.set_state(tx, second, LedgerState.ASIDE, reason="bug", now=NOW)
        assert ledger_counts.sorted_count(tx, day=NOW.date()) == 2
        assert ledger_counts.sorted_count(tx, day=NOW.date() + timedelta(days=1)) == 0
        assert ledger_counts.unsorted_count(tx) == 0
