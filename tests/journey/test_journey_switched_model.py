"""Model and rule set are switched and taken back while two workers sort, on one PostgreSQL.

Processes with real models; each verdict is made once, and names what made it.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from classify.judge import Judge
from classify.life.gate import Measured
from classify.life.shadow import ShadowedJudge
from classify.life.shelf import Shelf
from classify.model import file as modelfile
from rules.access import Caller
from rules.codes import Role
from rules.errors import Refused
from rules.verdict import as_json
from store.counts import ledger_counts
from store.mails import keeping, ledger
from store.mails.keeping import Arrival
from store.tables.ledger import message, verdict
from tests.house_fixture import ADMIN, directory, eml, open_house
from tests.journey.conftest import wait_until
from tests.rules.ruleset_samples import HEAD, rule
from tests.servers.victims import Victims
from triage import deciding, wiring
from triage.doctor import examine
from triage.house import House
from triage.rulesets import drafts as rulesets
from triage.rulesets import rollback
from triage.settings import Settings
from triage.settings.data import DataSettings

pytestmark = pytest.mark.journey

GOOD = Measured("a" * 64, ("w",), 350, 0.99, 0.04, 0.88, 0.92, 0.3, ())
WRITER = Caller("a-2", Role.ADMIN, agencies=None)
SET = HEAD + rule('betreff = ["Wohnort"]', 'ordner = "435 Kassel/Umzug"')
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
BATCH = 12


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Two models that say different things; the first is live."""
    shelf = wiring.model_shelf(Settings(data=DataSettings(models=tmp_path / "models")))
    model = modelfile.load(wiring.default_model_path(), shelf.key)
    shelf.add(model, GOOD, None)
    first = shelf.ids()[0]
    shelf.add(replace(model, thresholds=(0.02,) * len(model.thresholds)), GOOD, None)
    shelf.activate(first, at=NOW, by="a")
    return shelf


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Victims]:
    with Victims(tmp_path, "tests.servers.model_workers") as workers:
        yield workers


def keep(house: House, name: str) -> None:
    with house.db.write() as tx:
        mails = [
            Arrival(eml(f"Wohnort {name} {n}", "34117 Kassel, ich bin umgezogen."),
                    house.clock(), "smtp", region="Südwest")
            for n in range(BATCH)
        ]  # fmt: skip
        keeping.keep_many(tx, mails, now=house.clock())


def judged(house: House) -> None:
    def all_are() -> bool:
        with house.db.read() as tx:
            return not ledger_counts.unsorted_count(tx)

    wait_until(all_are)


def test_each_verdict_names_the_model_and_the_rules_that_made_it(
    postgresql_url, shelf, workers, tmp_path
):
    first, second = shelf.live(), next(one for one in shelf.ids() if one != shelf.live())
    stop, told = tmp_path / "stop", []
    house = open_house(postgresql_url, clock=wiring.utc_now)
    told.append(workers.start("work", postgresql_url, shelf.folder, stop).line())
    keep(house, "before")
    judged(house)
    shelf.activate(second, at=NOW, by="a")
    told.append(workers.start("work", postgresql_url, shelf.folder, stop).line())
    assert told == [first, second], "who runs keeps its model until its next start"
    saved, _ = rulesets.save(house, WRITER, SET)
    begins = rulesets.activate(house, ADMIN, "regeln", saved.version)
    between = count(1)

    def both_judge() -> bool:
        # Whose turn it is nobody promises: mail comes until the second one had some.
        keep(house, f"between {next(between)}")
        return second in {row.model for row in verdicts_of(house)}

    wait_until(both_judge)

    def rules_hold() -> bool:
        return wiring.utc_now() > begins

    wait_until(rules_hold)
    keep(house, "ruled")
    shelf.rollback(first, at=NOW, by="a", reason="Test")
    ends = rollback.rollback(house, ADMIN, "").from_at
    keep(house, "still ruled")
    judged(house)
    stop.touch()
    found = verdicts_of(house)
    # Those between, and "before", "ruled" and "still ruled".
    batches = next(between) - 1 + 3
    assert len(found) == len({row.message_id for row in found}) == batches * BATCH
    assert {row.model for row in found} == {first, second}
    for row in found:
        said = said_again(house, shelf, row)
        assert (said["model"], said["rules"], said["concerns"]) == (
            row.model, row.rules, row.body["concerns"],
        )  # fmt: skip
        assert row.rules.endswith("+regeln.1") == (begins <= row.received_at < ends)
    assert sum(row.rules.endswith("+regeln.1") for row in found) == 2 * BATCH
    mine = replace(house, judging=replace(house.judging, judge=judge_of(shelf, first)))
    (told_of_it,) = examine.models_in_use(mine)
    assert (told_of_it.name, second in told_of_it.message) == ("data:models", True)
    house.db.close()


def verdicts_of(house: House) -> list[Any]:
    columns = (verdict.c.message_id, verdict.c.model, verdict.c.rules, verdict.c.body)
    statement = sa.select(*columns, message.c.received_at).join(message)
    with house.db.read() as tx:
        return list(tx.run(statement).all())


@cache
def judge_of(shelf: Shelf, name: str) -> Judge:
    return Judge(shelf.load(name), directory(), name=name)


def said_again(house: House, shelf: Shelf, row: Any) -> dict[str, Any]:
    """What the model that the verdict names says, with the rules of that moment."""
    judging = replace(house.judging, judge=judge_of(shelf, row.model))
    with house.db.read() as tx:
        kept, data = ledger.message(tx, row.message_id), ledger.original(tx, row.message_id)
    return as_json(deciding.prepare(replace(house, judging=judging), kept, data).verdict)


def test_another_models_file_under_its_name_is_no_live_model(shelf, tmp_path):
    first, second = shelf.live(), next(one for one in shelf.ids() if one != shelf.live())
    settings = Settings(data=DataSettings(models=shelf.folder))
    shelf.set_shadow(second, at=NOW, by="a")
    assert isinstance(wiring.build_judging(settings).judge, ShadowedJudge)
    whole = shelf.model_path(second).read_bytes()
    shelf.model_path(second).write_bytes(whole[: len(whole) // 2])
    assert wiring.build_judging(settings).judge.model_id == first, "a candidate stops no post"
    shelf.model_path(second).unlink()
    assert wiring.build_judging(settings).judge.model_id == first
    shelf.model_path(first).write_bytes(whole)
    with pytest.raises(Refused) as refused:
        wiring.build_judging(settings)
    assert refused.value.code == "model.other"
