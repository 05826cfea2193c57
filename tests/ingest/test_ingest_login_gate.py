"""One login for several postboxes: each driver by itself until it has worked, then all at once."""

import threading
from collections.abc import Callable

import pytest

from ingest import login_gate
from ingest.login_gate import LoginGate
from rules.errors import TryLater


def outcome(gate: LoginGate, inside: Callable[[], object]) -> str:
    """How it ends for a driver in a thread of its own: empty, or the code of the error."""
    told: list[str] = []

    def drive() -> None:
        try:
            with gate.passing():
                inside()
        except TryLater as exc:
            told.append(exc.code)

    driver = threading.Thread(target=drive, daemon=True)
    driver.start()
    driver.join(20)
    assert not driver.is_alive()
    return "".join(told)


def nothing() -> None:
    """Logged in."""


def away() -> None:
    raise TryLater("postbox.busy", "not now")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> LoginGate:
    monkeypatch.setattr(login_gate, "_TURN_SECONDS", 0.1)
    return LoginGate()


def test_a_driver_that_failed_gives_its_turn_to_the_next(gate: LoginGate) -> None:
    with pytest.raises(TryLater), gate.passing():
        away()
    assert outcome(gate, nothing) == ""


def test_two_try_a_login_that_never_worked_one_after_the_other(gate: LoginGate) -> None:
    with gate.passing():
        assert outcome(gate, nothing) == "postbox.away"
    with gate.passing():
        assert outcome(gate, nothing) == "", "it has worked: nobody waits for another any more"
