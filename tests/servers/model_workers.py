"""Workers with real models, as processes that load what the shelf says when they start.

    with Victims(folder, "tests.servers.model_workers") as workers:
        worker = workers.start("work", url, models, stop)

Each tells the model it has, then sorts what comes until the file `stop` is there.
"""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.house_fixture import directory, layouts, open_house, texts
from tests.servers.nursery import fork_on_request
from tests.servers.victims import child_of
from triage import sort_turns, wiring
from triage.settings import Settings
from triage.settings.data import DataSettings


def work(tell: Callable[[str], None], url: str, models: str, stop: str) -> None:
    """Until told to stop."""
    judging = wiring.build_judging(Settings(data=DataSettings(models=Path(models))))
    house = replace(open_house(url, clock=wiring.utc_now), judging=judging)
    tell(judging.judge.model_id)
    while not Path(stop).exists():
        if not sort_turns.one_round(house, f"w-{os.getpid()}"):
            time.sleep(0.02)


def main() -> None:
    """Until standard input ends."""
    # Read once here, for all children.
    directory()
    layouts()
    texts()
    wiring.build_judging(Settings())
    fork_on_request(child_of({"work": work}), look_seconds=0.02)


if __name__ == "__main__":
    main()
