"""Machines and loops: recognised, set aside, counted, never answered; answers have a limit."""

import pytest

from rules.errors import Refused
from rules.reply_policy import MAX_REPLIES_A_DAY
from store.mails import aside, ledger
from tests.house_fixture import MACHINE, eml
from tests.triage.test_triage_reply import ME, first_choice
from tests.triage.way import Eakte, Post, bring_in, states
from triage import accept, figures, rounds, send, work
from triage.answers import reply


def answer(house, number, *, sender="alex@post.example"):
    """A mail of the sender comes in and is answered; the outgoing row."""
    accept.hand_in(house, MACHINE, eml(f"Termin {number}", sender=sender))
    claim = work.claim_next(house, ME, "435")
    choice = first_choice(house, claim)
    return reply.order(house, ME, claim.item_id, claim.token, choice), claim, choice


def test_our_own_answer_that_comes_back_is_set_aside_and_never_answered(house, box, lease):
    answer(house, 1)
    post = Post()
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    ((_, sent),) = post.sent
    bring_in(house, box, lease, sent)
    assert states(house) == {"sorted": 1, "aside": 1}
    assert figures.aside_reasons(house) == (("mail.loop", 1),)
    assert work.claim_next(house, ME, "435") is None


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "mail.autoreply"),
        ({"Auto_Submitted": "auto-generated", "List_Id": "<v.example>"}, "mail.newsletter"),
        ({"Auto_Submitted": "auto-generated", "Return_Path": "<>"}, "mail.bounce"),
    ],
)
def test_machine_mail_lies_aside_by_its_kind_with_its_bytes(house, box, lease, headers, reason):
    bring_in(house, box, lease, eml("Abwesend", **headers))
    with house.db.read() as tx:
        (row,) = aside.listing(tx, limit=9)
        assert (row.reason_code, ledger.message(tx, row.message_id).state_reason) == (reason,) * 2
        assert b"Abwesend" in ledger.original(tx, row.message_id)


def test_one_address_gets_so_many_answers_a_day_and_no_more(house, clock):
    for number in range(MAX_REPLIES_A_DAY):
        row, claim, choice = answer(house, number)
        assert reply.order(house, ME, claim.item_id, claim.token, choice) == row
        work.release(house, ME, claim.item_id, claim.token)
        close_line(house)
    with pytest.raises(Refused) as refused:
        answer(house, "zu viel")
    assert refused.value.code == "reply.too_many"
    close_line(house)
    assert answer(house, "fremd", sender="bo@post.example")
    close_line(house)
    clock.forward(days=1, seconds=1)
    assert answer(house, "morgen")


def close_line(house):
    """Take what waits or is held out of the line, so that the next claim gets the next mail."""
    with house.db.write() as tx:
        tx.connection.exec_driver_sql("UPDATE item SET state = 'parked', lease_token = NULL")
