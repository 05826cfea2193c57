"""Whether a postbox was served another way before: asked of the places in its INBOX."""

import pytest

from rules.postbox import Place
from store.database.engine import Database
from store.mails import same_mail
from tests.store.samples import POSTBOX, keep

INBOX = "INBOX"


@pytest.mark.parametrize(
    ("known", "now", "came"),
    [
        ("maildir", "1700000000", True),
        ("exchange", "1700000000", True),
        ("1700000000", "maildir", True),
        ("exchange", "maildir", True),
        ("1700000000", "exchange", True),
        ("maildir", "maildir", False),
        ("exchange", "exchange", False),
        ("1700000000", "1700000000", False),
        ("1700000000", "1800000000", False),  # numbered anew
        ("1700000000~7", "1700000000", False),  # given twice
        ("maildir", "", False),  # the folder is gone
    ],
)
def test_another_kind_of_places_tells(db: Database, known: str, now: str, came: bool) -> None:
    keep(db, "1", place=Place(INBOX, known, "1"))
    with db.read() as tx:
        assert same_mail.came_another_way(tx, POSTBOX, folder=INBOX, epoch=now) is came
        assert not same_mail.came_another_way(tx, "another", folder=INBOX, epoch=now)
