"""Answers in and below an earlier mail without marks: the customer is heard, the agency is not."""

import pytest

from ingest.seams import answers
from ingest.seams.cut import cut
from rules.mail import BodyParts

HEAD = (
    "Von: Agentur Kassel <kassel@arbeitsagentur.example>\nGesendet: Montag, 3. Februar 2025 09:15\n"
    "An: Mia Kern\nBetreff: Ihre Unterlagen\n"
)
ASKED = "Sehr geehrte Frau Kern,\nwie lautet Ihre IBAN?"
CLOSED = "Mit freundlichen Grüßen\nIhre Agentur für Arbeit Kassel"
ANNOUNCED = "Guten Tag, meine Antworten stehen unten.\n"


def between(new: str, quoted: str, markup: str = "", name: str = "Mia Kern") -> BodyParts:
    return answers.between(BodyParts(new, quoted), markup, name)


@pytest.mark.parametrize(
    "below",
    [
        "Guten Tag,\nsie lautet DE02.",
        "Die IBAN schicke ich Ihnen morgen.",
        "anbei die Bescheinigung",
        "Hallo Frau Weber,\n\nwann kommt mein Geld?",
    ],
)
def test_who_writes_below_the_agencys_own_mail_is_heard(below: str) -> None:
    parts = cut(f"{HEAD}\n{ASKED}\n\n{CLOSED}\n\n{below}\n")
    assert parts.new.strip() == below
    assert "wie lautet Ihre IBAN" in parts.quoted


@pytest.mark.parametrize(
    "below",
    [
        "Telefon: 0800 4 5555 00\n\nInformationen zum Datenschutz finden Sie im Internet.",
        "Besuchen Sie unser Portal.",
        "",
    ],
)
def test_what_the_agency_writes_below_its_closing_stays_quoted(below: str) -> None:
    assert not cut(f"{HEAD}\n{ASKED}\n\n{CLOSED}\n\n{below}\n").new.strip()


def test_below_a_letter_without_closing_nobody_knows_who_speaks() -> None:
    assert not cut(f"{HEAD}\n{ASKED}\n\nIch bitte um Antwort.\n").new.strip()


def test_a_line_that_a_program_broke_is_one_answer() -> None:
    long_one = "Antwort: seit dem dritten Februar, und die Bescheinigung meines Arztes"
    parts = between(ANNOUNCED, f"Seit wann?\n{long_one}\nliegt bei\n\nBis wann?")
    assert parts.new == f"{ANNOUNCED}{long_one}\nliegt bei\n"
    assert parts.quoted == "Seit wann?\n\nBis wann?"


@pytest.mark.parametrize(
    ("new", "quoted"),
    [
        ("Vielen Dank.\n", "--> Bitte senden Sie uns die IBAN."),
        ("Vielen Dank.\n", "Antwort: Bitte bis Freitag."),
        ("Ich schicke den gelben Schein mit roter Mappe.\n", "--> Bitte senden Sie uns die IBAN."),
        (ANNOUNCED, "[Agentur Kassel] Bitte senden Sie uns die IBAN."),
        (ANNOUNCED, "Bitte senden Sie uns die IBAN."),
    ],
)
def test_the_agencys_own_words_stay_quoted(new: str, quoted: str) -> None:
    assert between(new, quoted) == BodyParts(new, quoted)


RED = [
    '<span style="color:red">{}</span>',
    "<span style='font-size:11.0pt;color:#C00000;mso-fareast-language:DE'>{}</span>",
    '<font color="#0000ff">{}</font>',
    '<div style="font-family: Calibri; color: rgb(200, 38, 19);">{}</div>',
]
DARK = [
    '<span style="color:black">{}</span>',
    '<span style="color:#222222">{}</span>',
    '<div style="color: rgb(0, 0, 0)">{}</div>',
    '<span style="background-color:red">{}</span>',
    '<span style="color:#zzzzzz">{}</span>',
]
QUESTIONS = "Seit wann?\nSeit 3.2.\nBis wann sind Sie krank, und wer ist Ihr Arzt?"


@pytest.mark.parametrize("shape", RED)
def test_what_somebody_wrote_in_colour_is_his(shape: str) -> None:
    markup = f"<p>Seit wann?</p><p>{shape.format('Seit 3.2.')}</p>"
    assert between("Antworten in rot.", QUESTIONS, markup).new == "Antworten in rot.\nSeit 3.2.\n"


@pytest.mark.parametrize("shape", DARK)
def test_black_and_grey_are_no_colours(shape: str) -> None:
    markup = f"<p>Seit wann?</p><p>{shape.format('Seit 3.2.')}</p>"
    assert between("Antworten in rot.", QUESTIONS, markup).quoted == QUESTIONS


def test_where_a_program_colours_everything_nothing_is_told_by_it() -> None:
    markup = "".join(f'<p style="color:#1F497D">{line}</p>' for line in QUESTIONS.split("\n"))
    assert between("Antworten in blau.", QUESTIONS, markup).quoted == QUESTIONS
