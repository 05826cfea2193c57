"""How long a dry run of a rule set takes on 10,000 stored mails, and what a worker feels of it.

    python -m tests.bench.bench_dry_run [MAILS]

Fills an SQLite house with mails that are judged without a model, and tries a set of 50 rules with
phrases. Meanwhile another thread keeps mails, one a commit, as a postbox would: prints the
seconds of the dry run, and the median and longest commit with and without it.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from store.mails import keeping
from store.upkeep import migrate
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, eml, make_house
from tests.rules.ruleset_samples import HEAD, rule
from triage import accept
from triage.house import House
from triage.rulesets import drafts as rulesets
from triage.rulesets import trial_run
from triage.rulesets.trial import Span

PHRASES = ("Umschulung", "Weiterbildung", "Kurs am Abend", "Bildungsgutschein", "Messe")
BODY = "Guten Tag, ich wohne in 34117 Kassel und habe eine Frage. " * 12


def fill(house: House, mails: int) -> None:
    for start in range(0, mails, 200):
        batch = [_arrival(house, number) for number in range(start, min(start + 200, mails))]
        with house.db.write() as tx:
            keeping.keep_many(tx, batch, now=house.clock())
    while one_sorter.sort_pending(house):
        pass


def _arrival(house: House, number: int) -> keeping.Arrival:
    subject = PHRASES[number % 5] if number % 10 == 0 else f"Termin {number}"
    data = eml(subject, f"{BODY} Nummer {number}")
    return keeping.Arrival(data, house.clock(), "api")


def commits(house: House, until: Callable[[], bool], prefix: str) -> list[float]:
    """Milliseconds of each mail kept, until told to stop."""
    found = []
    while not until():
        start = time.perf_counter()
        accept.hand_in(house, MACHINE, eml(f"{prefix} {len(found)}", BODY))
        found.append((time.perf_counter() - start) * 1000)
    return found


def main(mails: int) -> None:
    rules = "".join(
        rule(f'betreff_oder_text = ["{PHRASES[n % 5]} {n}", "Wort{n}*"]', rule_id=f"r{n}")
        for n in range(49)
    )
    text = HEAD + rules + rule('betreff = "Umschulung"', rule_id="letzte")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite'}"
        migrate.upgrade(url)
        house = make_house(url)
        fill(house, mails)
        rulesets.save(house, ADMIN, text)
        trial_run.order(house, ADMIN, "regeln", 1, span=Span(None, mails))
        end = time.perf_counter() + 5
        alone = commits(house, lambda: time.perf_counter() > end, "allein")
        run = threading.Thread(target=trial_run.one_round, args=(house, "bench"))
        start = time.perf_counter()
        run.start()
        beside = commits(house, lambda: not run.is_alive(), "daneben")
        took = time.perf_counter() - start
        found = trial_run.kept(house, ADMIN, rulesets.show(house, ADMIN, "regeln"))
        assert found is not None
        assert found.trial is not None
        start = time.perf_counter()
        trial_run.kept(house, ADMIN, rulesets.show(house, ADMIN, "regeln"))
        shown = time.perf_counter() - start
        house.db.close()
    print(f"{found.trial.mails} mails, 50 rules: {took:.1f} s, {found.trial.moved} would move")
    for name, times in (("alone", alone), ("beside the dry run", beside)):
        print(f"keeping a mail {name}: median {median(times):.0f} ms, longest {max(times):.0f} ms")
    print(f"showing what was kept: {shown * 1000:.0f} ms")


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("mails", nargs="?", type=int, default=10_000)
    main(told.parse_args().mails)
