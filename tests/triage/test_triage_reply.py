"""Answers: only approved words leave, and only where an answer is allowed."""

from email import message_from_bytes, policy

import pytest

from rules.errors import Conflict, Refused
from store.sending import outgoing
from store.trail import audit
from tests.house_fixture import clerk, eml, service_center
from tests.triage.way import Eakte, Post, bring_in
from triage import rounds, send, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.answers.reply_text import Wanted
from triage.doorkeeper import CLEARING

ME = clerk("435")


@pytest.fixture
def claim(house, box, lease):
    bring_in(
        house, box, lease, eml("Termin am Montag", "Ich kann nicht. Mein Geheimwort: Kranich.")
    )
    return work.claim_next(house, ME, "435")


def first_choice(house, claim, **changed) -> Choice:
    text = reply.proposals(house, ME, claim.item_id).texts[0]
    values = reply.defaults(house, ME, claim.item_id, text.id)
    return Choice(**{"text_id": text.id, "version": text.version, "values": values} | changed)


def test_an_approved_text_leaves_once_word_for_word_and_quotes_nothing(house, claim):
    choice = first_choice(house, claim)
    shown = reply.preview(house, ME, claim.item_id, Wanted(choice.text_id), choice.values)
    one = reply.order(house, ME, claim.item_id, claim.token, choice)
    assert reply.order(house, ME, claim.item_id, claim.token, choice) == one
    post = Post()
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    ((recipient, data),) = post.sent
    letter = message_from_bytes(data, policy=policy.default)
    assert recipient == "alex@post.example"
    assert letter.get_content().split() == shown.body.split()
    assert letter["In-Reply-To"] == "<same@post.example>"
    assert b"Kranich" not in data
    assert "Montag" not in letter["Subject"]
    assert letter["From"] == "Eingangszone Kassel <kassel@arbeitsagentur.example>"


def test_of_an_item_without_agency_the_name_typed_must_be_one(house, box, lease):
    bring_in(house, box, lease, eml("Termin", "Ich kann nicht.", to="post@stelle.example"))
    clearing = service_center()
    found = work.claim_next(house, clearing, CLEARING)
    text = reply.proposals(house, clearing, found.item_id).texts[0]
    wanted = Wanted(text.id)
    for typed in ("Herr Muster ist seit Mai krank", "Agentur für Arbeit"):
        with pytest.raises(Refused) as refused:
            reply.preview(house, clearing, found.item_id, wanted, {"agentur": typed})
        assert refused.value.code == "text.placeholder_type"
        assert refused.value.details["why"] == "agency"
    for typed in ("Kassel", " agentur für  Arbeit KASSEL "):
        letter = reply.preview(house, clearing, found.item_id, wanted, {"agentur": typed})
        assert "Ihre Agentur für Arbeit Kassel\n" in letter.body + "\n"


def test_the_same_text_with_another_day_is_another_answer(house, claim):
    """The clerk got the first one wrong; both stand in the story, and both leave."""
    for moment in ("30.11.2026 09:00", "01.12.2026 09:00"):
        known = reply.defaults(house, ME, claim.item_id, "termin.bestaetigung")
        choice = Choice("termin.bestaetigung", 1, known | {"termin": moment})
        reply.order(house, ME, claim.item_id, claim.token, choice)
    post = Post()
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    bodies = [
        message_from_bytes(data, policy=policy.default).get_content() for _, data in post.sent
    ]
    assert ["30.11." in bodies[0], "01.12." in bodies[1]] == [True, True]


class Refusing(Post):
    """A mail server that takes nothing, for good."""

    def send(self, envelope_from, recipient, data):
        raise Refused("smtp.refused", "no such mailbox")


def test_an_answer_that_could_not_be_sent_leaves_when_it_is_ordered_once_more(house, claim):
    choice = first_choice(house, claim)
    row = reply.order(house, ME, claim.item_id, claim.token, choice)
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=Refusing()), "w-1")
    with house.db.read() as tx:
        assert outgoing.get(tx, row).error_code == "smtp.refused"
    assert reply.order(house, ME, claim.item_id, claim.token, choice) == row
    post = Post()
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    assert [recipient for recipient, _ in post.sent] == ["alex@post.example"]
    with house.db.read() as tx:
        told = audit.of_subject(tx, "message:1", actions={"reply.ordered"})
    details = {"item": claim.item_id, "text": choice.text_id, "version": choice.version}
    assert [(one.actor, one.details) for one in told] == [
        (ME.name, details | {"outgoing": row})
    ] * 2


def test_one_changed_word_is_refused_with_the_difference(house, claim):
    choice = first_choice(house, claim)
    body = reply.preview(house, ME, claim.item_id, Wanted(choice.text_id), choice.values).body
    changed = first_choice(
        house, claim, body=body.replace("Vielen", "Allerbesten", 1) + " PS: Rufen Sie an"
    )
    with pytest.raises(Conflict) as refused:
        reply.order(house, ME, claim.item_id, claim.token, changed)
    assert refused.value.code == "reply.differs"
    assert refused.value.details["differences"][-1]["surplus"].endswith("Rufen Sie an")
    same = first_choice(house, claim, body=body)
    assert reply.order(house, ME, claim.item_id, claim.token, same)


def test_another_version_than_the_approved_one_is_refused(house, claim):
    with pytest.raises(Conflict) as refused:
        reply.order(house, ME, claim.item_id, claim.token, first_choice(house, claim, version=99))
    assert refused.value.code == "text.version"


def test_what_the_house_knows_can_not_be_typed_over(house, claim):
    choice = first_choice(house, claim)
    known = next(iter(choice.values))
    forged = first_choice(house, claim, values=choice.values | {known: "01.01.1970"})
    row = reply.order(house, ME, claim.item_id, claim.token, forged)
    with house.db.read() as tx:
        assert outgoing.get(tx, row).payload["values"][known] == choice.values[known]


def test_no_answer_on_an_eservice_change(house, box, lease):
    body = (
        'Über den eService "Veränderung mitteilen" ist folgende Meldung eingegangen:\n\n'
        "Thema: Arbeitsunfähigkeit\nKundin/Kunde: Muster, Alex\nKundennummer: 435A445071\n"
        "Arbeitsunfähig ab: 23.11.2026\nMitteilungstext: bis Freitag"
    )
    sender = "noreply@eservice.arbeitsagentur.de"
    subject = "eService Veränderung mitteilen: Arbeitsunfähigkeit, krank"
    bring_in(house, box, lease, eml(subject, body, sender=sender))
    claim = work.claim_next(house, ME, "435")
    offered = reply.proposals(house, ME, claim.item_id)
    assert (offered.rule.allowed, offered.texts) == (False, ())
    with pytest.raises(Refused) as refused:
        reply.order(house, ME, claim.item_id, claim.token, Choice("au.eingang", 1, {}))
    assert refused.value.code == "reply.forbidden"


def test_a_machine_is_never_answered(house, box, lease):
    bring_in(house, box, lease, eml("Termin", sender="no-reply@firma.example"))
    claim = work.claim_next(house, ME, "435")
    with pytest.raises(Refused) as refused:
        reply.order(house, ME, claim.item_id, claim.token, first_choice(house, claim))
    assert refused.value.code == "reply.recipient"
