"""Where people say that they live: in a sentence, a head, a closing line, a subject.

`told_places.jsonl` holds mails written before the rules of own decision 0145, and some written
afterwards; `place` is the one whose agency is in charge.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from classify.facts import whereabouts
from rules import routing
from rules.mail import BodyParts

_TOLD = [
    json.loads(line)
    for line in Path(__file__).with_name("told_places.jsonl").read_text("utf-8").splitlines()
]
Mails = Sequence[tuple[str, str | None]]
FIRST: Mails = [(one["text"], one["place"]) for one in _TOLD if one["written"] == "before"]
AFTERWARDS: Mails = [(one["text"], one["place"]) for one in _TOLD if one["written"] != "before"]
MAILBOX = "Eingang.Musterkreis@arbeitsagentur.de"


def _agency(directory, text: str, subject: str = "") -> str | None:
    where = whereabouts.find(BodyParts(text), directory, mailbox=MAILBOX, subject=subject)
    return routing.find_agency(directory, plz=where.plz, place=where.place, mailbox=MAILBOX).code


def _expected(directory, place: str | None) -> str | None:
    return directory.by_place(place)[0].code if place else None


@pytest.mark.parametrize(("mails", "right"), [(FIRST, 61), (AFTERWARDS, 26)])
def test_most_places_are_found_however_they_are_told(directory, mails: Mails, right: int) -> None:
    told = [(_agency(directory, text), _expected(directory, place)) for text, place in mails]
    assert sum(found == expected for found, expected in told) >= right


@pytest.mark.parametrize(("text", "place"), [*FIRST, *AFTERWARDS])
def test_no_other_agency_is_named(directory, text: str, place: str | None) -> None:
    assert _agency(directory, text) in {None, _expected(directory, place)}


@pytest.mark.parametrize(
    "text",
    [
        "Ich arbeite seit zwei Jahren in Waidhaus und wohne in Tschechien.",
        "Am Montag hatte ich Ihnen gemeldet, dass ich in Radolfzell anfange.",
        "Grüße aus dem schönen Odenwald\nUte Roth",
        "Ich habe mich in Hagen arbeitslos gemeldet.",
        "Dort wohne ich nicht in Hagen, sondern nebenan.",
        "Wir hatten 2. Mai in Aussicht\nBescheid vom 2. Mai\nGruß",
    ],
)
def test_a_word_of_living_alone_makes_no_residence(directory, text: str) -> None:
    assert _agency(directory, text) is None


def test_an_address_in_the_subject_counts_where_the_text_has_none(directory) -> None:
    subject = "umgezogen, jetzt Lindenweg 4, 17489 Greifswald"
    assert _agency(directory, "Familie Pommerening", subject) == "030"
    assert _agency(directory, "Jana Roth, 34117 Kassel", subject) == "435"
    assert _agency(directory, "Familie Pommerening", "Kontaktformular #88213") is None


@pytest.mark.parametrize(
    ("text", "plz"),
    [
        ("neue Adresse: 26427 Neuharlingersiel / Weg 2 (vorher 26486 Wangerooge).", "26427"),
        ("Genauer gesagt: Oststeinbek, Möllner Landstr. 14, 22113. Kopie folgt.", "22113"),
    ],
)
def test_an_old_address_in_brackets_and_a_shared_plz(directory, text: str, plz: str) -> None:
    where = whereabouts.find(BodyParts(text), directory, mailbox=MAILBOX)
    assert where.plz == plz
    assert where.place in {"Neuharlingersiel", "Oststeinbek"}
