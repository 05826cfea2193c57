"""A text says the same however a program broke its lines and whichever blanks it wrote."""

import textwrap

import pytest

from ingest.evened import evened
from ingest.parse import parse

LETTER = (
    "Sehr geehrter Herr Käs,\n\nmein Rentenbescheid ist gestern gekommen. Ab 1. November 2025 "
    "beziehe ich Altersrente für besonders langjährig Versicherte. Das Arbeitslosengeld brauche "
    "ich dann also nicht mehr. Eine Kopie vom Bescheid lege ich bei.\n\nIch bedanke mich für "
    "alles\nIrmgard Zöllner, Kundennummer 746B013528"
)


def wrapped(text: str, width: int) -> str:
    lines = [textwrap.wrap(line, width) if line else [""] for line in text.split("\n")]
    return "\n".join(["\n".join(one) for one in lines])


@pytest.mark.parametrize("width", range(66, 81))
def test_a_text_that_a_program_wrapped_is_the_one_that_was_written(width: int) -> None:
    assert evened(wrapped(LETTER, width)) == LETTER


@pytest.mark.parametrize("blank", ["\xa0", "\u2007", "\u202f", "  "])
def test_blanks_are_plain_and_single(blank: str) -> None:
    assert evened(f"ab 3.{blank}Mai{blank}2026") == "ab 3. Mai 2026"


@pytest.mark.parametrize(
    "text",
    [
        "Name:      Petra Klages\nStraße:    Rosenweg 3",
        "Petra Klages\nRosenweg 3\n34117 Kassel",
        "Die Bescheinigung meines Arbeitgebers habe ich Ihnen per Post geschickt.\nPetra Klages",
        "Ich danke Ihnen sehr für die freundliche Hilfe am Telefon und alles andere\nMfG Klages",
        "Diese Unterlagen habe ich Ihnen am Montag früh in den Briefkasten geworfen\n- Zeugnis",
        "Folgendes hat sich bei mir in der letzten Zeit alles verändert, lese Sie\nIBAN: keine",
    ],
)
def test_lines_that_their_writer_broke_stay(text: str) -> None:
    assert evened(text) == text


def test_a_link_is_no_longest_line() -> None:
    link = "\n" + "https://www.example/" + "a" * 120
    assert evened(wrapped(LETTER, 72) + link) == LETTER + link


def test_the_new_text_of_a_mail_is_made_even_and_no_other_part() -> None:
    quoted = "> Das ist alles nur der Text von einer anderen Mail, die ich hier habe\n> und so fort"
    mail = "Content-Type: text/plain; charset=utf-8\n\n" + f"{wrapped(LETTER, 72)}\n\n{quoted}\n"
    body = parse(mail.encode()).body
    assert body.new.strip() == LETTER
    assert body.quoted.strip() == quoted
