"""`make stress`: mail arrives, people work in the postboxes, processes die; in the end all adds up.

    make stress SEED=1 MAILS=2000 KILLS=200 MINUTES=10

The seed makes the plan: which mails, which acts, which blows, and when. Threads and processes run
as the machine lets them, so two runs of one seed are alike, not equal.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Literal

from rules.errors import HouseError
from rules.local_day import BERLIN
from store.database.engine import Database
from tests.stress import stress_people, stress_proof, stress_story
from tests.stress.stress_chaos import Chaos
from tests.stress.stress_office import SERVERS, Office, ServerKind
from tests.stress.stress_people import DoorSender, Pace, Person, PostboxSender
from tests.stress.stress_proof import Findings
from tests.stress.stress_truth import Truth
from triage import log

LOCK_SECONDS = 240
"""Beyond its patience, for a folder that a killed Dovecot left locked: as the outage tests wait."""

BUGS = ('"round.broken"', '"mail.unsortable"', '"mail.unwritable"', '"mail.group_broken"',
        '"mail.batch_broken"', '"door.broken"', "Traceback")  # fmt: skip
"""What must not stand in any log, whoever was killed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what. A third of the mails comes through the door."""

    seed: int = 1
    mails: int = 300
    kills: int = 30
    seconds: float = 60.0
    engine: Literal["postgresql", "sqlite"] = "postgresql"
    workers: int = 3
    settle_seconds: float = 120.0
    restores: int = 0
    server: ServerKind = "dovecot"


@dataclass(slots=True)
class Report:
    """What a run showed."""

    plan: Plan
    findings: Findings
    blows: Counter[str]
    acts: dict[str, int]
    seconds: float
    settled_after: float

    @property
    def clean(self) -> bool:
        """Whether every mail is where it belongs, once."""
        return self.findings.clean

    def lines(self) -> list[str]:
        """A table for people; the tokens of wrong mails stand in it."""
        plan = self.plan
        rows = [
            (
                "seed, engine, workers, server",
                f"{plan.seed}, {plan.engine}, {plan.workers}, {plan.server}",
            ),
            ("seconds, until settled", f"{self.seconds:.0f}, {self.settled_after:.0f}"),
            *((f"blow: {kind}", str(count)) for kind, count in sorted(self.blows.items())),
            *((f"person: {kind}", str(count)) for kind, count in sorted(self.acts.items())),
            *((kind, str(count)) for kind, count in sorted(self.findings.counted.items())),
            *(
                (f"WRONG: {kind}", f"{len(tokens)}: {' '.join(tokens[:20])}")
                for kind, tokens in sorted(self.findings.wrong.items())
                if tokens
            ),
            ("lost, doubled, misplaced", "0, 0, 0" if self.clean else "see WRONG"),
        ]
        width = max(len(name) for name, _ in rows)
        return [*(f"{name:{width}}  {value}" for name, value in rows), *self.findings.stories]


def run(plan: Plan, folder: Path) -> Report:
    """One run in an empty folder; nothing is left running."""
    begin, began_at = time.monotonic(), datetime.now(tz=UTC)
    with Office(folder, plan.engine, plan.workers, plan.server) as office:
        truth = Truth()
        chaos = Chaos(office, Random(plan.seed), restores=plan.restores)
        person = Person(office, truth, Random(plan.seed + 1))
        _busy_hours(office, truth, chaos, person, plan)
        settling = time.monotonic()
        findings = _settled(office, truth, chaos, plan)
        settled_after = time.monotonic() - settling
        _days(office, findings, began_at)
        _logs(office, findings)
    return Report(plan, findings, chaos.done, person.done, time.monotonic() - begin, settled_after)


def _busy_hours(office: Office, truth: Truth, chaos: Chaos, person: Person, plan: Plan) -> None:
    """Everything at once, until all is sent and struck; afterwards all processes run."""
    through_door = plan.mails // 3
    door = DoorSender(office, truth, Random(plan.seed + 2))
    postbox = PostboxSender(office, truth, Random(plan.seed + 3))
    over = threading.Event()
    deeds = (
        ("chaos", chaos.run, plan.kills),
        ("person", person.run, plan.mails // 3),
        ("door", door.run, through_door),
        ("postbox", postbox.run, plan.mails - through_door),
    )
    supervisor = stress_people.start(("supervisor", lambda: chaos.supervise(over)))
    threads = stress_people.start(
        *((name, _paced(work, Pace(count, plan.seconds, over))) for name, work, count in deeds)
    )
    for thread in threads:
        thread.join()
    over.set()
    for thread in supervisor:
        thread.join()
    chaos.revive(now=time.monotonic() + 3600)


def _paced(work: Callable[[Pace], None], pace: Pace) -> Callable[[], None]:
    return lambda: work(pace)


def _settled(office: Office, truth: Truth, chaos: Chaos, plan: Plan) -> Findings:
    """The proof, asked for again until it holds: what piled up under the blows is worked off first.

    Given up where nothing more is done, and nothing more comes right, for `settle_seconds`: a slow
    machine loses no mail by that.
    """
    db = Database.open(office.url)
    until = time.monotonic() + plan.settle_seconds
    fewest, fewest_wrong, locked_since = sys.maxsize, sys.maxsize, 0.0
    try:
        while True:
            time.sleep(2)
            chaos.revive()
            try:
                waits = stress_proof.waiting(db)
                if waits < fewest:
                    fewest, until = waits, time.monotonic() + plan.settle_seconds
                if waits and time.monotonic() < until:
                    continue
                lying, rows = stress_proof.on_server(office), stress_proof.in_ledger(db)
            except (HouseError, TimeoutError):
                # The lock that a killed Dovecot leaves on a folder lasts seconds, at worst minutes.
                locked_since = locked_since or time.monotonic()
                if time.monotonic() > locked_since + LOCK_SECONDS:
                    raise
                continue
            if locked_since:
                # The workers stood before the same lock: what they have left to do begins now.
                locked_since, until = 0.0, time.monotonic() + plan.settle_seconds
            found = stress_proof.prove(truth, lying, rows)
            if found.clean:
                return found
            wrong = sum(map(len, found.wrong.values()))
            if wrong < fewest_wrong:
                fewest_wrong, until = wrong, time.monotonic() + plan.settle_seconds
            if time.monotonic() > until:
                found.stories += stress_story.stories(db, truth, found, lying, rows)
                return found
    finally:
        db.close()


def _days(office: Office, findings: Findings, began_at: datetime) -> None:
    """The daily sum closes, and the trail is whole, by the commands that an admin has."""
    day, last = (moment.astimezone(BERLIN).date() for moment in (began_at, datetime.now(tz=UTC)))
    while day <= last:
        code, said = office.run("reconcile", "--day", day.isoformat())
        if code:
            findings.wrong[f"the sum of {day} does not close: {said}"].append("all")
        day += timedelta(days=1)
    code, said = office.run("trail", "verify")
    if code:
        findings.wrong[f"the trail is broken: {said}"].append("all")


def _logs(office: Office, findings: Findings) -> None:
    for line in office.logs().splitlines():
        for bug in BUGS:
            if bug in line:
                findings.wrong["bugs in the log"].append(line[:2000])


def main() -> None:
    """The command line of `make stress`; exit code 1 if one mail is not accounted for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mails", type=int, default=300)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--restores", type=int, default=2, help="weight of each kind of restore")
    parser.add_argument("--engine", choices=["postgresql", "sqlite"], default="postgresql")
    parser.add_argument("--server", choices=SERVERS, default="dovecot", help="the mail server")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the logs")
    given = parser.parse_args()
    log.configure(json_lines=False, level="ERROR")
    plan = Plan(
        seed=given.seed, mails=given.mails, kills=given.kills, seconds=given.minutes * 60,
        engine=given.engine, workers=3 if given.engine == "postgresql" else 1,
        restores=given.restores, server=given.server,
    )  # fmt: skip
    if given.keep:
        given.keep.mkdir(parents=True)
        report = run(plan, given.keep)
    else:
        with tempfile.TemporaryDirectory(prefix="stress") as folder:
            report = run(plan, Path(folder))
    sys.stdout.write("\n".join([*report.lines(), ""]))
    sys.exit(0 if report.clean else 1)


if __name__ == "__main__":
    main()
