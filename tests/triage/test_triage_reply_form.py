"""An answer to a form goes to the person who filled it in, not to the portal."""

import pytest

from rules.errors import Refused
from rules.reply_policy import MAX_REPLIES_A_DAY
from store.desk import items
from store.sending import outgoing
from tests.house_fixture import MACHINE, clerk, eml
from triage import accept, work
from triage.answers import reply
from triage.answers.reply import Choice

ME = clerk("435")
PORTAL = "kontaktformular@web.example"


def answered(house, number, *, email="Kim@post.example", sender=PORTAL):
    """A form of that person, and its answer's payload."""
    line = f"E-Mail: {email}\n" if email else ""
    form = f"Ihre Anfrage über das Kontaktformular\n\nName: Kim\n{line}Nachricht: Guten Tag.\n"
    data = eml(f"Termin {number}", form, sender=sender)
    kept = accept.hand_in(house, MACHINE, data.replace(b"<same@", f"<{number}@".encode()))
    with house.db.read() as tx:
        item = items.of_message(tx, kept.message_id)
    claim = work.claim_item(house, ME, item.id)
    try:
        choice = Choice("allgemein.zwischennachricht", 1, {})
        row = reply.order(house, ME, item.id, claim.token, choice)
    finally:
        work.release(house, ME, item.id, claim.token)
    with house.db.read() as tx:
        return outgoing.get(tx, row).payload


def test_it_goes_to_the_address_in_the_form(house):
    assert answered(house, 1)["recipient"] == "Kim@post.example"


def test_without_one_it_goes_where_the_mail_came_from(house):
    assert answered(house, 1, email="")["recipient"] == PORTAL


def test_an_address_that_is_none_is_refused(house):
    with pytest.raises(Refused) as refused:
        answered(house, 1, email="kim at post")
    assert refused.value.code == "reply.recipient"


def test_the_limit_of_a_day_is_each_persons_own_and_not_the_portals(house):
    for number in range(MAX_REPLIES_A_DAY):
        answered(house, number, email="Kim@post.example" if number % 2 else "kim@POST.example")
    with pytest.raises(Refused) as refused:
        answered(house, 8)
    assert refused.value.code == "reply.too_many"
    assert answered(house, 9, email="jo@post.example")["recipient"] == "jo@post.example"
