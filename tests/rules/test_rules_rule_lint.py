"""What the lint finds in a rule set, and what it leaves alone."""

import random
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.codes import Concern
from rules.rulesets.cover import takes_all_of
from rules.rulesets.finding import Level, has_errors
from rules.rulesets.lint import lint
from rules.rulesets.match import compile_set
from tests.rules.ruleset_samples import HEAD, TODAY, codes, directory, rule, rules, seen

A = 'betreff = "Umschulung"'


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([rule(A)], []),
        ([rule(A), rule('betreff = "Rente"')], ["rule.id_twice"]),
        ([rule(A), rule(A, rule_id="b")], ["rule.double"]),
        ([rule(A), rule(A, "klaerung = true", rule_id="b")], ["rule.contradiction"]),
        ([rule(A), rule(A + '\nplz = "34117"', rule_id="b")], ["rule.shadowed"]),
        ([rule(A + '\nplz = "34117"'), rule(A, rule_id="b")], []),
        ([rule('betreff = "umschul*"'), rule(A, rule_id="b")], ["rule.shadowed"]),
        ([rule(A), rule('betreff = "umschul*"', rule_id="b")], []),
        ([rule('betreff = "Umschulung Lager"'), rule(A, rule_id="b")], []),
        ([rule('betreff_oder_text = "Umschulung"'), rule(A, rule_id="b")], ["rule.shadowed"]),
        ([rule('plz = "34*"'), rule('plz = ["34117", "34119"]', rule_id="b")], ["rule.shadowed"]),
        ([rule('anliegen = "au"\nsicherheit = 0.8'), rule('anliegen = "au"', rule_id="b")], []),
        ([rule('anliegen = "au"'), rule('erstes_anliegen = "au"\nsicherheit = 0.8', rule_id="b")],
         ["rule.shadowed"]),
        ([rule('absender = "@firma.example"'), rule('absender = "a@x.firma.example"', rule_id="b")],
         ["rule.shadowed"]),
        ([rule("groesse_ab_kb = 10"), rule("groesse_ab_kb = 20", rule_id="b")], ["rule.shadowed"]),
        ([rule("kundennummer = true"), rule('kundennummer = "435"', rule_id="b")],
         ["rule.shadowed"]),
        ([rule("hat_anlage = true"), rule('anlage = "*.pdf"', rule_id="b")], ["rule.shadowed"]),
        ([rule(""), rule(A, rule_id="b")], ["rule.unreachable"]),
        ([rule(A, more='[regel.ausser]\nplz = "34117"'), rule(A, rule_id="b")], []),
        ([rule(A, more='[regel.ausser]\nplz = "34117"'),
          rule(A, rule_id="b", more='[regel.ausser]\nplz = "34*"')], ["rule.shadowed"]),
        ([rule("", more='[[regel.oder]]\nort = "Kassel"\n[[regel.oder]]\nplz = "34*"'),
          rule('plz = "34117"', rule_id="b")], ["rule.shadowed"]),
        ([rule(A, more='[regel.ausser]\nbetreff = "umschul*"')], ["rule.never"]),
        ([rule("groesse_ab_kb = 9\ngroesse_bis_kb = 8")], ["rule.never"]),
        ([rule('agentur = "435"\nregion = "Ost"')], ["rule.never"]),
        ([rule(A, 'agentur = "999"')], ["rule.agency_unknown"]),
        ([rule('agentur = "999"')], ["rule.agency_unknown"]),
        ([rule(A, 'ordner = "Ablage/X"')], ["rule.folder_unknown"]),
        ([rule(A, 'ordner = "435 Kasel/X"')], ["rule.folder_unknown"]),
        ([rule(A, 'ordner = "Klärung/a.b"')], ["rule.folder_name"]),
        ([rule(A, 'ordner = "Klärung//b"')], ["rule.folder_name"]),
        ([rule('kopfzeile.received = "x"')], ["rule.header_unknown"]),
        ([rule('region = "Nordpol"')], ["ruleset.region_unknown"]),
        ([rule('plz = "00000"')], ["rule.place_unknown"]),
        ([rule('ort = "Entenhausen"')], ["rule.place_unknown"]),
        ([rule('kanal = "kontaktformular"', 'agentur = "435"')], ["rule.against_law"]),
        ([rule('kanal = "freie_email"', 'ordner = "Service Center/X"')], ["rule.against_law"]),
        ([rule('zahlungsrelevant = ["ja", "offen"]', "beiseite = true")], ["rule.against_law"]),
        ([rule('erstes_anliegen = "au"', "beiseite = true")], ["rule.against_law"]),
        ([rule('agentur = "unbekannt"')], ["rule.against_law"]),
        ([rule('agentur = "unbekannt"', 'agentur = "435"')], []),
        ([], ["ruleset.empty"]),
    ],
)  # fmt: skip
def test_each_fault_has_its_code(texts: list[str], expected: list[str]) -> None:
    assert codes(*texts) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (HEAD + "gilt_bis = 2026-10-01\n", ["ruleset.days_reversed"]),
        (HEAD + "gilt_bis = 2026-11-22\n", ["ruleset.days_over"]),
        (HEAD + "gilt_bis = 2026-11-23\n", []),
        (HEAD + 'region = "Nordpol"\n', ["ruleset.region_unknown"]),
        (HEAD + 'region = "Südwest"\n', []),
    ],
)
def test_the_days_and_the_region_of_a_set_are_checked_too(head: str, expected: list[str]) -> None:
    assert codes(rule(A), head=head) == expected


