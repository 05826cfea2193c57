"""What stands as an alarm is a number for monitoring, too, also while no worker runs."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa

from api import metrics
from store.approved import rulesets
from store.approved.rulesets import OffRule
from store.sending import outgoing
from store.sending.outgoing import NewOutgoing
from store.tables.ledger import outgoing as table
from tests.api.conftest import Doors
from tests.house_fixture import ADMIN
from tests.rules.ruleset_samples import HEAD, rule
from triage.house import House
from triage.rulesets import drafts


def numbers(house: House) -> dict[str, str]:
    told = bytes(metrics.metrics(house).body).decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in told if line.startswith("postlotse_"))


def test_tasks_without_receipt_are_a_number(doors: Doors) -> None:
    house, now = doors.house, doors.house.clock()
    house = replace(house, policy=replace(house.policy, task_receipt_hours=72))
    assert numbers(house)["postlotse_task_receipts_overdue"] == "0.0"
    long_ago = now - timedelta(hours=73)
    with house.db.write() as tx:
        row = outgoing.order(tx, NewOutgoing("task", "task-1", {}), now=now)
        sent = sa.update(table).where(table.c.id == row).values(state="sent", sent_at=long_ago)
        tx.run(sent)
    assert numbers(house)["postlotse_task_receipts_overdue"] == "1.0"
    assert numbers(house)["postlotse_receipts_overdue"] == "0.0", "of hand-overs only"


def test_a_rule_that_is_off_is_a_number(doors: Doors) -> None:
    house = doors.house
    text = HEAD + rule('betreff = "Umschulung"', 'agentur = "435"', rule_id="weg")
    saved, _ = drafts.save(house, replace(ADMIN, name="a-writer"), text)
    drafts.activate(house, ADMIN, saved.set_id, saved.version)
    doors.clock.forward(seconds=10)
    assert numbers(house)["postlotse_rules_off"] == "0.0"
    with house.db.write() as tx:
        version = rulesets.get(tx, saved.set_id, saved.version).id
        off = OffRule(version, "weg", "", "rule.agency_gone", "435", house.clock())
        assert rulesets.switch_off(tx, off)
    assert numbers(house)["postlotse_rules_off"] == "1.0"
