"""Processes that kill or pause themselves at a point; forked from one parent, so each is cheap.

    with Victims() as victims:
        door = victims.start("door", url, "lmtp", "before", "1")

Lines of words go to the parent, which forks a child for each and answers its number. The child
tells what it has to tell into a file of its own.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from ingest.maildir.postbox import MaildirPostbox
from rules.errors import HouseError
from rules.mail import ParsedMail
from rules.verdict import Judgement
from store.processes import leases
from tests import one_sorter
from tests.house_fixture import WordJudge, directory, layouts, open_house, texts
from tests.servers.nursery import fork_on_request
from triage import receive, sort_turns, wiring
from triage.filing import filing
from triage.settings import Settings
from triage.settings.door import DoorSettings

LEASE_SECONDS = 8
"""Long enough for many children to start at once on a busy machine."""
BOX = "SC-Südwest"


@dataclass(slots=True)
class Victim:
    """One child. `told` is what it said so far, a line each."""

    pid: int
    file: Path

    @property
    def told(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    def line(self, number: int = 0, *, seconds: float = 30.0) -> str:
        """Its line of that number, waited for."""
        until = time.monotonic() + seconds
        while len(self.told) <= number:
            assert time.monotonic() < until, f"child {self.pid} said {self.told}"
            time.sleep(0.01)
        return self.told[number]

    def state(self) -> str:
        """`T` where it is stopped, "" where it is gone, as in proc(5)."""
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        return ""

    def wait_for(self, *states: str, seconds: float = 30.0) -> str:
        """Until it is in one of these states."""
        until = time.monotonic() + seconds
        while (now := self.state()) not in states:
            assert time.monotonic() < until, f"child {self.pid} is {now!r}, said {self.told}"
            time.sleep(0.01)
        return now

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class Victims:
    """The parent, seen from the test. Children that still run are killed at the end."""

    def __init__(self, folder: Path, module: str = "tests.servers.victims") -> None:
        self._folder, self._children = folder, []
        self._parent = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def start(self, *words: object) -> Victim:
        """Fork a child that does what `words` say: see `door`, `one_pass`, `sorting`."""
        file = self._folder / f"victim-{len(self._children)}"
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write("\t".join([str(file), *map(str, words)]) + "\n")
        self._parent.stdin.flush()
        victim = Victim(int(self._parent.stdout.readline()), file)
        self._children.append(victim)
        return victim

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for victim in self._children:
            victim.signal(signal.SIGKILL)
        with self._parent as parent:
            assert parent.stdin is not None
            parent.stdin.close()


class Point:
    """Strikes the process itself the n-th time it is passed (counted from 1; 0: never)."""

    def __init__(self, passes: int, number: signal.Signals) -> None:
        self._left, self._number = passes, number

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            # To the process it might come a moment later, by another thread.
            signal.pthread_kill(threading.get_ident(), self._number)


class FragileDatabase:
    """A database with points before the begin, before the commit and after the commit."""

    def __init__(self, db: Any, *, begin: Point, commit: Point, done: Point) -> None:
        self._db, self._begin, self._commit, self._done = db, begin, commit, done
        self.read, self.dialect, self.close = db.read, db.dialect, db.close

    @contextmanager
    def write(self) -> Iterator[Any]:
        self._begin()
        with self._db.write() as tx:
            yield tx
            self._commit()
        self._done()


class FragileBox:
    """A postbox with points before and after each call."""

    def __init__(self, box: Any, *, before: Point, after: Point) -> None:
        self._box, self._before, self._after = box, before, after
        self.name = box.name

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._box, name)

        def fragile(*args: Any) -> Any:
            self._before()
            result = call(*args)
            if isinstance(result, Iterator):
                result = iter(list(result))
            self._after()
            return result

        return fragile


def door(tell: Callable[[str], None], url: str, protocol: str, where: str, passes: str) -> None:
    """Opens a door, tells its port, dies `before` or `after` the commit of that number."""
    kill = {point: Point(int(passes) if point == where else 0, signal.SIGKILL)
            for point in ("before", "after")}  # fmt: skip
    house = open_house(url, clock=wiring.utc_now)
    idle = Point(0, signal.SIGKILL)
    fragile = FragileDatabase(house.db, begin=idle, commit=kill["before"], done=kill["after"])
    settings = Settings(door=DoorSettings(port=0, protocol=protocol))
    opened = wiring.letterbox(replace(house, db=fragile), settings)
    opened.open()
    tell(str(opened.port))
    signal.pause()


def one_pass(tell: Callable[[str], None], url: str, root: str, where: str, passes: str) -> None:
    """What a worker does in a round; pauses itself at that point, and tells how it ended."""
    stop = {point: Point(int(passes) if point == where else 0, signal.SIGSTOP)
            for point in ("call", "called", "begin", "done")}  # fmt: skip
    whole = open_house(url, clock=wiring.utc_now)
    with whole.db.write() as tx:
        lease = leases.take(
            tx, f"postbox:{BOX}", owner=f"w-{os.getpid()}", now=whole.clock(), seconds=LEASE_SECONDS
        )
    assert lease is not None
    fragile = FragileDatabase(
        whole.db, begin=stop["begin"], commit=Point(0, signal.SIGSTOP), done=stop["done"]
    )
    house = replace(whole, db=fragile)
    box = FragileBox(MaildirPostbox(BOX, Path(root)), before=stop["call"], after=stop["called"])
    try:
        receive.receive(house, box, lease, region="Südwest")
        one_sorter.sort_pending(house)
        filing.file_due(house, box, lease)
    except HouseError as exc:
        tell(exc.code)
    else:
        tell("ended")


class _FragileJudge(WordJudge):
    """Tells each subject, and dies at the n-th."""

    def __init__(self, tell: Callable[[str], None], kill: Point) -> None:
        self._tell, self._kill = tell, kill

    def judge(self, mail: ParsedMail, **about: Any) -> Judgement:
        self._tell(mail.subject)
        self._kill()
        return super().judge(mail, **about)


def sorting(tell: Callable[[str], None], url: str, owner: str, passes: str) -> None:
    """Sorts until nothing is left to it; dies at the mail of that number (0: never)."""
    judge = _FragileJudge(tell, Point(int(passes), signal.SIGKILL))
    house = open_house(url, clock=wiring.utc_now, judge=judge)
    while sort_turns.one_round(house, owner):
        pass


def child_of(kinds: Mapping[str, Callable[..., None]]) -> Callable[..., None]:
    """What a forked process does: the deed of that kind. Never returns."""

    def child(file: str, kind: str, *words: str) -> None:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1):
            os.dup2(nothing, number)

        def tell(line: str) -> None:
            with Path(file).open("a") as out:
                out.write(f"{line}\n")

        try:
            kinds[kind](tell, *words)
        finally:
            os._exit(0)

    return child


def main() -> None:
    """Until standard input ends."""
    # Read once here, for all children.
    directory()
    layouts()
    texts()
    kinds = {"door": door, "pass": one_pass, "sort": sorting}
    fork_on_request(child_of(kinds), look_seconds=0.05)


if __name__ == "__main__":
    main()
