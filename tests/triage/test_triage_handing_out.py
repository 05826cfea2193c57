"""Many clerks in one transaction get what each would get alone; trouble stays with its owner."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from rules.codes import Concern, Team
from rules.errors import Conflict, HouseError, TryLater
from store.acts import mark_wishes
from store.database.engine import Tx
from store.desk import claim_batches, claims, items
from store.doors import idempotency
from store.processes import leases
from store.trail import audit
from tests.house_fixture import Clock, clerk, service_center
from tests.store.samples import NOW, queue
from triage import idempotency as turns
from triage.desk import handing_out
from triage.desk.claimed import Claim
from triage.desk.handing_out import Asked, Outcome
from triage.doorkeeper import CLEARING
from triage.house import House
from triage.idempotency import Answer, Request


def written(outcome: Outcome) -> Answer | None:
    """A door that keeps all but what is forbidden."""
    if isinstance(outcome, HouseError):
        return None if outcome.code == "access.denied" else Answer(409, {}, outcome.code)
    return Answer(200, {}, f"item {outcome.item_id}") if outcome else Answer(204, {}, "")


def ask(house: House, *asked: Asked) -> list[object]:
    """Item ids, codes of refusals, texts of old answers."""
    return [short(one) for one in handing_out.hand_out(house, asked, written=written)]


def short(one: Outcome | Answer) -> object:
    if isinstance(one, Claim):
        return one.item_id
    if isinstance(one, HouseError):
        return one.code
    return one.body if isinstance(one, Answer) else one


def by(name: str, agency: str = "435", **more: object) -> Asked:
    return Asked(clerk(agency, name=name), agency, **more)


def named(name: str, key: str, fingerprint: str = "same") -> Asked:
    return by(name, request=Request(clerk("435", name=name), key, fingerprint))


def limited(house: House, most: int = 1) -> House:
    return replace(house, policy=replace(house.policy, open_claims=most))


def test_each_gets_what_the_order_gives_him_and_the_last_nothing(house: House) -> None:
    late = queue(house.db, "1", due_on=date(2026, 12, 9))
    soon = queue(house.db, "2", due_on=date(2026, 11, 24))
    alert = queue(house.db, "3", due_on=date(2026, 12, 24), alert="danger")
    mine = queue(house.db, "4", due_on=date(2026, 12, 20))
    with house.db.write() as tx:
        version = items.get(tx, mine).version
        items.save_unheld(tx, mine, version=version, change={"preferred_holder": "c"}, now=NOW)
    assert ask(house, *map(by, "abcde")) == [alert, soon, mine, late, None]


def test_who_is_bound_to_agencies_takes_no_mail_of_none(house: House) -> None:
    unknown = queue(house.db, "1", agency_code=None, team=Team.EZ)
    sc = service_center("Südwest")
    found = ask(house, Asked(clerk("435"), CLEARING), Asked(sc, CLEARING))
    assert found == ["access.denied", unknown]


def test_wishes_and_lines_beside_each_other(house: House) -> None:
    au = queue(house.db, "1", due_on=date(2026, 12, 1), first_concern="au")
    termin = queue(house.db, "2", due_on=date(2026, 12, 9), first_concern="termin")
    hamburg = queue(house.db, "3", agency_code="123")
    unknown = queue(house.db, "4", agency_code=None, team=Team.SC)
    sc = service_center("Südwest")
    found = ask(
        house,
        by("a", concern=Concern.TERMIN),
        by("b", "123"),
        Asked(sc, "klaerung"),
        by("c", concern=Concern.TERMIN),
        by("d"),
    )
    assert found == [termin, hamburg, unknown, None, au]


def test_a_refusal_stops_nobody_else(house: House) -> None:
    first, second = queue(house.db, "1"), queue(house.db, "2")
    stranger = Asked(clerk("123", name="x"), "435")
    found = ask(house, by("a"), stranger, replace(by("b"), agency_code="nowhere"), by("c"))
    assert found == [first, "access.denied", "agency.unknown", second]


def test_token_lease_trail_and_mark_are_those_of_each(house: House, clock: Clock) -> None:
    ids = [queue(house.db, str(n)) for n in range(3)]
    got = handing_out.hand_out(house, [by("a"), by("b"), by("c")], written=written)
    tokens = set()
    with house.db.write() as tx:
        for claim, name in zip(got, "abc", strict=True):
            assert isinstance(claim, Claim)
            item = claims.held(tx, claim.item_id, token=claim.token, now=clock.now)
            tokens.add(claim.token)
            assert (item.holder, item.lease_until) == (name, claim.lease_until)
            assert claim.lease_until == clock.now + timedelta(seconds=house.policy.lease_seconds)
            story = audit.of_subject(tx, f"message:{item.message_id}")
            assert [(one.actor, one.action) for one in story] == [(name, "item.claimed")]
            wish = mark_wishes.of_messages(tx, [item.message_id])
            assert [one.wanted for one in wish.values()] == ["in_work"]
    assert len(tokens) == len(ids)


def test_one_open_claim_holds_among_many_too(house: House) -> None:
    one, ids = limited(house), [queue(house.db, str(n)) for n in range(4)]
    assert ask(one, by("a"), by("b"), by("a")) == [ids[0], ids[1], "item.open_claim"]
    assert ask(one, by("c"), by("b"), by("a")) == [ids[2], *["item.open_claim"] * 2]


def test_what_is_held_of_an_agency_lost_keeps_nobody(house: House) -> None:
    one = limited(house)
    hers, next_one = queue(house.db, "1"), queue(house.db, "2", agency_code="123")
    assert ask(one, by("a")) == [hers]
    moved = Asked(clerk("123", name="a"), "123")
    assert ask(one, moved, by("b")) == [next_one, None]
    assert ask(one, by("b"), by("c")) == [hers, None]


def test_who_is_counted_elsewhere_at_this_moment_is_waited_for_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stands for a transaction of another process that has the clerk's lock."""
    one, ids = limited(house), [queue(house.db, str(n)) for n in range(3)]
    real = claim_batches.alone_at_once
    monkeypatch.setattr(claim_batches, "alone_at_once", lambda tx, names: real(tx, names) - {"a"})
    assert ask(one, by("a"), by("b"), by("c")) == [ids[2], ids[0], ids[1]]


