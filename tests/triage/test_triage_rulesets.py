"""Rule sets in a house: drafts, two persons, from a day on, back again; sorting; dry runs."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rules import danger
from rules.access import Caller
from rules.codes import Channel, Role
from rules.errors import Conflict, Refused
from rules.rulesets.force import TAKES_EFFECT
from rules.rulesets.law import ASIDE_REASON
from rules.rulesets.trial import LISTED
from store.approved import rulesets as shelf
from store.approved.rulesets import NewDraft
from store.database.columns import metadata
from store.desk import items
from store.mails import aside, keeping, ledger, verdicts
from store.mails.keeping import Arrival
from store.tables.ledger import original
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, NOW, clerk, eml
from tests.rules.ruleset_samples import HEAD, rule
from triage.rulesets import drafts as rulesets
from triage.rulesets import rollback
from triage.rulesets import trial as rule_trial
from triage.rulesets.rulebook import RuleBook
from triage.rulesets.trial import Span

WRITER = Caller("a-writer", Role.ADMIN, agencies=None)
WEST = Caller("a-west", Role.ADMIN, agencies=None, regions=frozenset({"West"}))
RULE = rule('betreff = "Umschulung"', 'thema = "beratung"', rule_id="umschulung")
TEXT = HEAD + RULE


@pytest.fixture
def url(sqlite_url):
    """One engine; what the tables do is tried on both in tests/store/test_store_rulesets.py."""
    return sqlite_url


def keep(house, subject, text="34117 Kassel", *, region="Südwest", at=None, **headers):
    now = at or house.clock()
    with house.db.write() as tx:
        arrival = Arrival(eml(subject, text, **headers), now, "api", None, region, None)
        return keeping.keep(tx, arrival, now=now).message_id


def put_in_force(house, text=TEXT, *, day=None, wait=True):
    saved, _ = rulesets.save(house, WRITER, text)
    rulesets.activate(house, ADMIN, saved.set_id, saved.version, day=day)
    if wait:
        house.clock.forward(seconds=10)
    return saved


def body_of(house, message_id):
    with house.db.read() as tx:
        return verdicts.latest(tx, message_id).body


def actions(house):
    with house.db.read() as tx:
        return [(e.actor, e.action, e.subject) for e in audit.listing(tx, after=0, limit=100)
                if e.action.startswith("ruleset.")]  # fmt: skip


def test_a_mail_is_sorted_by_the_rule_set_in_force_and_its_verdict_says_so(house):
    put_in_force(house, HEAD + rule('betreff = "Rente"', rule_id="rente") + RULE)
    hit, miss = keep(house, "Frage zur Umschulung"), keep(house, "Krankmeldung")
    one_sorter.sort_pending(house)
    body = body_of(house, hit)
    assert body["folder"] == "435 Kassel/Beratung"
    assert body["rules"].endswith("+regeln.1")
    assert body["ruleset"] == {
        "id": "regeln",
        "version": 1,
        "hit": "umschulung",
        "because": ["betreff: „Umschulung“"],
        "held": "",
        "misses": {"rente": "betreff"},
    }
    assert body_of(house, miss)["ruleset"]["hit"] is None
    assert body_of(house, miss)["folder"] == "435 Kassel/AU"


def test_the_time_of_the_mail_decides_which_version_holds(house):
    before = keep(house, "Umschulung")
    saved = put_in_force(house)
    after = keep(house, "Umschulung")
    one_sorter.sort_pending(house)
    assert saved.version == 1
    assert body_of(house, before)["ruleset"] is None
    assert body_of(house, after)["ruleset"]["version"] == 1


def test_from_a_day_on_and_only_within_its_days(house):
    head = HEAD + "gilt_bis = 2026-11-30\n"
    put_in_force(house, head + RULE, day=date(2026, 11, 25))
    found = [keep(house, "Umschulung", at=NOW.replace(day=day)) for day in (23, 24, 25, 30)]
    found.append(keep(house, "Umschulung", at=NOW.replace(month=12, day=1)))
    one_sorter.sort_pending(house)
    hits = [(body_of(house, one)["ruleset"] or {}).get("hit") for one in found]
    assert hits == [None, None, "umschulung", "umschulung", None]


def test_a_region_with_its_own_set_gets_nothing_from_the_set_for_all(house):
    put_in_force(house)
    west = HEAD.replace("regeln", "west") + 'region = "West"\n' + rule('betreff = "Rente"')
    put_in_force(house, west)
    here, there = keep(house, "Umschulung"), keep(house, "Umschulung", region="West")
    one_sorter.sort_pending(house)
    assert body_of(house, here)["ruleset"]["hit"] == "umschulung"
    assert body_of(house, there)["ruleset"] == {
        "id": "west", "version": 1, "hit": None, "because": [], "held": "",
        "misses": {"r1": "betreff"},
    }  # fmt: skip


def test_a_rule_sets_aside_what_moves_no_money_and_never_what_does(house):
    put_in_force(house, HEAD + rule('betreff = "Werbung"', "beiseite = true"))
    harmless, money = keep(house, "Werbung Termin"), keep(house, "Werbung, krank")
    one_sorter.sort_pending(house)
    with house.db.read() as tx:
        assert aside.reasons(tx, choice=aside.Choice(None)) == ((ASIDE_REASON, 1),)
        assert items.of_message(tx, harmless) is None
        assert items.of_message(tx, money) is not None
    assert body_of(house, money)["ruleset"]["held"] == "rule.held_payment"


def test_what_speaks_of_danger_to_life_is_never_set_aside(house):
    put_in_force(house, HEAD + rule('betreff = "Werbung"', "beiseite = true"))
    alarming = keep(house, "Werbung", "Ich kann nicht mehr und bringe mich um.")
    one_sorter.sort_pending(house)
    with house.db.read() as tx:
        item = items.of_message(tx, alarming)
    assert item is not None
    assert item.alert == danger.SELF_HARM
    assert body_of(house, alarming)["ruleset"]["held"] == "rule.held_danger"


def test_machine_mail_is_out_of_reach(house):
    put_in_force(house, HEAD + rule("groesse_ab_kb = 0", 'agentur = "123"'))
    machine = keep(house, "Abwesenheit", Auto_Submitted="auto-replied")
    one_sorter.sort_pending(house)
    body = body_of(house, machine)
    assert (body["channel"], body["ruleset"]) == (Channel.MASCHINELL.value, None)


def test_who_wrote_a_part_of_it_cannot_put_it_into_force(house):
    saved, _ = rulesets.save(house, WRITER, TEXT)
    rulesets.save(house, ADMIN, TEXT + "\n# geprüft\n")
    for person in (WRITER, ADMIN):
        with pytest.raises(Refused) as refused:
            rulesets.activate(house, person, "regeln", saved.version)
        assert refused.value.code == "ruleset.same_person"
    third = Caller("a-third", Role.ADMIN, agencies=None)
    rulesets.activate(house, third, "regeln", 1)
    assert [(who, what) for who, what, _ in actions(house)] == [
        ("a-writer", "ruleset.saved"),
        ("a-1", "ruleset.saved"),
        ("a-third", "ruleset.activated"),
    ]


def test_a_version_that_was_activated_never_changes(house):
    put_in_force(house)
    saved, _ = rulesets.save(house, WRITER, TEXT + "# neu\n")
    assert saved.version == 2
    assert rulesets.show(house, ADMIN, "regeln", 1).version.text == TEXT


def test_a_draft_saved_in_between_is_not_activated_unseen(house):
    saved, _ = rulesets.save(house, WRITER, TEXT)
    house.clock.forward(seconds=1)
    with house.db.write() as tx:
        draft = NewDraft("regeln", "", "x", TEXT + "#")
        shelf.save(tx, draft, author="a-writer", now=house.clock())
    with house.db.write() as tx, pytest.raises(Conflict) as conflict:
        shelf.activate(tx, saved, from_at=NOW, by="a-1", now=NOW)
    assert conflict.value.code == "ruleset.changed"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (HEAD + rule('betreff = "a"', 'agentur = "999"'), "rule.agency_unknown"),
        (HEAD + RULE + rule('betreff = "Umschulung"', "klaerung = true"), "rule.contradiction"),
    ],
)
def test_with_an_error_it_is_kept_as_a_draft_and_not_activated(house, text, code):
    saved, checked = rulesets.save(house, WRITER, text)
    assert [one.code for one in checked.findings] == [code]
    with pytest.raises(Refused) as refused:
        rulesets.activate(house, ADMIN, "regeln", saved.version)
    assert refused.value.code == "ruleset.findings"
    assert refused.value.details["findings"][0]["code"] == code


def test_an_unknown_code_keeps_nothing(house):
    with pytest.raises(Refused) as refused:
        rulesets.save(house, WRITER, HEAD + rule('kanal = "fax"'))
    assert refused.value.details["findings"] == [
        {"code": "ruleset.code_unknown", "line": 9, "rule": "r1", "level": "error"}
    ]
    assert rulesets.overview(house, ADMIN).versions == ()
    assert actions(house) == []


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 10, 1), date(2027, 2, 1)])
def test_the_day_must_be_to_come_and_within_its_days(house, day):
    rulesets.save(house, WRITER, HEAD + "gilt_bis = 2027-01-31\n" + RULE)
    with pytest.raises(Refused) as refused:
        rulesets.activate(house, ADMIN, "regeln", 1, day=day)
    assert refused.value.code == "ruleset.day"


def test_who_waits_for_the_lock_lets_nothing_hold_before_workers_know_of_it(house, monkeypatch):
    """Five seconds are what SQLite waits for another process."""
    rulesets.save(house, WRITER, TEXT)
    write = type(house.db).write

    def late(database):
        house.clock.forward(seconds=5)
        return write(database)

    monkeypatch.setattr(type(house.db), "write", late)
    assert rulesets.activate(house, ADMIN, "regeln", 1) - house.clock() >= TAKES_EFFECT
    house.clock.forward(seconds=10)
    assert rollback.rollback(house, ADMIN, "").from_at - house.clock() >= TAKES_EFFECT


def test_who_saw_no_plan_withdraws_none_and_the_second_press_goes_back_once(house):
    put_in_force(house)
    put_in_force(house, TEXT + "# zwei\n")
    shown = rulesets.overview(house, ADMIN).lines[0].stand
    put_in_force(house, TEXT + "# drei\n", day=date(2026, 12, 1))
    with pytest.raises(Conflict) as refused:
        rollback.rollback(house, ADMIN, "", seen=shown)
    assert refused.value.code == "ruleset.changed", "that would leave in force what does harm"
    planned = rulesets.overview(house, ADMIN).lines[0].stand
    assert rollback.rollback(house, ADMIN, "", seen=planned).withdrawn == 1
    first, second = (rollback.rollback(house, ADMIN, "", seen=shown) for _ in range(2))
    assert first.to.version == second.to.version == 1
    house.clock.forward(seconds=10)
    with pytest.raises(Conflict):
        rollback.rollback(house, ADMIN, "", seen=shown)
    assert rulesets.overview(house, ADMIN).lines[0].now.version == 1


def test_who_names_what_shall_hold_and_repeats_himself_goes_back_once(house):
    """The answer was lost, and he asks again: at once, later, and when the day is over."""
    for text in ("", "# zwei\n", "# drei\n"):
        put_in_force(house, TEXT + text)
    put_in_force(house, TEXT + "# vier\n", day=date(2026, 12, 1))
    assert rollback.leads_back_to(house, ADMIN, "") == "regeln.3"
    withdrawn = [rollback.rollback(house, ADMIN, "", to="regeln.3") for _ in range(2)]
    assert [(one.withdrawn, one.from_at) for one in withdrawn] == [(1, None), (0, None)]
    assert rollback.leads_back_to(house, ADMIN, "") == "regeln.2"
    for seconds in (0, 1, 10, 86_400):
        house.clock.forward(seconds=seconds)
        assert rollback.rollback(house, ADMIN, "", to="regeln.2").to.version == 2
    assert rulesets.overview(house, ADMIN).lines[0].now.version == 2
    with pytest.raises(Conflict) as refused:
        rollback.rollback(house, ADMIN, "", to="regeln.3")
    assert refused.value.code == "ruleset.changed"
    assert [what for _, what, _ in actions(house)].count("ruleset.rolled_back") == 1
    for to in ("regeln.1", "none", "none"):
        rollback.rollback(house, ADMIN, "", to=to)
        house.clock.forward(seconds=10)
    assert rulesets.overview(house, ADMIN).lines[0].now is None


def test_going_back_withdraws_what_is_planned_then_the_version_then_the_set(house):
    put_in_force(house)
    put_in_force(house, TEXT + "# zwei\n")
    put_in_force(house, TEXT + "# drei\n", day=date(2026, 12, 1))
    first = rollback.rollback(house, WRITER, "")
    assert (first.withdrawn, first.to) == (1, None)
    second = rollback.rollback(house, WRITER, "")
    assert second.to.version == 1
    house.clock.forward(seconds=10)
    message = keep(house, "Umschulung")
    one_sorter.sort_pending(house)
    assert body_of(house, message)["ruleset"]["version"] == 1
    third = rollback.rollback(house, WRITER, "")
    assert third.to is None, "before version one there was none; two is not gone forward to"
    assert [what for _, what, _ in actions(house)][-3:] == [
        "ruleset.withdrawn",
        "ruleset.rolled_back",
        "ruleset.rolled_back",
    ]


def test_going_back_from_the_first_set_leaves_the_built_in_routing(house):
    put_in_force(house)
    done = rollback.rollback(house, ADMIN, "")
    assert (done.withdrawn, done.to) == (0, None)
    house.clock.forward(seconds=10)
    message = keep(house, "Umschulung")
    one_sorter.sort_pending(house)
    assert body_of(house, message)["ruleset"] is None
    with pytest.raises(Refused) as refused:
        rollback.rollback(house, ADMIN, "")
    assert refused.value.code == "ruleset.none_in_force"


def test_taking_back_twice_in_a_row_is_taking_back_once(house):
    put_in_force(house)
    put_in_force(house, TEXT + "# zwei\n")
    first = rollback.rollback(house, WRITER, "")
    house.clock.forward(seconds=1)
    again = rollback.rollback(house, ADMIN, "")
    assert (again.withdrawn, again.to.version, again.from_at) == (0, 1, first.from_at)
    house.clock.forward(seconds=10)
    message = keep(house, "Umschulung")
    one_sorter.sort_pending(house)
    assert body_of(house, message)["ruleset"]["version"] == 1
    assert [what for _, what, _ in actions(house)].count("ruleset.rolled_back") == 1


def test_what_was_planned_behind_a_taking_back_is_withdrawn_and_the_taking_back_stays(house):
    put_in_force(house)
    rollback.rollback(house, WRITER, "")
    put_in_force(house, TEXT + "# zwei\n", day=date(2026, 12, 1), wait=False)
    assert rollback.rollback(house, WRITER, "").withdrawn == 1
    again = rollback.rollback(house, WRITER, "")
    assert (again.withdrawn, again.to) == (0, None)
    house.clock.forward(seconds=10)
    message = keep(house, "Umschulung")
    one_sorter.sort_pending(house)
    assert body_of(house, message)["ruleset"] is None


def test_an_admin_of_a_region_changes_its_own_sets_and_reads_the_one_for_all(house):
    rulesets.save(house, WRITER, TEXT)
    rulesets.save(house, WRITER, HEAD.replace("regeln", "ost") + 'region = "Ost"\n' + RULE)
    own = HEAD.replace("regeln", "west") + 'region = "West"\n' + RULE
    saved, _ = rulesets.save(house, WEST, own)
    assert saved.authors == ["a-west"]
    assert {one.set_id for one in rulesets.overview(house, WEST).versions} == {"regeln", "west"}
    assert rulesets.show(house, WEST, "regeln").version.version == 1
    for attempt in (
        lambda: rulesets.save(house, WEST, TEXT),
        lambda: rulesets.activate(house, WEST, "regeln", 1),
        lambda: rollback.rollback(house, WEST, "Ost"),
        lambda: rulesets.save(house, WEST, own.replace('"west"', '"ost"')),
        lambda: rulesets.save(house, clerk(), TEXT),
        lambda: rulesets.activate(house, MACHINE, "regeln", 1),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.code == "access.denied"
    with pytest.raises(Refused) as refused:
        rulesets.show(house, WEST, "ost")
    assert refused.value.code == "ruleset.unknown"


def dump(house):
    """All rows of all tables."""
    with house.db.read() as tx:
        return {t.name: tx.run(t.select()).all() for t in metadata.sorted_tables}


def test_a_dry_run_tells_the_difference_and_writes_nothing(house):
    for subject in ("Umschulung", "Umschulung im Lager", "Krankmeldung", "Umschulung, Konto neu"):
        keep(house, subject)
    keep(house, "Umschulung", region="West")
    keep(house, "explodiere")
    one_sorter.sort_pending(house)
    before = dump(house)
    text = HEAD + RULE + rule('betreff = "krank*"', "beiseite = true", rule_id="weg")
    found = rule_trial.trial(house, WRITER, text, span=Span())
    assert dump(house) == before
    assert (found.mails, found.unread, found.moved, found.payment_moved) == (5, 0, 4, 1)
    first = found.changes[0]
    assert (first.before, first.after, first.rule, first.mails) == (
        "435 Kassel/Sonstiges", "435 Kassel/Beratung", "umschulung", 3,
    )  # fmt: skip
    assert found.hits == (("umschulung", 4), ("weg", 1))
    assert found.held == (("weg", "rule.held_payment", 1),)
    assert len(found.listed) == 4 <= LISTED


def test_a_dry_run_is_held_against_what_is_in_force_and_within_its_region(house):
    put_in_force(house, HEAD + rule('betreff = "Umschulung"', 'thema = "rente"'))
    keep(house, "Umschulung")
    keep(house, "Umschulung", region="West")
    one_sorter.sort_pending(house)
    west = HEAD.replace("regeln", "west") + 'region = "West"\n' + RULE
    found = rule_trial.trial(house, WRITER, west, span=Span())
    assert [(one.before, one.after) for one in found.changes] == [
        ("435 Kassel/Rente", "435 Kassel/Beratung")
    ]
    assert found.mails == 1
    assert rule_trial.trial(house, WRITER, TEXT, span=Span(mails=1)).mails == 1
    house.clock.forward(days=3)
    assert rule_trial.trial(house, WRITER, TEXT, span=Span(days=1)).mails == 0
    with pytest.raises(Refused) as refused:
        rule_trial.trial(house, WEST, HEAD + 'region = "Ost"\n' + RULE, span=Span())
    assert refused.value.code == "ruleset.unknown"


def test_a_dry_run_shows_an_agency_what_it_gets(house):
    keep(house, "Umschulung")
    one_sorter.sort_pending(house)
    text = HEAD + rule('betreff = "Umschulung"', 'agentur = "123"')
    found = rule_trial.trial(house, ADMIN, text, span=Span())
    assert {(one.agency, one.before, one.after) for one in found.agencies} == {
        ("435 Kassel", 1, 0),
        ("123 Hamburg", 0, 1),
    }


def test_mail_whose_content_is_gone_is_counted_and_not_tried(house):
    message = keep(house, "Umschulung")
    one_sorter.sort_pending(house)
    with house.db.write() as tx:
        tx.run(original.update().values(data=None))
    found = rule_trial.trial(house, ADMIN, TEXT, span=Span())
    assert (found.mails, found.unread) == (0, 1)
    assert message


def test_the_dry_run_says_what_sorting_then_does(house):
    subjects = ["Umschulung", "Krankmeldung", "Konto", "Umschulung Termin", "Urlaub"]
    old = [keep(house, subject) for subject in subjects]
    one_sorter.sort_pending(house)
    text = HEAD + RULE + rule('zahlungsrelevant = "ja"', 'agentur = "123"', rule_id="geld")
    foreseen = {
        one.message_id: one.after
        for one in rule_trial.trial(house, ADMIN, text, span=Span()).listed
    }
    put_in_force(house, text)
    new = [keep(house, subject) for subject in subjects]
    one_sorter.sort_pending(house)
    for earlier, later in zip(old, new, strict=True):
        expected = foreseen.get(earlier, body_of(house, earlier)["folder"])
        assert body_of(house, later)["folder"] == expected


def test_another_process_takes_it_up_before_it_takes_effect(house):
    other = replace(house, rulebook=RuleBook())
    first = keep(other, "Umschulung")
    one_sorter.sort_pending(other)
    put_in_force(house, wait=False)
    house.clock.forward(seconds=5)
    second = keep(other, "Umschulung")
    one_sorter.sort_pending(other)
    assert body_of(house, first)["ruleset"] is None
    assert body_of(house, second)["ruleset"]["hit"] == "umschulung"
    with house.db.read() as tx:
        assert ledger.message(tx, second).received_at - NOW == timedelta(seconds=5)
