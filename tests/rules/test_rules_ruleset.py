"""Rule sets: read, matched, held by the law of the house, written again."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parse import KEPT_HEADERS
from rules import routing
from rules.codes import Channel, Concern, PaymentRelevant, Team
from rules.rulesets.law import ASIDE_FOLDER, Held, agency_of_folder, rule_over
from rules.rulesets.match import ONLY_HEAD, compile_set
from rules.rulesets.terms import RULE_HEADERS, action_sentence, rule_sentences
from rules.rulesets.text import MAX_CHARS, read_rules
from rules.rulesets.words import name_fits, phrase, words_of
from rules.rulesets.writer import write_rules
from tests.rules.ruleset_samples import (
    HEAD,
    KASSEL,
    SC,
    SC_OF_NOBODY,
    compiled,
    directory,
    rule,
    rules,
    seen,
)

HITS = [
    'betreff = "Umschulung"',
    'betreff = "umschul*"',
    'betreff = ["Rente", "*schulung"]',
    'text = "weiterbildung im Lager"',
    'betreff_oder_text = "Weiterbildung"',
    'kopfzeile.list-id = "Rundbrief"',
    'absender = "@firma.example"',
    'absender = "alex@post.firma.example"',
    'empfaenger = "Kassel@arbeitsagentur.de"',
    'kanal = ["kontaktformular", "freie_email"]',
    'anliegen = "beratung"\nsicherheit = 0.6',
    'erstes_anliegen = "termin"',
    'zahlungsrelevant = "nein"',
    'plz = "34*"',
    'ort = "KASSEL"',
    'region = "suedwest"',
    'agentur = "435"',
    "kundennummer = true",
    'kundennummer = "435a"',
    'anlage = "*.pdf"',
    "hat_anlage = true",
    'sprache = "deutsch"',
    "groesse_ab_kb = 40",
    "groesse_bis_kb = 48",
]
MISSES = [
    'betreff = "schulung"',
    'betreff = "Umschulung Frage"',
    'text = "Umschulung"',
    'kopfzeile.reply-to = "Rundbrief"',
    'absender = "@irma.example"',
    'kanal = "kontaktformular"',
    'anliegen = "beratung"\nsicherheit = 0.61',
    'erstes_anliegen = "beratung"',
    'zahlungsrelevant = ["ja", "offen"]',
    'plz = "3411*2"'.replace("*2", "8"),
    'agentur = "unbekannt"',
    "kundennummer = false",
    'anlage = "Antrag"',
    'sprache = "andere"',
    "groesse_ab_kb = 49",
    "groesse_bis_kb = 47",
]


@pytest.mark.parametrize("when", HITS)
def test_a_condition_holds_and_says_in_the_admins_words_what_held(when: str) -> None:
    outcome = compiled(rule(when)).ask(seen())
    assert outcome.hit is not None
    assert outcome.because[0].startswith(when.partition(" ")[0].partition(".")[0])
    assert outcome.misses == ()


@pytest.mark.parametrize(
    "when", ["kundennummer = false", "hat_anlage = false", 'sprache = "deutsch"']
)
def test_a_body_that_nobody_read_says_neither_yes_nor_no(when: str) -> None:
    told_nothing = seen(only_head=True, body="", attachments=(), kundennummer=None)
    assert compiled(rule(when)).ask(told_nothing).misses == (("r1", ONLY_HEAD),)


@pytest.mark.parametrize(
    "unless", ['text = "Lager"', 'betreff_oder_text = "Lager"', 'anlage = "*.pdf"']
)
def test_an_exception_that_the_unread_body_may_meet_holds_the_rule_back(unless: str) -> None:
    guarded = rule('betreff = "Umschulung"', more=f"[regel.ausser]\n{unless}")
    assert compiled(guarded).ask(seen(only_head=True, body="")).misses == (("r1", ONLY_HEAD),)


@pytest.mark.parametrize(
    "when",
    [
        'betreff = "Umschulung"',
        'betreff_oder_text = "Umschulung"',
        "kundennummer = true",
        'kundennummer = "435A"',
    ],
)
def test_a_rule_that_the_head_meets_hits_a_head(when: str) -> None:
    assert compiled(rule(when)).ask(seen(only_head=True, body="")).hit is not None


@pytest.mark.parametrize("when", MISSES)
def test_a_condition_that_fails_is_named_as_the_miss(when: str) -> None:
    outcome = compiled(rule(when)).ask(seen())
    assert outcome.hit is None
    assert outcome.misses == (("r1", when.partition(" ")[0].partition(".")[0]),)


def test_the_first_rule_that_matches_wins_and_later_ones_are_not_asked() -> None:
    made = compiled(
        rule('betreff = "Rente"', rule_id="a"),
        rule('betreff = "Umschulung"', rule_id="b"),
        rule('betreff = "Umschulung"\nplz = "34*"', rule_id="c"),
    )
    outcome = made.ask(seen())
    assert (outcome.hit.id if outcome.hit else "", outcome.misses) == ("b", (("a", "betreff"),))


@pytest.mark.parametrize(
    ("more", "missed"),
    [
        ('[[regel.oder]]\nort = "Bonn"\n[[regel.oder]]\nplz = "34*"\nort = "Kassel"', ""),
        ('[[regel.oder]]\nort = "Bonn"\n[[regel.oder]]\nplz = "34*"\nort = "Bonn"', "oder"),
        ('[regel.ausser]\nabsender = "@post.firma.example"', "ausser"),
        ('[regel.ausser]\nabsender = "@other.example"', ""),
    ],
)
def test_one_alternative_is_enough_and_an_exception_stands_above_all(
    more: str, missed: str
) -> None:
    outcome = compiled(rule('betreff = "Umschulung"', more=more)).ask(seen())
    assert dict(outcome.misses).get("r1", "") == missed


def test_machine_mail_is_asked_nothing_and_a_rule_that_is_off_is_passed_over() -> None:
    made = compiled(rule('betreff = "Umschulung"'))
    assert made.ask(seen(team=Team.NONE)).misses == ()
    assert made.ask(seen(), off={"r1"}).misses == (("r1", "abgeschaltet"),)


def test_a_rule_that_is_off_or_asks_for_an_unread_body_holds_back_no_later_one() -> None:
    made = compiled(
        rule('betreff = "Umschulung"', rule_id="off"),
        rule("hat_anlage = false", rule_id="body"),
        rule('betreff = "Umschulung"', rule_id="on"),
    )
    outcome = made.ask(seen(only_head=True, body=""), off={"off"})
    assert outcome.hit is not None
    assert outcome.hit.id == "on"
    assert outcome.misses == (("off", "abgeschaltet"), ("body", ONLY_HEAD))


@pytest.mark.parametrize(
    ("then", "route", "folder", "agency"),
    [
        ('thema = "beratung"', KASSEL, "435 Kassel/Beratung", "435"),
        ('agentur = "123"', KASSEL, "123 Hamburg/Termin", "123"),
        ('ordner = "435 Kassel/Umschulung"', KASSEL, "435 Kassel/Umschulung", "435"),
        ('ordner = "Klärung/Umschulung"', KASSEL, "Klärung/Umschulung", None),
        ("klaerung = true", KASSEL, "Klärung", None),
        ("beiseite = true", KASSEL, ASIDE_FOLDER, "435"),
        ("unveraendert = true", KASSEL, "435 Kassel/Termin", "435"),
        ('thema = "rente"', SC, "Service Center/Rente", "435"),
        ('thema = "rente"', SC_OF_NOBODY, "Service Center/Rente", None),
        ('ordner = "Service Center/Post"', SC, "Service Center/Post", "435"),
    ],
)
def test_a_rule_that_hits_changes_the_route_as_it_says(
    then: str, route: object, folder: str, agency: str | None
) -> None:
    made = compiled(rule('betreff = "Umschulung"', then))
    ruled = rule_over(made, route, seen=seen(team=route.team), directory=directory())
    assert (ruled.route.folder, ruled.route.agency.code) == (folder, agency)
    assert ruled.trace
    assert (ruled.trace.hit, ruled.trace.held, ruled.trace.version) == ("r1", "", 3)


@pytest.mark.parametrize(
    ("then", "route", "changed", "held"),
    [
        ("beiseite = true", KASSEL, {"payment": PaymentRelevant.YES}, Held.PAYMENT),
        ("beiseite = true", KASSEL, {"payment": PaymentRelevant.OPEN}, Held.PAYMENT),
        ("beiseite = true", KASSEL, {"concerns": ((Concern.AU, 0.4),)}, Held.PROOF),
        ("beiseite = true", KASSEL, {"body": "Ich will nicht mehr leben."}, Held.DANGER),
        ("beiseite = true", KASSEL, {"heard_danger": True}, Held.DANGER),
        ('agentur = "123"', SC, {}, Held.TEAM),
        ("klaerung = true", SC, {}, Held.TEAM),
        ('ordner = "435 Kassel/AU"', SC, {}, Held.TEAM),
        ('ordner = "Service Center/AU"', KASSEL, {}, Held.TEAM),
    ],
)
def test_the_law_holds_what_a_rule_may_not_do(
    then: str, route: object, changed: dict[str, object], held: Held
) -> None:
    made = compiled(rule('betreff = "Umschulung"', then))
    ruled = rule_over(made, route, seen=seen(team=route.team, **changed), directory=directory())
    assert ruled.route == route
    assert ruled.trace
    assert (ruled.trace.hit, ruled.trace.held) == ("r1", held.value)


@given(
    channel=st.sampled_from(list(Channel)),
    payment=st.sampled_from(list(PaymentRelevant)),
    concern=st.sampled_from(list(Concern)),
    then=st.sampled_from(
        ["beiseite = true", "klaerung = true", 'agentur = "123"', 'thema = "au"',
         'ordner = "435 Kassel/X"', 'ordner = "Service Center/X"', "unveraendert = true"]
    ),
)  # fmt: skip
def test_whatever_a_rule_wants_money_stays_an_item_and_the_channel_decides_the_team(
    channel: Channel, payment: PaymentRelevant, concern: Concern, then: str
) -> None:
    team = routing.team_of(channel)
    route = KASSEL if team is Team.EZ else SC
    mail = seen(channel=channel, payment=payment, concerns=((concern, 0.5),), team=team)
    ruled = rule_over(
        compiled(rule("groesse_ab_kb = 0", then)), route, seen=mail, directory=directory()
    )
    assert ruled.route.team in {route.team, Team.NONE}
    if payment is not PaymentRelevant.NO:
        assert ruled.route.team is route.team


def test_without_a_rule_set_nothing_is_traced() -> None:
    ruled = rule_over(None, KASSEL, seen=seen(), directory=directory())
    assert (ruled.route, ruled.trace) == (KASSEL, None)


def test_a_folder_names_its_agency_only_if_the_whole_level_fits() -> None:
    assert agency_of_folder("435 Kassel/AU", directory()) == "435"
    assert agency_of_folder("435 Irgendwo/AU", directory()) is None
    assert agency_of_folder("Klärung", directory()) is None


def test_phrases_are_whole_words_unless_a_star_opens_them() -> None:
    words = words_of("Fortbildung: Lager-Umschulungen, Größe 3!")
    wanted = {
        "Größe 3": True,
        "umschul*": True,
        "umschulung": False,
        "*bildung": True,
        "*lager umsch*": True,
    }
    assert {text: phrase(text).within(words) for text in wanted} == wanted
    assert [phrase(bad) for bad in ("", "*", "**", "a*b", "…", "x" * 201)] == [None] * 6
    assert name_fits("*bescheid*", "Mein Bescheid 3.pdf")
    assert not name_fits("Bescheid*", "Mein Bescheid.pdf")


def test_a_hostile_text_and_many_phrases_stay_fast() -> None:
    made = compiled(rule("text = [" + ", ".join(f'"a a a b{n}*"' for n in range(200)) + "]"))
    began = time.perf_counter()
    assert made.ask(seen(body="a " * 500_000)).hit is None
    assert time.perf_counter() - began < 5, "linear, with a wide margin for a busy machine"


def test_rules_ask_only_for_headers_that_the_parser_keeps() -> None:
    assert RULE_HEADERS <= KEPT_HEADERS


FAULTS = [
    ("id = ", "ruleset.syntax", 1),
    (HEAD + "[regel]\n", "ruleset.type", 4),
    (HEAD + 'farbe = "rot"\n', "ruleset.key_unknown", 4),
    ('id = "regeln"\ntitel = "x"\n', "ruleset.key_missing", 0),
    ('id = "Regeln!"\ngilt_ab = 2026-11-01\n', "ruleset.id", 1),
    (HEAD + 'gilt_bis = "bald"\n', "ruleset.type", 4),
    (HEAD + rule('kanal = "fax"'), "ruleset.code_unknown", 9),
    (HEAD + rule('anliegen = "blumen"'), "ruleset.code_unknown", 9),
    (HEAD + rule('betreff = "x"', 'thema = "blumen"'), "ruleset.code_unknown", 12),
    (HEAD + rule('betreff = "…"'), "rule.phrase", 9),
    (HEAD + rule('betreff = "a*b"'), "rule.phrase", 9),
    (HEAD + rule("betreff = 3"), "ruleset.type", 9),
    (HEAD + rule("betreff = []"), "ruleset.type", 9),
    (HEAD + rule('plz = "341"'), "rule.value", 9),
    (HEAD + rule('absender = "firma"'), "rule.value", 9),
    (HEAD + rule('agentur = "4711"'), "rule.value", 9),
    (HEAD + rule('anlage = "a*b"'), "rule.value", 9),
    (HEAD + rule('groesse_ab_kb = "groß"'), "ruleset.type", 9),
    (HEAD + rule('anliegen = "au"\nsicherheit = 95'), "ruleset.type", 10),
    (HEAD + rule('betreff = "a"\nsicherheit = 0.5'), "ruleset.key_missing", 10),
    (HEAD + rule('kopfzeile = "a"'), "ruleset.type", 9),
    (HEAD + rule('regex = ".*"'), "ruleset.key_unknown", 9),
    (HEAD + rule('betreff = "a"', 'loeschen = true'), "rule.actions_conflict", 11),
    (HEAD + rule('betreff = "a"', 'klaerung = true\nagentur = "435"'), "rule.actions_conflict", 11),
    (HEAD + rule('betreff = "a"', "klaerung = false"), "ruleset.type", 12),
    (HEAD + '[[regel]]\nid = "a"\n', "rule.no_action", 4),
    (HEAD + rule('betreff = "a"', more="[[regel.oder]]"), "rule.group_empty", 10),
    (HEAD + "x = [" * 3000, "ruleset.syntax", 0),
    ("#" * (MAX_CHARS + 1), "ruleset.too_long", 0),
    (HEAD + rule('betreff = "a"') * 301, "ruleset.too_long", 0),
    (HEAD + rule("betreff = [" + '"a",' * 201 + "]"), "ruleset.too_long", 9),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "line"), FAULTS)
def test_a_fault_is_told_with_code_line_and_remedy_and_nothing_is_half_read(
    text: str, code: str, line: int
) -> None:
    read = read_rules(text)
    assert read.rules is None
    found = {one.code: one for one in read.findings}
    assert code in found
    assert found[code].line == line or (line == 0)
    assert all(one.message and one.remedy for one in read.findings)


@given(st.text(max_size=300))
def test_whatever_text_comes_in_a_rule_set_or_findings_come_out(text: str) -> None:
    read = read_rules(HEAD + text)
    assert (read.rules is None) == bool(read.findings)


def test_written_again_it_is_the_same_rule_set() -> None:
    more = '[[regel.oder]]\nort = "Bonn"\n[[regel.oder]]\nplz = "34*"\n'
    more += '[regel.ausser]\nbetreff = "a \\"b\\" \\\\c"'
    texts = [rule(when, rule_id=f"r{n}", more=more) for n, when in enumerate(HITS)]
    texts.append(rule('betreff = "x"', 'ordner = "Klärung/X"', rule_id="folder"))
    texts.append(rule('betreff = "x"', "klaerung = true", rule_id="clearing"))
    head = HEAD + 'region = "West"\nquelle = "Weisung 202404002 Nr. 3"\ngilt_bis = 2027-01-31\n'
    first = rules(*texts, head=head)
    second = read_rules(write_rules(first)).rules
    assert second is not None
    assert [bare(one) for one in second.rules] == [bare(one) for one in first.rules]
    assert (second.region, second.source, second.valid_until) == (
        first.region,
        first.source,
        first.valid_until,
    )


def bare(one: object) -> tuple[object, ...]:
    """A rule as sentences: without its lines."""
    return (one.id, one.title, rule_sentences(one), action_sentence(one.action))


def test_valid_days_count_both_ends() -> None:
    made = compile_set(rules(head=HEAD + "gilt_bis = 2026-11-30\n"), 1)
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1)]
    assert [made.valid_on(day) for day in days] == [False, True, True, False]
    assert made.label == "regeln.1"
