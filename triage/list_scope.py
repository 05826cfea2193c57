"""Whom the lists let in, and where: looked up anew every minute, so that a change holds soon.

Source: Weisung 202404002 no. 3; F58 ("at the next sign-in or within 15 minutes").
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from rules.pause import is_over
from rules.rights.list_access import NOWHERE, Reach, reaches
from store.rights import lists as rights_lists
from triage.house import House

FRESH: Final = timedelta(minutes=1)
"""So old may our picture of the lists be. Source: own decision 0040; F58 allows 15 minutes."""


class ListScope:
    """What persons may see by the lists of all regions. Safe to share between threads.

    `hash_of` turns an address of the lists into what sessions know a person by: no session holds
    an address.
    """

    def __init__(self, house: House, hash_of: Callable[[str], str]) -> None:
        self._house = house
        self._hash_of = hash_of
        self._known: dict[str, Reach] = {}
        self._read_at: datetime | None = None
        self._reading = threading.Lock()

    def of(self, account: str) -> Reach | None:
        """What the person of that hash may see now; None where the house does not follow the lists.

        Raises: TryLater: `store.away`.
        """
        if not self._house.policy.rights.clerks_follow_lists:
            return None
        with self._reading:
            now = self._house.clock()
            if self._read_at is None or is_over(self._read_at, now=now, pause=FRESH):
                self._known, self._read_at = self._read(), now
        return self._known.get(account, NOWHERE)

    def _read(self) -> dict[str, Reach]:
        with self._house.db.read() as tx:
            books = {
                region: rights_lists.book(tx, region)[1]
                for region in self._house.directory.region_names()
            }
        return {self._hash_of(who): reach for who, reach in reaches(books).items()}
