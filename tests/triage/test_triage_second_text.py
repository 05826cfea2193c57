"""An answer with a second text below: both approved, both word for word, or neither leaves."""

import re
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from rules.errors import Conflict, Refused
from rules.texts.language import Language
from rules.texts.second_text import HEADLINES, Second
from store.approved import text_versions
from store.approved import texts as shelves
from store.approved.texts import TextShelf
from store.sending import outgoing
from tests.house_fixture import clerk, eml
from tests.refusals import code_of
from tests.rules.test_rules_second_text import english
from tests.rules.text_samples import typed
from tests.triage.test_triage_text_life import ANNA, BERTA, WHY, approved
from tests.triage.way import bring_in
from triage import wiring, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.answers.reply_text import Wanted
from triage.texts import life as text_life

ME = clerk("435")
TEXT = "termin.absage_angekommen"
BELOW = Second(Language.ENGLISH, 1)


@pytest.fixture
def claim(house, box, lease):
    bring_in(house, box, lease, eml("Termin am Montag", "Ich kann nicht."))
    return work.claim_next(house, ME, "435")


def choice(second=BELOW, **changed) -> Choice:
    return Choice(**{"text_id": TEXT, "version": 1, "values": {}, "second": second} | changed)


def order(house, claim, chosen) -> int:
    return reply.order(house, ME, claim.item_id, claim.token, chosen)


def row_of(house, number):
    with house.db.read() as tx:
        return outgoing.get(tx, number)


def test_both_texts_leave_as_they_were_shown_and_are_counted(house, claim):
    shown = reply.preview(house, ME, claim.item_id, Wanted(TEXT, second=BELOW), {})
    row = order(house, claim, choice(body=shown.body))
    assert order(house, claim, choice()) == row, "the same answer twice is one"
    letter = message_from_bytes(reply.letter(house, row_of(house, row)).data, policy=policy.default)
    german, english_part = letter.get_content().split(HEADLINES[Language.ENGLISH])
    assert german.startswith("Guten Tag,")
    assert re.search(r"Thank you for your message of \d+ [A-Z][a-z]+ \d{4}\.", english_part)
    assert letter.get_content().split() == shown.body.split()
    assert letter["Content-Language"] == "de, en"
    assert re.fullmatch(r"Ihre Nachricht vom \d\d\.\d\d\.\d{4}", letter["Subject"])
    with house.db.read() as tx:
        used = text_versions.uses(tx, since=house.today())
    assert used == {(TEXT, 1): 1, (f"{TEXT}.en", 1): 1}


@pytest.mark.parametrize("which", ["german", "second"])
def test_neither_text_leaves_in_other_words_than_were_chosen(house, claim, which):
    """Its version has other bytes by now, as after a restore of the database."""
    row = row_of(house, order(house, claim, choice()))
    changed = {"sha256": "0" * 64}
    below = row.payload["second"] | (changed if which == "second" else {})
    german = changed if which == "german" else {}
    with pytest.raises(Refused) as caught:
        reply.letter(house, replace(row, payload=row.payload | german | {"second": below}))
    assert caught.value.code == "text.changed"


def test_who_writes_is_compared_also_where_only_the_second_text_discloses(house, claim):
    """Its header was changed by another person than the German one's."""
    telling = [
        replace(one, text=replace(one.text, discloses=one.text.language is not None))
        for one in shelves._read(wiring.texts_folder())[0]
    ]
    policy_ = replace(house.policy, discloses_after_check=True)
    told = replace(house, texts=TextShelf(telling), policy=policy_)
    assert code_of(order, told, claim, choice()) == "reply.identity_unchecked"
    assert order(told, claim, choice(second=None))


def test_one_changed_word_of_the_second_text_is_refused(house, claim):
    shown = reply.preview(house, ME, claim.item_id, Wanted(TEXT, second=BELOW), {})
    for body in (
        shown.body.replace("Thank", "Thanks", 1),
        shown.body.partition(HEADLINES[Language.ENGLISH])[0],
    ):
        with pytest.raises(Conflict) as refused:
            order(house, claim, choice(body=body))
        assert refused.value.code == "reply.differs"
    assert code_of(order, house, claim, choice(None, body=shown.body)) == "reply.differs"


def test_without_a_second_text_the_answer_is_as_before(house, claim):
    row = row_of(house, order(house, claim, choice(None)))
    assert "second" not in row.payload
    letter = message_from_bytes(reply.letter(house, row).data, policy=policy.default)
    assert letter["Content-Language"] == "de"


def test_a_second_text_goes_in_its_version_and_never_alone(house, claim):
    assert code_of(order, house, claim, choice(Second(Language.ENGLISH, 2))) == "text.version"
    alone = choice(None, text_id=f"{TEXT}.en")
    assert code_of(order, house, claim, alone) == "text.not_valid"
    other = choice(text_id="termin.verschoben")
    assert code_of(order, house, claim, other) == "text.no_second"


def test_one_that_was_withdrawn_stops_the_letter(house, claim):
    row = row_of(house, order(house, claim, choice()))
    text_life.retire(house, BERTA, f"{TEXT}.en", 1, reason=WHY)
    assert code_of(reply.letter, house, row) == "text.retired"
    assert code_of(order, house, claim, choice()) == "text.no_second"


def test_a_new_german_version_leaves_the_old_translation_behind(house, claim):
    text_id = "termin.neu"
    approved(house, text_id)
    approved(house, f"{text_id}.en", body=english().partition("\n\n")[2].strip(), kuerzel="",
             sprache="en", zu_fassung="1")  # fmt: skip
    offered = reply.proposals(house, ME, claim.item_id).seconds
    assert f"{text_id}.en" in {one.id for one in offered}
    approved(house, text_id, version=2, titel="Zweite")
    offered = reply.proposals(house, ME, claim.item_id).seconds
    assert f"{text_id}.en" not in {one.id for one in offered}


def test_it_is_written_to_an_approved_version_and_needs_no_more_than_that(house):
    text_life.draft(house, ANNA, "termin.neu.en", english())
    with pytest.raises(Refused) as refused:
        text_life.submit(house, ANNA, "termin.neu.en", 1)
    assert refused.value.details["findings"][0]["code"] == "second.first"
    approved(house, "termin.neu", body=typed().partition("\n\n")[2].strip())
    more = english().replace("We will write soon.", "Call us: {telefon}.")
    found = text_life.check(house, ANNA, "termin.neu.en", more).findings
    assert [one.code for one in found] == ["second.gaps"]


def test_what_the_mail_is_written_in_suggests_the_language(house, claim):
    assert reply.proposals(house, ME, claim.item_id).suggested is None
