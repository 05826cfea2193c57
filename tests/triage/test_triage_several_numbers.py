"""A mail that names two customers isn't handed over before a person says under whose number.

With the real judge: under the first number that it read the mail would lie in a stranger's record.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from ingest.maildir.postbox import MaildirPostbox
from rules.codes import Concern, PaymentRelevant
from rules.errors import Refused
from rules.item import EakteState
from rules.tasks import Said, TaskKind
from store.desk import items
from store.sending import outgoing
from tests import installed
from tests.house_fixture import Clock, clerk, eml, make_house
from tests.triage.way import bring_in
from triage import handover, tasks, work
from triage.desk import undo
from triage.desk.correction import Correction
from triage.house import House

ME = clerk("435")
OTHERS, OWN = "123A456789", "234B567890"
TEXT = (
    f"Guten Tag,\nmeine Frau (Kundennummer {OTHERS}) und ich sind umgezogen. Ich selbst habe die"
    f" {OWN}. Neue Anschrift: Ringstr. 3, 34117 Kassel.\nP. Ott"
)


@pytest.fixture
def house(sqlite_url: str, clock: Clock) -> Iterator[House]:
    house = make_house(sqlite_url, clock=clock, judge=installed.judge())
    yield house
    house.db.close()


def ordered_under(house: House, row_id: int) -> str | None:
    with house.db.read() as tx:
        row = outgoing.get(tx, row_id)
    return handover.package(house, row).kundennummer


def test_a_person_names_the_number_first(house: House, box: MaildirPostbox, lease) -> None:
    bring_in(house, box, lease, eml("Umzug", TEXT))
    claim = work.claim_next(house, ME, "435")
    with pytest.raises(Refused) as refused:
        handover.order(house, ME, claim.item_id, claim.token)
    assert refused.value.code == "item.several_numbers"
    assert OWN not in f"{refused.value}{refused.value.details}"
    with house.db.read() as tx:
        assert items.get(tx, claim.item_id).eakte is EakteState.OWED
        assert outgoing.of_item(tx, claim.item_id) == ()
    said = Correction((Concern.ANSCHRIFT_NAME,), PaymentRelevant.YES)
    work.correct(house, ME, claim.item_id, claim.token, said)
    with pytest.raises(Refused):
        handover.order(house, ME, claim.item_id, claim.token)
    named = Correction((Concern.ANSCHRIFT_NAME,), PaymentRelevant.YES, OTHERS)
    work.correct(house, ME, claim.item_id, claim.token, named)
    assert ordered_under(house, handover.order(house, ME, claim.item_id, claim.token)) == OTHERS


def test_who_takes_that_back_has_named_none(house: House, box: MaildirPostbox, lease) -> None:
    bring_in(house, box, lease, eml("Umzug", TEXT))
    claim = work.claim_next(house, ME, "435")
    named = Correction((Concern.ANSCHRIFT_NAME,), PaymentRelevant.YES, OWN)
    work.correct(house, ME, claim.item_id, claim.token, named)
    again = undo.take_back(house, ME, claim.item_id)
    with pytest.raises(Refused) as refused:
        handover.order(house, ME, again.item_id, again.token)
    assert refused.value.code == "item.several_numbers"


def test_one_number_needs_no_word(house: House, box: MaildirPostbox, lease) -> None:
    bring_in(house, box, lease, eml("Umzug", TEXT.replace(f" (Kundennummer {OTHERS})", "")))
    claim = work.claim_next(house, ME, "435")
    assert ordered_under(house, handover.order(house, ME, claim.item_id, claim.token)) == OWN


STRANGERS = (
    "Guten Tag,\nich bin bis 4.12. krank.\nGruß\nMia Kern\n\n"
    "Von: Ali Saad <ali.saad@post.example>\nGesendet: Montag, 23. November 2026 09:12\n"
    f"An: Mia Kern\nBetreff: krank\n\nHallo Mia, ich auch. Kundennummer {OTHERS}.\nGruß Ali\n"
)


def test_a_number_in_a_strangers_mail_below_is_named_by_a_person_first(
    house: House, box: MaildirPostbox, lease
) -> None:
    bring_in(house, box, lease, eml("AW: krank", STRANGERS))
    claim = work.claim_next(house, ME, "435")
    with house.db.read() as tx:
        item = items.get(tx, claim.item_id)
    assert (item.review, item.eakte) == (True, EakteState.OWED)
    with pytest.raises(Refused) as refused:
        handover.order(house, ME, claim.item_id, claim.token)
    assert refused.value.code == "item.number_unclear"
    with house.db.read() as tx:
        assert outgoing.of_item(tx, claim.item_id) == ()
    named = Correction((Concern.AU,), PaymentRelevant.YES, OWN)
    work.correct(house, ME, claim.item_id, claim.token, named)
    assert ordered_under(house, handover.order(house, ME, claim.item_id, claim.token)) == OWN


def test_no_task_leaves_under_a_number_of_several(house: House, box: MaildirPostbox, lease) -> None:
    house = replace(house, policy=replace(house.policy, gives_tasks=True))
    text = f"Meine Frau ({OTHERS}) und ich ({OWN}) sind ab 1.1. arbeitslos, wir melden uns."
    bring_in(house, box, lease, eml("Arbeitslos", text))
    claim = work.claim_next(house, ME, "435")
    said = Correction((Concern.ARBEITSLOS,), PaymentRelevant.NO, reason="Es bewegt kein Geld.")
    work.correct(house, ME, claim.item_id, claim.token, said)
    order = partial(
        tasks.order, house, ME, claim.item_id, claim.token, kind=TaskKind.SOFORTZUGANG, said=Said()
    )
    with pytest.raises(Refused) as refused:
        order()
    assert refused.value.code == "item.several_numbers"
    named = replace(said, kundennummer=OWN)
    work.correct(house, ME, claim.item_id, claim.token, named)
    with house.db.read() as tx:
        row = outgoing.get(tx, order())
    assert tasks.build(house, row).fields["kundennummer"] == OWN
