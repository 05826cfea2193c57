"""Versions of rule sets, activations, and rules that are off, on both engines."""

from datetime import timedelta

import pytest

from rules.errors import Conflict, Refused
from rules.rulesets import force as rule_force
from store.approved import rulesets
from store.approved.rulesets import NewDraft, OffRule
from tests.house_fixture import NOW

DRAFT = NewDraft("west", "West", "Regeln", "text \x00 eins")


def test_a_draft_is_written_over_until_it_is_activated_and_then_never(db):
    with db.write() as tx:
        rulesets.save(tx, DRAFT, author="a", now=NOW)
        second = rulesets.save(tx, DRAFT, author="b", now=NOW + timedelta(hours=1))
        third = rulesets.save(tx, DRAFT, author="a", now=NOW + timedelta(hours=2))
    assert (second.id, third.authors, third.version) == (third.id, ["a", "b"], 1)
    with db.write() as tx:
        rulesets.activate(tx, third, from_at=NOW, by="c", now=NOW)
    with db.write() as tx:
        fourth = rulesets.save(tx, DRAFT, author="a", now=NOW)
        assert (fourth.version, fourth.authors, fourth.is_draft) == (2, ["a"], True)
        assert rulesets.get(tx, "west").id == fourth.id
        assert not rulesets.get(tx, "west", 1).is_draft
        assert [v.version for v in rulesets.listing(tx, regions=["West"])] == [2, 1]
        assert rulesets.listing(tx, regions=[""]) == ()
        with pytest.raises(Refused) as refused:
            rulesets.get(tx, "ost")
    assert refused.value.code == "ruleset.unknown"


def test_activations_are_withdrawn_only_before_they_begin(db):
    with db.write() as tx:
        version = rulesets.save(tx, DRAFT, author="a", now=NOW)
        rulesets.activate(tx, version, from_at=NOW, by="c", now=NOW)
        later = rulesets.put_in_force(
            tx, None, region="West", from_at=NOW + timedelta(days=1), by="c", now=NOW
        )
    found = rulesets_of(db)
    at = NOW + timedelta(days=2)
    assert rule_force.in_force(found, region="West", at=at).ruleset_id is None
    assert rule_force.in_force(found, region="West", at=NOW).ruleset_id == version.id
    assert rule_force.in_force(found, region="Ost", at=at) is None
    with db.write() as tx, pytest.raises(Conflict):
        rulesets.withdraw(tx, later, now=at)
    with db.write() as tx:
        rulesets.withdraw(tx, later, now=NOW)
    assert rule_force.in_force(rulesets_of(db), region="West", at=at).ruleset_id == version.id


def rulesets_of(db):
    with db.read() as tx:
        return rulesets.activations(tx)


def test_a_rule_is_switched_off_once_and_on_again_by_the_next_activation(db):
    with db.write() as tx:
        version = rulesets.save(tx, DRAFT, author="a", now=NOW)
        rulesets.activate(tx, version, from_at=NOW, by="c", now=NOW)
        off = OffRule(version.id, "r1", "West", "rule.folder_gone", "435 Kassel/X", NOW)
        assert rulesets.switch_off(tx, off)
        assert not rulesets.switch_off(tx, off)
    with db.write() as tx:
        assert rulesets.off_rules(tx) == (off,)
        rulesets.activate(tx, rulesets.get(tx, "west"), from_at=NOW, by="c", now=NOW)
        assert rulesets.off_rules(tx) == ()
