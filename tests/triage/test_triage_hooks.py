"""Webhooks from event to receiver: once each, in scope, retried, given up, never in the way."""

import json
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa

from outbox.webhook import WebhookOutlet
from rules.errors import TryLater
from rules.event_types import TYPES
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from store.tables.ledger import audit as audit_table
from store.tables.ledger import outgoing as outgoing_table
from store.trail import audit
from store.trail.events import Reach
from tests.house_fixture import MACHINE, Clock, clerk, eml
from tests.servers.hook_receiver import SECRET, Receiver
from triage import accept, hooks, work
from triage.hooks import Subscription
from triage.house import House
from triage.settings.hooks import WebhookSettings

OTHER_REGION = "843"
"""München, which is another region than Kassel's."""


def subscription(receiver: Receiver, name: str = "sc", **reach: object) -> Subscription:
    outlet = WebhookOutlet(receiver.url(), SECRET, ("127.0.0.1",), timeout_seconds=5)
    return Subscription(name, Reach(**({"types": TYPES} | reach)), outlet)


def happen(house: House, subject: str = "Termin", **headers: str) -> None:
    accept.hand_in(house, MACHINE, eml(subject, **headers))
    with house.db.write() as tx:
        audit.seal(tx, limit=1000)


def serve(house: House, *subscriptions: Subscription, worker: str = "w-1") -> int:
    return hooks.round_(house, subscriptions, worker)


def told(receiver: Receiver) -> list[str]:
    return [json.loads(body)["type"] for _, body in receiver.taken]


def test_what_happens_after_the_subscription_is_told_once(house: House, receiver: Receiver) -> None:
    happen(house, "Termin davor")
    one = subscription(receiver)
    assert serve(house, one) == 0
    happen(house, "Termin danach")
    serve(house, one)
    serve(house, one, worker="w-2")
    assert sorted(told(receiver)) == ["mail.handed_in", "mail.sorted"]
    assert len({key for key, _ in receiver.taken}) == 2
    body = json.loads(receiver.taken[0][1])
    assert set(body) == {"type", "timestamp", "data"}
    assert "Termin" not in receiver.taken[0][1].decode()


def test_a_subscription_hears_its_types_and_agencies_only(house: House, receiver: Receiver) -> None:
    mine = subscription(receiver, types=frozenset({"mail.sorted"}), agencies=frozenset({"435"}))
    serve(house, mine)
    happen(house)
    happen(house, to="Hamburg@arbeitsagentur.de")
    serve(house, mine)
    assert told(receiver) == ["mail.sorted"]


def test_the_region_that_gave_an_item_away_hears_that_it_went(
    house: House, receiver: Receiver
) -> None:
    left = house.directory.agency("435")
    assert left is not None
    one = subscription(receiver, regions=frozenset({left.region}))
    serve(house, one)
    happen(house)
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    assert claim is not None
    serve(house, one)
    reason = "Wohnt jetzt in München"
    work.forward(house, me, claim.item_id, claim.token, agency_code=OTHER_REGION, reason=reason)
    with house.db.write() as tx:
        audit.seal(tx, limit=1000)
    serve(house, one)
    assert "item.forwarded" in told(receiver)


def test_a_receiver_as_slow_as_may_be_gets_each_event_once_and_by_one_worker(
    house: House, receiver: Receiver, clock: Clock
) -> None:
    """Each of the seven waits of an exchange takes all of its time; a second worker looks then."""
    one = subscription(receiver)
    longest = next(rule.le for rule in WebhookSettings.model_fields["timeout_seconds"].metadata
                   if hasattr(rule, "le"))  # fmt: skip

    class Slow:
        def post(self, key: str, body: bytes) -> str:
            clock.forward(seconds=7 * longest)
            serve(house, one, worker="w-2")
            return one.outlet.post(key, body)

    serve(house, one)
    happen(house)
    serve(house, replace(one, outlet=Slow()))
    assert sorted(told(receiver)) == ["mail.handed_in", "mail.sorted"]


def test_a_worker_whose_claim_ran_out_goes_on_with_the_others(
    house: House, receiver: Receiver, clock: Clock
) -> None:
    one = subscription(receiver)
    serve(house, one)
    happen(house)

    class Frozen:
        def post(self, key: str, body: bytes) -> str:
            clock.forward(hours=1)
            serve(house, one, worker="w-2")
            return one.outlet.post(key, body)

    serve(house, replace(one, outlet=Frozen()))
    with house.db.read() as tx:
        states = {state for (_, state) in outgoing.counts(tx)}
    assert states == {OutgoingState.SENT}


