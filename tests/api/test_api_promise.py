"""The promise to programs: nothing goes, nothing becomes mandatory, versions are told."""

from api.app import make_app
from tests.api import promise_of_v1
from tests.api.small_door import ClockHouse, door_settings

NOW = promise_of_v1.lines(make_app(ClockHouse(), door_settings()).openapi())
PROMISED = promise_of_v1.promised()


def test_nothing_that_was_promised_is_gone() -> None:
    assert set() == PROMISED - NOW, "within /v1 nothing is taken away (docs/automation.md)"


def test_nothing_new_is_mandatory_in_a_call_that_was_promised() -> None:
    calls = {line.removeprefix("call ") for line in PROMISED if line.startswith("call ")}
    wanted = {
        line
        for line in NOW - PROMISED
        if line.startswith(promise_of_v1.FIXED)
        and any(line.startswith(f"{promise_of_v1.FIXED}{call} ") for call in calls)
    }
    assert wanted == set(), "within /v1 nothing becomes mandatory (docs/automation.md)"


def test_what_is_new_is_promised_too() -> None:
    assert set() == NOW - PROMISED, "run `python -m tests.api.promise_of_v1`, and read the diff"
