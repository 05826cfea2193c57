"""The doctor tries the targets of rules itself, also where no worker has looked yet."""

from dataclasses import replace

import pytest

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.access import Caller
from rules.codes import Role
from store.approved import rulesets as rows
from store.trail import audit
from tests.house_fixture import ADMIN, open_house
from tests.rules.ruleset_samples import HEAD, rule
from triage.doctor import ways as doctor_ways
from triage.rulesets import drafts as rulesets
from triage.rulesets import rollback
from triage.settings import check
from triage.watch.remedies import REMEDIES

WRITER = Caller("a-writer", Role.ADMIN, agencies=None)
FOLDER = "Service Center/Umschulung"
NAME = "postboxes:SC-Ost:rules"


@pytest.fixture
def house(sqlite_url):
    """A house of which a rule names a folder, which filing does not make."""
    opened = open_house(sqlite_url)
    made = replace(opened, policy=replace(opened.policy, create_folders=False))
    aimed = rule('betreff = "Umschulung"', f'ordner = "{FOLDER}"', rule_id="umschulung")
    saved, _ = rulesets.save(made, WRITER, HEAD + aimed + rule('betreff = "x"', rule_id="r2"))
    rulesets.activate(made, ADMIN, saved.set_id, saved.version)
    made.clock.forward(seconds=10)
    yield made
    made.db.close()


def found(house, root, mode="sort"):
    box = {"kind": "maildir", "name": "SC-Ost", "region": "Ost", "root": str(root), "mode": mode}
    settings = check({"postboxes": [box]}, base=root.parent)
    told = doctor_ways.postboxes(settings, house)
    return {one.name: (one.grade.value, one.remedy) for one in told if NAME in one.name}


def test_a_folder_that_is_gone_is_told_with_its_remedy_before_any_worker_looked(house, tmp_path):
    create_tree(tmp_path / "mail")
    with house.db.read() as tx:
        before = audit.listing(tx, after=0, limit=99)
    told = found(house, tmp_path / "mail")
    assert told == {f"{NAME}:umschulung": ("bad", REMEDIES["rule.folder_gone"])}
    with house.db.read() as tx:
        assert rows.off_rules(tx) == (), "looking switches nothing off"
        assert audit.listing(tx, after=0, limit=99) == before
    box = MaildirPostbox("SC-Ost", tmp_path / "mail")
    box.ensure_folder(FOLDER)
    box.close()
    assert found(house, tmp_path / "mail") == {NAME: ("good", "")}


def test_a_postbox_that_is_away_leaves_its_rules_untried_and_says_so(house, tmp_path):
    told = found(house, tmp_path / "nowhere")
    assert told[NAME][0] == "warn"
    assert told[NAME][1]


def test_where_nothing_is_filed_or_no_rule_has_a_target_nothing_is_told(house, tmp_path):
    create_tree(tmp_path / "mail")
    assert found(house, tmp_path / "mail", mode="observe") == {}
    rollback.rollback(house, ADMIN, "")
    house.clock.forward(seconds=10)
    assert found(house, tmp_path / "mail") == {}
