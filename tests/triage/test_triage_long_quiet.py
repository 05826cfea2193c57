"""A server that asks for a long quiet is left alone, and `ready` says until when."""

from datetime import timedelta

import pytest

from rules.errors import TryLater
from tests.servers.exchange import Fault
from tests.triage.test_triage_exchange_busy import World, world  # noqa: F401 - a fixture
from triage import send
from triage.postboxes.long_quiet import LongQuiet
from triage.postboxes.round import PostboxJob, PostboxRound
from triage.watch import health
from triage.worker import Worker


def checks(of: World, name: str) -> dict[str, str]:
    found = {check.name: check.message for check in health.ready(of.house)}
    return {kind: found.get(f"{kind}:{name}", "") for kind in ("postbox", "quiet")}


@pytest.fixture
def served(world):  # noqa: F811
    box, mailbox = world.filled_postbox("lang")
    job = PostboxJob(box.name, "Südwest", lambda: box, files=True)
    worker = Worker(world.house, send.Outlets(None, None), (job,), poll_seconds=1)
    a_round = PostboxRound(worker, job)
    yield lambda: worker._one_round(f"postbox:{box.name}", a_round), mailbox
    a_round.end()
    box.close()


def test_a_quiet_of_hours_is_kept_and_shown_until_it_is_over(world, served):  # noqa: F811
    a_round, mailbox = served
    mailbox.faults.append(Fault("busy", back_off_ms=2 * 3_600_000))
    for _ in range(3):
        a_round()
        assert checks(world, "lang") == {
            "postbox": "postbox.busy",
            "quiet": "postbox.quiet bis 23.11. 12:00 Uhr",
        }
        world.clock.forward(minutes=30)
    assert mailbox.too_soon == []
    world.clock.forward(minutes=31)
    a_round()
    assert checks(world, "lang") == {"postbox": "ok", "quiet": "ok"}


def busy(seconds: float) -> TryLater:
    return TryLater("postbox.busy", "busy", back_off_seconds=seconds)


def test_it_is_told_once_for_each_long_wait_and_never_for_a_short_one(clock):
    quiet = LongQuiet()
    assert quiet.news("nord", busy(60), now=clock()) is None
    assert quiet.news("nord", None, now=clock()) == ("", "")
    assert quiet.news("nord", None, now=clock()) is None
    assert quiet.news("nord", busy(1_800), now=clock())[0] == "postbox.quiet"
    clock.forward(minutes=10)
    assert quiet.news("nord", busy(1_200), now=clock()) is None
    clock.forward(minutes=25)
    assert quiet.news("nord", busy(float("inf")), now=clock()) == (
        "postbox.quiet",
        f"bis {clock() + timedelta(hours=7):%d.%m. %H:%M} Uhr",
    )
    assert quiet.news("nord", None, now=clock()) == ("", "")
