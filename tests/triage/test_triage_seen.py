"""Two deeds of one token on the version that both have seen, at the same moment."""

from dataclasses import replace

import pytest

from rules.codes import Concern, PaymentRelevant
from rules.errors import Conflict
from store import claims, items
from tests.house_fixture import MACHINE, clerk, eml, make_house
from triage import accept, rounds, work


def test_on_postgresql_the_second_deed_asks_again_once_it_has_the_row(
    postgresql_url, monkeypatch
) -> None:
    """SQLite has one writer: there the first look is the last one."""
    house = make_house(postgresql_url)
    accept.hand_in(house, MACHINE, eml("Termin"))
    rounds.sort_pending(house)
    claim = work.claim_next(house, clerk("435"), "435")
    with house.db.read() as tx:
        seen = replace(clerk("435"), seen=items.get(tx, claim.item_id).version)
    held = claims.held

    def after_the_first(tx, item_id, **asked):
        monkeypatch.setattr(claims, "held", held)
        first = work.Correction((Concern.TERMIN,), PaymentRelevant.NO)
        work.correct(house, seen, item_id, claim.token, first)
        return held(tx, item_id, **asked)

    monkeypatch.setattr(claims, "held", after_the_first)
    second = work.Correction((Concern.BERATUNG,), PaymentRelevant.NO)
    with pytest.raises(Conflict) as refused:
        work.correct(house, seen, claim.item_id, claim.token, second)
    assert refused.value.code == "item.precondition"
    with house.db.read() as tx:
        assert items.get(tx, claim.item_id).first_concern == "termin"
    house.db.close()
