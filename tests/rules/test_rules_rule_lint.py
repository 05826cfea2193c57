"""What the lint finds in a rule set, and what it leaves alone."""

from datetime import date

import pytest

from rules.rule_cover import takes_all_of
from rules.rule_finding import Level, has_errors
from rules.rule_lint import lint
from tests.rules.ruleset_samples import HEAD, TODAY, codes, directory, rule, rules

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
def test_the_set_as_a_whole(head: str, expected: list[str]) -> None:
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
