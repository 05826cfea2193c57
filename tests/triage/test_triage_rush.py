"""Monday morning: 200 clerks press "next" at once, and nobody gets what another has (N6)."""

import threading
from dataclasses import replace

from rules.access import Caller
from rules.errors import Conflict, TryLater
from store.desk import items
from store.mails import keeping
from tests.house_fixture import clerk
from tests.store.samples import NOW, arrival, new_item
from triage import work
from triage.desk.claimed import Claim
from triage.house import House

CLERKS = 200
ITEMS = 260
"""More than clerks, fewer than two each: the end of the line is reached under pressure too."""


def fill(house: House) -> set[int]:
    with house.db.write() as tx:
        kept = keeping.keep_many(tx, [arrival(str(n)) for n in range(ITEMS)], now=NOW)
        made = items.create_many(tx, [new_item(one.message_id) for one in kept], now=NOW)
    return set(made.values())


def take(house: House, me: Caller) -> Claim | None:
    """As a client does: who hears "later" asks again (200 threads share 32 connections)."""
    while True:
        try:
            return work.claim_next(house, me, "435")
        except TryLater:
            continue


def test_200_clients_at_once_get_each_item_once_and_nobody_two(house: House) -> None:
    one = replace(house, policy=replace(house.policy, open_claims=1))
    ids = fill(one)
    got: list[tuple[str, int]] = []
    refused: list[str] = []
    start = threading.Barrier(CLERKS)

    def press(name: str) -> None:
        """Twice, as a double click does."""
        me = clerk("435", name=name)
        start.wait()
        claim = take(one, me)
        if claim is None:
            return
        got.append((name, claim.item_id))
        try:
            take(one, me)
        except Conflict as exc:
            refused.append(exc.code)

    threads = [threading.Thread(target=press, args=(f"k-{n}",)) for n in range(CLERKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handed_out = [item_id for _, item_id in got]
    assert len(handed_out) == len(set(handed_out)) == CLERKS
    assert set(handed_out) <= ids
    assert refused == ["item.open_claim"] * CLERKS
    with one.db.read() as tx:
        held = {item_id: items.get(tx, item_id).holder for item_id in handed_out}
    assert held == {item_id: name for name, item_id in got}


def test_the_last_items_are_handed_out_once_when_all_want_them(house: House) -> None:
    ids = fill(house)
    got: list[int] = []
    start = threading.Barrier(CLERKS)

    def work_off(name: str) -> None:
        me = clerk("435", name=name)
        start.wait()
        while (claim := take(house, me)) is not None:
            got.append(claim.item_id)

    threads = [threading.Thread(target=work_off, args=(f"k-{n}",)) for n in range(CLERKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == sorted(ids)
