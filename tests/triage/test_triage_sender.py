"""What is noticed about a sender reaches the clerk, and nobody and nothing else."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from rules.authentication import Outcome
from rules.sender_hints import Hint, trusting
from store.mails import verdicts
from store.trail import audit
from tests.house_fixture import clerk, eml
from tests.triage.way import bring_in
from triage import work
from triage.desk import item_view
from triage.house import House
from triage.settings import Settings
from triage.settings.sender import SenderSettings
from triage.wiring.policy import policy_of

ME = clerk("435")
FORGED = "mx.fremd.example; dmarc=pass header.from=post.example"
TOLD = "mx.haus.example; spf=pass; dkim=fail; dmarc=fail header.from=post.example"
PRETENDS = '"Agentur für Arbeit (chef@arbeitsagentur.example)" <wer@arbeitsagentur-de.example>'


@pytest.fixture
def url(sqlite_url) -> str:
    """One engine: nothing of a hint is stored."""
    return sqlite_url


@pytest.fixture
def trusting_house(house: House) -> House:
    trust = trusting(["mx.haus.example"], ["arbeitsagentur.example"])
    return replace(house, policy=replace(house.policy, trust=trust))


def test_the_clerk_is_told_what_our_server_found_and_what_pretends(trusting_house, box, lease):
    data = eml(
        "Bearbeitungsstand",
        sender=PRETENDS,
        Authentication_Results=TOLD,
        Reply_To="fang@evil.example",
    )
    bring_in(trusting_house, box, lease, data)
    claim = work.claim_next(trusting_house, ME, "435")
    seen = item_view.view(trusting_house, ME, claim.item_id).sender
    assert seen.is_outside
    assert set(seen.hints) == {
        Hint.NAMES_THE_HOUSE,
        Hint.LOOKS_LIKE_THE_HOUSE,
        Hint.OTHER_ADDRESS_IN_NAME,
        Hint.CHECK_FAILED,
        Hint.REPLY_ELSEWHERE,
    }
    assert (seen.checked.spf, seen.checked.dmarc) == (Outcome.PASS, Outcome.FAIL)


def test_a_server_that_nobody_named_is_not_believed(trusting_house, box, lease):
    bring_in(trusting_house, box, lease, eml("Stand", Authentication_Results=FORGED))
    claim = work.claim_next(trusting_house, ME, "435")
    assert not item_view.view(trusting_house, ME, claim.item_id).sender.checked.is_told


def test_the_verdict_is_the_same_whatever_the_fields_say(trusting_house, box, lease):
    sender = "wer@arbeitsagentur-de.example"
    plain = eml("Bearbeitungsstand", sender=sender)
    spoken = eml("Bearbeitungsstand", sender=sender, Authentication_Results=TOLD)
    bring_in(trusting_house, box, lease, plain, spoken)
    with trusting_house.db.read() as tx:
        one, other = (verdicts.latest(tx, number).body for number in (1, 2))
    assert one == other


def test_nothing_of_the_hints_is_told_to_log_or_trail(trusting_house, box, lease, capsys, caplog):
    bring_in(
        trusting_house, box, lease, eml("Stand", sender=PRETENDS, Reply_To="fang@evil.example")
    )
    claim = work.claim_next(trusting_house, ME, "435")
    item_view.view(trusting_house, ME, claim.item_id)
    with trusting_house.db.read() as tx:
        trail = json.dumps([str(entry) for entry in audit.listing(tx, limit=100)])
    said = trail + capsys.readouterr().out + capsys.readouterr().err + caplog.text
    assert [
        word for word in ("evil", "arbeitsagentur-de", "chef@", "sender.") if word in said
    ] == []


def test_the_settings_reach_the_house():
    asked = SenderSettings(
        trusted_authserv_ids=("MX1.Haus.Example",), house_domains=("BA.example",)
    )
    trust = policy_of(Settings(sender=asked)).trust
    assert trust == trusting(["mx1.haus.example"], ["ba.example"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"house_domains": ["arbeitsagentur"]},
        {"house_domains": ["https://a.example/"]},
        {"trusted_authserv_ids": [""]},
        {"trusted_authserv_ids": ["mx; dmarc=pass"]},
    ],
)
def test_a_setting_that_could_never_match_is_refused(wrong):
    with pytest.raises(ValidationError):
        SenderSettings(**wrong)
