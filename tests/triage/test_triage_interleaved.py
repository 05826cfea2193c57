"""Two deeds at one moment leave what one after the other would: the pairs where most is at stake.

In every interleaving (interleaving.py) in which the first is stopped. On PostgreSQL only: SQLite
has one writer. The other way round, and all other pairs: `make moments`.
"""

from collections.abc import Iterator

import pytest

from tests.conftest import TEMPLATE
from tests.servers.postgres import PostgresServer
from tests.triage import interleaved_world
from tests.triage.interleaved_states import STATES
from tests.triage.interleaved_world import World

PAIRS = {
    "waiting": [
        ("moved by hand", "take it"),
        ("marked done", "take it"),
    ],
    "back_in_the_inbox": [("read", "forward")],
    "back_before_it_was_filed": [("read", "forward")],
    "moved_in_outlook": [("look", "forward")],
    "held": [
        ("taken out", "other number"),
        ("marked late", "close"),
        ("moved by hand", "forward"),
    ],
    "handed_over": [
        ("receipt", "other number"),
        ("receipt", "receipt"),
        ("rejection", "hand over and leave"),
        ("rejection", "leave"),
    ],
    "turned_down": [("replay", "hand over"), ("receipt", "replay all")],
    "two_records": [("receipt", "other receipt"), ("rejection", "other receipt")],
    "leaving": [("it left", "receipt"), ("it is refused", "hand over")],
    "answered": [("came back", "answer"), ("came back", "close")],
    "closed_answered": [("came back", "delete"), ("came back", "send again")],
    "same_address": [("answer", "other answer")],
    "set_aside": [("take in", "replay"), ("replay", "replay")],
    "double_click": [("next", "that one")],
    "rule_set": [("activate", "roll back"), ("roll back", "roll back too")],
    "rights_plan": [("propose", "approve"), ("propose", "propose too"), ("order", "order too")],
}


@pytest.fixture
def at(request: pytest.FixtureRequest, postgres: PostgresServer) -> Iterator[World]:
    with interleaved_world.world(postgres, "interleaved", TEMPLATE) as at:
        yield at


@pytest.mark.parametrize("state", PAIRS)
def test_two_deeds_at_one_moment_leave_what_one_after_the_other_would(state: str, at: World):
    deeds = STATES[state](at)
    at.explorer.remember()
    faults: dict[str, tuple[str, ...]] = {}
    for first, second in PAIRS[state]:
        found = at.explorer.explore(deeds, first, second)
        assert found.number, f"{first} has no statement to be stopped at"
        faults |= {f"{first} | {second}": found.faults} if found.faults else {}
    assert faults == {}
