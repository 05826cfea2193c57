from datetime import date

import pytest

from classify.facts import appointments, birthdays
from classify.facts.date_roles import DayReader
from classify.facts.dates import find_dates
from classify.facts.day_terms import mentions
from classify.model.model import NO_DAYS
from classify.reading import heard
from classify.text import fold
from rules.codes import Concern

WEDNESDAY = date(2025, 3, 12)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("vom 3. bis 14.3.", ["2025-03-03", "2025-03-14"]),
        ("vom 7. bis 11.08.2023", ["2023-08-07", "2023-08-11"]),
        ("(14.-17.04.)", ["2025-04-14", "2025-04-17"]),
        ("22.4-25.4", ["2025-04-22", "2025-04-25"]),
        ("vom 22. Dezember bis 6. Januar", ["2024-12-22", "2025-01-06"]),
        ("am 1. August", ["2025-08-01"]),
        ("am 3. März", ["2025-03-03"]),
        ("03.04.24", ["2024-04-03"]),
        ("geb. 17.6.97", ["1997-06-17"]),
        ("2024-12-31", ["2024-12-31"]),
        ("ab Montag", ["2025-03-17"]),
        ("seit Montag", ["2025-03-10"]),
        ("letzten Mittwoch", ["2025-03-05"]),
        ("nächsten Mittwoch", ["2025-03-19"]),
        ("bis einschl. nächsten Freitag", ["2025-03-14"]),
        ("bis Do.", ["2025-03-13"]),
        ("bis Ende der Woche", ["2025-03-14"]),
        ("bis Ende nächster Woche", ["2025-03-21"]),
        ("ab nächster Woche", ["2025-03-17"]),
        ("zum Monatsende", ["2025-03-31"]),
        ("zum Jahresende", ["2025-12-31"]),
        ("ab nächsten Monat", ["2025-04-01"]),
        ("Anfang Mai, Mitte Juni, Ende Februar", ["2025-05-01", "2025-06-15", "2025-02-28"]),
        ("vor zwei Wochen", ["2025-02-26"]),
        ("vorgestern, gestern, heute, morgen, übermorgen",
         ["2025-03-10", "2025-03-11", "2025-03-12", "2025-03-13", "2025-03-14"]),
        ("seit dem 10. krank, Schein bis 21.", ["2025-03-10", "2025-03-21"]),
        ("ab 7.4. bis zum 18. im Urlaub", ["2025-04-07", "2025-04-18"]),
        ("zum 12.4. und den 3. Mai", ["2025-04-12", "2025-05-03"]),
        ("vom 3 bis 14 märz", ["2025-03-03", "2025-03-14"]),
        ("geb. 30.4.98.", ["1998-04-30"]),
        ("bis dreißigsten April, ab einundzwanzigsten Mai", ["2025-04-30", "2025-05-21"]),
        ("zum ersten Juni und zum einunddreißigsten Juni", ["2025-06-01"]),
        ("ab 31. Jänner, since 1 October 2024, am 2. Marz",
         ["2025-01-31", "2024-10-01", "2025-03-02"]),
        ("ab dem 1. Juni 12 Stunden, seit 1. Oktober 35 Euro", ["2025-06-01", "2024-10-01"]),
        ("zu Silvester gekündigt, seit Neujahr ohne Arbeit", ["2025-12-31", "2025-01-01"]),
        ("seit Ostersonntag, ab Pfingstmontag", ["2025-04-20", "2025-06-09"]),
        ("seit Heiligabend, bis Fronleichnam", ["2024-12-24", "2025-06-19"]),
        ("ab achtzehnten elften, am dreißigsten fünfzehnten", ["2024-11-18"]),
        ("am 16., 17. und 18.4.", ["2025-04-16", "2025-04-17", "2025-04-18"]),
        ("Fr 26. bis Mo 29. Juni", ["2025-06-26", "2025-06-29"]),
        ("diese Woche (10. bis 14.)", ["2025-03-10", "2025-03-14"]),
        ("bis Mittwochabend, seit Mo.", ["2025-03-12", "2025-03-10"]),
        ("zum heutigen Tag, yesterday", ["2025-03-12", "2025-03-11"]),
        ("ab 2-1-2025", ["2025-01-02"]),
        ("vom Montag, 30. März, bis Freitag, dem 10. April", ["2025-03-30", "2025-04-10"]),
        ("Montag 8.30 Uhr", ["2025-03-17"]),
        ("bis nächste Woche Donnerstag, am Montag nächster Woche", ["2025-03-20", "2025-03-17"]),
        ("heute in einer Woche, heute in 14 Tagen", ["2025-03-19", "2025-03-26"]),
        ("ab heute 14 Tage, ab morgen für eine Woche",
         ["2025-03-12", "2025-03-25", "2025-03-13", "2025-03-19"]),
        ("14 Tage Urlaub, am 3.4. für 10 Tage", ["2025-04-03"]),
        ("KW 12, kw 54", ["2025-03-17", "2025-03-23"]),
        ("zum Quartalsende, mit Ablauf des 31.", ["2025-03-31", "2025-03-31"]),
        ("bis einschl. 20., bis Ostern, über Ostern", ["2025-03-20", "2025-04-20"]),
        ("seit so langer Zeit, Ida Karfreitagsen, Tel. 030-12-2024", []),
        ("seit dem 31.", []),
        ("Guten Morgen", []),
        ("um 10.30 Uhr für 12.50 Euro", []),
        ("am 31.2.2025 und am 30.2.", []),
    ],
)  # fmt: skip
def test_days_are_read_as_people_write_them(text: str, days: list[str]) -> None:
    found = find_dates(heard(fold(text)), today=WEDNESDAY)
    assert [item.day.isoformat() for item in found] == days


