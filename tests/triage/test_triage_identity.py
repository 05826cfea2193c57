"""A text that discloses is refused by default, and else goes only when who writes was compared."""

from dataclasses import replace
from pathlib import Path

import pytest

from rules.errors import Conflict, Refused
from rules.identity import Check, Writer
from rules.texts import approved as text_rules
from rules.texts.file import parse_text
from store.approved import texts as shelves
from store.approved.texts import TextShelf
from store.desk import items
from store.sending import outgoing
from store.trail import audit
from tests.house_fixture import MACHINE, clerk, eml
from triage import accept, wiring, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.desk import identity, item_view
from triage.house import House

ME = clerk("435")
TEXT = "termin.vereinbaren"


def disclosing(house: House) -> House:
    """The same house, where every text tells something of the person."""
    path = wiring.texts_folder()
    shelved = [
        replace(one, text=replace(one.text, discloses=True)) for one in shelves._read(path)[0]
    ]
    policy = replace(house.policy, discloses_after_check=True)
    return replace(house, texts=TextShelf(shelved), policy=policy)


def take(house: House, text: str) -> work.Claim:
    accept.hand_in(house, MACHINE, eml("Termin", text))
    claim = work.claim_next(house, ME, "435")
    assert claim is not None
    return claim


def send(house: House, claim: work.Claim) -> int:
    text = reply.proposals(house, ME, claim.item_id).texts[0]
    values = reply.defaults(house, ME, claim.item_id, text.id)
    return reply.order(house, ME, claim.item_id, claim.token, Choice(text.id, text.version, values))


def test_by_default_a_text_that_discloses_is_no_part_of_the_shelf(tmp_path: Path) -> None:
    folder = tmp_path / "termin"
    folder.mkdir()
    body = (wiring.texts_folder() / "termin/vereinbaren.txt").read_text(encoding="utf-8")
    for word, code in (("ja", "text.discloses"), ("nach abgleich", None)):
        data = body.replace("offenbarend: nein", f"offenbarend: {word}").encode()
        if code:
            with pytest.raises(Refused) as refused:
                parse_text(data, id=TEXT)
            assert refused.value.code == code
            continue
        assert parse_text(data, id=TEXT).discloses
        (folder / "vereinbaren.txt").write_bytes(data)
        text, digest = shelves.read_one(folder / "vereinbaren.txt")
        line = text_rules.approval_line(
            text, sha256=digest, author="A", approved_by="B", approved_on=text.valid_from
        )
        (tmp_path / "approvals.toml").write_text(line, encoding="utf-8")
    with pytest.raises(Refused) as kept_out:
        shelves.load(tmp_path)
    assert kept_out.value.details["findings"][-1].code == "text.discloses"
    assert shelves.load(tmp_path, disclosing="after_check").get(TEXT).discloses


def test_the_address_must_be_compared_first_and_the_trail_says_by_whom(house: House) -> None:
    open_house = disclosing(house)
    claim = take(open_house, "Ich kann am Montag nicht.")
    with pytest.raises(Refused) as refused:
        send(open_house, claim)
    assert refused.value.code == "reply.identity_unchecked"
    for _ in range(2):
        identity.record(open_house, ME, claim.item_id, claim.token, Check.ADDRESS)
    assert send(open_house, claim)
    with house.db.read() as tx:
        message = items.get(tx, claim.item_id).message_id
        trail = [one.action for one in audit.of_subject(tx, f"message:{message}")]
    assert trail.count("item.address_compared") == 1


def test_no_text_discloses_where_the_house_no_longer_allows_it(house: House) -> None:
    open_house = disclosing(house)
    claim = take(open_house, "Ich kann am Montag nicht.")
    identity.record(open_house, ME, claim.item_id, claim.token, Check.ADDRESS)
    row = send(open_house, claim)
    shut = replace(open_house, policy=house.policy)
    assert reply.proposals(shut, ME, claim.item_id).texts == ()
    with pytest.raises(Refused) as ordered:
        reply.order(shut, ME, claim.item_id, claim.token, Choice(TEXT, 1, {}))
    with house.db.read() as tx:
        waiting = outgoing.get(tx, row)
    with pytest.raises(Refused) as leaving:
        reply.letter(shut, waiting)
    assert {ordered.value.code, leaving.value.code} == {"text.discloses"}


def test_who_writes_for_another_needs_an_authority_too(house: House) -> None:
    open_house = disclosing(house)
    claim = take(open_house, "Ich schreibe für meinen Mann, er kann am Montag nicht.")
    assert item_view.view(open_house, ME, claim.item_id).writer is Writer.MESSENGER
    identity.record(open_house, ME, claim.item_id, claim.token, Check.ADDRESS)
    with pytest.raises(Refused) as refused:
        send(open_house, claim)
    assert refused.value.details["missing"] == ("authority_present",)
    identity.record(open_house, ME, claim.item_id, claim.token, Check.AUTHORITY)
    assert send(open_house, claim)
    assert item_view.view(open_house, ME, claim.item_id).checks == set(Check)


def test_a_text_that_tells_nothing_needs_no_comparing(house: House) -> None:
    assert send(house, take(house, "Ich schreibe für meinen Mann."))


def test_a_stale_token_records_nothing(house: House) -> None:
    claim = take(house, "Ich kann am Montag nicht.")
    with pytest.raises(Conflict):
        identity.record(house, ME, claim.item_id, "wrong", Check.ADDRESS)
    assert item_view.view(house, ME, claim.item_id).checks == frozenset()


def test_danger_goes_out_first_is_for_review_and_answers_nobody(house: House) -> None:
    accept.hand_in(house, MACHINE, eml("Bin krank", "bis Freitag"))
    alarm = accept.hand_in(house, MACHINE, eml("Beratung", "Ich will nicht mehr leben."))
    claim = work.claim_next(house, ME, "435")
    assert claim is not None
    view = item_view.view(house, ME, claim.item_id)
    assert claim.item_id == alarm.item_id
    assert (view.item.alert, view.item.review) == ("self_harm", True)
    assert view.alarm_words == ("will nicht mehr leben",)
    assert not any(step.code.startswith("reply.") for step in view.story)
