"""What the state machines of hypothesis share: how they are run, and how somebody dies in them."""

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.triage.mortal import Countdown


def run(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def dying(passes: int, *, before: bool) -> tuple[Countdown, dict[str, Countdown]]:
    """Death just before or after the call or commit behind so many: for a mortal box or database.

    The countdown tells whether it came to that.
    """
    count, idle = Countdown(passes), Countdown(10**9)
    return count, {"before": count, "after": idle} if before else {"before": idle, "after": count}
