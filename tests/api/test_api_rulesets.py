"""Rule sets through the doors: by key of a machine and of an admin, two persons, problems."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.app import make_app
from api.doors import ApiKey
from rules.access import Caller
from rules.codes import Role
from rules.rulesets import sieve_rules
from store.doors import idempotency
from tests.api.conftest import Doors
from tests.api.door_client import DoorClient
from tests.api.small_door import bearer, door_settings
from tests.house_fixture import ADMIN, eml
from tests.quick_key import quick_key
from tests.rules.ruleset_samples import HEAD, rule
from triage.house import PostboxPlan
from triage.rulesets import drafts as rulesets
from triage.rulesets import reading as rule_reading

RULE = rule('betreff = "Umschulung"', rule_id="umschulung")
PATH = "/v1/admin/rulesets"


@pytest.fixture
def sorted_mail(doors: Doors) -> Doors:
    doors.hand_in("Umschulung", "34117 Kassel")
    doors.hand_in("Krankmeldung", "34117 Kassel")
    return doors


def test_a_machine_writes_and_tries_and_an_admin_puts_into_force(sorted_mail: Doors) -> None:
    doors = sorted_mail
    saved = doors.machine.post(PATH, json={"text": HEAD + RULE})
    assert (saved.status_code, saved.json()["version"]["version"]) == (201, 1)
    tried = doors.machine.post(f"{PATH}/regeln/versions/1/dry-run", json={"days": 3}).json()
    assert (tried["mails"], tried["moved"], tried["hits"]) == (2, 1, {"umschulung": 1})
    assert tried["changes"][0]["after"] == "435 Kassel/Beratung"
    assert len(tried["listed"]) == 1
    refused = doors.machine.post(f"{PATH}/regeln/versions/1/activate", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "access.denied")
    chief = doors.person()
    done = chief.post(f"{PATH}/regeln/versions/1/activate", json={"day": "2026-11-23"})
    assert done.status_code == 200
    doors.clock.forward(seconds=10)
    answer = doors.hand_in("Umschulung", "34117 Kassel")
    verdict = doors.machine.get(f"/v1/mails/{answer['message_id']}").json()["verdict"]
    assert verdict["folder"] == "435 Kassel/Beratung"
    assert verdict["ruleset"]["hit"] == "umschulung"
    judged = doors.machine.post(
        "/v1/verdicts",
        content=eml("Umschulung", "34117 Kassel"),
        headers={"Content-Type": "message/rfc822"},
    )
    assert judged.json()["ruleset"]["hit"] == "umschulung"
    listed = doors.admin.get(PATH).json()
    assert listed["lines"][0]["now"]["id"] == "regeln"
    assert chief.post(f"{PATH}/rollback", json={}).json()["to"] is None


def test_a_text_is_checked_and_tried_without_being_kept(sorted_mail: Doors) -> None:
    doors = sorted_mail
    found = doors.admin.post(f"{PATH}/check", json={"text": HEAD + rule('kanal = "fax"')}).json()
    assert found["readable"] is False
    assert (found["findings"][0]["code"], found["findings"][0]["line"]) == (
        "ruleset.code_unknown",
        9,
    )
    tried = doors.admin.post(f"{PATH}/dry-run", json={"text": HEAD + RULE}).json()
    assert tried["moved"] == 1
    assert doors.admin.get(PATH).json()["versions"] == []


def test_an_unreadable_text_is_refused_with_its_findings(doors: Doors) -> None:
    answer = doors.admin.post(PATH, json={"text": "id = "})
    assert (answer.status_code, answer.json()["code"]) == (422, "ruleset.findings")
    assert answer.json()["details"]["findings"][0]["line"] == 1


def test_whoever_wrote_it_does_not_activate_it_and_clerks_see_nothing(doors: Doors) -> None:
    doors.admin.post(PATH, json={"text": HEAD + RULE})
    answer = doors.person().post(f"{PATH}/regeln/versions/1/activate", json={})
    assert (answer.status_code, answer.json()["code"]) == (422, "ruleset.same_person")
    assert doors.kassel.get(PATH).status_code == 403
    assert doors.admin.get(f"{PATH}/fremd").status_code == 404
    shown = doors.admin.get(f"{PATH}/regeln").json()
    assert (shown["text"], shown["version"]["is_draft"]) == (
        (HEAD + RULE).strip(),
        True,
    )


def test_what_somebody_wrote_on_since_it_was_read_is_not_put_into_force(doors: Doors) -> None:
    writer = Caller("a-writer", Role.ADMIN, agencies=None)
    rulesets.save(doors.house, writer, HEAD + RULE)
    chief, path = doors.person(), f"{PATH}/regeln/versions/1/activate"
    read = chief.get(f"{PATH}/regeln").json()["version"]["sha256"]
    rulesets.save(doors.house, writer, HEAD + RULE + "# und mehr\n")
    answer = chief.post(path, json={"sha256": read})
    assert (answer.status_code, answer.json()["code"]) == (409, "ruleset.changed")
    read = chief.get(f"{PATH}/regeln").json()["version"]["sha256"]
    assert chief.post(path, json={"sha256": read}).status_code == 200


def test_a_taking_back_that_is_repeated_goes_back_once(doors: Doors) -> None:
    """Its answer was lost with the process, which died before it was kept."""
    writer = Caller("a-writer", Role.ADMIN, agencies=None)
    for text in (HEAD + RULE, HEAD + RULE + "# zwei\n"):
        saved, _ = rulesets.save(doors.house, writer, text)
        rulesets.activate(doors.house, ADMIN, "regeln", saved.version)
        doors.clock.forward(seconds=10)
    chief = doors.person()
    stand = chief.get(PATH).json()["lines"][0]["stand"]
    again = {"json": {"stand": stand}, "headers": {"Idempotency-Key": "once"}}
    assert chief.post(f"{PATH}/rollback", **again).json()["to"]["version"] == 1
    with doors.house.db.write() as tx:
        idempotency.forget(tx, before=doors.clock() + timedelta(days=1))
    doors.clock.forward(seconds=150)
    answer = chief.post(f"{PATH}/rollback", **again)
    assert (answer.status_code, answer.json()["code"]) == (409, "ruleset.changed")
    assert chief.get(PATH).json()["lines"][0]["now"]["version"] == 1


def test_a_repeated_order_with_its_key_takes_effect_once(doors: Doors) -> None:
    rulesets.save(doors.house, Caller("a-writer", Role.ADMIN, agencies=None), HEAD + RULE)
    chief = doors.person()
    for _ in range(2):
        answer = chief.post(
            f"{PATH}/regeln/versions/1/activate", json={}, headers={"Idempotency-Key": "once"}
        )
        assert answer.status_code == 200
    assert len(doors.admin.get(f"{PATH}/regeln").json()["activations"]) == 1


def test_a_machine_asks_for_the_rules_of_a_postbox(doors: Doors) -> None:
    plans = (PostboxPlan("SC-West", "West", False),)
    house = replace(doors.house, policy=replace(doors.house.policy, postboxes=plans))
    secret, digest = quick_key("reader")
    key = ApiKey("reader", digest, Role.AUTOMATION, None)
    machine = DoorClient(make_app(house, door_settings(keys=(key,))), bearer(secret))
    path = "/v1/admin/rule-readings"
    assert machine.get(path).json()["postboxes"][0]["ordered_at"] is None
    assert machine.post(path, json={"postbox": "SC-Ost"}).json()["code"] == "postbox.unknown"
    assert machine.post(path, json={"postbox": "SC-West"}).status_code == 202
    script = 'if header :contains "subject" "a" { fileinto "Klärung"; stop; } if true { discard; }'
    rule_reading.one_round(house, "w-1", {"SC-West": lambda _: sieve_rules.take_over(script)})
    (found,) = machine.get(path).json()["postboxes"]
    assert (found["rules"], found["error_code"]) == (1, "")
    assert [one["code"] for one in found["remarks"]] == ["import.forbidden"]
    assert machine.post(PATH, json={"text": found["text"]}).status_code == 201


def test_a_sieve_script_becomes_a_text_that_can_be_kept(doors: Doors) -> None:
    script = (
        'if header :contains "subject" "a" { fileinto "Klärung"; stop; } elsif true { reject; }'
    )
    found = doors.admin.post(f"{PATH}/import", json={"script": script, "region": "West"}).json()
    assert (found["rules"], found["findings"]) == (1, [])
    assert [one["code"] for one in found["remarks"]] == ["import.forbidden"]
    assert doors.admin.post(PATH, json={"text": found["text"]}).status_code == 201


def test_versions_go_on_on_a_next_page_and_a_new_one_shifts_none(doors: Doors) -> None:
    for number in range(5):
        text = HEAD.replace('id = "regeln"', f'id = "satz-{number}"') + RULE
        assert doors.machine.post(PATH, json={"text": text}).status_code == 201
    whole = doors.admin.get(PATH).json()
    assert (len(whole["versions"]), whole["next_cursor"]) == (5, None)
    first = doors.admin.get(PATH, params={"limit": 2}).json()
    early = HEAD.replace('id = "regeln"', 'id = "a"') + RULE
    assert doors.machine.post(PATH, json={"text": early}).status_code == 201
    pages = [first]
    while cursor := pages[-1]["next_cursor"]:
        pages.append(doors.admin.get(PATH, params={"limit": 2, "cursor": cursor}).json())
    seen = [one["id"] for page in pages for one in page["versions"]]
    assert seen == [f"satz-{number}" for number in range(5)]
    assert all(page["lines"] == whole["lines"] for page in pages)
    refused = doors.admin.get(PATH, params={"cursor": "unsinn"})
    assert refused.json()["code"] == "request.cursor"
