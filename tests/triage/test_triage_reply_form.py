"""An answer to a form goes to the person who filled it in, not to the portal."""

import pytest
import sqlalchemy as sa

from rules.codes import Concern
from rules.errors import Refused
from rules.reply_policy import MAX_REPLIES_A_DAY
from store.desk import items
from store.mails import verdicts
from store.mails.verdicts import NewVerdict
from store.sending import outgoing
from store.tables import ledger as tables
from tests.house_fixture import MACHINE, clerk, eml
from triage import accept, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.desk.correction import certain

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


def test_without_one_none_goes_to_the_portal(house):
    with pytest.raises(Refused) as refused:
        answered(house, 1, email="")
    assert refused.value.code == "reply.portal"


INBOX = "Nachricht aus dem Leistungspostfach\nVon: Kim\nKundennummer: 123A456789\nNachricht: Ja.\n"
CONTACT = "Anfrage über das Kontaktformular\nName: Kim\nNachricht: Hallo.\n"
CHANGE = "Veränderung mitteilen\nThema: Ortsabwesenheit\nName: Kim\nBemerkung: Ich verreise.\n"
AWAY = {"concerns": [certain(Concern.ORTSABWESENHEIT, because="x")]}


@pytest.mark.parametrize(
    ("channel", "text", "told"),
    [
        ("postfachnachricht", INBOX, "Antworten Sie im Leistungspostfach"),
        ("kontaktformular", CONTACT, "Rufen Sie an"),
        ("eservice_veraenderung", CHANGE, "im Portal"),
    ],
)
def test_the_desk_says_where_it_is_answered_and_offers_no_text(house, channel, text, told):
    sender = f"{channel.partition('_')[0]}@portal.example"
    kept = accept.hand_in(house, MACHINE, eml("Anfrage", text, sender=sender))
    with house.db.write() as tx:
        item = items.of_message(tx, kept.message_id)
        tx.run(sa.update(tables.item).values(channel=channel, first_concern="ortsabwesenheit"))
        body = verdicts.latest(tx, kept.message_id).body | {
            "concerns": [certain(Concern.ORTSABWESENHEIT, because="x")]
        }
        verdicts.add(tx, NewVerdict(kept.message_id, "clerk", "x", body), now=house.clock())
    proposed = reply.proposals(house, ME, item.id)
    assert (proposed.rule.allowed, proposed.texts) == (False, ())
    assert told in proposed.rule.because
    claim = work.claim_item(house, ME, item.id)
    with pytest.raises(Refused) as refused:
        reply.order(house, ME, item.id, claim.token, Choice("allgemein.zwischennachricht", 1, {}))
    assert refused.value.code == "reply.portal"


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
