"""Whatever a folder holds before and after a new epoch: no mail is lost, none is doubled."""

import itertools
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.database.engine import Database
from store.mails import keeping, originals
from store.places import epochs, sightings
from tests.store.samples import INBOX, NOW, arrival

BODIES = st.lists(st.sampled_from([b"a", b"b", b"c"]), max_size=6)
_numbers = itertools.count(1)


@pytest.fixture
def sqlite_db(sqlite_url: str) -> Iterator[Database]:
    database = Database.open(sqlite_url)
    yield database
    database.close()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=BODIES, after=BODIES)
def test_a_new_epoch_adopts_exactly_what_both_sides_have(
    sqlite_db: Database, before: list[bytes], after: list[bytes]
) -> None:
    postbox = f"box{next(_numbers)}"
    with sqlite_db.write() as tx:
        arrivals = [arrival(f"old{n}", body, postbox=postbox) for n, body in enumerate(before)]
        kept = keeping.keep_many(tx, arrivals, now=NOW)
        found = {f"new{n}": originals.fingerprint(body) for n, body in enumerate(after)}

        adopted = epochs.adopt_epoch(tx, postbox, folder=INBOX, epoch="2", found=found, now=NOW)

        both = Counter(row.sha256 for row in kept) & Counter(found.values())
        bytes_of = {row.message_id: row.sha256 for row in kept}
        assert Counter(bytes_of[m] for m in adopted.values()) == both
        assert len(set(adopted.values())) == len(adopted)
        assert all(bytes_of[m] == found[uid] for uid, m in adopted.items())
        left = {s.message_id for s in sightings.live(tx, postbox, folder=INBOX, epoch="1")}
        assert left == set(bytes_of) - set(adopted.values())
        now_known = sightings.known_uids(tx, postbox, folder=INBOX, epoch="2")
        assert now_known == set(adopted)