class Hanging:
    """As a receiver that takes the line and says nothing."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.tries = clock, 0

    def post(self, key: str, body: bytes) -> str:
        self.tries += 1
        self.clock.forward(seconds=10)
        raise TryLater("webhook.away", "it hangs")


def test_a_receiver_that_hangs_holds_up_no_other(
    house: House, receiver: Receiver, clock: Clock
) -> None:
    """Whose name is the beginning of the other's: their rows are told apart all the same."""
    hanging = Hanging(clock)
    first = replace(subscription(receiver, name="sc"), outlet=hanging)
    second = subscription(receiver, name="sc-1", types=frozenset({"mail.sorted"}))
    serve(house, first, second)
    for number in range(15):
        happen(house, f"Termin {number}")
    serve(house, first, second)
    assert (hanging.tries, told(receiver)) == (1, ["mail.sorted"] * 15)


def test_of_a_receiver_that_is_away_a_few_rows_wait_and_the_rest_in_the_feed(
    house: House, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or each other receiver's row would be looked for behind thousands of them."""
    monkeypatch.setattr(hooks, "ORDER_BATCH", 2)
    first = subscription(receiver, types=frozenset({"mail.sorted"}))
    # Another one, whose name this one's begins, has as many waiting; they are none of its own.
    second = replace(subscription(receiver, name="sc-1"), outlet=Hanging(clock))
    serve(house, second, first)
    for number in range(7):
        happen(house, f"Termin {number}")
    for _ in range(5):
        hooks.order(house, second)
        hooks.order(house, first)
    assert waiting(house) == {"sc": 2, "sc-1": 2}
    for _ in range(5):
        serve(house, first)
        clock.forward(minutes=5)
    keys = [key for key, _ in receiver.taken]
    assert len(keys) == len(set(keys)) == 7


def waiting(house: House) -> Counter[str]:
    with house.db.read() as tx:
        rows = outgoing.listing(tx, states=[OutgoingState.NEW], limit=99)
    return Counter(row.payload["subscription"] for row in rows)


def test_an_event_ordered_twice_is_one_row(house: House, receiver: Receiver) -> None:
    one = subscription(receiver)
    serve(house, one)
    happen(house)
    hooks.order(house, one)
    with house.db.write() as tx:
        hooks.events.reach(tx, "sc", 0, now=house.clock())
    hooks.order(house, one)
    hooks.order(house, one)
    serve(house, one)
    assert sorted(told(receiver)) == ["mail.handed_in", "mail.sorted"]


def test_what_gets_the_number_of_another_event_after_a_restore_has_a_key_of_its_own(
    house: House, receiver: Receiver, clock: Clock
) -> None:
    one = subscription(receiver, types=frozenset({"mail.sorted"}))
    serve(house, one)
    happen(house)
    serve(house, one)
    set_back(house)
    clock.forward(minutes=5)
    happen(house)
    serve(house, one)
    (before, _), (after, _) = receiver.taken
    assert before != after
    assert before.rpartition("-")[0] == after.rpartition("-")[0]


def set_back(house: House) -> None:
    """As a backup of before would have it: nothing has happened, nothing was told."""
    with house.db.write() as tx:
        for table in (outgoing_table, audit_table):
            tx.run(sa.delete(table))
        hooks.events.reach(tx, "sc", 0, now=house.clock())


def test_a_failure_is_tried_again_under_the_same_key_and_given_up_in_the_end(
    house: House, receiver: Receiver, clock: Clock
) -> None:
    one = subscription(receiver, types=frozenset({"mail.sorted"}))
    serve(house, one)
    happen(house)
    receiver.statuses = [500, 503]
    for _ in range(3):
        serve(house, one)
        clock.forward(minutes=5)
    assert told(receiver) == ["mail.sorted"]
    happen(house)
    receiver.statuses = [500] * 3
    for _ in range(3):
        serve(house, one)
        clock.forward(minutes=5)
    with house.db.read() as tx:
        (dead,) = outgoing.listing(tx, states=[OutgoingState.DEAD], limit=9)
        trail = audit.of_subject(tx, "webhook:sc")
    assert (dead.kind, dead.error_code, dead.tries) == ("webhook", "webhook.later", 3)
    assert [entry.action for entry in trail] == ["webhook.dead"]


def test_a_row_of_a_receiver_that_left_the_configuration_is_a_dead_letter(
    house: House, receiver: Receiver
) -> None:
    one = subscription(receiver)
    serve(house, one)
    happen(house)
    hooks.order(house, one)
    serve(house, subscription(receiver, name="other"))
    with house.db.read() as tx:
        dead = outgoing.listing(tx, states=[OutgoingState.DEAD], limit=9)
    assert {row.error_code for row in dead} == {"webhook.unknown"}
    assert receiver.taken == []


def test_delivered_rows_leave_after_a_week_and_others_stay(
    house: House, receiver: Receiver, clock: Clock
) -> None:
    one = subscription(receiver, types=frozenset({"mail.sorted"}))
    serve(house, one)
    happen(house)
    serve(house, one)
    clock.forward(days=hooks.KEPT_DAYS, seconds=1)
    happen(house)
    serve(house, one)
    serve(house, one)
    with house.db.read() as tx:
        rows = outgoing.listing(tx, states=[OutgoingState.SENT], limit=9)
    assert len(rows) == 1
    assert len(receiver.taken) == 2