def test_gaps_and_overlaps_with_what_is_in_force_are_warnings() -> None:
    ended = rules(head=HEAD.replace("regeln", "alt") + "gilt_bis = 2026-11-10\n")
    endless = rules(head=HEAD.replace("regeln", "alt"))
    later = HEAD.replace("2026-11-01", "2026-11-12")
    assert codes(rule(A), head=later, in_force=(ended,)) == ["ruleset.gap"]
    assert codes(rule(A), head=later, in_force=(endless,)) == ["ruleset.overlap"]
    assert codes(rule(A), in_force=(rules(),)) == [], "a new version follows the old one"
    found = lint(rules(rule(A)), directory(), today=date(2026, 11, 23), in_force=(endless,))
    assert not has_errors(found)


def test_a_merged_agency_is_a_warning_that_names_the_successor() -> None:
    merged = next(agency for agency in directory().agencies if not agency.active)
    found = lint(rules(rule(A, f'agentur = "{merged.code}"')), directory(), today=TODAY)
    assert [(one.code, one.level) for one in found] == [("rule.agency_merged", Level.WARNING)]
    assert str(merged.merged_into) in found[0].remedy


def test_every_finding_names_line_rule_and_remedy() -> None:
    found = lint(rules(rule(A), rule(A, 'agentur = "999"', rule_id="b")), directory(), today=TODAY)
    assert [(one.line, one.rule, bool(one.remedy)) for one in found] == [
        (14, "b", True),
        (20, "b", True),
    ]


def test_an_exception_of_the_later_rule_alone_does_not_free_it() -> None:
    made = rules(rule(A), rule(A, rule_id="b", more='[regel.ausser]\nort = "Kassel"'))
    assert takes_all_of(made.rules[0], made.rules[1])
    assert not takes_all_of(made.rules[1], made.rules[0])


CONDITIONS = st.lists(
    st.sampled_from(
        ['betreff = "kurs"', 'betreff = "kurs*"', 'betreff = ["kurs", "lager"]',
         'betreff_oder_text = "kurs"', 'text = "lager"', 'plz = "34*"', 'plz = ["34117", "53111"]',
         'anliegen = "termin"\nsicherheit = 0.5', 'erstes_anliegen = "termin"\nsicherheit = 0.7',
         'absender = "@firma.example"', 'absender = "a@x.firma.example"', "groesse_ab_kb = 10",
         "groesse_ab_kb = 20", "groesse_bis_kb = 15", "kundennummer = true",
         'kundennummer = "435"', "hat_anlage = true", 'anlage = "*.pdf"']
    ),
    max_size=3,
    # Both kinds of concern have a line "sicherheit", which a table can have once.
    unique_by=lambda text: text.partition(" ")[0].removeprefix("erstes_"),
)  # fmt: skip
CHANCE = random.Random(14)  # noqa: S311 - the same mails in every run
MAILS = [
    seen(
        subject=CHANCE.choice(["kurs", "kurse", "lager", "x"]),
        body=CHANCE.choice(["kurs", "lager", "x"]),
        plz=CHANCE.choice(["34117", "34119", "53111", None]),
        concerns=CHANCE.choice(
            [((Concern.TERMIN, 0.6),), ((Concern.AU, 0.9), (Concern.TERMIN, 0.8)), ()]
        ),
        sender=CHANCE.choice(["a@x.firma.example", "b@firma.example", "c@y.example"]),
        size_bytes=CHANCE.choice([5_000, 12_000, 25_000]),
        kundennummer=CHANCE.choice(["435A123456", "123A123456", None]),
        attachments=CHANCE.choice([(), ("a.pdf",), ("b.txt",)]),
    )
    for _ in range(80)
]
PARTS = st.tuples(CONDITIONS, CONDITIONS, CONDITIONS, CONDITIONS)


@settings(max_examples=60)
@given(whens=st.lists(PARTS, min_size=2, max_size=3))
def test_what_is_called_unreachable_is_never_reached(whens) -> None:
    """Each rule with conditions, two groups of "or" and an exception, at random."""
    texts = []
    for number, (when, one, other, unless) in enumerate(whens):
        groups = "".join("[[regel.oder]]\n" + "\n".join(g) + "\n" for g in (one, other) if g)
        more = groups + ("[regel.ausser]\n" + "\n".join(unless) if unless else "")
        texts.append(rule("\n".join(when), rule_id=f"r{number}", more=more))
    made = rules(*texts)
    dead = {
        one.rule
        for one in lint(made, directory(), today=TODAY)
        if one.code in {"rule.shadowed", "rule.double", "rule.unreachable", "rule.never"}
    }
    asked = compile_set(made, 1)
    hits = {outcome.hit.id for mail in MAILS if (outcome := asked.ask(mail)).hit}
    assert hits.isdisjoint(dead)
