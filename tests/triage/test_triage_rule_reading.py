"""A page asks for the rules of a postbox, a worker reads them once, and a text is shown."""

from dataclasses import replace

import pytest

from rules.access import Caller
from rules.codes import Role
from rules.errors import Refused, TryLater
from rules.rulesets import sieve_rules
from tests.house_fixture import ADMIN, make_house
from triage.house import PostboxPlan
from triage.rulesets import drafts as rulesets
from triage.rulesets import reading as rule_reading

WEST = Caller("p-west", Role.ADMIN, agencies=None, regions=frozenset({"West"}))
SCRIPT = (
    'if header :contains "subject" "Umschulung" { fileinto "Klärung"; stop; }\nif true { discard; }'
)


@pytest.fixture
def house(url):
    plain = make_house(url)
    plans = (PostboxPlan("SC-West", "West", False), PostboxPlan("SC-Nord", "Nord", False))
    found = replace(plain, policy=replace(plain.policy, postboxes=plans))
    yield found
    plain.db.close()


def readers(script=SCRIPT):
    return dict.fromkeys(("SC-West", "SC-Nord"), lambda _: sieve_rules.take_over(script))


def west(house, caller=ADMIN):
    return rule_reading.place(house, caller, "SC-West")


def test_what_was_asked_for_is_read_once_and_takes_no_effect(house) -> None:
    assert west(house).reading is None
    rule_reading.order(house, ADMIN, "SC-West")
    assert (west(house).reading.done_at, west(house).reading.text) == (None, "")
    assert rule_reading.one_round(house, "w-1", readers()) == 1
    assert rule_reading.one_round(house, "w-1", readers()) == 0
    found = west(house)
    assert (found.reading.rules, found.reading.error_code, found.left_out) == (1, "", 1)
    assert [one.code for one in found.remarks] == ["import.forbidden"]
    assert 'region = "West"' in found.reading.text
    assert rulesets.check(house, ADMIN, found.reading.text).findings == ()
    assert rulesets.overview(house, ADMIN).versions == ()


def test_the_name_of_a_script_reaches_the_server(house) -> None:
    asked = []

    def read(script):
        asked.append(script)
        return sieve_rules.take_over(SCRIPT)

    rule_reading.order(house, ADMIN, "SC-West", script=" alt ")
    rule_reading.one_round(house, "w-1", {"SC-West": read})
    assert asked == ["alt"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("postbox.no_right", "no"), "postbox.no_right"),
        (TryLater("postbox.away", "later"), "postbox.away"),
        (RuntimeError("a bug"), "bug"),
    ],
)
def test_what_fails_is_told_by_its_code_and_tried_once(house, error, code) -> None:
    def read(_script):
        raise error

    rule_reading.order(house, ADMIN, "SC-West")
    if code == "bug":
        with pytest.raises(RuntimeError):
            rule_reading.one_round(house, "w-1", {"SC-West": read})
    else:
        rule_reading.one_round(house, "w-1", {"SC-West": read})
    assert rule_reading.one_round(house, "w-1", {"SC-West": read}) == 0
    assert (west(house).reading.error_code, west(house).reading.text) == (code, "")
    rule_reading.order(house, ADMIN, "SC-West")
    assert rule_reading.one_round(house, "w-2", readers()) == 1
    assert west(house).reading.error_code == ""


def test_a_postbox_of_a_kind_without_rules_and_one_of_another_worker(house) -> None:
    rule_reading.order(house, ADMIN, "SC-West")
    rule_reading.order(house, ADMIN, "SC-Nord")
    assert rule_reading.one_round(house, "w-1", {}) == 0
    assert rule_reading.one_round(house, "w-1", {"SC-West": None}) == 1
    assert rule_reading.one_round(house, "w-1", {"SC-West": None}) == 0
    assert west(house).reading.error_code == "postbox.no_rules"
    assert rule_reading.place(house, ADMIN, "SC-Nord").reading.done_at is None


def test_who_was_ordered_anew_meanwhile_keeps_nothing(house) -> None:
    def read(_script):
        rule_reading.order(house, ADMIN, "SC-West", script="neu")
        return sieve_rules.take_over(SCRIPT)

    rule_reading.order(house, ADMIN, "SC-West")
    rule_reading.one_round(house, "w-1", {"SC-West": read})
    assert (west(house).reading.script, west(house).reading.done_at) == ("neu", None)


def test_each_admin_asks_and_sees_for_his_regions_only(house) -> None:
    assert [one.postbox for one in rule_reading.places(house, WEST)] == ["SC-West"]
    with pytest.raises(Refused) as unknown:
        rule_reading.order(house, WEST, "SC-Nord")
    with pytest.raises(Refused) as denied:
        rule_reading.places(house, replace(WEST, role=Role.CLERK))
    assert (unknown.value.code, denied.value.code) == ("postbox.unknown", "access.denied")
