"""A rule whose folder or agency is gone switches itself off; the alarm stands until mended."""

import shutil
import threading
from dataclasses import replace

import pytest
import structlog

from rules.access import Caller
from rules.agencies import Agency
from rules.codes import Role
from store.approved import rulesets as stored
from store.sending import outgoing
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, eml
from tests.rules.ruleset_samples import HEAD, rule
from triage import receive, rounds
from triage.filing import filing
from triage.house import AlarmPolicy
from triage.rulesets import drafts as rulesets
from triage.rulesets import targets as rule_targets
from triage.watch import health

FOLDER = "435 Kassel/Umschulung"
TEXT = HEAD + rule('betreff = "Umschulung"', f'ordner = "{FOLDER}"', rule_id="umschulung")
WRITER = Caller("a-writer", Role.ADMIN, agencies=None)


@pytest.fixture
def url(request):
    return request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")


def put_in_force(house, text=TEXT):
    saved, _ = rulesets.save(house, WRITER, text)
    rulesets.activate(house, ADMIN, saved.set_id, saved.version)
    house.clock.forward(seconds=10)


def look(house, box, region="Südwest"):
    return rule_targets.look(house, box, region=region)


def arrive(house, box, lease, subject="Umschulung"):
    box.append("INBOX", eml(subject, "34117 Kassel"), house.clock())
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    filing.file_due(house, box, lease)


def without_kassel(house):
    known = house.directory
    left = tuple(one for one in known.agencies if one.code != "435")
    rows = tuple(row for row in known.plz_rows if row.agency_code != "435")
    assert all(isinstance(one, Agency) for one in left)
    smaller = replace(known, agencies=left, plz_rows=rows)
    return replace(house, judging=replace(house.judging, directory=smaller))


def checks(house):
    return [(c.name, c.ok, c.message) for c in health.ready(house) if c.name.startswith("rule:")]


def test_a_folder_that_people_removed_switches_its_rule_off_once(house, box, lease, tmp_path):
    put_in_force(house)
    arrive(house, box, lease)
    assert FOLDER in box.folders()
    assert look(house, box) == 0
    # As a person would in a mail program: the folder and what is in it.
    shutil.rmtree(tmp_path / "postbox" / "435 Kassel" / "Umschulung")
    with structlog.testing.capture_logs() as logs:
        assert look(house, box) == 1
        assert look(house, box) == 0
    assert [(one["event"], one["log_level"]) for one in logs] == [("ruleset.rule_off", "error")]
    name = "rule:regeln.umschulung:Südwest"
    assert checks(house) == [(name, False, f"rule.folder_gone {FOLDER}")]
    with house.db.read() as tx:
        told = [e for e in audit.listing(tx, after=0, limit=99) if e.action == "ruleset.rule_off"]
    assert [one.details["target"] for one in told] == [FOLDER]
    arrive(house, box, lease, "Umschulung im Lager")
    with house.db.read() as tx:
        last = audit.listing(tx, after=0, limit=99)
    assert [e.details["folder"] for e in last if e.action == "mail.sorted"][-1] == (
        "435 Kassel/Sonstiges"
    )
    rulesets.activate(house, ADMIN, "regeln", 1)
    assert checks(house) == []


class Listing:
    """A postbox in whose listing of folders something else is done, once the list is made."""

    def __init__(self, box, deed) -> None:
        self.name, self.box, self.deed = box.name, box, deed

    def folders(self):
        found, deed = self.box.folders(), self.deed
        self.deed = lambda: None
        deed()
        return found


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_a_list_of_before_the_activation_judges_no_rule_of_it(house, box, lease, tmp_path):
    put_in_force(house)
    arrive(house, box, lease)
    folder = tmp_path / "postbox" / "435 Kassel" / "Umschulung"
    shutil.move(folder, tmp_path / "away")

    def mended():
        """Somebody brings the folder back and puts the rule into force anew."""
        shutil.move(tmp_path / "away", folder)
        rulesets.activate(house, ADMIN, "regeln", 1)

    assert look(house, Listing(box, mended)) == 0
    with house.db.read() as tx:
        assert stored.off_rules(tx) == ()
    house.clock.forward(seconds=10)
    assert look(house, box) == 0
    shutil.rmtree(folder)
    assert look(house, box) == 1, "the next look judges it"


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_an_activation_that_is_not_committed_yet_is_waited_for(house, box, lease, tmp_path):
    put_in_force(house)
    arrive(house, box, lease)
    shutil.rmtree(tmp_path / "postbox" / "435 Kassel" / "Umschulung")
    listed, found = threading.Event(), []
    looking = threading.Thread(target=lambda: found.append(look(house, Listing(box, listed.set))))
    with house.db.write() as tx:
        version = stored.get(tx, "regeln", 1)
        now = house.clock()
        stored.activate(tx, version, from_at=now, by="a-1", now=now)
        looking.start()
        assert listed.wait(10)
        looking.join(0.1)
    looking.join()
    assert found == [0]
    with house.db.read() as tx:
        assert stored.off_rules(tx) == ()


def test_people_are_told_when_a_rule_went_off_and_when_it_is_over(house, box):
    people = AlarmPolicy(("technik@dienst.example",), (), "postlotse@dienst.example")
    told = replace(house, policy=replace(house.policy, alarms=people))
    put_in_force(told, HEAD + rule('betreff = "Umschulung"', 'agentur = "435"', rule_id="weg"))
    assert look(without_kassel(told), box) == 1
    for _ in range(2):
        rounds.keep_order(told, "w")
    rulesets.activate(told, ADMIN, "regeln", 1)
    for _ in range(2):
        rounds.keep_order(told, "w")
    with told.db.read() as tx:
        rows = [outgoing.get(tx, number) for number in (1, 2)]
        assert sum(outgoing.counts(tx).values()) == 2
    assert [(one.payload["about"], one.payload["stands"]) for one in rows] == [
        ("rule:regeln.weg", True),
        ("rule:regeln.weg", False),
    ]


def test_a_rule_for_all_that_is_off_in_two_regions_is_told_of_each(house, box):
    plan = replace(house.policy, create_folders=False)
    there = replace(house, policy=plan)
    folder = "Service Center/Umschulung"
    put_in_force(there, HEAD + rule('betreff = "Umschulung"', f'ordner = "{folder}"', rule_id="sc"))
    names = []
    for region in ("Nord", "West"):
        assert look(there, box, region=region) == 1
        rounds.keep_order(there, "w")
        names.append(f"rule:regeln.sc:{region}")
        assert [name for name, _, _ in checks(there)] == names
    with there.db.read() as tx:
        told = [e.subject for e in audit.listing(tx, after=0, limit=99)
                if e.action == "ruleset.alarm"]  # fmt: skip
    assert told == names


def test_a_folder_that_filing_will_make_is_not_gone(house, box):
    put_in_force(house)
    assert look(house, box) == 0
    strict = replace(house, policy=replace(house.policy, create_folders=False))
    assert look(strict, box, region="West") == 0, "the folder of another region"
    assert look(strict, box) == 1


def test_an_agency_that_is_gone_switches_its_rule_off_everywhere(house, box):
    put_in_force(house, HEAD + rule('betreff = "Umschulung"', 'agentur = "435"'))
    assert look(without_kassel(house), box, region="West") == 1
    assert checks(house) == [("rule:regeln.r1", False, "rule.agency_gone 435")]


def test_without_a_rule_set_nothing_is_looked_for(house, box):
    assert look(house, box) == 0
    put_in_force(house, HEAD + rule('betreff = "Umschulung"'))
    assert look(house, box) == 0