def test_the_lock_of_a_clerk_is_seen_and_not_waited_for(house: House) -> None:
    if house.db.dialect == "sqlite":
        return
    with house.db.write() as first:
        claims.open_claims(first, "a", now=NOW)
        with house.db.write() as second:
            assert claim_batches.alone_at_once(second, ["a", "b"]) == {"b"}


def test_a_key_gets_its_first_answer_again_in_the_same_commit_as_the_claim(house: House) -> None:
    first, second = queue(house.db, "1"), queue(house.db, "2")
    assert ask(house, named("a", "k")) == [first]
    with house.db.read() as tx:
        kept = idempotency.look(tx, "a", key="k", request_hash="same")
    assert kept is not None
    reach = {"role": "clerk", "agencies": ["435"], "regions": None, "extra": []}
    assert kept.body == {"headers": {}, "text": f"item {first}", "reach": reach}
    found = ask(house, named("a", "k"), named("a", "k", "other"), named("b", "k"))
    assert found == [f"item {first}", "idempotency.reused", second]


def test_who_lost_the_agency_does_not_get_what_was_answered_before(house: House) -> None:
    queue(house.db, "1")
    ask(house, named("a", "k"))
    elsewhere = clerk("123", name="a")
    again = Asked(elsewhere, "435", request=Request(elsewhere, "k", "same"))
    assert ask(house, again) == ["access.narrowed"]


def test_where_no_key_came_no_answer_is_looked_for(house: House) -> None:
    ids = [queue(house.db, str(n)) for n in range(2)]
    rename(house, "idempotency", "elsewhere")
    try:
        assert ask(house, by("a"), by("b")) == ids
        assert ask(house, named("a", "k")) == ["store.schema"]
    finally:
        rename(house, "elsewhere", "idempotency")


def rename(house: House, table: str, name: str) -> None:
    with house.db.write() as tx:
        tx.run(sa.text(f"ALTER TABLE {table} RENAME TO {name}"))


def test_refusals_of_a_key_are_kept_as_the_door_says(house: House) -> None:
    unknown = replace(named("a", "k"), agency_code="nowhere")
    denied = replace(named("b", "k"), agency_code="123")
    assert ask(house, unknown, denied, named("c", "k")) == [
        "agency.unknown", "access.denied", None
    ]  # fmt: skip
    queue(house.db, "1")
    assert ask(house, named("a", "k"), named("c", "k")) == ["agency.unknown", ""]


def test_a_twin_in_the_same_run_and_one_elsewhere_are_turned_away(house: House) -> None:
    first = queue(house.db, "1")
    assert ask(house, named("a", "k"), named("a", "k")) == [first, "idempotency.in_progress"]
    running = Request(clerk("435", name="b"), "k", "same")
    assert not isinstance(turns.begin(house, running), Answer)
    queue(house.db, "2")
    assert ask(house, named("b", "k")) == ["idempotency.in_progress"]


def test_the_lease_of_a_key_is_free_after_the_commit(house: House, clock: Clock) -> None:
    ask(house, named("a", "k"))
    with house.db.write() as tx:
        names = leases.pass_through(tx, ["other"], now=clock.now, seconds=60)
        assert names == {"other"}
        assert leases.take(tx, "other", owner="x", now=clock.now, seconds=9) is not None
        assert leases.pass_through(tx, ["other"], now=clock.now, seconds=60) == frozenset()


def test_what_breaks_the_commit_hits_only_the_one_who_breaks_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [queue(house.db, str(n)) for n in range(3)]
    break_for(monkeypatch, {"b"}, Conflict("store.conflict", "on purpose"))
    assert ask(house, *map(by, "abc")) == [ids[0], "store.conflict", ids[1]]


def test_where_the_database_is_away_not_everybody_waits_for_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = break_for(monkeypatch, set("abcdef"), TryLater("store.away", "on purpose"))
    assert ask(house, *map(by, "abcdef")) == ["store.away"] * 6
    assert tried == [6, 1, 1]


def break_for(monkeypatch: pytest.MonkeyPatch, names: set[str], error: HouseError) -> list[int]:
    """Let each claim of one of these fail; how many were tried together, time by time."""
    tried: list[int] = []
    real = claim_batches.claim_each

    def claim_each(tx: Tx, wants: list[claim_batches.Want], **more: object) -> object:
        tried.append(len(wants))
        if names & {want.holder for want in wants}:
            raise error
        return real(tx, wants, **more)

    monkeypatch.setattr(claim_batches, "claim_each", claim_each)
    return tried
