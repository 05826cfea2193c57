"""Two who put in lists of a region at the same time: the report of a person wins."""

import pytest
import sqlalchemy as sa

from rules.errors import TryLater
from rules.rights.distribution import DistributionList
from store.database.engine import Database, Tx
from store.rights import lists as rights_lists
from store.rights.lists import Reported
from tests.store.samples import NOW

LISTS = (DistributionList("ez-435@x.example", "435"),)


def report(tx: Tx, region: str) -> int:
    return rights_lists.put(tx, region, LISTS, source="LDAP", sha256="", actor="anna", now=NOW)


def follow_impatiently(db: Database, standing: Reported) -> bool:
    with db.write() as tx:
        tx.run(sa.text("SET LOCAL lock_timeout = '50ms'"))
        return rights_lists.follow(tx, standing, LISTS, actor="lists", now=NOW)


def test_who_follows_waits_for_a_report_that_is_being_put_in(postgresql_url: str) -> None:
    db = Database.open(postgresql_url)
    with db.write() as tx:
        report(tx, "Nord")
        report(tx, "West")
        north, west = rights_lists.newest(tx, "Nord"), rights_lists.newest(tx, "West")
    assert north
    assert west
    with db.write() as person:
        report(person, "Nord")
        assert follow_impatiently(db, west), "only those of its own region"
        with pytest.raises(TryLater):
            follow_impatiently(db, north)
    assert not follow_impatiently(db, north)
    db.close()
