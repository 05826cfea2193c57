"""Processes of the API that get one call and kill or pause themselves at a commit.

    with Victims(folder, "tests.servers.killed_calls") as victims:
        child = victims.start("call", url, file_of_the_call, file_of_the_seconds, "killed", 2)

Each child opens the house anew, as a process that starts does, and tells each of its commits, the
status and the code of its answer.
"""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.app import make_app
from store.database.engine import Database, Tx
from tests.api.door_client import DoorClient
from tests.api.small_door import door_settings
from tests.house_fixture import NOW, directory, layouts, open_house, texts
from tests.servers.nursery import fork_on_request
from tests.servers.victims import Point, child_of
from triage import aside
from triage.filing import refused_moves
from triage.house import House, PostboxPlan
from triage.sending import dead_letters

SMALL_BATCH = 2
"""Rows of a commit of the calls that do many, so that a few mails need several."""
BOX = PostboxPlan("SC-Südwest", "Südwest", is_observed=False)


@dataclass(frozen=True)
class FileClock:
    """So many seconds after the world was made as the file says, which a test turns."""

    file: Path

    def __call__(self) -> datetime:
        return NOW + timedelta(seconds=float(self.file.read_text()))


def open_with_postbox(url: str, clock: Callable[[], datetime]) -> House:
    """The house of these calls: it knows one postbox."""
    house = open_house(url, clock=clock)
    return replace(house, policy=replace(house.policy, postboxes=(BOX,)))


def call(tell: Callable[[str], None], url: str, file: str, later: str, how: str, at: str) -> None:
    """Sends it, `later` (a file) seconds after the world was made.

    `killed` or `paused` after the commit of number `at` (0: never), or paused `inside`, before it.
    """
    aside.BATCH = dead_letters.BATCH = refused_moves.BATCH = SMALL_BATCH
    _struck(how, int(at), tell)
    clock = FileClock(Path(later))
    said: dict[str, Any] = json.loads(Path(file).read_text())
    client = DoorClient(make_app(open_with_postbox(url, clock), door_settings(keys=(), demo=True)))
    client.cookies.update(said.pop("cookies"))
    answer = client.request(**said)
    body = answer.json() if answer.content else {}
    tell(f"{answer.status_code} {body.get('code', '')}")


def _struck(how: str, at: int, tell: Callable[[str], None]) -> None:
    """In this process each commit is told, and one of them strikes it."""
    write = Database.write
    inside = Point(at if how == "inside" else 0, signal.SIGSTOP)
    after = Point(
        0 if how == "inside" else at, signal.SIGKILL if how == "killed" else signal.SIGSTOP
    )

    @contextmanager
    def mortal(self: Database) -> Iterator[Tx]:
        with write(self) as tx:
            yield tx
            inside()
        tell("commit")
        after()

    Database.write = mortal  # type: ignore[method-assign]


def main() -> None:
    """Until standard input ends."""
    # Read once here, for all children.
    directory()
    layouts()
    texts()
    fork_on_request(child_of({"call": call}), look_seconds=0.02)


if __name__ == "__main__":
    main()
