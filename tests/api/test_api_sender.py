"""What is noticed about a sender, on the page and in the API, and never as anything but text."""

from dataclasses import replace

import pytest

from api.web.sender_words import NOTED, said
from rules.authentication import Checked, Outcome
from rules.sender_hints import Hint, SenderSeen, trusting
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.house_fixture import eml

TRUST = trusting(["mx.haus.example"], ["arbeitsagentur.example"])
TOLD = "mx.haus.example; spf=fail; dkim=pass header.d=post.example; dmarc=fail"


@pytest.fixture
def item(doors: Doors) -> int:
    """An item of a sender that pretends, looked at by a house that believes its own server."""
    policy = replace(doors.house.policy, trust=TRUST)
    doors.app.state.house = replace(doors.house, policy=policy)
    answer = doors.machine.post(
        "/v1/mails",
        content=eml(
            "Stand",
            sender='"Agentur für Arbeit" <wer@post.example>',
            Authentication_Results=TOLD,
            Reply_To="<fang@evil.example>",
        ),
        headers={"Content-Type": "message/rfc822"},
    )
    assert answer.status_code == 201
    return int(answer.json()["item_id"])


def test_the_api_gives_codes_and_no_address(doors: Doors, item: int) -> None:
    assert at_desk(doors.app).client.get(f"/v1/items/{item}").json()["sender"] == {
        "is_outside": True,
        "hints": ["sender.names_the_house", "sender.check_failed", "sender.reply_elsewhere"],
        "checked": {"spf": "fail", "dkim": "pass", "dmarc": "fail"},
    }


def test_the_page_says_it_calmly_and_leads_to_the_help(doors: Doors, item: int) -> None:
    page = at_desk(doors.app).client.get(f"/vorgang/{item}").text
    for hint in (Hint.NAMES_THE_HOUSE, Hint.CHECK_FAILED, Hint.REPLY_ELSEWHERE):
        assert NOTED[hint] in page
    assert "von außerhalb der BA" in page
    assert "fang@evil.example" in page
    assert "SPF nicht bestätigt, DKIM bestätigt für post.example, DMARC nicht bestätigt" in page
    assert 'href="/hilfe#absender"' in page


def test_each_hint_has_its_sentence_and_what_nobody_said_is_left_out() -> None:
    assert set(NOTED) == set(Hint)
    everything = SenderSeen(is_outside=True, hints=tuple(Hint))
    assert len(said(everything).noted) == len(Hint)
    assert said(SenderSeen(is_outside=True)).checks == ""
    only = SenderSeen(is_outside=False, checked=Checked(dmarc=Outcome.UNSURE))
    assert said(only).checks == "DMARC unklar"