def test_the_29th_of_february_is_found_where_only_one_year_near_has_it() -> None:
    found = find_dates(heard("gekuendigt zum 29.2."), today=date(2024, 1, 25))
    assert [item.day for item in found] == [date(2024, 2, 29)]


def test_a_day_long_past_may_be_the_coming_one() -> None:
    found = find_dates(heard("ende 31.12., meldung hiermit"), today=date(2024, 5, 31))
    assert [(item.day, item.other) for item in found] == [(date(2023, 12, 31), date(2024, 12, 31))]


def test_a_day_without_year_around_new_year_is_the_near_one() -> None:
    found = find_dates(heard("bis 6.1. und seit 20.12."), today=date(2024, 12, 30))
    assert [item.day for item in found] == [date(2025, 1, 6), date(2024, 12, 20)]


@pytest.mark.parametrize(
    ("text", "concern", "dates"),
    [
        ("Bin seit gestern krankgeschrieben bis 21.3.", Concern.AU,
         {"au_from": "2025-03-11", "au_to": "2025-03-21"}),
        ("Krank bis Freitag.", Concern.AU, {"au_to": "2025-03-14"}),
        ("Ab 1. April fange ich bei einer Bäckerei an.", Concern.ARBEITSAUFNAHME,
         {"job_start": "2025-04-01"}),
        ("Mein Minijob endet zum 31.3.2025.", Concern.NEBENEINKOMMEN, {"job_end": "2025-03-31"}),
        ("Wir sind am 1.3. umgezogen.", Concern.ANSCHRIFT_NAME, {"move_date": "2025-03-01"}),
        ("Mir wurde zum 30.6. gekündigt.", Concern.ARBEITSUCHEND, {"job_end": "2025-06-30"}),
        ("Urlaub vom 7. bis 11.4., geht das?", Concern.ORTSABWESENHEIT,
         {"absence_from": "2025-04-07", "absence_to": "2025-04-11"}),
        ("Krank ab 10.3.\ngeb. 03.10.1971", Concern.AU,
         {"au_from": "2025-03-10", "birth_date": "1971-10-03"}),
        ("Krank vom 10.3. bis 5.3.", Concern.AU, {"au_from": "2025-03-10"}),
        ("Wann kommt mein Geld? Antrag vom 3.2.", Concern.BEARBEITUNGSSTAND, {}),
    ],
)  # fmt: skip
def test_a_day_gets_its_meaning_from_its_sentence(
    read, model, text: str, concern: Concern, dates: dict[str, str]
) -> None:
    named = mentions(read(text), concerns=[concern], today=WEDNESDAY)
    found = DayReader(model.days).roles(named)
    assert {key: day.isoformat() for key, day in found.items()} == dates


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("Ida Nottelmann, geb. 20.02.1997, arbeitet bei uns.", date(1997, 2, 20)),
        ("Geburtsdatum: 12.06.1971", date(1971, 6, 12)),
        ("Geboren wurde Mila am 03.03.2021", None),
        ("Ich war von 1990 bis zum 30.6.1999 Bergmann.", None),
    ],
)
def test_a_day_of_birth_is_told_by_its_words_though_no_model_knows_them(
    read, born: date | None, text: str
) -> None:
    assert birthdays.own(mentions(read(text), concerns=[], today=WEDNESDAY)) == born


