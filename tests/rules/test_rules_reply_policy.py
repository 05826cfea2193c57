"""The Antwortsperre, channel by concern."""

from itertools import product

import pytest

from rules.codes import Channel, Concern
from rules.reply_policy import may_reply

ESERVICE = {Channel.ESERVICE_AU, Channel.ESERVICE_VERAENDERUNG}
EXCEPTIONS = {Concern.ORTSABWESENHEIT, Concern.ANSCHRIFT_NAME}


@pytest.mark.parametrize(("channel", "concern"), list(product(Channel, Concern)))
def test_eservice_gets_no_reply_but_for_absence_and_move_and_machines_never(
    channel: Channel, concern: Concern
) -> None:
    expected = channel is not Channel.MASCHINELL and (
        channel not in ESERVICE or concern in EXCEPTIONS
    )
    rule = may_reply(channel, [concern])
    assert rule.allowed is expected
    assert rule.because
    assert rule.source


@pytest.mark.parametrize("channel", sorted(ESERVICE))
def test_one_excepted_concern_among_several_is_enough(channel: Channel) -> None:
    assert may_reply(channel, [Concern.AU, Concern.ORTSABWESENHEIT]).allowed
    assert not may_reply(channel, [Concern.AU, Concern.TERMIN]).allowed
    assert not may_reply(channel, []).allowed


def test_the_weisung_is_named_where_it_decides() -> None:
    assert "202001001" in may_reply(Channel.ESERVICE_AU, [Concern.AU]).source
    assert "202001001" in may_reply(Channel.ESERVICE_AU, list(EXCEPTIONS)).source
    assert "202001001" not in may_reply(Channel.FREIE_EMAIL, [Concern.AU]).source