def test_the_day_of_birth_of_a_child_is_not_the_senders(read, model) -> None:
    text = "Unsere Tochter Frieda ist am 4. März geboren.\nMax Riedl, geb. 02.03.1990"
    named = mentions(read(text), concerns=[Concern.LEISTUNGSAENDERUNG], today=WEDNESDAY)
    found = DayReader(model.days).roles(named)
    assert found == {"child_born": date(2025, 3, 4), "birth_date": date(1990, 3, 2)}


def test_a_weekday_may_be_the_last_one_as_well() -> None:
    (monday,) = find_dates(heard("montag"), today=WEDNESDAY)
    assert (monday.day, monday.other) == (date(2025, 3, 17), date(2025, 3, 10))
    (passed,) = find_dates(heard("seit montag"), today=WEDNESDAY)
    assert (passed.day, passed.other) == (date(2025, 3, 10), date(2025, 3, 17))
    (sure,) = find_dates(heard("letzten montag"), today=WEDNESDAY)
    assert sure.other is None


def test_the_same_words_tell_different_roles_by_what_stands_around(read, model) -> None:
    days = DayReader(model.days)
    text = "Der Arzt hat mich vom 3.3. bis 14.3. krankgeschrieben, den Termin am 13.3. sage ich ab."
    for concerns in ([Concern.AU, Concern.TERMIN], [Concern.TERMIN, Concern.AU]):
        named = mentions(read(text), concerns=concerns, today=WEDNESDAY)
        assert days.roles(named) == {
            "au_from": date(2025, 3, 3),
            "au_to": date(2025, 3, 14),
            "appointment": date(2025, 3, 13),
        }


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Den Termin am 20.3. um 10 Uhr sage ich ab.", date(2025, 3, 20)),
        ("Zur Einladung für den 20.03. komme ich.", date(2025, 3, 20)),
        ("Den Termin morgen schaffe ich nicht.", date(2025, 3, 13)),
        ("Kann ich einen neuen Termin am 20.3. haben?", None),
        ("Ihre Einladung vom 10.3. habe ich.", None),
        ("Errechneter Termin 20.3.", None),
        ("Am 20.3. fahre ich weg.", None),
        # WEDNESDAY is the 12th.
        ("Mein Termin am Dienstag um 10 Uhr: ich komme.", date(2025, 3, 18)),
        ("Donnerstag um halb drei passt.", date(2025, 3, 13)),
        ("Der Link zum Videogespräch am Dienstag geht nicht auf.", date(2025, 3, 18)),
        ("Ich kann am Montag, den 17.3.2025 nicht bei Frau Gruber erscheinen.", date(2025, 3, 17)),
        ("Passt, bin am 20.3. um 14 Uhr da.", date(2025, 3, 20)),
        ("14.3. 9:30 geht klar.", date(2025, 3, 14)),
        ("Krank bis 14.3., Ihr Gespräch am 13. fällt flach.", date(2025, 3, 13)),
        ("Ein Termin nach dem 20. März wäre mir recht.", None),
        ("Am Montag habe ich ein Vorstellungsgespräch.", None),
        ("Können wir den Termin auf den 20.3. verschieben?", None),
        ("Ich bin von Montag bis Freitag krank und kann nicht kommen.", None),
    ],
)
def test_the_day_of_an_appointment_is_told_by_its_words(read, text: str, day: date | None) -> None:
    named = mentions(read(text), concerns=[Concern.TERMIN], today=WEDNESDAY)
    assert appointments.told(named) == day
    other = mentions(read(text), concerns=[Concern.AU], today=WEDNESDAY)
    assert appointments.told(other) is None


def test_a_model_of_mails_without_days_tells_none(read) -> None:
    named = mentions(read("Krank ab 10.3."), concerns=[Concern.AU], today=WEDNESDAY)
    assert named
    assert DayReader(NO_DAYS).roles(named) == {}
